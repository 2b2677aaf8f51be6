#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# --record, and the same answers from the file.
# shellcheck disable=SC2154

load helper

# recorded FIXTURE [OPTION...]: records it; sets FILE
recorded() {
	fixture "$1"
	shift
	FILE=$BATS_TEST_TMPDIR/recording
	pm --record "$FILE" --for 0.01 "$@" "$PID" 2>"$BATS_TEST_TMPDIR/said"
	grep -qE '^pmtop: 2 samples in .*recording, [0-9.]+K$' "$BATS_TEST_TMPDIR/said"
}

# same ARG...: the file's answer is the process's, byte for byte
same() {
	pm "$@" "$PID" >"$BATS_TEST_TMPDIR/live"
	"$PMTOP" "$@" "$FILE" >"$BATS_TEST_TMPDIR/replay"
	diff "$BATS_TEST_TMPDIR/live" "$BATS_TEST_TMPDIR/replay"
}

@test "a recording gives the answers of the process it is of, byte for byte" {
	local name
	for name in zoo huge java hidden sparse; do
		echo "$name"
		rm -f "$BATS_TEST_TMPDIR/recording"
		recorded "$name"
		same --list
		same --list --csv -o START,END,PERM,OFFSET,DEV,INODE,TYPE,RSS,ANON,SWAP,THP,MAPPING
		same --list --filter 'rss > 64K & perm ~ rw'
		same --list --group type
		[[ $name == hidden ]] || same --summary # which says why frames are not known
		[[ $name != java ]] || continue # half a million pages: the others have all there is
		same --pages
		same --pages --json
		same --grid
		same --grid --lens sharing
	done
}

@test "a recording answers questions" {
	recorded zoo
	same -e 'count anon by state' -e 'sum rss' -e 'vma:0x20000000' -e 0x20000000
}

@test "when answers at which times a predicate holds: of all memory, of a range, as JSON; --when is short for it" {
	fixture_own softdirty
	FILE=$BATS_TEST_TMPDIR/recording
	pm --record "$FILE" --for 0.01 "$PID" 2>/dev/null
	target_loses 0x20000000 0 1 2 3
	pm --record "$FILE" --for 0.01 --append "$PID" 2>/dev/null
	"$PMTOP" --when 'rss>530k' "$FILE" >"$BATS_TEST_TMPDIR/out"
	grep -qE '^rss>530k in 2 of 4 samples, first at ' "$BATS_TEST_TMPDIR/out"
	grep -qE '^ *\+0.000 +..:..:..\.... +..:..:..\.... +1 +2$' "$BATS_TEST_TMPDIR/out"
	"$PMTOP" -e 'when rss<=240k & !swapped in 20000000..+256k' "$FILE" >"$BATS_TEST_TMPDIR/out"
	grep -qE ' 3 +2$' "$BATS_TEST_TMPDIR/out"
	"$PMTOP" --json --when 'written>0' --when 'thp | size<1' "$FILE" >"$BATS_TEST_TMPDIR/out"
	[ "$(grep -c '"unknown": 4' "$BATS_TEST_TMPDIR/out")" -ge 1 ]
	# the sample at +T is the one that --at shows
	is "$("$PMTOP" --at +0.000 -e 'sum rss' "$FILE")" "$("$PMTOP" --at start -e 'sum rss' "$FILE")"
	refused 2 'only rss, swap, thp, written and size' --when 'name=heap' "$FILE"
	refused 2 'a process, not a recording' --proc-root "$ROOT" --when 'rss>1' "$PID"
}

# stretched FILE AFTER...: its samples are so many milliseconds after 2026-01-02 12:30:00 UTC
stretched() {
	local file=$1 id=0 ms
	command -v sqlite3 >/dev/null || skip "sqlite3 is not installed"
	shift
	for ms in "$@"; do
		echo "UPDATE sample SET time = 1000000000000 + $ms * 1000000 WHERE id = $((++id));"
	done | sqlite3 -cmd "UPDATE session SET began = '2026-01-02T12:30:00.000Z', clock = 1000000000000" "$file"
	export TZ=UTC0
}

# four samples: in the last two a page less is in RAM
four_samples() {
	fixture_own softdirty
	FILE=$BATS_TEST_TMPDIR/recording
	pm --record "$FILE" --for 0.01 "$PID" 2>/dev/null
	target_loses 0x20000000 0 1 2 3
	pm --record "$FILE" --for 0.01 --append "$PID" 2>/dev/null
}

# rss_at TIME
rss_at() { "$PMTOP" --at "$1" -e 'sum rss' "$FILE"; }

@test "bug: of a range, --when counted the zero page as memory in RAM" {
	command -v sqlite3 >/dev/null || skip "sqlite3 is not installed"
	fixture softdirty
	FILE=$BATS_TEST_TMPDIR/recording
	pm --record "$FILE" --for 0.01 "$PID" 2>/dev/null
	# bug: it did not say that this is of a range
	grep '^rss>0 there in 2 of 2' <("$PMTOP" --when 'rss>0 in 10000000..+256k' "$FILE")
	sqlite3 "$FILE" "INSERT OR IGNORE INTO state VALUES (40, 'present pfnzero'); INSERT INTO run_set VALUES (1, 40, 64, 1, NULL);
		UPDATE run SET state = 40 WHERE start = $((0x10000000)); UPDATE run_set SET pages = pages - 64, runs = runs - 1 WHERE state = 8"
	is "$(sqlite3 "$FILE" 'SELECT count(*) FROM run WHERE state = 40')" 1
	grep '^rss>0 there in 0 of 2' <("$PMTOP" --when 'rss>0 in 10000000..+256k' "$FILE")
}

