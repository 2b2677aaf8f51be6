#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Watchpoints: every store is counted, by the code and the thread that stored.
load live

teardown() { live_end; }

# pointed_start [PROGRAM]
pointed_start() {
	local line
	"$PMTOP" --capabilities $$ --csv -n | grep -q '^watchpoints,yes' ||
		skip "no watchpoints here: $("$PMTOP" --capabilities $$ --csv -n | sed -n 's/^watchpoints,//p')"
	pipes_start "$builddir/tests/live/${1:-pointed}"
	PID=$PIPED_PID
	read -r -t $((10 * ${TEST_TIMEOUT_SCALE:-1})) line <&"$PIPED_OUT"
	COUNTER=${line#ready }
}

# watched N: pmtop has N events or more of the kernel
watched() {
	# shellcheck disable=SC2012 # of links, their targets
	(($(ls -l "/proc/$POINTER/fd" 2>/dev/null | grep -c perf_event) >= $1))
}

# point_for TIME [OPTION...]: watches the counter from now on; what it says is in the file said
point_for() {
	"$PMTOP" "${@:2}" -e "watchpoint $COUNTER 8 for $1" "$PID" >"$BATS_TEST_TMPDIR/said" 2>&1 3>&- &
	POINTER=$!
	OTHERS+=("$POINTER")
	# a ring and the threads for each CPU
	until_true watched $(((1 + $(find "/proc/$PID/task" -mindepth 1 -maxdepth 1 | wc -l)) * $(getconf _NPROCESSORS_ONLN)))
}

# arm64's Linux reports no store by a system call
if [[ $(uname -m) == aarch64 ]]; then BY_READ=0; else BY_READ=100; fi
ALL=$((1500 + BY_READ))

# stores_of FUNCTION: in the table
stores_of() { grep -F " $1 " "$BATS_TEST_TMPDIR/said" | awk '{ n += $2 } END { print n + 0 }'; }

@test "a watchpoint counts every store, by function and thread" {
	need_root
	pointed_start
	point_for 2s --budget 0
	echo go >&"$PIPED_IN"
	read -r -t $((10 * ${TEST_TIMEOUT_SCALE:-1})) REPLY <&"$PIPED_OUT"
	is "$REPLY" "done"
	wait "$POINTER"
	cat "$BATS_TEST_TMPDIR/said"
	is "$(head -1 "$BATS_TEST_TMPDIR/said" | sed 's/ in .*//')" "$ALL stores to 8 bytes at $COUNTER"
	is "$(sed -nE 's/^  [0-9a-f]+ +([0-9]+) .* (pointed|resetter) +[0-9]+ .*/\2 \1/p' \
		"$BATS_TEST_TMPDIR/said" | awk '{ n[$1] += $2 } END { for (t in n) print t, n[t] }' | sort)" $'pointed 1000\nresetter '$((500 + BY_READ))
	if "$PMTOP" --capabilities $$ --csv -n | grep -q '^symbols,yes' && command -v nm >/dev/null; then
		is "$(stores_of bump) $(stores_of reset)" "1000 500"
	fi
	# a store by the kernel has the name of its system call, as writes have
	is "$(stores_of 'read (system call)')" "$BY_READ"
	((BY_READ)) || grep 'stores by system calls are not seen' "$BATS_TEST_TMPDIR/said"
}

@test "a target that ends: what was counted until then is said, and that it ended; JSON has thread IDs" {
	need_root
	pointed_start
	point_for 60s --budget 0 --json
	echo go >&"$PIPED_IN"
	read -r -t $((10 * ${TEST_TIMEOUT_SCALE:-1})) REPLY <&"$PIPED_OUT"
	kill "$PID"
	wait "$POINTER"
	cat "$BATS_TEST_TMPDIR/said"
	grep '"process": "ended"' "$BATS_TEST_TMPDIR/said"
	is "$(grep -o '"stores": [0-9]*' "$BATS_TEST_TMPDIR/said" | awk '{ n += $2 } END { print n }')" "$ALL"
	grep '"tid": '"$PID," "$BATS_TEST_TMPDIR/said"
}

# at LABEL: where it is, as a function and its offset: of NAME_at
at() {
	local name=${1%_at}
	printf '%s+%#x' "$name" $((0x$(address "$1") - 0x$(address "$name")))
}
address() { awk -v name="$1" '$3 == name { print $1 }' "$BATS_TEST_TMPDIR/names"; }

@test "x86 reports the instruction after the store: the one before is named, or it is said to be before" {
	need_root
	reads_instructions || skip "instructions are not read here"
	command -v nm >/dev/null || skip "there is no nm"
	pointed_start pokes
	nm "$builddir/tests/live/pokes" >"$BATS_TEST_TMPDIR/names"
	point_for 2s --budget 0
	echo go >&"$PIPED_IN"
	read -r -t $((10 * ${TEST_TIMEOUT_SCALE:-1})) REPLY <&"$PIPED_OUT"
	is "$REPLY" "done"
	wait "$POINTER"
	cat "$BATS_TEST_TMPDIR/said"
	# the repetitions of stos and movs are stores of their own
	is "$(awk '$2 ~ /^[0-9]+$/ && $4 == "pokes" {
		n = $2; f = $3; sub(/^ *[^ ]+ +[^ ]+ +[^ ]+ +[^ ]+ +[^ ]+ +/, ""); sub(/ +\[caller.*/, "")
		print n, f, $0 }' "$BATS_TEST_TMPDIR/said" | sort -k 2)" "$(sort -k 2 <<-END
			10 after_data before after_data+0x$(printf %x $((0x$(address after_data_stop) - 0x$(address after_data))))
			10 called call of called
			10 exchange $(at exchange_at)
			10 last $(at last_at)
			10 leaves $(at leaves_at)
			10 locked $(at locked_at)
			80 moves $(at moves_at)
			10 once $(at once_at)
			10 plain $(at plain_at)
			10 pushes $(at pushes_at)
			10 repeats $(at repeats_at)
			10 target $(at target_at)
			10 vector $(at vector_at)
		END
	)"
}

