#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The mouse: whatever it does a key does as well.

load screen

teardown() { screen_stop; }

says() { screen_text | tail -n 2 | head -n 1 | grep -F -- "$1"; }
heads() { screen_text | head -n 1 | grep -F -- "$1"; }

# a function, for `!` alone fails no test
lacks() { ! screen_text | grep -F -- "$1"; }

# screen_find TEXT: sets x and y to where it begins on the screen
screen_find() {
	local row line
	mapfile -t row < <(screen_text)
	for y in "${!row[@]}"; do
		line=${row[y]}
		[[ $line == *"$1"* ]] || continue
		line=${line%%"$1"*}
		x=${#line}
		return
	done
	_screen_fail "there is no $1 on the screen"
}

# click TEXT [TIMES]: on its first letter
click() {
	local x y
	screen_find "$1" || return
	if ((${2:-1} == 2)); then
		screen_double "$x" "$y"
	else
		screen_click "$x" "$y"
	fi
}

screen_double() {
	local m="0;$(($1 + 1));$(($2 + 1))"
	_screen_send "double click at $1,$2" -l $'\e'"[<${m}M"$'\e'"[<${m}m"$'\e'"[<${m}M"$'\e'"[<${m}m"
}

# wheel up|down|in|out [X Y]
wheel() {
	local -A button=([up]=64 [down]=65 [in]=80 [out]=81)
	_screen_send "wheel $1" -l $'\e'"[<${button[$1]};$((${2:-20} + 1));$((${3:-12} + 1))M"
}

# drag X Y X Y: by the way of its end; drag_blind: of a terminal that reports no moves
drag() {
	local from="$(($1 + 1));$(($2 + 1))" to="$(($3 + 1));$(($4 + 1))"
	_screen_send "drag from $1,$2 to $3,$4" -l $'\e'"[<0;${from}M"$'\e'"[<32;${to}M"$'\e'"[<0;${to}m"
}

drag_blind() {
	local from="$(($1 + 1));$(($2 + 1))" to="$(($3 + 1));$(($4 + 1))"
	_screen_send "drag from $1,$2 to $3,$4" -l $'\e'"[<0;${from}M"$'\e'"[<0;${to}m"
}

@test "in the list: a click is the cursor, a double click opens, the wheel moves, headings sort" {
	fixture java
	screen_start 80x24 "$PID"
	click /dev/shm/ring0
	says '/dev/shm/ring0 512M'
	wheel up
	wheel up
	wheel down
	says '7f1a2c000000'
	click '[heap]' 2
	heads '[heap] 55d1c0a00000'
	screen_keys Escape
	says '[heap] 32.0M'
	click SIZE
	screen_text | sed -n 5p | grep 'SIZE▼'
	screen_text | sed -n 6p | grep '2.0G'
	click SIZE
	screen_text | sed -n 5p | grep 'SIZE▲'
	screen_keys Q
	screen_end
}

@test "a segment of a bar filters, menus are clicked" {
	fixture java
	screen_start 80x24 "$PID"
	screen_find shm
	screen_click "$x" 1
	says /dev/shm/ring0
	lacks CodeCache
	screen_keys Escape
	screen_find CodeCache
	click 's sort'
	heads '› sort'
	click SIZE 2
	screen_text | sed -n 5p | grep 'SIZE▼'
	screen_keys o
	heads '› columns'
	click '[x] SWAP'
	screen_keys Escape
	lacks SWAP
	screen_keys Q
	screen_end
}

@test "hints are pressed, badges as well" {
	fixture java
	screen_start 80x24 "$PID"
	click 'a map'
	heads '› map'
	click 'Esc back'
	heads '› regions'
	click '? help'
	heads 'help › regions'
	click 'Esc back'
	click '[heap]'
	click Enter
	heads '[heap] 55d1c0a00000'
	click 'root'
	screen_text | grep '^ pagemap'
	click 'Esc back'
	click 'Esc back'
	click 'q quit'
	screen_end
}

@test "in the grid: cells, their pages, the whole region's strip, zoom around what is pointed at" {
	fixture java
	screen_start 80x24 "$PID"
	click '[heap]' 2
	screen_click $((13 + 5)) $((4 + 3))
	says '55d1c0ac5000'
	screen_double $((13 + 5)) $((4 + 3))
	screen_text | grep 'Page 55d1c0ac5000'
	screen_keys Escape
	screen_click $((13 + 32)) 1	# the middle of the strip
	says '55d1c1a'
	screen_keys C-o
	says '55d1c0ac5000'
	wheel out 20 8
	screen_text | grep '1 cell = 2 pages'
	wheel in 20 8
	screen_text | grep '1 cell = 1 page '
	drag 13 1 $((13 + 63)) 1
	screen_text | tail -n 2 | head -n 1 | grep 'hold Shift to select text'
	screen_text | grep -E 'view [0-9]+-8191 of 8192'
	screen_keys C-o
	screen_keys g
	click 'k ksm'
	screen_text | grep 'state=ksm: '
	click 'k ksm'
	lacks 'state=ksm: '
	drag $((13 + 2)) 4 $((13 + 5)) 5
	screen_keys y
	screen_text | tail -n 3 | grep -E 'range|68|copied'
	screen_keys Q
	screen_end
}

@test "in the map: a click, a double click, the wheel" {
	fixture java
	screen_start 80x24 "$PID"
	screen_keys a
	click ring0
	says /dev/shm/ring0
	wheel down
	says "C2 CompilerThre"
	click CodeCache 2
	heads CodeCache
	screen_keys Escape
	heads '› map'
	screen_keys Q
	screen_end
}

@test "in the bytes: a byte, its letter, a pointer" {
	fixture zoo
	screen_start 120x24 "$PID"
	screen_keys :
	screen_type 'hex heap+0x2000'
	screen_keys Enter
	screen_find 000001002010
	screen_click $((x + 18)) "$y"
	says ' 1002011:'
	click '■■■■'
	says ' 1002010:'
	click '8→' 2
	heads 'hex 1001000 (1 back)'
	screen_keys Escape
	heads 'hex 1002008'
	screen_keys Q
	screen_end
}

@test "the list of processes: a click, the headings, a double click opens" {
	fixture zoo
	screen_start 80x24
	click 'PID USER'
	screen_text | sed -n 3p | grep 'PID▲'
	click 'zoo --all' 2
	heads '4242 › regions'
	screen_keys Q
	screen_end
}

@test "an answer stays when it is clicked, and gives way to the view below it" {
	fixture zoo
	screen_start 80x40 "$PID"
	screen_keys :
	screen_type heap
	screen_keys Enter
	screen_find 'Enter go there'
	screen_click 5 34
	screen_find 'Enter go there'
	screen_click 5 8
	lacks 'Enter go there'
	says ' 10000000 [anon: untouched]'
	screen_keys :
	screen_type heap
	screen_keys Enter
	click 'go there'
	heads '[heap] 1000000'
	screen_keys Q
	screen_end
}

@test "while a line is typed the mouse is nothing, and no letter of it arrives" {
	fixture zoo
	screen_start 80x24 "$PID"
	screen_keys :
	screen_type he
	_tmux send-keys -l $'\e[<0;9;9M\e[<0;9;9m'
	screen_type ap
	screen_text | tail -n 1 | grep '^:heap '
	screen_keys Escape
	screen_keys Q
	screen_end
}

@test "reports that come in parts, or broken, press no keys" {
	fixture zoo
	screen_start 80x24 "$PID"
	_tmux send-keys -l $'\e[<0;'
	_tmux send-keys -l $'9;9M\e[<0;9;9m'
	_tmux send-keys -l $'\e[<2;9;9M\e[<2;9;9m\e[<0;999;999M\e[<0;999;999m\e[<99999999999999999999;1M'
	screen_keys Down
	heads '› regions'
	screen_text | head -n 1 | grep -v help
	screen_keys Q
	screen_end
}

@test "a drag explains once how to select text, also where motion is not reported" {
	fixture zoo
	screen_start 80x24 "$PID"
	drag_blind 5 8 5 10
	says 'hold Shift to select text'
	screen_keys Q
	screen_end
}

@test "--no-mouse asks for no reports" {
	fixture zoo
	screen_start 80x24 "$PID"
	[ "$(_tmux display-message -p '#{mouse_any_flag}#{mouse_sgr_flag}')" = 11 ]
	screen_keys Q
	screen_end
	screen_stop
	screen_start 80x24 --no-mouse "$PID"
	[ "$(_tmux display-message -p '#{mouse_any_flag}#{mouse_sgr_flag}')" = 00 ]
	screen_keys Q
	screen_end
}
