#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Heaps of malloc: what a program has left in its arenas, against an independent reader of the page tables and against
# what malloc itself says and then gives back.

# shellcheck disable=SC2016,SC2154
load live
: "${MALLOCS:=$builddir/tests/live/mallocs}"

teardown() { live_end; }

# Sets AT to the address of a block of each arena of mallocs.c.
mallocs_start() {
	local name address
	pipes_start "$MALLOCS"
	AT=()
	while read -rt $((10 * ${TEST_TIMEOUT_SCALE:-1})) -u "$PIPED_OUT" name address && [[ $name != ready ]]; do
		[[ $name != cannot: ]] || skip "$address"
		AT[$name]=${address#0x}
	done
	[[ $name == ready ]]
}

# mallocs COMMAND: prints what it says up to "ok"
mallocs() {
	local line
	echo "$1" >&"$PIPED_IN"
	while read -rt $((10 * ${TEST_TIMEOUT_SCALE:-1})) -u "$PIPED_OUT" line && [[ $line != ok ]]; do
		echo "$line"
	done
	[[ $line == ok ]]
}

# heaps QUESTION COLUMN...: of each row of the answer; - is what is not known
heaps() {
	local question=$1
	shift
	pm --json -e "$question" "$PIPED_PID" | perl -nle '
		BEGIN { @keys = splice @ARGV }
		next unless /^\s*,?\{"heap"/;
		my %is;
		$is{$1} = $2 // $3 // "-" while /"([a-z0-9_]+)": (?:"([^"]*)"|(\d+)|null)/g;
		print join " ", @is{@keys}' "$@"
}

# slot NAME: where the heap begins that a block of it is in
slot() { printf '0x%x' $((0x${AT[$1]} & ~0x3ffffff)); }

# The pages that have an entry, for `counted`, without pmtop.
look() { reader "$PIPED_PID" | values ADDRESS STATE PRESENT SWAPPED >"$BATS_TEST_TMPDIR/look"; }

# counted START SIZE: bytes in RAM, in swap, holes, and bytes of holes by size, as of the last look
counted() {
	perl -F, -lane '
		BEGIN { no warnings "portable"; $page = shift; $start = hex shift; $end = $start + shift }
		my ($at, $there) = (hex $F[0], $F[2] == 1 || $F[1] eq "swapped");
		next if $at < $start || $at >= $end;
		$rss += $page if $F[2] == 1 && $F[1] !~ /zero/;
		$swap += $page if $F[1] eq "swapped";
		next unless $there;
		my $hole = defined $last ? $at - $last : 0;
		$by[$hole < 65536 ? 0 : $hole < 1048576 ? 1 : 2] += $hole;
		$holes++ if $hole;
		$last = $at + $page;
		END { print join " ", map { $_ // 0 } $rss, $swap, $holes, @by[0 .. 2] }' \
		"$(getconf PAGESIZE)" "$1" "$2" "$BATS_TEST_TMPDIR/look"
}

# What is in RAM of all of it, of one heap
in_ram() { counted "$1" "$2" | cut -d ' ' -f 1; }

footprint() {
	grep -E '^(VmRSS|VmSwap|RssAnon|RssFile|RssShmem):' "/proc/$PIPED_PID/status"
	look
	cat "$BATS_TEST_TMPDIR/look"
}

@test "arenas: heaps by their regions, and their pages and holes as an independent reader counts them" {
	local heap size rest want
	mallocs_start
	want=$(grep -F '[heap]' "/proc/$PIPED_PID/maps" | sed 's/-.*//')
	heaps arenas heap size rss swap holes holes_64k holes_1m holes_more >"$BATS_TEST_TMPDIR/rows"
	cat "$BATS_TEST_TMPDIR/rows"
	look
	# [heap], the heap of few, and both of large
	is "$(wc -l <"$BATS_TEST_TMPDIR/rows")" 4
	grep "^0x$want " "$BATS_TEST_TMPDIR/rows"
	grep "^$(slot few) " "$BATS_TEST_TMPDIR/rows"
	grep "^$(slot large) " "$BATS_TEST_TMPDIR/rows"
	while read -r heap size rest; do
		is "$rest" "$(counted "$heap" "$size")"
	done <"$BATS_TEST_TMPDIR/rows"
	# large writes the beginning of each MiB
	(($(awk -v slot="$(slot large)" '$1 == slot { print $7 }' "$BATS_TEST_TMPDIR/rows") > 32 << 20))
	heaps arenas evidence | grep -c shape
	[[ $(pm -e arenas "$PIPED_PID") == *'  glibc '*/libc* ]]
}

# bats test_tags=not-in-guests
@test "arenas read: the arenas that malloc_info has, and nothing is faulted in" {
	local before first
	mallocs_start
	before=$(footprint)
	heaps 'arenas read' heap arena >"$BATS_TEST_TMPDIR/rows"
	diff <(footprint) <(echo "$before") | head -n 5
	[[ $(footprint) == "$before" ]]
	cat "$BATS_TEST_TMPDIR/rows"
	is "$(awk '{ print $2 }' "$BATS_TEST_TMPDIR/rows" | sort -u | wc -l)" "$(mallocs info | grep -c '<heap nr=')"
	grep " main\$" "$BATS_TEST_TMPDIR/rows"
	first=$(awk -v slot="$(slot large)" '$1 == slot { print $2 }' "$BATS_TEST_TMPDIR/rows")
	is "$(grep -c " $first\$" "$BATS_TEST_TMPDIR/rows")" 2
	[[ $(pm -e 'arenas read' "$PIPED_PID") == '3 arenas in 4 heaps of malloc: '* ]]
	is "$(pm -e 'arenas read' "$PIPED_PID" | awk '$1 == "unknown" || $1 == "refuted" { print $2 }' | xargs)" '0; 0;'
}

# bats test_tags=not-in-guests
@test "arenas read: malloc_trim gives back what was free, and the main arena's tail, but no other" {
	local heap arena size tail free was now want
	mallocs_start
	heaps 'arenas read' heap arena size tail free >"$BATS_TEST_TMPDIR/rows"
	look
	while read -r heap arena size tail free; do
		in_ram "$heap" "$size"
	done <"$BATS_TEST_TMPDIR/rows" >"$BATS_TEST_TMPDIR/before"
	mallocs trim
	look
	paste -d ' ' "$BATS_TEST_TMPDIR"/{rows,before} >"$BATS_TEST_TMPDIR/all"
	while read -r heap arena size tail free was; do
		now=$(in_ram "$heap" "$size")
		want=$free
		[[ $arena != main ]] || want=$((free + tail))
		echo "$heap $arena: $was, now $now, wanted $want less"
		((was - now == want))
	done <"$BATS_TEST_TMPDIR/all"
	# every other of 16 blocks of 64 KiB, in two arenas
	((8 * 65536 - 8 * 3 * $(getconf PAGESIZE) <= $(awk -v slot="$(slot few)" '$1 == slot { print $5 }' "$BATS_TEST_TMPDIR/rows")))
	((1048576 - 3 * $(getconf PAGESIZE) <= $(awk -v slot="$(slot few)" '$1 == slot { print $4 }' "$BATS_TEST_TMPDIR/rows")))
	# afterwards nothing is left to give back but the tails
	is "$(heaps 'arenas read' free | sort -u)" 0
	is "$(heaps 'arenas read' arena tail | sed -n 's/^main //p')" 0
	(($(heaps 'arenas read' heap tail | sed -n "s/^$(slot few) //p") > 1048576 - 3 * $(getconf PAGESIZE)))
}

# bats test_tags=not-in-guests
@test "arenas read: the tail of another arena goes when it frees beyond M_TRIM_THRESHOLD" {
	local size tail before
	mallocs_start
	read -r size tail < <(heaps 'arenas read' heap size tail | sed -n "s/^$(slot few) //p")
	look
	before=$(in_ram "$(slot few)" "$size")
	mallocs drop
	look
	echo "$before, now $(in_ram "$(slot few)" "$size"), wanted $tail less"
	((before - $(in_ram "$(slot few)" "$size") == tail))
	is "$(heaps 'arenas read' heap tail | sed -n "s/^$(slot few) //p")" 0
}

# bats test_tags=not-in-guests
@test "arenas read: of a program that allocates all the while no heap is lost, and none invented" {
	local round
	mallocs_start
	mallocs churn
	for ((round = $(rounds 20); round; round--)); do
		run -0 pm -e 'arenas read' "$PIPED_PID"
		echo "$round: ${lines[0]}"
		[[ $output == '3 arenas in 4 heaps of malloc: '* ]]
	done
}

@test "arenas: malloc's heaps in huge pages are said not to be searched" {
	local huge
	PROGRAMS=()
	program_start env GLIBC_TUNABLES=glibc.malloc.hugetlb=2 perl -e '$| = 1; print "ready\n"; <STDIN>'
	huge=$(perl -nle '
		$sum += hex($2) - hex($1) if /^(\w+)-(\w+) rw-p .*\/anon_hugepage/;
		END { print $sum // 0 }' "/proc/${PROGRAMS[0]}/maps")
	((huge)) || skip "its pool of huge pages is empty (vm.nr_hugepages), or this glibc has no such tunable"
	[[ $(pm -e arenas "${PROGRAMS[0]}") == *' of huge pages not searched'*"  hugetlb        $huge; "* ]]
}
