# SPDX-License-Identifier: GPL-3.0-or-later
#
# For the tests on real processes of the running kernel, whichever that is:
#
#	load live
#	teardown() { live_end; }
#	@test "..." { subject_start; subject write anon 3; pages anon ...; }
#
# Nothing here asks the kernel's version: what it can do is seen by trying, and a test that needs
# more says so when it skips. Nothing waits for a time: each wait is for an answer, and ends after
# 10 s x TEST_TIMEOUT_SCALE (until_true: 30 s).
#
#	SUBJECT_PID       the subject's PID
#	OTHERS            PIDs of ours that are to end with the test
#	PROGRAMS          PIDs of programs as they come, after programs_start
#	${AT[anon]}       start of a region, hexadecimal without 0x; unset where the kernel has no such
#	${RANGE[anon]}    the same as START..END
#	WATCH             PID of the pmtop that watch_start started

bats_require_minimum_version 1.5.0

live_dir=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
: "${builddir:=$PWD}"
: "${PMTOP:=$builddir/pmtop}" "${SUBJECT:=$builddir/tests/subject}"
# shellcheck source=tests/screens/screen.bash
source "$live_dir/../screens/screen.bash"
# what the answers must not depend on
export LC_ALL=C.UTF-8 PERL5LIB=$live_dir # Calls.pm
unset COLUMNS LINES NO_COLOR

# bytes of a page, and whether the kernel marks those that are written; asked once for all tests of a file
: "${PAGE:=$(getconf PAGESIZE)}" "${SOFT_DIRTY:=$("$live_dir/soft_dirty_probe")}"
if [[ ! ${HUGE-} ]]; then
	# pages of a huge page, and its order
	HUGE=$(($(cat /sys/kernel/mm/transparent_hugepage/hpage_pmd_size 2>/dev/null || echo $((2 << 20))) / PAGE)) HUGE_ORDER=0
	while ((1 << HUGE_ORDER < HUGE)); do ((++HUGE_ORDER)); done
fi
export PAGE HUGE HUGE_ORDER SOFT_DIRTY

declare -gA AT RANGE # -g: bats loads this file inside a function
# Ours alone: whatever the environment has by these names is not for us to end or remove.
SUBJECT_PID='' PUBLIC='' OTHERS=()

# pipes_start COMMAND...: one that is talked to. Sets PIPED_PID, and PIPED_IN and PIPED_OUT: descriptors.
# shellcheck disable=SC2034 # for the tests
pipes_start() {
	local pipes
	pipes=$(mktemp -d "$BATS_TEST_TMPDIR/pipes-XXXXXX")
	mkfifo "$pipes"/{in,out}
	"$@" <"$pipes/in" >"$pipes/out" 3>&- &
	PIPED_PID=$!
	OTHERS+=("$PIPED_PID")
	exec {PIPED_IN}>"$pipes/in" {PIPED_OUT}<"$pipes/out"
}

# --- the subject ----------------------------------------------------------------------------------

# subject_start [WRAPPER...]: WRAPPER may be setpriv with its options
subject_start() { untraced _subject_start "$@"; }

_subject_start() {
	subject_launch "$@"
	_subject_expect "^ready $SUBJECT_PID\$"
	_subject_regions
}

# One of which nobody knows what it writes: the subject has a userfaultfd of its own otherwise.
unwatched_start() { subject_start env SUBJECT_UNWATCHED=1; }

# subject_start_apart WRAPPER...: one that puts the subject, its only child, into namespaces where
# it has another PID
subject_start_apart() {
	subject_launch "$@"
	_subject_expect "^ready 1\$"
	OTHERS+=("$SUBJECT_PID")
	SUBJECT_PID=$(ps -o pid= --ppid "$SUBJECT_PID" | tr -d ' ')
	_subject_regions
}

