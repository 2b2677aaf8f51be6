#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The kind of memory of a region follows from its device, not from the start of its name.

load helper

setup() { fixture elsewhere; }

# kinds COLUMNS ADDRESS...: of the regions that start there
kinds() {
	local columns=$1 address
	shift
	for address; do
		pm --list --csv -n -o "$columns" --filter "start=$address" "$PID"
	done
}

@test "bug: a region's kind was judged by the beginning of its name" {
	pm_golden list-elsewhere --list -o START,TYPE,RSS,HUGETLB,ANON,COPIED,MAPPING "$PID"
}

@test "bug: a hugetlbfs that is not at /dev/hugepages was a file in RSS" {
	is "$(kinds TYPE,RSS,HUGETLB,THP 10000000)" hugetlb,0,2.0M,0
}

@test "bug: a private mapping of /dev/zero was device memory, copied of a file" {
	is "$(kinds TYPE,RSS,ANON,COPIED 10600000)" anon,16.0K,16.0K,0
	is "$(pm --pages=10600000..+8p --csv -n -o STATE,FILE-OFFSET "$PID" | sort | uniq -c | xargs)" "4 anon, 4 none,"
	pm -e 10600000 "$PID" | grep -q 'private mapping of /dev/zero'
}

@test "bug: rings of sockets, of io_uring and of perf were files, and of a device" {
	is "$(kinds TYPE 10700000 10704000 10708000 1070c000 10710000 10714000 | xargs)" \
		"kernel kernel kernel kernel device device"
	is "$(pm --summary=10700000..+9p --csv -n "$PID" | sed -n 's/^states,\(file[^,]*\),.*/\1/p')" ""
	pm -e 10704000 "$PID" | grep -q 'rings of io_uring'
	# a driver's pages, and perf's, need not show
	is "$(pm --pages=1070c000..+1p --csv -n -o STATE "$PID")" unreadable
	pm -e 1070c000 "$PID" | grep -q 'unreadable'
}

@test "bug: secret memory and ramfs waited to be written back to a disk" {
	is "$(pm --pages=30008000..+2p --csv -n -o STATE "$PID" | sort -u)" shmem
	is "$(pm --pages=10500000..+4p --csv -n -o STATE "$PID" | sort -u)" shmem
	pm -e 30008000 "$PID" | grep -q 'secret memory'
	pm -e 10500000 "$PID" | grep -q 'in memory (ramfs)'
	run ! pm -e '30008000..+4 bytes' "$PID"
}

@test "bug: a file called like shared memory or like huge pages was taken for that" {
	is "$(kinds TYPE 20000000 20004000 20008000 2000c000 20010000 20014000 20018000 2001c000 | sort | uniq -c | xargs)" \
		"8 file"
	is "$(kinds TYPE 20020000)" shm
}

@test "bug: a page that is not shown was empty to a question, and unreadable to a dump" {
	local range
	fixture zoo
	range=$(pm --list --csv -n -o START,MAPPING "$PID" | sed -n 's/^\(.*\),\[vvar\]$/\1/p')
	is "$(pm "--pages=$range..+1p" --csv -n -o STATE,WORD "$PID")" unreadable,
	is "$(pm --json -e "$range" "$PID" | grep -c '"pagemap"')" 0
	pm -e "$range" "$PID" | grep -qE 'state +unreadable'
	pm --summary="$range..+1p" --csv -n "$PID" | grep -q '^states,unreadable,'
}
