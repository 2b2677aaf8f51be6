#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The laws of the house: who may include and call what. Its rooms, and their order, are the list in HACKING.md.
# shellcheck disable=SC2154

load helper

setup() {
	cd "$fixture_top"
	mapfile -t rooms < <(sed -nE 's/^((src|ui)\/[a-z]+) +[a-z].*/\1/p' HACKING.md)
}

# only WHO REGEX: nobody but the files WHO (or what lies in the folders WHO) matches the regular expression
only() {
	local found
	found=$(find src ui -name '*.[ch]' | sort | xargs grep -lE -e "$2" | xargs)
	[[ $1 != */ ]] || found=$(tr ' ' '\n' <<<"$found" | sed "s|^\($1\).*|\1|" | sort -u | xargs)
	is "$found" "$1"
}

# What files below src and ui include of each other: FILE INCLUDED, a line each
includes() {
	grep -roE '^ *# *include *"[a-z]+/[a-z_]+\.(h|def)"' src ui | sed -E 's/^([^:]*):.*"([^"]*)"/\1 \2/' |
		while read -r file to; do
			if [ -e "src/$to" ]; then echo "$file src/$to"; else echo "$file ui/$to"; fi
		done
}

# What each file of the two libraries defines and needs of others: FILE d|u SYMBOL, a line each; files without suffix
symbols() {
	local build=${builddir:-${PMTOP%/*}}
	command -v nm >/dev/null || skip "nm is not installed"
	[ -e "$build/libpmtop.a" ] || skip "there is no $build/libpmtop.a"
	{
		find src ui -name '*.c' | sed -E 's|(.*/)([^/]*)\.c|at \2 \1\2|'
		nm -A "$build/libpmtop.a" "$build/libui.a" |
			sed -nE 's|^[^:]*:([^:]*-)?([^:-]*)\.o:.* ([A-Za-z]) ([A-Za-z_0-9]+)$|\3 \2 \4|p'
	} | awk '
		$1 == "at" { at[$2] = $3 }
		$1 ~ /^[TDBRC]$/ { print at[$2], "d", $3 }
		$1 == "U" { print at[$2], "u", $3 }' >"$BATS_TEST_TMPDIR/symbols"
}

@test "every room has its sentence, and every file a room" {
	is "$(find src ui -mindepth 1 -type d | sort | xargs)" "$(printf '%s\n' "${rooms[@]}" | sort | xargs)"
	is "$(find src ui -maxdepth 1 -type f | xargs)" "ui/main.c"
	# a name is met once, so that it can be found
	is "$(find src ui -type f | sed 's|.*/||' | sort | uniq -d)" ""
}

@test "arrows point down: no room includes or calls one below it" {
	printf '%s\n' "${rooms[@]}" ui >"$BATS_TEST_TMPDIR/rooms"
	includes >"$BATS_TEST_TMPDIR/includes"
	# nobody includes by a bare name: the room is to be seen
	run grep -rnE '^ *# *include *"[a-z_]+\.(h|def)"' src ui --include='*.[ch]'
	is "$(grep -v '"config.h"' <<<"$output" | xargs)" ""
	is "$(awk '
		function room(file) { sub("/[^/]*$", "", file); return file }
		NR == FNR { at[$1] = NR; next }
		at[room($2)] > at[room($1)] || (room($1) ~ /^src/ && room($2) ~ /^ui/)
		' "$BATS_TEST_TMPDIR/rooms" "$BATS_TEST_TMPDIR/includes")" ""
	symbols
	is "$(awk '
		function room(file) { sub("/[^/]*$", "", file); return file }
		FILENAME ~ /rooms$/ { at[$1] = FNR; next }
		$2 == "d" { where[$3] = $1 }
		$2 == "u" { file[++n] = $1; symbol[n] = $3 }
		END {
			for (i = 1; i <= n; i++)
				if (symbol[i] in where && at[room(where[symbol[i]])] > at[room(file[i])])
					print file[i], "calls", symbol[i], "of", where[symbol[i]]
		}' "$BATS_TEST_TMPDIR/rooms" "$BATS_TEST_TMPDIR/symbols")" ""
}

