#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# --summary of running processes, against sums that share nothing with it.

# Commands handed to `alike` are for it to expand.
# shellcheck disable=SC2016,SC2154
load live

teardown() { live_end; }

# sums SECTION [FIELD] [RANGE]: KEY and PAGES (or another field) of a section, sorted
sums() {
	pm "--summary${3:+=$3}" --csv -n "$SUBJECT_PID" |
		awk -F, -v section="$1" -v field="${2:-4}" '$1 == section { print $2, $field }' | sort
}

# Each combination of kpageflags of pages and how often it is there, from lines "NAME FLAGS N"; the bits that
# the kernel changes by itself are left out.
combinations() {
	perl -ane '
		no warnings "portable";
		BEGIN { $volatile |= 1 << $_ for 0, 2, 5, 6, 8, 9, 25 }
		$n{$F[0]}{hex($F[1]) & ~$volatile} += $F[2] if $F[1] =~ /^0x/;
		END { for my $name (sort keys %n) { printf "%s 0x%x %d\n", $name, $_, $n{$name}{$_} for sort { $a <=> $b } keys %{ $n{$name} } } }'
}

# Of every region of the subject's, by its number (one each 0x2000 pages), from the raw files: one reading for all.
counted() {
	reader "$SUBJECT_PID" 100000000000..101000000000 | values ADDRESS KPF |
		perl -F, -lane 'no warnings "portable"; printf "%x %s 1\n", hex($F[0]) / (0x2000 * $ENV{PAGE}), $F[1] if @F == 2' | combinations
}

# The same of pmtop's table, which tells of one region at a time.
flags() {
	local region
	for region in "${!RANGE[@]}"; do
		sums flags 4 "${RANGE[$region]}" | sed "s/^/$(printf %x $((0x${AT[$region]} / (0x2000 * PAGE)))) /"
	done | combinations
}

# across all of them
counted_in_sum() { counted | sed 's/^[^ ]*/all/' | combinations; }
flags_in_sum() { sums flags 4 100000000000..101000000000 | sed 's/^/all /' | combinations; }

# histogram RANGE: pages in RAM by mapcount, in pmtop's buckets, from the raw files
histogram() {
	reader "$SUBJECT_PID" "$1" | values MAPCOUNT | perl -lne '
		/^\d+$/ or next;
		$c = $_;
		$n{$c < 2 ? $c : $c < 4 ? "2-3" : $c < 16 ? "4-15" : $c < 64 ? "16-63" : "64+"}++;
		END { print join "\n", sort map { "$_ $n{$_}" } keys %n }'
}

# folios RANGE: "KIND-ORDER PAGES" and whether they are whole and aligned, from the raw files: the
# pages in RAM one after the other, a folio being what a head and the tails after it make; met is by heads
folios() {
	reader "$SUBJECT_PID" "$1" | values ADDRESS PFN KPF | perl -F, -lane '
		no warnings "portable";
		sub flush { $run or return; $k = $n = 0; $k++ while 1 << $k < $run;
			printf "%s-%d %s %d %x\n", $kind, $k, $start % ($run * $ENV{PAGE}) ? "unaligned" : "aligned", $run, $head; $run = 0 }
		@F == 3 or next;
		($at, $pfn, $f) = map { hex } @F;
		flush() unless $f >> 16 & 1 && $run && $pfn == $last + 1 && $at == $next;
		($start, $head, $kind) = ($at, $pfn, $f >> 24 & 1 ? "zero" : $f >> 17 & 1 ? "hugetlb" : $f >> 12 & 1 ? "anon" :
			$f >> 14 & 1 ? "shmem" : "file") unless $run;
		$run++; $last = $pfn; $next = $at + $ENV{PAGE};
		END { flush() }' | awk '{ n[$1 " " $2] += $3; m[$1] += !seen[$4]++ } END { for (k in n) print k, n[k]; for (k in m) print k, "met", m[k] }' | sort
}

