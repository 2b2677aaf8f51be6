#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The documentation's pictures show the program as it is: made anew they are the same, byte for byte.

# bats file_tags=not-in-san
load screen

pictures=$BATS_TEST_DIRNAME/../../screenshots

# fresh NAME...: made anew they are what is there
fresh() {
	local name stale=()
	PMTOP=$PMTOP "$pictures/make" --out "$BATS_TEST_TMPDIR/made" "$@"
	for name; do
		cmp "$BATS_TEST_TMPDIR/made/$name.svg" "$pictures/$name.svg" || stale+=("$name")
	done
	[[ ${#stale[@]} == 0 ]] || { echo "make them anew: screenshots/make ${stale[*]}"; return 1; }
}

# with -l those that move, with -L those that do not
names() {
	(cd "$pictures" && grep "$1" '^@keyframes' -- *.svg | sed 's/\.svg$//')
}

@test "no picture of the documentation is stale" {
	mapfile -t names < <(names -L)
	((${#names[@]} > 5))
	fresh "${names[@]}"
}

@test "no moving one is, either" {
	mapfile -t names < <(names -l)
	((${#names[@]} > 1))
	fresh "${names[@]}"
}

@test "every picture that the documentation names is there" {
	local file
	for file in $(grep -oE 'screenshots/[a-z-]+\.svg' "$BATS_TEST_DIRNAME/../../README"); do
		[[ -e $BATS_TEST_DIRNAME/../../$file ]] || { echo "there is no $file"; return 1; }
	done
}
