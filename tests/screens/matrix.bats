#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Views on the two usual sizes, in 256 colours and in none: text, style and cursor. (Of the writes, whose
# figures are times, writes.bats tells.)
load screen

setup() { fixture zoo; }
teardown() { screen_stop; }

# matrix NAME KEY...: the view that the keys lead to, four times
matrix() {
	local name=$1 size color
	shift
	for size in 80x24 120x40; do
		for color in auto never; do
			SCREEN_OPTIONS=(--interval 0 --color "$color")
			screen_start "$size" "$PID"
			(($# == 0)) || screen_keys "$@"
			screen_golden "matrix-$name-${size%x*}-$color"
			screen_keys Q
			screen_end
		done
	done
}

@test "the list, everywhere" { matrix list; }
@test "the grid, everywhere" { matrix grid Down Enter; }
@test "the page, everywhere" { matrix page Down Enter Enter; }
@test "the bytes, everywhere" { matrix hex Down Enter x; }
@test "the region, everywhere" { matrix region Down i; }
@test "the map, everywhere" { matrix map a; }
@test "the capabilities, everywhere" { matrix capabilities K; }
@test "the help, everywhere" { matrix help '?'; }
@test "the menus, everywhere" {
	matrix sort s
	matrix columns o
}
