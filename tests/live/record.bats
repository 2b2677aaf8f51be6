#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Recordings of real processes: the file says what the process said, and survives its recorder.

# shellcheck disable=SC2154
load live

teardown() { live_end; }

setup() { FILE=$BATS_TEST_TMPDIR/recording; }

has_samples() { "$PMTOP" --list "$FILE" >/dev/null 2>&1; }

# answers SOURCE: what does not depend on other processes
answers() {
	"$PMTOP" --list -o START,END,PERM,OFFSET,TYPE,RSS,ANON,SWAP,THP,MAPPING "$1"
	"$PMTOP" --pages --csv -o ADDRESS,STATE,PRESENT,SWAPPED,FILE,EXCLUSIVE,SOFT-DIRTY,UFFD-WP,GUARD,PFN,SWAP-TYPE,SWAP-OFFSET,MEMCG,MAPPING "$1"
	"$PMTOP" --pages --runs "$1"
	"$PMTOP" --grid "$1"
}

# Others may take a page's file out of the cache, or the kernel merge pages: it is compared only with
# what was the same before and after.
@test "replay equals live: list, pages and grid of a stopped process, byte for byte" {
	local i
	subject_start
	kill -STOP "$SUBJECT_PID"
	for i in 1 2 3 4 5; do
		answers "$SUBJECT_PID" >"$BATS_TEST_TMPDIR/before"
		"$PMTOP" --record "$FILE" --for 0.01 --overwrite "$SUBJECT_PID" 2>/dev/null
		answers "$SUBJECT_PID" >"$BATS_TEST_TMPDIR/after"
		cmp -s "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after" && break
	done
	kill -CONT "$SUBJECT_PID"
	((i < 5)) || skip "the process changed while it was stopped"
	diff "$BATS_TEST_TMPDIR/after" <(answers "$FILE")
}

@test "a recording knows which pages were written between two samples" {
	local way=(--tracker uffd --allow-inject)
	if [[ $(soft_dirty) == yes ]]; then
		way=(--tracker soft-dirty)
	else
		need_watch
	fi
	unwatched_start
	"$PMTOP" --record "$FILE" --interval 3600 "${way[@]}" "$SUBJECT_PID" 3>&- 2>"$BATS_TEST_TMPDIR/said" &
	WATCH=$!
	until_true has_samples || { cat "$BATS_TEST_TMPDIR/said"; false; }
	subject write anon 3 5 6
	subject write private 3
	kill -INT "$WATCH" && wait "$WATCH"
	WATCH=
	is "$("$PMTOP" --pages="${RANGE[anon]}" --filter written --csv -n -o ADDRESS "$FILE" | xargs)" \
		"$(for i in 3 5 6; do printf '0x%x ' $((0x${AT[anon]} + i * $(getconf PAGESIZE))); done | xargs)"
	is "$(asked "SELECT w.pages FROM wrote w JOIN region r ON r.id = w.region WHERE r.start = $((0x${AT[anon]}))")" \
		"$(! command -v sqlite3 >/dev/null || echo 3)"
}

# asked SQL: of FILE; nothing where there is no sqlite3
asked() { ! command -v sqlite3 >/dev/null || sqlite3 -readonly "$FILE" "$1" 2>/dev/null || :; }

# PMTOP_KILLS=200 kills it that often. No more than the sample that it was writing is lost, and the file is whole.
# bats test_tags=not-in-guests
@test "kill -9 at any moment leaves a recording that opens" {
	local i before after journals=0
	subject_start
	for ((i = 0; i < ${PMTOP_KILLS:-$(rounds 12)}; i++)); do
		rm -f "$FILE"*
		"$PMTOP" --record "$FILE" --interval 0.05 "$SUBJECT_PID" 3>&- 2>/dev/null &
		WATCH=$!
		until_true has_samples
		subject write anon $((i % 16))
		before=$(asked "SELECT count(*) FROM sample")
		read -rt "0.0$((RANDOM % 90 + 10))" <> <(:) || : # a moment, which is no fact to wait for
		kill -9 "$WATCH"
		wait "$WATCH" 2>/dev/null || :
		[[ ! -s $FILE-journal ]] || journals=$((journals + 1))
		"$PMTOP" --list "$FILE" >/dev/null
		after=$(asked "SELECT count(*) FROM sample")
		((after >= before)) || { echo "$before samples became $after"; return 1; }
		[[ $(asked 'PRAGMA integrity_check') == @(ok|) ]]
	done
	WATCH=
	[[ -z ${PMTOP_KILLS:-} ]] || echo "# $i kills, $journals in the middle of a sample" >&3
}

