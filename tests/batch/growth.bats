#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# --grow on the command line, and on a folder that looks like a process, where nothing changes.

load helper

@test "--grow refuses what it cannot do" {
	fixture zoo
	refused 2 'give seconds from 0.01 to 3600' --grow=0 "$PID"
	refused 2 'they take different intervals' --list --watch --grow "$PID"
	refused 2 'runs a single interval; leave --count out' --grow=1 --list --count 3 "$PID"
	refused 2 'no such column' --grow -o RSS "$PID"
	refused 2 'no such column' --grow --by function -o START "$PID"
	refused 2 'comes first' --grow --sort GAINED "$PID"
	refused 2 'leave one out' --grow --by thread --no-attribution "$PID"
	refused 2 'two kinds of answers' --grow --pages "$PID"
}

@test "--grow compares with the baseline in each interval" {
	fixture zoo
	pm --grow=0.01 --count 3 --raw "$PID" >"$BATS_TEST_TMPDIR/out"
	is "$(cut -d ' ' -f 1,3- "$BATS_TEST_TMPDIR/out")" "INTERVAL GAINED NEW LOST GROWN START END MAPPED MAPPING
1 0 0 0 0    total
2 0 0 0 0    total
3 0 0 0 0    total"
	pm --grow=0.01 --count 1 --json "$PID" >"$BATS_TEST_TMPDIR/out"
	is "$(json "$BATS_TEST_TMPDIR/out" growth.0.gained growth.0.grown growth.0.start | xargs)" "0 0 null"
}

@test "--grow --by without page faults counts all the same, and says why there are no causes" {
	fixture zoo
	pm --grow=0.01 --count 1 --by function --raw -o gained,code "$PID" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err"
	is "$(cat "$BATS_TEST_TMPDIR/out")" "GAINED CODE
0 total"
	grep -q 'not known who brought memory in: cannot watch page faults: they can be watched only in a running process' \
		"$BATS_TEST_TMPDIR/err"
}

@test "--list has columns of growth, empty without a baseline" {
	fixture zoo
	is "$(pm --list --raw -n -o grown,gained,lost "$PID" | sort -u)" "  "
	[[ $(pm --grow=0.01 --list --raw -n -o grown,gained,lost "$PID" | sort -u) == *"0 0 0"* ]]
}
