#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# --export, read by a decoder that knows only the numbers of Perfetto's sources, against the database.
# shellcheck disable=SC2154

load helper

# exported: the trace of FILE, a line a packet, in TRACE
exported() {
	"$PMTOP" --export perfetto "$FILE" >"$BATS_TEST_TMPDIR/trace"
	perl "$batch_dir/trace" "$BATS_TEST_TMPDIR/trace" >"$BATS_TEST_TMPDIR/lines"
	TRACE=$BATS_TEST_TMPDIR/lines
}

# values NAME: TIME VALUE of the counter of that name
values() {
	awk -F '\t' -v name="$1" '$1 == "counter" && $5 == name { track = $2 }
		$1 == "value" && track && $3 == track { print $2, $4 }' "$TRACE"
}

# changes: of lines TIME VALUE those with another value than the one before
changes() { awk '!n++ || $2 != last { print } { last = $2 }'; }

# of_recording QUERY: with `at`, the time of sample s in ns since 1970, and session n
of_recording() {
	sqlite3 -separator ' ' "$FILE" "WITH at AS (SELECT s.id, s.time - n.clock +
		CAST(strftime('%s', n.began) AS INTEGER) * 1000000000 +
		CAST(substr(strftime('%f', n.began), 4) AS INTEGER) * 1000000 AS ns
		FROM sample s JOIN session n ON n.id = s.session) $1"
}

setup() {
	command -v sqlite3 >/dev/null || skip "sqlite3 is not installed"
	fixture_own zoo
	FILE=$BATS_TEST_TMPDIR/recording
	pm --record "$FILE" --for 0.01 "$PID" 2>/dev/null
	target_gains 1000000 50 51 52
	pm --record "$FILE" --append --for 0.01 "$PID" 2>/dev/null
	target_loses 1000000 50
	pm --record "$FILE" --append --for 0.01 "$PID" 2>/dev/null
	sqlite3 "$FILE" 'UPDATE sample SET written = id * 10 WHERE id != 2'
}

@test "a trace has the counters of the recording: RAM, swap, and what was written a second" {
	exported
	is "$(values 'in RAM')" "$(of_recording 'SELECT ns, rss * 4096 FROM sample JOIN at USING (id) ORDER BY id' | changes)"
	is "$(values 'in RAM' | wc -l)" 3
	is "$(values 'in swap, by the page tables')" \
		"$(of_recording 'SELECT ns, swap * 4096 FROM sample JOIN at USING (id) ORDER BY id' | changes)"
	# what is not known has no value: the first sample has none before it
	is "$(values 'written per second')" "$(of_recording 'SELECT a.ns, CAST(s.written * 4096 * 1e9 / (a.ns - b.ns) + 0.5 AS INTEGER)
		FROM sample s JOIN at a USING (id) JOIN at b ON b.id = s.id - 1 WHERE s.written IS NOT NULL ORDER BY s.id' | changes)"
	is "$(values 'written per second' | wc -l)" "$(($(of_recording 'SELECT count(*) FROM sample') - 2))"
}

@test "bug: a counter of a trace said what it said before where it is not known: a stretch beside it says so" {
	exported
	local track
	track=$(awk -F '\t' '$1 == "group" && $4 == "written per second: not known" { print $2 }' "$TRACE")
	is "$(awk -F '\t' -v track="$track" '/^(begins|ends)/ && $3 == track { print $1, $2 }' "$TRACE")" \
		"$(of_recording "SELECT CASE WHEN written IS NULL OR id = 1 THEN 'begins' ELSE 'ends' END, ns FROM sample JOIN at USING (id)
			ORDER BY id" | awk '$1 != last { print } { last = $1 }')"
}

@test "bug: of a process that another one follows a trace said for ever that it has memory" {
	sqlite3 "$FILE" 'UPDATE session SET pid = pid + 1 WHERE id = 3'
	exported
	is "$(awk -F '\t' '$1 == "process"' "$TRACE" | wc -l)" 2
	is "$(values 'in RAM' | sed -n 3p)" "$(of_recording 'SELECT min(ns), 0 FROM at JOIN sample USING (id) WHERE session = 3')"
}

@test "a trace has the memory of each type of region, and of the largest ones, where it changes" {
	local type
	exported
	for type in $(of_recording 'SELECT DISTINCT type FROM region JOIN usage ON region = id AND rss > 0 WHERE type != "hugetlb"'); do
		is "$(values "$type")" "$(of_recording "SELECT ns, 4096 * (SELECT sum(u.rss) FROM region r JOIN usage u ON u.region = r.id
			AND u.sample = (SELECT max(sample) FROM usage WHERE region = r.id AND sample <= at.id)
			WHERE r.type = '$type' AND r.first <= at.id AND (r.last IS NULL OR r.last >= at.id)) FROM at ORDER BY id" |
			awk 'NF == 2' | changes)" || { echo "$type"; return 1; }
	done
	is "$(values '1000000 [heap]' | awk '{ print $2 / 4096 }' | xargs)" \
		"$(of_recording 'SELECT DISTINCT u.rss FROM usage u JOIN region r ON r.id = u.region WHERE r.mapping = "[heap]" ORDER BY u.sample' | xargs)"
	is "$(awk -F '\t' '$1 == "group" { print $4 }' "$TRACE")" $'written per second: not known\nin RAM, by type of region\nin RAM, the largest regions'
	(($(awk -F '\t' -v group="$(awk -F '\t' '$4 == "in RAM, the largest regions" { print $2 }' "$TRACE")" \
		'$1 == "counter" && $3 == group' "$TRACE" | wc -l) == 20))
}

@test "a trace has the mappings of the process, those of --list" {
	exported
	is "$(awk -F '\t' '$1 == "process" { print $3, $4 }' "$TRACE")" "$PID zoo keeper"
	is "$(awk -F '\t' '$1 == "mapping" { if ($2 != t) { n = 0; t = $2 } row[n++] = $5 "," $6 "," $7 }
		END { for (i = 0; i < n; i++) print row[i] }' "$TRACE")" \
		"$("$PMTOP" --list --csv -n -b -o SIZE,RSS,ANON "$FILE" | awk -F, -v OFS=, '{ print $1 / 1024, $2 / 1024, $3 / 1024 }')"
	# of shared memory it is not known what is in swap
	is "$(awk -F '\t' '$1 == "mapping" && $8 != ""' "$TRACE")" ""
	is "$(awk -F '\t' '$1 == "clock" { print $3 }' "$TRACE" | sort -u)" "$(of_recording 'SELECT min(ns) FROM at')"
}

@test "only a recording is exported, for a program that there is" {
	refused 2 'it is not a recording; record it first' --export perfetto "$PID"
	refused 2 '--export has no value "json"; there is perfetto' --export json "$FILE"
}

@test "bug: --at of a process showed the present as if it were that time" {
	refused 2 '--at of a process: it is not a recording' --list --at start "$PID"
	refused 2 '--at of a process: it is not a recording' --summary --at 12:30:05 "$PID"
	refused 2 '--at of a process: it is not a recording' --diff "$FILE" --at start "$PID"
	refused 1 'no process has that name' --list --at start none.pmtop
}
