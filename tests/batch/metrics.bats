#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# --metrics, read by a strict reader of the format.
# shellcheck disable=SC2154

load helper

# metrics ARG...: the samples of what pmtop prints, a line each: NAME TAB LABELS TAB VALUE
metrics() {
	pm --metrics "$@" >"$BATS_TEST_TMPDIR/document" || return
	perl "$batch_dir/prometheus" "$BATS_TEST_TMPDIR/document"
}

# value NAME [LABEL=VALUE]: of lines of metrics
value() {
	awk -F '\t' -v name="pmtop_$1" -v label="${2:-}" '
		$1 == name && (label == "" || index(" " $2 " ", " " label " ")) { print $3 }'
}

# samples_of FILE: the same of a file
samples_of() {
	perl "$batch_dir/prometheus" "$1"
}

@test "the metrics of a process are those of its list" {
	local all
	fixture zoo
	all=$(metrics "$PID")
	is "$(value readable <<<"$all")" 1
	is "$(value resident_bytes <<<"$all")" \
		"$(pm --list --csv -n -b -o RSS "$PID" | awk '{ sum += $1 } END { print sum }')"
	is "$(value region_mapped_bytes <<<"$all" | awk '{ sum += $1 } END { printf "%.0f", sum }')" \
		"$(value mapped_bytes <<<"$all")"
	is "$(awk -F '\t' '$1 == "pmtop_regions" { sub(/.*type=/, "", $2); print $2 "," $3 }' <<<"$all" | sort)" \
		"$(pm --list --csv -n -o TYPE "$PID" | sort | uniq -c | awk '{ print $2 "," $1 }' | sort)"
}

@test "what is not known has no line" {
	local all
	fixture hidden
	all=$(metrics "$PID")
	run ! grep -q 'written\|clear_seconds\|huge_page' <<<"$all"
	# shared memory may be in swap
	fixture zoo
	all=$(metrics "$PID")
	is "$(value swap_bytes <<<"$all")" ""
	is "$(value region_swap_bytes type=shm <<<"$all")" ""
	is "$(value region_swap_bytes type=heap <<<"$all")" \
		"$(pm --list --csv -n -b -o TYPE,SWAP "$PID" | awk -F, '$1 == "heap" { sum += $2 } END { print sum + 0 }')"
}

@test "each metric is in the table once, with what the manual says of it" {
	local name
	fixture zoo
	metrics "$PID" >/dev/null
	is "$(sed -nE 's/^# TYPE pmtop_(\w+) gauge$/\1/p' "$BATS_TEST_TMPDIR/document")" \
		"$(sed -nE 's/^[PT]\(\w+, "(\w+)",.*/\1/p' "$fixture_top/ui/table/metrics.def")"
	"$PMTOP" --print man >"$BATS_TEST_TMPDIR/man"
	while read -r name; do
		grep -q "^\.B ${name}{" "$BATS_TEST_TMPDIR/man" || { echo "$name"; return 1; }
	done < <(sed -nE 's/^# TYPE (\w+) .*/\1/p' "$BATS_TEST_TMPDIR/document")
}

@test "a process may have any name" {
	local all
	fixture_own zoo
	perl -pi -e 's/\(.*\)/(a"b\\)/' "$ROOT/$PID/stat"
	all=$(metrics "$PID")
	is "$(cut -f 2 <<<"$all" | head -1)" "pid=$PID comm=a\"b\\"
	perl -pi -e 's/\(.*\)/(x\xffy)/' "$ROOT/$PID/stat"
	metrics "$PID" | grep -q 'comm=x\\377y'
}

@test "all processes of a name are in one document; those that cannot be read are said to be there" {
	local all
	fixture_own forks
	all=$(metrics worker 2>/dev/null)
	is "$(awk -F '\t' '$1 == "pmtop_readable" { print $2, $3 }' <<<"$all")" \
		$'pid=501 comm=worker 1\npid=502 comm=worker 1'
	: >"$ROOT/502/maps"
	all=$(metrics worker 2>"$BATS_TEST_TMPDIR/said")
	is "$(awk -F '\t' '$1 == "pmtop_readable" { print $2, $3 }' <<<"$all")" \
		$'pid=501 comm=worker 1\npid=502 comm=worker 0'
	is "$(grep -c 'pid=502' <<<"$all")" 1
	grep -q '^pmtop: ' "$BATS_TEST_TMPDIR/said"
	refused 1 'no process has that name' --metrics nobody
}

@test "a file is replaced as a whole, readable for others, and goes on at each interval" {
	local file=$BATS_TEST_TMPDIR/m.prom was
	fixture_own zoo
	echo "what was there" >"$file"
	exec 5<"$file"
	pm --metrics="$file" "$PID"
	is "$(cat <&5)" "what was there"
	exec 5<&-
	is "$(stat -c %a "$file")" 644
	was=$(samples_of "$file" | value resident_bytes)
	[ -n "$was" ]
	pm --metrics="$file" --interval 0.05 --count 3 "$PID"
	is "$(samples_of "$file" | value resident_bytes)" "$was"
	is "$(ls "$BATS_TEST_TMPDIR" | grep -c 'm\.prom')" 1
	refused 1 'cannot write /nowhere/m.prom' --metrics=/nowhere/m.prom "$PID"
}

