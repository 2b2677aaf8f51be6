#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# A recording on the screen: the views of a process, and travel in time.
# shellcheck disable=SC2154

load screen

# records a process that loses pages between the second and the third sample, in two sessions
setup() {
	fixture_own softdirty
	FILE=$BATS_TEST_TMPDIR/recording
	"$PMTOP" --proc-root "$ROOT" --record "$FILE" --for 0.01 "$PID" 2>/dev/null
	target_loses 0x20000000 0 1 2 3
	"$PMTOP" --proc-root "$ROOT" --record "$FILE" --for 0.01 --append "$PID" 2>/dev/null
	LIVE=$ROOT ROOT=
}

teardown() {
	[[ -z ${RECORDER-} ]] || kill "$RECORDER" 2>/dev/null || :
	screen_stop
}

# written in the header: which sample is on screen
at() { screen_wait_text "recorded ..:..:.., $1 of 4"; }

ask() { screen_keys : && screen_type "$1" && screen_keys Enter; }

@test "a recording opens at its end, and [ and ] go through its samples" {
	screen_start 100x24 "$FILE"
	at 4
	screen_text >"$BATS_TEST_TMPDIR/end"
	screen_keys '['
	at 3
	diff <(sed -n '2,19p' "$BATS_TEST_TMPDIR/end") <(screen_text | sed -n '2,19p')
	screen_keys '['
	at 2
	run ! diff <(sed -n '2,19p' "$BATS_TEST_TMPDIR/end") <(screen_text | sed -n '2,19p')
	screen_keys '[' '['
	at 1
	screen_text | grep -q 'this is the first sample'
	screen_keys ')'
	at 4
	diff <(sed -n '2,19p' "$BATS_TEST_TMPDIR/end") <(screen_text | sed -n '2,19p')
	screen_keys ']'
	screen_text | grep -q 'this is the last sample'
	screen_keys '('
	at 1
}

@test "bug: on 40 columns the state of a replay was cut at its left, and hid the process" {
	command -v sqlite3 >/dev/null || skip "sqlite3 is not installed"
	sqlite3 "$FILE" "UPDATE sample SET tracker = 'soft-dirty', clears = 12, epoch = 2, cleared = time, first_epoch = 1, first = time"
	screen_start 40x12 "$FILE"
	screen_keys p
	screen_wait_text "^ [^ ]+ $PID playi.*… +epoch 12"
	screen_keys Q
	screen_end
}

@test "bug: of samples a minute apart, rates below half a page a second were 0" {
	local at
	command -v sqlite3 >/dev/null || skip "sqlite3 is not installed"
	# 24 pages in 40 s are 2457.6 bytes a second; then 6 pages
	sqlite3 "$FILE" "
		UPDATE session SET clock = 1000000000000;
		UPDATE sample SET time = 1000000000000 + (id - 1) * 40000000000, written = CASE id WHEN 2 THEN 24 WHEN 4 THEN 6 END;
		UPDATE sample SET tracker = 'soft-dirty', clears = 2 - id % 2, epoch = 2 - id % 2, cleared = time, first_epoch = 1, first = time - (1 - id % 2) * 40000000000;
		INSERT INTO wrote SELECT s.id, r.id, s.written FROM sample s JOIN region r
			ON r.start = 0x10000000 AND s.id BETWEEN r.first AND ifnull(r.last, 4) WHERE s.written;
		INSERT INTO write_set SELECT id, written, 1, NULL FROM sample WHERE written;
		INSERT INTO write SELECT id, 0x10000000, 4096 * written FROM sample WHERE written;"
	for at in '+40s 2458' 'end 614'; do
		[ "$("$PMTOP" --list --at "${at% *}" -b -n --csv -o START,WR/S "$FILE" | grep ^0x10000000,)" = "0x10000000,${at#* }" ]
	done
	[ "$("$PMTOP" --heat -b --csv -o TO,WR/S "$FILE" | awk -F, '{ n[$1] += $2 } END { for (to in n) if (n[to]) print n[to] }' | sort | xargs)" = "2458 614" ]
	screen_start 120x40 --at +40s "$FILE"
	screen_wait_text ', 2 of 4' # with a date if it is midnight meanwhile
	screen_text | grep -q ' 2.4K/s .* 0.6 pages/s  *peak 0.6'
	screen_text | grep -qE '10000000 .* 96.0K +2.4K '
	screen_text | grep -q '^ written .*█.*max 2.4K/s'
	screen_keys ')'
	screen_text | grep -q ' 0.6K/s .* 0.15 pages/s  *peak 0.15'
	screen_keys W
	screen_text | grep -q '0.6K/s now  0.6K peak  0.6K mean  *0.15 pages/s now  0.15 peak'
	screen_keys w C-u
	screen_type "$BATS_TEST_TMPDIR/writes.csv"
	screen_keys Enter
	grep -x 'pages_per_second,0.15,' "$BATS_TEST_TMPDIR/writes.csv"
	grep -x 'pages_per_second_mean,0.15,' "$BATS_TEST_TMPDIR/writes.csv"
	screen_keys Q
}

