#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Memory over time, of a recording and of the scans so far.
# shellcheck disable=SC2154

load screen

# ten samples, a second apart, of a process that loses and gains pages; in the last four pages are written
recorded() {
	command -v sqlite3 >/dev/null || skip "sqlite3 is not installed"
	fixture_own softdirty
	FILE=$BATS_TEST_TMPDIR/recording
	local i how=
	for i in 1 2 3 4 5; do
		"$PMTOP" --proc-root "$ROOT" --record "$FILE" --for 0.01 $how "$PID" 2>/dev/null
		how=--append
		if ((i < 3)); then
			target_loses 0x20000000 $((i * 8)) $((i * 8 + 1)) $((i * 8 + 2)) $((i * 8 + 3)) $((i * 8 + 4)) $((i * 8 + 5))
		else
			target_gains 0x30000000 $((i * 8)) $((i * 8 + 1)) $((i * 8 + 2)) $((i * 8 + 3)) $((i * 8 + 4))
		fi
	done
	sqlite3 "$FILE" "
		UPDATE session SET began = '2026-01-02T12:30:00.000Z', clock = 1000000000000;
		UPDATE sample SET time = 1000000000000 + (id - 1) * 1000000000;
		INSERT INTO write_set SELECT id, 1 << (id - 7), 1, NULL FROM sample WHERE id > 6;
		INSERT INTO write SELECT id, 0x10000000, 4096 << (id - 7) FROM sample WHERE id > 6;
		UPDATE sample SET written = 1 << (id - 7) WHERE id > 6;"
	LIVE=$ROOT ROOT=
}

teardown() { screen_stop; }

@test "H shows addresses down and times across: writes, RAM, growth" {
	recorded
	screen_start 80x24 "$FILE"
	screen_keys H
	screen_golden whole heat-writes-80
	screen_text | grep -q ', 12:30:09: 20.0K/s of 20.0K newly written'
	screen_keys Tab
	screen_golden whole heat-rss-80
	screen_keys Tab Home
	screen_text | grep -q 'nothing before to compare'
	screen_golden whole heat-growth-80
	screen_keys q q
}

@test "without colours, and without UTF-8, bars and letters have the steps" {
	recorded
	screen_start 80x24 --theme mono "$FILE"
	screen_keys H
	screen_golden whole heat-mono-80
	screen_stop
	screen_start 160x50 --ascii "$FILE"
	screen_keys H Tab Tab
	screen_golden whole heat-ascii-160
}

@test "zoom in on addresses and on time, and all again; Enter goes to the pages as they were" {
	recorded
	screen_start 100x24 "$FILE"
	screen_keys H Tab
	screen_text >"$BATS_TEST_TMPDIR/all"
	screen_keys + '>'
	screen_text | head -n 1 | grep -q 'part of it'
	run ! diff -q "$BATS_TEST_TMPDIR/all" <(screen_text)
	screen_keys '<' - =
	diff <(sed -n '2,20p' "$BATS_TEST_TMPDIR/all") <(screen_text | sed -n '2,20p')
	screen_keys Home Enter
	[[ $(screen_view) == G ]]
	screen_text | head -n 1 | grep -q 'recorded 12:30:00, 1 of 10'
}

@test "a click chooses a cell" {
	recorded
	screen_start 100x24 "$FILE"
	screen_keys H Tab
	screen_click 17 4
	screen_text | grep -q ', 12:30:00: '
}

@test "of a process it shows the scans so far" {
	fixture_own softdirty
	screen_start 100x24 "$PID"
	screen_keys H
	screen_text | grep -q 'in RAM, of the row'
	target_loses 0x20000000 0 1 2 3
	screen_keys r
	screen_keys Tab
	screen_text | grep -q 'change of RAM'
}

@test "bug: H began with writes where none were recorded or are watched, all of them ?" {
	local file=$BATS_TEST_TMPDIR/unwatched
	fixture_own softdirty
	"$PMTOP" --proc-root "$ROOT" --record "$file" --for 0.01 "$PID" 2>/dev/null
	"$PMTOP" --proc-root "$ROOT" --record "$file" --for 0.01 --append "$PID" 2>/dev/null
	LIVE=$ROOT ROOT=
	screen_start 100x24 "$file"
	screen_keys H
	screen_text | head -n 1 | grep -q 'heat of RAM'
	screen_keys BTab # what was chosen is kept
	screen_text | head -n 1 | grep -q 'heat of writes'
	screen_keys R H
	screen_text | head -n 1 | grep -q 'heat of writes'
	screen_stop
	ROOT=$LIVE
	screen_start 100x24 "$PID"
	screen_keys c H
	screen_text | head -n 1 | grep -q 'heat of writes'
}

