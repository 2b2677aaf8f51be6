#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The writes in numbers: the line of the list, W, the lens of writes twice.
# shellcheck disable=SC2154

load screen

setup() { SCREEN_OPTIONS=(--interval 0.1); }
teardown() { screen_stop; }

# screen_auto_clear SECONDS: C
screen_auto_clear() {
	screen_keys C C-u
	screen_type "$1"
	screen_keys Enter
}

# What a scan costs differs each time.
TIMES=('seen written [0-9.]+ s ago' 'written [0-9.]+ s ago')
NUMBERS=('[0-9]+\.[0-9] ms' 'epoch [0-9]+ \+[0-9]+s' 'epoch 1: soft-dirty .*')

@test "W before a clear: how to measure, what a migration would send, what a scan costs" {
	SCREEN_OPTIONS=(--interval 0)
	fixture softdirty
	screen_start 80x24 "$PID"
	screen_keys W
	screen_golden body writes-before "${NUMBERS[@]}"
	# back where it was opened
	screen_keys Escape
	screen_text | head -n 1 | grep 'regions'
	screen_keys Enter W W q
	screen_text | head -n 1 | grep 'canvas'
	screen_keys Q
	screen_end
}

@test "after a clear: each page once, its share, an estimate; the rate falls to nothing" {
	fixture_own softdirty
	screen_start 80x24 "$PID"
	screen_keys c W
	screen_wait_text 'rate known after 1 s|pages/s now'
	target_writes 10000000 3 5 7
	screen_wait_text 'unique pages, first +1 s: [0-9.K]+, 10 s: not yet'
	screen_wait_text 'First writes, last 60 s'
	screen_wait_text 'each page once since the clear'
	# 64 + 64 + 8 pages in RAM; the region that is new since is not known
	screen_wait_text 'never written +500K +92 % of RSS'
	screen_wait_text 'not known +\+32.0K in 1 region'
	screen_wait_text 'C counts how often'
	screen_wait_text 'Live migration of 544K, 32.0K not known counted as written'
	screen_wait_text '10 Gb/s +needs no round: 544K, downtime < 1 ms *$'
	run ! grep '…' <(screen_text)
	screen_wait_text ' 0 pages/s now'
	screen_keys Escape
	screen_wait_text 'writes +12.0K \+32.0K in 1 region, not known; 0/s new .*··· *$'
	screen_keys Q
	screen_end
}

@test "bug: the zero page and hugetlb were never written, and more than RSS" {
	fixture_own zoo
	screen_start 100x40 "$PID"
	screen_wait_text '^RAM +7.2M'
	screen_keys c W
	screen_wait_text 'never written +7.[012]M '
	screen_keys Q
	screen_end
}

@test "c begins with the present regions, not with those of the previous scan" {
	SCREEN_OPTIONS=(--interval 0)
	fixture_own softdirty
	sed -i.all /canvas/d "$ROOT/$PID/maps"
	screen_start 80x24 "$PID"
	screen_wait_text quiet
	cat "$ROOT/$PID/maps.all" >"$ROOT/$PID/maps"
	screen_keys c
	target_writes 10000000 3
	screen_keys r
	screen_wait_text '000010000000 .* 4.0K .*canvas'
	screen_keys Q
	screen_end
}

