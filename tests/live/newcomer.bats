#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# What is mapped after a clear, or was read-only at it: reported where it is known, never as not written.

# shellcheck disable=SC2034,SC2154
load live

: "${NEWCOMER:=$builddir/tests/live/newcomer}"
BASE=210000000000 OTHER=220000000000 THIRD=230000000000 CODE=240000000000

teardown() { live_end; }

# page ADDRESS N: the address N pages above
page() { printf %x $((0x$1 + $2 * PAGE)); }

MIB10=$(((10 << 20) / PAGE)) # pages

# newcomer_start: with 64 pages at BASE, written, and a file of 16 at CODE, read
newcomer_start() {
	head -c $((16 * PAGE)) /dev/zero | tr '\0' x >"$BATS_TEST_TMPDIR/file"
	pipes_start "$NEWCOMER" "$BATS_TEST_TMPDIR/file"
	NEWCOMER_PID=$PIPED_PID SUBJECT_PID=$PIPED_PID NEWCOMER_IN=$PIPED_IN NEWCOMER_OUT=$PIPED_OUT
	_newcomer_says '^ready'
	newcomer map $BASE 64
	newcomer write $BASE 64
	newcomer file $CODE 16
	newcomer read $CODE 16
	RANGE[base]=$BASE..$(page $BASE 64)
}

_newcomer_says() {
	REPLY=
	read -rt $((10 * ${TEST_TIMEOUT_SCALE:-1})) -u "$NEWCOMER_OUT" REPLY || :
	[[ $REPLY =~ $1 ]] || { echo "the newcomer said '$REPLY' instead of $1"; return 1; }
}

newcomer() {
	echo "$*" >&"$NEWCOMER_IN"
	_newcomer_says '^ok'
}

# The way there is here: userfaultfd where it can be, else soft-dirty.
need_way() {
	if can_watch; then
		WAY=("${INJECT[@]}")
	else
		need_soft_dirty
		WAY=(--tracker soft-dirty)
	fi
}

is_marked() { [[ $(read_column base UFFD-WP | lines_with 1 | wc -w) == 64 ]]; }

watch_begin() { watch_start "${WAY[@]}" "$@" "$NEWCOMER_PID"; }

# watch_with_scans ARG...: until we say so, with scans in between; its clear is over
watch_with_scans() {
	watch_begin --watch=60 "$@"
	if [[ ${WAY[1]} == uffd ]]; then until_true is_marked; else until_true is_clean base; fi
	watch_scans
}

watch_is_over() {
	watch_end
	watch_show
}

# written AT: of its pages, in one line
written() { awk -F , -v at="^0x${1%????????}" '$1 ~ at { printf "%s", $2 == "" ? "-" : $2 }' "$BATS_TEST_TMPDIR/out"; }

# --- what came since ------------------------------------------------------------------------------------------

@test "memory mapped since the clear: its pages were written, those only read were not" {
	need_way
	newcomer_start
	watch_with_scans --pages -o ADDRESS,WRITTEN --csv -n
	newcomer map $OTHER 8
	newcomer write $OTHER 3
	newcomer read "$(page $OTHER 4)" 2
	watch_is_over
	# without privilege and without PAGEMAP_SCAN the zero page is not recognized
	[[ $(written $OTHER) == 11100 ]]
}

@test "bug: empty pages that the watch had marked were listed as if they were in RAM" {
	need_way
	[[ ${WAY[1]} == uffd ]] || skip "soft-dirty marks no empty pages"
	newcomer_start
	RANGE[other]=$OTHER..$(page $OTHER 8)
	watch_with_scans --pages -o ADDRESS,WRITTEN --csv -n
	newcomer map $OTHER 8
	newcomer write $OTHER 3
	until_true is_armed other
	newcomer read "$(page $OTHER 4)" 2
	watch_is_over
	[[ $(written $OTHER) == 11100 ]]
}

@test "and its region counts as written, in the sums too" {
	need_way
	newcomer_start
	watch_with_scans --list -o START,DIRTY,UNWRITTEN -b --csv -n
	newcomer map $OTHER 8
	newcomer write $OTHER 3
	watch_is_over
	grep -qx "0x$OTHER,$((3 * PAGE)),0" "$BATS_TEST_TMPDIR/out"
}

