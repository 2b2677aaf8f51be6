#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# What kind of memory a region is, against what smaps counts in it.

# shellcheck disable=SC2154
load live

: "${MEMORIES:=$builddir/tests/live/memories}"

teardown() { live_end; }

# memories_start: sets AT, and SUBJECT_PID
memories_start() {
	local name address
	need_root
	mkdir "$BATS_TEST_TMPDIR/folder"
	pipes_start "$MEMORIES" "$BATS_TEST_TMPDIR/folder"
	SUBJECT_PID=$PIPED_PID
	AT=()
	while read -rt $((10 * ${TEST_TIMEOUT_SCALE:-1})) -u "$PIPED_OUT" name address; do
		case $name in
		ready) return ;;
		cannot:) skip "no mount namespace here: $address" ;;
		*) AT[$name]=$address ;;
		esac
	done
	echo "memories does not get ready"
	return 1
}

# Of all regions, by their starts: TYPE, RSS, ANON and HUGETLB as --list has them; and the same from smaps
# three, in bytes, and VmFlags. The process stays as it is.
memories_read() {
	local start rest
	declare -gA LISTED=() KERNELS=() VMFLAGS=()
	while IFS=, read -r start rest; do
		LISTED[${start#0x}]=$rest
	done < <(pm --list --csv -n -b -o START,TYPE,RSS,ANON,HUGETLB "$SUBJECT_PID")
	while IFS=, read -r start rest; do
		KERNELS[$start]=${rest%,*} VMFLAGS[$start]=${rest##*,}
	done < <(awk '
		/^[0-9a-f]+-[0-9a-f]+ / { sub(/-.*/, "", $1); start = $1; huge = 0 }
		$1 == "Rss:" { rss = $2 * 1024 }
		$1 == "Anonymous:" { anon = $2 * 1024 }
		$1 ~ /^(Private|Shared)_Hugetlb:$/ { huge += $2 * 1024 }
		/^VmFlags:/ { sub(/^[^:]*: */, ""); print start "," rss "," anon "," huge "," $0 }' "/proc/$SUBJECT_PID/smaps")
}

@test "bug: a region's kind was judged by the beginning of its name" {
	local name type at folder
	memories_start
	memories_read
	folder=$(folder_type)
	while read -r name type; do
		[[ ${AT[$name]-} ]] || { echo "none here: $name"; continue; }
		at=${AT[$name]}
		echo "$name: ${LISTED[$at]}"
		is "${LISTED[$at]%%,*}" "$type"
		# its sums are the kernel's; the page tables of what a driver maps (pf) are not shown, and which ring
		# of perf's is mapped so depends on the kernel
		[[ ${VMFLAGS[$at]} != *pf* && $name != perf ]] || continue
		is "${LISTED[$at]#*,}" "${KERNELS[$at]}"
	done <<-END
		tmpfs shm
		tmpfs-private shm
		zero-elsewhere anon
		zero-on-disk anon
		ramfs shm
		hugetlbfs hugetlb
		tmpfs-gone shm
		hugetlbfs-gone hugetlb
		liar-heap $folder
		liar-deleted $folder
		liar-memfd $folder
		liar-sysv $folder
		liar-anon-hugepage $folder
		liar-zero $folder
		zero-private anon
		zero-shared shm
		in-dev shm
		sysv shm
		memfd shm
		memfd-huge hugetlb
		secret shm
		packet kernel
		io-uring kernel
		io-uring-cq kernel
		io-uring-sqes kernel
		aio kernel
		perf kernel
	END
}

folder_type() {
	case $(stat -f -c %T "$BATS_TEST_TMPDIR") in
	tmpfs | ramfs) echo shm ;;
	*) echo file ;;
	esac
}

# state NAME [WRAPPER...]: of its first page
state() {
	local at=${AT[$1]}
	shift
	timeout $((20 * ${TEST_TIMEOUT_SCALE:-1})) "$@" "$PMTOP" "--pages=$at..+1p" --csv -n -o STATE "$SUBJECT_PID"
}

# bats test_tags=in-one-guest
@test "bug: without privilege the pages of a file in memory were a file's, with it a ramfs waited for its disk" {
	local name want
	memories_start
	while read -r name want; do
		[[ ${AT[$name]-} ]] || continue
		echo "$name"
		is "$(state "$name" env)" "$want"
		is "$(state "$name" setpriv --bounding-set=-sys_admin)" "$want"
	done <<-END
		tmpfs shmem
		tmpfs-gone shmem
		in-dev shmem
		ramfs shmem
		secret shmem
		hugetlbfs hugetlb
		hugetlbfs-gone hugetlb
		zero-private anon
		zero-elsewhere anon
		zero-on-disk anon
		tmpfs-private copied
		packet device
		io-uring device
		io-uring-sqes device
		aio device
	END
}

@test "bug: [vvar] was empty to a question" {
	local at
	subject_start
	at=$(awk '$6 == "[vvar]" { sub(/-.*/, "", $1); print $1 }' "/proc/$SUBJECT_PID/maps")
	[[ $at ]] || skip "there is no [vvar] here"
	is "$(pm "--pages=$at..+1p" --csv -n -o STATE "$SUBJECT_PID")" unreadable
	pm -e "$at" "$SUBJECT_PID" | grep -q 'state *unreadable'
	run ! grep -q pagemap <(pm -e "$at" "$SUBJECT_PID")
}
