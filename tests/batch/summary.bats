#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# --summary: sums over pages, against the pages one by one.
# shellcheck disable=SC2154

load helper

# part SECTION [OPTION...]: KEY and PAGES of its lines
part() {
	pm --summary "${@:2}" --csv -n "$PID" | awk -F, -v section="$1" '$1 == section { print $2, $4 }'
}

# counted COLUMN: the values in it and how many pages have each
counted() {
	pm --pages --csv -n -o "$1" "$PID" | sort | uniq -c | awk 'NF == 2 { print $2, $1 }'
}

@test "--summary is five tables" {
	fixture zoo
	pm_golden summary-zoo --summary "$PID"
	fixture java
	pm_golden summary-java --summary "$PID"
}

@test "without CAP_SYS_ADMIN the sums of frames are hidden, and it is said why" {
	fixture hidden
	pm_golden summary-hidden --summary "$PID"
	pm_golden summary-hidden-json --summary --json "$PID"
	json "$batch_dir/golden/summary-hidden-json.txt"
	is "$(pm --summary --csv -n "$PID" | grep hidden | grep -E '^(flags|folios),')" \
		"$(printf 'flags,,,,,hidden (needs CAP_SYS_ADMIN)\nfolios,,,,,hidden (needs CAP_SYS_ADMIN)')"
	# the file is missing, the frames are not
	fixture_own zoo
	rm "$ROOT/kpageflags"
	is "$(pm --summary "$PID" | grep -c '^hidden (/proc/kpageflags is for root)$')" 2
	pm --summary "$PID" | grep -q '^1  '
}

@test "every page of every region counts once" {
	local f size sum
	for f in zoo java hidden huge names softdirty life; do
		fixture "$f"
		size=$(pm --list -n -b --raw -o SIZE "$PID" | awk '{ n += $1 } END { printf "%.0f", n / 4096 }')
		sum=$(part states | awk '{ n += $2 } END { printf "%.0f", n }')
		is "$f $sum" "$f $size"
		is "$f $(part types | awk '{ n += $2 } END { printf "%.0f", n }')" "$f $size"
		is "$f $(part total | awk '$1 == "total" { print $2 }')" "$f $size"
		# what is in RAM is in each of these
		sum=$(part total | awk '$1 == "in-ram" { print $2 }')
		is "$f $(pm --pages --raw -n -o PRESENT "$PID" | grep -c 1)" "$f $sum"
		is "$f $(part sharing | awk '{ n += $2 } END { print n + 0 }')" "$f $sum"
	done
}

@test "the sums are those of the pages one by one" {
	local f
	for f in zoo java; do
		fixture "$f"
		[ "$(counted STATE | wc -l)" -gt 10 ]
		is "$(part states | grep -vE '^(none|unreadable|cached) ' | sort)" "$(counted STATE | sort)"
		is "$(pm --summary --csv -n "$PID" | awk -F, '$1 == "flags" && $2 { print $2, $4 }' | sort)" \
			"$(counted KPF | sort)"
		is "$(part sharing | awk '/^[01] / { print }')" "$(counted MAPCOUNT | awk '/^[01] / { print }' | sort)"
		is "$(part sharing | awk '$1 ~ /^[2-9]/ || $1 ~ /^[0-9]+[-+]/ { n += $2 } END { print n }')" \
			"$(counted MAPCOUNT | awk '$1 > 1 { n += $2 } END { print n }')"
		is "$(pm --summary --csv -n "$PID" | awk -F, '$1 == "folios" && $2 { sub(/.*-/, "", $2); n[$2] += $4 }
			END { for (o in n) print o, n[o] }' | sort)" "$(counted ORDER | sort)"
	done
}

@test "the types' sums are those of --list" {
	fixture zoo
	is "$(pm --summary --csv -n "$PID" | awk -F, '$1 == "types" { print $2, $3, $5 }' | sort)" \
		"$(pm --list --raw -n -b -o TYPE,SIZE "$PID" |
			awk '{ n[$1]++; s[$1] += $2 } END { for (t in n) print t, n[t], s[t] }' | sort)"
	is "$(pm --summary --csv -n "$PID" | awk -F, '$1 == "types-swap" { print $2, $5 }' | sort)" \
		"$(pm --list --csv -n -b -o TYPE,SWAP "$PID" | awk -F, '{ s[$1] += $2; if ($1 == "shm" && $2 == "") no[$1] = 1 }
			END { for (t in s) if (!(t in no)) print t, s[t] }' | sort)"
	is "$(pm --summary --csv -n "$PID" | awk -F, '$1 == "types-hugetlb" && $5 { print $2, $5 }')" "hugetlb 2097152"
}

@test "the table of flags has the shape and the letters of page-types'" {
	fixture zoo
	pm --summary "$PID" >"$BATS_TEST_TMPDIR/out"
	grep -qxF "$(printf '             flags\tpage-count       MB  symbolic-flags\t\t\tlong-symbolic-flags')" \
		"$BATS_TEST_TMPDIR/out"
	grep -qxF "$(printf '0x0000000400415828\t      1037        4  ___U_l_____Ma_b_______t____________________\tuptodate,lru,mmap,anonymous,swapbacked,compound_tail,thp,anon_exclusive')" \
		"$BATS_TEST_TMPDIR/out"
	grep -qxF "$(printf '             total\t      2844       11')" "$BATS_TEST_TMPDIR/out"
	# pages whose frames are hidden, and a device's, which has none
	grep -qxF "$(printf '         not known\t        22        0')" "$BATS_TEST_TMPDIR/out"
	# its total is its rows'; a bit without a name has its number
	is "$(awk '/^0x/ { n += $2 } END { print n }' "$BATS_TEST_TMPDIR/out")" 2844
	grep -q '^0x0008000400005828.*,bit51$' "$BATS_TEST_TMPDIR/out"
	is "$(grep ^0x "$BATS_TEST_TMPDIR/out" | cut -f 1)" "$(grep ^0x "$BATS_TEST_TMPDIR/out" | cut -f 1 | LC_ALL=C sort)"
}

