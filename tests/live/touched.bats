#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The working set: what is touched since a clear of the referenced bits, against smaps.

# shellcheck disable=SC2016,SC2034,SC2154
load live

teardown() { live_end; }

# smaps_of FIELD ADDRESS: of the region that begins there, in bytes, read without pmtop
smaps_of() {
	awk -v field="$1:" -v at="^$2-" '/^[0-9a-f]+-/ { in_it = $0 ~ at } in_it && $1 == field { print $2 * 1024 }' \
		"/proc/$SUBJECT_PID/smaps"
}

# touched_start ARG...: an interval that watch_end ends; its clear is done
touched_start() {
	watch_start --touched=600 --count 1 --csv -b -o touched,rss,start "$@" "$SUBJECT_PID"
	until_true grep -q TOUCHED "$BATS_TEST_TMPDIR/out"
}

# row_of NAME: TOUCHED,RSS of the region
row_of() { sed -n "s/,0x0*${AT[$1]}\$//p" "$BATS_TEST_TMPDIR/out"; }

# A fork write-protects what is private, and with that empties the TLB: marks are exact from then on.
flush() { subject fork && OTHERS+=("$REPLY"); }

@test "what is touched is what smaps has as referenced, region by region" {
	subject_start
	subject write sparse 5
	subject write shared 1 2 3
	touched_start
	flush
	subject read anon 1 2 3
	subject write anon 10 11
	subject write sparse 20 21 22 23
	subject read shared 2
	local name wrong=
	declare -A want
	for name in "${!AT[@]}"; do
		want[$name]="$(smaps_of Referenced "${AT[$name]}"),$(smaps_of Rss "${AT[$name]}")"
	done
	watch_end
	for name in "${!AT[@]}"; do
		[[ $name != hugetlb && ${want[$name]} != *,0 ]] || continue
		[[ $(row_of "$name") == "${want[$name]}" ]] ||
			wrong+=" $name: $(row_of "$name") instead of ${want[$name]};"
	done
	is "$wrong" ""
	# and that is what was touched, and nothing else
	is "$(row_of anon)" "$((5 * PAGE)),$((64 * PAGE))"
	is "$(row_of sparse | cut -d , -f 1)" "$((4 * PAGE))"
	is "$(row_of shared | cut -d , -f 1)" "$PAGE"
	is "$(row_of private | cut -d , -f 1)" 0
	grep -q 'at least' "$BATS_TEST_TMPDIR/err"
}

# bats test_tags=not-in-guests
@test "the first row is the sum of the others, and the most touched comes first" {
	subject_start
	touched_start
	subject write anon
	watch_end
	awk -F , 'NR == 2 { touched = $1; rss = $2 } NR > 2 { t += $1; r += $2; if (NR > 3 && $1 > last) exit 1; last = $1 }
		END { exit !(NR > 3 && t == touched && r == rss) }' "$BATS_TEST_TMPDIR/out"
}

@test "each interval begins with a clear of its own" {
	subject_start
	flush
	run -0 --separate-stderr pm --touched=0.05 --count 3 --json -b "$SUBJECT_PID"
	is "$(grep -c '"mapping": *"total"' <<<"$output")" 3
	# nothing of it runs: by the third all is untouched but for the marks that others set
	subject write anon 1
	run -0 --separate-stderr pm --touched=0.05 --count 2 --raw -b -o interval,touched,start "$SUBJECT_PID"
	is "$(sed -n "s/^2 \([0-9]*\) 0x${AT[anon]}\$/\1/p" <<<"$output")" 0
}

@test "huge pages of the pool are not known, nor are they in the sum" {
	subject_start
	need_region hugetlb "no huge pages are in the pool"
	touched_start
	subject write hugetlb 1
	watch_end
	is "$(row_of hugetlb)" ","
}

