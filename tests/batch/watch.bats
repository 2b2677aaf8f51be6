#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# --watch on the command line, and on a folder that looks like a process.

load helper

@test "--watch refuses what it cannot do" {
	fixture zoo
	refused 2 'give seconds from 0.01 to 3600' --watch=0 "$PID"
	refused 2 'give seconds from 0.01 to 3600' --watch=1e9 "$PID"
	refused 2 'give seconds from 0.01 to 3600' --watch=soon "$PID"
	refused 2 'add --watch' --count 3 "$PID"
	refused 2 'runs a single interval; leave --count out' --watch=1 --list --count 3 "$PID"
	refused 2 'give a number' --watch --count 0 "$PID"
	refused 2 'refuses anything that changes the target' --watch --read-only "$PID"
	refused 2 'have no such column|no such column' --watch -o RSS "$PID"
	refused 2 'comes first' --watch --sort PAGES "$PID"
	refused 2 '--by with another answer: .*`writers by thread`' --watch=1 --by thread -e writers "$PID"
	refused 2 '--folded with another answer' --watch=1 --folded --list "$PID"
	fixture_own zoo
	rm "$ROOT/$PID/clear_refs"
	refused 1 'no clear_refs' --watch "$PID"
}

@test "--watch clears, waits, and reports what each region has marked as written" {
	fixture_own zoo
	pm --watch=0.01 --count 2 --csv -n -o INTERVAL,PAGES,BYTES,START,MAPPING "$PID" >"$BATS_TEST_TMPDIR/out"
	cat "$BATS_TEST_TMPDIR/out"
	is "$(cat "$ROOT/$PID/clear_refs")" 4
	# nobody clears the bits of a folder: all are reported, the same each time
	is "$(grep -c total "$BATS_TEST_TMPDIR/out")" 2
	is "$(sed -n 's/^1,//p' "$BATS_TEST_TMPDIR/out")" "$(sed -n 's/^2,//p' "$BATS_TEST_TMPDIR/out")"
	is "$(awk -F , '/^1,/ && $5 != "total" { n += $2 } /^1,.*total/ { t = $2 } END { print n - t }' "$BATS_TEST_TMPDIR/out")" 0
	grep -qx '1,8,32.0K,0x1000000,\[heap\]' "$BATS_TEST_TMPDIR/out"
	# a mapping newer than the clear: not known, not 0
	grep -qx '1,,,0x100e0000,\[anon: new mapping\]' "$BATS_TEST_TMPDIR/out"
	pm --watch=0.01 --count 1 --json "$PID" >"$BATS_TEST_TMPDIR/out"
	is "$(json "$BATS_TEST_TMPDIR/out" watch.0.interval watch.0.start watch.0.mapping | xargs)" "1 null total"
}

@test "--watch: a hangup, too, ends with the current interval and a complete document" {
	fixture_own zoo
	local sig pid out=$BATS_TEST_TMPDIR/out
	for sig in HUP INT TERM; do
		rm -f "$ROOT/$PID/clear_refs" "$out"
		mkfifo "$out"
		: >"$ROOT/$PID/clear_refs"
		"$PMTOP" --proc-root "$ROOT" --watch=3600 --json "$PID" >"$out" 3>&- &
		pid=$!
		exec {READ}<"$out"
		until [[ -s $ROOT/$PID/clear_refs ]]; do kill -0 "$pid"; done
		kill -"$sig" "$pid"
		cat <&"$READ" >"$BATS_TEST_TMPDIR/reported"
		exec {READ}<&-
		wait "$pid"
		is "$(json "$BATS_TEST_TMPDIR/reported" watch.0.interval watch.0.mapping | xargs)" "1 total"
	done
}

@test "--tracker: what it knows, and what it cannot do" {
	fixture zoo
	refused 2 'choose from auto, soft-dirty, uffd, hash, none' --watch --tracker magic "$PID"
	refused 1 'a directory does not change' --watch --tracker uffd --allow-inject "$PID"
	refused 1 'a directory does not change' --watch --tracker hash "$PID"
	refused 2 'only soft-dirty bits outlive pmtop' --tracker uffd --allow-inject -e clear "$PID"
	refused 2 'two kinds of answers' --watch --summary "$PID"
	refused 1 'nothing is mapped there' --watch --scope 1234 "$PID"
	pm -e tracker "$PID" >"$BATS_TEST_TMPDIR/out"
	grep -q 'detected by soft-dirty' "$BATS_TEST_TMPDIR/out"
}