@test "bug: a message about the place stayed at another one" {
	screen_start 100x24 "$FILE"
	screen_keys ']'
	screen_text | grep -q 'this is the last sample'
	screen_keys '['
	at 3
	run ! grep 'this is the last sample' <(screen_text)
	screen_keys q
	ROOT=$LIVE
	screen_start 100x24 "$PID"
	screen_keys r r ']'
	screen_text | grep -q 'this is the newest sample'
	screen_keys '['
	run ! grep 'this is the newest sample' <(screen_text)
	screen_keys Q
}

@test "bug: the screen of a recording ignored --at" {
	screen_start 100x24 --at +0 "$FILE"
	at 1
	screen_text | sed -n '2,19p' >"$BATS_TEST_TMPDIR/at"
	screen_keys ']' '['
	at 1
	diff "$BATS_TEST_TMPDIR/at" <(screen_text | sed -n '2,19p')
	screen_keys ']'
	at 2
	ask 'at end'
	at 4
	screen_keys q
}

@test "bug: the details of a region stayed as they were at another sample" {
	screen_start 100x40 "$FILE"
	at 4
	ask 'goto 20000000'
	screen_keys Escape i
	screen_wait_text 'a anon +60 '
	screen_keys '[' '['
	at 2
	screen_wait_text 'a anon +64 '
	screen_keys ')'
	at 4
	screen_wait_text 'a anon +60 '
}

# records again, in the background: a sample, and another one at the end
record_on() {
	"$PMTOP" --proc-root "$LIVE" --record "$FILE" --append --interval 3600 "$PID" 3>&- 2>/dev/null &
	RECORDER=$!
}

@test "a recording that is being made is followed at its end, grows elsewhere, and stops growing when its recorder is killed" {
	screen_start_waiting 100x24 --interval 0.1 "$FILE"
	at 4
	record_on
	screen_wait_text '● being recorded ..:..:.., 5 of 5'
	command -v sqlite3 >/dev/null && sqlite3 -cmd '.timeout 5000' "$FILE" 'BEGIN EXCLUSIVE' # nobody holds it meanwhile
	screen_send '['
	screen_wait_text '[^●] being recorded ..:..:.., 4 of 5'
	kill -INT "$RECORDER" && wait "$RECORDER"
	screen_wait_text 'recorded ..:..:.., 4 of 6'
	screen_send ')'
	screen_wait_text '[^g] recorded ..:..:.., 6 of 6'
	screen_send ']'
	screen_wait_text 'this is the last sample'
	record_on
	screen_wait_text '● being recorded ..:..:.., 7 of 7'
	screen_send ']'
	screen_wait_text 'this is the newest sample: the next ones will be shown'
	kill -9 "$RECORDER"
	wait "$RECORDER" 2>/dev/null || :
	screen_wait_text '[^g] recorded ..:..:.., 7 of 7'
	screen_send '['
	screen_wait_text '[^g] recorded ..:..:.., 6 of 7'
}

@test "bug: nothing said that the file on screen had been replaced" {
	screen_start_waiting 100x24 --interval 0.1 "$FILE"
	at 4
	"$PMTOP" --proc-root "$LIVE" --record "$FILE" --overwrite --for 0.01 "$PID" 2>/dev/null
	screen_wait_text 'was replaced: this is the old recording'
	screen_wait_text 'recorded ..:..:.., 4 of 4'
}

@test "what DAMON samples is not recorded, and so says the lens" {
	screen_start 100x24 "$FILE"
	ask 'lens accesses'
	screen_wait_text 'accesses: not recorded'
}