@test "bug: hints led nowhere: --pages beside --when, a verb where a mapping is meant" {
	local words
	recorded zoo
	for words in huge 'anon>1m' 'rss>1k & huge' 'rss>1k | !type=heap' hugee; do
		refused 2 '"when .*": only rss, swap, thp, written and size are known of every sample \(column' \
			--when "$words" "$FILE"
	done
	refused 2 'column 15.; examples: when rss>1g' -e 'when rss>1k & huge' "$FILE"
	refused 2 '"rss" applies to regions, .* sum asks for regions' -e 'count rss>1m' "$FILE"
	refused 2 '"huge" applies to pages, .* count and find ask for pages' -e 'sum rss of huge' "$FILE"
	# not touch, not count
	refused 2 'no symbols \(column 17\); ask a running process' --when 'rss>20m in nosuch' "$FILE"
	refused 2 'no symbols \(column 12\); ask a running process' -e 'watchpoint counter' "$FILE"
	refused 2 'name \(column 1\); `pmtop --list` shows the mappings' --heat=nosuch "$FILE"
	refused 2 'no symbols \(column 1\); ask a running process' --pages=nosuch "$FILE"
	# one alone may be a verb
	refused 2 'did you mean count\?' -e cuont "$FILE"
	refused 2 'did you mean heap\?' --heat=haep "$FILE"
}

@test "bug: a time that --when or --heat printed led to another sample" {
	local at from
	four_samples
	stretched "$FILE" 441 941 1441 1941
	read -r at from _ < <("$PMTOP" --when 'rss<530k' "$FILE" | tail -n 1)
	is "$at $from" "+1.000 12:30:01.441"
	for at in "$at" "$from" 2026-01-02T12:30:01.441+00:00 12:30:01 12:30:01.5; do
		is "$(rss_at "$at")" "$(rss_at end)"
	done
	for at in +0.999 12:30:01.440 12:30:00 12:30:00.9; do
		is "$(rss_at "$at")" "$(rss_at start)"
	done
	"$PMTOP" --when 'rss<530k' --csv "$FILE" | tail -n 1 >"$BATS_TEST_TMPDIR/out"
	is "$(<"$BATS_TEST_TMPDIR/out")" "+1.000,2026-01-02T12:30:01.441+00:00,2026-01-02T12:30:01.941+00:00,3,2"
	"$PMTOP" --heat --csv "$FILE" >"$BATS_TEST_TMPDIR/out"
	is "$(awk -F, 'NR > 1 && !seen[$4]++ { print $4 }' "$BATS_TEST_TMPDIR/out" | xargs)" \
		"$(printf '2026-01-02T12:30:0%s+00:00 ' 0.441 0.941 1.441 1.941 | xargs)"
	TZ=CET-1 "$PMTOP" --json --when 'rss<530k' "$FILE" | grep -q '"from": "2026-01-02T13:30:01.441+01:00"'
}

@test "bug: SAMPLE of --when was no id of the table sample once a recording was thinned" {
	four_samples
	stretched "$FILE" 0 1000 2000 3000
	sqlite3 "$FILE" 'DELETE FROM sample WHERE id = 2'
	is "$("$PMTOP" --when 'rss<530k' --csv "$FILE" | tail -n 1 | cut -d, -f4,5)" 3,2
}

@test "bug: a recording of several days could be neither read nor addressed by the clock" {
	local at day=$((24 * 3600 * 1000))
	four_samples
	stretched "$FILE" 0 $((day / 2)) $day $((day + 1441))
	"$PMTOP" --when 'rss<530k' "$FILE" >"$BATS_TEST_TMPDIR/out"
	grep -q 'first at 2026-01-03 12:30:00.000' "$BATS_TEST_TMPDIR/out"
	grep -qE '^ *\+86400.000 2026-01-03 12:30:00.000 2026-01-03 12:30:01.441 +3 +2$' "$BATS_TEST_TMPDIR/out"
	for at in '2026-01-03 12:30:00' 2026-01-03T12:30 +1d +24h +1440m +86400s 86400000ms; do
		is "$(rss_at "$at")" "$(rss_at end)"
	done
	for at in '2026-01-03 12:29:59' 12:30:00 2026-01-03T00:30 +23h +2m 1500ms; do
		is "$(rss_at "$at")" "$(rss_at start)"
	done
	refused 2 'goes from 2026-01-02 12:30:00 to 2026-01-03 12:30:01, ' --list --at '2026-01-04 00:00' "$FILE"
	refused 2 'not a time.*2026-12-01T12:30:05' --list --at 2026-13-03 "$FILE"
	is "$(rss_at 2026-01-03)" "$(rss_at 2026-01-03T00:30)"
	is "$("$PMTOP" --diff "$FILE@2026-01-02T12:30:00" "$FILE@2026-01-03T12:30:00" -n --csv -b -o RSS | head -n 1)" -16384
}

@test "a frame that was looked up before the sample has its time" {
	local began
	command -v sqlite3 >/dev/null || skip "sqlite3 is not installed"
	recorded zoo
	run ! grep frame_as_of <("$PMTOP" --at start -e heap+0 "$FILE") # at the end it may be seconds ago
	sqlite3 "$FILE" 'DELETE FROM look; DELETE FROM block WHERE sample > 1; UPDATE block SET time = (SELECT time FROM sample WHERE id = 1) - 3600000000000'
	began=$("$PMTOP" --when 'rss>0' "$FILE" | awk '$1 == "+0.000" { print $2 }')
	is "$("$PMTOP" -e heap+0 "$FILE" | awk '/frame_as_of/ { print $2 }')" \
		"$(date -d "today $began 1 hour ago" +%T)"
}

