#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# A kernel that counts the mappings of large folios, not of their pages: the screen says so where it matters.
# shellcheck disable=SC2154

load screen

setup() { SCREEN_OPTIONS=(--interval 0); }
teardown() { screen_stop; }

@test "the lens sharing, a filter by mapcount and the card of a page say that it is an average" {
	fixture_own folios
	screen_start 120x30 "$PID"
	run ! grep average <(screen_text)
	screen_keys 4
	screen_wait_text '^lens 4 +sharing, of large folios an average'
	screen_keys Enter
	screen_wait_text '^4 sharing .*of large folios an average'
	screen_wait_text 'mapped +3 times, folio average'
	screen_keys 1
	_screen_until 'no average in the legend' _no_average
	screen_keys f
	screen_type 'mapcount>1'
	screen_keys Enter
	screen_wait_text '512 of 512 match +of large folios an average'
	screen_keys Enter
	screen_wait_text '^ *mapped +3 times, folio average'
	screen_keys Q
	screen_end
}
_no_average() { ! screen_text | grep -q 'of large folios an average'; }
