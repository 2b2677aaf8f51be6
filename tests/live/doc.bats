#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The commands of doc/, of the demo.

# shellcheck disable=SC2154
load live

teardown() { live_end; }

@test "the commands of the tour answer" {
	local line n=0
	[[ ! ${TEST_NESTED-} ]] || skip "a guest is too slow for it"
	need_root
	need_watch
	while IFS= read -r line; do
		[[ $line == "pmtop "*" PID" ]]
		line=${line#pmtop }
		echo "$line"
		run -0 --separate-stderr bash -c "timeout 60 \"\$PMTOP\" ${line% PID} --demo"
		[[ ${#lines[@]} -ge 2 ]]
		n=$((n + 1))
	done < <(awk '/^```sh$/ { on = 1; next } /^```/ { on = 0 } on' "$srcdir/doc/tour.md")
	is "$n" 15
	is "$(grep -c '^!\[' "$srcdir/doc/tour.md")" 15
	sed -n 's/^!\[.*(\.\.\/\(.*\))$/\1/p' "$srcdir/doc/tour.md" | while read -r line; do [[ -s $srcdir/$line ]]; done
}
