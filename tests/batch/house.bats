#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The laws of the house: which file may include, call and do what. Its rooms, from above to below, are the list
# in HACKING.md. A file is known by its noun, its name without folder and suffix.
# shellcheck disable=SC2154

# bats file_tags=not-in-san
load helper

setup() {
	cd "$fixture_top"
	build=${builddir:-${PMTOP%/*}}
	rooms=$(sed -nE 's/^((src|ui)\/[a-z]+) +[a-z].*/\1/p' HACKING.md)
}

# none REGEX PATH...: no line there matches
none() {
	local regex=$1
	shift
	is "$(grep -rnE --include='*.[ch]' -e "$regex" "$@")" ""
}

# only WHO REGEX: lines that match are in the files WHO alone, or in the folder WHO/
only() {
	local found
	found=$(grep -rlE --include='*.[ch]' -e "$2" src ui | sort)
	[[ $1 != */ ]] || found=$(sed "s|^$1.*|$1|" <<<"$found" | sort -u)
	is "$(xargs <<<"$found")" "$1"
}

need_libraries() {
	command -v nm >/dev/null || skip "nm is not installed"
	[ -e "$build/libpmtop.a" ] || skip "there is no $build/libpmtop.a"
}

# NOUN TYPE SYMBOL, a line each, of what is in both libraries; the types are those of nm
symbols() {
	nm -A "$build/libpmtop.a" "$build/libui.a" |
		sed -nE 's/^[^:]*:([^:]*-)?([^:-]*)\.o:.* ([A-Za-z]) ([A-Za-z_0-9]+)(\..*)?$/\2 \3 \4/p'
}

# NOUN OTHER SYMBOL, a line each: what calls what
calls() {
	symbols | awk '
		$2 ~ /[TDBRC]/ { home[$3] = $1 }
		$2 == "U" { user[++n] = $1; name[n] = $3 }
		END { for (i = 1; i <= n; i++) if (name[i] in home) print user[i], home[name[i]], name[i] }'
}

# NOUN OTHER HEADER, a line each: what includes what
includes() {
	grep -rE '^ *# *include *"[a-z]+/' src ui |
		sed -E 's|^.*/([^/.]*)\.[a-z]+:.*"[a-z]+/([^.]*)\.(.*)".*|\1 \2 \2.\3|'
}

# NOUN N, a line each: its room is the Nth
places() {
	local room n=0
	for room in $rooms ui; do
		((++n))
		find "$room" -maxdepth 1 -type f | sed -E "s|.*/([^.]*)\..*|\1 $n|"
	done
}

# FILE static NAME, a line each: functions and variables that only their file sees
statics() {
	find src ui -name '*.[ch]' -print0 | xargs -0 perl -0777 -ne '
		print "$ARGV static $1\n" while /^static [^\n;={]*\n(\w+)\(/gm;
		print "$ARGV static $1\n" while /^static [^\n]*\{\n(?:\s[^\n]*\n)*\} \*?(\w+)/gm;
		while (/^static ([^\n(;={]*)(;| =\s)/gm) {
			my $names = $1;
			print "$ARGV static $1\n" while $names =~ /(\w+)(?:\[[^]]*\])*\s*(?:,|$)/g;
		}'
}

# FILE tag NAME, a line each: the structs, unions and enums
tags() {
	find src ui -name '*.[ch]' -print0 | xargs -0 perl -0777 -ne '
		print "$ARGV tag $2\n" while /^\s*(?:static |const )*(struct|union|enum) (\w+) \{/gm'
}

# --- rooms ----------------------------------------------------------------------------------------

@test "every room has its sentence, and every file a room" {
	is "$(find src ui -mindepth 1 -type d | sort)" "$(sort <<<"$rooms")"
	is "$(find src ui -maxdepth 1 -type f)" "ui/main.c"
}

@test "a name means one thing: a noun; a function or a variable that its file keeps to itself; a struct, an enum" {
	is "$(find src ui -type f | sed 's|\.[a-z]*$||' | sort -u | sed 's|.*/||' | sort | uniq -d)" ""
	is "$({ statics; tags; } | sort -u | cut -d ' ' -f 2- | sort | uniq -d)" ""
}

@test "what a file keeps to itself begins with a word of its noun; constants in capitals may not" {
	is "$(statics | awk '
		$1 !~ /\.c$/ || $3 ~ /^[A-Z_0-9]+$/ { next }
		{
			noun = $1
			gsub(/.*\/|\..*/, "", noun)
			n = split(noun, words, "_")
			for (i = 1; i <= n; i++) {
				word = words[i]
				sub(/s$/, "", word)
				if ($3 ~ "^" word "s?(_|$)")
					next
			}
			print $1, $3
		}')" ""
}

@test "every file is in the Makefile, and its noun in HACKING.md: by itself, or as one of view_*" {
	is "$(find src ui -type f | grep -vxFf <(grep -oE '(src|ui)/[a-z0-9_/]+\.[a-z]+' Makefile.am))" ""
	is "$(find src ui -type f | sed -E 's|.*/([^.]*)\..*|\1|' |
		grep -vxf <(grep -oE '[a-z_]+\*?' HACKING.md | sed 's/\*/.*/' | sort -u))" ""
}

@test "arrows point down: no room includes or calls one below it" {
	need_libraries
	places >"$BATS_TEST_TMPDIR/places"
	is "$({ includes; calls; } | awk '
		NR == FNR { at[$1] = $2; next }
		at[$1] < at[$2] { print $1, "uses", $3, "of", $2 }' "$BATS_TEST_TMPDIR/places" -)" ""
	# the room is to be seen
	is "$(grep -rhoE '^ *# *include *"[^/"]*"' src ui | sort -u)" '#include "config.h"'
}

@test "no two files use each other" {
	need_libraries
	is "$(calls | awk '
		$1 != $2 { what[$1, $2] = $3 }
		END {
			for (pair in what) {
				split(pair, f, SUBSEP)
				if (f[1] < f[2] && (f[2], f[1]) in what)
					print f[1], "uses", what[pair], "of", f[2], "which uses its", what[f[2], f[1]]
			}
		}')" ""
}

@test "what only one file uses is its own: no header declares it, unless a test asks it" {
	need_libraries
	# main, and the tests; the former has been built where the libraries have
	is "$({ calls; symbols | awk '$2 ~ /[TDBRC]/ { print $1, "defines", $3 }'; } | awk '
		$2 == "defines" { home[$3] = $1; next }
		$1 != $2 { used[$3] }
		END { for (name in home) if (!(name in used) && name !~ /^__/) print name }' | # a sanitizer has some
		while read -r name; do
			grep -rqw "$name" ui/main.c tests/{unit,fuzz,live} bench || echo "$name"
		done)" ""
}

@test "lines end at column 100; rows of tables may be longer" {
	is "$(find src ui -name '*.[ch]' -print0 | xargs -0 perl -CSD -ne '
		s/\t/" " x (8 - length($`) % 8)/e while /\t/;
		chomp; print "$ARGV:$.: ", length, "\n" if length > 100; close ARGV if eof')" ""
}

# --- what a room alone may do ---------------------------------------------------------------------

@test "each library has its door" {
	only "ui/term/" '^ *# *include *<(ncurses|curses|term|ncursesw/)'
	only "ui/term/prompt.c" '^ *# *include *<readline/'
	only "ui/config/rc.c" '^ *# *include *<ini\.h>'
	only "src/symbol/helper_elf.c src/symbol/helper_lines.c" '^ *# *include *<(elfutils/|dwarf|libdw|gelf|libelf)'
	only "ui/table/out.c" '^ *# *include *<libsmartcols'
	only "src/symbol/helper_demangle.c" '\b(cplus|rust)_demangle'
	only "src/symbol/helper_instruction.c" '^ *# *include *<Zydis/'
	# names of files that were made to be misread: by the process that has nothing to lose
	only "src/symbol/helper_demangle.c src/symbol/helper_lines.c src/symbol/helper_names.c src/symbol/helper_parts.h src/symbol/helper_symbol.c" '\bhelper_demangle\('
	only "src/base/text.c" '^ *# *include *<utf8proc\.h>'
}

@test "one file writes JSON" {
	only "ui/table/json.c" '"null"|\\": |"\{'
}

@test "views touch no file descriptor" {
	none '\b(open|openat|read|pread|poll|write)\(' ui/views ui/term/paint.c
	none '"(kernel/(proc|pagemap|frame)|target/probe|sample/sampler)\.h"' ui/views
}

@test "src prints nothing and ends nothing" {
	none '\b(printf|puts|putchar|perror|exit|abort|err|errx|warn|syslog)\(|\b(stdout|stderr)\b' src
	# a message is made where the facts are, and printed in one place
	only "ui/main.c" '\bstderr\b'
}

@test "the library needs no terminal, no printing, no ending" {
	local needed
	need_libraries
	needed=$(nm -u "$build/libpmtop.a" | awk 'NF == 2 { print $2 }')
	grep -qxE 'pread(64)?' <<<"$needed"
	is "$(grep -xE '(__)?printf(_chk)?|puts|putchar|perror|exit|stdout|stderr|initscr|newterm|w?getch|readline|rl_.*|scols_.*|u?sleep|system|popen' <<<"$needed")" ""
}

@test "nobody sleeps, nobody writes into a buffer without its size" {
	none '\bu?sleep\(|\balloca\(|\b(gets|sprintf|vsprintf)\(' src ui
	# a breath between two calls of PAGEMAP_SCAN; the demo's beat
	only "src/kernel/pagemap.c ui/demo/demo.c" 'nanosleep\('
}

# --- what may be done to a target, and where ------------------------------------------------------

@test "the target's memory is opened in one place, and checked for in another" {
	only "src/base/rights.c src/target/source_caps.c src/target/source_root.c src/track/inject.c src/track/tracker_hash.c" '"mem"'
	only "src/target/source_dir.c src/target/source_proc.c" '->mem, '
	# and read where the page table was asked before
	only "src/target/bytes.c" 'ops->(bytes|fault_in)\('
}

@test "the seam: above it nothing opens, asks or measures by itself" {
	symbols
	# what knows the kernel, the trackers among it; the sources; the list of processes
	is "$(awk '
		$1 ~ "^src/(base|kernel|symbol|track|cause)/|^src/target/(source|kinds)|^src/sample/lister$" { next }
		$2 == "u" && $3 ~ "^(proc|pagemap|frames|faults|stores|kallsyms|others?|numa|cgroup|mounts|helper|kinds)_" { print $1, $3 }
		$2 == "u" && $3 ~ "^(folio_sizes|swaps_read|threads_read|smaps_read.*|inject_.*)$" { print $1, $3 }
		$2 == "u" && $3 ~ "^track_(probe|clear|follow|judge|hazard|costs)$" { print $1, $3 }
		$2 == "u" && $3 ~ "^(file_(open|read).*|(open|openat|fopen|opendir|read|pread|f?stat|f?statfs|readlink|readlinkat|syscall|ioctl|sysconf|clock_gettime)(64)?)$" &&
			$1 ~ "^src/" { print $1, $3 }
		$2 == "u" && $3 == "time_ns" && $1 ~ "^src/" && $1 !~ "^src/sample/sampler" { print $1, $3 }
		' "$BATS_TEST_TMPDIR/symbols")" ""
	# what is live is the source's to know, and the trackers'
	is "$(grep -rlE '(->|\.)live\b' src ui --include='*.[ch]' | grep -vE '^src/(kernel|track)/' | sort | xargs)" \
		"src/target/source.c ui/app/app_header.c"
	only "src/target/source.c src/target/source_caps.c src/target/source_dir.c src/target/source_dir_faults.c src/target/source_faults.c src/target/source_others.c src/target/source_proc.c src/target/source_root.c src/target/source_tracked.c" \
		'"target/source_root\.h"'
	only "src/kernel/cgroup.c src/target/source_proc.c" '"kernel/cgroup\.h"'
	only "src/kernel/numa.c src/target/source_caps.c src/target/source_proc.c src/target/source_root.h" '"kernel/numa\.h"'
}

@test "files of the target are touched by the helper alone, and opened in one place" {
	only "src/symbol/helper_open.c" 'openat.*"root|RESOLVE_IN_ROOT'
	# and the link alone, which is the kernel's, and says how the file was opened
	only "src/base/rights.c src/symbol/helper_open.c src/track/tracker_uffd.c" '"map_files'
	only "src/symbol/helper_files.c" '\bmincore\('
	only "src/symbol/" '\bhelper_open\('
	# of pmtop's own side: the file system of the proc root; holes in a fixture's pagemap
	only "src/base/file.c src/kernel/proc.c src/kernel/proc_bar.c src/symbol/helper_files.c src/symbol/helper_open.c" '\bf?statfs\('
	only "src/kernel/pagemap.c src/symbol/helper_files.c" ', SEEK_DATA'
}

@test "what is opened by its name may be anything: one function opens it" {
	# but for folders, handles that open nothing, the kernel's own files, and the status file, made if there is none
	is "$(grep -rnE '\b(open|openat|fopen|creat)\(' src ui --include='*.c' |
		grep -vE 'O_DIRECTORY|O_PATH|"/dev/null"|PROC_ROOT "/self|"/proc/self|: ? \*|_open\(' | cut -d : -f 1 | sort -u | xargs)" \
		"src/base/file.c src/symbol/helper_open.c ui/app/app.c"
}

@test "one file watches their events" {
	only "src/cause/perf.c" 'SYS_perf_event_open'
}

@test "capabilities are taken up where /proc is opened, and around single calls" {
	only "src/base/file.c src/base/rights.c src/base/rights.h" '\brights_take\('
	only "src/cause/perf.c src/kernel/numa.c src/kernel/others.c src/track/tracker_uffd.c" '\bRIGHTS_FOR\([^w]'
	only "src/base/rights.c src/base/rights.h src/track/inject_helper.c" '\brights_hold\('
	only "src/base/rights.c src/symbol/helper_limits.c" 'SYS_cap[gs]et'
}

@test "one file stops other processes" {
	only "src/track/inject_arm64.c src/track/inject_ptrace.c src/track/inject_x86_64.c" '\bptrace\(|SYS_ptrace|^ *# *include *<(sys|linux)/ptrace\.h'
	only "src/track/inject_helper.c src/track/inject_parts.h src/track/inject_take.c" '\binject_helper\('
	need_libraries
	is "$(symbols | awk '$3 == "ptrace" && $1 !~ /^inject_(arm64|ptrace|x86_64)$/')" ""
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

# --- words and files ------------------------------------------------------------------------------

@test "each file says its licence, or is of a kind that .reuse/dep5 names" {
	local bare
	is_git_tree || skip "this is not a git tree, or git is not installed"
	# the second paragraph of files: those without a line
	sed -n '/^Files: bench/,/^Copyright/{ s/^\(Files:\)\? \(.*\)/\2/p }' .reuse/dep5 |
		sed 's/[.]/\\./g; s/[*]/.*/g; s/.*/^&$/' >"$BATS_TEST_TMPDIR/named"
	bare=$(git ls-files -z | xargs -0 grep -LE 'SPDX-License-Identifier: (GPL-3.0-or-later|FSFAP)' |
		grep -vE '^(LICENSES/|README$|COPYING$)')
	is "$(grep -vf "$BATS_TEST_TMPDIR/named" <<<"$bare")" ""
	# and none is named that is not there
	while read -r pattern; do
		grep -q -e "$pattern" <<<"$bare" || { echo "no bare file is $pattern"; return 1; }
	done <"$BATS_TEST_TMPDIR/named"
	[ -s "$BATS_TEST_TMPDIR/named" ]
	command -v reuse >/dev/null || return 0
	reuse lint
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