@test "an auto-clear: rates of the whole and of a region, the hottest pages, and Enter goes there" {
	fixture_own softdirty
	target_writes 10000000 3 5 7
	screen_start 80x24 "$PID"
	# nobody clears the bits of a folder: the same pages are written again and again
	screen_auto_clear 0.25
	screen_wait_text 'WR/S'
	screen_wait_text '000010000000 .* (3[6-9]|[4-7][0-9]|8[0-4])\.[0-9]K '
	screen_wait_text 'writes +\+32.0K in 1 region, not known; (3[6-9]|[4-7][0-9]|8[0-4])\.[0-9]K/s '
	screen_keys W
	screen_wait_text 'Writes, last 60 s'
	screen_wait_text 'sampled: misses writes between sample and clear'
	screen_wait_text '^ ›000010003000 +[^ ]+ +[0-9]+/[0-9]+ +4.0K \[anon: canvas'
	screen_wait_text 'unique pages, last +1 s: 12.0K'
	screen_wait_text 'every 0.[0-9]+ s'
	screen_keys Down
	screen_wait_text '^ ›000010005000'
	screen_wait_text '10005000 .*: 4.0K written in [0-9]+ of [0-9]+ epochs'
	screen_keys Enter
	screen_wait_text '1 cell = 1 page'
	screen_text | tail -n 2 | grep '10005000 '
	screen_keys Q
	screen_end
}

@test "2 again: how often instead of how long ago, with digits where there are no colours" {
	SCREEN_OPTIONS=(--interval 0)
	SCREEN_ENV=(NO_COLOR=1)
	fixture_own softdirty
	screen_start 80x24 "$PID"
	screen_keys Enter 2 c
	target_writes 10000000 3 5 7
	screen_keys r
	screen_text | grep -E '^000010000000 ...[#+-].[#+-].[#+-]'
	screen_wait_text 'written.*now' # once the message is gone
	screen_keys 2
	screen_text | grep -E '^000010000000 ...1.1.1'
	screen_wait_text 'written in # 16\+ +8 +4 +2 +1 +epochs'
	screen_keys 2
	screen_wait_text 'written.*now' # once the message is gone
	# another lens and back: it is as it was left
	screen_keys 2 1
	screen_text | grep -E '^000010000000 ...[#+-].[#+-].[#+-]'
	screen_keys 2
	screen_text | grep -E '^000010000000 ...[#+-].[#+-].[#+-]' || screen_text | grep -E '^000010000000 ...1.1.1'
	screen_keys Q
	screen_end
}

@test "beside the grid the lens of writes has the numbers; i brings the page, and takes it away" {
	SCREEN_OPTIONS=(--interval 0)
	fixture_own softdirty
	screen_start 120x40 "$PID"
	screen_keys Enter
	screen_text | grep 'Page 000010000000'
	screen_keys 2 c
	screen_text | grep 'First writes, last 60 s'
	screen_text | grep 'Hottest here'
	screen_keys i
	screen_text | grep 'Page 000010000000'
	[[ ! $(screen_text) =~ Hottest ]]
	screen_keys i
	screen_text | grep 'Hottest here'
	# a range is shown even so
	screen_keys v Right
	screen_text | grep 'Range 10000000..10002000'
	screen_keys Escape 3
	screen_text | grep 'Page 0000100'
	screen_keys Q
	screen_end
}

# An auto-clear that comes only after ten minutes: epochs begin with c, and scans with r.
@test "the page's card shows its epochs, on the whole screen and beside the grid" {
	local page ms=100000
	SCREEN_OPTIONS=(--interval 0 --calm)
	fixture_own softdirty
	target_cleared
	screen_clock $ms
	screen_start 80x24 "$PID"
	screen_auto_clear 600
	screen_keys Enter Right Right Right Enter
	target_writes 10000000 3 5
	screen_keys r
	for page in 5 3 3 9 3; do
		target_cleared
		screen_clock $((ms += 100))
		screen_keys c
		target_writes 10000000 "$page"
		screen_keys r
	done
	screen_text | grep '^ epochs  *4 of 6 ▇·▇▇·▇$'
	screen_clock $((ms += 5000))
	screen_keys C-l
	screen_wait_text '^ 10003000 .anon' # the message is gone
	screen_golden body page-epochs "${TIMES[@]}"
	screen_keys Escape
	screen_resize 120 40
	screen_golden rows+legend grid-epochs "${TIMES[@]}"
	screen_keys Right
	screen_text | grep '│ epochs  *0 of 6 ······$'
	screen_keys W
	screen_text | grep '^ ›000010003000  *▇·▇▇·▇  *4/6 '
	screen_keys Q
	screen_end
	screen_stop
	# in ASCII, after one clear; of a region that has grown since it is not known
	target_cleared
	screen_start 80x24 --ascii "$PID"
	screen_keys Enter Right Right Right Enter c
	target_writes 10000000 3
	screen_keys r
	screen_clock $((ms += 5000))
	screen_keys C-l
	screen_wait_text '^ 10003000 .anon'
	screen_golden body page-epochs-ascii "${TIMES[@]}"
	target_writes 30000000 0-7
	screen_keys r '}' '}' Enter
	screen_text | grep '^ epochs  *unknown since remap'
	screen_keys Q
	screen_end
}

