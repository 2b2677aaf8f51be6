#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The commands of doc/, of the demo.

# shellcheck disable=SC2154
# bats file_tags=not-in-guests
load live

teardown() { live_end; }

# commands FILE: what its shell blocks say, without what opens the screen
commands() { awk '/^```sh$/ { on = 1; next } /^```/ { on = 0 } on && $0 != "pmtop --demo"' "$srcdir/doc/$1"; }

# answers FILE TARGET: each command ends with it, and answers of the demo in its place; N is how many they are
answers() {
	local line
	N=0
	need_root
	need_watch
	while IFS= read -r line; do
		echo "$line"
		[[ $line == "pmtop "*" $2" ]]
		line=${line#pmtop }
		run -0 --separate-stderr bash -c "timeout 60 \"\$PMTOP\" ${line% "$2"} --demo"
		[[ ${#lines[@]} -ge 2 ]]
		N=$((N + 1))
	done < <(commands "$1")
}

@test "the commands of the tour answer, and each question has a picture" {
	local picture
	[[ ! ${TEST_NESTED-} ]] || skip "a guest is too slow for it"
	answers tour.md PID
	is "$N" 15
	is "$(grep -c '^!\[' "$srcdir/doc/tour.md")" 15
	for picture in $(sed -n 's/^!\[.*(\.\.\/\(.*\))$/\1/p' "$srcdir/doc/tour.md"); do
		[[ -s $srcdir/$picture ]]
	done
}

@test "the commands of the lesson answer" {
	[[ ! ${TEST_NESTED-} ]] || skip "a guest is too slow for it"
	answers virtual-memory.md --demo
	is "$N" 13
}
