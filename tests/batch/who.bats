#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# --who and -e who, where there is nobody else: a folder has one process. The others are in tests/live/who.bats
# and tests/unit/test_share.c.
# shellcheck disable=SC2154

load helper

@test "who: a page, a region, a range, the whole process; and what there is to know without anybody else" {
	fixture java
	pm_golden who-alone -e 'who heap+0x10' -e 'who 55d1c0a00000..+8p' -e 'who heap' "$PID"
	pm --json -e 'who heap+0x10' -e who "$PID" >"$BATS_TEST_TMPDIR/json"
	is "$(json "$BATS_TEST_TMPDIR/json" answers answers.0.mapped answers.0.places.0.pid answers.0.places.0.address \
		answers.0.places.0.offset answers.1.shared_with | xargs)" "2 1 $PID 0x55d1c0a00000 null 0"
}

@test "--who: no rows, but the sums in JSON, and a word on standard error that mappings are missing" {
	fixture java
	run -0 --separate-stderr pm --who=heap "$PID"
	is "$output" ""
	[[ $stderr == 'pmtop: no process was found that shares it; '*'0 of 114 mappings found'* ]]
	run -0 --separate-stderr pm --who=heap+0x10 -n --raw "$PID"
	is "$output$stderr" ""
	pm --who=heap --json "$PID" >"$BATS_TEST_TMPDIR/json" 2>/dev/null
	is "$(json "$BATS_TEST_TMPDIR/json" shared_with freed mapped found | xargs)" "0 21102592 114 0"
	is "$(pm --who --csv -o PID,ANON "$PID" 2>/dev/null)" PID,ANON
}

@test "who: what is refused, with its reason" {
	fixture java
	refused 1 'nothing is mapped there' -e 'who 1000' "$PID"
	refused 1 'nothing is mapped there' -e 'who 1000..2000' "$PID"
	refused 1 'nothing is mapped there' --who=1000..2000 "$PID"
	refused 1 'neither in RAM nor in swap' -e 'who c0000000+0x70000000' "$PID" ||
		refused 1 'neither in RAM nor in swap' -e 'who 7f1a34021000' "$PID"
	refused 2 'no mapping "hepa".*column 5.*did you mean heap' -e 'who hepa' "$PID"
	refused 2 'column 9.*nothing more' -e 'who heap yes' "$PID" || refused 2 'column' -e 'who heap yes' "$PID"
	refused 2 'end is not above' -e 'who 0x2000..0x1000' "$PID"
	refused 2 'no column "WRITTEN".*PID' --who -o WRITTEN "$PID"
	refused 2 'sort' --who --sort PID "$PID"
	refused 2 '' --who --list "$PID"
}

@test "who: where frames are hidden it says so, and compares files instead" {
	fixture hidden
	run -0 pm -e who "$PID"
	[[ $output == *'method         by file, offset and name'*'CAP_SYS_ADMIN'* ]]
	[[ $output == *'anon           hidden (needs CAP_SYS_ADMIN)'* ]]
	refused 1 'page frames are hidden.*CAP_SYS_ADMIN|shares no' -e unshared "$PID" ||
		[[ $(pm -e unshared "$PID") == *'shares no anonymous memory'* ]]
}
