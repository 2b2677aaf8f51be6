#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# What pmtop says about pages and regions, against a reader that shares nothing with it.

# Commands handed to `same` are for it to expand.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154
load live

teardown() { live_end; }

# ADDRESS,VALUES or START,PAGES,VALUES as a line ADDRESS VALUES for each page
unjoined() { sed 's/,/ /'; }
joined() {
	perl -lne 'my ($start, $n, @F) = split /,/, $_, -1; $start = hex $start;
		printf "0x%x %s\n", $start + $ENV{PAGE} * $_, join ",", @F for 0 .. $n - 1'
}

# The subject's own regions (0x100.........): nobody else maps those files.
own() { grep -E '^(ADDRESS|START|0x100[0-9a-f]{9},)'; }

@test "--pages reports what an independent reader finds for every page" {
	subject_start
	same 'reader $SUBJECT_PID | own' 'dump $SUBJECT_PID | own'
	# code, libraries, stacks, the kernel's pages
	same --others-map-files 'reader $SUBJECT_PID' 'dump $SUBJECT_PID'
}

# bats test_tags=not-in-guests
@test "the reader reports every column of --pages, too" {
	subject_start
	is "$(dump "$SUBJECT_PID" "${RANGE[named]}" | head -n 1 | tr , '\n' | sort)" \
		"$(reader "$SUBJECT_PID" "${RANGE[named]}" | head -n 1 | tr , '\n' | sort)"
}

# Of the subject's own regions, asked one by one, what the reader says of all in one reading.
runs_by_region() {
	local range
	echo START,END,CATEGORIES
	for range in $(printf '%s\n' "${RANGE[@]}" | sort); do
		pm --pages="$range" --runs --csv -n -o START,END,CATEGORIES --filter "scan:present | scan:swapped" "$SUBJECT_PID"
	done
}

@test "--runs gives a program's view of PAGEMAP_SCAN, category for category" {
	local pid
	can_scan || skip "this kernel has no PAGEMAP_SCAN"
	subject_start
	programs_start
	for pid in "$SUBJECT_PID" "${PROGRAMS[@]}"; do
		same 'reader --runs $pid' 'pm --pages --runs --csv -o START,END,CATEGORIES $pid'
	done
	same 'reader --runs $SUBJECT_PID 100000000000..101000000000 | grep -v "^0x.*,$"' runs_by_region
	grep -q 'huge' <(pm --pages --runs --csv -o CATEGORIES "$SUBJECT_PID")
}

@test "filters that the kernel's scan decides count what an independent reader does" {
	local seed count text t=$BATS_TEST_TMPDIR
	can_scan || skip "this kernel has no PAGEMAP_SCAN"
	subject_start
	reader "$SUBJECT_PID" >"$t/pages"
	for seed in 1 2 3 4; do
		local wanted=() texts=() ask=()
		while read -r count && read -r text; do
			wanted+=("$count") texts+=("$text") ask+=(-e "count $text")
		done < <("$live_dir/filters" 60 "$seed" <"$t/pages")
		is "$(pm "${ask[@]}" "$SUBJECT_PID" | sed -nE 's/^([0-9]+) pages? .*/\1/p' | paste <(printf '%s\n' "${texts[@]}") -)" \
			"$(paste <(printf '%s\n' "${texts[@]}") <(printf '%s\n' "${wanted[@]}"))"
		# and the rows are as many
		is "$(pm --pages --csv -n -o STATE --filter "${texts[7]}" "$SUBJECT_PID" 2>/dev/null | wc -l)" "${wanted[7]}"
		is "$(pm --pages --runs --csv -n -o PAGES --filter "${texts[8]}" "$SUBJECT_PID" 2>/dev/null |
			awk '{ n += $1 } END { print n + 0 }')" "${wanted[8]}"
	done
}