@test "--summary --json is one document, and says what --csv says" {
	local t=$BATS_TEST_TMPDIR
	fixture zoo
	pm --summary --json "$PID" >"$t/json"
	is "$(json "$t/json" summary.states.0.state summary.states.0.pages summary.types.1.type summary.types.1.rss \
		summary.types.1.swap summary.flags.2.flags summary.flags.2.pages summary.flags.2.symbolic \
		summary.sharing.1.mapcount summary.sharing.1.pages summary.folios.1.kind summary.folios.1.order \
		summary.folios.1.size summary.folios.1.aligned summary.folios.1.pmd summary.total.in_ram.pages \
		summary.total.swapped.bytes summary.total.regions summary.total.pss | xargs)" \
		"unreadable 5 heap 163840 32768 0x20583c 8 __RUDl_____Ma_b______x_____________________ 1 1878 anon 4 65536 65536 null 2866 471040 50 5716592"
	# frames that are hidden are a row without a name
	is "$(json "$t/json" summary.flags summary.flags.27.flags summary.flags.27.pages summary.flags.27.long | xargs)" \
		"28 null 22 null"
	is "$(json "$t/json" summary.folios summary.folios.9.kind summary.folios.9.pages summary.folios.9.aligned | xargs)" \
		"10 null 22 null"
	pm --summary --csv -n "$PID" >"$t/csv"
	is "$(grep -c '"state"' "$t/json")" "$(grep -c ^states, "$t/csv")"
	is "$(sed -n 's/.*"state": "\(.*\)", "pages": \(.*\), "bytes": \(.*\), "words".*/\1,,\2,\3/p' "$t/json")" \
		"$(sed -n 's/^states,\([^,]*,[^,]*,[^,]*,[^,]*\),.*/\1/p' "$t/csv")"
	is "$(sed 's/ /\\x20/g; s/"//g' "$t/csv" | cut -d , -f 1-5)" "$(pm --summary --raw -n "$PID" |
		sed 's/ /,/g' | cut -d , -f 1-5)"
	is "$(pm --summary --csv "$PID" | head -n 1)" SECTION,KEY,COUNT,PAGES,BYTES,DETAIL
	# nothing in RAM: empty, and known to be
	pm --summary=10000000..+8p --json "$PID" >"$t/json"
	is "$(json "$t/json" summary.flags summary.folios summary.sharing summary.total.pages summary.total.pss | xargs)" \
		"0 0 0 8 0"
}

@test "--summary=RANGE is of the pages in it" {
	fixture zoo
	is "$(part states --summary=heap | xargs)" \
		"swapped 8 none 12 zero 4 anon-shared 8 anon 32"
	is "$(part states --summary=heap..+20p | xargs)" "anon 20"
	# half a folio
	is "$(pm --summary=10120000..+8p --csv -n "$PID" | grep ^folios)" \
		"$(printf 'folios,anon-4,1,8,32768,\nfolios-aligned,anon-4,,0,0,\nfolios-unaligned,anon-4,,0,0,\nfolios-partial,anon-4,,8,32768,')"
	refused 1 'nothing is mapped' --summary=0x5000..0x6000 "$PID"
	refused 2 'not a range' --summary=clear "$PID"
}

@test "--summary -b and -n, and what it does not take" {
	fixture zoo
	pm --summary -b "$PID" >"$BATS_TEST_TMPDIR/out"
	is "$(awk '$1 == "thp-tail" { print $2, $3 }' "$BATS_TEST_TMPDIR/out")" "1022 4186112"
	run ! grep -q MiB "$BATS_TEST_TMPDIR/out"
	pm --summary -n "$PID" >"$BATS_TEST_TMPDIR/out"
	run ! grep -qE 'PAGES|Pages|symbolic' "$BATS_TEST_TMPDIR/out"
	is "$(grep -c '^$' "$BATS_TEST_TMPDIR/out")" 4
	refused 2 'its tables' --summary -o PAGES "$PID"
	refused 2 'its tables' --summary --output-all "$PID"
	refused 2 'its tables' --summary --sort PAGES "$PID"
	refused 2 'two kinds of answers' --summary --list "$PID"
}

@test "terabytes of nothing cost nothing, and count" {
	fixture huge
	is "$(part total | awk '$1 == "total" { print $2 }')" $(((18 << 28) + 33))
	is "$(part states | xargs)" "none $(((18 << 28) + 33 - 520)) thp-head 1 thp-tail 511 anon 8"
}

@test "a summary has no byte that a terminal obeys" {
	local shape
	fixture names
	for shape in '' --csv --raw --json; do
		pm --summary $shape --ascii "$PID" >"$BATS_TEST_TMPDIR/out"
		# page-types has tabs in its table
		tr -d '\t' <"$BATS_TEST_TMPDIR/out" >"$BATS_TEST_TMPDIR/no-tabs"
		printable "$BATS_TEST_TMPDIR/no-tabs"
		run ! env LC_ALL=C grep -aqP '[\x80-\xff]' "$BATS_TEST_TMPDIR/out"
	done
}