@test "bug: a very small screen has no room for a graph" {
	fixture_own softdirty
	screen_start 30x6 "$PID"
	screen_keys c W
	screen_wait_text 'writes'
	screen_keys Down Down Down End
	screen_resize 80 24
	screen_wait_text 'First writes'
	screen_keys Q
	screen_end
}

@test "bug: half of W was empty, and the hottest pages were blank until C" {
	SCREEN_OPTIONS=(--interval 0)
	fixture java
	screen_start 200x60 "$PID"
	screen_keys W
	# beside each other; each says what to press
	screen_text | grep -E '^  Writes {50,}Hottest pages$'
	screen_text | grep -E '^  c measures: .* C counts how often$'
	screen_text | tail -n 1 | grep 'c clear  C count'
	screen_text | grep -E ' ›0000c0000000   1.3G of  2.0G \[anon: Java heap\]'
	screen_keys Down
	screen_text | grep -E '›7f1a50c00000 .*ring0'
	screen_keys Enter
	screen_text | head -n 1 | grep 'ring0 7f1a50c00000'
	screen_keys Escape W
	screen_resize 80 24
	screen_text | grep -E '^  Hottest pages$'
	screen_text | grep -E '^  C counts how often$'
	screen_keys Q
	screen_end
}

@test "W lists the regions written to, most first, and Enter opens one" {
	fixture_own softdirty
	screen_start 200x60 "$PID"
	screen_keys c W
	target_writes 10000000 3
	target_writes 20000000 3 5 7
	screen_wait_text '000020000000  12.0K of  256K .*quiet'
	screen_text | grep -A 2 'Regions by pages written' | grep -A 1 quiet | grep canvas
	screen_keys Up Enter
	screen_text | head -n 1 | grep quiet
	screen_keys Q
	screen_end
}

# --- who wrote ------------------------------------------------------------------------------------

@test "B says why a directory has no writers, before a clear and after it" {
	fixture_own softdirty
	screen_start 80x24 "$PID"
	screen_keys B
	screen_wait_text 'not watched: only a running process has page faults'
	screen_text | head -n 1 | grep 'written by function'
	screen_keys t
	screen_text | head -n 1 | grep 'written by thread'
	screen_keys t t t c
	screen_text | head -n 1 | grep 'written by function'
	screen_wait_text 'not watched: only a running process has page faults'
	screen_keys B
	screen_keys W Escape
	screen_text | head -n 1 | grep 'written by function'
	screen_keys Escape
	screen_text | head -n 1 | grep 'regions'
	screen_keys Q
	screen_end
}

@test "attribution that is switched off says so" {
	SCREEN_OPTIONS+=(--no-attribution)
	fixture_own softdirty
	screen_start 80x24 "$PID"
	screen_keys B
	screen_wait_text 'not watched: attribution is switched off'
	screen_keys c
	screen_wait_text 'epoch 1'
	screen_text | grep 'not watched: attribution is switched off'
	screen_keys : C-u
	screen_type 'set attribution=on'
	screen_keys Enter
	screen_wait_text 'not watched: only a running process'
	screen_keys Q
	screen_end
}
