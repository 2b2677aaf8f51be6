#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Each state that a page can be in, on pages of which it is known, and as the reader finds it.
# "migrating" and "special" pass too quickly, or need hardware, to be held still for a scan.

# Commands handed to `same` are for it to expand.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154
load live

teardown() { live_end; }

# agrees REGION...: the reader says the same of every page, in every column
agrees() {
	local region
	for region; do
		same 'reader $SUBJECT_PID ${RANGE[$region]}' 'dump $SUBJECT_PID ${RANGE[$region]}'
	done
}

# A region by its name, in the list of another tool.
range_of() {
	awk -v name="$1" '$6 == name { split($1, a, "-"); print a[1] ".." a[2] }' "/proc/$SUBJECT_PID/maps"
}

# merged REGION: every page of it has the same frame
merged() {
	[[ $(read_column "$1" PFN | sort -u | wc -l) == 1 ]]
}

@test "none: never touched, not to be touched, beyond the end of a file" {
	subject_start
	need_frames
	is "$(states sparse)" "61 none, 3 anon"
	is "$(column sparse STATE anon)" "1 8 63"
	is "$(states none)" "16 none"
	is "$(states beyond)" "4 file, 4 past-end"
	is "$(column beyond STATE past-end)" "4 5 6 7"
	agrees sparse none beyond
	# 'a' where pages are, '.' where none are
	pm "--grid=${RANGE[sparse]}" "$SUBJECT_PID" >"$BATS_TEST_TMPDIR/grid"
	grep -E '(^|[^.a])[.]a[.]{6}a[.]{54}a([^.a]|$)' "$BATS_TEST_TMPDIR/grid"
	# given back
	subject madvise sparse dontneed 8
	is "$(column sparse STATE anon)" "1 63"
}

@test "anon: written, whatever it is called" {
	local region
	subject_start
	need_frames
	is "$(states anon)" "64 anon"
	is "$(pages anon MAPCOUNT,ORDER | sort -u)" "1,0"
	for region in anon label; do
		[[ -z ${AT[$region]-} ]] || is "$(states "$region" | sed 's/^[0-9]* //')" anon
		[[ -z ${AT[$region]-} ]] || agrees "$region"
	done
}

# The last few wait in a batch of the CPU's until more come.
@test "bug: lazyfree: freed by MADV_FREE, and there until memory gets scarce" {
	subject_start
	need_frames
	subject madvise anon free
	[ "$(column anon STATE lazyfree | wc -w)" -ge 32 ]
	agrees anon
	if [[ ${AT[droppable]-} ]]; then
		is "$(states droppable | sed 's/^[0-9]* //')" lazyfree
		agrees droppable
	fi
}

@test "bug: lazyfree: a huge page says so at its head alone before Linux 6.10" {
	subject_start
	need_frames
	need_region thp "no huge pages"
	[[ $(states thp) == *thp-tail* ]] || skip "the kernel gave no huge page"
	subject madvise thp free
	is "$(states thp)" "$((2 * HUGE)) lazyfree"
	agrees thp
}

@test "zero: read and never written, by small pages" {
	subject_start
	need_frames
	is "$(states zero)" "16 zero"
	is "$(pages zero MAPCOUNT | sort -u)" 0
	is "$(pages zero PFN | sort -u | wc -l)" 1
	subject write zero 7
	is "$(column zero STATE anon)" 7
	agrees zero
}

@test "zero: read and never written, by huge pages" {
	subject_start
	need_frames
	[ "$(kpf huge-zero 24)" -eq $((2 * HUGE)) ] || skip "the kernel gave small pages of zeros (use_zero_page, or no huge pages)"
	[ "$(kpf huge-zero 22)" -gt 0 ] || skip "the kernel gave small pages of zeros (use_zero_page, or no huge pages)"
	is "$(states huge-zero)" "$((2 * HUGE)) zero"
	# one huge page, twice
	is "$(pages huge-zero PFN | sort -u | wc -l)" "$HUGE"
	is "$(pages huge-zero ORDER | sort -u)" "$HUGE_ORDER"
	is "$(pm --list --csv -n -b -o START,RSS "$SUBJECT_PID" | grep "^0x${AT[huge-zero]},")" "0x${AT[huge-zero]},0"
	agrees huge-zero
}

