#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# What happens to a process while it is shown: its main thread ends, threads end, it executes another
# program. What is watched is watched on where that is the person's word, and else it is said why not.

# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2153,SC2154
load live

teardown() { live_end; }

said() { grep -qE -- "$1" "$BATS_TEST_TMPDIR/${2:-err}"; }

# With soft-dirty a write between a scan and its clear is in no interval: written again until it is.
until_told() { # COUNT REGION PAGE...
	until_true write_and_see "$@"
}
write_and_see() {
	subject write "${@:2}"
	said ",$1,0x${AT[$2]}\$" out
}

# The tracker that there is here.
way_here() {
	if [[ $(soft_dirty) == yes ]]; then
		WAY=(--tracker soft-dirty)
	else
		need_watch
		WAY=("${INJECT[@]}")
	fi
}

# script_start PMTOP_ARG...: pmtop starts a script that becomes the subject on request
# shellcheck disable=SC2016 # for the script
script_start() {
	local pipes=$BATS_TEST_TMPDIR/script
	mkdir -p "$pipes"
	mkfifo "$pipes"/{go,in,out}
	export SUBJECT pipes SUBJECT_UNWATCHED=1 TMPDIR=$BATS_TEST_TMPDIR
	printf '#!/bin/bash\n%s\n' 'echo $$ >"$pipes/pid"; read -r _ <"$pipes/go"; exec "$SUBJECT" <"$pipes/in" >"$pipes/out"' >"$pipes/script"
	chmod +x "$pipes/script"
	"$@" -- "$pipes/script"
}

