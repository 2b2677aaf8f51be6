#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# What a person does with the list of regions: find, filter, sort, choose columns; what comes and goes.

load screen

teardown() { screen_stop; }

# target_maps_as PERL: what the process maps from now on; the file stays the one that is open
target_maps_as() {
	perl -ne "$1" "$ROOT/$PID/maps" >"$ROOT/maps.new" && cat "$ROOT/maps.new" >"$ROOT/$PID/maps"
}

_screen_lacks() { ! screen_text | grep -q -- "$1"; }

@test "f shows while it is typed what passes, Enter keeps it, Esc shows all again" {
	fixture java
	screen_start 80x24 "$PID"
	screen_keys G f
	screen_type 'libc'
	screen_golden rows+hints list-filter-typed
	screen_keys Enter
	screen_text | head -n 1 | grep '5 of 23 regions where name~libc'
	[[ $(screen_text | grep -c 'libc.so.6$') == 5 ]]
	screen_keys Escape
	[[ $(screen_text | grep -c 'libc.so.6$') == 5 ]] # the end of the list, with all that is there
	screen_keys Escape
	screen_text | grep 'q quits'
	screen_keys q
	screen_end
}

@test "the filter is that of --list, is corrected where it was wrong, and comes back to be changed" {
	fixture java
	screen_start 120x40 "$PID"
	screen_keys 'F4'
	screen_type 'rss>1'
	screen_text | tail -n 1 | grep -E 'filter: rss>1 +-> [0-9]+ of 23 regions'
	screen_type 'x'
	screen_text | tail -n 1 | grep 'filter: rss>1x   -> "1x" is not'
	screen_keys Enter
	screen_text | tail -n 2 | head -n 1 | grep -F '^ "1x" is not'
	screen_keys C-e BSpace
	screen_type 'm & perm~w'
	screen_keys Enter
	screen_text | head -n 1 | grep '5 of 23 regions where rss>1m & perm~w'
	# the same rows as the command line's
	diff <(screen_text | grep -aEo '[0-9a-f]{12} .*rw' | sed -E 's/^0*([0-9a-f]+).*/0x\1/') \
		<("$PMTOP" --proc-root "$ROOT" --list --filter 'rss>1m & perm~w' --raw -o start "$PID" | tail -n +2)
	screen_keys '\'
	screen_text | tail -n 1 | grep 'filter: rss>1m & perm~w'
	screen_keys C-u Enter
	screen_text | head -n 1 | grep -v where
	screen_keys q
	screen_end
}

@test "Esc while a filter is typed brings back what was shown; one that nothing passes says so" {
	fixture java
	screen_start 80x24 "$PID"
	screen_keys Down Down f
	screen_type nowhere
	screen_golden rows+hints list-filter-nothing
	screen_keys Escape
	screen_text | grep '^›55d1c09fd000'
	screen_keys f
	screen_type heap
	screen_keys Enter
	screen_text | grep '1 of 23 regions where heap'
	screen_keys f
	screen_type zz
	screen_keys Escape
	screen_text | grep '1 of 23 regions where heap'
	screen_keys q
	screen_end
}

@test "a filter on unknown facts leaves rows out, and counts them" {
	fixture java
	screen_start 80x24 "$PID"
	screen_keys f
	screen_type written
	screen_keys Enter
	screen_text | head -n 1 | grep '0 of 23 regions where written'
	screen_text | grep '^ 21 regions left out: not known whether they match; press c first'
	screen_keys q
	screen_end
}

@test "the filter applies in groups, and a search covers folded ones" {
	fixture zoo
	screen_start 80x24 "$PID"
	screen_keys f
	screen_type 'file | heap'
	screen_keys Enter t t
	[[ $(screen_text | grep -c '▸') == 2 ]]
	screen_keys Home /
	screen_type '[heap]'
	screen_text | grep '^›.*▸ heap'
	screen_keys Enter Enter /
	screen_type '[heap]'
	screen_text | grep '^›.*  \[heap\]'
	screen_keys Escape
	screen_text | grep '^›.*▾ heap'
	screen_keys q
	screen_end
}

@test "the cursor goes with what is typed to find, Esc brings it back" {
	fixture java
	screen_start 80x24 "$PID"
	screen_keys Down Down /
	screen_type lib
	screen_text | grep '^›7f1a808fd000'
	screen_text | tail -n 1 | grep '^/lib   -> 1 of 6'
	screen_type jvm
	screen_text | grep '^›7f1a80c00000'
	screen_keys BSpace BSpace BSpace
	screen_text | grep '^›7f1a808fd000'
	screen_type zzz
	screen_text | grep '^›55d1c09fd000'
	screen_text | tail -n 1 | grep 'no match'
	screen_keys Escape
	screen_text | grep '^›55d1c09fd000'
	# an address inside; then an empty line searches again
	screen_keys /
	screen_type 7f1a80923fff
	screen_keys Enter
	screen_text | grep '^›7f1a80923000'
	screen_keys Home / Enter
	screen_text | grep '^›7f1a80923000'
	screen_keys q
	screen_end
}

