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

# readme PID: the README's block for scripts, the recording first, without what opens the screen; what is a
# placeholder there is of this machine here, and what takes long is short.
readme() {
	awk '/^## For scripts/ { on = 1 } /^Recordings of many/ { exit } on && /^(pmtop|sqlite3) /' "$srcdir/README.md" |
		sed -E -e 's/ +#.*//' -e 's/ *\| flamegraph.pl//' -e '/^pmtop day.pmtop$/d' \
			-e 's/(--(watch|grow|touched))=[0-9]+/\1=1/; s/ for (5|10)s/ for 1s/' \
			-e "/--watch/s/pmtop /pmtop ${INJECT[*]} /" \
			-e '/--pages|-e/!s/(--(watch|touched|grow)=1)/\1 --count 1/' \
			-e 's/--interval 10 --max-size 1G/--interval 0.3 --max-size 1G --for 2s/' \
			-e 's/--interval 15 nginx/--interval 1 --count 1 PID/; s/DIR/./; s/counter/heap/' \
			-e 's/--at 12:30:05/--at +1s/; s/day.pmtop@12:30/day.pmtop@end/' \
			-e 's/\bFILE$/day.pmtop/; s/PARENT CHILD/PID PID/' -e "s/\\bPID\\b/$1/g" |
		awk '/--record/ { print; next } { line[n++] = $0 } END { for (i = 0; i < n; i++) print line[i] }'
}

@test "the commands of the README answer" {
	local line n=0 status
	[[ ! ${TEST_NESTED-} ]] || skip "a guest is too slow for it"
	need_root
	need_watch
	type sqlite3 >/dev/null 2>&1 || skip "no sqlite3"
	export SUBJECT_UNWATCHED=1
	subject_start
	cd "$BATS_TEST_TMPDIR"
	while IFS= read -r line; do
		echo "$line"
		status=0
		timeout 60 bash -c "pmtop() { \"\$PMTOP\" \"\$@\"; }; $line" >out 2>err </dev/null || status=$?
		head -n 3 out err
		# what this kernel lacks is said
		if [[ $status -ne 0 ]]; then
			[[ $line == *accesses* || $line == *watchpoint* ]] && grep '; ' err
		else
			[[ -s out || $line == *--metrics=* || $line == *--record* || $line == *--export* || $line == *--folded* ]]
		fi
		n=$((n + 1))
	done < <(readme "$SUBJECT_PID")
	[[ -s web.prom && -s day.pftrace ]]
	is "$n" "$(grep -cE '^(pmtop|sqlite3) ' <(sed -n '/^## For scripts/,/^Recordings of many/p' "$srcdir/README.md" | grep -v '^pmtop day.pmtop '))"
}