@test "a huge page mapped since the clear: which part was written is not known" {
	need_way
	newcomer_start
	watch_with_scans --pages=$OTHER..+$((2 * HUGE))p -o ADDRESS,WRITTEN --csv -n
	# together: what a scan has marked gets no huge page
	printf '%s\n' "huge $OTHER $((2 * HUGE))" "write $OTHER 1" >&"$NEWCOMER_IN"
	_newcomer_says '^ok'
	_newcomer_says '^ok'
	grep -q '^AnonHugePages: *[1-9]' "/proc/$NEWCOMER_PID/smaps" || skip "the kernel made no huge page"
	watch_is_over
	is "$(cut -d , -f 2 "$BATS_TEST_TMPDIR/out" | grep -c 0)" 0
}

@test "memory moved by mremap() is reported neither as written nor as not written" {
	need_way
	newcomer_start
	watch_with_scans --pages -o ADDRESS,WRITTEN --csv -n
	newcomer move $BASE 64 $OTHER
	watch_is_over
	is "$(written $OTHER | tr -d -)" ""
	is "$(written $OTHER | wc -c)" 64
}

@test "nor if the memory that it was moved from stays mapped" {
	need_way
	newcomer_start
	need_frames_of base
	watch_with_scans --pages -o ADDRESS,WRITTEN --csv -n
	newcomer leave $BASE 64 $OTHER
	watch_is_over
	is "$(written $OTHER | tr -d -)" ""
	is "$(written $OTHER | wc -c)" 64
}

@test "memory mapped while other memory is unmapped is reported: its frames show that nothing was moved" {
	need_way
	newcomer_start
	need_frames_of base
	watch_with_scans --pages -o ADDRESS,WRITTEN --csv -n
	newcomer turn $BASE 64 $OTHER
	watch_is_over
	is "$(written $OTHER | tr -d 1)" ""
	is "$(written $OTHER | wc -c)" 64
}

need_frames_of() {
	[[ $(read_column "$1" KPF) == 0x* ]] || skip "the kernel keeps frame numbers from us"
}

@test "new memory is watched automatically: written again, it is reported again" {
	need_watch
	WAY=("${INJECT[@]}")
	newcomer_start
	watch_begin --watch=1 -o PAGES,START --csv -n
	until_true is_marked
	newcomer shared $OTHER 8
	newcomer write $OTHER 8
	RANGE[other]=$OTHER..$(page $OTHER 8)
	until_true is_armed other
	# two writes may lie in two intervals: written again until one has both
	until_true write_and_see
	watch_is_over
}
write_and_see() {
	newcomer write $OTHER 2
	grep -qx "2,0x$OTHER" "$BATS_TEST_TMPDIR/out"
}

@test "--watch: the total includes pages not known" {
	need_watch
	WAY=("${INJECT[@]}")
	newcomer_start
	watch_begin --watch=3600 -o PAGES,UNKNOWN,START -b --csv -n
	until_true is_marked
	newcomer shared $OTHER 256
	newcomer write $OTHER 256
	watch_is_over
	is "$(awk -F , -v at="0x$OTHER" '$3 == at { print $1 ":" $2 }' "$BATS_TEST_TMPDIR/out")" ":$((256 * PAGE))"
	(($(awk -F , '$3 == "" { print $2 }' "$BATS_TEST_TMPDIR/out") >= 256 * PAGE))
}

# bats test_tags=in-one-guest
@test "migrate: no claim of convergence that leaves out pages not known" {
	need_watch
	WAY=("${INJECT[@]}")
	newcomer_start
	watch_begin --watch=$((3 * ${TEST_TIMEOUT_SCALE:-1})) -e 'migrate 10m'
	until_true is_marked
	newcomer shared $OTHER $MIB10
	newcomer write $OTHER $MIB10
	wait "$WATCH"
	watch_show
	grep -q '^10 Mb/s: may not converge: writes to 10.* are not known$' \
		"$BATS_TEST_TMPDIR/out"
	run ! grep -E '^ *converges +[01]' "$BATS_TEST_TMPDIR/out"
}

@test "on the screen the sum is followed by what it leaves out" {
	need_watch
	[[ $(soft_dirty) == no ]] || skip "this kernel has soft-dirty, which c uses"
	newcomer_start
	SCREEN_OPTIONS=(--interval 0.2 --color=never "${INJECT[@]}")
	screen_start 120x24 "$NEWCOMER_PID"
	screen_keys c
	screen_wait_text 'epoch 1: userfaultfd armed'
	newcomer shared $OTHER $MIB10
	newcomer write $OTHER $MIB10
	screen_wait_text 'writes .* written \+10\.0M in 1 new region, .*not watched'
	screen_keys W
	screen_wait_text 'not watched +\+10\.0M in 1 new region'
	screen_keys q q
	screen_end
}

