#!/usr/bin/env -S zsh -f
# SPDX-License-Identifier: GPL-3.0-or-later
# usage: complete.zsh FILE LINE: what zsh offers at the end of LINE after the completion FILE was sourced, a word a
# line. Completion works in a shell with a terminal alone: so there is one, whose Tab writes down what it would add.
zmodload zsh/zpty
setup='
	PROMPT= RPROMPT= KEYTIMEOUT=1
	unsetopt beep prompt_cr prompt_sp
	autoload -U compinit && compinit -D -u
	source $FILE
	compadd()
	{
		local -a hits
		# these fill arrays: nothing is offered yet
		if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then
			builtin compadd "$@"
			return
		fi
		builtin compadd -A hits "$@"
		print -rl -- $hits >>$OUT
		builtin compadd "$@"
	}
	offered() { print OFFERED; exit; }
	zle -C offer complete-word _generic
	complete-and-end() { zle offer; offered; }
	zle -N complete-and-end
	bindkey "^I" complete-and-end
	print READY
'
export OUT=$(mktemp) FILE=$1 COLUMNS=1000
zpty shell zsh -f -i
zpty -w shell "eval ${(q)setup}"
# what is typed is echoed: wait for the word alone on its line
zpty -r shell said $'*\nREADY\r\n*'
zpty -n -w shell "$2"$'\t'
zpty -r shell said '*OFFERED*'
zpty -d shell
grep . $OUT
rm -f $OUT