@test "a watchpoint rests when stores are too many, and says so" {
	need_root
	pointed_start
	point_for 2s
	echo on >&"$PIPED_IN"
	wait "$POINTER"
	cat "$BATS_TEST_TMPDIR/said"
	grep -q 'of watching, not counting' "$BATS_TEST_TMPDIR/said"
	grep -q '^  rested_ms  *[0-9]' "$BATS_TEST_TMPDIR/said"
}

@test "watchpoints that cannot be are refused in words" {
	need_root
	pointed_start
	run -2 "$PMTOP" -e "watchpoint $(printf %x $((0x$COUNTER + 4))) 8" "$PID"
	[[ $output == *"its address is no multiple of its length"* ]]
	run -2 "$PMTOP" -e "watchpoint $COUNTER 3" "$PID"
	[[ $output == *"1, 2, 4 or 8 bytes (column"* ]]
	run -2 "$PMTOP" -e "watchpoint 10000" "$PID"
	[[ $output == *'cannot read "10000": nothing is mapped there'* ]]
	run -1 "$PMTOP" -e "watchpoint $COUNTER for 1ms" -e "watchpoint $COUNTER+8 for 1ms" \
		-e "watchpoint $COUNTER+10 for 1ms" -e "watchpoint $COUNTER+18 for 1ms" \
		-e "watchpoint $COUNTER+20 for 1ms" "$PID"
	[[ $output == *"cannot set another watchpoint: four are set"* ]]
	is "$("$PMTOP" -e watchpoint "$PID" | head -1)" "no watchpoint is set"
	is "$("$PMTOP" -e "watchpoint $COUNTER for 1ms" -e 'watchpoint off' "$PID" | tail -1 | xargs)" "removed 1"
}