# bats test_tags=not-in-guests
@test "--touched before --list is a column to sort by" {
	subject_start
	flush
	run -0 --separate-stderr pm --touched=0.05 --list -b --raw -o touched,start --sort touched "$SUBJECT_PID"
	is "$(sed -n "s/^\([0-9]*\) 0x${AT[private]}\$/\1/p" <<<"$output")" "$(smaps_of Referenced "${AT[private]}")"
	awk '$1 ~ /^[0-9]+$/ { if (seen && $1 > last) exit 1; last = $1; seen = 1 } END { exit !seen }' <<<"$output"
	# without it nothing is known
	run -0 --separate-stderr pm --list --raw -o touched,start "$SUBJECT_PID"
	! grep -E '^[0-9]' <<<"$output"
}

@test "write marks stay as they are" {
	need_soft_dirty
	subject_start
	run -0 pm -e clear "$SUBJECT_PID"
	subject write anon 3 5
	run -0 --separate-stderr pm --touched=0.05 --count 1 "$SUBJECT_PID"
	is "$(read_column anon SOFT-DIRTY | awk '$1 == 1 { print NR - 1 }' | xargs)" "3 5"
}

@test "nothing is cleared with --read-only, nor before the question is answered" {
	subject_start
	local before
	before=$(smaps_of Referenced "${AT[anon]}")
	[[ $before -gt 0 ]]
	refused 2 'read-only' --touched=0.05 --count 1 --read-only "$SUBJECT_PID"
	is "$(smaps_of Referenced "${AT[anon]}")" "$before"
	SCREEN_OPTIONS=(--interval 0.2 --color=never)
	screen_start 100x30 "$SUBJECT_PID"
	screen_keys T
	screen_wait_text 'Clear the referenced bits of subject'
	screen_keys n
	screen_wait_text ' ADDRESS'
	is "$(smaps_of Referenced "${AT[anon]}")" "$before"
	screen_keys Q
	screen_end
}

# bats test_tags=not-in-guests
@test "on the screen T asks once, then the list has what is touched, its sum, and can be sorted by it" {
	local size
	subject_start
	SCREEN_OPTIONS=(--interval 0.2 --color=never)
	screen_start 120x40 "$SUBJECT_PID"
	screen_keys T
	screen_wait_text 'Clear the referenced bits of subject'
	screen_keys '?'
	screen_wait_text 'reclaim'
	screen_keys y
	screen_wait_text 'referenced bits cleared in'
	screen_wait_text ' TOUCHED '
	flush
	subject write anon
	case $PAGE in 4096) size=256K ;; *) size="[14].0M" ;; esac # 64 pages
	screen_wait_text "^.0*${AT[anon]} .* $size .* $size "
	screen_wait_text '^touched +[0-9.]+[KM] of [0-9.]+[KM] in RAM, [0-9.]+%, at least, in [0-9]+ s'
	screen_keys T # for this program consent was given
	screen_wait_text "^.0*${AT[anon]} .* $size .* - "
	screen_keys Q
	screen_end
}

@test "bug: of a process that made no fault smaps was read once" {
	subject_start
	SCREEN_OPTIONS=(--interval 0.2 --color=never)
	screen_start 120x40 "$SUBJECT_PID"
	screen_keys T
	screen_wait_text 'Clear the referenced bits of subject'
	screen_keys y
	screen_wait_text '^touched .* at least, in [3-9] s'
	screen_keys Q
	screen_end
}

@test "an exec ends consent, and what was touched is forgotten" {
	subject_start
	SCREEN_OPTIONS=(--interval 0.2 --color=never)
	screen_start 120x40 "$SUBJECT_PID"
	screen_keys T
	screen_wait_text 'Clear the referenced bits'
	screen_keys y
	screen_wait_text '^touched '
	subject exec
	screen_wait_text 'executed a new program'
	_screen_until 'no sum' _no_sum
	screen_keys T
	screen_wait_text 'Clear the referenced bits'
	screen_keys n Q
	screen_end
}
_no_sum() { ! screen_text | grep -q '^touched '; }