# An interval that leaves time to look up all of them once more.
@test "bug: pages whose frames were looked up again, and were the same, were not known to have stayed" {
	recorded java --interval 3600
	"$PMTOP" --diff "$FILE@start" "$FILE@end" 2>"$BATS_TEST_TMPDIR/said"
	run ! grep 'not known whether' "$BATS_TEST_TMPDIR/said"
	run ! grep frame_ <("$PMTOP" --at end -e heap+0 "$FILE")
	command -v sqlite3 >/dev/null || skip "sqlite3 is not installed"
	# before and after both
	sqlite3 "$FILE" 'UPDATE look SET time = time + 60000000000; UPDATE block SET time = time - 60000000000'
	"$PMTOP" --diff "$FILE@start" "$FILE@end" 2>"$BATS_TEST_TMPDIR/said"
	run ! grep -E 'not known whether|older' "$BATS_TEST_TMPDIR/said"
	"$PMTOP" --at start -e heap+0 "$FILE" >"$BATS_TEST_TMPDIR/page"
	grep -E '^ *frame_as_of +[^ ]*..:..:..' "$BATS_TEST_TMPDIR/page"
	grep -E '^ *frame_same_at +[^ ]*..:..:..' "$BATS_TEST_TMPDIR/page"
	# not looked up in between
	sqlite3 "$FILE" 'DELETE FROM look'
	"$PMTOP" --diff "$FILE@start" "$FILE@end" 2>"$BATS_TEST_TMPDIR/said"
	grep 'not known whether .* moved: their frames were not looked up in between' "$BATS_TEST_TMPDIR/said"
}

# As if smaps had been read for the first sample alone.
@test "bug: PSS, USS and what else is from smaps were shown as of an older sample" {
	local region
	command -v sqlite3 >/dev/null || skip "sqlite3 is not installed"
	recorded zoo
	same --list --csv -o START,PSS,USS,SHARED,REFERENCED,LOCKED
	sqlite3 "$FILE" 'UPDATE sample SET smaps = NULL WHERE id > 1; DELETE FROM smaps WHERE sample > 1'
	is "$("$PMTOP" --list --at end -n --csv -o PSS,USS,SHARED,REFERENCED,LOCKED "$FILE" | sort -u)" ',,,,'
	grep -qF '"pss": null' <("$PMTOP" --list --json -o PSS "$FILE")
	diff <(pm --list --csv -o START,PSS,USS,SHARED,REFERENCED,LOCKED "$PID") \
		<("$PMTOP" --list --at start --csv -o START,PSS,USS,SHARED,REFERENCED,LOCKED "$FILE")
	region=$("$PMTOP" -e 'vma:0x20000000' "$FILE")
	grep -qE '^ *pss +smaps was not read for this sample$' <<<"$region"
	grep -qE '^ *smaps_as_of +..:..:..; what follows is of then$' <<<"$region"
	grep -qE '^ *vmflags +rd' <<<"$region"
	grep -qF '"pss": null' <("$PMTOP" --json -e 'vma:0x20000000' "$FILE")
	sqlite3 "$FILE" 'DELETE FROM smaps'
	grep -qE '^ *pss +smaps was not read while it was mapped$' <("$PMTOP" -e 'vma:0x20000000' "$FILE")
}

@test "a recording is a database with the tables of its schema" {
	command -v sqlite3 >/dev/null || skip "sqlite3 is not installed"
	recorded zoo
	is "$(sqlite3 "$FILE" 'PRAGMA application_id; PRAGMA user_version; PRAGMA integrity_check' | xargs)" \
		"$((0x706d7470)) 1 ok"
	is "$(sqlite3 "$FILE" 'SELECT name FROM sqlite_schema WHERE type != "index" ORDER BY rowid' | sort | xargs)" \
		"$(sed -nE 's/^[TV]\((\w+),.*/\1/p' "$fixture_top/src/record/schema.def" | sort | xargs)"
	# the sum of all runs is what the list counts
	is "$(sqlite3 "$FILE" "SELECT sum(pages) FROM run_set JOIN state ON state.id = state WHERE sample = 1 AND name LIKE '%present%'")" \
		"$(pm --pages --csv -n -o PRESENT "$PID" | grep -c 1)"
	is "$(sqlite3 "$FILE" 'SELECT sum(rss) FROM usage')" \
		"$(pm --list -n -b --csv -o RSS "$PID" | awk '{ sum += $1 } END { print sum / 4096 }')"
	# all views, and all questions of the manual, are good SQL
	for view in $(sed -nE 's/^V\((\w+),.*/\1/p' "$fixture_top/src/record/schema.def"); do
		sqlite3 "$FILE" "SELECT count(*) FROM $view" >/dev/null
	done
	# bug: they failed where a sample was just being written, as the database is locked then
	is "$("$PMTOP" --print man-recording | grep -cF 'sqlite3 \-cmd ".timeout 1000" FILE')" \
		"$(grep -c '^Q(' "$fixture_top/src/record/schema.def")"
	"$PMTOP" --print man-recording | sed 's/\\-/-/g' |
		perl -0777 -ne 'print "$_;\n" for /^sqlite3 .*?FILE \x27(.*?)\x27$/gms' >"$BATS_TEST_TMPDIR/questions"
	sqlite3 -bail "$FILE" ".read $BATS_TEST_TMPDIR/questions" >/dev/null
}