# --- what was read-only ---------------------------------------------------------------------------------------

@test "pages of a read-only mapping are not reported as not written" {
	need_watch
	WAY=("${INJECT[@]}")
	newcomer_start
	watch_with_scans --pages -o ADDRESS,WRITTEN --csv -n
	newcomer poke $CODE
	newcomer debug "$(page $CODE 2)"
	watch_is_over
	is "$(written $CODE)" ----------------
}

@test "nor does a filter find them so, nor the list" {
	need_watch
	WAY=("${INJECT[@]}")
	newcomer_start
	run --separate-stderr "$PMTOP" --watch=0.1 "${WAY[@]}" --pages=$CODE..+16p --filter '!written' -o ADDRESS --csv -n "$NEWCOMER_PID"
	is "$output" ""
	[[ $stderr == *'16 pages left out'* ]]
	run --separate-stderr "$PMTOP" --watch=0.1 "${WAY[@]}" --list -o START,DIRTY,UNWRITTEN --csv -n "$NEWCOMER_PID"
	grep -qx "0x$CODE,," <<<"$output"
}

@test "--scope watches them, whatever they are" {
	need_watch
	WAY=("${INJECT[@]}" --scope $CODE..+16p)
	newcomer_start
	watch_begin --watch=60 --pages=$CODE..+16p -o ADDRESS,WRITTEN --csv -n
	until_true is_registered_at $CODE
	watch_scans
	newcomer poke $CODE
	newcomer debug "$(page $CODE 2)"
	watch_is_over
	is "$(written $CODE)" 1010000000000000
}

@test "a region watched in part: the rest is not reported as not written" {
	need_watch
	WAY=("${INJECT[@]}" --scope $BASE..+8p)
	newcomer_start
	watch_begin --watch=60 --pages=$BASE..+16p -o ADDRESS,WRITTEN --csv -n
	until_true is_registered_at $BASE
	watch_scans
	newcomer write "$(page $BASE 3)" 1
	newcomer write "$(page $BASE 9)" 1
	watch_is_over
	is "$(written $BASE)" 00010000--------
	run --separate-stderr "$PMTOP" --watch=0.1 "${WAY[@]}" --pages=$BASE..+16p --filter '!written' -o ADDRESS --csv -n "$NEWCOMER_PID"
	is "$(wc -l <<<"$output")" 8
	run --separate-stderr "$PMTOP" --watch=0.1 "${WAY[@]}" --list -o START,UNWRITTEN --csv -n "$NEWCOMER_PID"
	grep -qx "0x$BASE," <<<"$output"
}

is_registered_at() { awk -v at="^$1-" '$0 ~ at { in_it = 1 } in_it && /^VmFlags/ { exit !/ uw/ } END { if (!in_it) exit 1 }' "/proc/$NEWCOMER_PID/smaps"; }

@test "one that becomes writable is watched from then on" {
	need_watch
	WAY=("${INJECT[@]}")
	newcomer_start
	watch_with_scans --pages -o ADDRESS,WRITTEN --csv -n
	newcomer open $CODE 16
	until_true is_registered_at $CODE
	watch_scans
	newcomer write "$(page $CODE 3)" 1
	watch_is_over
	is "$(written $CODE)" ---1------------
}

@test "a shared mapping of a file opened read-only cannot be written, and that is known" {
	need_watch
	unset SUBJECT_PID
	head -c $((4 * PAGE)) /dev/zero >"$BATS_TEST_TMPDIR/shared"
	PROGRAMS=()
	# shellcheck disable=SC2016 # for perl to expand
	program_start perl -MCalls -e 'my $at = 0x250000000000; for ("<", "+<") { open my $f, $_, $ARGV[0];
		my $p = call(mmap => $at, 4 * $PAGE, 1, 0x11, fileno $f, 0);
		unpack "x" . (2 * $PAGE - 1) . " C", unpack "P" . 4 * $PAGE, pack "Q", $p; $at += 1 << 32 }
		$| = 1; print "ready\n"; <STDIN>' "$BATS_TEST_TMPDIR/shared"
	"$PMTOP" --watch=0.1 "${INJECT[@]}" --list -o START,DIRTY --csv -n "${PROGRAMS[0]}" >"$BATS_TEST_TMPDIR/out"
	watch_show
	grep -qx 0x250000000000,0 "$BATS_TEST_TMPDIR/out"
	grep -qx 0x250100000000, "$BATS_TEST_TMPDIR/out"
}
