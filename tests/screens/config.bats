#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# pmtoprc: its settings apply, its errors are reported, the command line overrides it.
load screen

setup() {
	fixture java
	SCREEN_ENV=("XDG_CONFIG_HOME=$BATS_TEST_TMPDIR/config")
	rc=$BATS_TEST_TMPDIR/config/pmtop/pmtoprc
	mkdir -p "${rc%/*}"
}
teardown() { screen_stop; }

@test "settings: theme, columns, sort, group, letters, hints" {
	cat >"$rc" <<-'END'
		# mine
		theme = light
		columns = size rss pages mapping
		sort = rss
		hints = off
	END
	screen_start 80x24 "$PID"
	screen_golden whole config-list
	# the prompt has the last line while it is open
	screen_keys :
	screen_type heap
	screen_golden hints config-prompt
	screen_keys Escape q
	screen_end
	[[ $(<"$rc") == '# mine'*off ]] # not touched
}

@test "the command line counts for more, and --no-config leaves the file out" {
	echo 'theme = light' >"$rc"
	screen_start 80x24 --theme dark "$PID"
	screen_golden bars+rows list-java-dark
	screen_stop
	screen_start 80x24 --no-config "$PID"
	screen_golden bars+rows list-java-dark
	screen_keys q
	screen_end
}

@test "user-defined keys: they act, and all texts mention them" {
	cat >"$rc" <<-'END'
		[keys]
		clear = ^K
		help = J
		close = e
		quit = none
		[keys grid]
		zoom-out = o
	END
	screen_start 80x24 "$PID"
	screen_golden bars+hints config-keys
	screen_keys Escape
	screen_text | grep '^ e quits'
	screen_keys Enter o o
	screen_text | grep '1 cell = 4 pages'
	screen_resize 80 70
	screen_keys J
	screen_text | grep '\^K  *clear: pages written from now on light up'
	screen_keys e Q q e
	screen_text | grep '› regions'
	screen_keys e
	screen_end
}

@test "errors are reported with their line, and the rest holds" {
	printf '%s\n' 'theme = light' 'nonsense' '[keys]' 'clear = q' >"$rc"
	screen_start 160x24 "$PID"
	screen_text | grep 'config/pmtop/pmtoprc: 2 errors; ! shows them'
	screen_keys '!'
	screen_text | grep 'pmtoprc:4: in the regions view key q means close'
	screen_text | grep 'config/pmtop/pmtoprc:2: invalid line: neither NAME = VALUE nor \[SECTION\]'
	screen_keys Escape # c clears as ever, q quits
	screen_text | grep 'c clear.*q quit'
	screen_keys q
	screen_end
}

@test "bug: an action with no key after it lost the keys that it had" {
	printf '%s\n' '[keys]' 'help =' >"$rc"
	screen_start 160x24 "$PID"
	screen_text | grep 'pmtoprc:2: help =: the key is missing; give its keys, or none'
	screen_keys '?'
	screen_text | head -n 1 | grep 'help › regions'
	screen_keys Q
	screen_end
}

@test "calm: what was written has one colour, however long ago, and no second is counted" {
	fixture_own softdirty
	screen_start 80x24 --calm "$PID"
	screen_keys Enter c
	target_writes 10000000 3 5 7
	screen_keys r
	screen_golden rows config-calm 'epoch 1: soft-dirty .*' 'written .* ago'
	screen_text | head -n 1 | grep 'epoch 1  *root'
	screen_keys Q
	screen_end
}

# --- files of the person's own -----------------------------------------------------------------------------

_ask() { # TEXT: at the prompt
	screen_keys :
	screen_type "$1"
	screen_keys Enter Escape
}

@test "bug: a history or .inputrc that is a pipe, a folder or without end holds nothing up" {
	local kind history=$BATS_TEST_TMPDIR/state/pmtop/history
	fixture zoo
	mkdir -p "${history%/*}" "$BATS_TEST_TMPDIR/home"
	mkfifo "$BATS_TEST_TMPDIR/home/.inputrc"
	for kind in fifo folder device; do
		rm -rf "$history"
		case $kind in
		fifo) mkfifo "$history" ;;
		folder) mkdir "$history" ;;
		device) ln -s /dev/zero "$history" ;;
		esac
		screen_start 200x24 "$PID"
		screen_keys '!'
		screen_wait_text 'history is not a regular file'
		screen_keys Escape
		_ask heap
		screen_keys Q
		screen_end
		screen_stop
		case $kind in
		fifo) [ -p "$history" ] ;;
		folder) [ -d "$history" ] ;;
		device) [ "$(readlink "$history")" = /dev/zero ] ;;
		esac
	done
	rm "$history"
	(yes 'heap+0x1' || :) | head -c 2999997 >"$history"
	echo 'heap+0x22' >>"$history"
	truncate -s 4G "$BATS_TEST_TMPDIR/home/inputrc"
	SCREEN_ENV=("INPUTRC=$BATS_TEST_TMPDIR/home/inputrc")
	screen_start 80x24 "$PID"
	screen_keys : Up
	screen_text | tail -n 1 | grep '^:heap+0x22'
	screen_keys C-g Q
	screen_end
}

@test "bug: a linked history is not written through, nor is its mode changed; ours is replaced as a whole" {
	local history=$BATS_TEST_TMPDIR/state/pmtop/history other=$BATS_TEST_TMPDIR/other inode
	fixture zoo
	mkdir -p "${history%/*}"
	echo mine >"$other"
	chmod 644 "$other"
	ln -s "$other" "$history"
	screen_start 80x24 "$PID"
	_ask heap
	screen_keys Q
	screen_end
	screen_stop
	[ "$(<"$other")" = mine ]
	[ "$(stat -c %a "$other")" = 644 ]
	[ -L "$history" ]
	rm "$history"
	ln "$other" "$history"
	screen_start 80x24 "$PID"
	_ask heap
	screen_keys Q
	screen_end
	[ "$(<"$other")" = mine ]
	[ "$(<"$history")" = $'mine\nheap' ]
	[ "$(stat -c %a "$history")" = 600 ]
	[ "$(ls "${history%/*}")" = history ]
}

@test "bug: a report replaces a file as a whole, and goes through no link" {
	local out=$BATS_TEST_TMPDIR/out.txt other=$BATS_TEST_TMPDIR/other
	fixture zoo
	echo mine >"$other"
	ln "$other" "$out"
	screen_start 80x24 "$PID"
	screen_keys w C-u
	screen_type "$out"
	screen_keys Enter y
	screen_wait_text 'wrote [0-9]+ bytes'
	[ "$(<"$other")" = mine ]
	grep -q regions "$out"
	rm "$out"
	ln -s "$other" "$out"
	screen_keys w C-u
	screen_type "$out"
	screen_keys Enter
	screen_wait_text 'it exists and is not a regular file'
	[ "$(<"$other")" = mine ]
	[ "$(ls "$BATS_TEST_TMPDIR" | grep -c '^out')" = 1 ]
	screen_keys Escape Q
	screen_end
}
