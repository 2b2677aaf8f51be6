#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Zoomed out by any step, the grid on the screen counts every page: cell by cell and in sum.

# bats file_tags=not-in-guests
load live
# shellcheck disable=SC2154

teardown() { live_end; }

# levels REGION: how many zooms it has until it is one cell
levels() {
	local pages zoom=0
	pages=$(((0x${RANGE[$1]#*..} - 0x${AT[$1]}) / PAGE))
	while ((1 << zoom < pages * 2)); do zoom=$((zoom + 1)); done
	echo "$zoom"
}

# proven REGION: at every zoom what w writes of the screen against the reader; sets REPLY to the last, one cell
proven() {
	local zoom levels
	levels=$(levels "$1")
	screen_goto "${AT[$1]}"
	for ((zoom = 0; zoom < levels; zoom++)); do
		# the file is written before the next zoom is asked for
		screen_burst w C-u "$1.$zoom.csv" Enter -
	done
	screen_keys Escape
	run "$live_dir/zoomed" "${RANGE[$1]}" "$ZERO" "$1" <reader
	echo "$output"; is "$status ${#lines[@]}" "0 $levels"
	REPLY=${lines[-1]}
}

@test "every second page, every eighth, and three kinds in turn, at every zoom" {
	subject_start
	ZERO=$(read_column zero PFN | head -n 1)
	[[ $ZERO ]] || skip "page frames are hidden from us"
	cd "$BATS_TEST_TMPDIR" || return	# short names are typed sooner
	reader "$SUBJECT_PID" "${AT[alt]}..${RANGE[alt-odd]#*..}" >reader
	SCREEN_OPTIONS=(--interval 0 --read-only)
	screen_start 120x40 "$SUBJECT_PID"
	proven alt
	is "$REPLY" "11 1: 2048 1024 0"
	proven alt-8
	is "$REPLY" "11 1: 2048 1792 0"
	proven alt-odd
	is "$REPLY" "10 1: 1001 333 334"
	screen_keys Q
	screen_end
}
