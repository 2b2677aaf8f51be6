#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Growth: which pages came and went since a baseline, against the kernel's own words; and who
# brought them in.

# shellcheck disable=SC2016,SC2034,SC2154
# bats file_tags=waits
load live
: "${LEAKER:=$builddir/tests/live/leaker}"
# the digits of what it leaks within a test: some hundred pages of 4 KiB, some ten of 64 KiB
many=$(($(getconf PAGESIZE) > 4096 ? 2 : 3))

teardown() { live_end; }

# grow_start ARG...: pmtop --grow with an interval that watch_end ends; its baseline is set
grow_start() {
	watch_start --grow=600 --count 1 "$@"
	until_true grep -q -i gained "$BATS_TEST_TMPDIR/out"
}

# Pages that are there, by the kernel's words: in RAM, but not the zero page, or in swap.
there() {
	reader "$SUBJECT_PID" | awk -F, 'NR > 1 && ($3 == 1 ? $2 !~ /zero/ : $2 == "swapped") { print $1 }' | sort
}

# count_of FILE RANGE: pages of a list in START..END
count_of() {
	perl -ne 'BEGIN { ($from, $to) = map { hex } split /\.\./, shift } $n += hex($_) >= $from && hex($_) < $to;
		END { print $n + 0, "\n" }' "$2" "$1"
}

# gained_and_lost RANGE: bytes by pmtop, as pages
gained_and_lost() {
	awk -v start="0x${1%..*}" -v page="$PAGE" '$3 == start { print $1 / page, $2 / page }' "$BATS_TEST_TMPDIR/out"
}

can_see_faults() { [[ $(once faults yes_or_no _can_see_faults) == yes ]]; }
_can_see_faults() { "$PMTOP" --grow=0.01 --count 1 --by function $$ 2>&1 >/dev/null | { ! grep -q 'not known who'; }; }

@test "pages gained and lost are those that an independent reader finds" {
	subject_start
	subject write sparse 5
	there >"$BATS_TEST_TMPDIR/before"
	grow_start --raw -b -o gained,lost,start,mapped "$SUBJECT_PID"
	subject write sparse 10 11 12 41
	subject madvise anon dontneed 5 6 7 8 9
	subject write anon 6
	subject write zero 4 5
	subject read sparse 20 21
	subject write private 3
	subject_try madvise swap pageout 1 2 3 || :
	subject write thp 3
	subject unmap memfd
	watch_end
	there >"$BATS_TEST_TMPDIR/after"
	comm -13 "$BATS_TEST_TMPDIR"/{before,after} >"$BATS_TEST_TMPDIR/gained"
	comm -23 "$BATS_TEST_TMPDIR"/{before,after} >"$BATS_TEST_TMPDIR/lost"
	local name wrong=
	for name in "${!RANGE[@]}"; do
		local want got
		want="$(count_of "$BATS_TEST_TMPDIR/gained" "${RANGE[$name]}") $(count_of "$BATS_TEST_TMPDIR/lost" "${RANGE[$name]}")"
		got=$(gained_and_lost "${RANGE[$name]}")
		[[ ${got:-0 0} == "$want" ]] || wrong+=" $name: ${got:-0 0} instead of $want;"
	done
	is "$wrong" ""
	is "$(gained_and_lost "${RANGE[sparse]}")" "4 0"
	is "$(gained_and_lost "${RANGE[anon]}")" "0 4"
	# what is no longer mapped was lost, and is said to be gone
	grep -Eq "^0 $((8 * PAGE)) 0x${AT[memfd]} 0$" "$BATS_TEST_TMPDIR/out"
	# all together
	is "$(sed -n 2p "$BATS_TEST_TMPDIR/out" | cut -d ' ' -f 1,2)" \
		"$(($(wc -l <"$BATS_TEST_TMPDIR/gained") * PAGE)) $(($(wc -l <"$BATS_TEST_TMPDIR/lost") * PAGE))"
}

@test "each gained page is attributed to the last that touched it, and none without a fault" {
	can_see_faults || skip "page faults cannot be watched here"
	subject_start
	grow_start --by function --csv -b "$SUBJECT_PID"
	subject write sparse 10 11 12 41
	subject madvise anon dontneed 5 6 7
	subject write anon 6
	watch_end
	local total known none
	total=$(awk -F, '$NF == "total" { print $3 }' "$BATS_TEST_TMPDIR/out")
	known=$(awk -F, 'NR > 1 && $NF != "total" && $NF != "no fault seen" { n += $3 + $5 } END { print n + 0 }' "$BATS_TEST_TMPDIR/out")
	none=$(awk -F, '$NF == "no fault seen" { print $3 }' "$BATS_TEST_TMPDIR/out")
	is "$((known + ${none:-0}))" "$total"
	((known >= 4 * PAGE)) || { watch_show; return 1; }
}

# bats test_tags=not-in-guests
@test "a leak of 1 MB a second among 50 MB of churn is the first row" {
	can_see_faults || skip "page faults cannot be watched here"
	program_start "$LEAKER"
	run -0 pm --grow=10 --count 1 --by function --raw -o gained,code "${PROGRAMS[0]}"
	is "$(sed -n 3p <<<"$output" | cut -d ' ' -f 2)" open_session
	run -0 pm --grow=5 --count 1 --by thread --raw -o gained,code "${PROGRAMS[0]}"
	is "$(sed -n 3p <<<"$output" | cut -d ' ' -f 2)" sessions
	run -0 pm --grow=5 --count 1 --folded "${PROGRAMS[0]}"
	grep -Eq '^sessions;.*open_session [0-9]+$' <<<"$output"
}

