#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# What holds in every format: strict JSON, no byte that a terminal obeys.
# shellcheck disable=SC2154

bats_require_minimum_version 1.5.0
load helper

@test "whatever the names are, no output has a control character in it" {
	local f mode shape t=$BATS_TEST_TMPDIR/out
	for f in names zoo; do
		fixture "$f"
		for mode in --list --pages --capabilities; do
			for shape in '' --csv --raw --json; do
				pm $mode $shape "$PID" >"$t"
				printable "$t"
				[[ $mode == --capabilities ]] || pm $mode $shape --output-all "$PID" >"$t"
				printable "$t"
				[[ $shape != --json ]] || json "$t"
				[[ $shape != --csv ]] || csv_fields "$t"
			done
		done
		pm --grid "$PID" >"$t"
		printable "$t"
		pm -e 2060000 -e 30120000 -e 7ffd4e1c2000 "$PID" >"$t"
		printable "$t"
		pm --json -e 2060000 -e 30120000 -e 7ffd4e1c2000 "$PID" >"$t"
		printable "$t"
		json "$t"
	done
}

# Every record has as many fields as the first.
csv_fields() {
	perl -ne '
		chomp; my $s = $_; my $n = 1;
		$s =~ s/"(?:[^"]|"")*"//g;
		$s !~ /"/ or die "a quote is open: $_\n";
		$n += ($s =~ tr/,//);
		$want //= $n;
		$n == $want or die "$n fields for $want: $_\n";' "$1"
}

@test "a region is one line, whatever is in its name" {
	fixture names
	pm_golden list-names --list "$PID"
	is "$(pm --list --csv "$PID" | wc -l)" "$(($(wc -l <"$ROOT/$PID/maps") + 1))"
	is "$(pm --list --raw "$PID" | wc -l)" "$(($(wc -l <"$ROOT/$PID/maps") + 1))"
}

@test "--ascii and the C locale leave no byte above 127" {
	fixture names
	pm --ascii --list "$PID" >"$BATS_TEST_TMPDIR/ascii"
	LC_ALL=C pm --list "$PID" >"$BATS_TEST_TMPDIR/c"
	run ! env LC_ALL=C grep -aP '[\x80-\xff]' "$BATS_TEST_TMPDIR/ascii" "$BATS_TEST_TMPDIR/c"
	is "$(wc -l <"$BATS_TEST_TMPDIR/ascii")" "$(($(wc -l <"$ROOT/$PID/maps") + 1))"
	LC_ALL=C pm -e 2090000 -e 20a0000 "$PID" >"$BATS_TEST_TMPDIR/c"
	pm --ascii --grid "$PID" >"$BATS_TEST_TMPDIR/ascii"
	run ! env LC_ALL=C grep -aP '[\x80-\xff]' "$BATS_TEST_TMPDIR/c" "$BATS_TEST_TMPDIR/ascii"
}

@test "JSON knows a name as well as text does" {
	fixture names
	pm --list --json -o MAPPING "$PID" >"$BATS_TEST_TMPDIR/out"
	is "$(json "$BATS_TEST_TMPDIR/out" regions.6.mapping regions.14.mapping regions.8.mapping)" \
		'"/tmp/new\\012line"
"/tmp/\"quoted\",comma;semicolon"
"/tmp/esc\\033[31mred\\033[0m"'
}

@test "the JSON checker is strict" {
	local bad
	printf '{"a": [1, -2.5e3, "x\\u00e9", null, true, {}], "b": []}' >"$BATS_TEST_TMPDIR/j"
	json "$BATS_TEST_TMPDIR/j"
	for bad in '{"a": 1,}' '{"a" 1}' '[01]' '["\x"]' '{"a":1,"a":2}' '[1] 2' '' '[1' "['a']" '[+1]' \
		$'["\t"]' '{a: 1}' $'["\xff"]'; do
		printf '%s' "$bad" >"$BATS_TEST_TMPDIR/j"
		run ! json "$BATS_TEST_TMPDIR/j"
	done
}

# of_column KEY FILE: the values of a key, one a line, of a JSON document
of_column() {
	KEY=$1 perl -ne 'print "$1\n" if /"\Q$ENV{KEY}\E": ("(?:[^"\\]|\\.)*"|[^",}]+)[,}]/' "$2"
}