@test "what is mapped anew is marked, what is unmapped stays struck for a moment" {
	fixture_own java
	screen_clock 100000
	screen_start 80x24 "$PID"
	screen_keys /
	screen_type 7f1a2c
	screen_keys Enter
	target_maps_as 'print "7f1a30000000-7f1a30200000 rw-p 00000000 00:00 0 \n" if /^7f1a34/; print if !/^7f1a2c/'
	screen_keys r
	screen_golden rows list-marks
	# they go without a key and without a scan
	screen_clock 104000
	screen_wait_text '^ 7f1a30000000'
	_screen_until "the end of the struck row" _screen_lacks '7f1a2c000000'
	screen_text | grep '^›7f1a30000000'
	screen_keys q
	screen_end
}

@test "a struck row keeps its place in any order, and nothing opens it" {
	fixture_own java
	screen_clock 100000
	screen_start 80x24 "$PID"
	screen_keys '>' Down
	screen_text | sed -n 7p | grep '^›000140000000'
	target_maps_as 'print if !/^140000000/'
	screen_keys r
	screen_text | sed -n 7p | grep -E '^-000140000000─+'
	screen_keys Enter i
	screen_text | tail -n 2 | grep 'the process has unmapped it'
	screen_keys q
	screen_end
}

@test "in groups what came marks its heading, and what went stays struck where its group is open" {
	fixture_own arenas
	screen_start 100x24 "$PID"
	screen_keys t /
	screen_type stacks
	screen_keys Enter Enter Down
	target_maps_as 'print "7f2031000000-7f2031100000 rw-p 00000000 08:01 77 /new/file\n" if /^7f2040000/; print if !/^7f2020(000000|801000|802000)/'
	screen_keys r
	screen_golden rows list-marks-groups
	screen_keys q
	screen_end
}

_screen_first_is() { [[ $(screen_text | sed -n 6p) == ?"$1"* ]]; }

@test "rows hold their places for a while after a key, and trade them then" {
	fixture_own java
	SCREEN_OPTIONS=(--interval 0.2)
	screen_start_waiting 80x24 "$PID"
	screen_wait_text '\[anon: Java heap\]'
	screen_send '>'
	screen_wait_text 'SIZE▼'
	target_maps_as 's/^140000000-180000000/140000000-200000000/; print'
	# it has been seen, and stands where it was
	screen_wait_text '000140000000  3.0G'
	screen_text | sed -n 6p | grep -a '0000c0000000  2.0G'
	screen_text | sed -n 7p | grep -a '000140000000  3.0G'
	_screen_until "the new order" _screen_first_is 000140000000
	# the cursor is on its region still
	screen_text | sed -n 7p | grep -a '^›0000c0000000'
	screen_send q
	screen_end
}

@test "growing, splitting and new permissions make no new region" {
	fixture_own java
	screen_start 80x24 "$PID"
	target_maps_as 's/55d1c2a00000 rw-p/55d1c2000000 rw-p/ and do { print; s/^55d1c0a00000-55d1c2000000 rw/55d1c2000000-55d1c2c00000 r-/ }; print'
	screen_keys r
	screen_text | grep '^ 55d1c2000000.*\[heap\]'
	run ! grep -E '^[-+]' <(screen_text)
	screen_keys q
	screen_end
}

@test "the sort menu: a letter, Enter, the same again, and out of it" {
	fixture java
	screen_start 80x24 "$PID"
	screen_keys s
	screen_keys r
	screen_text | sed -n 5p | grep 'RSS▼'
	screen_text | sed -n 6p | grep '^›0000c0000000'
	screen_keys F6 r
	screen_text | sed -n 5p | grep 'RSS▲'
	# down to the next one; Enter takes it
	screen_keys s Down Enter
	screen_text | sed -n 5p | grep '%▼'
	# a column that is not shown is named in the first row
	screen_keys s i
	screen_text | head -n 1 | grep 'regions by INODE▲'
	screen_keys s Escape s q
	screen_text | head -n 1 | grep 'regions by INODE▲'
	screen_keys q
	screen_end
}