@test "bug: views of a recording: what became huge in a whole sample was left out; parts of a region were less by all of it" {
	local at
	command -v sqlite3 >/dev/null || skip "sqlite3 is not installed"
	recorded zoo
	at=$(sqlite3 "$FILE" 'SELECT id FROM region WHERE length % 16384 = 0 AND id IN (SELECT region FROM usage) LIMIT 1')
	sqlite3 "$FILE" "UPDATE usage SET huge = 1024 WHERE region = $at"
	is "$(sqlite3 "$FILE" 'SELECT * FROM huge')" ""
	sqlite3 "$FILE" "INSERT INTO usage SELECT region, 2, rss, swap, anon, huge, doubt FROM usage WHERE region = $at;
		UPDATE usage SET huge = huge - 512 WHERE region = $at AND sample = 1; UPDATE sample SET whole = 1"
	is "$(sqlite3 "$FILE" 'SELECT sample, address IS NULL, pages FROM huge')" "2|1|512"
	# it is another region now
	sqlite3 "$FILE" "UPDATE usage SET region = 1000 WHERE region = $at AND sample = 2;
		INSERT INTO region SELECT 1000, 2, NULL, start, length, perm, offset, dev, inode, type, behind, 'grown' FROM region WHERE id = $at;
		UPDATE region SET last = 1 WHERE id = $at"
	is "$(sqlite3 "$FILE" 'SELECT sample, address IS NULL, pages FROM huge')" "2|1|512"
	is "$(sqlite3 "$FILE" "SELECT grown FROM grown WHERE mapping = 'grown'")" 0
	# it was divided: a quarter of it, and the rest, which grew
	sqlite3 "$FILE" "UPDATE region SET length = (SELECT length FROM region WHERE id = $at) / 4 WHERE id = 1000;
		INSERT INTO region SELECT 1001, 2, NULL, start + length, 3 * length, perm, offset, dev, inode, type, behind, 'rest' FROM region WHERE id = 1000;
		UPDATE usage SET rss = 1024 WHERE region = $at;
		UPDATE usage SET rss = 256 WHERE region = 1000; INSERT INTO usage VALUES (1001, 2, 800, 0, 800, 0, 0)"
	is "$(sqlite3 "$FILE" "SELECT mapping, grown FROM grown WHERE mapping IN ('grown', 'rest') ORDER BY 1" | xargs)" "grown|0 rest|32"
	# bug: of a recording with many regions it took minutes: it went through all of them for each
	sqlite3 "$FILE" 'EXPLAIN QUERY PLAN SELECT * FROM grown' >"$BATS_TEST_TMPDIR/plan"
	run ! grep CORRELATED "$BATS_TEST_TMPDIR/plan"
}

@test "bug: tools of SQL failed at a recording with a name that is not UTF-8" {
	command -v sqlite3 >/dev/null || skip "sqlite3 is not installed"
	recorded names
	same --list
	same --list --json
	sqlite3 "$FILE" .dump | iconv -f UTF-8 -t UTF-8 >/dev/null
	is "$(sqlite3 "$FILE" "SELECT mapping FROM region WHERE mapping LIKE '%not utf-8%'")" '/tmp/not utf-8 \377\376'
	is "$(sqlite3 "$FILE" "SELECT count(*) FROM region WHERE mapping IN ('/tmp/back\slash', '/tmp/größe-Ελλάδα')")" 2
}

@test "--record refuses a file that is there, unless it may go on in it or replace it" {
	recorded zoo
	refused 1 'it exists.*--append or --overwrite' --record "$FILE" --for 0.01 "$PID"
	pm --record "$FILE" --for 0.01 --append "$PID" 2>/dev/null
	is "$("$PMTOP" --list "$FILE")" "$(pm --list "$PID")"
	is "$("$PMTOP" --list --at start "$FILE")" "$(pm --list "$PID")"
	pm --record "$FILE" --for 0.01 --overwrite "$PID" 2>/dev/null
	echo "no recording" >"$BATS_TEST_TMPDIR/text"
	refused 1 'not a recording' --record "$BATS_TEST_TMPDIR/text" --for 0.01 --overwrite "$PID"
	is "$(<"$BATS_TEST_TMPDIR/text")" "no recording"
	refused 1 'No such file or directory' --record "$BATS_TEST_TMPDIR/no/such" --for 0.01 "$PID"
	is "$(stat -c %a "$FILE")" 600
}

@test "bug: a recording could not be opened by a symbolic link, and --overwrite replaced the link; now it stays" {
	local link=$BATS_TEST_TMPDIR/link was n more
	recorded zoo
	mkdir "$BATS_TEST_TMPDIR/there"
	mv "$FILE" "$BATS_TEST_TMPDIR/there/real"
	ln -s there/real "$link"
	was=$(stat -c %i "$BATS_TEST_TMPDIR/there/real")
	n=$(asked_samples "$link")
	pm --record "$link" --for 0.01 --append "$PID" 2>/dev/null
	[ -L "$link" ]
	is "$(stat -c %i "$BATS_TEST_TMPDIR/there/real")" "$was"
	more=$(asked_samples "$link")
	((more > n))
	pm --record "$link" --for 0.01 --overwrite "$PID" 2>/dev/null
	[ -L "$link" ]
	(($(asked_samples "$BATS_TEST_TMPDIR/there/real") < more))
	is "$(ls "$BATS_TEST_TMPDIR/there")" real
	refused 1 'it exists' --record "$link" --for 0.01 "$PID"
	rm "$BATS_TEST_TMPDIR/there/real"
	refused 1 'File exists' --record "$link" --for 0.01 --overwrite "$PID"
	[ -L "$link" ]
	echo "no recording" >"$BATS_TEST_TMPDIR/there/real"
	refused 1 'not a recording' --record "$link" --for 0.01 --overwrite "$PID"
	is "$(<"$BATS_TEST_TMPDIR/there/real")" "no recording"
}

