#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Refusals: one line on stderr, nothing on stdout, the right exit status.
# shellcheck disable=SC2154

load helper

@test "a target that is not there" {
	fixture zoo
	refused 1 'process 5:.*no such process' --list 5
	refused 2 '99999999999 is not a PID' --list 99999999999
	refused 2 '18446744073709555858 is not a PID' --list 18446744073709555858	# 4242 + 2^64
	refused 2 '4294971538 is not a PID' --list 4294971538	# 4242 + 2^32
	refused 2 '0 is not a PID' --list 0
	refused 1 'cannot find nobody' --list nobody
	refused 2 'nothing to show' --list
	refused 2 'one process at a time' --list "$PID" 5
	refused 2 "unexpected argument $PID: one process at a time; .*--watch=1\$" --watch 1 "$PID"
	refused 2 'nothing after --' --list --
	refused 2 '--scope with --pages: .*add --watch' --scope heap --pages "$PID"
	refused 2 'two targets' --list --demo "$PID"
	refused 2 'two targets' --list "$PID" -- true
	refused 1 'no such process|no memory|is not' --list 04243
}

@test "bug: the number that processes are counted below was said to be one of them" {
	fixture_own zoo
	mkdir -p "$ROOT/sys/kernel"
	echo 32768 >"$ROOT/sys/kernel/pid_max"
	refused 2 '32768 is not a PID: process numbers here go from 1 to 32767; ' --list 32768
	refused 1 'process 32767:.*no such process' --list 32767
}

@test "a name finds one process, or none, or says which" {
	fixture_own zoo
	is "$(pm --list -n --raw -o START zoo | head -n 1)" 0x400000
	is "$(pm --list -n --raw -o START 'zoo keeper' | head -n 1)" 0x400000
	mkdir "$ROOT/5555"
	cp -r "$ROOT/$PID/"{comm,cmdline,stat,status,maps,task} "$ROOT/5555/"
	cp -P "$ROOT/$PID/exe" "$ROOT/5555/"
	refused 1 'ambiguous.*4242 5555' --list zoo
	refused 1 'cannot find' --list $'zoo\e[31m'
	run pm --list $'zoo\e[31m'
	printf '%s' "$output" >"$BATS_TEST_TMPDIR/out"
	printable "$BATS_TEST_TMPDIR/out"
}

@test "a proc root that is none" {
	fixture zoo
	says 1 'proc root /proc/nonexistent: No such file' "$PMTOP" --proc-root /proc/nonexistent --list 1
	says 1 'proc root .*Not a directory' "$PMTOP" --proc-root "$fixture_dir/README" --list 1
	says 1 'process 1' "$PMTOP" --proc-root "$fixture_dir" --list 1
}

@test "files that are missing or foul are named" {
	fixture_own zoo
	rm "$ROOT/$PID/smaps"
	refused 1 'smaps.*No such file' --list -o PSS "$PID"
	pm --list "$PID" >/dev/null
	: >"$ROOT/$PID/maps"
	refused 1 'no longer has any memory' --list "$PID"
	printf 'not a line of maps\n' >"$ROOT/$PID/maps"
	run pm --list "$PID"
	[ "$status" -le 1 ]
	rm "$ROOT/$PID/maps"
	refused 1 'process 4242.*No such file' --list "$PID"
	fixture_own softdirty
	rm "$ROOT/$PID/pagemap"
	refused 1 'page tables.*No such file' --pages "$PID"
}