@test "columns are shown, hidden and moved, and one key brings the usual ones" {
	fixture java
	screen_start 80x24 "$PID"
	screen_keys o
	screen_keys Down Space
	screen_text | sed -n 5p | grep -v SIZE
	screen_keys End
	screen_text | tail -n 3 | head -n 1 | grep '^›.*\[ \]'
	screen_keys Home Down Down '<' '<'
	screen_text | sed -n 5p | grep -E '^ TYPE|^ PERM'
	screen_keys Escape
	screen_text | sed -n 6p | grep -E '^›(heap|anon|rw-p)'
	screen_keys F2 u
	screen_text | sed -n 5p | grep -E '^ ADDRESS▲ +SIZE PERM +RSS'
	screen_keys o q
	screen_end
}

@test "the menus on small screens" {
	fixture java
	screen_start 40x10 "$PID"
	screen_keys s Down Down Down Down Down Down Down Down
	screen_golden body list-sort-40
	screen_keys Escape o End
	screen_golden body list-columns-40
	screen_resize 30 6
	screen_keys Space Home Space q q
	screen_end
}

@test "Tab goes along the segments of the bars, Enter shows the regions of one" {
	fixture java
	screen_start 80x24 "$PID"
	screen_keys Tab Tab
	screen_golden bars+status list-segment
	# file pages in RAM: the rows that have some
	screen_keys Enter
	screen_text | head -n 1 | grep '10 of 23 regions where file & present'
	screen_text | tail -n 2 | head -n 1 | grep '^ 55d1c09fd000 /opt/jdk/bin/java'
	screen_keys BTab
	screen_text | tail -n 2 | head -n 1 | grep '^ guard: \|^ reserve: .* in 2 regions, 0 in RAM'
	# Esc leaves the segment, then the filter
	screen_keys BTab Escape
	screen_text | head -n 1 | grep 'where file & present'
	screen_keys Tab Down
	screen_text | grep '^›55d1c09fe000'
	screen_keys Escape
	screen_text | head -n 1 | grep -v 'where'
	# past the last one there is none, then the first one again
	screen_keys BTab Tab
	screen_text | tail -n 2 | head -n 1 | grep '^ 55d1c09fe000'
	screen_keys Tab
	screen_text | tail -n 2 | head -n 1 | grep '^ anon: 1.4G in RAM'
	screen_keys q
	screen_end
}

@test "stacks with their guards fold into one row, and so do malloc's arenas" {
	fixture arenas
	screen_start 100x24 "$PID"
	screen_keys t
	screen_golden rows list-arenas
	screen_keys /
	screen_type arenas
	screen_keys Enter Enter
	screen_text | grep '^›.*5 regions.*▾ arenas (3)'
	[[ $(screen_text | grep -c '  \[reserved\]') == 2 ]]
	screen_text | tail -n 2 | head -n 1 | grep 'arenas (3): 5 regions, 192M, 4.8M in RAM; Enter folds them, :arenas their holes'
	screen_keys q
	screen_end
}

@test "the row of malloc's arenas counts heaps, also those that have grown together" {
	fixture malloc
	screen_start 100x24 "$PID"
	screen_keys t
	screen_golden rows list-malloc
	screen_keys q
	screen_end
}

@test "columns from smaps are read when shown, and again only with r" {
	fixture_own java
	screen_start 120x40 "$PID"
	screen_keys s P
	screen_text | head -n 1 | grep -E 'regions by PSS▼, smaps [0-9]+ s old'
	screen_keys o End Space q
	screen_text | sed -n 5p | grep 'VMFLAGS'
	screen_text | sed -n 6p | grep 'rd wr mr mw me'
	# the kernel would say something else now; keys do not ask it, r does
	sed 's/^VmFlags:.*/VmFlags: rd lo/' "$ROOT/$PID/smaps" >"$ROOT/smaps.new"
	cat "$ROOT/smaps.new" >"$ROOT/$PID/smaps"
	screen_keys Down Enter Escape
	screen_text | sed -n 6p | grep 'rd wr mr mw me'
	screen_keys r
	screen_text | sed -n 6p | grep 'rd lo'
	# sums of groups, of what can be summed
	screen_keys o Home '>' q t t
	screen_text | sed -n 5p | grep 'SIZE ADDRESS'
	[[ $(screen_text | grep -c 'rd lo') == 0 ]]
	screen_keys o u q
	screen_text | head -n 1 | grep 'regions by type, PSS▼, smaps'
	screen_keys s a
	screen_text | head -n 1 | grep -v smaps
	screen_keys q
	screen_end
}

@test "unreadable smaps is reported, and its columns are empty" {
	fixture_own java
	rm "$ROOT/$PID/smaps"
	screen_start 120x40 "$PID"
	screen_keys s U
	screen_text | head -n 1 | grep 'regions by USS▼, cannot read smaps'
	screen_text | grep '^›0000c0000000'
	screen_keys q
	screen_end
}

