#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# What pmtop says about pages and regions, against a reader that shares nothing with it.

load live
# Commands handed to `same` are for it to expand.
# shellcheck disable=SC2016,SC2154

teardown() { live_end; }

reader() { "$live_dir/reader" "$@"; }

# hidden COMMAND...: pmtop under COMMAND tells nothing of any frame
hidden() {
	local told
	told=$("$@" "$PMTOP" --pages --csv -n -o PFN,MAPCOUNT,KPF,FLAGS "$SUBJECT_PID" | sort -u)
	is "$told" ",,,"
}

# The subject's own regions (0x1000........): nobody else maps those files.
own() { grep -E '^(ADDRESS|START|0x1000[0-9a-f]{8},)'; }

@test "--pages tells of every page what an independent reader finds" {
	subject_start
	same 'reader $SUBJECT_PID | own' 'pm --pages --csv -o $PAGE_COLUMNS $SUBJECT_PID | own'
	# code, libraries, stacks, the kernel's pages
	same --others-map-files 'reader $SUBJECT_PID' 'pm --pages --csv -o $PAGE_COLUMNS $SUBJECT_PID'
}

@test "--pages=RANGE has a row for each page, in each way to write a range" {
	local range
	subject_start
	for range in "${RANGE[sparse]}" "0x${AT[sparse]}..0x100001040000" \
		"${AT[sparse]}..+0x40000" "${AT[sparse]}..+64p"; do
		same 'reader $SUBJECT_PID ${RANGE[sparse]}' \
			'pm --pages=$range --csv -o $PAGE_COLUMNS $SUBJECT_PID'
	done
	is "$(wc -l <"$BATS_TEST_TMPDIR/b")" 65
	is "$(column sparse PRESENT 1)" "1 8 63"
	pm --pages=heap --csv -o ADDRESS,MAPPING "$SUBJECT_PID" >"$BATS_TEST_TMPDIR/heap"
	[ "$(grep -c ',\[heap\]$' "$BATS_TEST_TMPDIR/heap")" -gt 0 ]
	pm --pages=stack --csv -o ADDRESS,MAPPING "$SUBJECT_PID" >"$BATS_TEST_TMPDIR/stack"
	[ "$(grep -c ',\[stack\]$' "$BATS_TEST_TMPDIR/stack")" -gt 0 ]
}

@test "--pages and --list of a bash agree with the reader" {
	local bash fifo=$BATS_TEST_TMPDIR/fifo
	mkfifo "$fifo" "$fifo.out"
	bash -c 'echo ready; read -r _' <>"$fifo" >"$fifo.out" 3>&- &
	bash=$!
	OTHERS+=("$bash")
	read -rt $((10 * ${TEST_TIMEOUT_SCALE:-1})) _ <"$fifo.out"
	same --others-map-files 'reader $bash' 'pm --pages --csv -o $PAGE_COLUMNS $bash'
	same 'reader --regions $bash' 'pm --list --csv -b -o START,END,RSS,SWAP $bash | grep -v ,,'
}

@test "--list counts RSS and SWAP as the reader does" {
	local untold='\[(vsyscall|vvar)'	# whose page tables the kernel does not show
	subject_start
	# without frame numbers the reader takes the zero page for memory
	can_frames || untold+="|^0x${AT[zero]},"
	same 'reader --regions $SUBJECT_PID | grep -vE "$untold"' \
		'pm --list --csv -b -o START,END,SIZE,PERM,RSS,SWAP,MAPPING $SUBJECT_PID | grep -vE "$untold"'
	is "$(pm --list --csv -n -b -o START,SIZE,PERM,RSS "$SUBJECT_PID" | grep "^0x${AT[sparse]},")" \
		"0x${AT[sparse]},262144,rw-p,12288"
	is "$(pm --list --csv -n -b -o START,SIZE,PERM,RSS "$SUBJECT_PID" | grep "^0x${AT[none]},")" \
		"0x${AT[none]},65536,---p,0"
	can_frames || return 0
	# read only: no memory of its own
	is "$(pm --list --csv -n -b -o START,SIZE,PERM,RSS "$SUBJECT_PID" | grep "^0x${AT[zero]},")" \
		"0x${AT[zero]},65536,rw-p,0"
}

@test "STATE names each kind of page" {
	subject_start
	need_frames
	is "$(states anon)" "64 anon"
	is "$(states sparse)" "61 none, 3 anon"
	is "$(states zero)" "16 zero"
	is "$(states private)" "15 file, 1 copied"
	is "$(column private STATE copied)" 5
	is "$(states shared)" "8 none, 8 shmem"
	is "$(states memfd)" "8 none, 8 shmem"
	is "$(states none)" "16 none"
	is "$(states named)" "4 file"
	# 'a' where pages are, '.' where none are
	pm "--grid=${RANGE[sparse]}" "$SUBJECT_PID" >"$BATS_TEST_TMPDIR/grid"
	grep -E '(^|[^.a])[.]a[.]{6}a[.]{54}a([^.a]|$)' "$BATS_TEST_TMPDIR/grid"
}