@test "a wrong command line" {
	fixture zoo
	refused 2 'no such option' --bogus "$PID"
	refused 2 '--list=3.*did you mean --list' --list=3 "$PID"
	refused 2 'did you mean --proc-root' --list --proc-rot x "$PID"
	refused 2 '-x: no such option' --list -x "$PID"
	refused 2 '--json=3: takes no value' --json=3 --list "$PID"
	refused 2 '--bogus=3: no such option' --bogus=3 --list "$PID"
	refused 2 '-x=3: no such option' --list -x=3 "$PID"
	refused 2 '-e.*needs a value' -e
	refused 2 '--output.*needs a value' --list --output
	refused 2 'two kinds of answers' --list --pages "$PID"
	refused 2 'two kinds of answers' -e heap --grid "$PID"
	refused 2 'two formats' --list --json --csv "$PID"
	refused 2 'each answer is a table of its own; ask one at a time' -e heap -e stack --csv "$PID"
	refused 2 'two formats' --list --raw --json "$PID"
	refused 2 '--interval' --interval abc "$PID"
	refused 2 '--interval' --interval -1 "$PID"
	refused 2 '--interval' --interval nan "$PID"
	refused 2 '--interval' --interval 0.001 "$PID"
	refused 2 '--frames' --frames 0 "$PID"
	refused 2 '--size' --frames 1 --size 100 "$PID"
	refused 2 '--size' --frames 1 --size 0x0 "$PID"
	refused 2 '--size' --frames 1 --size 99999999999x5 "$PID"
	refused 2 '--theme has no value "pink"; choose from auto' --theme pink "$PID"
	refused 2 '--color has no value "maybe"; choose from auto, always, never, 256' --color=maybe "$PID"
	refused 2 'unknown document "poems"' --print poems
}

@test "bug: an option that several begin like was said not to exist" {
	fixture zoo
	refused 2 '^pmtop: --l is ambiguous: several options begin like that; choose from --list, --lens$' --l "$PID"
	refused 2 '^pmtop: --l=3 is ambiguous.*--list, --lens$' --l=3 "$PID"
	refused 2 '--no is ambiguous.*--noheadings, --no-config, --no-mouse, --no-attribution$' --no "$PID"
	# of those that begin so, only one is for users
	refused 2 '--prin: no such option; did you mean --print-config' --prin "$PID"
	refused 2 '--json=3: takes no value' --json=3 "$PID"
	refused 2 '--=3: no such option' --=3 "$PID"
	pm --lis -n -o START "$PID"
}

@test "bug: out of memory, --list was told to take a smaller range, and it takes none" {
	[[ ! ${ASAN_OPTIONS-} ]] || skip "the sanitizer's own memory is too much"
	fixture zoo
	local i status=0
	fixture_own zoo
	for ((i = 0; i < 200000; i++)); do
		printf '%x-%x rw-p 00000000 00:00 0\n' $((0x10000000 + i * 8192)) $((0x10001000 + i * 8192))
	done >"$ROOT/$PID/maps"
	(ulimit -v 60000 && exec "$PMTOP" --proc-root "$ROOT" --list "$PID") >/dev/null 2>"$BATS_TEST_TMPDIR/err" || status=$?
	cat "$BATS_TEST_TMPDIR/err"
	is "$status" 1
	grep -qx 'pmtop: out of memory; free some, raise the limit of memory (ulimit -v), or ask for less at once' \
		"$BATS_TEST_TMPDIR/err"
}

@test "bug: --at was ignored by answers about all times, and by the screen" {
	fixture zoo
	local file=$BATS_TEST_TMPDIR/recording
	pm --record "$file" --for 0.01 "$PID" 2>/dev/null
	refused 2 '--at with --export: its answer is about all times' --export perfetto --at start "$file"
	refused 2 '--at with --when: its answer is about all times' --when 'rss>0' --at start "$file"
	refused 2 '--at with --heat: it shows all times' --heat --at start "$file"
	pm --heat=heap --at start "$file"
	refused 2 '"foo": it is not a time' --frames 1 --at foo "$file"
	refused 2 '"99s": the recording goes from' --frames 1 --at 99s "$file"
	refused 2 '--at of a process: it is not a recording' --frames 1 --at start "$PID"
	pm --frames 1 --at start "$file"
}

@test "no terminal, no screen" {
	fixture zoo
	refused 2 'not a terminal' "$PID"
	refused 2 'not a terminal' --demo
	# nothing is started that could not be shown
	refused 2 'not a terminal' -- touch "$BATS_TEST_TMPDIR/started"
	[ ! -e "$BATS_TEST_TMPDIR/started" ]
}

