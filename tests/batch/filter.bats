#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# --filter: rows of --pages and --list.
# shellcheck disable=SC2154

load helper

all=0..ffffffffffffffff

# examples SCOPE: of the table's words and fields for it
examples() {
	sed -E -n ":a; /,\$/ { N; s/\n */ /; ta }; s/^[WV]\(($1|BOTH), [^\"]*\"[^\"]*\",[^\"]*\"([^\"]*)\".*/\2/p" \
		"$fixture_top/src/filter/filter.def"
}

# states ARG...: the pages that pass, by state
states() {
	pm "$@" -n --raw -o STATE "$PID" | sort | uniq -c | awk '{ printf "%s%s %s", sep, $2, $1; sep = ", " } END { print "" }'
}

# the same without a word on stderr
quiet_states() {
	states "$@" 2>"$BATS_TEST_TMPDIR/said"
	[[ ! -s $BATS_TEST_TMPDIR/said ]] || { cat "$BATS_TEST_TMPDIR/said"; return 1; }
}

@test "every example of the table is answered" {
	local example n=0
	fixture zoo
	while read -r example; do
		{
			echo "> --pages --filter '$example'"
			states --pages=$all --filter "$example"
		} >>"$BATS_TEST_TMPDIR/out" 2>&1
		n=$((n + 1))
	done < <(examples PAGE)
	while read -r example; do
		{
			echo "> --list --filter '$example'"
			pm --list --filter "$example" -n --raw -o START,TYPE "$PID" | xargs
		} >>"$BATS_TEST_TMPDIR/out" 2>&1
		n=$((n + 1))
	done < <(examples REGION)
	is $n $(($(grep -c '^[WV]([A-Z]*,' "$fixture_top/src/filter/filter.def") + $(grep -c '^V(BOTH' "$fixture_top/src/filter/filter.def")))
	golden_check "$batch_dir/golden/filter-examples.txt" "$BATS_TEST_TMPDIR/out"
	run ! grep 'cannot read' "$BATS_TEST_TMPDIR/out"
}

@test "every name of a flag and of a state is a word" {
	local word
	fixture zoo
	while read -r word; do
		pm --pages --filter "$word" -o ADDRESS "$PID" >/dev/null 2>&1 || { echo "$word is no word"; return 1; }
	done < <(
		sed -n 's/^F(KPF, [^"]*"\([^"]*\)".*/\1/p' "$fixture_top/src/kernel/flags.def"
		sed -n "s/^S([A-Z_]*, '.', [A-Z_]*, \"\([^\"]*\)\".*/\1/p" "$fixture_top/src/page/state.def"
	)
}

@test "a page's state implies the fact of that name" {
	local word
	fixture zoo
	for word in anon file shmem copied ksm zero hugetlb mthp swapped guard hwpoison device mlocked none \
		uffd-wp swapcache poisoned migrating special thp-head thp-tail anon-shared file-dirty unreadable; do
		is "$(pm --pages=$all --filter "state=$word & !$word" -n -o ADDRESS "$PID" 2>/dev/null)" ""
		[[ -n $(pm --pages=$all --filter "state=$word & $word" -n -o ADDRESS "$PID" 2>/dev/null) ]] ||
			{ echo "no page is $word"; return 1; }
	done
	# and a page is more than its state
	is "$(quiet_states --pages=heap --filter 'anon & !exclusive')" "anon-shared 8"
	is "$(quiet_states --pages=30020000..+16p --filter 'dirty & !writeback')" "file-dirty 4"
	is "$(quiet_states --pages=10060000..+8p --filter 'ksm & anon & cow & mapcount>60')" "ksm 8"
	is "$(quiet_states --pages=20000000..+2m --filter 'thp & anon & exclusive & order=9')" "thp-head 1, thp-tail 511"
}

