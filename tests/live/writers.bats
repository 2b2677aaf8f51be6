#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Which code wrote: a process whose functions write to known pages, against nm and addr2line.
# shellcheck disable=SC2154
# of the compiler that they need a guest has none
# bats file_tags=not-in-guests
load live

teardown() { live_end; }

PLACE=220000000000

page() { printf '%x' $((0x$PLACE + $1 * PAGE)); }

# author_start [OPTION...]: sets AUTHOR, compiled with them, and PID
author_start() { compiled_start author "$@"; }

compiled_start() {
	command -v gcc >/dev/null || skip "there is no gcc"
	AUTHOR=$BATS_TEST_TMPDIR/$1
	gcc -g -O1 -D_GNU_SOURCE -pthread "${@:2}" -o "$AUTHOR" "$live_dir/$1.c" 2>"$BATS_TEST_TMPDIR/errors" ||
		skip "gcc fails: $(head -1 "$BATS_TEST_TMPDIR/errors")"
	program_start "$AUTHOR"
	PID=${PROGRAMS[-1]}
}

# writes QUESTION...: the answers after an interval, as JSON in $JSON; or skips if nothing can be known
writes() {
	local ask=() how=()
	for question; do ask+=(-e "$question"); done
	if [[ $(soft_dirty) != yes ]]; then
		need_watch
		how=("${INJECT[@]}")
	fi
	JSON=$BATS_TEST_TMPDIR/json
	pm --watch=0.5 --json "${how[@]}" "${ask[@]}" "$PID" >"$JSON" 2>"$BATS_TEST_TMPDIR/errors" || {
		grep -q 'cannot watch page faults\|cannot tell which code' "$BATS_TEST_TMPDIR/errors" &&
			skip "$(cat "$BATS_TEST_TMPDIR/errors")"
		cat "$BATS_TEST_TMPDIR/errors"
		return 1
	}
}