subject_launch() {
	local pipes=$BATS_TEST_TMPDIR/subject
	mkdir -p "$pipes"
	mkfifo "$pipes"/{in,out}
	"$@" "$SUBJECT" <"$pipes/in" >"$pipes/out" 3>&- &
	SUBJECT_PID=$!
	exec {SUBJECT_IN}>"$pipes/in" {SUBJECT_OUT}<"$pipes/out"
}

# Sets REPLY to the next line the subject says, which must match.
_subject_expect() {
	REPLY=
	read -rt $((10 * ${TEST_TIMEOUT_SCALE:-1})) -u "$SUBJECT_OUT" REPLY || :
	[[ $REPLY =~ $1 ]] || { echo "the subject said '$REPLY' instead of $1"; return 1; }
}

_subject_regions() {
	local name start end
	AT=() RANGE=()
	echo list >&"$SUBJECT_IN"
	while _subject_expect . && [[ $REPLY != ok ]]; do
		read -r name start end <<<"$REPLY"
		AT[$name]=$start RANGE[$name]=$start..$end
	done
}

# subject COMMAND...: sets REPLY to the number after "ok", if there is one
subject() {
	echo "$*" >&"$SUBJECT_IN"
	case $1 in
	exec) _subject_expect "^ready $SUBJECT_PID\$" ;;
	exit) wait "$SUBJECT_PID" || : ;;
	*) _subject_expect '^ok' && REPLY=${REPLY#ok} && REPLY=${REPLY# } ;;
	esac
}

# subject_try COMMAND...: false if the subject cannot
subject_try() {
	echo "$*" >&"$SUBJECT_IN"
	_subject_expect '^(ok|error)' && [[ $REPLY == ok* ]]
}

# --- waiting --------------------------------------------------------------------------------------

# until_true COMMAND...: asks again and again; too late, it shows how far a watch has come
# rounds N: so often, and a third of it on an emulated processor, where each takes ten times as long
rounds() { echo $((${TEST_TIMEOUT_SCALE:-1} < 6 ? $1 : ($1 + 2) / 3)); }

until_true() { untraced _until_true "$@"; }

_until_true() {
	local limit=$((SECONDS + 30 * ${TEST_TIMEOUT_SCALE:-1}))
	until "$@"; do
		((SECONDS < limit)) || { echo "never: $*"; watch_show; return 1; }
		_screen_pause # on a slow machine what is waited for needs the processor
	done
}

# --- a watch --------------------------------------------------------------------------------------

# shellcheck disable=SC2034 # for the tests
INJECT=(--tracker uffd --allow-inject)

# watch_start ARG...: its answer goes to out, what it says to err
watch_start() {
	"$PMTOP" "$@" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
	WATCH=$!
	OTHERS+=("$WATCH")
}

# Its interval ends here.
watch_end() {
	kill -TERM "$WATCH"
	wait "$WATCH"
}

# The beginning and the end of both: of a large process it may be thousands of lines.
watch_show() {
	local file
	for file in "$BATS_TEST_TMPDIR"/{out,err}; do
		[[ -f $file ]] || continue
		head -n 30 "$file"
		tail -n +31 "$file" | tail -n 30
	done
}

# Waits until it has slept twice more, which it does between two scans.
watch_scans() {
	local before
	before=$(watch_slept)
	until_true watch_has_scanned "$before"
}
watch_has_scanned() { (($(watch_slept) >= $1 + 2)); }
watch_slept() { awk '/^voluntary_ctxt/ { print $2 }' "/proc/$WATCH/status"; }

# What the kernel has by then: pages of a region that userfaultfd protects; a region of any that it
# watches; a region none of whose pages is soft-dirty, as after a clear.
is_armed() { [[ $(read_column "$1" UFFD-WP | lines_with 1 | wc -w) -gt 0 ]]; }
is_registered() { grep -q '^VmFlags:.* uw' "/proc/$SUBJECT_PID/smaps"; }
is_free() { ! is_registered; }
is_clean() { [[ $(read_column "$1" SOFT-DIRTY | sort -u) == 0 ]]; }