@test "no two files use each other" {
	symbols
	is "$(awk '
		$2 == "d" { where[$3] = $1 }
		$2 == "u" { file[++n] = $1; symbol[n] = $3 }
		END {
			for (i = 1; i <= n; i++)
				if (symbol[i] in where && where[symbol[i]] != file[i])
					uses[file[i], where[symbol[i]]] = symbol[i]
			for (pair in uses) {
				split(pair, f, SUBSEP)
				if (f[1] < f[2] && (f[2], f[1]) in uses)
					print f[1], "uses", uses[pair], "of", f[2], "which uses its", uses[f[2], f[1]]
			}
		}' "$BATS_TEST_TMPDIR/symbols")" ""
}

@test "each library has its door" {
	only "ui/term/" '^ *# *include *<(ncurses|curses|term|ncursesw/)'
	only "ui/term/prompt.c" '^ *# *include *<readline/'
	only "ui/config/rc.c" '^ *# *include *<ini\.h>'
	only "src/symbol/helper_elf.c" '^ *# *include *<(elfutils/|dwarf|libdw|gelf|libelf)'
	only "ui/table/out.c" '^ *# *include *<libsmartcols'
	only "src/symbol/helper_demangle.c" '\b(cplus|rust)_demangle'
	# names of files that were made to be misread: by the process that has nothing to lose
	only "src/symbol/helper_demangle.c src/symbol/helper_parts.h src/symbol/helper_symbol.c" '\bhelper_demangle\('
	only "src/base/text.c" '^ *# *include *<utf8proc\.h>'
}

@test "one file writes JSON" {
	only "ui/table/json.c" '"null"|\\": |"\{'
}

@test "views touch no file descriptor" {
	is "$(grep -rlE '\b(open|openat|read|pread|poll|write)\(' ui/views ui/term/paint.c | xargs)" ""
	is "$(grep -rlE '"(kernel/(proc|pagemap|frame)|target/probe|sample/sampler)\.h"' ui/views | xargs)" ""
}

@test "src prints nothing and ends nothing" {
	run grep -rnE '\b(printf|puts|putchar|perror|exit|abort|err|errx|warn|syslog)\(|\b(stdout|stderr)\b' src --include='*.[ch]'
	[ "$status" -eq 1 ]
	# a message is made where the facts are, and printed in one place
	is "$(grep -rlE '\bstderr\b' ui | xargs)" "ui/main.c"
}