@test "huge pages are told as such" {
	subject_start
	need_frames
	if [[ ${AT[hugetlb]-} ]]; then
		is "$(states hugetlb)" "512 hugetlb"
	fi
	[ "$(kpf thp 22)" -eq 1024 ] || skip "the kernel gave $(kpf thp 22) of 1024 pages as huge pages (KPF_THP)"
	is "$(states thp)" "1022 thp-tail, 2 thp-head"
	is "$(column thp STATE thp-head)" "0 512"
}

@test "guard pages are guards and not swapped" {
	subject_start
	need_region guard "MADV_GUARD_INSTALL is of Linux 6.13"
	is "$(column guard STATE guard)" "4 5 6 7"
	# the page table tells of guards since 6.15, and calls them swapped as well
	is "$(column guard GUARD 1)" "4 5 6 7"
	is "$(pm --list --csv -n -b -o START,RSS,SWAP "$SUBJECT_PID" | grep "^0x${AT[guard]},")" \
		"0x${AT[guard]},49152,0"
}

@test "swapped pages have their place in swap" {
	subject_start
	need_frames
	reader "$SUBJECT_PID" "${RANGE[swap]}" | grep -q ',0,1,0,0,[01],0,0,,[0-9]' ||
		skip "nothing was swapped out: no swap here"
	same 'reader $SUBJECT_PID ${RANGE[swap]}' 'pm --pages=${RANGE[swap]} --csv -o $PAGE_COLUMNS $SUBJECT_PID'
	is "$(column swap STATE swapped)" "$(column swap SWAPPED 1)"
	subject pageout swap
	[ "$(column swap SWAPPED 1 | wc -w)" -gt 32 ]
	[ "$(pages swap SWAP-OFFSET | sort -u | wc -l)" -gt 32 ]
}

@test "pages merged by KSM are told as such" {
	local limit=$((SECONDS + 10 * ${TEST_TIMEOUT_SCALE:-1}))
	[[ $(cat /sys/kernel/mm/ksm/run 2>/dev/null) == 1 ]] || skip "KSM is off"
	subject_start
	need_frames
	# ksmd takes its time: it merges what it finds unchanged at its second look. Merged is who has
	# one frame, whatever the flags say.
	until [[ $(reader "$SUBJECT_PID" "${RANGE[ksm]}" | cut -d , -f 9 | tail -n +2 | sort -u | wc -l) == 1 ]]; do
		((SECONDS < limit)) || skip "ksmd has not merged the equal pages so far"
	done
	is "$(pages ksm MAPCOUNT | sort -u)" 16
	# Linux 6.12 sets KPF_KSM on every anonymous page: fs/proc/page.c tests a mask for any of its bits
	[ "$(kpf anon 21)" -eq 0 ] || skip "this kernel calls every anonymous page merged (KPF_KSM)"
	is "$(states ksm)" "16 ksm"
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
	# and of the child the same is told by both
	same 'reader $child | own' 'pm --pages --csv -o $PAGE_COLUMNS $child | own'
}

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

@test "as nobody: the own process without frame numbers, never frame 0" {
	become_nobody
	subject_start "${AS_NOBODY[@]}"
	same '"${AS_NOBODY[@]}" $PUBLIC/reader $SUBJECT_PID' \
		'"${AS_NOBODY[@]}" timeout 60 "$PMTOP" --pages --csv -o $PAGE_COLUMNS $SUBJECT_PID'
	hidden "${AS_NOBODY[@]}"
	"${AS_NOBODY[@]}" "$PMTOP" --list "$SUBJECT_PID" >/dev/null
}

@test "root without CAP_SYS_ADMIN: nothing is made up of frame 0" {
	local weak=(setpriv --bounding-set -sys_admin --inh-caps -sys_admin)
	need_root
	"${weak[@]}" true 2>/dev/null || skip "setpriv may not drop CAP_SYS_ADMIN here"
	subject_start
	same '"${weak[@]}" "$live_dir/reader" $SUBJECT_PID' \
		'"${weak[@]}" timeout 60 "$PMTOP" --pages --csv -o $PAGE_COLUMNS $SUBJECT_PID'
	hidden "${weak[@]}"
}

@test "a terabyte of reserved address space is no hindrance" {
	local gib=1024
	# A kernel without PAGEMAP_SCAN writes out 8 bytes for each page of it: half a second on a
	# processor, minutes on an emulated one.
	can_scan || gib=$((1024 / (${TEST_TIMEOUT_SCALE:-1} ** 2)))
	subject_start
	subject reserve $gib
	is "$(pm --pages --csv -n -o ADDRESS "$SUBJECT_PID" | grep -E '^0x20[0-9a-f]{10}$' | paste -sd ' ')" \
		"0x200000000000 $(printf '0x%x' $((0x200000000000 + (gib << 30) - 4096)))"
	is "$(pm --list --csv -n -b -o START,SIZE,RSS "$SUBJECT_PID" | grep ^0x200000000000)" \
		"0x200000000000,$((gib << 30)),8192"
}