@test "what is on the screen is written to a file, and is what --heat answers" {
	recorded
	screen_start 80x24 "$FILE"
	screen_keys H w
	screen_keys C-u
	screen_type "$BATS_TEST_TMPDIR/heat.csv"
	screen_keys Enter
	[ "$(head -n 1 "$BATS_TEST_TMPDIR/heat.csv")" = START,END,FROM,TO,PAGES,RSS,WRITTEN,WR/S,GROWN,MAPPING ]
	# pages in RAM at the end, by the screen, by the command line, and by another question
	sum() { awk -F, '$4 == "2026-01-02T12:30:09.000+00:00" { n += $6 } END { print n }' "$1"; }
	TZ=UTC0 "$PMTOP" --heat --csv --bytes "$FILE" >"$BATS_TEST_TMPDIR/cells.csv"
	[ "$(sum "$BATS_TEST_TMPDIR/heat.csv")" = "$(sum "$BATS_TEST_TMPDIR/cells.csv")" ]
	[ "$(sum "$BATS_TEST_TMPDIR/cells.csv")" = "$("$PMTOP" -e 'sum rss' --json "$FILE" | sed -n 's/.*"bytes": \([0-9]*\).*/\1/p' | head -n 1)" ]
	# and what was written: 1 + 2 + 4 + 8 pages
	[ "$(awk -F, 'NR > 1 { n += $7 } END { print n }' "$BATS_TEST_TMPDIR/cells.csv")" = $((15 * 4096)) ]
}

@test "bug: HISTORY was blank where a region begins at another address than later on" {
	local file=$BATS_TEST_TMPDIR/grown
	fixture_own softdirty
	sed -i 's/^20000000-/20008000-/' "$ROOT/$PID/maps"
	"$PMTOP" --proc-root "$ROOT" --record "$file" --for 0.01 "$PID" 2>/dev/null
	sed -i 's/^20008000-/20000000-/' "$ROOT/$PID/maps"
	"$PMTOP" --proc-root "$ROOT" --record "$file" --for 0.01 --append "$PID" 2>/dev/null
	ROOT=
	screen_start 100x24 "$file"
	screen_keys :
	screen_type 'set columns=START,RSS,HISTORY,MAPPING'
	screen_keys Enter
	screen_text | grep -E '20000000 .*▇▇██ .*quiet'
	screen_keys '('
	screen_text | grep -E '20008000 .*▇▇██ .*quiet'
	screen_keys q
}

@test "HISTORY is the RAM of each region over the recording, and over the scans of a process" {
	recorded
	screen_start 100x24 "$FILE"
	screen_keys :
	screen_type 'set columns=START,RSS,HISTORY,MAPPING'
	screen_keys Enter
	screen_text | grep -E '10000000 .*█{10} .*canvas'
	screen_text | grep -E '20000000 .*██▇▇▆▆▆▆▆▆ .*quiet'
	screen_keys q
	screen_stop
	ROOT=$LIVE
	screen_start 100x24 "$PID"
	screen_keys :
	screen_type 'set columns=START,RSS,HISTORY,MAPPING'
	screen_keys Enter
	target_loses 0x10000000 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31
	screen_keys r r
	screen_text | grep -E '10000000 .*█.*▄ .*canvas'
}

@test "bug: a row of heat had pages of several mappings, under the name of the first" {
	recorded
	"$PMTOP" --heat --csv -b -o START,END,WRITTEN,MAPPING "$FILE" >"$BATS_TEST_TMPDIR/cells.csv"
	# what is in a row is in its mapping, by the list
	"$PMTOP" --list --csv -n -o START,END,MAPPING "$FILE" >"$BATS_TEST_TMPDIR/list"
	while IFS=, read -r start end _ mapping; do
		awk -F, -v start="$start" -v end="$end" -v mapping="$mapping" \
			'$1 <= start && start < $2 { exit !(end <= $2 && mapping == $3) }' "$BATS_TEST_TMPDIR/list"
	done < <(tail -n +2 "$BATS_TEST_TMPDIR/cells.csv")
	[ "$(awk -F, '$3 { print $4 }' "$BATS_TEST_TMPDIR/cells.csv" | sort -u | tail -n 1)" = "[anon: canvas]" ]
	# too many for that: a row says of how many it has pages
	screen_start 160x6 --ascii "$FILE"
	screen_keys H Tab
	screen_text
	screen_text | grep -qE 'can.* \+[12] '
	screen_text | grep -qE 'canvas.* and [12] more'
}

@test "bug: GROWN of --heat was a string in JSON, and in bytes beside sizes with units" {
	recorded
	"$PMTOP" --heat --json "$FILE" >"$BATS_TEST_TMPDIR/cells.json"
	grep -qE '"grown": -[0-9]+,' "$BATS_TEST_TMPDIR/cells.json"
	run ! grep -q '"grown": "' "$BATS_TEST_TMPDIR/cells.json"
	"$PMTOP" --heat "$FILE" | grep -qE ' -[0-9.]+K '
}

@test "bug: after thinning, heat and the timeline had a column for each sample, however long it was" {
	local times t last= step=
	recorded
	# eight pages were written in the last 91 seconds, four in the second before
	sqlite3 "$FILE" 'UPDATE sample SET time = time + 90000000000 WHERE id = 10'
	screen_start 100x24 "$FILE"
	screen_text | grep -q 'max 16.0K/s'
	screen_keys H
	screen_text | grep -qE 'row [0-9.]+K, column 1.19s'
	screen_text
	screen_text | grep -q ', 12:31:39: 0.2K/s of 20.0K'
	times=$(screen_text | grep -oE '^ time .*' | grep -oE '..:..:..(\....)?')
	for t in $times; do
		t=$(date -u -d "2026-01-02 $t" +%s%3N)
		if [[ -n $last ]]; then
			step=${step:-$((t - last))}
			((t - last - step < 1100 && step - t + last < 1100))
		fi
		last=$t
	done
	((step > 2000))
}