@test "standard output that is closed, full, or gone" {
	local mode
	fixture_own zoo
	for mode in --list '--list --json' --pages '--pages --json' --grid '-e heap' --capabilities --help --version \
		'--print man' '--print bash-completion' '--frames 1 --interval 0' \
		'--watch=0.01 --count 2' '--watch=0.01 --count 2 --json' '--watch=0.01 --pages'; do
		# shellcheck disable=SC2086
		full() { pm $mode "$PID" >/dev/full; }
		# shellcheck disable=SC2086
		closed() { pm $mode "$PID" >&-; }
		# shellcheck disable=SC2086
		[[ $mode != --help && $mode != --version && $mode != --print* ]] || {
			full() { "$PMTOP" $mode >/dev/full; }
			closed() { "$PMTOP" $mode >&-; }
		}
		says 1 'cannot write to standard output: No space left.*; make room' full
		says 1 'standard output is closed' closed
	done
	# who stops reading is obeyed without a word, and soon
	run bash -c '"$1" --proc-root "$2" --pages "$3" | head -n 1; exit "${PIPESTATUS[0]}"' _ "$PMTOP" "$ROOT" "$PID"
	[[ $status == 141 || $status == 1 || $status == 0 ]]
	[[ ${#lines[@]} -le 2 && ${lines[0]} == *ADDRESS* ]]
	run bash -c '"$1" --proc-root "$2" --watch=0.01 "$3" | head -n 1; exit "${PIPESTATUS[0]}"' _ "$PMTOP" "$ROOT" "$PID"
	[[ $status == 141 && ${#lines[@]} == 1 && ${lines[0]} == INTERVAL* ]]
}

@test "bug: standard output that does not wait for its reader (O_NONBLOCK) was cut off" {
	local mode
	fixture zoo
	for mode in --help '--print man' "--proc-root $ROOT --list --json $PID"; do
		# a small pipe, read a byte at a time; it stays as it was for who shares it
		# shellcheck disable=SC2016,SC2086
		perl -e 'use strict; use Fcntl;
			pipe(my $from, my $to) or die;
			fcntl($to, 1031, 4096); # F_SETPIPE_SZ
			fcntl($to, F_SETFL, O_WRONLY | O_NONBLOCK) or die;
			my $pid = fork // die;
			if (!$pid) { close $from; open(STDOUT, ">&", $to) or die; exec @ARGV or die }
			my $is = fcntl($to, F_GETFL, 0);
			close $to;
			print $_ while sysread $from, $_, 1;
			waitpid $pid, 0;
			exit $? >> 8 || !($is & O_NONBLOCK)' "$PMTOP" $mode >"$BATS_TEST_TMPDIR/out"
		# shellcheck disable=SC2086
		"$PMTOP" $mode | diff - "$BATS_TEST_TMPDIR/out"
	done
}

@test "closed standard files are not written into by mistake" {
	fixture zoo
	pm --list "$PID" <&- >"$BATS_TEST_TMPDIR/a"
	pm --list "$PID" 2>&- >"$BATS_TEST_TMPDIR/b"
	cmp "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/b"
	pm --list "$PID" >"$BATS_TEST_TMPDIR/c"
	cmp "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/c"
}

# put KIND PATH: something that is no such file
put() {
	rm -rf "$2"
	case $1 in
	fifo) mkfifo "$2" ;;
	device) ln -s /dev/zero "$2" ;;
	folder) mkdir "$2" ;;
	endless) truncate -s 10G "$2" ;;
	socket) perl -MIO::Socket::UNIX -e 'chdir $ARGV[0]; IO::Socket::UNIX->new(Local => $ARGV[1], Listen => 1)' "${2%/*}" "${2##*/}" ;;
	esac
}

# ended OPTION...: it ends in time, in 1.5 GB, by itself
ended() {
	local status=0
	(
		[[ ${ASAN_OPTIONS-} ]] || ulimit -v 1500000
		exec timeout -k 1 $((20 * ${TEST_TIMEOUT_SCALE:-1})) "$PMTOP" --proc-root "$ROOT" "$@"
	) >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" </dev/null || status=$?
	((status <= 2)) && return
	echo "with $kind as $file: pmtop $*: $status"
	cat "$BATS_TEST_TMPDIR/err"
	return 1
}

@test "bug: a proc root whose files are pipes, devices, folders, or have no end: an answer, or why not" {
	local file kind good files
	fixture zoo
	good=$ROOT
	ROOT=$BATS_TEST_TMPDIR/odd
	files=$(cd "$good" && find . -type f ! -path '*/4243/*')
	[ "$(wc -l <<<"$files")" -gt 15 ]
	for file in $files; do
		for kind in fifo device folder endless socket; do
			cp -r "$good" "$ROOT"
			put "$kind" "$ROOT/$file"
			ended --list --output-all "$PID"
			ended --summary "$PID"
			ended --frames 1 "$PID"
			ended -e 'hex heap..+16' zoo
			rm -r "$ROOT"
		done
	done
}

# spoiled KIND FILE: a root of this test's own with such a file
spoiled() {
	fixture zoo
	rm -rf "$BATS_TEST_TMPDIR/odd"
	cp -r "$ROOT" "$BATS_TEST_TMPDIR/odd"
	ROOT=$BATS_TEST_TMPDIR/odd
	put "$1" "$ROOT/$PID/$2"
}

@test "bug: what is wrong with such a file is said" {
	local kind
	for kind in fifo device socket; do
		spoiled "$kind" maps
		refused 1 'cannot inspect process 4242.*: not a regular file' --list "$PID"
		spoiled "$kind" smaps
		refused 1 'smaps: not a regular file' --list -o PSS "$PID"
		spoiled "$kind" pagemap
		refused 1 'page tables.*: not a regular file' --pages "$PID"
		spoiled "$kind" stat
		refused 1 'process 4242: not a regular file' --list "$PID"
	done
	spoiled endless maps
	refused 1 'maps.*: larger than 256 MiB' --list "$PID"
}

@test "bug: where descriptors run out, no process and no name is said not to exist" {
	local n who
	fixture zoo
	for n in 5 6 7 8 9 10 12 16; do
		for who in "$PID" "zoo keeper"; do
			run --separate-stderr bash -c 'ulimit -n "$1"; shift; exec "$@"' _ "$n" \
				"$PMTOP" --proc-root "$ROOT" --list "$who" 3>&-
			((status == 0)) || [[ $stderr == *'Too many open files; raise the limit'* ]] || {
				echo "$n $who: $stderr"
				return 1
			}
		done
	done
}

# bats test_tags=not-in-san
@test "bug: where processes run out, nothing said what to do" {
	local pmtop=$BATS_TEST_TMPDIR/pmtop
	local as=(env TMPDIR=/tmp setpriv --reuid=54321 --regid=54321 --clear-groups)
	command -v setpriv prlimit >/dev/null || skip "no setpriv, or no prlimit"
	((EUID == 0)) || skip "only root can be another user"
	install -m 755 "$PMTOP" "$pmtop"
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$BATS_TEST_TMPDIR"
	"${as[@]}" "$pmtop" --version >/dev/null || skip "another user cannot run what lies here"
	says 1 'cannot fork the demo target: .*; raise .*ulimit -u' prlimit --nproc=1 "${as[@]}" "$pmtop" --demo --list
	says 1 'cannot start sleep: .*; raise .*ulimit -u' prlimit --nproc=1 "${as[@]}" "$pmtop" --list -- sleep 1
}

# curses leaks what it has of a terminal that it cannot open
# bats test_tags=not-in-san
@test "bug: where descriptors run out, the terminal is not said to be unknown" {
	local n
	fixture zoo
	for ((n = 5; n < 12; n++)); do
		run --separate-stderr bash -c 'ulimit -n "$1"; shift; exec "$@"' _ "$n" \
			"$PMTOP" --proc-root "$ROOT" --frames 1 "$PID" 3>&-
		((status == 0 || status == 127)) || [[ $status == 1 && $stderr == *'Too many open files; raise the limit'* ]] || {
			echo "$n $status: $stderr"
			return 1
		}
	done
}