@test "a clear that may harm a tracer or a collector is refused, and done with --force" {
	fixture_own zoo
	sed -i 's|libc\.so\.6|libgc.so.1|' "$ROOT/$PID/maps"
	for how in "--watch=0.01 --count 1" "-e clear" "--watch=0.01 --pages"; do
		# shellcheck disable=SC2086
		refused 1 'maps libgc.*--force' $how "$PID"
	done
	is "$(cat "$ROOT/$PID/clear_refs")" ""
	pm --force -e clear "$PID" >"$BATS_TEST_TMPDIR/out"
	is "$(cat "$ROOT/$PID/clear_refs")" 4
	sed -i 's|libgc\.so\.1|libc.so.6|' "$ROOT/$PID/maps"
	sed -i 's/^TracerPid:.*/TracerPid:\t777/' "$ROOT/$PID/status"
	refused 1 'process 777 traces it' -e clear "$PID"
	mkdir "$ROOT/777"
	echo criu >"$ROOT/777/comm"
	refused 1 'process 777 .criu. traces it.*incremental dump' -e clear "$PID"
}

@test "--watch before another answer: once, and then it" {
	fixture_own zoo
	pm --watch=0.01 --pages --filter written -o ADDRESS,WRITTEN --csv -n "$PID" >"$BATS_TEST_TMPDIR/one"
	is "$(cat "$ROOT/$PID/clear_refs")" 4
	grep -q ',1$' "$BATS_TEST_TMPDIR/one"
	run ! grep -v ',1$' "$BATS_TEST_TMPDIR/one"
	# the bits of a folder are cleared by nobody: they are what is found without a watch
	pm --pages --filter written -o ADDRESS,WRITTEN --csv -n "$PID" 2>/dev/null >"$BATS_TEST_TMPDIR/two"
	diff "$BATS_TEST_TMPDIR/two" "$BATS_TEST_TMPDIR/one"
	pm --watch=0.01 --list -o START,WRITTEN --csv -n "$PID" >"$BATS_TEST_TMPDIR/list"
	is "$(grep -c '0x1000000,[1-9]' "$BATS_TEST_TMPDIR/list")" 1
	pm --watch=0.01 -e heap "$PID" >"$BATS_TEST_TMPDIR/out"
}

@test "-e shows in which epochs a page was written, and where that is not known" {
	local out=$BATS_TEST_TMPDIR/out
	fixture_own softdirty
	target_cleared
	target_writes 10000000 3
	target_writes 30000000 0-7
	pm --watch=0.01 --json -e 10003000 -e 10004000 -e 30000000 -e clear -e 10003000 "$PID" >"$out"
	is "$(json "$out" answers.{0,1,2,4}.{epochs,written_in,written_recent} | xargs)" \
		"1 1 1 1 0 0 1 null null null null null"
	pm --watch=0.01 -e 30000000 "$PID" | grep -x '  written_in     unknown since remap: .*'
	# without a clear there are no epochs
	pm -e 10003000 "$PID" >"$out"
	run ! grep -E 'epochs|written_' "$out"
}

@test "migrate uses what --watch measured; less than a second is too little" {
	fixture_own softdirty
	target_writes 10000000 3 5 7
	pm --watch=1 -e 'migrate 1g' --json "$PID" >"$BATS_TEST_TMPDIR/out"
	is "$(json "$BATS_TEST_TMPDIR/out" answers.0.bytes_to_send answers.0.bytes_written answers.0.converges \
		answers.0.rounds answers.0.downtime_ms | xargs)" "557056 12288 1 0 4"
	# with no time to stand still for: everything once, then what was written meanwhile, for ever
	pm --watch=1 -e 'migrate 1g 0ms' "$PID" >"$BATS_TEST_TMPDIR/out"
	grep 'does not converge: while .* is sent' "$BATS_TEST_TMPDIR/out"
	pm --watch=1 --list -o START,WRITTEN,WR/S -b --csv -n "$PID" >"$BATS_TEST_TMPDIR/out"
	grep -E '^0x10000000,12288,(1[012]...|[89]...)$' "$BATS_TEST_TMPDIR/out"
	grep -x '0x20000000,0,0' "$BATS_TEST_TMPDIR/out"
	grep -x '0x30000000,,' "$BATS_TEST_TMPDIR/out"
	pm --watch=0.01 -e 'migrate 1g' "$PID" >"$BATS_TEST_TMPDIR/out"
	grep 'measured for less than a second' "$BATS_TEST_TMPDIR/out"
}