@test "a filter and its negation partition the pages for which it is known" {
	local filter n
	fixture zoo
	n=$(pm --pages=heap -n -o ADDRESS "$PID" | wc -l)
	for filter in anon 'swapped | zero' 'mapcount>1' 'anon & !(written | cow)' 'addr<1010000' 'perm~x' 'pfn>100000'; do
		is $(($(pm --pages=heap --filter "$filter" -n -o ADDRESS "$PID" | wc -l) +
			$(pm --pages=heap --filter "!($filter)" -n -o ADDRESS "$PID" | wc -l))) "$n"
	done
}

@test "precedence: ! before & before |, and brackets" {
	fixture zoo
	is "$(quiet_states --pages=heap --filter 'zero | anon & soft-dirty')" "anon 8, zero 4"
	is "$(quiet_states --pages=heap --filter '(zero | anon) & soft-dirty')" "anon 8"
	is "$(quiet_states --pages=heap --filter '!anon & !none')" "swapped 8, zero 4"
	is "$(quiet_states --pages=heap --filter '!(anon | none)')" "swapped 8, zero 4"
	is "$(quiet_states --pages=heap --filter 'not (anon or none) and not swapped')" "zero 4"
	is "$(quiet_states --pages=heap --filter 'anon&&written||swapped')" "anon 8, swapped 8"
}

@test "the rows are those of --pages: with RANGE also gaps, without only what is there" {
	fixture zoo
	is "$(quiet_states --pages=heap --filter none)" "none 12"
	is "$(quiet_states --pages --filter 'none & name=heap')" $'\npmtop: no page in RAM or swap matches the filter'
	is "$(quiet_states --pages --filter 'name=heap')" "anon 32, anon-shared 8, swapped 8, zero 4"
	is "$(quiet_states --pages=heap --filter 'size>0')" "anon 32, anon-shared 8, none 12, swapped 8, zero 4"
	# over a border of regions
	is "$(pm --pages=400000..1002000 --filter 'exclusive' -n --raw -o ADDRESS "$PID" | tail -n 3 | xargs)" \
		"0x405000 0x1000000 0x1001000"
}

@test "a filter leaves columns, order and values as they are, in every format" {
	local t=$BATS_TEST_TMPDIR shape filter
	fixture zoo
	for filter in 'anon & exclusive' swapped 'mapcount>1' 'state=file | none'; do
		pm --pages=$all --output-all --csv "$PID" >"$t/whole"
		pm --pages=$all --output-all --csv --filter "$filter" "$PID" 2>/dev/null >"$t/part"
		[[ $(wc -l <"$t/part") -gt 1 ]]
		is "$(head -n 1 "$t/part")" "$(head -n 1 "$t/whole")"
		# each row is one of the unfiltered ones, and they come in the same order
		is "$(grep -Fxf "$t/part" "$t/whole" | cmp - "$t/part" 2>&1)" ""
	done
	for shape in '' --csv --raw; do
		# shellcheck disable=SC2086
		is "$(pm --pages=heap --filter 'zero' $shape -o ADDRESS,STATE "$PID" | tail -n 1 | tr , ' ' | xargs)" "0x101b000 zero"
	done
	pm --pages=heap --filter zero --json -o ADDRESS,STATE "$PID" >"$t/json"
	is "$(json "$t/json" pages pages.0.address pages.3.state | xargs)" "4 0x1018000 zero"
	# no row is an answer too
	pm --pages=heap --filter ksm --json "$PID" >"$t/json"
	is "$(json "$t/json" pages)" 0
	is "$(pm --pages=heap --filter ksm --csv -o ADDRESS,STATE "$PID")" ADDRESS,STATE
	pm --list --filter 'heap & stack' --json "$PID" >"$t/json"
	is "$(json "$t/json" regions)" 0
	pm --list --filter 'rss>1m' --json -o START,RSS "$PID" >"$t/json"
	is "$(json "$t/json" regions regions.0.start regions.0.rss | xargs)" "3 0x20000000 2097152"
}