@test "bug: a file with a name that means something to SQLite, as :memory:, was left empty" {
	local name
	recorded zoo
	cd "$BATS_TEST_TMPDIR"
	for name in :memory: file:x 'file:x?mode=memory'; do
		pm --record "$name" --for 0.01 "$PID" 2>said
		grep -qE "^pmtop: 2 samples in .*, [0-9.]+K$" said
		cmp -n 16 "$name" "$FILE"
		is "$(asked_samples "./$name")" 2
		is "$("$PMTOP" --list "$name")" "$(pm --list "$PID")"
		pm --record "$name" --for 0.01 --append "$PID" 2>/dev/null
		is "$(asked_samples "./$name")" 4
		pm --record "$name" --for 0.01 --overwrite "$PID" 2>/dev/null
		is "$(asked_samples "./$name")" 2
	done
}

# asked_samples FILE: how many there are, by --when of what always holds
asked_samples() { "$PMTOP" --when 'rss>=0' "$1" | sed -n 's/^ *of *//p'; }

@test "bug: a --record that was refused had replaced the old recording by an empty one, or left one in the way" {
	local how
	recorded zoo
	for how in '--with-bytes nosuch' '--with-bytes 0..100g' '--tracker uffd --read-only'; do
		# shellcheck disable=SC2086
		refused 2 '.' --record "$FILE" --overwrite --for 0.01 $how "$PID"
		is "$("$PMTOP" --list "$FILE")" "$(pm --list "$PID")"
		# shellcheck disable=SC2086
		refused 2 '.' --record "$BATS_TEST_TMPDIR/new" --for 0.01 $how "$PID"
		[ ! -e "$BATS_TEST_TMPDIR/new" ]
	done
	refused 1 'it exists; give another name$' --record "$BATS_TEST_TMPDIR" --for 0.01 "$PID"
}

@test "bug: --append with --overwrite continued the file" {
	recorded zoo
	refused 2 'either continued or replaced; leave one out' --record "$FILE" --append --overwrite --for 0.01 "$PID"
	refused 2 'it has no name' --record '' --for 0.01 "$PID"
	is "$("$PMTOP" --list "$FILE")" "$(pm --list "$PID")"
}

@test "bug: --grow of a recording waited for ever, and --record took the same moment again and again" {
	recorded zoo
	refused 2 'it is a recording, .*leave out =SECONDS' --grow=0.1 --count 1 "$FILE"
	refused 2 'it is a recording, .*leave out =SECONDS' --grow=0.1 --list "$FILE"
	refused 2 'it is a recording already' --record "$BATS_TEST_TMPDIR/new" --for 0.1 "$FILE"
	[ ! -e "$BATS_TEST_TMPDIR/new" ]
}

@test "bug: of a recording it was said that its frames need CAP_SYS_ADMIN, or are device memory, and its trackers work" {
	local pfn
	recorded zoo
	pfn=$("$PMTOP" --pages=0x20000000..+1p -n --raw -o PFN "$FILE")
	# asked for by frame alone, as nothing of it was read before
	"$PMTOP" -e "pfn:$pfn" "$FILE" | grep -E '^ +mapcount +[0-9]+$'
	is "$("$PMTOP" -e "pfn:$pfn" "$FILE")" "$(pm -e "pfn:$pfn" "$PID")"
	"$PMTOP" -e pfn:7ffffffffff "$FILE" | grep -E '^ +flags +not in the recording by then'
	"$PMTOP" -e tracker "$FILE" >"$BATS_TEST_TMPDIR/out"
	is "$(<"$BATS_TEST_TMPDIR/out")" 'writes were not recorded'
	"$PMTOP" -e 'migrate 1g' "$FILE" | grep 'are not known: writes were not recorded$'
	refused 1 'a recording has no symbols' -e 'symbols main' "$FILE"
	refused 2 'a recording has no symbols' -e main "$FILE"
	refused 2 'a recording has no symbols' -e 'heap!main' "$FILE"
	# a page that came after its frames were looked up
	command -v sqlite3 >/dev/null || skip "sqlite3 is not installed"
	sqlite3 "$FILE" 'DELETE FROM block'
	"$PMTOP" -e 0x20000000 "$FILE" | grep -E '^ +pfn +not in the recording by then'
	"$PMTOP" -e 'count mapcount=1' "$FILE" | grep 'not known: not in the recording by then'
}

# As if the process had had so much to be recorded.
@test "bug: with a --max-size that is too small nearly all samples were dropped, and nothing was said" {
	command -v sqlite3 >/dev/null || skip "sqlite3 is not installed"
	recorded zoo
	sqlite3 "$FILE" "INSERT INTO meta VALUES (1, 'more', zeroblob(2000000))"
	pm --record "$FILE" --append --max-size 1M --for 0.01 "$PID" 2>"$BATS_TEST_TMPDIR/said"
	cat "$BATS_TEST_TMPDIR/said"
	is "$(grep -cE '^pmtop: --max-size 1.0M is too small for this process: what is never thinned, and room for some samples, take 2.[34]M now$' "$BATS_TEST_TMPDIR/said")" 1
	grep '^pmtop: 4 samples in ' "$BATS_TEST_TMPDIR/said"
	is "$(sqlite3 "$FILE" "SELECT count(*) FROM message WHERE text LIKE '--max-size 1.0M is too small%'")" 1
	pm --record "$FILE" --append --max-size 4M --for 0.01 "$PID" 2>"$BATS_TEST_TMPDIR/said"
	run ! grep 'too small' "$BATS_TEST_TMPDIR/said"
}

