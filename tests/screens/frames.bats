#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# What a frame sends to the terminal: nothing, if it shows what is there already.
load screen

setup() { fixture zoo; }
teardown() { screen_stop; }

# sent COMMAND...: what the terminal is sent from now on until the command, which waits, has returned
sent() {
	local file=$SCREEN_TMP/sent
	_screen_sync || return
	rm -f "$file"
	_tmux pipe-pane "cat >'$file'"
	"$@" || return
	_screen_sync || return
	_screen_until "what was sent" grep -qs "sync-$SCREEN_SYNCS" "$file" || return
	_tmux pipe-pane
	perl -0pe 's/\e\]2;sync-\d+\a//' "$file"
}

# still VIEW COMMAND...: three frames at least, and nothing is sent
still() {
	local view=$1 got before after
	shift
	[[ $(tail -n 1 "$SCREEN_TMP/status") == *" view=$view "* ]] || _screen_fail "this is not view $view"
	before=$(frames)
	got=$(set -o pipefail; sent "$@" | od -c) || { echo "$got"; return 1; }
	after=$(frames)
	((after >= before + 3)) || _screen_fail "$((after - before)) frames for three"
	[[ $got == 0000000 ]] || { echo "view $view was sent again:"; echo "$got"; return 1; }
}

@test "another sample without changes sends nothing, in any view" {
	local again=(screen_keys F5 F5 F5)
	screen_start 120x40 "$PID"
	still R "${again[@]}"
	screen_keys i; still V "${again[@]}"; screen_keys Escape
	screen_keys a; still M "${again[@]}"; screen_keys Escape
	screen_keys K; still C "${again[@]}"; screen_keys Escape
	screen_keys s; still T "${again[@]}"; screen_keys Escape
	screen_keys o; still U "${again[@]}"; screen_keys Escape
	screen_keys Enter; still G "${again[@]}"
	screen_keys +; still G "${again[@]}"
	screen_keys Enter; still P "${again[@]}"; screen_keys Escape
	screen_keys x; still X "${again[@]}"
	screen_keys Q
	screen_end
}

@test "frames by the clock send nothing if they bring nothing, nor do keys that move nothing" {
	local SCREEN_OPTIONS=(--interval 0.1)
	fixture_own zoo
	screen_start 80x24 "$PID"
	still R scans_come 3
	screen_keys Enter
	still G scans_come 3
	screen_keys :
	screen_type rss
	still : scans_come 3
	still : screen_keys C-e End Right
	screen_keys Escape Q
	screen_end
}

@test "a cell that changes is sent, and little besides" {
	local got cells
	screen_start 120x40 "$PID"
	screen_keys Enter
	got=$(sent screen_keys Right | wc -c)
	cells=$(sed -nE 's/.* key_us=[1-9].* cells=([0-9]+).*/\1/p' "$SCREEN_TMP/status" | tail -n 1)
	echo "$got bytes for $cells cells"
	((cells > 1 && cells < 400 && got > cells && got < 20 * cells))
}