@test "--runs joins the pages of --pages, and no others" {
	local columns range
	subject_start
	for columns in STATE SWAPPED,FILE,GUARD CATEGORIES,MAPPING; do
		for range in '' "=${RANGE[sparse]}" "=${RANGE[anon]}" =stack; do
			diff <(pm --pages$range --csv -n -o "ADDRESS,$columns" "$SUBJECT_PID" | unjoined) \
				<(pm --pages$range --runs --csv -n -o "START,PAGES,$columns" "$SUBJECT_PID" | joined) ||
				false "$columns" "$range"
		done
	done
	is "$(pm --pages="${RANGE[anon]}" --runs --raw -n -o PAGES,PRESENT "$SUBJECT_PID")" "64 1"
	# a terabyte of nothing is a row, not 268 million pages
	subject reserve 1024
	is "$(pm --pages=0x200000000000..+1024g --runs --raw -n -o PAGES,STATE "$SUBJECT_PID" | xargs)" \
		"1 anon $(((1 << 40) / PAGE - 2)) none 1 anon"
	can_scan || return 0
	is "$(pm --pages=0x200000000000..+1024g --runs --raw -n -o PAGES,CATEGORIES "$SUBJECT_PID" |
		awk '{ n += $1 } /present/ { p += $1 } END { print n, p }')" "$(((1 << 40) / PAGE)) 2"
}

@test "--max-pages stops where the kernel's scan would" {
	subject_start
	run -0 --separate-stderr pm --pages="${RANGE[anon]}" --max-pages 3 --csv -n -o ADDRESS "$SUBJECT_PID"
	is "${#lines[@]}" 3
	local end
	printf -v end '0x%x' $((0x${AT[anon]} + 3 * PAGE))
	[[ $stderr == *"stopped at $end, after 3 pages"* ]]
	is "$(pm --pages --runs --max-pages 3 --json -o END --filter "addr>=${AT[anon]}" "$SUBJECT_PID" 2>/dev/null |
		perl -ne 'print "$1\n" if /"stopped_at": "(\w+)"/')" "$end"
}

@test "--pages agrees with the reader for programs unrelated to the tests" {
	local pid
	programs_start
	for pid in "${PROGRAMS[@]}"; do
		tr '\0' ' ' <"/proc/$pid/cmdline" && echo
		same --others-map-files 'reader $pid' 'dump $pid'
	done
}

@test "offsets in a file: the second half of one is mapped" {
	subject_start
	is "$(pages offset FILE-OFFSET | paste -sd ' ')" "$(for i in {8..15}; do printf '0x%x ' $((i * PAGE)); done | sed 's/ $//')"
	is "$(pages anon FILE-OFFSET | sort -u)" ""
}

@test "MEMCG names the group that the memory was charged to" {
	local group=/sys/fs/cgroup/pmtop-test/inner
	need_guest
	mkdir -p "$group"
	echo +memory | tee /sys/fs/cgroup{,/pmtop-test}/cgroup.subtree_control
	# shellcheck disable=SC2016 # for that shell to expand
	subject_start bash -c 'echo $$ >"$0"/cgroup.procs && exec "$@"' "$group"
	is "$(pages anon MEMCG | sort -u)" /pmtop-test/inner
	# charged to no group
	is "$(pages zero MEMCG | sort -u)" none
	same 'reader $SUBJECT_PID ${RANGE[anon]}' 'dump $SUBJECT_PID ${RANGE[anon]}'
}

# bats test_tags=not-in-guests
@test "--pages=RANGE has a row for each page, in each way to write a range" {
	local range
	subject_start
	for range in "${RANGE[sparse]}" "0x${AT[sparse]}..0x${RANGE[sparse]#*..}" \
		"${AT[sparse]}..+$(printf 0x%x $((64 * PAGE)))" "${AT[sparse]}..+64p"; do
		same 'reader $SUBJECT_PID ${RANGE[sparse]}' 'dump $SUBJECT_PID $range'
	done
	is "$(wc -l <"$BATS_TEST_TMPDIR/b")" 65
	is "$(column sparse PRESENT 1)" "1 8 63"
	pm --pages=heap --csv -o ADDRESS,MAPPING "$SUBJECT_PID" >"$BATS_TEST_TMPDIR/heap"
	[ "$(grep -c ',\[heap\]$' "$BATS_TEST_TMPDIR/heap")" -gt 0 ]
	pm --pages=stack --csv -o ADDRESS,MAPPING "$SUBJECT_PID" >"$BATS_TEST_TMPDIR/stack"
	[ "$(grep -c ',\[stack\]$' "$BATS_TEST_TMPDIR/stack")" -gt 0 ]
}