@test "thp-head, thp-tail: huge pages, whole and torn" {
	subject_start
	need_frames
	[ "$(kpf thp 22)" -eq $((2 * HUGE)) ] || skip "the kernel gave $(kpf thp 22) of $((2 * HUGE)) pages as huge pages (KPF_THP)"
	is "$(states thp)" "$((2 * HUGE - 2)) thp-tail, 2 thp-head"
	is "$(column thp STATE thp-head)" "0 $HUGE"
	is "$(pages thp ORDER,FOLIO | sort -u)" "$(pages thp PFN | sed -n "s/^/$HUGE_ORDER,/; 1p; $((HUGE + 1))p" | sort)"
	[ "$(kpf torn 22)" -eq $((HUGE - 1)) ] || skip "the kernel took the torn huge page apart at once"
	# its head is not mapped any more
	is "$(states torn)" "$((HUGE - 1)) thp-tail, 1 none"
	is "$(column torn STATE none)" 0
	is "$(pages torn ORDER | sort -u)" $'\n'"$HUGE_ORDER"
	is "$(pages torn FOLIO | sed -n "${HUGE}p")" "$(printf '0x%x' $(($(pages torn PFN | sed -n 2p) - 1)))"
	agrees thp torn
}

@test "mthp: blocks smaller than a huge page" {
	local order=0
	while ((PAGE << order < 65536)); do ((++order)); done
	((order)) || skip "a block of 64 KiB is a page here"
	subject_start
	need_frames
	[ "$(read_column mthp ORDER | lines_with $order | wc -w)" -eq 64 ] ||
		skip "the kernel gave no blocks of 64 KiB (since Linux 6.8, where hugepages-64kB/enabled says so)"
	is "$(states mthp)" "64 mthp"
	is "$(pages mthp ORDER | sort -u)" $order
	is "$(pages mthp FOLIO | sort -u | wc -l)" $((64 >> order))
	is "$(pages mthp FOLIO | sed -n 33p)" "$(pages mthp PFN | sed -n 33p)"
	agrees mthp
}

@test "hugetlb: pages of the pool, private and of a file, not in RSS" {
	subject_start
	need_region hugetlb "its pool of huge pages is empty (vm.nr_hugepages)"
	is "$(states hugetlb)" "$HUGE hugetlb"
	is "$(pages hugetlb ORDER,MAPCOUNT | sort -u)" "$HUGE_ORDER,1"
	is "$(pm --list --csv -n -b -o START,TYPE,RSS,HUGETLB "$SUBJECT_PID" | grep "^0x${AT[hugetlb]},")" \
		"0x${AT[hugetlb]},hugetlb,0,$((HUGE * PAGE))"
	is "$(states hugetlb-memfd)" "$HUGE hugetlb"
	agrees hugetlb hugetlb-memfd
}

@test "ksm: equal pages, merged into one" {
	local limit=$((SECONDS + 10 * ${TEST_TIMEOUT_SCALE:-1}))
	[[ $(cat /sys/kernel/mm/ksm/run 2>/dev/null) == 1 ]] || skip "KSM is off"
	subject_start
	need_frames
	# ksmd takes its time: it merges what it finds unchanged at its second scan. Merged is who has
	# one frame, whatever the flags say.
	until merged ksm; do
		((SECONDS < limit)) || skip "ksmd has not merged the equal pages so far"
	done
	is "$(pages ksm MAPCOUNT | sort -u)" 16
	agrees ksm
	# Linux 6.12 sets KPF_KSM on every anonymous page: fs/proc/page.c tests a mask for any of its bits
	if [ "$(kpf anon 21)" -eq 0 ]; then
		is "$(states ksm)" "16 ksm"
	else
		is "$(states ksm)" "16 anon-shared"
		is "$(states anon)" "64 anon"
	fi
	subject write ksm 5
	is "$(column ksm STATE anon)" 5
}

