#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# --who, -e who and -e unshared, in folders of one process and of several. On the kernel: tests/live/who.bats.
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

@test "--who: forks, a stranger that maps the library, mappings that nobody can find; as table, CSV and JSON" {
	fixture forks
	run -0 --separate-stderr pm --who "$PID"
	[[ $stderr == *'134 of 150 mappings found: others may be'* ]]
	echo "$output" >"$BATS_TEST_TMPDIR/table"
	golden_check "$fixture_top/tests/batch/golden/who-forks.txt" "$BATS_TEST_TMPDIR/table"
	pm_golden who-forks-csv --who=heap --csv "$PID"
	pm_golden who-forks-json --who=heap --json "$PID"
	# from a child, and from one that is no relative
	is "$(pm --who=heap -n -o PID,RELATION,ANON,BOTH,PAIR 501 | xargs)" "500 parent 96.0K 32.0K 48.0K 502 sibling 64.0K 0 16.0K"
	is "$(pm --who=ring -n -o PID,RELATION,SHM,PAIR 600 | xargs)" "500 sibling 32.0K 0 501 32.0K 0"
}

@test "who: the sharers of one page: by fork, of a file at another offset and address, merged, in swap" {
	fixture forks
	pm_golden who-forks-pages -e 'who heap' -e 'who heap+0x11000' -e 'who ring+0x9000' -e 'who heap+0x32000' \
		-e 'who heap+0x30000' -e 'who libc.so.6+0' "$PID"
}

@test "unshared: what forks share and no longer do" {
	fixture forks
	pm_golden unshared-forks -e unshared "$PID"
	[[ $(pm -e unshared 501) == "parent 500: 108K shared, 16.0K unshared"* ]]
	[[ $(pm -e unshared 600) == "shares no anonymous memory with its parent or a child"* ]]
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