@test "the timeline is below the status line, and the views leave room for it" {
	screen_start 100x24 "$FILE"
	screen_text | sed -n '22p' | grep -qE '^ memory '
	screen_text | sed -n '23p' | grep -qE '^ written +\?\?\?\?'
	screen_keys Enter
	screen_text | sed -n '22p' | grep -qE '^ memory '
	screen_keys q q
}

@test ":at goes to a time, and says what a time is" {
	screen_start 100x24 "$FILE"
	ask 'at start'
	at 1
	ask 'at end'
	at 4
	ask 'at +0'
	at 1
	ask 'at noon'
	screen_text | grep -q 'it is not a time'
	screen_keys Escape
	ask 'at +99s'
	screen_text | grep -q 'the recording goes from'
	screen_keys Escape
	ask 'diff +99s'
	screen_text | grep -q 'the recording goes from'
	at 1
}

# the second session begins a second and more after the first
@test "p plays from the start once the end is reached, at the pace of the recording, and stops at the last sample" {
	screen_start 100x24 "$FILE"
	screen_keys p
	screen_wait_text 'playing ..:..:.., 1 of 4|playing ..:..:.., 2 of 4'
	screen_wait_text 'this is the last sample: it was played to its end'
	at 4
	ask 'play max'
	screen_wait_text 'this is the last sample'
	at 4
	screen_keys P
	screen_text | grep -q 'speed: 1x'
	screen_keys p p
	screen_text | head -n 1 | grep -q 'recorded'
	screen_keys '(' p '['
	screen_text | head -n 1 | grep -q 'recorded'
	ask 'play off'
	screen_keys q
}

@test "a click on the timeline, and a drag along it, goes to the sample there" {
	screen_start 100x24 "$FILE"
	screen_click 9 21
	at 1
	screen_click 11 22
	at 3
	_screen_send "drag" -l $'\e'"[<0;12;22M"$'\e'"[<32;10;22M"$'\e'"[<0;10;22m"
	at 1
	screen_click 80 21
	at 4
}

@test "when goes to the next sample in which something holds, . and , go on and back, Enter to the row" {
	screen_start 100x24 "$FILE"
	screen_keys .
	screen_text | grep -q 'no search over time yet'
	ask 'at start'
	ask 'when rss<530k'
	screen_text
	screen_text | grep -q 'rss<530k in 2 of 4 samples'
	at 3
	screen_keys .
	at 4
	screen_keys .
	screen_text | grep -q 'in no later sample; , searches back'
	screen_keys ,
	at 3
	ask 'when rss<530k in 20000000..+256k'
	at 4
	screen_keys '('
	ask 'when rss<530k'
	screen_keys Enter
	at 3
}

@test "what is asked of a recording is answered as of the sample on screen" {
	local end start
	screen_start 100x24 "$FILE"
	ask 'sum rss'
	end=$(screen_text | grep -oE 'rss.*' | head -n 1)
	screen_keys Escape
	ask 'at start'
	ask 'sum rss'
	start=$(screen_text | grep -oE 'rss.*' | head -n 1)
	[ "$end" != "$start" ]
}

@test "what would change a process is refused of a recording" {
	screen_start 100x24 "$FILE"
	screen_keys c
	screen_text | grep -q 'this is a recording: what was cannot be changed'
}

@test "S records the samples of the screen, and ends that; record names the file" {
	ROOT=$LIVE
	cd "$BATS_TEST_TMPDIR"
	screen_start 100x24 "$PID"
	ask "record $BATS_TEST_TMPDIR/by-name"
	screen_text | head -n 1 | grep -q ' REC '
	screen_text | grep -q "recording to $BATS_TEST_TMPDIR/by-name; S ends it"
	screen_keys r
	target_loses 0x20000000 8 9 10 11
	screen_keys r
	ask 'record off'
	screen_text | grep -q 'the recording has ended'
	run ! grep -q ' REC ' <(screen_text | head -n 1)
	screen_keys S
	screen_text | head -n 1 | grep -q ' REC '
	screen_text | grep -oE 'recording to pmtop-[0-9]+-[0-9-]+.pmtop; S ends it'
	screen_keys S
	run ! grep -q ' REC ' <(screen_text | head -n 1)
	screen_keys q
	diff <("$PMTOP" --list "$BATS_TEST_TMPDIR/by-name") <("$PMTOP" --proc-root "$ROOT" --list "$PID")
	run ! diff -q <("$PMTOP" --list --at start "$BATS_TEST_TMPDIR/by-name") <("$PMTOP" --list "$BATS_TEST_TMPDIR/by-name")
}

