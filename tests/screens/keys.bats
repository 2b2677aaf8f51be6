#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Every key of the table, pressed in every view of the real program: it goes on, or ends as it should.
load screen

teardown() { screen_stop; }

# tmux's name of a key of keys.def
tmux_key() {
	case $1 in
	^?) echo "C-${1#^}" | tr A-Z a-z | sed 's/^c/C/' ;;
	PgUp) echo PPage ;; PgDn) echo NPage ;; Esc) echo Escape ;; Backspace) echo BSpace ;; S-Tab) echo BTab ;;
	*) echo "$1" ;;
	esac
}

# the keys of a view, each once
keys_in() { # LETTER
	sed -n 's/^K([A-Z_]*, *"\([^"]*\)", *"\([^"]*\)".*/\2 \1/p' "$fixture_top/ui/term/keys.def" |
		while read -r views keys; do
			[[ $views != '*' && $views != *"$1"* ]] || tr ' ' '\n' <<<"$keys"
		done | sort -u
}

# way_to LETTER: sets `way` to the keys that open the view from the list
way_to() {
	case $1 in
	R) way=() ;; G) way=(Enter) ;; P) way=(Enter Enter) ;; X) way=(Enter x) ;; V) way=(i) ;; M) way=(a) ;;
	C) way=(K) ;; H) way=('?') ;; L) way=('!') ;; B) way=(B) ;; T) way=(s) ;; U) way=(o) ;; W) way=(W) ;; E) way=(H) ;; *) return 1 ;;
	esac
}

press_all() { # LETTER SIZE
	local key ended=0 way
	screen_start "$2" "$PID"
	while read -r key; do
		key=$(tmux_key "$key")
		if [[ -e $SCREEN_TMP/exit ]]; then
			screen_end || return
			screen_stop
			screen_start "$2" "$PID"
			((++ended))
		fi
		if [[ $(screen_view) != "$1" ]]; then
			screen_go_up || return
			way_to "$1"
			screen_keys "${way[@]}"
			[[ $(screen_view) == "$1" ]] || { _screen_fail "no way to view $1"; return 1; }
		fi
		screen_keys "$key" || { echo "after $key in view $1"; return 1; }
		[[ $(screen_view) != "'" ]] || screen_keys a
	done < <(keys_in "$1")
	if [[ ! -e $SCREEN_TMP/exit ]]; then
		screen_go_up || return
		screen_keys q
		((++ended))
	fi
	screen_end || return
	echo "view $1: ended $ended times"
}

press_in() { # SIZE LETTER...
	local v size=$1
	shift
	fixture_own softdirty
	for v; do
		press_all "$v" "$size" || return
		screen_stop
	done
}

@test "every key in the list and its menus" { press_in 80x24 R T U; }
@test "every key in the grid" { press_in 80x24 G; }
@test "every key in the page, the region and the bytes" { press_in 80x24 P V X; }
@test "every key in the map" { press_in 80x24 M; }
@test "every key in the help, the messages, the capabilities, the writes and who wrote" { press_in 80x24 H L C W B; }
@test "every key in the list and the grid of a small screen" { press_in 32x7 R G; }
@test "every key in the other views of a small screen" { press_in 32x7 X M H U; }

@test "bug: a file whose name is one letter, where the tests are run, was a key" {
	local way
	cd "$BATS_TEST_TMPDIR"
	: >z
	way_to H
	[ "${way[*]}" = '?' ]
	fixture_own softdirty
	press_all H 80x24
}

@test "a key that does nothing says so, and where the keys are; it is not in the log" {
	fixture zoo
	screen_start 80x24 "$PID"
	screen_keys E
	screen_text | grep '^ E does nothing here: ? has the keys of this view'
	screen_keys Down
	run ! grep 'does nothing' <(screen_text)
	screen_keys Enter T
	screen_text | grep '^ T does nothing here: ? has the keys of this view'
	screen_keys F11 '?' x
	screen_text | grep '^ x does nothing in the help'
	screen_keys '!'
	screen_text | grep '^ ! does nothing in the help'
	screen_keys Escape '!'
	run ! grep 'does nothing' <(screen_text)
	screen_keys Q
	screen_end
}

@test "this test knows every view that has keys" {
	local v way
	for v in $(sed -n 's/^K([^,]*, *"[^"]*", *"\([A-Z]*\)".*/\1/p' "$fixture_top/ui/term/keys.def" | fold -w 1 | sort -u); do
		case $v in
		A | D | F | O | S | Y | Z) ;; # an answer's panel, the choice of a process, five questions: tests of their own
		*) way_to "$v" ;;
		esac
	done
}
