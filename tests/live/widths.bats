#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Addresses of other widths: above 47 bits, which page tables of five levels allow a process that asks for them
# (so do those of arm64 with 52 bits); and of 32 bits.

# shellcheck disable=SC2016,SC2034,SC2154
load live

: "${VICTIM32:=$builddir/tests/live/victim32}"

teardown() { live_end; }

# far_start: a process with 4 pages far above the rest, two of them written. Sets FAR to its PID, and AT and RANGE.
far_start() {
	# the first hint is of 56 bits, the second of 52
	program_start perl -MCalls -e 'open my $zero, "<", "/dev/zero"; my $at;
		for (0xab000000000000, 0xb000000000000) { last if ($at = call(mmap => $_, 4 * $PAGE, 3, 0x22, -1, 0)) >> 48 }
		call(madvise => $at, 4 * $PAGE, 15);
		call(read => fileno $zero, $at + $_ * $PAGE, $PAGE) == $PAGE or die for 0, 2;
		open my $said, ">", $ARGV[0]; printf $said "%x\n", $at; close $said;
		$| = 1; print "ready\n"; <STDIN>' "$BATS_TEST_TMPDIR/far"
	FAR=${PROGRAMS[-1]}
	read -r AT[far] <"$BATS_TEST_TMPDIR/far"
	((0x${AT[far]} >> 48)) || skip "no addresses above 48 bits: this processor, or this kernel, has page tables of fewer levels"
	RANGE[far]=${AT[far]}..$(printf %x $((0x${AT[far]} + 4 * PAGE)))
}

@test "a region above 48 bits: its list, its pages, questions about it" {
	PROGRAMS=()
	far_start
	is "$(pm --list --csv -n -b -o START,SIZE,RSS "$FAR" | grep "^0x${AT[far]},")" \
		"0x${AT[far]},$((4 * PAGE)),$((2 * PAGE))"
	same --others-map-files 'reader $FAR' 'dump $FAR'
	is "$(pm --pages="${RANGE[far]}" --raw -n -o PRESENT "$FAR" | xargs)" "1 0 1 0"
	# the address above, with the offset, and the one below, lead where they should
	for name in "0x${AT[far]}+2p" "${AT[far]}..+4p"; do
		run -0 pm -e "$name" "$FAR"
		[[ $output == *"${AT[far]:0:8}"* ]]
	done
	# a row of the grid begins before it, where it is no multiple of a row
	[[ $(pm --grid="${RANGE[far]}" "$FAR" | tail -n 1) =~ ^[0-9a-f]{13,14}\ +a[.]a[.]\ *$ ]]
	! pm -e "${AT[far]}" "$FAR" | grep 'above the 128 TiB'
}

# bats test_tags=not-in-guests
@test "a region above 48 bits on the screen: the list has all of its digits, so have map, grid and bytes" {
	PROGRAMS=()
	far_start
	SCREEN_OPTIONS=(--interval 0 --color=never)
	screen_start 120x40 "$FAR"
	screen_keys / 
	screen_type "${AT[far]}"
	screen_keys Enter
	screen_text | grep -E "^›${AT[far]} +$((4 * PAGE / 1024))[.]?0?K"
	screen_keys Enter
	screen_text | grep -E "^ *0*${AT[far]:0:8}"
	screen_keys x
	screen_text | grep -E "^ *0*${AT[far]}  00 00 00"
	screen_keys Escape Escape a
	screen_text | head -n 1 | grep -E '64\.0P|4\.0P'
	screen_keys Q
	screen_end
}

@test "a 32-bit process: its pages, its list, where its threads are, its pointers" {
	local line pid sp
	[[ -x $VICTIM32 ]] || skip "the compiler made no 32-bit program"
	"$VICTIM32" </dev/null >/dev/null || skip "this kernel runs no 32-bit programs"
	pipes_start "$VICTIM32"
	read -rt $((10 * ${TEST_TIMEOUT_SCALE:-1})) -u "$PIPED_OUT" line pid
	is "$line" ready
	kill -STOP "$pid"
	same --others-map-files 'reader $pid' 'dump $pid'
	is "$(pm --list --csv -n -b -o START,END,PERM "$pid" | tr , ' ')" \
		"$(awk '{ split($1, at, "-"); print "0x" at[1], "0x" at[2], $2 }' "/proc/$pid/maps" | sed -E 's/0x0+([0-9a-f])/0x\1/g')"
	sp=$(pm -e '$sp' "$pid" | cut -d ' ' -f 1)
	((0x$sp < 1 << 32))
	pm -e '$sp' "$pid" | grep -F '[stack'
	# on the screen bytes are shown as pointers of 4 bytes, and the map is of the lower end alone
	SCREEN_OPTIONS=(--interval 0 --color=never)
	screen_start 140x40 "$pid"
	screen_goto "$sp"
	screen_keys x
	screen_text | grep -E "as pointers"
	screen_keys Q
	screen_end
	kill -CONT "$pid"
}