@test "bug: a file that could not be opened ended the recording under way; the old one ends once the new one is open" {
	local dir=$BATS_TEST_TMPDIR
	ROOT=$LIVE
	screen_start 100x24 "$PID"
	ask "record $dir/one"
	for bad in "$dir/none/two" "$dir/one" "$dir"; do
		screen_keys : C-u
		screen_type "record $bad"
		screen_keys Enter
		screen_wait_text "cannot .*$dir"
		screen_text | head -n 1 | grep -q ' REC '
	done
	target_loses 0x20000000 8 9 10 11
	screen_keys Escape r
	ask "record $dir/two"
	screen_wait_text "recording to $dir/two; S ends it"
	screen_keys Q
	screen_end
	diff <("$PMTOP" --list "$dir/one") <("$PMTOP" --list --at start "$dir/two")
	run ! diff -q <("$PMTOP" --list --at start "$dir/one") <("$PMTOP" --list "$dir/one")
}

@test "bug: a recording begun on the screen did not end with its process: its sign stayed, and it did not say so" {
	local dir=$BATS_TEST_TMPDIR here
	mkfifo "$dir/go"
	screen_start 100x24 -- sh -c "read x <$dir/go; exit 3"
	ask "record $dir/ends"
	screen_wait_text ' REC '
	screen_keys r r
	echo >"$dir/go"
	screen_wait_text 'has ended with exit status 3, and the recording with it: this is its last sample'
	run ! _screen_matches ' REC '
	# what has ended is not recorded, and gets no other sample for that
	screen_keys '['
	here=$(screen_text | grep -oE 's ago \([0-9]+ of [0-9]+\)')
	screen_keys S
	screen_wait_text 'cannot record: the process has ended'
	ask "record $dir/more"
	screen_wait_text 'cannot record: the process has ended'
	screen_text | grep -F "$here"
	[ ! -e "$dir/more" ]
	screen_keys Q
	screen_end
	screen_start 100x24 "$dir/ends"
	screen_wait_text 'recorded ..:..:.., 3 of 3'
	screen_text | grep -E 'process [0-9]+ has ended with exit status 3'
	screen_keys Q
}

@test "bug: a file of record or write was named with its quotes, and ~/ was no home" {
	local dir=$BATS_TEST_TMPDIR/home file
	ROOT=$LIVE
	cd "$BATS_TEST_TMPDIR"
	screen_start 120x24 "$PID"
	ask 'record "open'
	screen_wait_text 'this quote is not closed'
	screen_text | grep -qE '^        \^ '
	screen_keys Escape
	ask 'record "a" b'
	screen_wait_text 'unexpected text here'
	screen_keys Escape
	for file in '"~/a b.pmtop" ' '~/plain ' '~/two words' '"off"'; do
		ask "record $file"
		screen_wait_text 'recording to .*; S ends it'
	done
	ask 'record off '
	screen_wait_text 'the recording has ended'
	ask 'write "~/a b.txt"'
	screen_wait_text "wrote [0-9]+ bytes to $dir/a b.txt"
	screen_keys w C-u
	screen_type '"~/of w.txt"  '
	screen_keys Enter
	screen_wait_text "wrote [0-9]+ bytes to $dir/of w.txt"
	screen_keys Q
	screen_end
	[ "$(cd "$dir" && printf '%s,' ./*)" = './a b.pmtop,./a b.txt,./of w.txt,./plain,./two words,' ]
	[ -e off ]
}

@test "bug: Esc in the list of a recording went to the list of processes" {
	screen_start 100x24 "$FILE"
	screen_keys '[' '['
	at 2
	ask 'snap one'
	for key in Escape BSpace Escape; do
		screen_keys "$key"
		screen_wait_text '^ *q quits'
		at 2
	done
	ask 'diff one'
	screen_keys Escape
	screen_wait_text 'no longer compared'
	screen_keys Escape
	screen_wait_text '^ *q quits'
	screen_keys q
	screen_end
}

