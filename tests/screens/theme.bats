#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Which colours: of the terminal's background, of the environment, of the options.
load screen

setup() { fixture java; }
teardown() { screen_stop; }

@test "a terminal that reports its background gets the theme for it" {
	SCREEN_GROUND='#ffffff'
	screen_start 80x24 "$PID"
	screen_golden bars+rows list-java-light
	screen_stop
	SCREEN_GROUND='#002b36'
	screen_start 80x24 "$PID"
	screen_golden bars+rows list-java-dark
	screen_stop
	# what was asked for counts for more than what was found
	screen_start 80x24 --theme light "$PID"
	screen_golden bars+rows list-java-light
	screen_keys q
	screen_end
}

@test "COLORFGBG decides for terminals that do not" {
	SCREEN_ENV=('COLORFGBG=0;15')
	screen_start 80x24 "$PID"
	screen_golden bars+rows list-java-light
	screen_stop
	SCREEN_ENV=('COLORFGBG=15;default;0')
	screen_start 80x24 "$PID"
	screen_golden bars+rows list-java-dark
	screen_stop
	# the terminal knows better than what was set in another
	SCREEN_GROUND='#000000'
	SCREEN_ENV=('COLORFGBG=0;15')
	screen_start 80x24 "$PID"
	screen_golden bars+rows list-java-dark
	screen_keys q
	screen_end
}

@test "an answer that comes late changes the colours, and none of its letters is a key" {
	screen_start 80x24 "$PID"
	screen_golden bars+rows list-java-dark
	screen_send -l $'\e]11;rgb:ffff/ffff/ffff\e\\'
	screen_keys Down Up # by then it has been read
	screen_golden bars+rows list-java-light
	# in the prompt, too
	screen_keys :
	screen_send -l $'\e]11;rgb:0000/0000/0000\a'
	screen_type h
	screen_text | grep "^:h "
	screen_keys Escape
	screen_golden bars+rows list-java-dark
	screen_keys q
	screen_end
}

@test "list and grid in sixteen colours, in eight, on a light ground" {
	sixteen_colors
	screen_start 80x24 "$PID"
	screen_golden bars+rows theme-list-16
	screen_keys Enter
	screen_golden bars+rows+legend theme-grid-16
	screen_stop
	SCREEN_ENV=() SCREEN_TERM=xterm SCREEN_GROUND='#ffffff'
	screen_start 80x24 "$PID"
	screen_golden bars+rows theme-list-8-on-light
	screen_keys Enter
	screen_golden bars+rows+legend theme-grid-8-on-light
	screen_keys Q
	screen_end
}

@test "--color 256 where TERM has eight: as many as there are, and the messages say so" {
	local term as colors
	# what is cleared in a colour tmux captures as if it had none
	while read -r term as colors; do
		SCREEN_TERM=$term
		screen_start 80x24 --color 256 "$PID"
		screen_wait_text '^ c0000000 .anon: Java heap. 2.0G rw-p:' # the message is gone
		screen_golden bars+rows "list-java-$colors"
		screen_keys Down
		screen_text | sed -n 7p | grep '^›'
		screen_keys Up !
		screen_text | grep -F -- "--color 256: terminal $term is treated as $as"
		screen_keys Q
		screen_end
		screen_stop
	done <<-END
		screen screen-256color dark
		xterm xterm-256color 256
		linux xterm-256color 256
	END
	# it needs no help
	SCREEN_TERM=tmux-256color
	screen_start 80x24 --color 256 "$PID"
	screen_golden bars+rows list-java-dark
	screen_keys !
	screen_text | head -n 1 | grep 'messages'
	[[ ! $(screen_text) =~ 'is treated as' ]]
	screen_keys Q
	screen_end
}

@test "--theme ansi and mono where there are more colours" {
	screen_start 80x24 --theme ansi "$PID"
	screen_golden bars+rows theme-list-ansi
	screen_stop
	screen_start 80x24 --theme mono "$PID"
	screen_golden bars+rows list-java-mono
	screen_keys q
	screen_end
}

# frame LABEL OPTION...: the list with these options
frame() {
	local label=$1
	shift
	screen_start 80x24 "$@" "$PID"
	screen_add header+heading+status+hints frame-themes "$label"
	screen_stop
}

@test "header, heading, status and hints in every theme" {
	frame dark
	frame light --theme light
	frame ansi --theme ansi
	frame mono --theme mono
	frame ascii --ascii
	SCREEN_TERM=xterm
	frame 'eight colours'
	SCREEN_GROUND='#ffffff'
	frame 'eight on light'
	SCREEN_GROUND=default SCREEN_TERM=linux
	frame linux
	sixteen_colors
	frame 'sixteen colours'
	screen_golden_added frame-themes
}
