#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# -e: questions and their answers.
# shellcheck disable=SC2154

load helper

# The examples of the table: what the manual shows is answered. Those that take a process, tests/live/symbols.bats,
# writers.bats and damon.bats ask one.
examples() {
	sed -n 's/^[QF]([^,]*, *"[^"]*", *"\([^"]*\)", *"\([^"]*\)".*/\1\t\2/p' "$fixture_top/src/query/query.def" |
		sed -E '/^[^\t]*(SYMBOL|\$|writers|by function|watchpoint PLACE|growth|when P|accesses|damon)/d; s/.*\t//'
}

# what a clear costs is the machine's
costs() {
	sed -E 's/in [0-9]+\.[0-9] ms/in ~ ms/; s/(cost_us +)[0-9]+/\1~/; s/("cost_us": )[0-9]+/\10/'
}

@test "every example of the table of questions is answered" {
	local example n=0
	fixture_own java
	: >"$BATS_TEST_TMPDIR/all"
	while read -r example; do
		{
			echo "> $example"
			pm -e "$example" "$PID" || echo "exit status $?"
			echo
		} >>"$BATS_TEST_TMPDIR/all" 2>&1
		n=$((n + 1))
	done < <(examples)
	[ $n -ge "$(grep '^[QF](' "$fixture_top/src/query/query.def" | grep -vcE 'SYMBOL|\$|writers|by function|watchpoint PLACE|growth|when P|accesses|damon')" ]
	# some sources are the machine's, and the build's
	costs <"$BATS_TEST_TMPDIR/all" |
		grep -vE '^  (PROCMAP_QUERY|userfaultfd|move_pages|pidfd|symbols|instructions) |sources are available' >"$BATS_TEST_TMPDIR/out"
	golden_check "$batch_dir/golden/query-examples.txt" "$BATS_TEST_TMPDIR/out"
	run ! grep 'pmtop:\|exit status' "$BATS_TEST_TMPDIR/all"
}

@test "several questions are answered in their order, and as one JSON document" {
	local t=$BATS_TEST_TMPDIR
	fixture zoo
	pm_golden query-several -e heap+0x10 -e 10070000 -e 10090000..+8p -e pfn:43ee28 -e 2 "$PID"
	pm --json -e heap+0x10 -e 10070000 -e 10090000..+8p -e pfn:43ee28 -e 2 "$PID" >"$t/json"
	is "$(json "$t/json" answers answers.0.address answers.0.pfn answers.1.state answers.2.guard \
		answers.3.mapped_at answers.4.region | xargs)" \
		"5 0x1000010 0x100006 swapped 4 10031000 [anon: settled] null"
}

@test "the answer to an address names every part of it" {
	fixture zoo
	pm_golden query-places -e 'libc.so.6+0x26010' -e '[vdso]' -e stack -e '"old keeper.so"' -e '"two  spaces and a tail "' \
		-e 20000000 -e 30080000 -e ffffffffff600000 -e 7fffffffffff "$PID"
	fixture hidden
	pm_golden query-hidden -e heap -e heap+0x10000 -e heap+0x20000 -e 20000000..+2m "$PID"
}

@test "an empty question is refused at its end, and so is a name without one" {
	fixture zoo
	refused 2 'column 1' -e '' "$PID"
	refused 2 'column 2' -e ' ' "$PID"
	refused 2 'ambiguous' -e '[anon: ' "$PID" || refused 2 'missing \]' -e '[anon: ' "$PID"
}

@test "addresses that no process can have, as x86-64 has them" {
	[[ $(uname -m) == x86_64 ]] || skip "this machine has others"
	fixture zoo
	is "$(pm -e 900000000000 -e 1000000000000000 -e ffff800000000000 "$PID" | grep 'not mapped:')" "$(printf '%s\n' \
		'0x900000000000 is not mapped: above the 128 TiB of a process (64 PiB with 5-level page tables)' \
		'0x1000000000000000 is not mapped: not a canonical address, which no process can have' \
		'0xffff800000000000 is not mapped: an address of the kernel')"
}

@test "verbs of the screen are refused, and a name that is one is quoted, or has an offset" {
	local verb
	fixture zoo
	for verb in $(sed -n 's/^S([A-Z]*, "\([a-z]*\)".*/\1/p' "$fixture_top/src/query/query.def"); do
		[[ $verb == help ]] || refused 2 "cannot run .$verb. here: it works only on the screen" -e "$verb" "$PID"
		refused 2 "no symbol.*\"$verb\"|no mapping \"$verb\"" -e "\"$verb\"" "$PID"
		refused 2 "no symbol.*\"$verb\"|no mapping \"$verb\"" -e "$verb+8" "$PID"
	done
}