@test "bug: back at the newest sample the screen stayed paused, and nothing said how to go on" {
	ROOT=$LIVE
	screen_start_waiting 100x24 --interval 0.1 "$PID"
	screen_wait_text ' 240K   94 '
	target_loses 0x20000000 8 9
	screen_wait_text ' 232K   91 '
	screen_send '['
	screen_wait_text ' s ago \(1 of '
	screen_send ']'
	screen_wait_text '● live'
	# a pause that was asked for stays
	screen_send p
	screen_wait_text ' paused '
	screen_send '['
	screen_wait_text ' s ago \(1 of '
	screen_send ']'
	screen_wait_text ' paused '
	screen_send ']'
	screen_wait_text 'this is the newest sample; p goes on'
	screen_send p
	screen_wait_text '● live'
	screen_send Q
	screen_end
}

@test "bug: the mark of a refused time was under the first letter of the line" {
	screen_start 100x24 "$FILE"
	ask 'at 99h'
	screen_wait_text '^ {4}\^ the recording goes from'
	screen_keys Escape
	ask 'at tomorrow'
	screen_wait_text '^ {4}\^ it is not a time'
	screen_keys Escape
	ask 'diff nope'
	screen_wait_text '^ {6}\^ it is not a time'
	screen_keys Escape
	ask 'diff start  nope '
	screen_wait_text '^ {13}\^ it is not a time'
	screen_keys Escape
	ask 'diff off'
	screen_wait_text 'nothing is compared'
	screen_keys Q
}

@test "bug: a second snapshot of a name replaced the first without a word" {
	screen_start 100x24 "$FILE"
	ask 'snap one'
	screen_wait_text '^ *this sample is one; '
	screen_keys '['
	ask 'snap one'
	screen_wait_text 'snapshot one replaced: this sample is one; '
	screen_keys Q
	ROOT=$LIVE
	screen_start 100x24 "$PID"
	ask 'snap one'
	screen_wait_text 'snapshot one: '
	ask 'snap one'
	screen_wait_text 'snapshot one replaced: '
	screen_keys Q
}

@test "bug: a drag beyond the end of the timeline did not go to the last sample, where a column has several" {
	for _ in {1..20}; do
		"$PMTOP" --proc-root "$LIVE" --record "$FILE" --for 0.01 --append "$PID" 2>/dev/null
	done
	screen_start 60x24 "$FILE"
	screen_wait_text ', 44 of 44'
	screen_keys '['
	screen_wait_text ', 43 of 44'
	screen_click 9 21
	screen_wait_text ', 1 of 44'
	_screen_send "drag" -l $'\e'"[<0;12;22M"$'\e'"[<32;59;22M"$'\e'"[<0;59;22m"
	screen_wait_text ', 44 of 44'
	screen_keys Q
}

# how many samples a recording has
samples() { "$PMTOP" --when 'rss>0' "$1" | sed -n '1s/.* of \([0-9]*\) sample.*/\1/p'; }

@test "bug: looking back stopped the recording, and its sign was that of the sample on screen" {
	local file=$BATS_TEST_TMPDIR/back n
	ROOT=$LIVE
	screen_start_waiting 100x24 --interval 0.1 "$PID"
	screen_wait_text '● live'
	screen_send -l ":record $file" && screen_send Enter
	screen_wait_text 'recording to .*back; S ends it'
	screen_wait_text ' REC [0-9.]+K [1-9]s '
	screen_send '['
	screen_wait_text ' s ago \(1 of '
	# the picture stays, further and further back, while samples are recorded
	n=$(samples "$file")
	target_loses 0x20000000 8 9
	screen_wait_text ' s ago \([2-9] of [0-9]+\) +REC [0-9.]+K [2-9]s '
	screen_wait_text ' 240K   94 '
	((n > 0 && $(samples "$file") >= n + 5))
	screen_send S
	screen_wait_text 'the recording has ended'
	screen_wait_text ' s ago \('
	run ! _screen_matches ' REC '
	screen_send p
	screen_wait_text '● live'
	# it begins where one looks back, too
	screen_send '['
	screen_wait_text ' s ago \(1 of '
	screen_send -l ":record $file.2" && screen_send Enter
	target_loses 0x20000000 10 11
	screen_wait_text ' s ago \([2-9] of [0-9]+\) +REC [0-9.]+K [1-9]s '
	screen_send Q
	screen_end
	(($(samples "$file.2") >= 5))
}

