#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# --diff: processes and recordings that look like folders, compared.
# shellcheck disable=SC2154

load helper

# recorded FIXTURE: two moments of it in FILE; between them ...
recorded() {
	fixture "$1"
	FILE=$BATS_TEST_TMPDIR/recording
	pm --record "$FILE" --for 0.01 "$PID" 2>/dev/null
}

again() { pm --record "$FILE" --for 0.01 --append "$PID" 2>/dev/null; }

# word ADDRESS WORD...: the page-table words from there on
word() {
	perl -e 'no warnings "portable"; my ($file, $at, @words) = @ARGV;
		open my $fh, "+<:raw", $file or die $!;
		sysseek $fh, hex($at) / 4096 * 8, 0;
		syswrite $fh, pack("Q*", map { hex } @words);' "$ROOT/$PID/pagemap" "$@"
}

anon() { printf '8100000000%06x' "$1"; }

@test "--diff refuses what it cannot do" {
	fixture zoo
	refused 2 'give a PID, a NAME or FILE' --diff "$PID"
	refused 2 'no such column' --diff "$PID" "$PID" -o PSS
	refused 2 'no such column' --diff "$PID" "$PID" --pages -o RSS
	refused 2 'two kinds of answers' --diff "$PID" --list "$PID"
	refused 2 'by address, in constant memory; .*--pages=RANGE selects' --diff "$PID" --pages --sort PAGES "$PID"
	# bug: a filter was refused for that reason, too
	refused 2 'of two moments, .*; leave out --pages to filter regions; --pages=RANGE selects' \
		--diff "$PID" --pages --filter anon "$PID"
	refused 1 'no process|No such' --diff nobody "$PID"
	refused 1 'No such file' --diff ./nothing@start "$PID"
	recorded zoo
	for past in "$PID@start $PID" "$PID $PID@start" "$PID @start"; do
		# shellcheck disable=SC2086
		refused 2 'a process has no past; record it' --diff $past
	done
	refused 2 'not a time' --diff "$FILE@noon" "$FILE"
}

@test "a process does not differ from itself, nor from its recording" {
	recorded zoo
	local pair
	for pair in "$PID $PID" "$FILE@start $FILE@start"; do
		# shellcheck disable=SC2086
		pm --diff $pair --raw -n -o size,rss,swap,gained,lost,changed,moved,mapping >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err"
		is "$(<"$BATS_TEST_TMPDIR/out")" "0 0  0 0 0  total"
	done
	grep -q 'nothing differs' "$BATS_TEST_TMPDIR/err"
	# bug: --pages said that nothing differs where a region had grown
	pm --diff "$FILE@start" "$FILE@start" --pages >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err"
	grep -q 'no page differs' "$BATS_TEST_TMPDIR/err"
	# of the same machine, as far as is known, or not: then frames say nothing
	is "$(pm --diff "$FILE" "$PID" --raw -n -o gained,lost,changed,moved 2>"$BATS_TEST_TMPDIR/err")" "0 0 0 "
	grep -q 'it is not known whether [0-9]* pages moved: their frames are not of one boot of one machine' "$BATS_TEST_TMPDIR/err"
	mkdir -p "$ROOT/sys/kernel/random"
	echo 0f0f0f0f-one-boot >"$ROOT/sys/kernel/random/boot_id"
	rm "$FILE"
	pm --record "$FILE" --for 0.01 "$PID" 2>/dev/null
	is "$(pm --diff "$FILE" "$PID" --raw -n -o gained,lost,changed,moved,unknown,same 2>/dev/null)" \
		"$(pm --diff "$PID" "$PID" --raw -n -o gained,lost,changed,moved,unknown,same 2>/dev/null)"
}

