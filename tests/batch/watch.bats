#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# --watch on the command line, and on a folder that looks like a process.

load helper

@test "--watch refuses what it cannot do" {
	fixture zoo
	refused 2 'give seconds from 0.01 to 3600' --watch=0 "$PID"
	refused 2 'give seconds from 0.01 to 3600' --watch=1e9 "$PID"
	refused 2 'give seconds from 0.01 to 3600' --watch=soon "$PID"
	refused 2 'give --watch' --count 3 "$PID"
	refused 2 'give a number' --watch --count 0 "$PID"
	refused 2 'refuses what changes the target' --watch --read-only "$PID"
	refused 2 'have no such column|no such column' --watch -o RSS "$PID"
	refused 2 'comes first' --watch --sort PAGES "$PID"
	fixture_own zoo
	rm "$ROOT/$PID/clear_refs"
	refused 1 'no clear_refs' --watch "$PID"
}

@test "--watch clears, waits, and tells of each region what is marked as written" {
	fixture_own zoo
	pm --watch=0.01 --count 2 --csv -n -o INTERVAL,PAGES,BYTES,START,MAPPING "$PID" >"$BATS_TEST_TMPDIR/out"
	cat "$BATS_TEST_TMPDIR/out"
	is "$(cat "$ROOT/$PID/clear_refs")" 4
	# nobody clears the bits of a folder: they are all told, the same each time
	is "$(grep -c total "$BATS_TEST_TMPDIR/out")" 2
	is "$(sed -n 's/^1,//p' "$BATS_TEST_TMPDIR/out")" "$(sed -n 's/^2,//p' "$BATS_TEST_TMPDIR/out")"
	is "$(awk -F , '/^1,/ && $5 != "total" { n += $2 } /^1,.*total/ { t = $2 } END { print n - t }' "$BATS_TEST_TMPDIR/out")" 0
	grep -qx '1,8,32.0K,0x1000000,\[heap\]' "$BATS_TEST_TMPDIR/out"
	# a mapping newer than the clear: not known, not 0
	grep -qx '1,,,0x100e0000,\[anon: new mapping\]' "$BATS_TEST_TMPDIR/out"
	pm --watch=0.01 --count 1 --json "$PID" >"$BATS_TEST_TMPDIR/out"
	is "$(json "$BATS_TEST_TMPDIR/out" watch.0.interval watch.0.start watch.0.mapping | xargs)" "1 null total"
}