@test "copied: pages of a file that were written privately" {
	subject_start
	need_frames
	is "$(states private)" "15 file, 1 copied"
	is "$(column private STATE copied)" 5
	is "$(states private-memfd | tr -d 0-9)" " cached,  copied"
	is "$(column private-memfd STATE copied)" "0 1"
	is "$(states dev-zero)" "8 none, 4 anon, 4 zero"
	agrees private private-memfd dev-zero
	subject write private 6 7
	is "$(column private STATE copied)" "5 6 7"
	# after a fork, too: that it is a copy says more than that it is shared
	subject fork
	is "$(column private STATE copied)" "5 6 7"
	agrees private
}

@test "anon-shared: after a fork, until one side writes" {
	subject_start
	need_frames
	subject fork
	is "$(states anon)" "64 anon-shared"
	# nor does it say more that half of these are locked
	is "$(states locked)" "16 anon-shared"
	subject write anon 3 9
	is "$(column anon STATE anon)" "3 9"
	agrees anon locked
}

@test "swapped: each page with its place in swap" {
	subject_start
	need_frames
	[[ $(read_column swap STATE) == *swapped* ]] || skip "nothing was swapped out: no swap here"
	agrees swap
	is "$(column swap STATE swapped)" "$(column swap SWAPPED 1)"
	subject madvise swap pageout
	[ "$(column swap SWAPPED 1 | wc -w)" -gt 32 ]
	[ "$(pages swap SWAP-OFFSET | sort -u | wc -l)" -gt 32 ]
	is "$(pages swap STATE,SWAP-DEVICE | sort -u | grep ^swapped)" "swapped,$(awk '$5 == 2 { print $1 }' /proc/swaps)"
	agrees swap
}

@test "swapped: two devices are distinguished" {
	local first
	need_guest
	subject_start
	# it is the other one's turn now, and what was swapped out stays where it is
	first=$(awk '$2 == "partition" { print $1 }' /proc/swaps)
	swapoff "$first"
	swapon -p 9 "$first"
	subject madvise anon pageout
	agrees anon swap
	is "$(pages anon STATE,SWAP-DEVICE | sort -u)" "swapped,$first"
	is "$(pages swap STATE,SWAP-DEVICE | sort -u | grep ^swapped)" "swapped,/swapfile"
	[ "$(pages anon SWAP-TYPE | sort -u)" != "$(pages swap SWAP-TYPE | sort -u)" ]
	swapoff "$first"
	# the other one keeps its number, though it is now the first in the list: no name is a wrong name
	is "$(pages swap STATE,SWAP-DEVICE | sort -u | grep ^swapped)" swapped,
	swapon -p 1 "$first"
}

@test "swapcache: back in RAM, and still in swap" {
	subject_start
	need_frames
	[ "$(kpf swap 13)" -gt 0 ] || skip "nothing came back through the swap cache: no swap here, or only in memory"
	is "$(column swap STATE swapcache)" "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15"
	is "$(states swap)" "48 swapped, 16 swapcache"
	agrees swap
}

@test "shared memory in swap leaves nothing in the page table" {
	subject_start
	need_frames
	[[ $(read_column swap STATE) == *swapped* ]] || skip "nothing was swapped out: no swap here"
	is "$(column swap-shared PRESENT 0)" "$(seq -s ' ' 0 31)"
	is "$(pages swap-shared SWAPPED | sort -u)" 0
	agrees swap-shared
	# before Linux 6.5 what is on its way out counts as cached as long as the cache has it
	[[ $(states swap-shared) =~ ^(32 shmem, 32 swapped|32 cached, 32 shmem)$|cached.*swapped|swapped.*cached ]]
}