# The same of pmtop's table; what one entry maps is whole and aligned.
folio_table() {
	pm "--summary=$1" --csv -n "$SUBJECT_PID" | awk -F, '
		$1 == "folios-pmd" || $1 == "folios-aligned" { n[$2 " aligned"] += $4 }
		$1 == "folios-unaligned" { n[$2 " unaligned"] += $4 }
		$1 == "folios-partial" { n[$2 " partial"] += $4 }
		$1 == "folios" && $2 { print $2, "met", $3 }
		END { for (k in n) if (n[k]) print k, n[k] }' | sort
}

# alike MAKE_A MAKE_B: the kernel moves pages by itself, so a difference must be there three times
alike() {
	local a b
	for _ in 1 2 3; do
		a=$(eval "$1") b=$(eval "$2")
		[[ $a != "$b" || ! $a ]] || return 0
	done
	echo "$1:"
	diff <(echo "$a") <(echo "$b")
	return 1
}

@test "--summary counts combinations of flags as the raw files have them" {
	subject_start
	need_frames
	alike counted flags
	# of what nobody can see there are none
	[[ ! ${RANGE[none]-} ]] || is "$(sums flags 4 "${RANGE[none]}" | grep -c ^0x)" 0
	alike counted_in_sum flags_in_sum
}

@test "--summary counts mappings as the raw files have them, and a fork doubles them" {
	subject_start
	need_frames
	for region in anon zero shared private swap; do
		alike "histogram ${RANGE[$region]}" "sums sharing 4 ${RANGE[$region]}"
	done
	is "$(sums sharing 4 "${RANGE[anon]}")" "1 64"
	subject fork
	OTHERS+=("$REPLY")
	is "$(sums sharing 4 "${RANGE[anon]}")" "2-3 64"
	alike "histogram ${RANGE[anon]}" "sums sharing 4 ${RANGE[anon]}"
}

@test "--summary counts folios as the raw files have them" {
	local region
	subject_start
	need_frames
	for region in anon sparse zero private shared memfd thp swap ${AT[hugetlb]:+hugetlb}; do
		alike "folios ${RANGE[$region]}" "folio_table ${RANGE[$region]}"
	done
	if [[ ${AT[hugetlb]-} ]]; then
		is "$(sums folios 3 "${RANGE[hugetlb]}")" "hugetlb-$HUGE_ORDER 1"
	fi
	[ "$(kpf thp 22)" -eq $((2 * HUGE)) ] || skip "the kernel gave $(kpf thp 22) of $((2 * HUGE)) pages as huge pages (KPF_THP)"
	is "$(sums folios 3 "${RANGE[thp]}")" "anon-$HUGE_ORDER 2"
	# half of one is a part of it
	is "$(sums folios-partial 4 "${AT[thp]}..+$((HUGE / 2))p" | xargs)" \
		"$(can_scan && echo "anon-$HUGE_ORDER 0" || echo "anon-$HUGE_ORDER $((HUGE / 2))")"
}

# Of a large region, which is read without a scan as long as all of it is there.
# bats test_tags=in-one-guest
@test "--summary of a large region that is full, but for a huge page and a hole" {
	shapes_start
	SUBJECT_PID=$SHAPES
	[[ ${RANGE[dense]-} ]] || skip "it is made in pages of 4 KiB only"
	[[ $(read_column dense KPF) == 0x* ]] || skip "the kernel keeps frame numbers or flags from us"
	alike "histogram ${RANGE[dense]}" "sums sharing 4 ${RANGE[dense]}"
	alike "folios ${RANGE[dense]}" "folio_table ${RANGE[dense]}"
	is "$(sums states 4 "${RANGE[dense]}" | grep -E '^(none|zero) ' | xargs)" "none 2 zero 1"
	# which an entry maps, as smaps says
	is "$(sums folios-pmd 5 "${RANGE[dense]}" | awk '{ n += $2 } END { print n / 1024 }')" \
		"$(awk -v at="^${AT[dense]}-" '$0 ~ at { here = 1 } here && /^AnonHugePages:/ { print $2; exit }' "/proc/$SHAPES/smaps")"
	"$live_dir/same_facts" "$PMTOP" "$SHAPES" "vma:${AT[dense]}"
}