# bats test_tags=not-in-guests
@test "the leak on the screen: b, B, Enter lights the pages that the function brought in, 0 all new ones" {
	can_see_faults || skip "page faults cannot be watched here"
	program_start "$LEAKER"
	SCREEN_OPTIONS=(--interval 0.25)
	screen_start 120x40 "${PROGRAMS[0]}"
	screen_keys b
	screen_wait_text ' GROWN '
	screen_keys B
	screen_text | head -n 1 | grep 'grown by function'
	screen_wait_text '^› +[0-9]+ +[0-9]{'"$many"',} +[0-9.]+ +open_session +leaker'
	screen_keys Enter
	screen_text | head -n 1 | grep ', by open_session'
	screen_keys 0
	screen_text | grep '^0 growth .*+ gained'
	screen_wait_text '; growth: gained'
	screen_keys Escape
	screen_wait_text '^› .* open_session +leaker'
	screen_keys u
	screen_text | head -n 1 | grep 'callers of open_session'
	screen_wait_text 'sessions: open_session\+0x[0-9a-f]+ < '
	screen_keys Q
	screen_end
}

# question N: the N-th that pmtop-recording(5) asks of a recording whose text matches
question() {
	"$PMTOP" --print man-recording | sed 's/\\-/-/g' |
		perl -0777 -ne 'for (/^sqlite3 .*?FILE \x27(.*?)\x27$/gms) { print if /$ENV{ABOUT}/ }'
}

# bats test_tags=not-in-guests
@test "the leak in a recording: by the manual's question, with page faults and without" {
	command -v sqlite3 >/dev/null || skip "sqlite3 is not installed"
	program_start "$LEAKER"
	"$PMTOP" --record "$BATS_TEST_TMPDIR/quiet" --interval 0.5 --for 5 "${PROGRAMS[0]}" 2>/dev/null
	[[ $(sqlite3 "$BATS_TEST_TMPDIR/quiet" "$(ABOUT='FROM grown' question)" | head -n 1) =~ ^[0-9a-f]+\|\|[0-9]{$many,}$ ]]
	can_see_faults || skip "page faults cannot be watched here"
	"$PMTOP" --record "$BATS_TEST_TMPDIR/watched" --interval 0.5 --for 8 --grow "${PROGRAMS[0]}" 2>/dev/null
	[[ $(sqlite3 "$BATS_TEST_TMPDIR/watched" "$(ABOUT=leaked question)") =~ ^open_session\|[0-9]{$many,}$ ]]
}

# The recorder's own counts, and those of the page tables, are what replay must say.
# bats test_tags=not-in-guests
@test "the growth of a recording: since its first sample, by region and by the code that brought it in" {
	local file=$BATS_TEST_TMPDIR/recording said
	program_start "$LEAKER"
	"$PMTOP" --record "$file" --interval 0.5 --for 4 "${PROGRAMS[0]}" 2>/dev/null
	run -0 --separate-stderr "$PMTOP" --grow --by function --raw -o gained,code "$file"
	is "$(sed -n 3p <<<"$output" | cut -d ' ' -f 2-)" 'not\x20recorded'
	grep -q 'not known who.*page faults were not recorded; record with --grow' <<<"$stderr"
	said=$("$PMTOP" --grow -b --csv -n -o gained "$file" | head -n 1)
	is "$said" "$("$PMTOP" --diff "$file@start" "$file" -b --csv -n -o gained 2>/dev/null | head -n 1)"
	can_see_faults || skip "page faults cannot be watched here"
	"$PMTOP" --record "$file" --overwrite --interval 0.5 --for 6 --grow "${PROGRAMS[0]}" 2>/dev/null
	run -0 "$PMTOP" --grow --by function -b --csv -n -o gained,code "$file"
	[[ ${lines[1]} =~ ^[0-9]{7,},open_session$ ]]
	"$PMTOP" --grow --folded "$file" | grep -Eq ';open_session [0-9]+$'
	"$PMTOP" --grow -e 'growth by function' "$file" | grep -Eq '^ +[0-9.]+M +0 +leaker +open_session$'
	is "$("$PMTOP" --grow --by function -b --csv -n -o gained,code --at start "$file")" 0,total
	command -v sqlite3 >/dev/null || skip "sqlite3 is not installed"
	is "${lines[1]%,*}" "$(sqlite3 "$file" "SELECT pages * $PAGE FROM growers WHERE function = 'open_session' ORDER BY sample DESC LIMIT 1")"
}

# bats test_tags=not-in-guests
@test "the growth of a recording on the screen: b at its first sample, then B at any other" {
	local file=$BATS_TEST_TMPDIR/recording
	can_see_faults || skip "page faults cannot be watched here"
	program_start "$LEAKER"
	"$PMTOP" --record "$file" --interval 0.5 --for 4 --grow "${PROGRAMS[0]}" 2>/dev/null
	screen_start 120x30 "$file"
	screen_keys B
	screen_text | grep '^ writes were not recorded by then'
	screen_keys Escape
	screen_type ':at start'
	screen_keys Enter b
	screen_type ':at end'
	screen_keys Enter B
	screen_wait_text '^› +[0-9]+ +[0-9]{'"$many"',} +[0-9.]+ +open_session +leaker'
	screen_type ':at start'
	screen_keys Enter ']' b
	screen_type ':at end'
	screen_keys Enter
	screen_wait_text 'by code not known, it was recorded since the first sample only'
	screen_keys Q
	screen_end
}