script_becomes_subject() {
	local pipes=$BATS_TEST_TMPDIR/script
	echo >"$pipes/go"
	exec {SUBJECT_IN}>"$pipes/in" {SUBJECT_OUT}<"$pipes/out"
	_subject_expect '^ready [0-9]+$'
	SUBJECT_PID=${REPLY#ready }
	is "$SUBJECT_PID" "$(<"$pipes/pid")"
	_subject_regions
}

# --- the main thread ends --------------------------------------------------------------------------------

@test "bug: thread stacks of a process whose main thread has ended keep their names" {
	subject_start
	local tid stack
	subject thread 'al ice'
	read -r tid stack <<<"$REPLY"
	subject leader-exit
	run -0 pm --list --csv -n -o START,TYPE,MAPPING "$SUBJECT_PID"
	[[ $output == *"0x$stack,stack,[stack:$tid al ice]"* ]]
	run -1 pm -e '$sp' "$SUBJECT_PID"
	[[ $output == *'it has ended'* ]]
	# and on the screen
	SCREEN_OPTIONS=(--interval 0.2 --color=never)
	screen_start 120x40 "$SUBJECT_PID"
	screen_goto "$stack"
	screen_wait_text "\[stack:$tid al ice\]"
	screen_keys Q
	screen_end
}

@test "bug: a watch ended with the thread used for reading" {
	way_here
	unwatched_start
	subject leader-exit
	watch_start --watch=0.1 "${WAY[@]}" --csv -n -o INTERVAL,PAGES,START "$SUBJECT_PID"
	until_true said ',$' out
	subject leader-exit # the one that went on ends, another goes on
	until_told 2 anon 3 5
	subject leader-exit
	until_told 1 anon 7
	watch_end
	run ! said 'could not|no longer|executed|ended'
}

@test "bug: the screen kept no track of writes after the end of the thread used for reading" {
	way_here
	unwatched_start
	subject leader-exit
	SCREEN_OPTIONS=(--interval 0.2 --color=never)
	screen_start 120x40 "${WAY[@]}" "$SUBJECT_PID"
	screen_goto "${AT[anon]}"
	screen_keys c
	screen_wait_text 'epoch 1'
	subject leader-exit
	subject write anon 3
	screen_keys W
	screen_wait_text "(1 pages?|$((PAGE / 1024))[.]0K)"
	screen_keys R
	run ! grep -E 'no longer detected|has ended|executed' <(screen_text)
	screen_keys Q
	screen_end
}

@test "the main thread ends while watched: files opened later are found, too" {
	way_here
	unwatched_start
	watch_start --watch=3600 --list -o START,WRITTEN,PSS --csv -n -b "${WAY[@]}" "$SUBJECT_PID"
	[[ ${WAY[1]} == soft-dirty ]] || until_true is_armed anon
	# with soft-dirty nothing shows that it has cleared, but that a written page is clean
	[[ ${WAY[1]} != soft-dirty ]] || until_true is_clean anon
	subject leader-exit
	subject write anon 3
	watch_end
	watch_show
	said "^0x${AT[anon]},$PAGE,[1-9]" out
}

# --- another program -------------------------------------------------------------------------------------

@test "bug: --watch of a script goes on with the program that it executes" {
	way_here
	script_start watch_start --watch=0.2 --csv -n -o INTERVAL,PAGES,START "${WAY[@]}"
	until_true said '^1,[0-9]+,$' out
	script_becomes_subject
	until_true said 'executed a new program, now .*subject.*: interval [0-9]+ starts over'
	until_told 2 anon 3 5
	watch_end
}

# write_and_record FILE: writes a page; whether the recording has such a write
write_and_record() {
	subject write anon 3
	[[ -n $("$PMTOP" --pages="${RANGE[anon]}" --filter written --csv -n -o ADDRESS "$1" 2>/dev/null) ]]
}

@test "--record of a script goes on with the program that it executes, and its writes" {
	local file=$BATS_TEST_TMPDIR/recording
	way_here
	script_start watch_start --record "$file" --interval 0.2 "${WAY[@]}"
	until_true test -s "$BATS_TEST_TMPDIR/script/pid"
	script_becomes_subject
	until_true write_and_record "$file"
	watch_end
	command -v sqlite3 >/dev/null || return 0
	[[ $(sqlite3 "$file" "SELECT text FROM message") == *"executed a new program: now subject"* ]]
}

@test "--watch before another answer covers the program that a script executes" {
	way_here
	script_start watch_start --watch=3600 --list --csv -n -b -o START,WRITTEN "${WAY[@]}"
	until_true test -s "$BATS_TEST_TMPDIR/script/pid"
	script_becomes_subject
	until_true said 'executed a new program'
	subject write anon 3
	watch_end
	watch_show
	# the clear may have come while the program was still making its regions: then not one page is known
	said "^0x${AT[anon]},([1-9][0-9]*)?\$" out
}

@test "a watch of somebody else's process ends with an exec, and says how to go on" {
	way_here
	unwatched_start
	watch_start --watch=0.2 --csv -n "${WAY[@]}" "$SUBJECT_PID"
	until_true said '^1,' out
	subject exec thread
	local status=0
	wait "$WATCH" || status=$?
	is $status 1
	said 'the process executed a new program, now .*; watch process '"$SUBJECT_PID"' with the same command'
	# beside what a short interval costs
	is "$(grep -vc ' cost the process about ' "$BATS_TEST_TMPDIR/err")" 1
}

@test "bug: a process slow to release its memory was taken for one that executed a program" {
	way_here
	# a main thread that has no memory any more and is no zombie yet: in almost any scan while this much is freed
	perl -e '$| = 1; my $x = "x" x 400e6; print "ready\n"; sleep 600' >"$BATS_TEST_TMPDIR/big" 3>&- &
	local big=$! status=0
	OTHERS+=("$big")
	until_true test -s "$BATS_TEST_TMPDIR/big"
	watch_start --watch=0.01 --csv -n "${WAY[@]}" "$big"
	until_true said '^3,' out
	kill -KILL "$big"
	wait "$WATCH" || status=$?
	cat "$BATS_TEST_TMPDIR/err"
	is $status 1
	said 'could not be measured: the process has ended$'
	# beside what a short interval costs
	is "$(grep -vc ' cost the process about ' "$BATS_TEST_TMPDIR/err")" 1
}

@test "bug: of a watched command that ended, it was said how, but not what had ended" {
	way_here
	local status=0
	mkfifo "$BATS_TEST_TMPDIR/go"
	export GO=$BATS_TEST_TMPDIR/go TMPDIR=$BATS_TEST_TMPDIR
	watch_start --watch=0.1 --csv -n -o INTERVAL "${WAY[@]}" -- perl -e 'open my $go, "<", $ENV{GO}; <$go>; exit 3'
	until_true said '^1$' out
	echo >"$GO"
	wait "$WATCH" || status=$?
	is $status 1
	said 'could not be measured: the process has ended with exit status 3'
}

@test "bug: the screen lost a script's writes when it executed a program" {
	way_here
	SCREEN_OPTIONS=(--interval 0.2 --color=never "${WAY[@]}")
	SCREEN_ENV=(SUBJECT="$SUBJECT" pipes="$BATS_TEST_TMPDIR/script" SUBJECT_UNWATCHED=1)
	script_start screen_start 160x40
	screen_keys c
	screen_wait_text 'epoch 1'
	script_becomes_subject
	screen_keys ! # where messages stay, however slow the machine
	screen_wait_text 'executed a new program, now subject: epoch 1'
	screen_keys Escape
	subject write anon 3
	screen_goto "${AT[anon]}"
	screen_wait_text "${AT[anon]} +[^ ]{3}[#+-]"
	screen_keys Q
	screen_end
}

@test "an exec by another thread than the main one is one" {
	subject_start
	SCREEN_OPTIONS=(--interval 0.2 --color=never)
	screen_start 80x24 "$SUBJECT_PID"
	subject unmap anon
	subject exec thread
	screen_wait_text 'executed a new program'
	screen_goto "${AT[anon]:-100000000000}"
	screen_wait_text "100000000000 +[ah]{64}( |\$)"
	run ! grep 'has ended' <(screen_text)
	screen_keys Q
	screen_end
}

# bats test_tags=not-in-guests
@test "bug: an exec closed the help and the log of messages" {
	unwatched_start
	SCREEN_OPTIONS=(--interval 0.2 --color=never)
	screen_start 80x24 "$SUBJECT_PID"
	screen_keys Enter '?' Down Down
	subject exec
	screen_wait_text 'executed a new program'
	is "$(screen_view)" H
	screen_keys Escape
	is "$(screen_view)" R
	screen_keys Enter '!'
	subject exec
	screen_wait_text 'executed a new program.* \(2 times\)'
	is "$(screen_view)" L
	screen_keys Escape
	is "$(screen_view)" R
	screen_keys Q
	screen_end
}

# --- the question --------------------------------------------------------------------------------------------

# question_start SIZE: a process that is not ours, and c on the first screen
question_start() {
	[[ $(soft_dirty) != yes ]] || skip "soft-dirty works here: nothing is asked"
	need_watch
	unwatched_start
	SCREEN_OPTIONS=(--interval 0.2 --color=never)
	screen_start "$1" "$SUBJECT_PID"
	screen_keys c
	screen_wait_text 'Watch the writes of subject'
}

# bats test_tags=not-in-guests
@test "bug: the second line of an error stayed below the question, whose rows covered the first" {
	[[ $(soft_dirty) != yes ]] || skip "soft-dirty works here: nothing is asked"
	need_watch
	unwatched_start
	SCREEN_OPTIONS=(--interval 0.2 --color=never)
	screen_start 80x24 "$SUBJECT_PID"
	screen_keys :
	screen_type writers
	screen_keys Enter
	screen_wait_text 'watch=SECONDS'
	screen_keys c
	screen_wait_text 'Watch the writes of subject'
	run ! grep SECONDS <(screen_text)
	screen_keys n Q
	screen_end
}

@test "bug: c and y on the first screen watch the process" {
	question_start 80x24
	screen_text | tail -1 | grep '^y yes  .*h contents only  ? costs  n no'
	screen_keys y
	screen_wait_text 'epoch 1: userfaultfd armed'
	is_registered
	subject write anon 3
	screen_goto "${AT[anon]}"
	screen_wait_text 'written|1 of'
	screen_keys Q
	screen_end
}

# bats test_tags=not-in-guests
@test "Enter is yes, ? shows all costs, and n leaves the process alone" {
	question_start 80x24
	screen_text | tr '\n' ' ' | tr -s ' ' | grep 'This pauses one thread, typically 0.1-2 ms, to run one system call. During the watch, the first write to each page after a clear takes about 1 us longer'
	run ! grep -E 'MADV_COLLAPSE|soft-dirty +no' <(screen_text)
	screen_keys '?'
	screen_wait_text 'MADV_COLLAPSE of pages not yet written fails with EINVAL'
	run ! grep '…$' <(screen_text) # a cost cut short
	run ! grep -E 'soft-dirty +no' <(screen_text)
	screen_keys '?'
	run ! grep -E 'MADV_COLLAPSE' <(screen_text)
	screen_keys n
	run ! grep 'Watch the writes of' <(screen_text)
	run ! is_registered
	screen_keys c
	screen_wait_text 'Watch the writes of'
	screen_keys Enter
	screen_wait_text 'epoch 1: userfaultfd armed'
	screen_keys Q
	screen_end
}

@test "r watches the region under the cursor alone" {
	question_start 120x40
	screen_keys n
	# what is read-only is not offered
	screen_goto "$(sed -n '/ r-xp /{s/-.*//p;q}' "/proc/$SUBJECT_PID/maps")"
	screen_keys c
	screen_wait_text 'y yes  h contents only'
	screen_keys r
	screen_wait_text 'cannot write in the region under the cursor'
	screen_keys n
	screen_goto "${AT[anon]}"
	screen_keys c
	screen_wait_text 'r this region'
	screen_keys r
	screen_wait_text 'epoch 1: userfaultfd armed'
	is_armed anon
	run ! is_armed sparse
	screen_keys Q
	screen_end
}

# bats test_tags=not-in-guests
@test "-e tracker, the manual and the README name the same costs of a watch" {
	local words
	unwatched_start
	words=$(sed -n 's/^K("[a-z_]*", "\(.*\)")$/\1/p' "$srcdir/src/track/track_costs.def") || skip "without the sources"
	[[ $words ]] || skip "without the sources"
	if need_watch; then
		pm -e tracker "$SUBJECT_PID" >"$BATS_TEST_TMPDIR/out"
		grep -q 'with consent' "$BATS_TEST_TMPDIR/out" && while read -r line; do grep -qF "$line" "$BATS_TEST_TMPDIR/out"; done <<<"$words"
	fi
	pm --print man | sed 's/\\\(.\)/\1/g' | tr '\n' ' ' >"$BATS_TEST_TMPDIR/man"
	while read -r line; do grep -qF "$line" "$BATS_TEST_TMPDIR/man"; done <<<"$words"
	grep -q 'typically 0.1-2 ms' "$srcdir/README.md"
}

# --- a command of ours ------------------------------------------------------------------------------------------

# bats test_tags=not-in-guests
@test "q with a command that goes on says so, as which process, and where its output is" {
	local pid file
	SCREEN_OPTIONS=(--interval 0.2 --color=never)
	SCREEN_ENV=(TMPDIR="$BATS_TEST_TMPDIR")
	screen_start 160x24 -- bash -c 'echo some; echo $$ >"$TMPDIR/pid"; exec sleep 1000'
	until_true test -s "$BATS_TEST_TMPDIR/pid"
	pid=$(<"$BATS_TEST_TMPDIR/pid")
	OTHERS+=("$pid")
	screen_keys Q
	screen_end
	screen_text | grep -E "^pmtop: bash keeps running as process $pid; its output: $BATS_TEST_TMPDIR/pmtop-output-"
	file=$(screen_text | sed -n 's/^pmtop: .*its output: //p')
	is "$(<"$file")" some
	[[ -d /proc/$pid ]]
}

# bats test_tags=not-in-guests
@test "bug: losing the race with a short command had four answers, one of them that it keeps running" {
	local i status how='has ended with exit status 7 before pmtop could look at it'
	export TMPDIR=$BATS_TEST_TMPDIR/outputs
	mkdir "$TMPDIR"
	for ((i = 0; i < 40; i++)); do
		local mode=(--record "$BATS_TEST_TMPDIR/$i.pmtop") what='no sample was taken of'
		((i % 2)) || what='nothing to show for'
		((i % 8 == 0)) && mode=(--list)
		((i % 8 == 2)) && mode=(--watch=0.1)
		((i % 8 == 4)) && mode=(--summary)
		((i % 8 == 6)) && mode=(--frames 1)
		status=0
		pm "${mode[@]}" -- sh -c 'exit 7' >/dev/null 2>"$BATS_TEST_TMPDIR/err" || status=$?
		cat "$BATS_TEST_TMPDIR/err"
		# the race may be won
		((status)) || { rm -f "$TMPDIR"/*; continue; }
		is "$(ls "$TMPDIR")" ""
		said '^pmtop: interval 1 could not be measured: the process has ended with exit status 7$' && continue
		is $status 1
		is "$(wc -l <"$BATS_TEST_TMPDIR/err")" 1
		said "^pmtop: $what process [0-9]+ \(sh\): it $how\$"
	done
}

# bats test_tags=not-in-guests
@test "a command that has ended: its output is kept, a file without any is removed" {
	local status=0
	export TMPDIR=$BATS_TEST_TMPDIR/outputs
	mkdir "$TMPDIR"
	way_here
	pm --watch=3600 "${WAY[@]}" -- perl -e 'select undef, undef, undef, 0.5; exit 3' 2>"$BATS_TEST_TMPDIR/err" || status=$?
	is $status 1
	is "$(ls "$TMPDIR")" ""
	pm --watch=3600 "${WAY[@]}" -- perl -e 'print "words"; select undef, undef, undef, 0.5; exit 3' 2>"$BATS_TEST_TMPDIR/err" || :
	said "^pmtop: perl has ended with exit status 3; its output: $TMPDIR/pmtop-output-"
	is "$(cat "$TMPDIR"/*)" words
	rm "$TMPDIR"/*
	# what it has left behind may still write
	pm --watch=3600 "${WAY[@]}" -- perl -e 'if (fork) { select undef, undef, undef, 0.5; exit 3 } open my $f, ">", "$ENV{TMPDIR}.pid"; print $f $$; close $f; sleep 1000' 2>"$BATS_TEST_TMPDIR/err" || :
	OTHERS+=("$(<"$TMPDIR.pid")")
	said 'its output \(none yet\): '
	is "$(ls "$TMPDIR" | wc -l)" 1
}