# Until the new recording has a sample the old one is there, and then the new one is.
@test "bug: kill -9 at the start of --overwrite left no recording" {
	local i
	subject_start
	"$PMTOP" --record "$FILE" --for 0.01 "$SUBJECT_PID" 2>/dev/null
	for ((i = 0; i < ${PMTOP_KILLS:-$(rounds 12)}; i++)); do
		"$PMTOP" --record "$FILE" --overwrite --interval 3600 "$SUBJECT_PID" 3>&- 2>/dev/null &
		WATCH=$!
		read -rt "0.0$((RANDOM % 90 + 10))" <> <(:) || : # a moment, which is no fact to wait for
		kill -9 "$WATCH"
		wait "$WATCH" 2>/dev/null || :
		"$PMTOP" --list "$FILE" >/dev/null
		[[ $(asked 'PRAGMA integrity_check') == @(ok|) ]]
	done
	WATCH=
	# what they had begun is no longer in the way
	"$PMTOP" --record "$FILE" --overwrite --for 0.01 "$SUBJECT_PID" 2>/dev/null
	[[ $(cd "$(dirname "$FILE")" && echo "${FILE##*/}"*) == "${FILE##*/}" ]]
	# what somebody else has there stays
	echo mine >"$FILE.pmtop-new"
	run ! --separate-stderr "$PMTOP" --record "$FILE" --overwrite --for 0.01 "$SUBJECT_PID"
	is "$stderr" "pmtop: cannot replace $FILE: FILE.pmtop-new is there, and is not a recording; rename it, or give another name; the old recording is still there"
	is "$(<"$FILE.pmtop-new")" mine
	"$PMTOP" --list "$FILE" >/dev/null
}

# looked up for the first sample, and protected anew at each
@test "bug: UFFD-WP of a recording was as of another sample" {
	need_watch
	unwatched_start
	"$PMTOP" --record "$FILE" --for 0.3 --interval 0.1 --tracker uffd --allow-inject "$SUBJECT_PID" 2>/dev/null
	[[ $("$PMTOP" --pages="${RANGE[anon]}" -n --csv -o UFFD-WP --at start "$FILE" | sort -u | xargs) == @(0|1|0 1) ]]
	[[ -z $("$PMTOP" --pages="${RANGE[anon]}" -n --csv -o UFFD-WP --at end "$FILE" | tr -d '\n') ]]
	"$PMTOP" -e 'count uffd-wp' "$FILE" | grep -q 'more are not known'
}

# the last sample always has what smaps had for it
@test "bug: replay showed PSS and USS of an older sample" {
	local pss
	subject_start
	"$PMTOP" --record "$FILE" --interval 0.2 "$SUBJECT_PID" 3>&- 2>/dev/null &
	WATCH=$!
	until_true has_samples
	subject write anon $(seq 0 15)
	pss=$(awk -v at="${AT[anon]}" '$1 ~ "^0*" at "-" { is = 1 } is && /^Pss:/ { print $2 * 1024; exit }' "/proc/$SUBJECT_PID/smaps")
	until_true wrote_anon
	kill -INT "$WATCH" && wait "$WATCH"
	WATCH=
	[[ $("$PMTOP" --list --at end -b -n --csv -o START,PSS,USS "$FILE" | grep "^0x${AT[anon]},") == "0x${AT[anon]},$pss,$pss" ]]
}

# by SQL, of each sample
@test "bug: WR/S of a recording had another mean in --list than in its views" {
	local at rate
	need_watch
	command -v sqlite3 >/dev/null || skip "sqlite3 is not installed"
	unwatched_start
	"$PMTOP" --record "$FILE" --interval 0.2 --tracker uffd --allow-inject "$SUBJECT_PID" 3>&- 2>/dev/null &
	WATCH=$!
	until_true has_written -1
	subject write anon 3 5 6
	until_true has_written 2
	subject write anon $(seq 0 15)
	until_true has_written 15
	kill -INT "$WATCH" && wait "$WATCH"
	WATCH=
	asked "SELECT s.id, (s.time - (SELECT min(time) FROM sample)) / 1e9, ifnull(CAST(w.pages * $PAGE * 1e9 / (s.time - p.time) + 0.5 AS INTEGER), 0)
		FROM sample s JOIN sample p ON p.id = s.id - 1 JOIN region r ON r.start = $((0x${AT[anon]}))
		LEFT JOIN wrote w ON w.sample = s.id AND w.region = r.id" | tr '|' ' ' >"$BATS_TEST_TMPDIR/rates"
	[ "$(awk '$3 > 0' "$BATS_TEST_TMPDIR/rates" | wc -l)" -ge 2 ]
	while read -r _ at rate; do
		is "$("$PMTOP" --list --at "+${at}s" -b -n --csv -o START,WR/S "$FILE" | grep "^0x${AT[anon]},")" "0x${AT[anon]},$rate"
	done <"$BATS_TEST_TMPDIR/rates"
}