@test "two moments of a recording differ in the pages that were changed, and in no others" {
	recorded zoo
	# 16 anon; 8 fresh; 4 zero; 4 none; 8 shared; 8 in swap; 8 none; 8 anon
	word 1000000 0 0 "$(anon 0x5001)" "$(anon 0x5002)"
	word 101c000 "$(anon 0x5003)" "$(anon 0x5004)"
	word 1030000 "$(anon 0x5005)"
	again
	is "$(pm --diff "$FILE@start" "$FILE" --raw -b -o region,start,end,rss,gained,lost,changed,moved,mapping 2>/dev/null)" \
		"REGION START END RSS GAINED LOST CHANGED MOVED MAPPING
   4096 12288 8192 0 8192 total
same 0x1000000 0x1040000 4096 12288 8192 0 8192 [heap]"
	pm --diff "$FILE@start" @end --pages --csv -n -o START,PAGES,DIFFERENCE,WAS,IS,PFN-IS >"$BATS_TEST_TMPDIR/out" 2>/dev/null
	is "$(<"$BATS_TEST_TMPDIR/out")" "0x1000000,2,lost,anon,none,
0x1002000,2,moved,anon,anon,0x5001
0x101c000,2,gained,none,anon,0x5003
0x1030000,1,gained,none,anon,0x5005"
	is "$(pm --diff "$FILE@start" @end --pages=0x1003000..0x101d000 --csv -n -o START,PAGES 2>/dev/null | xargs)" \
		"0x1003000,1 0x101c000,1"
	# bug: @TIME before the file was a process's past
	is "$(pm --diff @start "$FILE" --raw -n -o gained,lost,moved 2>/dev/null | tail -1)" \
		"$(pm --diff "$FILE@start" @end --raw -n -o gained,lost,moved 2>/dev/null | tail -1)"
	# the other way round
	is "$(pm --diff "$FILE" @start --raw -n -b -o gained,lost,moved 2>/dev/null | tail -1)" "8192 12288 8192"
	pm --diff "$FILE@start" @end --json >"$BATS_TEST_TMPDIR/out" 2>/dev/null
	is "$(json "$BATS_TEST_TMPDIR/out" diff.0.start diff.1.gained diff.1.region diff.1.written | xargs)" "null 12288 same null"
	is "$(pm --diff "$FILE@start" @end --raw -n --filter 'rss > 1g' 2>&1 | xargs)" \
		"0 0 0 0 0 0 0 0 0 total pmtop: no region matches the filter"
}

@test "a region that came, went, grew or was moved is one that did; --sort orders them" {
	recorded zoo
	perl -i -ne 's/^01000000-01040000/01000000-01050000/;
		print "00200000-00208000 rw-p 00000000 00:00 0\n" if $. == 1; print unless /^10020000/' "$ROOT/$PID/maps"
	again
	pm --diff "$FILE@start" "$FILE" --raw -n -o region,start,size >"$BATS_TEST_TMPDIR/out" 2>/dev/null
	is "$(<"$BATS_TEST_TMPDIR/out")" "  +64.0K
new 0x200000 +32.0K
grown 0x1000000 +64.0K
gone 0x10020000 -32.0K"
	is "$(pm --diff "$FILE@start" "$FILE" --raw -n -o start --sort -SIZE 2>/dev/null | xargs)" "0x10020000 0x200000 0x1000000"
}

@test "parent and child after a fork: the pages that one of them wrote are in another frame" {
	fixture forks
	mkdir -p "$ROOT/sys/kernel/random"
	echo one >"$ROOT/sys/kernel/random/boot_id"
	# of the heap 24 pages are shared, 4 were written by the child, 20 the parent has alone
	pm --diff 500 501 --pages --csv -n -o START,PAGES,DIFFERENCE,WAS,IS >"$BATS_TEST_TMPDIR/out" 2>/dev/null
	is "$(<"$BATS_TEST_TMPDIR/out")" "0x55d1c0a18000,4,moved,anon,anon
0x55d1c0a1c000,20,lost,anon,none
0x55d1c0a33000,1,moved,anon,anon"
	# of a stranger: the library is the only mapping of its part of the file, the ring is another part
	is "$(pm --diff 500 600 --raw -n -o region,from,mapping 2>/dev/null | sed 1d)" "gone  /usr/bin/server
gone  [heap]
gone  /dev/shm/ring
new  /dev/shm/ring
moved 0x7f1a38000000 /usr/lib/libc.so.6"
}
