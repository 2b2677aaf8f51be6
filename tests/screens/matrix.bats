#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Views on the usual sizes, in 256 colours and in none: text, style and cursor. Their bodies have a file
# each; header, status and hints of all of them have one a size. (Of the writes, whose figures are times,
# writes.bats tells.)
load screen

setup() { fixture zoo; }
teardown() { screen_stop; }

# matrix PART NAME KEY...: the view that the keys lead to, on both sizes, and without colours
matrix() {
	local part=$1 name=$2 size color
	shift 2
	for size in 80x24:auto 120x40:auto 80x24:never; do
		color=${size#*:}
		size=${size%:*}
		SCREEN_OPTIONS=(--interval 0 --color "$color")
		screen_start "$size" "$PID"
		(($# == 0)) || screen_keys "$@"
		screen_golden "$part" "matrix-$name-${size%x*}-$color"
		screen_keys Q
		screen_end
	done
}

@test "the list, everywhere" { matrix bars+rows list; }
@test "the grid, everywhere" { matrix body grid Down Enter; }
@test "the page, everywhere" { matrix body page Down Enter Enter; }
@test "the bytes, everywhere" { matrix body hex Down Enter x; }
@test "the region, everywhere" { matrix body region Down i; }
@test "the map, everywhere" { matrix body map a; }
@test "the capabilities, everywhere" { matrix body capabilities K; }
@test "the help, everywhere" { matrix body help '?'; }
@test "the menus, everywhere" {
	matrix rows sort s
	matrix rows columns o
}

@test "header, status and hints of each view" {
	local size view keys
	for size in 40x10 80x24 120x40; do
		screen_start "$size" "$PID"
		while read -r view keys; do
			# shellcheck disable=SC2086
			screen_keys $keys
			screen_add header+status+hints "frame-${size%x*}" "$view"
			screen_go_up
		done <<-'END'
			list Down
			grid Enter
			range Enter v
			inspector Enter i
			page Enter Enter
			hex Enter x
			region i
			map a
			sort s
			columns o
			help ?
			capabilities K
			messages !
			answer : h e a p Enter
			finding / l i b c
			groups t
			paused p
		END
		screen_golden_added "frame-${size%x*}"
		screen_keys Q
		screen_end
		screen_stop
	done
}
