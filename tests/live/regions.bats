#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# What --list says of regions: their sums against the kernel's own (smaps), their kinds and names.

# Commands handed to `same` are for it to expand.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154
load live

teardown() { live_end; }

# smaps PID: START,INODE and what the kernel counted itself, in bytes, as CSV. KSM is there since
# Linux 6.7. Regions whose page tables the kernel does not show (pf, [vsyscall]) are left out. SWAP is
# that of memory without a file: of shared memory smaps counts what the page table does not show.
smaps() {
	awk 'function row() {
			if (start != "" && flags !~ / pf / && name != "[vsyscall]")
				printf "0x%s,%s,%d,%s,%d,%d,%d%s\n", start, inode, rss, inode ? "" : swap * 1024, anon, thp,
					locked, has_ksm ? "," ksm : ""
		}
		BEGIN { has_ksm = system("grep -q ^KSM: /proc/self/smaps") == 0
			print "START,INODE,RSS,SWAP,ANON,THP,LOCKED" (has_ksm ? ",KSM" : "") }
		/^[0-9a-f]+-[0-9a-f]+ / {
			row()
			start = substr($1, 1, index($1, "-") - 1); inode = $5; name = $6; flags = ""
			rss = swap = anon = thp = locked = ksm = 0
		}
		$1 == "Rss:" { rss = $2 * 1024 }
		$1 == "Swap:" { swap = $2 }
		$1 == "Anonymous:" { anon = $2 * 1024 }
		$1 ~ /^(AnonHugePages|ShmemPmdMapped|FilePmdMapped):$/ { thp += $2 * 1024 }
		$1 == "Locked:" { locked = $2 * 1024 }
		$1 == "KSM:" { ksm = $2 * 1024 }
		$1 == "VmFlags:" { flags = " " $0 " " }
		END { row() }' "/proc/$1/smaps"
}

# listed PID COLUMNS: the same from pmtop
listed() {
	pm --list --csv -b -o "START,INODE,RSS,SWAP,$2" "$1" | grep -v ',,,' |
		awk -F , -v OFS=, 'NR > 1 && $2 > 0 { $4 = "" } { print }'
}

# row_of REGION COLUMNS: the row of one of the subject's regions
row_of() {
	pm --list --csv -n -b -o "START,$2" "$SUBJECT_PID" | sed -n "s/^0x${AT[$1]},//p"
}

