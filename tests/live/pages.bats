#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# What pmtop says about pages and regions, against a reader that shares nothing with it.

# Commands handed to `same` are for it to expand.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154
load live

teardown() { live_end; }

# The subject's own regions (0x1000........): nobody else maps those files.
own() { grep -E '^(ADDRESS|START|0x1000[0-9a-f]{8},)'; }

@test "--pages tells of every page what an independent reader finds" {
	subject_start
	same 'reader $SUBJECT_PID | own' 'dump $SUBJECT_PID | own'
	# code, libraries, stacks, the kernel's pages
	same --others-map-files 'reader $SUBJECT_PID' 'dump $SUBJECT_PID'
}

@test "every column of --pages is one the reader tells as well" {
	subject_start
	is "$(dump "$SUBJECT_PID" "${RANGE[named]}" | head -n 1 | tr , '\n' | sort)" \
		"$(reader "$SUBJECT_PID" "${RANGE[named]}" | head -n 1 | tr , '\n' | sort)"
}

@test "--pages of programs that know nothing of the tests agrees with the reader" {
	local pid
	programs_start
	for pid in "${PROGRAMS[@]}"; do
		tr '\0' ' ' <"/proc/$pid/cmdline" && echo
		same --others-map-files 'reader $pid' 'dump $pid'
	done
}

@test "places in a file are told: the second half of one is mapped" {
	subject_start
	is "$(pages offset FILE-OFFSET | paste -sd ' ')" "0x8000 0x9000 0xa000 0xb000 0xc000 0xd000 0xe000 0xf000"
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

@test "--pages=RANGE has a row for each page, in each way to write a range" {
	local range
	subject_start
	for range in "${RANGE[sparse]}" "0x${AT[sparse]}..0x100001040000" \
		"${AT[sparse]}..+0x40000" "${AT[sparse]}..+64p"; do
		same 'reader $SUBJECT_PID ${RANGE[sparse]}' 'dump $SUBJECT_PID $range'
	done
	is "$(wc -l <"$BATS_TEST_TMPDIR/b")" 65
	is "$(column sparse PRESENT 1)" "1 8 63"
	pm --pages=heap --csv -o ADDRESS,MAPPING "$SUBJECT_PID" >"$BATS_TEST_TMPDIR/heap"
	[ "$(grep -c ',\[heap\]$' "$BATS_TEST_TMPDIR/heap")" -gt 0 ]
	pm --pages=stack --csv -o ADDRESS,MAPPING "$SUBJECT_PID" >"$BATS_TEST_TMPDIR/stack"
	[ "$(grep -c ',\[stack\]$' "$BATS_TEST_TMPDIR/stack")" -gt 0 ]
}

@test "looking changes nothing" {
	local faults ask
	subject_start
	# only what the kernel does by itself may differ, and the first look of it all drains its queues
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
	# and of the child the same is told by both
	same 'reader $child | own' 'dump $child | own'
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
