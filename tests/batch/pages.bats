#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# --pages: one row a page.
# shellcheck disable=SC2154

load helper

everything=ADDRESS,STATE,PRESENT,SWAPPED,FILE,EXCLUSIVE,SOFT-DIRTY,WRITTEN,UFFD-WP,GUARD,PFN,SWAP-TYPE,SWAP-OFFSET,MAPCOUNT,KPF,FLAGS,NODE,MAPPING

@test "--pages shows every page in RAM or swap, and no other" {
	fixture softdirty
	pm --pages --csv -n -o ADDRESS "$PID" >"$BATS_TEST_TMPDIR/out"
	is "$(wc -l <"$BATS_TEST_TMPDIR/out")" 136
	is "$(tail -n 1 "$BATS_TEST_TMPDIR/out")" 0x30007000
	fixture zoo
	# fits a table: headings once, columns of fixed width
	pm_golden pages-zoo-table --pages=7f55002ce000..7f55002e1000 "$PID"
	fixture huge
	is "$(pm --pages=27ffffff000..+8k -n --raw -o ADDRESS,STATE,SOFT-DIRTY "$PID")" \
		"$(printf '0x27ffffff000 none 0\n0x28000000000 anon 1')"
}

@test "every kind of page has its name, its bits and its flags" {
	fixture zoo
	pm_golden pages-zoo-small --pages=0x10000000..0x10120000 --csv -o "$everything" "$PID"
	pm_golden pages-zoo-files --pages=0x30000000..0x300b0000 --csv -o "$everything" "$PID"
	is "$(pm --pages=0x20000000..0x20a00000 -n --raw -o STATE "$PID" | sort | uniq -c | awk '{ print $2, $1 }' | xargs)" \
		"anon 100 hugetlb 512 none 312 swapped 100 thp-head 2 thp-tail 1022 zero 512"
}

@test "no state of the table is left out by the zoo" {
	local state
	fixture zoo
	pm --pages --raw -n -o STATE "$PID" | sort -u >"$BATS_TEST_TMPDIR/seen"
	pm --pages=0x10000000..0x10120000 --raw -n -o STATE "$PID" | sort -u >>"$BATS_TEST_TMPDIR/seen"
	# no file of a fixture is mapped, so none is in the page cache or has an end; hidden is a matter of privilege
	printf 'cached\npast-end\n' >>"$BATS_TEST_TMPDIR/seen"
	pm --pages=0xffffffffff600000 --raw -n -o STATE "$PID" >>"$BATS_TEST_TMPDIR/seen"
	fixture hidden
	pm --pages --raw -n -o STATE "$PID" | sort -u >>"$BATS_TEST_TMPDIR/seen"
	while read -r state; do
		grep -qx -- "$state" "$BATS_TEST_TMPDIR/seen" || { echo "no page is $state"; return 1; }
	done < <(sed -n "s/^S([A-Z_]*, '.', [A-Z_]*, \"\([^\"]*\)\".*/\1/p" "$fixture_top/src/page/state.def")
}

@test "RANGE in all its forms" {
	local range
	fixture zoo
	for range in 0x1000000..0x1004000 1000000..1004000 1000000-1004000 1000000..+16k 1000000..+4p \
		1000000..+0x4000 heap..heap+0x4000 'heap..+4p' '[heap]..+4p'; do
		is "$(pm "--pages=$range" -n --raw -o ADDRESS "$PID" | xargs)" \
			"0x1000000 0x1001000 0x1002000 0x1003000"
	done
	is "$(pm --pages=heap -n --raw -o ADDRESS "$PID" | wc -l)" 64
	is "$(pm --pages=0x1000abc -n --raw -o ADDRESS "$PID")" 0x1000000
	# across a border of regions, and over a gap
	is "$(pm --pages=403000..405000 -n --raw -o ADDRESS "$PID" | xargs)" "0x403000 0x404000"
	is "$(pm --pages=405000..1001000 -n --raw -o ADDRESS "$PID" | xargs)" "0x405000 0x1000000"
	refused 1 'nothing is mapped' --pages=0x5000..0x6000 "$PID"
	refused 2 'not a range' --pages=clear "$PID"
	refused 2 'not a range' --pages=pfn:5 "$PID"
	refused 2 'end is not above' --pages=0x2000..0x1000 "$PID"
	refused 2 'column 10' --pages=1000000.. "$PID"
}

@test "--runs: a row for each run of like pages, in every format" {
	fixture zoo
	local t=$BATS_TEST_TMPDIR
	pm_golden pages-zoo-runs --pages --runs "$PID"
	pm_golden pages-zoo-runs-range --pages=heap --runs --csv -o START,END,PAGES,STATE,SOFT-DIRTY,CATEGORIES "$PID"
	pm --pages=heap --runs --json --max-pages 26 "$PID" >"$t/json" 2>"$t/err"
	is "$(json "$t/json" runs runs.0.start runs.0.pages stopped_at | xargs)" "2 0x1000000 24 0x101a000"
	is "$(cat "$t/err")" "pmtop: stopped at 0x101a000, after 26 pages (--max-pages)"
	pm --pages=heap --runs --json --max-pages 65 "$PID" >"$t/json" 2>"$t/err"
	is "$(json "$t/json" stopped_at) $(cat "$t/err")" "null "
	# without PAGEMAP_SCAN nothing says what it would
	is "$(pm --pages=heap --runs --raw -n -o CATEGORIES,PAGES "$PID")" " 64"
	is "$(($(pm --pages --runs --raw -n -o PAGES --filter thp "$PID" | paste -sd+)))" \
		"$(pm --pages --raw -n -o ADDRESS --filter 'thp' "$PID" | wc -l)"
	refused 2 'runs of pages have no such column' --pages --runs -o ADDRESS "$PID"
	refused 2 'it joins neighbouring pages of --pages' --list --runs "$PID"
	refused 2 'it counts pages of --pages' --summary --max-pages 3 "$PID"
	refused 2 'give a number from 1' --pages --max-pages 0 "$PID"
}