# threads_asleep PID: until then the kernel does not show their stack pointers
threads_asleep() {
	local limit=$((SECONDS + 30 * ${TEST_TIMEOUT_SCALE:-1}))
	while grep -q running "/proc/$1"/task/*/syscall; do
		((SECONDS < limit)) || { echo "a thread does not go to sleep"; return 1; }
	done
}

thread_start() {
	subject thread "$1"
	read -r TID STACK <<<"$REPLY"
	threads_asleep "$SUBJECT_PID"
}

@test "the list counts RSS, SWAP and HUGETLB as the reader does" {
	subject_start
	need_frames # without frame numbers the reader takes the zero page for memory
	same 'reader --regions $SUBJECT_PID' 'pm --list --csv -b -o START,END,RSS,SWAP,HUGETLB $SUBJECT_PID'
	is "$(row_of sparse SIZE,PERM,RSS)" "$((64 * PAGE)),rw-p,$((3 * PAGE))"
	is "$(row_of none SIZE,PERM,RSS)" "$((16 * PAGE)),---p,0"
	# read only: no memory of its own
	is "$(row_of zero SIZE,PERM,RSS)" "$((16 * PAGE)),rw-p,0"
}

@test "the list counts as smaps does: RSS, SWAP, ANON, THP, LOCKED, KSM" {
	subject_start
	need_frames
	same 'smaps $SUBJECT_PID | cut -d , -f 1-7' 'listed $SUBJECT_PID ANON,THP,LOCKED'
	is "$(row_of locked LOCKED)" $((8 * PAGE))
	grep -q ^KSM: /proc/self/smaps || return 0 # Linux 6.7
	# where the KSM flags are wrong, nothing is counted by them
	[ "$(kpf anon 21)" -eq 0 ] || return 0
	same 'smaps $SUBJECT_PID | cut -d , -f 1,8' 'listed $SUBJECT_PID KSM | cut -d , -f 1,5'
}

@test "the list counts as smaps does for programs unrelated to the tests" {
	local pid
	subject_start
	need_frames
	programs_start
	for pid in "${PROGRAMS[@]}"; do
		tr '\0' ' ' <"/proc/$pid/cmdline" && echo
		same 'smaps $pid | cut -d , -f 1-6' 'listed $pid ANON,THP'
		same 'reader --regions $pid' 'pm --list --csv -b -o START,END,RSS,SWAP,HUGETLB $pid'
	done
}

@test "the list says of each region what kind it is" {
	local region type name
	subject_start
	while read -r region type name; do
		[[ ${AT[$region]-} ]] || continue
		echo "$region"
		[[ $(row_of "$region" TYPE,MAPPING) == $type,$name ]]
	done <<-'END'
		anon anon
		none reserve
		private file */private (deleted)
		dirty file */dirty (deleted)
		shared shm /dev/zero (deleted)
		memfd shm /memfd:subject (deleted)
		private-memfd shm /memfd:subject (deleted)
		sysv shm /SYSV00000000 (deleted)
		posix shm /dev/shm/*/posix (deleted)
		hugetlb hugetlb /anon_hugepage (deleted)
		label anon [[]anon:subject's own]
		label-shared shm [[]anon_shmem:subject's own]
		bios device /dev/mem
	END
	for name in heap=heap stack=stack vdso=kernel vvar=kernel vsyscall=kernel; do
		grep -q -F "[${name%=*}]" "/proc/$SUBJECT_PID/maps" || continue
		is "$(pm --list --csv -n -o MAPPING,TYPE "$SUBJECT_PID" | grep -F "[${name%=*}],")" "[${name%=*}],${name#*=}"
	done
}

@test "the list names the stack of each thread, and what guards it" {
	subject_start
	thread_start "two words"
	AT[stack]=$STACK AT[below]=$(printf %x $((0x$STACK - PAGE)))
	RANGE[stack]=$STACK..+64p RANGE[below]=${AT[below]}..+1p
	is "$(row_of stack TYPE,PERM,MAPPING)" "stack,rw-p,[stack:$TID two words]"
	is "$(row_of below TYPE,PERM,SIZE,MAPPING)" "guard,---p,$PAGE,[guard:$TID]"
	is "$(pages stack MAPPING | sort -u)" "[stack:$TID two words]"
	is "$(pages below STATE,MAPPING)" "none,[guard:$TID]"
	same 'reader $SUBJECT_PID | grep -a -e stack -e ADDRESS' 'dump $SUBJECT_PID | grep -a -e stack -e ADDRESS'
	# another one beside it, with a name that a terminal would obey
	thread_start $'\033[31m,"x"'
	AT[stack]=$STACK
	is "$(row_of stack TYPE,MAPPING)" "stack,\"[stack:$TID \\033[31m,\"\"x\"\"]\""
	is "$(pm --list --csv -n -o TYPE "$SUBJECT_PID" | grep -c '^stack$')" 3
}

@test "the list names the stacks of a program with threads" {
	local pid
	PROGRAMS=()
	threads_start || skip "this perl has no threads"
	pid=${PROGRAMS[0]}
	threads_asleep "$pid"
	is "$(pm --list --csv -n -o MAPPING,TYPE "$pid" | grep '^\[stack:' | sort)" \
		"$(cd "/proc/$pid/task" && for t in *; do [[ $t == "$pid" ]] || echo "[stack:$t perl],stack"; done | sort)"
	is "$(pm --list --csv -n -o MAPPING,TYPE "$pid" | grep -c '^\[guard:.*,guard$')" 3
}

@test "bug: a memfd of huge pages is hugetlb, and not in RSS" {
	subject_start
	need_region hugetlb-memfd "its pool of huge pages is empty (vm.nr_hugepages)"
	is "$(row_of hugetlb-memfd TYPE,RSS,HUGETLB)" "hugetlb,0,$((HUGE * PAGE))"
}

# bats test_tags=not-in-guests
@test "bug: 999 of 1000 pages were 100 %, one page of 16 TiB was 1 %" {
	shapes_start
	row() { pm --list --csv -n "${@:2}" "$SHAPES" | sed -n "s/^0x${AT[$1]},//p"; }
	is "$(row almost -o START,%)" 99.9
	is "$(row vast -o START,%)" '<0.1'
	is "$(row almost -b -o START,RSS,SIZE,%)" "$((999 * PAGE)),$((1000 * PAGE)),99.9"
	pm --list --json -o START,% "$SHAPES" >"$BATS_TEST_TMPDIR/json"
	grep -E '"0x'"${AT[almost]}"'", "percent": 99.9\}' "$BATS_TEST_TMPDIR/json"
	grep -E '"0x'"${AT[vast]}"'", "percent": [0-9.]+e-0[78]\}' "$BATS_TEST_TMPDIR/json"
	screen_start 120x40 "$SHAPES"
	screen_keys /
	screen_type "${AT[vast]}"
	screen_keys Enter
	screen_text | grep -E "${AT[vast]} 16.0T rw-p .*$((PAGE / 1024))[.]0K +<0.1 .*▁··"
	screen_keys q
	screen_end
}