@test "--list --filter: types, sizes, names, and --sort goes on" {
	fixture zoo
	is "$(pm --list --filter 'stack | heap' -n --raw -o MAPPING "$PID" | xargs)" "[heap] [stack]"
	is "$(pm --list --filter 'name=libc.so.6 & perm~x' -n --raw -o START "$PID")" 0x7f5500126000
	is "$(pm --list --filter 'swap>0 & !heap' -n --raw -b -o SWAP "$PID" | xargs)" "20480 8192 409600"
	is "$(pm --list --filter 'swap>0' --sort SWAP -n --raw -b -o SWAP "$PID" | xargs)" "409600 32768 20480 8192"
	is "$(pm --list --filter 'type=hugetlb & hugetlb=2m & size=512p' -n --raw -o START "$PID")" 0x20800000
	is "$(pm --list --filter 'perm=r-xp' -n --raw -o MAPPING "$PID" | tail -n 1)" "[vdso]"
	is "$(pm --list --filter 'name="/tmp/two  spaces and a tail "' -n --raw -o START "$PID")" 0x30100000
	is "$(pm --list --filter 'inode=1002 & offset=0' -n --raw -o START "$PID" | xargs)" "0x30000000 0x30010000"
	is "$(pm --list --filter 'start>=30000000 & end<=30030000' -n --raw -o START "$PID" | xargs)" \
		"0x30000000 0x30010000 0x30020000"
	is "$(pm --list --filter 'thp>0' -n --raw -o START "$PID" | head -n 2 | xargs)" "0x10120000 0x20000000"
}

@test "written applies only where soft-dirty is meaningful; the rest is counted" {
	fixture_own softdirty
	target_writes 10000000 3 5 7
	run -0 --separate-stderr pm --pages --filter written -n --raw -o ADDRESS "$PID"
	is "$(xargs <<<"$output")" "0x10003000 0x10005000 0x10007000"
	is "$stderr" "pmtop: 8 pages left out; whether they match is not known: not covered by soft-dirty"
	run -0 --separate-stderr pm --list --filter '!written' -n --raw -o START "$PID"
	is "$output" 0x20000000
	is "$stderr" "pmtop: 1 region left out; whether it matches is not known: not covered by soft-dirty"
	run -0 --separate-stderr pm --list --filter 'written>=12k' -n --raw -o START "$PID"
	is "$output" 0x10000000
	# whatever else decides needs no proof
	is "$(quiet_states --pages --filter 'written & addr<20000000')" "anon 3"
	is "$(quiet_states --pages=30000000..+64p --filter 'written & none')" $'\npmtop: no page matches the filter'
	rm "$ROOT/$PID/clear_refs"
	run -0 --separate-stderr pm --pages --filter 'written' -n --raw -o ADDRESS "$PID"
	is "$output$stderr" "pmtop: 136 pages left out; whether they match is not known: no writes tracked yet"
}

@test "hidden facts match neither a filter nor its negation" {
	local filter
	fixture hidden
	for filter in 'mapcount>1' 'pfn>0' dirty locked 'order>0' mthp; do
		run -0 --separate-stderr pm --pages --filter "present & ($filter)" -n --raw -o ADDRESS "$PID"
		[[ -z $output && $stderr =~ ^'pmtop: '[0-9]+' pages left out; whether they match is not known: hidden (needs CAP_SYS_ADMIN)'$ ]]
		run -0 --separate-stderr pm --pages --filter "present & !($filter)" -n --raw -o ADDRESS "$PID"
		[[ -z $output && $stderr == *'left out'* ]]
	done
	# facts from the page tables need no privilege, and print no note
	is "$(quiet_states --pages --filter 'swapped')" "swapped 8"
	is "$(quiet_states --pages --filter 'guard')" "guard 4"
	is "$(quiet_states --pages --filter 'file | shm')" "file 4, shmem 32"
	is "$(quiet_states --pages=heap --filter 'exclusive & anon & soft-dirty')" "anon 12"
	run -0 --separate-stderr pm --pages=heap --filter anon -n --raw -o STATE "$PID"
	is "$(sort -u <<<"$output")" anon
	is "$stderr" "pmtop: 16 pages left out; whether they match is not known: hidden (needs CAP_SYS_ADMIN)"
	# the answer on stdout is whole
	pm --pages --filter 'mapcount>1' --json "$PID" >"$BATS_TEST_TMPDIR/json" 2>/dev/null
	is "$(json "$BATS_TEST_TMPDIR/json" pages)" 0
}