# table N KEY COLUMN...: of the rows of answer N
table() {
	perl -MJSON::PP -e '
		my ($file, $n, $key, @columns) = @ARGV;
		open my $f, "<", $file or die;
		my $rows = decode_json(join "", <$f>)->{answers}[$n]{$key} or die "no $key";
		print join(",", map { $_ // "" } @$_{@columns}), "\n" for @$rows' "$JSON" "$@"
}

@test "each page has the function and the thread that wrote it, and addr2line's place in the source" {
	local line name offset source at
	author_start
	writes "writers $(page 0)" "writers $(page 5)" "writers $(page 12)" "writers $(page 14)"
	line=$(table 0 faults what thread function file source | head -1)
	[[ $line == wrote,author,store_main+0x*,author,*author.c:* ]]
	IFS=, read -r _ _ name _ source <<<"$line"
	offset=${name#*+} name=${name%+*}
	at=$(nm "$AUTHOR" | awk -v name="$name" '$3 == name { print $1 }')
	if command -v addr2line >/dev/null; then
		is "$source" "$(addr2line -e "$AUTHOR" "$(printf '0x%x' $((0x$at + offset)))")"
	fi
	[[ $(table 1 faults what thread function | head -1) == wrote,second,store_second+0x* ]]
	# a read fault came first: its instruction cannot have written, or else one of the two has;
	# before the clear, nothing is known of writes
	is "$(table 2 faults intervals_ago what function | sed -n 's/^0,\(.*\)+.*/\1/p' | sort -u | xargs)" \
		"$(reads_instructions && echo read,look wrote,store_main || echo may have written,look may have written,store_main)"
	is "$(table 3 faults what)" ""
}

@test "pages by function, by thread and by chain: in the table and as counts" {
	author_start
	writes "writers $(page 0)..+12p" "writers $(page 0)..+12p by thread" \
		"count written in $(page 0)..+16p by function" "count written in $(page 0)..+8p by thread" \
		"writers $(page 0)..+12p by region"
	is "$(table 0 writers function pages | grep store | sort | xargs)" "store_main,4 store_second,4"
	is "$(table 1 writers thread pages | grep second)" "second,4"
	# by region: what the tracker saw, how much of it has a writer, and what has none
	is "$(table 4 writers pages one_writer candidates mapping)" \
		"12,$(grep -q system_calls "$JSON" && echo 8 || echo 12),0,[anonymous]"
	if reads_instructions; then
		[[ $(table 2 groups function pages) == *"store_main in author,5"* ]]
		[[ $(table 2 groups function pages) != *"several candidates"* ]]
	else
		[[ $(table 2 groups function pages) == *"store_main in author,4"* ]]
		[[ $(table 2 groups function pages) == *"several candidates,1"* ]]
	fi
	[[ $(table 3 groups thread pages) =~ ^(author|second)\ \(thread\ [0-9]+\),4 ]]
	# where the kernel may be watched, too
	if grep -q 'system_calls' "$JSON"; then
		[[ $(table 0 writers function pages) == *"no fault seen,4"* ]]
	else
		[[ $(table 0 writers function pages) == *"read (system call),4"* ]]
	fi
}

@test "--watch --list has the function that wrote most of each region; without a watch WRITER is empty" {
	local how=()
	author_start
	writes "writers $(page 0)" # or skips
	[[ $(soft_dirty) == yes ]] || how=("${INJECT[@]}")
	pm --watch=0.5 --list "${how[@]}" --raw -n -o START,WRITER --sort WRITER "$PID" |
		grep -Ex "0x0*$PLACE (store_main|store_second|read)( .*)?"
	is "$(pm --list --raw -n -o WRITER "$PID" | tr -d ' \n-')" ""
}

@test "what could not be unwound is said: without frame pointers, and between a function and its caller" {
	[[ $(uname -m) == x86_64 ]] || skip "the frames of this machine are not known"
	author_start -O2 -fomit-frame-pointer
	writes "writers $(page 0)"
	[[ $(table 0 faults chain | head -1) == "store_main+0x"*"[caller"*"not known]"* ]]
	author_start -O0 -fno-omit-frame-pointer
	writes "writers $(page 0)"
	[[ $(table 0 faults chain | head -1) =~ ^store_main\+0x[0-9a-f]+\ \<\ outer\+0x[0-9a-f]+\ \<\ main\+0x[0-9a-f]+ ]]
	[[ $(table 0 faults chain | head -1) != *"caller not known"* ]]
}

@test "bug: a chain had a frame 0: a return address that is no code of the process ends it, and that is said" {
	[[ $(uname -m) == x86_64 ]] || skip "the frames of this machine are not known"
	author_start -fno-omit-frame-pointer
	writes "writers $(page 16)" "writers $(page 16)..+1p by chain"
	[[ $(table 0 faults chain | head -1) =~ ^store_lost\+0x[0-9a-f]+\ \<\ \[callers\ not\ known\]$ ]]
	is "$(table 1 writers chain | head -1)" "author;[callers not known];store_lost"
}

@test "inlined functions are in call chains, not in counts by function; without DWARF they are in neither" {
	local chain='put (inlined) < put_twice (inlined) < store_around+0x'
	author_start -O2
	writes "writers $(page 17)" "writers $(page 17)..+1p" "writers $(page 17)..+1p by chain"
	[[ $(table 0 faults chain | head -1) == "$chain"* ]]
	[[ $(table 0 faults function | head -1) == store_around+0x* ]]
	is "$(table 1 writers function pages)" store_around,1
	[[ $(table 2 writers chain) == author\;*\;store_around\;put_twice\ \(inlined\)\;put\ \(inlined\) ]]
	author_start -O2 -g0
	writes "writers $(page 17)"
	[[ $(table 0 faults chain | head -1) == store_around+0x* ]]
	[[ $(table 0 faults chain) != *inlined* ]]
}

@test "no fault seen: what O_DIRECT read, and what another process wrote to shared memory" {
	command -v gcc >/dev/null || skip "there is no gcc"
	head -c $((8 * PAGE)) /dev/zero >"$BATS_TEST_TMPDIR/data"
	gcc -O1 -D_GNU_SOURCE -o "$BATS_TEST_TMPDIR/stranger" "$live_dir/stranger.c"
	program_start "$BATS_TEST_TMPDIR/stranger" "$BATS_TEST_TMPDIR/data"
	PID=${PROGRAMS[-1]}
	writes "writers $(page 0)..+16p" "writers $(page 0)" "writers 230000000000"
	[[ $(table 0 writers function pages | xargs) != own_store,1 ]] || skip "no O_DIRECT here"
	is "$(table 0 writers function pages | sort | xargs)" "no fault seen,8 own_store,1"
	writes "writers $(page 0)..+8p by thread"
	is "$(table 0 writers thread pages)" "no fault seen,8"
	how=()
	[[ $(soft_dirty) == yes ]] || how=("${INJECT[@]}")
	pm --watch=0.3 "${how[@]}" -e "writers $(page 0)" -e "writers 230000000000" "$PID" >"$BATS_TEST_TMPDIR/said"
	grep 'written, but no fault was seen' "$BATS_TEST_TMPDIR/said"
	grep 'no fault seen, and not seen written; other processes may write to shared memory unseen' "$BATS_TEST_TMPDIR/said"
}

@test "code without a symbol has its place in its file, never another function's name" {
	author_start -s
	writes "writers $(page 0)"
	[[ $(table 0 faults function | head -1) =~ ^author@[0-9a-f]+$ ]]
}

@test "no one watched: the question is refused, with the reason" {
	author_start
	refused 1 'page faults are not watched' -e writers "$PID"
	refused 1 'page faults are not watched' -e "count present by function" "$PID"
	need_watch
	refused 1 'attribution is switched off; leave out --no-attribution' --no-attribution --watch=0.1 \
		"${INJECT[@]}" -e writers "$PID"
	pm --watch=0.1 "${INJECT[@]}" -e 'writers 1000' "$PID" | grep -x '0x1000: not mapped, and no fault seen'
}

@test "unshared by function: who unshared pages of a fork family since it was last asked, and nobody else" {
	local child rows
	((EUID == 0)) || skip "page frames are root's"
	compiled_start kin
	child=$(cat "/proc/$PID/task/$PID/children")
	child=${child% }
	JSON=$BATS_TEST_TMPDIR/json
	pm --watch=0.5 --json -e 'unshared 230000000000..+4096p by function' "$PID" >"$JSON" 2>"$BATS_TEST_TMPDIR/errors" || {
		grep -q 'cannot tell who unshared it: \|hidden' "$BATS_TEST_TMPDIR/errors" &&
			skip "$(cat "$BATS_TEST_TMPDIR/errors")"
		cat "$BATS_TEST_TMPDIR/errors"
		return 1
	}
	rows=$(table 0 writers function writer pid)
	# a page or two may be unshared while the first answer is on its way
	is "$(grep -v 'no fault seen' <<<"$rows" | sort)" "child_store,$child,$child
parent_store,$PID,$child"
	is "$(table 0 writers pages | awk '{ n += $1 } END { print n }')" \
		"$(perl -MJSON::PP -e 'local $/; print decode_json(<>)->{answers}[0]{turned}' "$JSON")"
	# the parent's late stores are to pages that were unshared before: none of them counts
	(($(table 0 writers pages function | sed -n 's/,no fault seen//p') + 0 < 100))
}

@test "unshared by function: a family that faults too often is watched part of the time, and that is said" {
	[[ ! ${TEST_NESTED-} ]] || skip "an emulated processor faults too seldom for that"
	((EUID == 0)) || skip "page frames are root's"
	# shellcheck disable=SC2016 # for perl to expand
	program_start perl -MCalls -e 'my $shared = "x" x (1 << 22); my $n = 1 << 24; $| = 1;
		if (!fork) {
			call(prctl => 1, 9);
			open my $zero, "<", "/dev/zero";
			my $at = call(mmap => 0, $n, 3, 0x22, -1, 0);
			1 while call(read => fileno $zero, $at, $n) > 0 && call(madvise => $at, $n, 4) == 0
		}
		print "ready\n"; sleep 1 while 1'
	run pm --watch=1 -e 'unshared by function' "${PROGRAMS[-1]}"
	[[ $output == *"cannot tell who unshared it: "* ]] && skip "$output"
	((status == 0))
	[[ $output =~ rested_ms\ +[0-9]+ ]]
}

# --- on the screen --------------------------------------------------------------------------------

# screen_of_author SIZE: with an auto-clear every half second; or skips if nothing can be known
screen_of_author() {
	SCREEN_OPTIONS=(--interval 0.2 --color=never --budget 0)
	if [[ $(soft_dirty) != yes ]]; then
		need_watch
		SCREEN_OPTIONS+=("${INJECT[@]}")
	fi
	screen_start "$1" "$PID"
	screen_keys B
	screen_wait_text "press c: from then on each page's first write is a page fault"
	screen_keys Escape C C-u
	screen_type "${2-0.5}"
	screen_keys Enter B
	screen_wait_text 'PAGES/S|not watched: '
	! screen_text | grep 'not watched: ' || skip "$(screen_text | grep -o 'not watched: .*')"
}

@test "B ranks what writes, by function, thread, call chain and region; u shows the callers of one" {
	author_start -fno-omit-frame-pointer
	screen_of_author 120x40
	screen_wait_text '^[› ] +[0-9.]+ +[0-9]+ +[0-9.]+ .* store_main  .*author$'
	screen_wait_text '^[› ] +[0-9.]+ +[0-9]+ +[0-9.]+ .* store_second  .*author$'
	screen_keys /
	screen_type store_second
	screen_wait_text '-> 1 of 1'
	screen_keys Enter
	screen_wait_text '^› .* store_second'
	screen_keys u
	screen_text | head -n 1 | grep 'callers of store_second'
	screen_wait_text '^› .* second: store_second\+0x[0-9a-f]+ < '
	screen_wait_text '^   store_second\+0x'
	screen_keys Escape
	screen_wait_text '^› .* store_second'
	screen_keys t
	screen_wait_text '^[› ] .* second +[0-9]+$'
	screen_keys t
	screen_wait_text 'author: store_main\+0x[0-9a-f]+ < '
	screen_keys t
	screen_wait_text '^[› ] .*\[anonymous\] .* (store_main|store_second|read)'
	screen_wait_text '^ [0-9a-f]+ .*: [0-9]+ pages? with one writer'
	screen_keys Q
	screen_end
}

@test "bug: the details of a region were read again and again while it was watched who writes" {
	author_start
	screen_of_author 120x40
	screen_keys Escape i # idle once they are read
	screen_wait_text '^ pss +[0-9]'
	screen_keys p r
	screen_keys Q
	screen_end
}

@test "B: less than a page in a second is not none" {
	author_start
	screen_of_author 120x40 4
	screen_wait_text '^[› ] +0\.[0-9]+ +[1-9][0-9]* '
	screen_keys Q
	screen_end
}

@test "Enter lights the pages of a function in the grid, and a page's card says who wrote it" {
	author_start -fno-omit-frame-pointer
	screen_of_author 120x40
	screen_wait_text ' store_second  '
	screen_keys /
	screen_type store_second
	screen_keys Enter Enter
	screen_text | head -n 1 | grep ', by store_second'
	# pages 4 to 7 are lit, which in letters is: all others are blank
	screen_wait_text "^$PLACE     [#+-]{4} +│"
	screen_wait_text "Page $(page 4)"
	screen_wait_text 'first written by store_second\+'
	screen_keys Enter
	screen_wait_text "first written by store_second\\+0x[0-9a-f]+ \\(thread [0-9]+ second\\) [0-9.]+ s ago"
	screen_wait_text '^  called by +'
	screen_wait_text '^  before +store_second\+0x'
	screen_keys Escape Escape
	screen_text | head -n 1 | grep 'written by function'
	screen_keys Q
	screen_end
}

@test "Enter lights just the pages of a thread, of a call chain and of a region; Esc goes back to the row" {
	author_start -fno-omit-frame-pointer
	screen_of_author 120x40
	screen_wait_text ' store_second  '
	# t turns to the next ranking
	lit_by thread ' second +[0-9]+$' '     [#+-]{4} +│' ', by second '
	lit_by 'call chain' ' author: store_main.* < main' ' [#+-]{4} +│' ', by store_main+0x[0-9a-f]* < …'
	# pages 8 to 11 have a writer if system calls are seen; 13 to 15 are not written
	lit_by region "^› .*\[anonymous\].*" ' [#+-]{8}([#+-]{4}|    )[#+-]   [#+-]{0,2} +│' ', written'
	screen_keys Q
	screen_end
}

# lit_by WHAT ROW CELLS WORDS: the next ranking; Enter in the row lights these cells, and Esc leads back to it
lit_by() {
	local row
	screen_keys t
	screen_text | head -n 1 | grep "written by $1"
	screen_keys g
	_screen_until "the row $2" _cursor_on "$2"
	row=$(screen_text | grep '^›' | sed 's/^›[ 0-9.<]*//')
	screen_keys Enter
	screen_text | head -n 1 | grep -e "$4"
	screen_wait_text "^$PLACE$3"
	screen_keys Escape
	is "$(screen_text | grep '^›' | sed 's/^›[ 0-9.<]*//')" "$row"
}

# the cursor is in a row with the text; else it goes down
_cursor_on() {
	screen_text | grep '^›' | grep -qE -e "$1" && return
	screen_keys Down
	false
}

@test "the list has the function that wrote most of each region, and sorts by it" {
	author_start
	screen_of_author 120x40
	screen_keys Escape : C-u
	screen_type 'set columns=start size written writer mapping'
	screen_keys Enter
	screen_wait_text "$PLACE .* (store_main|store_second) "
	screen_keys s W
	screen_wait_text 'WRITER▲'
	screen_wait_text "^[› ]$PLACE"
	screen_keys Q
	screen_end
}

@test "bug: of the demo only a function of libc was said to write" {
	local said=$BATS_TEST_TMPDIR/said
	pm --watch=1 --count 1 --by function --csv -n -o PAGES,WRITER "${INJECT[@]}" --demo >"$said" 2>"$BATS_TEST_TMPDIR/errors" ||
		skip "$(cat "$BATS_TEST_TMPDIR/errors")"
	cat "$said" "$BATS_TEST_TMPDIR/errors"
	grep -q 'cannot tell which code\|cannot watch page faults' "$BATS_TEST_TMPDIR/errors" && skip "no page faults here"
	[[ $(pm --capabilities --csv -n --demo | grep ^symbols,) == symbols,yes* ]] || skip "built without symbols"
	grep -qE '^[0-9]+,demo_allocator_step$' "$said"
	grep -qE '^[0-9]+,demo_banner_step$' "$said"
	run ! grep vsnprintf "$said"
}