@test "bug: UNWRITTEN and KSM were empty where no other column was asked for: alone a column says what it says among all" {
	local f set title key
	for f in zoo hidden softdirty; do
		fixture "$f"
		for set in --pages --list; do
			pm $set --json --output-all "$PID" >"$BATS_TEST_TMPDIR/all"
			[ -s "$BATS_TEST_TMPDIR/all" ]
			while read -r title; do
				# for shared memory only smaps has it here, and this column does not read smaps
				[[ "$set $title" != "--list SWAP" ]] || continue
				key=$(tr 'A-Z/-' 'a-z__' <<<"${title/#%/percent}")
				pm $set --json -o "$title" "$PID" >"$BATS_TEST_TMPDIR/one"
				of_column "$key" "$BATS_TEST_TMPDIR/one" >"$BATS_TEST_TMPDIR/alone"
				[ -s "$BATS_TEST_TMPDIR/alone" ]
				diff <(of_column "$key" "$BATS_TEST_TMPDIR/all") "$BATS_TEST_TMPDIR/alone" ||
					{ echo "$f $set $title"; return 1; }
			done < <(pm $set --csv --output-all "$PID" | head -1 | tr , '\n')
		done
	done
}

@test "bug: where no locale is set, as in a container, or it is not installed, names are UTF-8; C is C" {
	local bare=(env -u LC_ALL -u LC_CTYPE -u LANG)
	fixture names
	[[ $("${bare[@]}" locale charmap 2>/dev/null) != UTF-8 ]] || skip "the C locale is UTF-8 here"
	pm --list "$PID" >"$BATS_TEST_TMPDIR/utf8"
	LC_ALL=C grep -aqP '[\x80-\xff]' "$BATS_TEST_TMPDIR/utf8"
	"${bare[@]}" "$PMTOP" --proc-root "$ROOT" --list "$PID" | diff "$BATS_TEST_TMPDIR/utf8" -
	"${bare[@]}" LANG='' "$PMTOP" --proc-root "$ROOT" --list "$PID" | diff "$BATS_TEST_TMPDIR/utf8" -
	"${bare[@]}" LC_CTYPE=xx_XX.UTF-8 "$PMTOP" --proc-root "$ROOT" --list "$PID" | diff "$BATS_TEST_TMPDIR/utf8" -
	"${bare[@]}" LANG=C "$PMTOP" --proc-root "$ROOT" --list "$PID" >"$BATS_TEST_TMPDIR/c"
	run ! env LC_ALL=C grep -aqP '[\x80-\xff]' "$BATS_TEST_TMPDIR/c"
}

# A locale of this name, of localedef's sources, or none: then the test is skipped.
locale_of() {
	localedef -i "$1" -f UTF-8 "$BATS_TEST_TMPDIR/$1.UTF-8" 2>/dev/null || true
	elsewhere=(env LOCPATH="$BATS_TEST_TMPDIR" LC_ALL="$1.UTF-8")
	[[ $("${elsewhere[@]}" locale charmap 2>/dev/null) == UTF-8 ]] || skip "localedef has no sources for $1 here"
}

@test "bug: where a decimal has a comma, numbers keep their point, and are read with one" {
	local mode dir=$BATS_TEST_TMPDIR
	locale_of de_DE
	is "$("${elsewhere[@]}" locale decimal_point)" ,
	fixture zoo
	for mode in --list --summary '--summary --json' '--list --json --output-all' '-e heap' --grid; do
		pm $mode "$PID" >"$dir/c"
		"${elsewhere[@]}" "$PMTOP" --proc-root "$ROOT" $mode "$PID" | diff "$dir/c" -
	done
	"${elsewhere[@]}" "$PMTOP" --proc-root "$ROOT" --frames 1 --interval 0.5 --size 100x30 "$PID" >/dev/null
}

@test "bug: where a small I has no dot, words are read in capitals all the same" {
	local dir=$BATS_TEST_TMPDIR
	locale_of tr_TR
	fixture zoo
	pm --list -o size,mapping --filter 'SIZE > 100k' "$PID" >"$dir/c"
	"${elsewhere[@]}" "$PMTOP" --proc-root "$ROOT" --list -o size,mapping --filter 'SIZE > 100k' "$PID" | diff "$dir/c" -
	pm -e 'ARENAS' -e 'WHOIS heap' "$PID" >"$dir/c"
	"${elsewhere[@]}" "$PMTOP" --proc-root "$ROOT" -e 'ARENAS' -e 'WHOIS heap' "$PID" | diff "$dir/c" -
}

@test "quickstart, configure and the README name the same packages" {
	local kind check apt dnf package
	while IFS='|' read -r kind check apt dnf _; do
		[[ $kind == build || $kind == symbols ]] && [[ $check == library* || $check == archive* || $check == decoder* ]] || continue
		for package in $apt $dnf; do
			grep -qE "^ .*\b$package\b" "$fixture_top/README.md" || { echo "the README lacks $package"; return 1; }
			[[ $kind == symbols ]] || grep -q "PM_NEED(.*\[$package\]" "$fixture_top/configure.ac" ||
				{ echo "configure lacks $package"; return 1; }
		done
	done < <(sed -n '/^needs()/,/^}/s/^\t\([a-z]*|.*\)/\1/p' "$fixture_top/quickstart")
}
