#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The documentation's pictures show the program as it is: made anew they are the same, byte for byte.

load screen

pictures=$BATS_TEST_DIRNAME/../../screenshots

@test "no picture of the documentation is stale" {
	local name stale=()
	mapfile -t names < <("$pictures/make" --names)
	((${#names[@]} > 5))
	PMTOP=$PMTOP "$pictures/make" --out "$BATS_TEST_TMPDIR" "${names[@]}"
	for name in "${names[@]}"; do
		cmp "$BATS_TEST_TMPDIR/$name.svg" "$pictures/$name.svg" || stale+=("$name")
	done
	[[ ${#stale[@]} == 0 ]] || { echo "make them anew: screenshots/make ${stale[*]}"; return 1; }
}

@test "every picture that the documentation names is there" {
	local file
	for file in $(grep -oE 'screenshots/[a-z-]+\.svg' "$BATS_TEST_DIRNAME/../../README"); do
		[[ -e $BATS_TEST_DIRNAME/../../$file ]] || { echo "there is no $file"; return 1; }
	done
}