@test "--pages as a table, as CSV and as JSON say the same" {
	local t=$BATS_TEST_TMPDIR
	fixture zoo
	pm --pages=heap --csv -n -o ADDRESS,STATE,PFN,KPF "$PID" >"$t/csv"
	pm --pages=heap --raw -n -o ADDRESS,STATE,PFN,KPF "$PID" | tr ' ' , >"$t/raw"
	cmp "$t/csv" "$t/raw"
	pm --pages=heap --json -o ADDRESS,STATE,PFN,KPF "$PID" >"$t/json"
	json "$t/json"
	sed -n 's/.*"address": "\(.*\)", "state": "\(.*\)", "pfn": \(.*\), "kpf": \(.*\)}/\1,\2,\3,\4/p' "$t/json" |
		sed 's/"//g; s/null//g' >"$t/from-json"
	cmp "$t/csv" "$t/from-json"
	pm --pages=heap --output-all --json "$PID" >"$t/json"
	is "$(json "$t/json" pages pages.0.soft_dirty pages.0.uffd_wp pages.0.mapcount pages.0.pfn \
		pages.16.swap_type pages.40.swap_offset pages.63.soft_dirty | xargs)" "64 0 0 1 0x100006 null 1 1"
}

@test "without CAP_SYS_ADMIN frames are empty, null and never looked up" {
	local column
	fixture hidden
	pm_golden pages-hidden --pages=0x1000000..0x2040000 --csv -o "$everything" "$PID"
	for column in PFN SWAP-TYPE SWAP-OFFSET MAPCOUNT KPF FLAGS MEMCG; do
		is "$(pm --pages --csv -n -o "$column" "$PID" | sort -u)" ""
	done
	pm --pages --json -o PFN,SWAP-OFFSET,MAPCOUNT,KPF,FLAGS,MEMCG "$PID" >"$BATS_TEST_TMPDIR/out"
	is "$(grep -o '"[a-z_]*": [^,}]*' "$BATS_TEST_TMPDIR/out" | sort | uniq -c | awk '{ print $2, $3, $1 }' | grep -v pages)" \
		"$(for column in flags kpf mapcount memcg pfn swap_offset; do echo "\"$column\": null 604"; done)"
	json "$BATS_TEST_TMPDIR/out"
	# frame 0 does answer, and must not be heard: whatever it says changes nothing
	fixture_own hidden
	printf '\xff\xff\xff\xff\xff\xff\xff\xff' | tee >(dd of="$ROOT/kpageflags" conv=notrunc status=none) |
		dd of="$ROOT/kpagecount" conv=notrunc status=none
	is "$(pm --pages=0x1000000..0x2040000 --csv -o "$everything" "$PID")" "$(cat "$batch_dir/golden/pages-hidden.txt")"
}

@test "without the frame files everything from the page tables is still shown" {
	fixture_own zoo
	rm "$ROOT"/kpage*
	is "$(pm --pages=0x10030000..+2p --csv -n -o STATE,PRESENT,PFN,MAPCOUNT,KPF "$PID" | xargs)" \
		"anon,1,0x43ee27,, anon,1,0x43ee28,,"
}

@test "WRITTEN is what soft-dirty means, where it means anything" {
	fixture_own softdirty
	target_writes 10000000 3 5 7
	is "$(pm --pages -n --csv -o ADDRESS,SOFT-DIRTY,WRITTEN "$PID" | grep ',1,1$' | xargs)" \
		"0x10003000,1,1 0x10005000,1,1 0x10007000,1,1"
	# a new region: the bit is reported; what it means is not known
	is "$(pm --pages=30000000..+8p -n --csv -o WRITTEN "$PID" | sort -u)" ""
	is "$(pm --pages=20000000 -n --csv -o SOFT-DIRTY,WRITTEN "$PID")" 0,0
}

@test "--pages: an unknown column is refused with the list" {
	fixture zoo
	refused 2 'no column "RSS".*ADDRESS.*MAPPING' --pages -o RSS "$PID"
}

@test "the headings of --pages stand above their columns" {
	fixture zoo
	pm --pages=0x1000000..+2p --output-all "$PID" >"$BATS_TEST_TMPDIR/out"
	# a right-aligned column ends where its heading ends
	perl -e '
		my ($h, $r) = <>;
		for my $t (qw(PRESENT SWAPPED FILE EXCLUSIVE SOFT-DIRTY WRITTEN UFFD-WP GUARD PFN MAPCOUNT KPF)) {
			my $end = index($h, " $t ") + length " $t";
			substr($r, $end - 1, 2) =~ /^\S / or die "nothing ends under $t\n$h$r";
		}' "$BATS_TEST_TMPDIR/out"
}
