#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Completion in the shells themselves: what bash, zsh and fish offer at the end of a line.
# shellcheck disable=SC2154,SC2016

# bats file_tags=not-in-san
load helper

setup() {
	cd "$BATS_TEST_TMPDIR"
	touch day.pmtop notes.txt
}

# offered SHELL LINE: the words, one a line, sorted
offered() {
	"offered_$1" "$2" | sort -u
}

# what readline makes of the line; the rest is the shell's
offered_bash() {
	bash --norc -c 'source "$1"; line=$2
		[[ $line =~ [^=]$ || $line == *= ]] && line=${line//=/ = }
		eval "COMP_WORDS=(${line//[\"&<>|()]/\\&})"
		[[ $2 != *" " ]] || COMP_WORDS+=("")
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		_pmtop 2>/dev/null
		printf "%s\n" "${COMPREPLY[@]}"' _ "$completion" "$1"
}

offered_zsh() { timeout "$((20 * ${TEST_TIMEOUT_SCALE:-1}))" "$BATS_TEST_DIRNAME/complete.zsh" "$completion" "$1"; }

offered_fish() {
	HOME=$BATS_TEST_TMPDIR fish --no-config -c 'source $argv[1]; complete -C $argv[2]' "$completion" "$1" |
		cut -f 1 | sed 's/^--[a-z-]*=//'
}

need_shell() {
	command -v "$1" >/dev/null || skip "$1 is not installed"
	completion=$BATS_TEST_TMPDIR/completion
	"$PMTOP" --print "$1-completion" >"$completion"
	"$1" -n "$completion"
}

# has WORD, lacks WORD: among those on standard input
has() { grep -qxF -e "$1" <<<"$words" || { echo "no $1 in: $words"; return 1; }; }
lacks() { ! grep -qxF -e "$1" <<<"$words" || { echo "$1 is in: $words"; return 1; }; }

# The same questions to each of them.
asks() { # SHELL
	local shell=$1 words word
	need_shell "$shell"

	words=$(offered "$shell" 'pmtop --pa')
	has --pages
	lacks --list
	# every option that is not hidden
	words=$(offered "$shell" 'pmtop --')
	while read -r word; do
		has "$word"
	done < <(sed -n '/HIDDEN/d; s/^O([^,]*, *"\([^"]*\)".*/--\1/p' "$fixture_top/ui/config/options.def")
	lacks --demo-target
	# values
	is "$(offered "$shell" 'pmtop --theme l')" light
	is "$(offered "$shell" 'pmtop --color 2')" 256
	is "$(offered "$shell" 'pmtop --tracker soft')" soft-dirty
	is "$(offered "$shell" 'pmtop --by fu')" function
	is "$(offered "$shell" 'pmtop --group ty')" type
	is "$(offered "$shell" 'pmtop --lens sh')" sharing
	is "$(offered "$shell" 'pmtop --at st')" start
	is "$(offered "$shell" 'pmtop --export per')" perfetto
	is "$(offered "$shell" 'pmtop --when wri')" written
	is "$(offered "$shell" 'pmtop --with-bytes sta')" stack
	words=$(offered "$shell" 'pmtop --heat=hea')
	has heap
	words=$(offered "$shell" 'pmtop --diff da')
	has day.pmtop
	words=$(offered "$shell" "pmtop --diff ${$:0:1}")
	has $$
	words=$(offered "$shell" 'pmtop --pages=hea')
	has heap
	words=$(offered "$shell" 'pmtop --record no')
	has notes.txt
	# columns: of the answer, after a comma
	words=$(offered "$shell" 'pmtop --list -o START,MAP')
	[[ $words == *MAPPING ]]
	words=$(offered "$shell" 'pmtop --pages -o SOFT')
	has SOFT-DIRTY
	words=$(offered "$shell" 'pmtop --watch=2 --by function -o WRIT')
	has WRITER
	# questions; what only the screen does is none
	words=$(offered "$shell" 'pmtop -e wr')
	[[ $words == *writers* && $words != *"write "* && $words != *write ]]
	# processes, and recordings
	words=$(offered "$shell" "pmtop ${$:0:1}")
	has $$
	words=$(offered "$shell" 'pmtop da')
	has day.pmtop
	words=$(offered "$shell" 'pmtop ')
	# the others offer any file where no recording matches
	[ "$shell" != bash ] || lacks notes.txt
	# a command
	words=$(offered "$shell" 'pmtop -- mktem')
	has mktemp
}

# a process chooses its name
odd_name() { # SHELL
	local words pid
	need_shell "$1"
	mkdir programs
	cp "$(type -P tail)" 'programs/$(touch odd)x'
	cp "$(type -P tail)" programs/plain-name
	'programs/$(touch odd)x' -f /dev/null &
	pid=$!
	programs/plain-name -f /dev/null &
	pid+=" $!"
	until [ "$(cat "/proc/${pid% *}/comm" "/proc/${pid#* }/comm" | xargs)" == '$(touch odd)x plain-name' ]; do
		# shellcheck disable=SC2086
		kill -0 $pid
	done
	words=$(offered "$1" 'pmtop ')
	# shellcheck disable=SC2086
	kill $pid
	has plain-name
	lacks '$(touch odd)x'
	lacks x
	[ ! -e odd ]
}

@test "bash completes options, values, columns, questions, targets and commands" { asks bash; }
@test "zsh completes the same" { asks zsh; }
@test "fish completes the same" { asks fish; }

# bash WORD...: what is offered for the last of readline's words
bash_words() {
	bash --norc -c 'source "$1"; COMP_WORDS=("${@:2}") COMP_CWORD=$(($# - 2))
		_pmtop 2>/dev/null
		((${#COMPREPLY[@]} == 0)) || printf "%s\n" "${COMPREPLY[@]}"' _ "$completion" "$@"
}

@test "bug: bash took the name of a file with a space for two, and [vdso] for a pattern of files" {
	need_shell bash
	touch 'my day.pmtop' d v
	mkdir 'a folder'
	is "$(bash_words pmtop my)" 'my day.pmtop'
	is "$(bash_words pmtop 'my\ d')" 'my day.pmtop'
	is "$(bash_words pmtop --record '"my')" 'my day.pmtop'
	is "$(bash_words pmtop --diff my)" 'my day.pmtop'
	is "$(bash_words pmtop --proc-root a)" 'a folder'
	is "$(bash_words pmtop -- cat my)" 'my day.pmtop'
	is "$(bash_words pmtop --pages = '[')" '[vdso]'
	is "$(bash_words pmtop --pages --filter "'anon & scan:pre")" 'anon & scan:present'
}

@test "bug: bash offered processes after a colon, where readline begins a word" {
	need_shell bash
	is "$(bash_words pmtop --pages --filter scan : pre)" present
	is "$(bash_words pmtop --pages --filter = scan : pre)" present
	is "$(bash_words pmtop --pages --filter scan : | head -n 2)" $'present\nswapped'
	is "$(bash_words pmtop -e pfn :)" ''
	is "$(bash_words pmtop -e pfn : "${$:0:1}")" ''
	is "$(bash_words pmtop --at = 12 : 1)" ''
}

@test "bug: zsh took [vdso] for a pattern of files, and fish offered any file after --pages=" {
	local words
	need_shell zsh
	words=$(offered zsh 'pmtop --scope ')
	has '\[vdso\]'
	words=$(offered zsh 'pmtop -e ')
	has '\[vdso\]'
	need_shell fish
	is "$(offered fish 'pmtop --pages=' | xargs)" '[vdso] heap stack'
}

@test "the name of a process is not run as a command by the completion of bash" { odd_name bash; }
@test "nor by that of zsh" { odd_name zsh; }
@test "nor by that of fish" { odd_name fish; }