@test "bug: --record with an interval of 0 took samples without a pause" {
	fixture zoo
	refused 2 'time between two samples' --record "$BATS_TEST_TMPDIR/new" --interval 0 "$PID"
	[ ! -e "$BATS_TEST_TMPDIR/new" ]
}

@test "bug: a damaged recording without a slash in its name was no process, and nothing else" {
	recorded zoo
	cd "$BATS_TEST_TMPDIR"
	head -c 10 recording >damaged
	refused 1 'no process has that name, and the file of that name is not a recording' --list damaged
	refused 1 'no process has that name; ' --list undamaged
	refused 1 'cannot find undamaged: no process has that name, and there is no such file; ' --diff undamaged@start recording
	refused 1 'cannot find damaged: no process has that name, and the file of that name is not a recording' --diff damaged@start recording
	refused 2 'cannot go to "noon": it is not a time' --diff recording@noon recording
}

@test "bug: a recording with the name of a process was shown for it; now it needs a slash, or @TIME" {
	local name='zoo keeper'
	fixture zoo
	cd "$BATS_TEST_TMPDIR"
	pm --record "$name" --for 0.01 "$PID" 2>/dev/null
	pm --record 12 --for 0.01 "$PID" 2>/dev/null
	is "$(pm -e 'count present' --at end "./$name")" "$(pm -e 'count present' "$PID")"
	refused 2 '^pmtop: --at of a process' -e 'count present' --at end "$name"
	refused 1 'cannot open process 12' -e 'count present' 12
	pm -e 'count present' --at end ./12
	refused 2 'a process has no past' --diff "$PID@start" "$name"
	pm --diff "$name@start" "./$name"
	mkdir "$BATS_TEST_TMPDIR/none"
	is "$("$PMTOP" --proc-root "$BATS_TEST_TMPDIR/none" --at end -e 'count present' "$name")" "$(pm -e 'count present' "$PID")"
}

@test "a recording whose recorder was killed in a transaction is recovered, on a copy if it may not be written" {
	local dir=$BATS_TEST_TMPDIR/killed
	command -v sqlite3 >/dev/null || skip "sqlite3 is not installed"
	recorded zoo
	mkdir "$dir" && cp "$FILE" "$dir/recording"
	sqlite3 "$dir/recording" <<-'END' || :
		PRAGMA cache_size = 2;
		BEGIN;
		DELETE FROM block;
		INSERT INTO meta SELECT 1, hex(randomblob(8)), hex(randomblob(9999)) FROM block, region;
		UPDATE region SET mapping = hex(randomblob(9999));
		.shell kill -9 $PPID
	END
	[ -s "$dir/recording-journal" ]
	if ((EUID)); then
		chmod a-w "$dir" "$dir/recording"
		is "$("$PMTOP" --list "$dir/recording")" "$(pm --list "$PID")"
		chmod u+w "$dir" "$dir/recording"
	fi
	is "$("$PMTOP" --list "$dir/recording")" "$(pm --list "$PID")"
	[ ! -s "$dir/recording-journal" ]
}

@test "a file that another pmtop records to is neither replaced nor added to; a journal that was left is not applied" {
	local how job
	recorded zoo
	"$PMTOP" --proc-root "$ROOT" --record "$FILE" --append --interval 3600 "$PID" 3>&- 2>/dev/null &
	job=$!
	until_recorded 3 "$FILE"
	for how in --append --overwrite; do
		refused 1 'another pmtop is recording to it' --record "$FILE" --for 0.01 "$how" "$PID"
		is "$("$PMTOP" --list "$FILE")" "$(pm --list "$PID")"
	done
	kill "$job" && wait "$job"
	is "$(ls "$BATS_TEST_TMPDIR"/recording*)" "$FILE"
	echo "what was left" >"$FILE-journal"
	pm --record "$FILE" --for 0.01 --overwrite "$PID" 2>/dev/null
	is "$(ls "$BATS_TEST_TMPDIR"/recording*)" "$FILE"
}

# until_recorded SAMPLES FILE
until_recorded() {
	local i
	for ((i = 0; i < 500; i++)); do
		[[ $(asked_samples "$2") != "$1" ]] || return 0
		read -rt 0.02 <> <(:) || :
	done
	echo "never: $1 samples"
	return 1
}

@test "bug: --overwrite dropped the old recording before the new one had a sample" {
	local disk=$BATS_TEST_TMPDIR/disk size
	recorded zoo
	"$PMTOP" --list "$FILE" >"$BATS_TEST_TMPDIR/was"
	(
		ulimit -f 8 # no room for the tables
		says 1 "cannot record to $FILE: .*ulimit -f.*the old recording is still there" pm --record "$FILE" --overwrite --for 0.01 "$PID"
	)
	still "$FILE"
	is "$(ls "$BATS_TEST_TMPDIR"/recording*)" "$FILE"
	(
		ulimit -f "$(($(stat -c %s "$FILE") / 1024 - 8))" # for the tables, but for no sample
		says 1 "ulimit -f.*the old recording is still there" pm --record "$FILE" --overwrite --for 0.01 "$PID"
	)
	still "$FILE"
	is "$(ls "$BATS_TEST_TMPDIR"/recording*)" "$FILE"
	if ((EUID)); then
		chmod a-w "$BATS_TEST_TMPDIR"
		refused 1 'Permission denied.*the old recording is still there' --record "$FILE" --overwrite --for 0.01 "$PID" || { chmod u+w "$BATS_TEST_TMPDIR"; false; }
		chmod u+w "$BATS_TEST_TMPDIR"
	fi
	mkdir "$disk"
	size=$(stat -c %s "$FILE")
	mount -t tmpfs -o "size=$((size / 1024 + 20))k" none "$disk" 2>/dev/null || skip "a full disk: only root can mount a small one"
	cp "$FILE" "$disk/recording"
	{
		says 1 'disk is full; make room.*the old recording is still there' pm --record "$disk/recording" --overwrite --for 0.01 "$PID" &&
			still "$disk/recording" && is "$(ls "$disk")" recording
	} || { umount "$disk"; false; }
	umount "$disk"
}