@test "reading changes nothing" {
	local faults ask
	subject_start
	# only what the kernel does by itself may differ, and the first scan of all drains its queues
	reader "$SUBJECT_PID" >/dev/null
	reader "$SUBJECT_PID" >"$BATS_TEST_TMPDIR/before"
	faults=$(awk '{ print $10, $12 }' "/proc/$SUBJECT_PID/stat")
	for ask in "--pages --output-all" "--list --output-all" "--grid" "--capabilities" "-e heap" \
		"-e ${RANGE[sparse]}" "-e ${AT[sparse]}" "--pages=${RANGE[cached]-${RANGE[anon]}}"; do
		# shellcheck disable=SC2086 # two words
		pm $ask "$SUBJECT_PID" >/dev/null
	done
	is "$(awk '{ print $10, $12 }' "/proc/$SUBJECT_PID/stat")" "$faults"
	same --others-map-files 'cat "$BATS_TEST_TMPDIR/before"' 'reader $SUBJECT_PID'
}

@test "after a fork the pages are shared until one side writes" {
	local child
	subject_start
	need_frames
	subject fork
	child=$REPLY
	is "$(column anon MAPCOUNT 2 | wc -w)" 64
	is "$(states anon)" "64 anon-shared"
	is "$(pages anon EXCLUSIVE | sort -u)" 0
	subject write anon 3 9
	is "$(column anon MAPCOUNT 1)" "3 9"
	is "$(column anon STATE anon)" "3 9"
	is "$(column anon EXCLUSIVE 1)" "3 9"
	# and both report the same about the child
	same 'reader $child | own' 'dump $child | own'
}

# bats test_tags=not-in-guests
@test "questions are answered on the command line" {
	subject_start
	run -0 pm -e "${AT[sparse]}" "$SUBJECT_PID"
	[[ $output == *"${AT[sparse]}"* ]]
	# a range: its pages by state
	run -0 pm -e "${AT[sparse]}..+64p" "$SUBJECT_PID"
	echo "$output"
	[[ $output =~ (^|[^0-9])61([^0-9]|$) && $output =~ (^|[^0-9])3([^0-9]|$) ]]
}

@test "--capabilities says what this kernel can, as tried" {
	subject_start
	run -0 pm --capabilities "$SUBJECT_PID"
	echo "$output"
	[[ $output == *soft-dirty* ]]
	is "$("$live_dir/soft_dirty_probe")" "$(awk '$1 == "soft-dirty" { print $2 }' <<<"$output")"
	run -0 pm --capabilities --json "$SUBJECT_PID"
	[[ $output == "{"* || $output == "["* ]]
}

@test "bug: --capabilities said that writes are marked in ranges where they are marked nowhere" {
	subject_start
	[[ $("$live_dir/soft_dirty_probe") == no ]] || skip "soft-dirty works here"
	can_scan || skip "no PAGEMAP_SCAN"
	run ! grep -E '^scan:soft-dirty +yes' <(pm --capabilities "$SUBJECT_PID")
}

@test "bug: where /proc shows processes alone, root was told to run pmtop as root" {
	need_root
	subject_start
	unshare -m mount -t proc -o subset=pid proc /proc 2>/dev/null || skip "no /proc of processes alone (Linux 5.8)"
	run -0 unshare -m bash -c 'mount -t proc -o subset=pid proc /proc && exec "$@"' - "$PMTOP" --capabilities "$SUBJECT_PID"
	echo "$output"
	[[ $output =~ kpageflags\ +no\ .*without\ subset=pid ]]
	run ! grep 'run as root' <<<"$output"
}

@test "a terabyte of reserved address space is no hindrance" {
	local gib=1024
	# A kernel without PAGEMAP_SCAN writes out 8 bytes for each page of it: half a second on a
	# processor, minutes on an emulated one.
	can_scan || gib=$((1024 / (${TEST_TIMEOUT_SCALE:-1} ** 2)))
	subject_start
	subject reserve $gib
	is "$(pm --pages --csv -n -o ADDRESS "$SUBJECT_PID" | grep -E '^0x20[0-9a-f]{10}$' | paste -sd ' ')" \
		"0x200000000000 $(printf '0x%x' $((0x200000000000 + (gib << 30) - PAGE)))"
	is "$(pm --list --csv -n -b -o START,SIZE,RSS "$SUBJECT_PID" | grep ^0x200000000000)" \
		"0x200000000000,$((gib << 30)),$((2 * PAGE))"
}

