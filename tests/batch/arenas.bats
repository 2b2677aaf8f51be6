#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Heaps of malloc: by the page tables, and by what malloc says.
# shellcheck disable=SC2154

load helper

@test "arenas and arenas read: heaps, holes, tails and free chunks" {
	fixture malloc
	pm_golden arenas-malloc -e arenas -e 'arenas read' "$PID"
	pm_golden arenas-malloc-json --json -e arenas -e 'arenas read' "$PID"
	json "$batch_dir/golden/arenas-malloc-json.txt"
}

@test "arenas: what only looks like heaps is told apart by what it rests on" {
	fixture arenas
	[[ $(pm -e arenas "$PID") == *'0x55aa10000000 brk '*'0x7f2000000000 shape '*'0x7f200c000000 size '* ]]
	fixture names
	[[ $(pm -e arenas "$PID") != *2130000* ]] # it has the name, at an address that none begins at
	fixture scripts
	[[ $(pm -e arenas "$PID") == *'no libc.so.6 is mapped'* ]]
}

@test "arenas: huge pages, where malloc may have heaps, are said not to be searched" {
	fixture zoo
	[[ $(pm -e arenas "$PID") == *'; 2.0M of huge pages not searched'*'  hugetlb        2097152; '* ]]
	fixture malloc
	[[ $(pm -e arenas "$PID") != *huge* ]]
}

@test "arenas read: memory that cannot be read is an error, and what is not in RAM is not known" {
	fixture_own malloc
	rm "$ROOT/$PID/mem"
	refused 1 'memory' -e 'arenas read' "$PID"
	refused 2 'unexpected text' -e 'arenas written' "$PID"
	pm -e arenas "$PID"
}
