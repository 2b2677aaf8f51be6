#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# --list: one row a region, in every shape.
# shellcheck disable=SC2154

load helper

@test "--list is a table of the regions, in the order of maps" {
	fixture zoo
	pm_golden list-zoo --list "$PID"
}

@test "--list of a Java server, names and all" {
	fixture java
	pm_golden list-java --list "$PID"
}

@test "--list -o chooses columns, in the order given, whatever their case" {
	fixture zoo
	pm --list -o mapping,Start,RSS "$PID" >"$BATS_TEST_TMPDIR/out"
	is "$(sed -n '1p;2p' "$BATS_TEST_TMPDIR/out" | tr -s ' ')" \
		"$(printf 'MAPPING START RSS\n/opt/zoo/bin/zoo 0x400000 16.0K')"
	is "$(pm --list -n --raw -o PERM "$PID" | sed -n 3p)" "rw-p"
}

@test "--list --output-all has every column, the counts of smaps among them" {
	fixture zoo
	pm_golden list-zoo-all --list --output-all --csv -b "$PID"
	is "$(head -n 1 "$batch_dir/golden/list-zoo-all.txt")" \
		"$(sed -n 's/^R([A-Z_]*, *"\([^"]*\)".*/\1/p' "$fixture_top/ui/table/columns.def" | paste -sd ,)"
}

@test "--list -b writes bytes and -n no headings" {
	fixture zoo
	is "$(pm --list -n -b --raw -o START,SIZE,RSS "$PID" | head -n 3)" \
		"$(printf '0x400000 16384 16384\n0x404000 8192 8192\n0x1000000 262144 180224')"
	is "$(pm --list -n --csv -o SIZE "$PID" | sed -n 24p)" "2.0M"
}

@test "--list: the sums are what the fixture's status says" {
	fixture softdirty
	is "$(pm --list -n -b --raw -o SIZE,RSS "$PID" |
		awk '{ size += $1; rss += $2 } END { print size / 1024, rss / 1024 }')" \
		"$(awk '/^VmSize/ { s = $2 } /^VmRSS/ { r = $2 } END { print s, r }' "$ROOT/$PID/status")"
}

@test "--list --sort puts the largest first, with a minus the smallest" {
	fixture java
	is "$(pm --list --sort RSS -n --raw -o START "$PID" | head -n 3 | xargs)" \
		"0xc0000000 0x7f1a50c00000 0x7f1a40000000"
	is "$(pm --list --sort=-size -n --raw -b -o SIZE "$PID" | head -n 3 | xargs)" "4096 4096 4096"
	# equal ones keep the order of maps
	is "$(pm --list --sort=-size -n --raw -o START "$PID" | head -n 2 | xargs)" \
		"$(pm --list -n -b --raw -o SIZE,START "$PID" | awk '$1 == 4096 { print $2 }' | head -n 2 | xargs)"
	# by a name, and by a column that is not shown
	[[ $(pm --list --sort TYPE -n --raw -o MAPPING "$PID" | head -n 1) == '[stack'* ]]
}

@test "--list: written pages are shown only where the bit is meaningful" {
	fixture_own softdirty
	target_writes 10000000 3 5 7
	# a region that is newborn has the bit everywhere: not known is empty, and null
	is "$(pm --list --csv -n -b -o START,WRITTEN "$PID" | xargs)" \
		"0x10000000,12288 0x20000000,0 0x30000000,"
	pm --list --json -o START,WRITTEN "$PID" >"$BATS_TEST_TMPDIR/out"
	is "$(json "$BATS_TEST_TMPDIR/out" regions.0.written regions.1.written regions.2.written | xargs)" \
		"12288 0 null"
	# without clear_refs nobody knows
	rm "$ROOT/$PID/clear_refs"
	is "$(pm --list --csv -n -o WRITTEN "$PID" | sort -u)" ""
}

@test "--list --json is one document with numbers, and texts where there are texts" {
	fixture zoo
	pm --list --json --output-all "$PID" >"$BATS_TEST_TMPDIR/out"
	is "$(json "$BATS_TEST_TMPDIR/out" regions regions.2.start regions.2.size regions.2.rss \
		regions.2.swap regions.2.percent regions.2.mapping | xargs)" \
		"50 0x1000000 262144 180224 32768 68.75 [heap]"
	fixture hidden
	pm_golden list-hidden-json --list --json -o START,PERM,TYPE,RSS,SWAP,MAPPING "$PID"
}

@test "an unknown column is refused with the list of those there are" {
	fixture zoo
	refused 2 'no column "FOO".*START.*MAPPING' --list -o FOO "$PID"
	refused 2 'no column "STATE"' --list -o START,STATE "$PID"
	refused 2 'no column "FOO"' --list --sort FOO "$PID"
	refused 2 'one column' --list --sort RSS,SIZE "$PID"
	for names in '' , START,; do
		refused 2 "a column's name is missing; choose from" --list -o "$names" "$PID"
	done
}

@test "--list --group sums up by type and by file, and every byte is in one group" {
	local by
	fixture zoo
	pm_golden list-zoo-types --list --group type "$PID"
	pm_golden list-zoo-files --list --group file --sort rss -o REGIONS,SIZE,RSS,PSS,LOCKED,COPIED,PERM,END,MAPPING "$PID"
	for by in address file type; do
		pm --list --group $by --csv -n -b -o REGIONS,SIZE,RSS,SWAP,PSS "$PID" |
			awk -F , '{ for (i = 1; i <= NF; i++) n[i] += $i } END { print n[1], n[2], n[3], n[4], n[5] }'
	done | sort -u >"$BATS_TEST_TMPDIR/sums"
	is "$(wc -l <"$BATS_TEST_TMPDIR/sums")" 1
	# a filter chooses regions, not groups
	is "$(pm --list --group type --filter 'perm=r-xp' --csv -n -o TYPE,REGIONS "$PID" | sort | xargs)" "file,2 kernel,1"
	# what large programs have most of
	fixture arenas
	is "$(pm --list --group file --csv -n -o MAPPING,REGIONS,TYPE "$PID" | grep -E 'arenas|stacks' | sort | xargs)" \
		"[arenas],5,anon [stacks],4,stack"
	refused 2 'choose from address, file, type' --list --group size "$PID"
}

@test "bug: what was written was DIRTY here and WRITTEN there, its rate RATE and WR/S: one name, the old ones are understood" {
	fixture softdirty
	is "$(pm --list --csv -b -o START,DIRTY,RATE "$PID")" "$(pm --list --csv -b -o START,WRITTEN,WR/S "$PID")"
	is "$(pm --list --csv -b -o START,DIRTY "$PID" | head -1)" START,WRITTEN
	is "$(pm --list --json -o WR/S "$PID" | grep -c '"wr_s": null')" "$(pm --list -n "$PID" | wc -l)"
	# of a page it is kpageflags' bit; a region has none
	refused 2 'dirty' --list --filter dirty "$PID"
	refused 2 'dirty' --list --filter 'dirty>=12k' "$PID"
	for text in "$("$PMTOP" --print=man)" "$("$PMTOP" --print=bash-completion)" "$("$PMTOP" --help)"; do
		[[ $text != *RATE* && $text =~ WR/S|COLS ]]
	done
}
