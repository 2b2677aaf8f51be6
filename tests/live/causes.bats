#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Who wrote: every fault has its function, its thread and its callers; what is not known has none.

# Commands handed to `same` are for it to expand; bats reads its variables.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154
load live

: "${FAULTER:=$builddir/tests/live/faulter}"

teardown() { live_end; }

# faulter MODE: says what it counted
faulter() {
	local out status=0
	out=$("$FAULTER" "$1" 2>&1) || status=$?
	echo "# $out" >&3
	((status != 2)) || skip "$out"
	return "$status"
}

@test "every fault is seen, or counted as lost if the ring is too small" {
	faulter lost
}

@test "threads that start while they are watched: no fault is missed, none counts twice" {
	faulter churn
}

@test "500 threads are watched, and those that descriptors do not suffice for are counted" {
	faulter threads
}

@test "the death of the process does not hold up the watch of its faults" {
	faulter death
}