# --- programs that know nothing of the tests --------------------------------------------------------

# Sets PROGRAMS to the PIDs of programs as they come, each of which waits for what never comes.
# shellcheck disable=SC2016 # for perl to expand
programs_start() {
	PROGRAMS=()
	program_start bash -c 'echo ready; read -r _'
	program_start perl -e '$| = 1; my @list = map { "$_" x 100 } 1 .. 1000; print "ready\n"; <STDIN>'
	threads_start || :
	if python3 -c 0 2>/dev/null; then
		program_start python3 -c 'print("ready", flush=True); input()'
	fi
	tmux_start
}

# Three threads beside the main one; false if this perl has none.
# shellcheck disable=SC2016 # for perl to expand
threads_start() {
	perl -Mthreads -e 1 2>/dev/null || return
	program_start perl -Mthreads -e '$| = 1; print "ready\n" if map { async { sleep } } 1 .. 3; <STDIN>'
}

# program_start COMMAND...: which says something when it is ready, and then reads
program_start() {
	local pipe=$BATS_TEST_TMPDIR/program-${#PROGRAMS[@]}
	mkfifo "$pipe"{,.out}
	"$@" <>"$pipe" >"$pipe.out" 2>/dev/null 3>&- &
	PROGRAMS+=("$!")
	OTHERS+=("$!")
	read -rt $((10 * ${TEST_TIMEOUT_SCALE:-1})) _ <"$pipe.out"
}

tmux_start() {
	command -v tmux >/dev/null || return 0
	SCREEN_TMP=$BATS_TEST_TMPDIR SCREEN_SOCKET=pm$$-program
	_tmux -f /dev/null -u new-session -d 'read -r _' 3>&-
	PROGRAMS+=("$(_tmux display-message -p '#{pid}')")
}

# shapes_start: a process of shapes.c. Sets SHAPES to its PID, and AT and RANGE as subject_start does.
shapes_start() {
	can_scan || skip "one of its regions has 16 TiB, whose every page is a word to read without PAGEMAP_SCAN (Linux 6.7)"
	local pipe=$BATS_TEST_TMPDIR/shapes name range line
	mkfifo "$pipe"{,.out}
	"$builddir/tests/live/shapes" <>"$pipe" >"$pipe.out" 2>&1 3>&- &
	SHAPES=$!
	OTHERS+=("$SHAPES")
	AT=() RANGE=()
	while read -rt $((10 * ${TEST_TIMEOUT_SCALE:-1})) line; do
		[[ $line != cannot* ]] || skip "${line#cannot: }"
		[[ $line != ready ]] || return 0
		read -r name range <<<"$line"
		AT[$name]=${range%-*} RANGE[$name]=${range/-/..}
	done <"$pipe.out"
	return 1
}

live_end() {
	screen_stop
	local pid
	for pid in $SUBJECT_PID "${OTHERS[@]}"; do
		# waited for, or bash would report the killing
		{ kill -KILL "$pid" && wait "$pid"; } 2>/dev/null || :
	done
	[[ -z $PUBLIC ]] || rm -rf "$PUBLIC"
}

# --- what the machine allows ----------------------------------------------------------------------

# once NAME COMMAND...: what it prints; asked once in a run of bats, for the kernel stays the same
once() {
	local file=$BATS_RUN_TMPDIR/once-$EUID-$1
	shift
	[[ -s $file ]] || "$@" >"$file"
	echo "$(<"$file")"
}

yes_or_no() { if "$@"; then echo yes; else echo no; fi; }

soft_dirty() { echo "$SOFT_DIRTY"; }

need_soft_dirty() {
	[[ $(soft_dirty) == yes ]] ||
		skip "this kernel does not mark written pages (no soft-dirty): a write, a clear and a write showed none"
}

# The kernel is asked, not pmtop: a userfaultfd of our own, greeted with what tracking needs.
can_watch() { [[ $(once watch yes_or_no _can_watch) == yes ]]; }

# shellcheck disable=SC2016 # for perl to expand
_can_watch() {
	perl -MCalls -e 'exit 1 unless `uname -m` =~ /x86_64|aarch64/; my $fd = call(userfaultfd => 02004001); exit 2 if $fd < 0;
		open(my $f, "+<&=", $fd); exit(ioctl($f, 0xc018aa3f, my $a = pack("Q3", 0xaa, 1 << 13 | 1 << 15, 0)) ? 0 : 3)'
}

need_watch() {
	can_watch || skip "no userfaultfd with asynchronous protection here (Linux 6.7, x86-64 or arm64)"
}

# PAGEMAP_SCAN with an argument of size 0: a kernel that knows it says EINVAL, another one ENOTTY (25).
can_scan() { [[ $(once scan yes_or_no _can_scan) == yes ]]; }

_can_scan() {
	perl -e 'open my $f, "<", "/proc/self/pagemap" or exit 1; my $arg = "\0" x 96;
		exit(!defined(ioctl $f, 0xc0606610, $arg) && $! == 25)'
}

need_region() {
	[[ ${AT[$1]-} ]] || skip "this kernel made no $1 region: $2"
}

# Only frames distinguish the kinds of pages. Asked of the reader: a pmtop that fails must not skip.
can_frames() {
	[[ ${RANGE[anon]-} && $(once frames read_column anon KPF) == 0x* ]]
}

need_frames() {
	can_frames ||
		skip "the kernel keeps frame numbers or flags from us (needs root with CAP_SYS_ADMIN)"
}

# reader ARG...: what the kernel says, read without pmtop
reader() {
	"$live_dir/reader" "$@"
}

# values COLUMN...: of those columns of the CSV on standard input, without the heading
values() {
	awk -F , -v names="$*" '
		BEGIN { n = split(names, name, " ") }
		NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		{ for (i = 1; i <= n; i++) printf "%s%s", $at[name[i]], i < n ? "," : "\n" }'
}

# read_column REGION COLUMN: what the reader says of each page
read_column() {
	reader "$SUBJECT_PID" "${RANGE[$1]}" | values "$2"
}

# kpf REGION BIT: how many pages of the region have that page flag, as the reader sees it
kpf() {
	read_column "$1" KPF |
		perl -lne 'no warnings "portable"; $n++ if $_ ne "" && hex($_) >> '"$2"' & 1; END { print $n + 0 }'
}

in_guest() { grep -q guest.limit= /proc/cmdline; }

# Where a test would change the machine or harm it.
need_guest() {
	in_guest || skip "this changes the kernel's settings: in the guests only"
}

need_root() {
	((EUID == 0)) || skip "changing the user needs root"
	command -v setpriv >/dev/null || skip "setpriv (util-linux) is not installed"
}

# Sets AS_NOBODY to the words that run a command as nobody, and PMTOP and SUBJECT to copies that
# nobody may execute: the build tree, and bats' folders, may be root's alone.
become_nobody() {
	need_root
	AS_NOBODY=(setpriv --reuid nobody --regid nogroup --clear-groups env TMPDIR=/tmp)
	PUBLIC=$(mktemp -d /tmp/pmtop-live-XXXXXX)
	cp "$PMTOP" "$SUBJECT" "$live_dir"/{reader,soft_dirty_probe} "$PUBLIC"
	chmod -R a+rX "$PUBLIC"
	PMTOP=$PUBLIC/${PMTOP##*/} SUBJECT=$PUBLIC/${SUBJECT##*/}
	(cd / && "${AS_NOBODY[@]}" "$PMTOP" --version >/dev/null) || skip "nobody may not execute what is in /tmp"
	cd /
}

# --- asking pmtop ---------------------------------------------------------------------------------

# pm ARG...: has a limit of its own, because never hanging is one of its promises
pm() {
	timeout $((20 * ${TEST_TIMEOUT_SCALE:-1})) "$PMTOP" "$@"
}

# dump PID [RANGE]: all that pmtop says of pages, which the reader says as well
dump() {
	pm "--pages${2:+=$2}" --csv --output-all "$1"
}

# pages REGION COLUMNS: of every page of the subject's region, without the heading
pages() {
	pm "--pages=${RANGE[$1]}" --csv -n -o "$2" "$SUBJECT_PID"
}

# lines_with VALUE: the numbers, from 0 on, of the lines that are VALUE, on one line
lines_with() {
	awk -v value="$1" '$0 == value { printf "%s%d", n++ ? " " : "", NR - 1 }'
}

# column REGION COLUMN VALUE: the numbers of the pages that have VALUE there, on one line
column() {
	pages "$1" "$2" | lines_with "$3"
}

# states REGION: "64 anon" and the like, most first
states() {
	pages "$1" STATE | sort | uniq -c | sort -k 1,1nr -k 2 |
		awk '{ printf "%s%s %s", comma, $1, $2; comma = ", " }'
}

# screen_goto ADDRESS: the prompt answers the first Enter and goes there at the second
screen_goto() {
	screen_keys :
	screen_type "$1"
	screen_keys Enter Enter
}

# screen_burst KEY|TEXT...: sent at once, which is as if typed faster than pmtop draws; a word that is no key's
# name is a text. One wait for all of them, where each letter's own would take most of a test's time.
screen_burst() { untraced _screen_burst "$@"; }

_screen_burst() {
	local word n=0 frame keys idle
	for word; do
		case $word in
		[A-Z][a-z]* | C-?) n=$((n + 1)) ;; # tmux's names of keys
		*) n=$((n + ${#word})) ;;
		esac
	done
	_screen_status
	_tmux send-keys "$@"
	_screen_until "$*" _screen_settled $((keys + n)) 0
}

is() {
	[[ $1 == "$2" ]] || { printf '%s\nis not\n%s\n' "$1" "$2"; return 1; }
}

# same [DIFFER_OPTION] MAKE_A MAKE_B: two commands (each one word of shell) whose tables must agree.
# The kernel moves pages by itself, so a difference must be there three times to be one.
same() { untraced _same "$@"; }

_same() {
	local option=() a=$BATS_TEST_TMPDIR/a b=$BATS_TEST_TMPDIR/b
	[[ $1 != --* ]] || { option=("$1"); shift; }
	for _ in 1 2 3; do
		eval "$1" >"$a" && eval "$2" >"$b" || return
		"$live_dir/differ" "${option[@]}" "$a" "$b" >"$BATS_TEST_TMPDIR/difference" && return
	done
	cat "$BATS_TEST_TMPDIR/difference"
	return 1
}

# refused STATUS WORDS ARG...: pmtop says nothing but one line "pmtop: what: why; how" with WORDS
# (a regular expression) in it, and ends with STATUS
refused() {
	local want=$1 words=$2 status=0 said
	shift 2
	said=$(pm "$@" 2>&1 >"$BATS_TEST_TMPDIR/stdout") || status=$?
	if [[ $status != "$want" || -s $BATS_TEST_TMPDIR/stdout || $said == *$'\n'* ||
		! $said =~ ^pmtop:\ .+:\ .+\;\ .+ || ! ${said,,} =~ $words ]]; then
		printf 'pmtop %s: status %s instead of %s, or not one line with %s:\n%s\n' \
			"$*" "$status" "$want" "$words" "$said"
		cat "$BATS_TEST_TMPDIR/stdout"
		return 1
	fi
}

# Whether pmtop tells instructions that read from those that write.
reads_instructions() { "$PMTOP" --capabilities $$ --csv -n 2>/dev/null | grep -q '^instructions,yes'; }