@test "a find on the map finds regions that the list has folded or left out" {
	fixture java
	screen_start 80x24 "$PID"
	screen_keys t t f
	screen_type heap
	screen_keys Enter a /
	screen_type libjvm
	screen_text | tail -n 1 | grep '1 of 1'
	screen_text | tail -n 2 | head -n 1 | grep '^ 7f1a80c00000'
	screen_keys Enter n
	screen_text | tail -n 2 | head -n 1 | grep '^ 7f1a80c00000'
	screen_keys q q
	screen_end
}

@test "bug: on a small screen the way out of a filter that nothing passes was cut off" {
	fixture zoo
	screen_start 40x10 "$PID"
	screen_keys f
	screen_type 'rss>9g'
	screen_keys Enter
	screen_text | grep -x ' no region matches the filter: f changes'
	screen_text | grep -x ' it, Esc removes it'
	screen_keys Escape :
	screen_type heap
	screen_keys Enter
	screen_text | grep '1[0-9] lines below'
	screen_keys Escape q
	screen_end
}

@test "bug: a long filter ended in the header in the middle, and looked like another one" {
	fixture zoo
	screen_start 80x24 "$PID"
	screen_keys f
	screen_type 'rss>=1m & size>=1m & present & swap=0'
	screen_keys Enter
	screen_text | head -n 1 | grep -E 'regions where rss>=1m &.*… '
	screen_resize 40 10
	screen_text | head -n 1 | grep -xE ' zoo keeper 4242 › 2 of 50 regions *'
	screen_keys t
	screen_resize 40 12
	screen_text | head -n 1 | grep -xE ' zoo keeper 4242 › 2 of 50 regions( by file)? *'
	screen_keys Escape q
	screen_end
}

@test "bug: labels of the bars were cut to letters where they have no room" {
	local cols bars
	fixture java
	screen_start 132x24 "$PID"
	for cols in 80 60 120 200; do
		screen_resize "$cols" 24
		bars=$(screen_text | sed -n 2,3p | sed -E 's/^.{12}//; s/(at least )?[0-9.]+[KMGT]? in .*//; s/[^ -~]/ /g')
		# whole words and sizes, nothing else
		[[ -z $(tr -s ' ' '\n' <<<"$bars" | grep '[A-Za-z]' | grep -vxE '|anon|thp|hugetlb|file|shm|dev|heap|stack|device|kernel|reserve|guard|swap|[0-9.]+[KMG]') ]]
	done
	[[ $bars == *anon*shm*anon*shm* ]]
	screen_keys Q
	screen_end
}

heads() { screen_text | sed -n 5p; }

@test "bug: columns in which nothing stands took their room from the names" {
	fixture_own softdirty
	screen_start 80x24 "$PID"
	[[ $(heads) =~ ADDRESS.*PERM.*RSS.*PAGES.*MAPPING ]]
	[[ ! $(heads) =~ SWAP|WRITTEN|TYPE ]]
	screen_keys r c	# from then on there is something to show
	[[ $(heads) =~ WRITTEN.*PAGES.*MAPPING && ! $(heads) =~ SWAP ]]
	# what is asked for is shown, and what it is sorted by
	screen_keys s w
	[[ $(heads) =~ SWAP▼ ]]
	screen_keys s a
	[[ ! $(heads) =~ SWAP ]]
	screen_keys o Down Down Down Down Down Down
	screen_text | grep -F '› [x] SWAP'
	screen_wait_text 'SWAP appears once anything is in swap'	# once the message is gone
	screen_keys Space Space Escape
	screen_resize 132 24
	[[ $(heads) =~ SWAP ]]
	screen_keys Q
	screen_end
}

@test "the list says which of its rows are on screen, as long as that is not all" {
	fixture java
	screen_start 80x24 "$PID"
	screen_text | head -n 1 | grep 'regions, rows 1-17 of 23 '
	screen_keys G
	screen_text | head -n 1 | grep 'regions, rows 7-23 of 23 '
	screen_resize 80 40
	screen_text | head -n 1 | grep -v rows
	screen_keys Q
	screen_end
}

@test "bug: what had no room to the right could not be seen: Right and Left scroll the list" {
	fixture java
	screen_start 60x24 "$PID"
	run ! grep ' THP' <(screen_text | heading)
	screen_keys Right Right Right Right
	screen_golden heading+rows list-right
	# to the end: the name has all the room there is
	screen_keys Right Right Right Right Right Right Right Right Right Right
	screen_text | heading | grep -E '^< ?ADDRESS[^ ]* +MAPPING *$'
	screen_keys Left
	screen_text | heading | grep -E '^< ?ADDRESS[^ ]* +[A-Z]+ .*MAPPING *$'
	screen_keys Left Left Left Left Left Left Left Left Left Left Left Left
	screen_text | heading | grep -E '^ ADDRESS[^ ]* +SIZE'
	screen_keys Q
	screen_end
}
heading() { grep ADDRESS; }