# has_written N: whether more than N pages of anon were written in one of its samples
has_written() {
	[[ $(asked "SELECT ifnull(max(w.pages), 0) FROM wrote w JOIN region r ON r.id = w.region WHERE r.start = $((0x${AT[anon]}))") -gt $1 ]] && has_samples
}

# wrote_anon: whether the recording has all pages of anon in RAM
wrote_anon() { [[ $("$PMTOP" --list -b -n -o START,RSS "$FILE" | awk -v at="0x${AT[anon]}" '$1 == at { print $2 }') -ge $((16 * PAGE)) ]]; }

@test "bug: a recording whose file was removed or renamed said that it was read-only" {
	subject_start
	"$PMTOP" --record "$FILE" --interval 0.05 "$SUBJECT_PID" 3>&- 2>"$BATS_TEST_TMPDIR/said" &
	WATCH=$!
	until_true has_samples
	mv "$FILE" "$FILE.kept"
	wait "$WATCH" && return 1
	WATCH=
	[[ $(cat "$BATS_TEST_TMPDIR/said") == \
		"pmtop: cannot record to $FILE: it was removed, renamed or replaced meanwhile; record again" ]]
	"$PMTOP" --list "$FILE.kept" >/dev/null
}

# A question that takes a second holds the file, as a slow disk would. (bug: the message blamed the disk)
# bats test_tags=not-in-guests
@test "samples go on while the file cannot be written, and those that were not taken are said" {
	command -v sqlite3 >/dev/null || skip "sqlite3 is not installed"
	subject_start
	"$PMTOP" --record "$FILE" --interval 0.05 "$SUBJECT_PID" 3>&- 2>"$BATS_TEST_TMPDIR/said" &
	WATCH=$!
	until_true has_samples
	sqlite3 "$FILE" <<-'END' >/dev/null
		.timeout 5000
		BEGIN;
		SELECT count(*) FROM sample;
		.shell sleep 1
		COMMIT;
	END
	until_true samples_missed
	kill -INT "$WATCH" && wait "$WATCH"
	WATCH=
	run ! grep -q 'cannot' "$BATS_TEST_TMPDIR/said"
}

@test "bug: a recording that nohup had started ended with its terminal" {
	subject_start
	(trap '' HUP; exec "$PMTOP" --record "$FILE" --interval 0.1 "$SUBJECT_PID") 3>&- 2>"$BATS_TEST_TMPDIR/said" &
	WATCH=$!
	until_true has_samples
	kill -HUP "$WATCH"
	AFTER=$(($(date +%s) + 1))
	until_true written_after
	kill -INT "$WATCH" && wait "$WATCH"
	WATCH=
}

written_after() { (($(stat -c %Y "$FILE") > AFTER)); }

@test "bug: signals that were blocked when it started did not end a recording" {
	subject_start
	perl -MPOSIX -e 'sigprocmask(SIG_BLOCK, POSIX::SigSet->new(SIGTERM, SIGINT)); exec @ARGV' \
		"$PMTOP" --record "$FILE" --interval 0.1 "$SUBJECT_PID" 3>&- 2>"$BATS_TEST_TMPDIR/said" &
	WATCH=$!
	until_true has_samples
	kill -TERM "$WATCH" && wait "$WATCH"
	WATCH=
}

samples_missed() {
	sqlite3 -cmd ".timeout 5000" "$FILE" "SELECT text FROM message" 2>/dev/null | grep -qE '^[0-9]+ samples? w(as|ere) not taken: the one before was not in the file yet$'
}

@test "bug: of memory that no tracker watched, CATEGORIES of a recording and scan:written said that it was not written" {
	subject_start
	"$PMTOP" --record "$FILE" --for 0.01 "$SUBJECT_PID" 2>/dev/null
	"$PMTOP" --pages="${RANGE[anon]}" --csv -n -o CATEGORIES,WRITTEN "$FILE" >"$BATS_TEST_TMPDIR/out"
	grep -q 'present' "$BATS_TEST_TMPDIR/out" || skip "this kernel has no PAGEMAP_SCAN"
	run ! grep -v '^written?|.*,$' "$BATS_TEST_TMPDIR/out"
	"$PMTOP" -e "count scan:written in ${RANGE[anon]}" "$FILE" >"$BATS_TEST_TMPDIR/out"
	grep -qE '^0 pages \(0\) match; .* more (is|are) not known' "$BATS_TEST_TMPDIR/out"
}