@test "help: what the tables say of a word; one that none has, the nearest" {
	fixture zoo
	is "$(pm -e 'help mapcount' "$PID")" "$(printf '%s\n' '3 meanings of mapcount' \
		'  KIND       NAME     MEANING' \
		'  page field mapcount how often its frame is mapped, by anyone' \
		'  --pages    MAPCOUNT how often the frame is mapped, by anyone' \
		'  count by   mapcount how often its frame is mapped')"
	[[ $(pm -e 'help heat' "$PID") == *'option --heat[=RANGE] memory of a recording over time'* ]]
	[[ $(pm -e 'help COUNT' "$PID") == *'query count PAGES [in RANGE] [by KEY]'* ]]
	[[ $(pm --json -e 'help hwpoison' "$PID") == *'{"kind": "state", "name": "hwpoison"'* ]]
	[[ $(pm -e help "$PID") == *' queries'*'query quit'* ]]
	is "$(pm -e 'help not in RAM' "$PID")" "$(printf '%s\n' '1 meaning of not in RAM' \
		'  KIND  NAME       MEANING' \
		'  class not in RAM a colour of the lenses writes, sharing, LRU, folios, NUMA, physical, accesses')"
	refused 2 'did you mean mapcount' -e 'help mapcuont' "$PID"
	refused 2 'no help on' -e $'help \e[32m' "$PID"
}

@test "a wrong question spoils no JSON document, and as text not the answers before it" {
	fixture zoo
	refused 2 'no mapping' --json -e heap -e nonsense "$PID"
	run -1 --separate-stderr pm -e heap -e 'find thp & swap' -e stack "$PID"
	is "$output" "$(pm -e heap "$PID")"
	[[ $stderr == *'no page matches'* ]]
	run -2 --separate-stderr pm -e heap -e nonsense "$PID"
	is "$output" "$(pm -e heap "$PID")"
}

@test "a question with control characters is not echoed to the terminal" {
	local q
	fixture zoo
	for q in $'\e[32mred' $'heap\a' $'heap+\e[0m' $'pfn:\e]0;x\a'; do
		run pm -e "$q" "$PID"
		[ "$status" -eq 2 ]
		printf '%s' "$output" >"$BATS_TEST_TMPDIR/out"
		printable "$BATS_TEST_TMPDIR/out"
	done
}

@test "clear writes the kernel's word once, and only clear does" {
	fixture_own softdirty
	pm -e 10000000 -e 10000000..+4k "$PID" >/dev/null
	pm --list "$PID" >/dev/null
	pm --pages --output-all "$PID" >/dev/null
	pm --grid "$PID" >/dev/null
	pm --capabilities "$PID" >/dev/null
	is "$(cat "$ROOT/$PID/clear_refs")" ""
	is "$(pm -e clear "$PID" | costs)" "$(printf '%s\n' \
		'soft-dirty cleared in ~ ms: pages written from now on are marked' \
		'  epoch          1' '  cost_us        ~')"
	is "$(cat "$ROOT/$PID/clear_refs")" 4
}

@test "--read-only refuses to clear, and to sample accesses" {
	fixture_own softdirty
	refused 2 'read-only' --read-only -e accesses "$PID"
	refused 2 'read-only' --read-only -e clear "$PID"
	refused 2 'read-only' --read-only -e ' Clear ' "$PID"
	is "$(cat "$ROOT/$PID/clear_refs")" ""
	pm --read-only -e 10000000 "$PID" >/dev/null
	# where there is nothing to write to, that is the target's refusal
	rm "$ROOT/$PID/clear_refs"
	refused 1 'clear_refs' -e clear "$PID"
}

@test "bug: a frame is not called unmapped where frames are hidden" {
	fixture hidden
	run -0 pm -e pfn:1234 "$PID"
	[[ $output == *'mapped_at'*'hidden (needs CAP_SYS_ADMIN)'* && $output != *'not mapped by'* ]]
	run -0 pm --json -e pfn:1234 "$PID"
	[[ $output == *'"mapped_at": null'* ]]
}

@test "bug: a region without a name was [reserved] in the list and [anonymous] in the answers" {
	fixture java
	[[ $(pm --list --group file "$PID") == *'[reserved]'* ]]
	[[ $(pm -e 7f1a34021010 "$PID") == '7f1a34021010 [reserved] 7f1a34021000+10: '*'mapping        [reserved]'* ]]
	[[ $(pm -e vma:7f1a34021000 "$PID") == '7f1a34021000 [reserved] '* ]]
	[[ $(pm --grid=7f1a34021000..+2p "$PID") == *'[reserved] (1 cell'* ]]
	[[ $(pm -e '[reserved] 7f1a34021000+10' "$PID") == '7f1a34021010 '* ]]
	refused 2 'another name' -e '[anonymous] 7f1a34021000+10' "$PID"
}