@test "--overwrite takes an empty file, as mktemp makes one" {
	fixture zoo
	FILE=$(mktemp -p "$BATS_TEST_TMPDIR")
	refused 1 'it exists; give another name, or add --overwrite$' --record "$FILE" --for 0.01 "$PID"
	refused 1 'not a recording' --record "$FILE" --append --for 0.01 "$PID"
	pm --record "$FILE" --overwrite --for 0.01 "$PID" 2>/dev/null
	is "$("$PMTOP" --list "$FILE")" "$(pm --list "$PID")"
}

@test "--anonymous-names leaves names out" {
	recorded zoo --anonymous-names
	run ! grep -aqE '/opt/|/usr/lib|keeper|zookeeper' "$FILE"
	[[ $("$PMTOP" --list "$FILE") == *"(left out)"* ]]
}

@test "bug: --append added names to a recording without names" {
	recorded zoo --anonymous-names
	refused 1 'names are left out of it; add --anonymous-names, or give another name' --record "$FILE" --append --for 0.01 "$PID"
	pm --record "$FILE" --append --anonymous-names --for 0.01 "$PID" 2>/dev/null
	is "$(sqlite3 "$FILE" 'SELECT count(*) FROM session')" 2
	run ! grep -aqE '/opt/|/usr/lib|keeper|zookeeper' "$FILE"
}

@test "bug: the samples of an appended recording were only the new ones" {
	recorded zoo
	pm --record "$FILE" --append --for 0.01 "$PID" 2>"$BATS_TEST_TMPDIR/said"
	grep -qE '^pmtop: 4 samples in .*recording, [0-9.]+K; 2 of them new$' "$BATS_TEST_TMPDIR/said"
}

@test "a file that is no recording, is damaged or of a later version is refused" {
	recorded zoo
	refused 1 'no such file|No such file' --list "$BATS_TEST_TMPDIR/nothing"
	head -c 3000 "$FILE" >"$BATS_TEST_TMPDIR/part"
	refused 1 'cannot read' --list "$BATS_TEST_TMPDIR/part"
	cp "$FILE" "$BATS_TEST_TMPDIR/later"
	printf '\0\0\0\2' | dd of="$BATS_TEST_TMPDIR/later" bs=1 seek=60 conv=notrunc status=none
	refused 1 'later version' --list "$BATS_TEST_TMPDIR/later"
	refused 1 'not a recording' --list "$fixture_top/README.md"
	refused 2 'cannot watch .*: it is a recording, .*leave --watch out' --watch=0.01 --count 1 "$FILE"
	refused 2 'cannot watch .*: it is a recording, .*leave --watch out' --watch=0.01 --list "$FILE"
	refused 1 'write marks: this is a recording' -e clear "$FILE"
	refused 2 'not a time' --list --at noon "$FILE"
}

@test "bug: a time outside a recording was answered with its first or last sample" {
	recorded zoo
	local began when
	began=$(sqlite3 "$FILE" "SELECT CAST(strftime('%s', began) AS INTEGER) FROM session")
	for when in +99s 99 "$(date -d "@$((began - 30))" +%T)" "$(date -d "@$((began + 30))" +%T)"; do
		refused 2 'cannot go to ".*": the recording goes from ..:..:.. to ..:..:.., .*; give a time between' \
			--list --at "$when" "$FILE"
	done
	refused 2 'the recording goes from' --diff "$FILE@start" "$FILE@+99s"
	refused 2 'the recording goes from' --diff "$FILE@+90s" "$FILE@+99s"
	# clocks are shown in whole seconds
	is "$("$PMTOP" --at "$(date -d "@$began" +%T)" -e 'sum rss' "$FILE")" "$("$PMTOP" --at start -e 'sum rss' "$FILE")"
}

@test "bug: of a recording, hex said that the process would fault a page in" {
	recorded zoo --with-bytes heap..+0x1000
	is "$(pm -e 'hex 0x101c000..+0x10' "$PID" | sed -n 2p | xargs)" \
		"00000101c000..00000101c010 not in RAM (not read: the process would fault it in)"
	is "$("$PMTOP" -e 'hex 0x101c000..+0x10' "$FILE" | sed -n 2p | xargs)" "00000101c000..00000101c010 not in RAM (not recorded)"
}

@test "--with-bytes records the contents of a range, and nothing else" {
	recorded zoo --with-bytes heap..+0x1000
	same -e 'hex heap' -e 'hex heap+0xf00..+0x100'
	is "$("$PMTOP" -e 'hex heap+0x1000..+0x10' "$FILE" | sed -n 2p | xargs)" "000001001000..000001001010 not recorded"
	refused 1 'contents of memory were not recorded' -e 'hex heap' "$(recorded_without)"
	refused 2 'more than 1 MiB' --record "$FILE" --overwrite --with-bytes 20000000..+2M "$PID"
}