@test "bug: a pause was not to be seen in the sign of a recording, nor in the file; and S while paused recorded nothing" {
	local file=$BATS_TEST_TMPDIR/paused n
	ROOT=$LIVE
	screen_start_waiting 180x24 --interval 0.1 "$PID"
	screen_wait_text '● live'
	screen_send p
	screen_wait_text ' paused '
	screen_send -l ":record $file" && screen_send Enter
	screen_wait_text 'recording to .*paused; S ends it \(paused: only this sample is in it so far\)'
	screen_wait_text ' REC paused [0-9.]+K '
	[ "$(samples "$file")" = 1 ]
	screen_send '['
	screen_wait_text ' REC paused '
	read -rt 0.3 _ <><(:) || : # several intervals
	screen_send p
	screen_wait_text ' REC [0-9.]+K [1-9]s '
	n=$(samples "$file")
	((n > 1))
	screen_send p
	screen_wait_text ' REC paused '
	screen_send S
	screen_wait_text 'the recording has ended'
	run ! _screen_matches ' REC '
	screen_send Q
	screen_end
	ROOT=
	screen_start 100x24 "$file"
	screen_keys '!'
	screen_text | grep -E '^ [0-9:]{8}  paused: nothing was sampled for [0-9]+ s'
	screen_keys Q
}

@test "bug: beside a recording, growth and an epoch, 100 columns had no room for the name" {
	local sign
	fixture softdirty
	screen_start 100x24 "$PID"
	screen_keys c b
	ask "record $BATS_TEST_TMPDIR/three"
	for sign in 'REC ' 'grew ' 'epoch 1' " $(cat "$ROOT/$PID/comm") $PID › regions"; do
		screen_text | head -n 1 | grep -F "$sign"
	done
}

@test "bug: beside what is compared, the header cut the PID, and nothing showed that" {
	local width
	screen_start 80x24 "$FILE"
	ask 'at start'
	ask 'snap before-the-great-change'
	ask 'at end'
	ask 'diff before-the-great-change'
	for width in 80 85 90 95 100 105 110 115 120 140; do
		screen_resize "$width" 24
		screen_text | head -n 1 | grep -E '^ (pmtop  )?(softdirty|[softdiry]+…) 4242 .*recorded .*, 4 of 4 .*since before.* \+0 -16.0K'
	done
	screen_keys '('
	screen_text | head -n 1 | grep -E ' 4242 .*, 1 of 4 .*since b.* \+0 -0'
	screen_keys Escape Q
}

# of B, below what is said of the tracker and of the time
by_rows() { screen_text | sed -n '4,19p'; }

# of W, by region
rates() { screen_text | sed -n "/Regions by/,/^$/{s/^.›/  /;p}"; }

@test "who wrote is in a recording: B by function, thread, call chain and region, and the card of a page; and how fast" {
	local by
	"$PMTOP" --capabilities $$ | grep -q '^symbols *yes' || skip "this pmtop was built without elfutils"
	fixture_own writers
	screen_clock 1000000
	screen_start 120x40 "$PID"
	screen_keys c
	ask "record $BATS_TEST_TMPDIR/writers"
	target_faults 4301 7f0100000000 1000-1400 -- 555500031020 555500022040 7f013002a2f5
	target_faults 4303 7f0100000000 1390-1400 -- 555500032010 555500031090 555500021080 555500020044
	target_faults 4302 7f0110000000 10-90 -- 555500034020 555500023040 7f013002a2f5
	screen_clock 1002000
	screen_keys r
	screen_keys W
	rates >"$BATS_TEST_TMPDIR/rates"
	grep -qE "[0-9]K/s " "$BATS_TEST_TMPDIR/rates"
	screen_keys Escape
	ask 'record off'
	screen_keys B
	for by in function thread chain region; do
		screen_wait_text "written by (call )?$by"
		by_rows >"$BATS_TEST_TMPDIR/$by"
		screen_keys t
	done
	screen_keys Escape
	ask 'writers 7f0100000000+1000p'
	screen_text | grep -F 'first written by memtable_insert+0x20'
	screen_keys Q
	screen_end
	ROOT=
	screen_start 120x40 "$BATS_TEST_TMPDIR/writers"
	screen_keys W
	diff "$BATS_TEST_TMPDIR/rates" <(rates) # bug: those of regions were empty in a recording
	screen_keys Escape
	screen_keys B
	# bug: it said "each once", of pages that were written in several samples, too
	screen_wait_text ' pages written in [0-9]+ s, each once per epoch: '
	for by in function thread chain region; do
		screen_wait_text "written by (call )?$by"
		diff "$BATS_TEST_TMPDIR/$by" <(by_rows)
		screen_keys t
	done
	screen_keys Escape
	ask 'writers 7f0100000000+1000p'
	screen_text | grep -F 'first written by memtable_insert+0x20'
	screen_keys Escape
	ask 'at start'
	screen_keys B
	screen_text | grep -F 'nothing written'
	screen_keys Q
	screen_end
	[ "$("$PMTOP" -e 'writers by function' "$BATS_TEST_TMPDIR/writers" | grep -c memtable_insert)" = 1 ]
	"$PMTOP" --list -n -o WRITER,MAPPING "$BATS_TEST_TMPDIR/writers" | grep -E '^memtable_insert +.*memtable'
}