@test "the library pulls in no terminal, no printing, no ending" {
	local lib=${builddir:-${PMTOP%/*}}/libpmtop.a
	command -v nm >/dev/null || skip "nm is not installed"
	[ -e "$lib" ] || skip "there is no $lib"
	nm -u "$lib" | awk 'NF == 2 { print $2 }' | sort -u >"$BATS_TEST_TMPDIR/undefined"
	grep -qx pread64 "$BATS_TEST_TMPDIR/undefined" || grep -qx pread "$BATS_TEST_TMPDIR/undefined"
	run grep -xE 'printf|__printf_chk|puts|putchar|perror|exit|stdout|stderr|initscr|newterm|getch|wgetch|readline|rl_.*|scols_.*|sleep|usleep|system|popen' \
		"$BATS_TEST_TMPDIR/undefined"
	[ "$status" -eq 1 ]
}

@test "nobody sleeps, nobody writes into a buffer without its size" {
	run grep -rnE '\bu?sleep\(|\balloca\(|\b(gets|sprintf|vsprintf)\(' src ui --include='*.[ch]'
	[ "$status" -eq 1 ]
	# a breath between two calls of PAGEMAP_SCAN; the demo's beat
	is "$(grep -rlE 'nanosleep\(' src ui | sort | xargs)" "src/kernel/pagemap.c ui/demo/demo.c"
}

@test "the target's memory is opened in one place, and looked for in another" {
	only "src/target/bytes.c src/target/probe.c src/track/inject.c src/track/tracker_hash.c" '"mem"'
	only "src/target/bytes.c" '->mem, '
}

@test "files of the target are touched by the helper alone, and opened in one place" {
	only "src/symbol/helper_open.c" 'openat.*"root|RESOLVE_IN_ROOT'
	# and the link alone, which is the kernel's, and says how the file was opened
	only "src/symbol/helper_open.c src/track/tracker_uffd.c" '"map_files'
	only "src/symbol/helper_files.c" '\bmincore\('
	only "src/symbol/" '\bhelper_open\('
	# of pmtop's own side: the file system of the proc root; holes in a fixture's pagemap
	only "src/base/file.c src/kernel/proc.c src/kernel/processes.c src/symbol/helper_files.c src/symbol/helper_open.c" '\bf?statfs\('
	only "src/kernel/pagemap.c src/symbol/helper_files.c" ', SEEK_DATA'
}

@test "what is opened by its name may be anything: one function opens it" {
	# but for folders, handles that open nothing, the kernel's own files, and the status file, made if there is none
	is "$(grep -rnE '\b(open|openat|fopen|creat)\(' src ui --include='*.c' |
		grep -vE 'O_DIRECTORY|O_PATH|"/dev/null"|PROC_ROOT "/self|"/proc/self|: ? \*|_open\(' | cut -d : -f 1 | sort -u | xargs)" \
		"src/base/file.c src/symbol/helper_open.c ui/app/app.c"
}

@test "one file stops other processes" {
	local lib=${builddir:-${PMTOP%/*}}/libpmtop.a
	only "src/track/inject_ptrace.c" '\bptrace\(|SYS_ptrace|^ *# *include *<(sys|linux)/ptrace\.h'
	is "$(grep -rlE '\binject_helper\(' src ui --include='*.c' | sort | xargs)" "src/track/inject_ptrace.c src/track/inject_take.c"
	command -v nm >/dev/null || skip "nm is not installed"
	[ -e "$lib" ] || skip "there is no $lib"
	is "$(nm -A -u "$lib" | awk '$NF == "ptrace" && !/inject_ptrace/')" ""
}

@test "a tracker is named in its own file alone: everybody else asks its ops" {
	local id ops
	only "src/track/" '^ *# *include *"track/(tracker_ops|hazard)\.h"'
	while read -r id ops; do
		only "$(grep -l "^const struct tracker_ops $ops = " src/track/*.c)" "^const struct tracker_ops $ops\\b"
		is "$(grep -rlwE "TRACKER_$id|$ops" src ui | grep -vx "$(grep -l "tracker_ops $ops = " src/track/*.c)" |
			grep -v '\.def$' | xargs)" ""
	done < <(sed -nE 's/^T\(([A-Z_]+), ([a-z_]+)\)/\1 \2/p' src/track/trackers.def)
	# stamps are stamps, whoever leaves them
	is "$(grep -nE 'TRACKER_|tracker_' src/track/track.c)" ""
}

@test "each file says its licence" {
	is "$(grep -LE 'SPDX-License-Identifier: GPL-3.0-or-later' src/*/* ui/*.c ui/*/* tests/*/*.bats tests/*/*.bash \
		tests/fixtures/*.fix tests/run screenshots/{make,render,shot,*.pm} | xargs)" ""
}

@test "each table's names are met in the documentation once only" {
	# one declaration a name, in one file
	is "$(sed -n 's/^O([^,]*, *"\([^"]*\)".*/\1/p' ui/config/options.def | sort | uniq -d)" ""
	is "$(sed -n "s/^S([^,]*, '\(.\)'.*/\1/p" src/page/state.def | sort | uniq -d)" ""
	is "$(sed -n 's/^\([RLPW]\)([^,]*, *"\([^"]*\)".*/\1 \2/p' ui/table/columns.def | sort | uniq -d)" ""
}

@test "each golden file is named by a test" {
	local dir
	for dir in tests/batch tests/screens; do
		# a variable in a name stands for any letters
		grep -hE 'golden|screen_add' "$dir"/*.bats | grep -oE '[A-Za-z0-9][A-Za-z0-9{}$%*-]*' |
			sed -E 's/\$(\{[^}]*\}|[a-z]+)/[a-z0-9]*/g; s/.*/^&[.]txt$/' >"$BATS_TEST_TMPDIR/names"
		is "$(ls "$dir/golden" | grep -vf "$BATS_TEST_TMPDIR/names")" ""
	done
}

@test "bug: messages were not plain English: no phrase that was mended comes back" {
	is "$(grep -rnE '"[^"]*(here should stand|every so many|lives? by (it|the|soft)|does not take that|has no use for it|turns round|this (long|deep) (is|are) not taken|somebody (else|watches)|you have not)[^"]*"' \
		src ui)" ""
}