# Sets PAGE_TYPES to the kernel's tool with today's columns: one that is named so, installed, or in a
# source package of the kernel's that is unpacked below /usr/src (Debian: linux-source-*; tools/mm).
need_page_types() {
	local source built=$BATS_TEST_TMPDIR/page-types
	PAGE_TYPES=${PAGE_TYPES:-$(command -v page-types || :)}
	for source in /usr/src/linux*/tools/mm/page-types.c; do
		[[ ! $PAGE_TYPES && -r $source ]] || continue
		# all that it takes from the kernel's libraries is where debugfs is mounted, which is not asked here
		mkdir -p "$BATS_TEST_TMPDIR/api/fs"
		echo 'static inline const char *debugfs__mount(void) { return 0; }' >"$BATS_TEST_TMPDIR/api/fs/fs.h"
		cc -w -I"$BATS_TEST_TMPDIR" -o "$built" "$source" 2>/dev/null && PAGE_TYPES=$built
	done
	[[ $PAGE_TYPES ]] || skip "no page-types, and no source of it in /usr/src: tests/unit has what it wrote"
	[[ $("$PAGE_TYPES" -d 0x0 | cut -f 2) =~ ^_{43}$ ]] ||
		skip "this page-types has other columns than that of Linux 7.2: tests/unit has what that wrote"
}

# types_written OURS [-r]: "ADDRESS PFN LETTERS" by page-types, of the pages that OURS has; the entries of
# including those that are not in RAM
types_written() {
	local ours=$1
	shift
	"$PAGE_TYPES" "$@" -N -L -p "$SUBJECT_PID" |
		awk 'NR == FNR { ours[$1] = 1; next } ("0x" $1 "000") in ours { print "0x" $1 "000", "0x" $2, $3 }' "$ours" -
}

# lines_alike A B: the same pages, literally the same for most; the kernel sets and clears some flags by
# itself meanwhile, which may differ
lines_alike() {
	local literal all
	literal=$(comm -12 <(sort "$1") <(sort "$2") | wc -l) all=$(wc -l <"$1")
	echo "$literal of $all are the same to the letter"
	((all > 1000 && literal * 100 >= all * 95)) && diff <(sed 'h;s/.* //;y/LRlAWIi/_______/;x;G;s/ [^ ]*\n/ /' "$1") \
		<(sed 'h;s/.* //;y/LRlAWIi/_______/;x;G;s/ [^ ]*\n/ /' "$2")
}

# bats test_tags=not-in-guests
@test "bug: FLAGS was not what page-types writes" {
	local try raw
	subject_start
	need_frames
	need_page_types
	kill -STOP "$SUBJECT_PID"
	for raw in '' -r; do
		for try in 1 2 3; do
			pm --pages --raw -n -o "ADDRESS,PFN,FLAGS${raw:+-RAW},PRESENT" --filter 'present & pfn>0' "$SUBJECT_PID" |
				sed -n 's/ 1$//p' >"$BATS_TEST_TMPDIR/ours"
			types_written "$BATS_TEST_TMPDIR/ours" $raw >"$BATS_TEST_TMPDIR/types"
			! lines_alike "$BATS_TEST_TMPDIR/ours" "$BATS_TEST_TMPDIR/types" || break
			((try < 3))
		done
	done
}

@test "every way to a page or a region says one thing: --pages, --list, -e, --summary, --filter" {
	local name at=() regions=()
	subject_start
	kill -STOP "$SUBJECT_PID"
	for name in "${!AT[@]}"; do
		at+=("${AT[$name]}")
		[[ ${TEST_NESTED-} ]] || at+=("$(printf '%x' $((0x${AT[$name]} + PAGE)))") # a third of a minute of a guest
		regions+=("vma:${AT[$name]}")
	done
	# and of the kernel's own: of [vvar] nothing is shown, which is not nothing
	mapfile -t -O "${#at[@]}" at < <(awk '$6 ~ /^\[(vvar|vdso|heap|stack)/ { sub(/-.*/, "", $1); print $1 }' "/proc/$SUBJECT_PID/maps")
	"$live_dir/same_facts" "$PMTOP" "$SUBJECT_PID" "${at[@]}" "${regions[@]}"
}

@test "every way says one thing of huge pages cut in pieces" {
	shapes_start
	kill -STOP "$SHAPES"
	"$live_dir/same_facts" "$PMTOP" "$SHAPES" "${AT[@]}" "vma:${AT[cut]}" "vma:${AT[hole]}" "vma:${AT[zero]}" "vma:${AT[almost]}"
}