@test "bug: a symbolic link to a file of metrics was replaced by one, and the file stayed as it was" {
	cd "$BATS_TEST_TMPDIR"
	fixture zoo
	mkdir there
	echo old >there/m.prom
	ln -s there/m.prom link.prom
	pm --metrics=link.prom "$PID"
	[ -L link.prom ]
	[ -n "$(samples_of there/m.prom | value resident_bytes)" ]
	is "$(ls . there | xargs)" ".: link.prom there there: m.prom"
}

@test "bug: metrics in a file at its limit (ulimit -f) were said not to be a regular file" {
	local file=$BATS_TEST_TMPDIR/m.prom
	fixture zoo
	says 1 'cannot write .*m.prom: File too large; .*ulimit -f' \
		bash -c 'ulimit -f 1; exec "$@"' _ "$PMTOP" --proc-root "$ROOT" --metrics="$file" "$PID"
	is "$(ls "$BATS_TEST_TMPDIR" | grep -c 'm\.prom')" 0
}

@test "the standard output takes one document" {
	fixture zoo
	refused 2 'standard output takes one document' --metrics --interval 5 "$PID"
	refused 2 'standard output takes one document' --metrics --count 5 "$PID"
	refused 2 'time between two documents' --metrics=x --interval 0 "$PID"
	# bug: it said that it cannot write "", No such file or directory
	refused 2 'to a file: it has no name; give the name of a file$' --metrics= "$PID"
	refused 2 'does not use it; it works only with .*: leave it out' --metrics --json "$PID"
}

@test "a recording has metrics, too" {
	fixture zoo
	pm --record "$BATS_TEST_TMPDIR/recording" --for 0.01 "$PID" 2>/dev/null
	metrics "$PID" | grep -v scan_seconds >"$BATS_TEST_TMPDIR/live"
	"$PMTOP" --metrics "$BATS_TEST_TMPDIR/recording" >"$BATS_TEST_TMPDIR/replay"
	# how long its page tables took to read differs
	samples_of "$BATS_TEST_TMPDIR/replay" | grep -v scan_seconds | diff "$BATS_TEST_TMPDIR/live" -
}

@test "bug: of a recording, metrics left out what was written a second, and how long a sample took" {
	local file=$BATS_TEST_TMPDIR/recording at
	# asked NAME [OPTION...]: the values
	asked() { "$PMTOP" --metrics "${@:2}" "$file" | sed -nE "s/^pmtop_$1[^}]*\\} //p"; }
	command -v sqlite3 >/dev/null || skip "sqlite3 is not installed"
	fixture zoo
	pm --record "$file" --for 0.01 "$PID" 2>/dev/null
	is "$(asked written_bytes_per_second)" ""
	# the last sample is of another region, too, which is gone
	sqlite3 "$file" "UPDATE sample SET written = 30, cost = 2500000 WHERE id = 2;
		INSERT INTO wrote (sample, region, pages) SELECT 2, id, 7 FROM region WHERE type = 'heap'"
	is "$(asked written_bytes_per_second)" "$(sqlite3 "$file" "SELECT printf('%.9g', per_second * 4096) FROM written WHERE sample = 2")"
	is "$(asked 'region_written_bytes_per_second.*type="heap"')" \
		"$(sqlite3 "$file" "SELECT printf('%.9g', per_second * 4096) FROM written_by_mapping WHERE type = 'heap'")"
	is "$(asked scan_seconds)" 0.0025
	# at the first one there is no interval
	is "$(asked written_bytes_per_second --at start)" ""
	is "$(asked scan_seconds --at start)" "$(sqlite3 "$file" "SELECT printf('%.9g', cost / 1e9) FROM sample WHERE id = 1")"
	# nor at the first of another session
	pm --record "$file" --append --for 0.01 "$PID" 2>/dev/null
	sqlite3 "$file" 'UPDATE sample SET written = CASE id WHEN 3 THEN 30 END'
	at=$("$PMTOP" --when 'written>0' --csv "$file" | tail -n 1 | cut -d, -f2)
	is "$(asked written_bytes_per_second --at "$at")" ""
	is "$(asked scan_seconds --at "$at")" "$(sqlite3 "$file" "SELECT printf('%.9g', cost / 1e9) FROM sample WHERE id = 3")"
}

@test "the panel for Grafana shows metrics that there are" {
	local name names
	json "$fixture_top/contrib/grafana.json"
	names=$(sed -nE 's/^[PT]\(\w+, "(\w+)",.*/pmtop_\1/p' "$fixture_top/ui/table/metrics.def")
	for name in $(grep -oE 'pmtop_\w+' "$fixture_top/contrib/grafana.json" | sort -u); do
		grep -qx "$name" <<<"$names" || { echo "$name"; return 1; }
	done
}