@test "without the frame files words that need none work, and the others say so" {
	fixture_own zoo
	rm "$ROOT"/kpage*
	is "$(quiet_states --pages --filter 'swapped & swap.type=0 & name~scattered | guard')" "guard 4"
	run -0 --separate-stderr pm --pages=heap --filter locked -n --raw -o ADDRESS "$PID"
	is "$output$stderr" "pmtop: 44 pages left out; whether they match is not known: not read (\`pmtop --capabilities\` lists what cannot be read)"
}

@test "the page cache of an inaccessible file is not known" {
	fixture zoo
	run -0 --separate-stderr pm --pages=30000000..+16p --filter cached -n -o ADDRESS "$PID"
	[[ -z $output && $stderr == 'pmtop: 4 pages left out;'*'not known'* ]]
	is "$(quiet_states --pages=heap --filter cached)" $'\npmtop: no page matches the filter'
	is "$(quiet_states --pages=heap --filter never)" "none 12"
}

@test "a wrong filter is refused with its column and a proposal" {
	fixture zoo
	refused 2 'no word "anno" \(column 1\); did you mean anon' --pages --filter anno "$PID"
	refused 2 'no word "drity" \(column 8\); did you mean dirty' --pages --filter 'anon & drity' "$PID"
	refused 2 'no field "aged" \(column 1\)' --pages --filter 'aged<2s' "$PID"
	refused 2 '"rss" applies to regions' --pages --filter 'rss>1m' "$PID"
	refused 2 'type=heap' --pages --filter heap "$PID"
	refused 2 '"mapcount" applies to pages.*column 8' --list --filter 'heap & mapcount>1' "$PID"
	refused 2 '"2q" is not a size \(column 7\)' --list --filter 'size>=2q' "$PID"
	refused 2 'column 5' --pages --filter 'anon)' "$PID"
	refused 2 'column 6.*quote' --pages --filter 'anon file' "$PID"
	refused 2 'column 1' --pages --filter '' "$PID"
	refused 2 'needs a value' --pages --filter
	refused 2 'column' --pages --filter $'\e[31m' "$PID"
	run pm --pages --filter $'name=\e[31m x' "$PID"
	printf '%s' "$output" >"$BATS_TEST_TMPDIR/out"
	printable "$BATS_TEST_TMPDIR/out"
}

@test "a filter without rows to choose from is refused" {
	fixture zoo
	refused 2 'selects rows' --grid --filter anon "$PID"
	refused 2 'selects rows' -e heap --filter anon "$PID"
	refused 2 'selects rows' --capabilities --filter anon "$PID"
	refused 2 'selects rows' --filter anon "$PID"
	refused 2 'selects rows' --filter anon --demo
}

@test "the manual has every word and field of filters" {
	local name
	"$PMTOP" --print man-query | sed 's/\\-/-/g; s/\\&//g' >"$BATS_TEST_TMPDIR/man"
	while read -r name; do
		grep -qE -e "^(\.B .*, |\.B )$name(,.*)?$" "$BATS_TEST_TMPDIR/man" || { echo "the manual lacks $name"; return 1; }
	done < <(sed -n 's/^[WV]([A-Z]*, [A-Z_]*, *"\([^"]*\)".*/\1/p' "$fixture_top/src/filter/filter.def" | tr ' ' '\n')
}

@test "bug: a filter that nothing passes printed nothing at all, and did not say so" {
	fixture zoo
	for how in '--pages -n' '--pages=heap -n' '--list -n' '--list --csv -n'; do
		pm $how --filter 'size>=100t' "$PID" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" ||
			pm $how --filter 'mapcount>99999' "$PID" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err"
		is "$(cat "$BATS_TEST_TMPDIR/out")" ""
		grep -E '^pmtop: no (page|page in RAM or swap|region) matches the filter$' "$BATS_TEST_TMPDIR/err"
	done
	pm --list --filter heap "$PID" 2>&1 >/dev/null | { ! grep . ; }
}