@test "bug: shared memory in swap had a SWAP of 0, and was said to have been never touched" {
	local ours kernels
	subject_start
	[[ $(read_column swap STATE) == *swapped* ]] || skip "nothing was swapped out: no swap here"
	kernels=$(awk -v start="${AT[swap-shared]}" '/^[0-9a-f]+-/ { here = index($1, start "-") == 1 }
		here && $1 == "Swap:" { print $2 * 1024 }' "/proc/$SUBJECT_PID/smaps")
	[ "$kernels" -gt 0 ]
	ours=$(pm --list --csv -n -b -o START,SWAP "$SUBJECT_PID" | sed -n "s/^0x${AT[swap-shared]},//p")
	# smaps counts what the swap cache has as well; so does pmtop since Linux 6.5
	if can_cachestat; then
		is "$ours" "$kernels"
		is "$(column swap-shared STATE swapped | wc -w)" $((kernels / PAGE))
	else
		[ "$ours" -le "$kernels" ]
	fi
	# without write permission nothing is reported, and nothing printed
	pm --summary="${RANGE[swap-shared]}" "$SUBJECT_PID" | grep -q '^swapped.*including shared memory'
}

# cachestat (Linux 6.5), of a descriptor that is none: EBADF (9) where it is known
can_cachestat() {
	perl -e 'my ($range, $out) = (pack("Q2", 0, 0), "\0" x 40); syscall(451, -1, $range, $out, 0); exit($! == 9 ? 0 : 1)'
}

@test "cached: in the page cache, and not mapped here" {
	subject_start
	need_frames
	need_region cached "the page cache did not hold what it was given"
	is "$(column cached STATE cached)" "0 1 2 3 8"
	is "$(column cached STATE file)" 12
	is "$(states cached)" "10 none, 5 cached, 1 file"
	is "$(pages cached PRESENT,PFN | sort -u | grep -c ^0)" 1
	agrees cached
	# of shared memory as well
	is "$(column private-memfd STATE cached)" "$(seq -s ' ' 2 15)"
	if [[ ${AT[posix]-} ]]; then
		is "$(column posix STATE cached)" "$(seq -s ' ' 8 15)"
		agrees posix
	fi
	agrees private-memfd
	# an answer of one page, and of a range
	run -0 pm -e "${AT[cached]}" "$SUBJECT_PID"
	[[ $output == *cache* ]]
	run -0 pm -e "${RANGE[cached]}" "$SUBJECT_PID"
	[[ $output == *"5 cached"* ]]
}

@test "file: page cache, same as on disk" {
	subject_start
	need_frames
	is "$(states named)" "4 file"
	is "$(states offset)" "8 file"
	agrees named offset
}

@test "file-dirty: changed and not yet written back" {
	subject_start
	need_frames
	[[ $(stat -f -c %T "${TMPDIR:-/tmp}") != tmpfs ]] || skip "TMPDIR is in memory: nothing is written back"
	is "$(column dirty STATE file-dirty)" "9 15"
	is "$(column dirty STATE file)" "0 1 2 3 4 5 6 7 8 10 11 12 13 14"
	# that it must be written says more than that it is locked
	subject mlock dirty 8 9
	is "$(column dirty STATE mlocked)" 8
	is "$(column dirty STATE file-dirty)" "9 15"
	agrees dirty
}

@test "mlocked: kept in RAM" {
	subject_start
	need_frames
	need_region locked "mlock is not allowed (ulimit -l)"
	is "$(column locked STATE mlocked)" "0 1 2 3 4 5 6 7"
	is "$(states locked)" "8 anon, 8 mlocked"
	is "$(states locked-file)" "4 mlocked"
	agrees locked locked-file
	subject munlock locked 2 3
	is "$(column locked STATE mlocked)" "0 1 4 5 6 7"
	agrees locked
}

@test "shmem: shared memory of every make" {
	local region
	subject_start
	need_frames
	for region in shared memfd sysv label-shared; do
		[[ ${AT[$region]-} ]] || continue
		is "$(states "$region")" "8 none, 8 shmem"
		is "$(column "$region" STATE shmem)" "0 1 2 3 4 5 6 7"
		agrees "$region"
	done
	[[ -z ${AT[posix]-} ]] || is "$(column posix STATE shmem)" "0 1 2 3 4 5 6 7"
	# of one's own, and of no file that could be written back
	[[ -z ${AT[secret]-} ]] || agrees secret
}

@test "guard: no access, and not swapped" {
	subject_start
	need_region guard "MADV_GUARD_INSTALL is of Linux 6.13"
	is "$(column guard STATE guard)" "4 5 6 7"
	# the page table shows guards since 6.15, and calls them swapped as well
	is "$(column guard GUARD 1)" "4 5 6 7"
	is "$(pm --list --csv -n -b -o START,RSS,SWAP "$SUBJECT_PID" | grep "^0x${AT[guard]},")" \
		"0x${AT[guard]},$((12 * PAGE)),0"
	agrees guard
	subject madvise guard guard-remove 5
	is "$(column guard STATE guard)" "4 6 7"
	is "$(column guard STATE none)" 5
	subject madvise guard guard-install 0
	is "$(column guard STATE guard)" "0 4 6 7"
	agrees guard
}

@test "uffd-wp: an empty page under write protection, and bit 57 of those that are there" {
	subject_start
	need_frames
	need_region watched-shared "userfaultfd cannot protect shared memory (Linux 5.19), or is not allowed"
	is "$(column watched-shared STATE uffd-wp)" "10 11"
	is "$(column watched-shared UFFD-WP 1)" "2 3 10 11"
	is "$(states watched-shared)" "8 shmem, 6 none, 2 uffd-wp"
	agrees watched-shared
	subject unprotect watched-shared 2 10
	is "$(column watched-shared UFFD-WP 1)" "3 11"
	agrees watched-shared
	subject protect watched-shared 0 15
	is "$(column watched-shared STATE uffd-wp)" "11 15"
	is "$(column watched-shared UFFD-WP 1)" "0 3 11 15"
	is "$(column watched UFFD-WP 1 | cut -c 1-3)" "2 3"
	agrees watched
	# of private memory empty pages are marked since Linux 6.4
	[ "$(read_column watched UFFD-WP | lines_with 1 | wc -w)" -eq 4 ] || return 0
	is "$(column watched STATE uffd-wp)" "10 11"
}

@test "poisoned: by userfaultfd" {
	subject_start
	need_frames
	need_region poison "UFFDIO_POISON is of Linux 6.6, or userfaultfd is not allowed"
	is "$(column poison STATE poisoned)" "4 5 6 7"
	is "$(states poison)" "8 none, 4 anon, 4 poisoned"
	is "$(pm --list --csv -n -b -o START,RSS,SWAP "$SUBJECT_PID" | grep "^0x${AT[poison]},")" \
		"0x${AT[poison]},$((4 * PAGE)),0"
	agrees poison
}

@test "hwpoison: a broken frame" {
	local frame
	need_guest
	subject_start
	frame=$(pages broken PFN | sed -n 2p)
	subject_try madvise broken hwpoison 1 || skip "this kernel does not give up broken memory (CONFIG_MEMORY_FAILURE)"
	is "$(column broken STATE hwpoison)" 1
	is "$(states broken)" "3 anon, 1 hwpoison"
	# the entry says which frame it was
	is "$(pages broken SWAP-OFFSET | sed -n 2p)" $((frame))
	agrees broken
}

@test "unreadable: the kernel's own pages" {
	local range
	subject_start
	for range in $(range_of '[vsyscall]') $(range_of '[vvar]'); do
		echo "$range"
		is "$(pm "--pages=$range" --csv -n -o STATE "$SUBJECT_PID" | sort -u)" unreadable
		is "$(pm "--pages=$range" --csv -n -o PRESENT,WORD,PFN,KPF "$SUBJECT_PID" | sort -u)" ,,,
		same 'reader $SUBJECT_PID $range' 'dump $SUBJECT_PID $range'
	done
	[[ ${range-} ]] || skip "nothing of that kind is mapped here"
}

@test "bug: unreadable is, too, what a driver maps without struct pages (VM_PFNMAP)" {
	subject_start
	need_region bios "in the guests only, /dev/mem"
	is "$(states bios)" "4 unreadable"
	agrees bios
	is "$(pm --list --csv -n -b -o START,RSS "$SUBJECT_PID" | grep "^0x${AT[bios]},")" "0x${AT[bios]},"
}

@test "device: the kernel's code for all processes" {
	local range
	subject_start
	need_frames
	range=$(range_of '[vdso]')
	[[ $range ]] || skip "there is no [vdso] here"
	is "$(pm "--pages=$range" --csv -n -o STATE,PRESENT "$SUBJECT_PID" | grep 1$ | sort -u)" device,1
	same --others-map-files 'reader $SUBJECT_PID $range' 'dump $SUBJECT_PID $range'
}