@test "what happened while it was recorded is shown at its sample, and all of it is in the log" {
	ROOT=$LIVE
	screen_start 100x24 "$PID"
	ask "record $BATS_TEST_TMPDIR/told"
	screen_keys r c
	target_cleared
	screen_keys r
	ask 'record off'
	screen_keys Q
	screen_end
	ROOT=
	screen_start 100x24 "$BATS_TEST_TMPDIR/told"
	screen_keys '['
	screen_text | grep -q 'writes are detected from now on'
	screen_keys '!'
	screen_text | grep -E '^ [0-9:]{8}  writes are detected from now on, by soft-dirty'
}

@test "diff TIME compares the sample on screen, as it changes, with another; a diff of two goes to the second" {
	screen_start 100x24 "$FILE"
	ask 'diff start'
	screen_wait_text 'compared with start: '
	screen_wait_text 'since start [0-9]{1,3}s \+0 -16.0K '
	screen_text | grep -E '^.000020000000 .* -16.0K '
	screen_text | grep -E '^.000010000000 ' | grep -v 16.0K
	screen_keys n
	screen_wait_text '^ 20000000 .*: 4 pages lost since start'
	screen_keys Enter
	screen_keys n
	screen_wait_text ' 20001000 .*growth: lost'
	screen_keys n n
	screen_wait_text ' 20003000 .*growth: lost'
	screen_keys n
	screen_wait_text 'wrapped around'
	screen_keys '(' # the first sample: as it was
	at 1
	screen_text | head -n 1 | grep -E 'since start .*\+0 -0 '
	screen_keys Escape
	screen_text | grep -E 'growth.*there before|growth.*same'
	ask 'diff end start'
	at 1
	screen_wait_text 'compared with end, [0-9]{1,3}s later \+16.0K -0 '
	screen_keys n
	screen_wait_text '^ 20000000 .*: 4 pages gained compared with end'
	ask 'diff noon'
	screen_text | grep -q 'it is not a time, nor the name of a snapshot'
	screen_keys Escape
	# a sample gets a name
	ask 'snap here'
	screen_text | grep -q 'this sample is here; `diff here` compares with it'
	screen_keys ')'
	at 4
	ask 'diff here'
	screen_wait_text 'since here .*\+0 -16.0K '
	ask 'at here'
	at 1
	screen_keys Escape
	screen_text | grep -q 'no longer compared (since here)'
	ask 'diff off'
	screen_text | grep -q 'nothing is compared'
	screen_keys Escape q
}

@test "what differs between two samples on the screen is what --diff says" {
	local said
	screen_start 120x40 "$FILE"
	ask 'diff start'
	screen_wait_text 'since start '
	said=$("$PMTOP" --diff "$FILE@start" "$FILE" -n -o START,RSS,CHANGED,MOVED --csv | grep ^0x2000)
	[ "$said" = "0x20000000,-16.0K,0,0" ]
	# of the list: MOVED is as unknown there
	screen_text | grep -E '^.000020000000 .* -16.0K +- '
	screen_keys q
}

