#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# --metrics of real processes: its numbers are those that smaps has.

# shellcheck disable=SC2154
load live

teardown() { live_end; }

setup() { FILE=$BATS_TEST_TMPDIR/m.prom; }

samples_of() { perl "$live_dir/../batch/prometheus" "$1"; }

# value NAME [LABEL=VALUE]: in FILE
value() {
	samples_of "$FILE" | awk -F '\t' -v name="pmtop_$1" -v label="${2:-}" '
		$1 == name && (label == "" || index(" " $2 " ", " " label " ")) { print $3 }'
}

# smaps_sum FIELD REGEX: the sum, in bytes, over the regions whose heading matches
smaps_sum() {
	awk -v f="$1:" -v want="$2" '/^[0-9a-f]+-[0-9a-f]+ / { in_it = $0 ~ want }
		in_it && $1 == f { s += $2 } END { print s * 1024 }' "/proc/$SUBJECT_PID/smaps"
}

huge() { echo $(($(smaps_sum AnonHugePages .) + $(smaps_sum FilePmdMapped .) + $(smaps_sum ShmemPmdMapped .))); }

@test "the metrics of a process are the sums of its smaps" {
	subject_start
	pm --metrics="$FILE" "$SUBJECT_PID"
	is "$(value readable "pid=$SUBJECT_PID")" 1
	is "$(value resident_bytes)" "$(smaps_sum Rss .)"
	is "$(value anonymous_bytes)" "$(smaps_sum Anonymous .)"
	is "$(value region_resident_bytes type=heap)" "$(smaps_sum Rss '\[heap\]$')"
	is "$(value region_mapped_bytes type=stack)" "$(smaps_sum Size '\[stack\]$')"
	is "$(value regions | awk '{ sum += $1 } END { print sum }')" \
		"$(grep -c '^[0-9a-f]*-[0-9a-f]* ' "/proc/$SUBJECT_PID/smaps")"
	[[ -z $(value huge_page_ratio) ]] ||
		is "$(value huge_page_ratio | awk '{ printf "%.4f", $1 }')" \
			"$(awk -v huge="$(huge)" -v rss="$(smaps_sum Rss .)" 'BEGIN { printf "%.4f", huge / rss }')"
}

@test "what is written in an interval is counted once, by type; the file is there from the beginning" {
	local way=(--tracker uffd --allow-inject) from mid to
	if [[ $(soft_dirty) == yes ]]; then
		way=(--tracker soft-dirty)
	else
		need_watch
	fi
	unwatched_start
	from=$(date +%s.%N)
	"$PMTOP" --metrics="$FILE" --interval 3600 "${way[@]}" "$SUBJECT_PID" 3>&- 2>"$BATS_TEST_TMPDIR/said" &
	WATCH=$!
	until_true test -s "$FILE"
	mid=$(date +%s.%N)
	is "$(value written_bytes_per_second)" ""
	subject write memfd 1 2 3
	subject write memfd 3
	to=$(date +%s.%N)
	kill -INT "$WATCH" && wait "$WATCH"
	WATCH=
	# its other writes are of other types. The interval is no longer than ours around it, no shorter than ours in it
	value region_written_bytes_per_second type=shm | awk -v from="$from" -v mid="$mid" -v to="$to" \
		-v now="$(date +%s.%N)" -v bytes="$((3 * $(getconf PAGESIZE)))" '
		{ ok = $1 >= bytes / (now - from) && $1 <= bytes / (to - mid) }
		END { exit !ok }' || { samples_of "$FILE"; false; }
}

# bats test_tags=not-in-guests
@test "a process that ends has no metrics any more; of a name, those that are left have" {
	subject_start
	cp /bin/sleep "$BATS_TEST_TMPDIR/sleepsome" # not what stands before it in PATH under tests/run
	"$BATS_TEST_TMPDIR/sleepsome" 1000 3>&- &
	OTHERS+=("$!")
	"$BATS_TEST_TMPDIR/sleepsome" 1000 3>&- &
	OTHERS+=("$!")
	is_called() { [[ $(<"/proc/$1/comm") == sleepsome ]]; }
	until_true is_called "${OTHERS[0]}"
	until_true is_called "${OTHERS[1]}"
	"$PMTOP" --metrics="$FILE" --interval 0.05 sleepsome 3>&- &
	WATCH=$!
	OTHERS+=("$WATCH")
	readable() { [[ $(value readable | grep -c 1) == "$1" ]]; }
	until_true readable 2
	kill "${OTHERS[0]}"
	until_true readable 1
	kill "${OTHERS[1]}"
	until_true readable 0
	kill -INT "$WATCH" && wait "$WATCH"
	"$PMTOP" --metrics="$FILE.2" --interval 0.05 "$SUBJECT_PID" 3>&- 2>"$BATS_TEST_TMPDIR/said" &
	WATCH=$!
	until_true test -s "$FILE.2"
	kill "$SUBJECT_PID"
	wait "$WATCH"
	WATCH=
	is "$(samples_of "$FILE.2")" ""
	grep -q "process $SUBJECT_PID has ended" "$BATS_TEST_TMPDIR/said"
}
