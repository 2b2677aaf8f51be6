#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# hex: the bytes of pages in RAM, and why there are none of the others.
# shellcheck disable=SC2154

load helper

@test "256 bytes from an address, a range to the byte, and what is not in RAM in a line each" {
	fixture zoo
	pm_golden hex-zoo -e 'hex heap' -e 'hex heap+0xffb..heap+0x1009' -e 'hex heap+0x2000..+0x20' \
		-e 'hex heap+0x1bff0..heap+0x1c010' -e 'hex heap+0x27ff8..+0x9000' -e 'hex stack..+0x10' "$PID"
}

@test "what no read may touch is not read, and says why" {
	fixture zoo
	pm_golden hex-never -e 'hex 10090000' -e 'hex vvar' -e 'hex vsyscall' -e 'hex 30080000' -e 'hex 10' \
		-e 'hex 100b2000..+1' \
		-e 'hex 100b3000..+1' -e 'hex 100b4000..+1' -e 'hex 100a0000' -e 'hex 10087ff8..10090008' "$PID"
}

@test "as JSON: a string of hex digits, or null and the reasons" {
	local t=$BATS_TEST_TMPDIR
	fixture zoo
	pm --json -e 'hex heap+0x1000..+9' -e 'hex 1001ffe..1002004' -e 'hex 1017ffe..1018002' -e 'hex 10 ' "$PID" >"$t/json"
	is "$(json "$t/json" answers answers.0.bytes answers.0.bytes_read answers.0.pieces \
		answers.0.pieces.0.why answers.1.bytes answers.2.start answers.3.bytes answers.3.mapping \
		answers.3.pieces.0.why | xargs)" \
		"4 0001027fff20656e64 9 1 null 000034601200 0x1017ffe null null not mapped"
	pm --json -e 'hex 10091ffe..10092002' "$PID" >"$t/json"
	is "$(json "$t/json" answers.0.bytes answers.0.bytes_read answers.0.pieces.0.why \
		answers.0.pieces.0.bytes answers.0.pieces.1.start answers.0.pieces.1.bytes | xargs)" \
		"null 2 guard page: cannot be read null 0x10092000 0000"
}

@test "the lines are what od finds in the file" {
	fixture zoo
	is "$(pm -e 'hex heap..+0x30' "$PID" | sed -n 's/^  0000010000[0-9a-f]*  \(.\{48\}\).*/\1/p' | xargs)" \
		"$(od -An -v -tx1 -j $((0x1000000)) -N 48 "$ROOT/$PID/mem" | xargs)"
}

@test "bytes do not reach the terminal as they are" {
	fixture_own zoo
	printf '\033]0;evil\007\302\233\177\n' | dd of="$ROOT/$PID/mem" bs=1 seek=$((0x1000000)) conv=notrunc status=none
	pm -e 'hex heap' "$PID" >"$BATS_TEST_TMPDIR/out"
	printable "$BATS_TEST_TMPDIR/out"
	grep -F '1b 5d 30 3b 65 76 69 6c  07 c2 9b 7f 0a' "$BATS_TEST_TMPDIR/out" | grep -F ' .]0;evil.....'
}

@test "memory that may not be read is an error, and no other answer is" {
	fixture_own zoo
	rm "$ROOT/$PID/mem"
	refused 1 'cannot read the memory of process 4242: No such file' -e 'hex heap' "$PID"
	pm -e 'hex heap+0x1c000' "$PID" | grep 'not in RAM'
	pm -e heap "$PID" >/dev/null
	pm --pages=heap "$PID" >/dev/null
}

@test "a wrong hex is a wrong command line" {
	fixture zoo
	refused 2 'column 5' -e 'hex ' "$PID"
	refused 2 'column 4' -e 'hex' "$PID"
	refused 2 'no mapping "hepa".*column 5.*did you mean heap' -e 'hex hepa' "$PID"
	refused 2 'end is not above' -e 'hex heap..heap' "$PID"
	refused 2 'at most 64 KiB' -e 'hex heap..+0x10001' "$PID"
	refused 2 'not a range' --pages='hex heap' "$PID"
}
