#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The laws of the house: who may include and call what.
# shellcheck disable=SC2154

load helper

# only WHO REGEX: nobody but the files WHO matches the regular expression
only() {
	local who=$1 found
	found=$(cd "$fixture_top" && grep -lE -e "$2" src/*.[ch] ui/*.[ch] | xargs)
	is "$found" "$who"
}

@test "each library has its door" {
	only "ui/paint.c ui/term.c" '^ *# *include *<(ncurses|curses|term|ncursesw/)'
	only "ui/prompt.c" '^ *# *include *<readline/'
	only "ui/rc.c" '^ *# *include *<ini\.h>'
	only "src/helper_elf.c" '^ *# *include *<(elfutils/|dwarf|libdw|gelf|libelf)'
	only "ui/out.c" '^ *# *include *<libsmartcols'
}

@test "arrows point down: src knows nothing of ui, views nothing of file descriptors" {
	local f h
	cd "$fixture_top"
	for f in src/*.[ch]; do
		while read -r h; do
			[[ -e src/$h || $h == config.h ]] || { echo "$f includes $h, which is not of src"; return 1; }
		done < <(sed -n 's/^ *# *include *"\([^"]*\)".*/\1/p' "$f")
	done
	is "$(grep -lE '\b(open|openat|read|pread|poll|write)\(' ui/view*.c ui/card.c ui/paint.c | xargs)" ""
	is "$(grep -lE '"(proc|pagemap|frame|probe|sampler)\.h"' ui/view*.[ch] ui/card.[ch] | xargs)" ""
}

@test "src prints nothing and ends nothing" {
	cd "$fixture_top"
	run grep -nE '\b(printf|puts|putchar|perror|exit|abort|err|errx|warn|syslog)\(|\b(stdout|stderr)\b' src/*.[ch]
	[ "$status" -eq 1 ]
	# a message is made where the facts are, and printed in one place
	is "$(grep -lE '\bstderr\b' ui/*.c | xargs)" "ui/main.c"
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
	cd "$fixture_top"
	run grep -nE '\bu?sleep\(|\balloca\(|\b(gets|sprintf|vsprintf)\(' src/*.[ch] ui/*.[ch]
	[ "$status" -eq 1 ]
	# a breath between two calls of PAGEMAP_SCAN; the demo's beat
	is "$(grep -lE 'nanosleep\(' src/*.[ch] ui/*.[ch] | xargs)" "src/pagemap.c ui/demo.c"
}

@test "the target's memory is opened in one place, and looked for in another" {
	only "src/bytes.c src/inject.c src/probe.c src/track_seen.c" '"mem"'
	only "src/bytes.c" '->mem, '
}

@test "files of the target are touched by the helper alone, and opened in one place" {
	only "src/helper_open.c" 'openat.*"root|RESOLVE_IN_ROOT'
	# and the link alone, which is the kernel's, and says how the file was opened
	only "src/helper_open.c src/region.c" '"map_files'
	only "src/helper_files.c" '\bmincore\('
	only "src/helper_files.c src/helper_open.c src/helper_parts.h src/helper_reader.c" '\bhelper_open\('
	# of pmtop's own side: the file system of the proc root; holes in a fixture's pagemap
	only "src/file.c src/helper_files.c src/helper_open.c src/proc.c src/processes.c" '\bf?statfs\('
	only "src/helper_files.c src/pagemap.c" ', SEEK_DATA'
}

@test "what is opened by its name may be anything: one function opens it" {
	cd "$fixture_top"
	# but for folders, handles that open nothing, the kernel's own files, and the status file, made if there is none
	is "$(grep -nE '\b(open|openat|fopen|creat)\(' src/*.c ui/*.c |
		grep -vE 'O_DIRECTORY|O_PATH|"/dev/null"|PROC_ROOT "/self|"/proc/self|: ? \*|_open\(' | cut -d : -f 1 | uniq | xargs)" \
		"src/file.c src/helper_open.c ui/app.c"
}

@test "one file stops other processes" {
	local lib=${builddir:-${PMTOP%/*}}/libpmtop.a
	only "src/inject_ptrace.c" '\bptrace\(|SYS_ptrace|^ *# *include *<(sys|linux)/ptrace\.h'
	is "$(cd "$fixture_top" && grep -lE '\binject_helper\(' src/*.c ui/*.c | xargs)" "src/inject_ptrace.c src/inject_take.c"
	command -v nm >/dev/null || skip "nm is not installed"
	[ -e "$lib" ] || skip "there is no $lib"
	is "$(nm -A -u "$lib" | awk '$NF == "ptrace" && !/inject_ptrace/')" ""
}

@test "each file says its licence" {
	cd "$fixture_top"
	is "$(grep -LE 'SPDX-License-Identifier: GPL-3.0-or-later' src/* ui/* tests/*/*.bats tests/*/*.bash \
		tests/fixtures/*.fix tests/run screenshots/{make,render,shot,*.pm} | xargs)" ""
}

@test "each table's names are met in the documentation once only" {
	cd "$fixture_top"
	# one declaration a name, in one file
	is "$(sed -n 's/^O([^,]*, *"\([^"]*\)".*/\1/p' ui/options.def | sort | uniq -d)" ""
	is "$(sed -n "s/^S([^,]*, '\(.\)'.*/\1/p" src/state.def | sort | uniq -d)" ""
	is "$(sed -n 's/^C(\([^,]*\), [^,]*, *"\([^"]*\)".*/\1 \2/p' ui/columns.def | sort | uniq -d)" ""
}

@test "bug: messages were not plain English: no phrase that was mended comes back" {
	cd "$fixture_top"
	is "$(grep -nE '"[^"]*(here should stand|every so many|lives? by (it|the|soft)|does not take that|has no use for it|turns round|this (long|deep) (is|are) not taken|somebody (else|watches)|you have not)[^"]*"' \
		src/*.[ch] src/*.def ui/*.[ch] ui/*.def)" ""
}