@test "a snapshot that is taken while recording has a name in the recording" {
	ROOT=$LIVE
	screen_start 100x24 "$PID"
	ask "record $BATS_TEST_TMPDIR/named"
	screen_keys r
	ask 'snap full'
	screen_wait_text 'snapshot full: '
	target_loses 0x20000000 8 9
	screen_keys r
	ask 'record off'
	screen_keys Q
	screen_end
	ROOT=
	[ "$("$PMTOP" --diff "$BATS_TEST_TMPDIR/named@full" "$BATS_TEST_TMPDIR/named" -n -o START,LOST --csv | grep ^0x2000)" = 0x20000000,8.0K ]
	screen_start 100x24 "$BATS_TEST_TMPDIR/named"
	ask 'diff full'
	screen_wait_text 'since full .*\+0 -8.0K '
	ask 'at full'
	screen_wait_text 'since full .*\+0 -0 '
	screen_keys Q
	screen_end
}

@test "bug: a snapshot could have a name that diff takes for something else" {
	local name
	screen_start 100x24 "$FILE"
	for name in start end 5s 12 1.5 2026-12-01; do
		ask "snap $name"
		screen_text | grep -q 'diff takes it for a time: give another name'
		screen_keys Escape
	done
	ask 'snap off'
	screen_text | grep -q '`diff off` ends a comparison: give another name'
	screen_keys Escape
	ask 'snap 5th'
	screen_text | grep -q 'this sample is 5th'
	screen_keys Q
	ROOT=$LIVE
	screen_start 100x24 "$PID"
	ask 'snap end'
	screen_text | grep -q 'diff takes it for a time'
	screen_keys Escape
	ask 'snap off'
	screen_text | grep -q 'ends a comparison'
	screen_keys Escape q
}

@test "Tab completes the times and the snapshots of a recording" {
	screen_start 100x24 "$FILE"
	ask 'snap here'
	screen_keys : && screen_type 'at ' && screen_keys Tab Tab
	screen_text | grep -qE '^ here +a snapshot'
	screen_text | grep -qE '^ start +the first sample'
	# with milliseconds if the next is of the same second
	screen_text | grep -qE '^ ..:..:..(\....)? +sample 1 of 4'
	screen_keys Escape :
	screen_type 'diff start h' && screen_keys Tab
	screen_text | grep -q '^:diff start here'
}

@test "bug: what Tab completed was then no time, nor a word of help: there was a blank behind it" {
	screen_start 100x24 "$FILE"
	screen_keys : && screen_type 'at star' && screen_keys Tab Enter
	at 1
	screen_keys : && screen_type 'help snap ' && screen_keys Enter
	screen_text | grep -q 'snap NAME'
	run ! grep 'no such word' <(screen_text)
}

@test "of a recording, hints and help offer what works there" {
	screen_start 140x24 "$FILE"
	screen_text | tail -1 | grep -qE 'p play  \[ back  \] on'
	run ! grep -qE 'c clear|O shared' <(screen_text | tail -1)
	screen_keys '?' /
	screen_type clear && screen_keys Enter
	run ! grep -qE '^ +[cCT]  +' <(screen_text)
	screen_keys q Enter x
	run ! grep -qE 'x hex|R read it|/ find' <(screen_text | tail -1)
	screen_keys Escape Escape W
	screen_text | grep -q 'not recorded; record with --tracker auto'
	run ! grep -qE 'c measures|C counts|press c|Cost of sampling' <(screen_text)
}

@test "bug: the header of a recording of several days had no date" {
	command -v sqlite3 >/dev/null || skip "sqlite3 is not installed"
	sqlite3 "$FILE" "UPDATE session SET began = '2026-01-02T12:30:00.000Z', clock = 1000000000000;
		UPDATE sample SET time = 1000000000000 + (id - 1) * 43200000000000"
	export TZ=UTC0
	screen_start 80x24 "$FILE"
	screen_wait_text '^ softdirty 4242 .*recorded 2026-01-04 00:30:00, 4 of 4'
	ask 'at 2026-01-03 12:30'
	screen_wait_text 'recorded 2026-01-03 12:30:00, 3 of 4'
	ask 'at +12h'
	screen_wait_text 'recorded 2026-01-03 00:30:00, 2 of 4'
	screen_keys H
	screen_text | grep -qE '^ time +2026-01-02 12:30:00'
	screen_keys q q
}