# folio_row RANGE KEY: FOLIOS, then bytes aligned, unaligned and partial, "2 0 0 4096"
folio_row() {
	pm "--summary=$1" --csv -n "$SHAPES" | awk -F, -v key="$2" '
		$2 != key { next }
		$1 == "folios" { n = $3 }
		$1 ~ /^folios-/ { part[$1] = $5 }
		END { print n + 0, part["folios-pmd"] + part["folios-aligned"], part["folios-unaligned"], part["folios-partial"] }'
}

@test "bug: folios were counted by runs, and ran across the borders of regions" {
	local start p
	shapes_start
	# seen by the reader, or the kernel had no huge page to give
	[ "$(reader "$SHAPES" "${RANGE[cut]}" | values ORDER | sort -u)" = "$HUGE_ORDER" ] &&
		[ "$(reader "$SHAPES" "${RANGE[hole]}" | values ORDER | sort -u)" = "$HUGE_ORDER" ] ||
		skip "no huge pages, or their frames are hidden"
	# all but a 32nd of its pages, in two regions: one folio, in parts
	is "$(folio_row "${AT[hole]}..${RANGE[rest]#*..}" "anon-$HUGE_ORDER")" "1 0 0 $(((HUGE - HUGE / 32) * PAGE))"
	# all pages one after the other, but in three regions: no entry maps them, and thpmaps says so as well
	is "$(folio_row "${RANGE[cut]}" "anon-$HUGE_ORDER")" "1 0 0 $((HUGE * PAGE))"
	# and -e counts in the page's region as that does
	for p in "0 $((HUGE / 4))" "$((HUGE / 4)) 1" "$((HUGE / 4 + 1)) $((HUGE * 3 / 4 - 1))"; do
		start=$(printf '%x' $((0x${AT[cut]} + ${p% *} * PAGE)))
		is "$(pm --json -e "$start" "$SHAPES" | sed -n 's/.*"folio_mapped": *\([0-9]*\).*/\1/p')" "${p#* }"
		is "$(pm "--summary=vma:$start" --csv -n "$SHAPES" | awk -F, '$1 == "folios-partial" { print $4 }')" "${p#* }"
	done
	# the zero page, read a hundred times
	is "$(folio_row "${RANGE[zero]}" zero-0)" "1 $((100 * PAGE)) 0 0"
}

@test "--summary has every page of the process, and RSS and swap as --list counts them" {
	subject_start
	is "$(sums total | awk '$1 == "total" { print $2 }')" \
		"$(pm --list --raw -n -b -o SIZE "$SUBJECT_PID" | awk '{ n += $1 } END { print n / ENVIRON["PAGE"] }')"
	is "$(sums states | awk '{ n += $2 } END { print n }')" "$(sums total | awk '$1 == "total" { print $2 }')"
	alike 'sums types-rss 5' 'pm --list --csv -n -b -o TYPE,RSS $SUBJECT_PID |
		awk -F, "\$2 != \"\" { s[\$1] += \$2 } END { for (t in s) print t, s[t] }" | sort'
	alike 'sums types-swap 5' 'pm --list --csv -n -b -o TYPE,SWAP $SUBJECT_PID |
		awk -F, "\$2 != \"\" { s[\$1] += \$2 } END { for (t in s) print t, s[t] }" | sort'
	can_frames || return 0
	is "$(sums states 4 "${RANGE[anon]}" | xargs)" "anon 64"
	is "$(sums states 4 "${RANGE[private]}" | xargs)" "copied 1 file 15"
	is "$(sums states 4 "${RANGE[zero]}" | xargs)" "zero 16"
}

@test "the proportional size is the kernel's" {
	local kernel ours
	subject_start
	need_frames
	[ -r "/proc/$SUBJECT_PID/smaps_rollup" ] || skip "the kernel has no smaps_rollup (Linux 4.14)"
	kernel=$(awk '$1 == "Pss:" { print $2 * 1024 }' "/proc/$SUBJECT_PID/smaps_rollup")
	ours=$(sums total 5 | awk '$1 == "pss" { print $2 }')
	# pmtop and the tests' programs map libc, too, and come and go
	echo "the kernel says $kernel, pmtop $ours"
	((ours > kernel * 97 / 100 && ours < kernel * 103 / 100))
}

@test "as nobody: --summary says that frames are hidden, and counts what is not" {
	become_nobody
	subject_start "${AS_NOBODY[@]}"
	PMTOP_AS=("${AS_NOBODY[@]}" timeout 60 "$PMTOP")
	is "$("${PMTOP_AS[@]}" --summary "$SUBJECT_PID" | grep -c '^hidden (')" 2
	is "$("${PMTOP_AS[@]}" "--summary=${RANGE[anon]}" --csv -n "$SUBJECT_PID" | cut -d , -f 1,2,4 | grep -E '^(states|sharing|flags)' | xargs)" \
		"states,anon,64 flags,, sharing,exclusive,64"
	"${PMTOP_AS[@]}" --summary --json "$SUBJECT_PID" | grep -q '"flags": null'
}

# bats test_tags=in-one-guest
@test "a process that ends while it is summed up has no sums" {
	local i status
	for i in 1 2 3 4 5 6; do
		subject_start
		rm -f "$BATS_TEST_TMPDIR"/subject/*
		"$PMTOP" --summary --csv -n "$SUBJECT_PID" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
		# bash's own commands until the kill take longer each time
		for ((n = 0; n < i * 40; n++)); do :; done
		kill -KILL "$SUBJECT_PID"
		status=0
		wait $! || status=$?
		{ wait "$SUBJECT_PID"; } 2>/dev/null || :
		SUBJECT_PID=
		# all of it, or none of it and one line that says why
		if ((status == 0)); then
			[ "$(awk -F, '$1 == "total" && $2 == "in-ram" { print $4 }' "$BATS_TEST_TMPDIR/out")" -gt 100 ]
		else
			is "$status $(wc -l <"$BATS_TEST_TMPDIR/err")" "1 1"
			[ ! -s "$BATS_TEST_TMPDIR/out" ]
		fi
	done
}

@test "a terabyte of reserved address space is summed up" {
	local gib=1024
	# without PAGEMAP_SCAN each of its pages is a word to read: see pages.bats
	can_scan || gib=$((1024 / (${TEST_TIMEOUT_SCALE:-1} ** 2)))
	subject_start
	subject reserve $gib
	is "$(sums states 4 "200000000000..+${gib}g" | xargs)" "anon 2 none $(((gib << 30) / PAGE - 2))"
}

# bats test_tags=not-in-guests
@test "bug: a terabyte of a file of which the cache has a few pages took a look at each of its pages" {
	local file=$BATS_TEST_TMPDIR/sparse i
	# cachestat (Linux 6.5), of a descriptor that is none: EBADF (9) where it is known
	perl -e 'my ($range, $out) = (pack("Q2", 0, 0), "\0" x 40); syscall(451, -1, $range, $out, 0); exit($! == 9 ? 0 : 1)' ||
		skip "the kernel counts no pages of the cache (cachestat, Linux 6.5)"
	truncate -s 1T "$file" || skip "no file of 1 TiB here"
	for i in 0 1 2 70000 "$(((1 << 40) / PAGE - 1))"; do
		printf x | dd of="$file" bs="$PAGE" seek="$i" conv=notrunc status=none
	done
	PROGRAMS=()
	# shellcheck disable=SC2016 # for perl to expand
	program_start perl -MCalls -e 'open my $file, "<", shift; $| = 1; printf "%x\n", call(mmap => 0, 1 << 40, 1, 1, fileno $file, 0);
		<STDIN>' "$file"
	run -0 timeout $((8 * ${TEST_TIMEOUT_SCALE:-1})) "$PMTOP" -e 'count never by vma' -e 'count cached by vma' --json "${PROGRAMS[0]}"
	is "$(perl -MJSON::PP -0777 -ne 'print join " ", map { my ($r) = grep { $_->{mapping} =~ /sparse/ } @{ $_->{groups} }; $r->{pages} }
		@{ decode_json($_)->{answers} }' <<<"$output")" "$(((1 << 40) / PAGE - 5)) 5"
}
