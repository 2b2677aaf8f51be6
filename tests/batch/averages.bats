#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# A kernel that counts the mappings of large folios, not of their pages: whatever rests on a map count
# says so. And regions with what newer kernels have, in words.
load helper

setup() { fixture folios; }

says_average() { run -0 --separate-stderr pm "$@" "$PID"; [[ $output$stderr == *average* ]]; }

@test "a page of a large folio is marked, a single page is not" {
	run -0 pm -e 10000000 -e 20000000 "$PID"
	[[ $output == *'mapped 3 times (its folio, on average)'*'mapcount_of'*'its folio: an average'* ]]
	[[ $output == *'mapped 2 times'$'\n'* ]]
	is "$(grep -c average <<<"$output")" 2
	run -0 --separate-stderr pm --pages -o mapcount,mapcount-of --raw -n "$PID"
	is "$(sort <<<"$output" | uniq -c | awk '{ print $1, $2, $3 }')" "$(printf '%s\n' '15 1 page' '4 2 page' '512 3 folio')"
	[[ $stderr == *'an average'* ]]
	run -0 pm -e pfn:200005 "$PID"
	[[ $output == *'its folio: an average'* ]]
}

@test "sums, filters, counts, the lens and PSS are marked" {
	says_average --pages --filter 'mapcount>1' -o address
	says_average -e 'count mapcount>1'
	says_average -e 'count anon by mapcount'
	says_average --grid --lens sharing
	says_average --list -o pss
	run -0 pm --summary --csv "$PID"
	[[ $output == *'512 of them by the average of their folio'* ]]
	[[ $output == *'estimated, without hugetlb: some map counts are averages'* ]]
	run -0 pm -e vma:10000000 "$PID"
	[[ $output == *'an estimate, as uss and shared'* ]]
	run -0 pm --capabilities --csv "$PID"
	[[ $output == *'kpagecount,yes,'*'in large folios it is an average, and PSS an estimate'* ]]
}

@test "what rests on no map count is not marked, nor is another kernel" {
	run -0 --separate-stderr pm --list "$PID"
	[[ $output$stderr != *average* ]]
	run -0 --separate-stderr pm --pages -o address,pfn --filter anon "$PID"
	[[ $output$stderr != *average* ]]
	rm "$ROOT/kpagecount-averages"
	run -0 --separate-stderr pm --summary "$PID"
	[[ $output$stderr != *average* ]]
	run -0 --separate-stderr pm --pages "$PID"
	[[ $output$stderr != *average* ]]
}

# region_card ADDRESS WORDS...
card_says() {
	local at=$1 words
	shift
	run -0 pm --list -o start,vmflags --csv "$PID"
	grep -qE "^0x$at,.* $1( |\$)" <<<"$output"
	run -0 pm -e "help $1" "$PID"
	for words in "${@:2}"; do [[ $output == *"$words"* ]]; done
}

@test "guards, seals, droppable memory, shadow stacks and read-write protection are said in words" {
	card_says 20000000 sl 'sealed (mseal)'
	card_says 30000000 gu 'may hold guard pages'
	card_says 40000000 dp 'pages are dropped and read as zeros'
	card_says 50000000 ss 'shadow stack'
	card_says 60000000 ur 'userfaultfd reports reads as well as writes'
}

@test "no version is claimed that is not out" {
	run ! grep -E 'V\("(gu|ur)", +"[0-9]' "$fixture_top/src/kernel/vmflags.def"
	run -0 "$PMTOP" --print man
	[[ $output == *'sealed (mseal)'* && $output != *'Linux 7.0'* ]]
}

@test "a frame that was marked idle is decoded from the bitmap" {
	run -0 pm -e 20000000 --json "$PID"
	[[ $output != *'"idle"'* ]]
	local pfn
	pfn=$(pm --pages=20000000..+8k -o pfn --raw -n "$PID" | head -n 1)
	# the bit of that frame alone
	perl -e 'my $n = hex shift; open my $f, ">", shift; seek $f, int($n / 64) * 8, 0; print $f pack "Q", 1 << $n % 64' "$pfn" "$ROOT/page_idle"
	run -0 pm -e 20000000 --json "$PID"
	[[ $output == *'"idle": 1'* ]]
	run -0 pm -e 20001000 --json "$PID"
	[[ $output == *'"idle": 0'* || $output != *'"idle"'* ]]
	run -0 pm --capabilities --csv "$PID"
	[[ $output == *'page_idle,yes,'* ]]
}