recorded_without() {
	pm --record "$BATS_TEST_TMPDIR/without" --for 0.01 "$PID" 2>/dev/null
	echo "$BATS_TEST_TMPDIR/without"
}

@test "--capabilities of a recording are those of its recorder, and meta says what that was" {
	recorded zoo
	diff <(pm --capabilities --csv -n "$PID") <("$PMTOP" --capabilities --csv -n "$FILE" | tail -n +2)
	command -v sqlite3 >/dev/null || skip "sqlite3 is not installed"
	[[ $(sqlite3 "$FILE" "SELECT value FROM meta WHERE key = 'command'") == *pmtop*--record*"$PID" ]]
	is "$(sqlite3 "$FILE" "SELECT count(*) FROM meta WHERE key IN ('kernel', 'user', 'privileges', 'clock', 'pmtop')")" 5
	pm --record "$FILE" --for 0.01 --overwrite --anonymous-names "$PID" 2>/dev/null
	is "$(sqlite3 "$FILE" "SELECT value FROM meta WHERE key = 'command'")" "(left out)"
}

# still FILE: it opens, and has what it had
still() {
	"$PMTOP" --list --at start "$1" | diff "$BATS_TEST_TMPDIR/was" -
}

@test "a full disk and a limit on files end a recording with a sentence, and its samples stay" {
	local disk=$BATS_TEST_TMPDIR/disk size
	recorded java
	"$PMTOP" --list "$FILE" >"$BATS_TEST_TMPDIR/was"
	size=$(stat -c %s "$FILE")
	(
		ulimit -f "$((size / 1024 + 1))"
		says 1 "cannot record to $FILE: .*ulimit -f" pm --record "$FILE" --append --interval 0.05 --for 60 "$PID"
	)
	still "$FILE"
	if [[ -c /dev/full ]]; then
		says 1 'cannot write to standard output: No space' bash -c "'$PMTOP' --export perfetto '$FILE' >/dev/full"
	fi
	mkdir "$disk"
	mount -t tmpfs -o "size=$((size / 1024 + 40))k" none "$disk" 2>/dev/null || skip "a full disk: only root can mount a small one"
	cp "$FILE" "$disk/recording"
	says 1 'disk is full; make room' pm --record "$disk/recording" --append --interval 0.05 --for 60 "$PID" && still "$disk/recording" ||
		{ umount "$disk"; false; }
	umount "$disk"
}

@test "bug: a recording of changes alone, without a sample that has all pages, took minutes to open" {
	recorded zoo
	sqlite3 "$FILE" "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500)
		INSERT INTO sample SELECT 2 + i, session, time + i * 1000000000, cost, 0, regions, rss, swap, written,
		tracker, clears, epoch, cleared, first_epoch, first, smaps FROM n, sample WHERE id = 2"
	refused 1 'its contents contradict each other' --list "$FILE"
	sqlite3 "$FILE" 'UPDATE sample SET whole = 1 WHERE id = 600'
	"$PMTOP" --at +600s --list "$FILE"
}

@test "bug: a recording with a name of megabytes took seconds a frame" {
	recorded zoo
	sqlite3 "$FILE" "UPDATE region SET mapping = '/' || hex(zeroblob(8000)) WHERE id = 1"
	"$PMTOP" --list "$FILE" >"$BATS_TEST_TMPDIR/out"
	sqlite3 "$FILE" 'UPDATE region SET mapping = hex(zeroblob(20000000)) WHERE id = 1'
	refused 1 'its contents contradict each other' --list "$FILE"
}

@test "of a recording that was cut off anywhere, a sentence; or all that is left" {
	local size at n=0 status
	recorded zoo
	size=$(stat -c %s "$FILE")
	for at in 0 1 15 16 59 60 99 100 101 511 4095 4096 4097 8192 $(seq 12289 $((size / 24)) "$size") $((size - 1)); do
		head -c "$at" "$FILE" >"$BATS_TEST_TMPDIR/part"
		status=0
		"$PMTOP" --list "$BATS_TEST_TMPDIR/part" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" || status=$?
		case $status in
		0) [[ -s $BATS_TEST_TMPDIR/out && ! -s $BATS_TEST_TMPDIR/err ]] ;;
		1) [[ ! -s $BATS_TEST_TMPDIR/out && $(wc -l <"$BATS_TEST_TMPDIR/err") == 1 ]] && n=$((n + 1)) ;;
		*) false ;;
		esac || { echo "$at bytes: status $status"; cat "$BATS_TEST_TMPDIR/err"; return 1; }
	done
	((n > 14))
}

@test "bug: a recording that ended before its first sample left a file without one" {
	local new=$BATS_TEST_TMPDIR/new kib size
	recorded zoo
	size=$(stat -c %s "$FILE")
	"$PMTOP" --list "$FILE" >"$BATS_TEST_TMPDIR/was"
	for kib in 8 64 $((size / 1024 - 8)) $((size / 1024 - 4)); do # from no room for the tables to some, but for no sample
		says 1 "cannot record to $new: .*ulimit -f" bash -c 'ulimit -f "$1"; shift; exec "$@"' _ "$kib" \
			"$PMTOP" --proc-root "$ROOT" --record "$new" --for 0.01 "$PID"
		is "$(ls "$BATS_TEST_TMPDIR" | grep -c new)" 0
	done
	# what was there before stays
	says 1 "cannot record to $FILE: .*ulimit -f" bash -c 'ulimit -f 8; exec "$@"' _ \
		"$PMTOP" --proc-root "$ROOT" --record "$FILE" --append --for 0.01 "$PID"
	still "$FILE"
}
