#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Files that the target maps: names of addresses, and files that hang, lie or are swapped for something else.

# shellcheck disable=SC2034,SC2154
# bats file_tags=waits, in-one-guest
load live

: "${MAPPER:=$builddir/tests/live/mapper}"

setup() {
	"$PMTOP" --capabilities $$ --csv -n 2>/dev/null | grep -q '^symbols,yes' || WITHOUT=yes
}

teardown() { live_end; }

need_symbols() {
	[[ -z ${WITHOUT-} ]] || skip "this pmtop was built without elfutils"
}

# mapper_start COMMAND...: sets MAPPER_PID to what says ready, NAMED to its "NAME ADDRESS" lines
mapper_start() {
	local line
	pipes_start "$@"
	MAPPER_SHELL=$PIPED_PID MAPPER_IN=$PIPED_IN MAPPER_OUT=$PIPED_OUT
	NAMED=()
	while read -rt $((20 * ${TEST_TIMEOUT_SCALE:-1})) -u "$MAPPER_OUT" line; do
		case $line in
		cannot*) skip "$line" ;;
		ready*) MAPPER_PID=${line#ready } && return ;;
		*) NAMED+=("$line") ;;
		esac
	done
	echo "the mapper said nothing"
	return 1
}

# symbol ADDRESS: what pmtop, as WHO, calls it, or nothing
WHO=()
symbol() {
	"${WHO[@]}" timeout $((20 * ${TEST_TIMEOUT_SCALE:-1})) "$PMTOP" -e "$1" --json "$MAPPER_PID" |
		sed -n 's/.*"symbol": "\([^"]*\)".*/\1/p'
}

# Each of NAMED has its name; what is none_ has none.
all_named() {
	local name at wrong=0
	for line in "${NAMED[@]}"; do
		read -r name at <<<"$line"
		[[ $name != none_* ]] || name=
		[[ $name != mangled_* ]] || continue
		[[ $(symbol "$at") == "$name" ]] || { echo "$line is called '$(symbol "$at")'" && wrong=1; }
	done
	return "$wrong"
}

# quickly COMMAND...: it ends in time, whatever it says; far longer than pmtop waits for one answer
quickly() {
	local status=0
	timeout -s KILL $((12 * ${TEST_TIMEOUT_SCALE:-1})) "$@" || status=$?
	[[ $status -ne 137 ]] || { echo "it did not end: $*"; return 1; }
}

@test "symbols: the program's own, not those of a copy of its file" {
	need_symbols
	mapper_start "$MAPPER" maps
	all_named
}

@test "symbols: .bss behind the last mapping, the vdso, a file that is deleted" {
	need_symbols
	need_root
	cp "$MAPPER" "$BATS_TEST_TMPDIR/gone"
	mapper_start "$BATS_TEST_TMPDIR/gone" maps
	rm "$BATS_TEST_TMPDIR/gone"
	[[ ${NAMED[*]} == *landmark_bss* ]]
	[[ ${NAMED[*]} == *clock_gettime* ]]
	all_named
}

# bats test_tags=not-in-guests
@test "symbols: C++ and Rust names, demangled and as in the file" {
	need_symbols
	local line name at said wrong=0
	local -A want=(
		[_ZN8landmark4callERKSsi]='landmark::call(std::string const&, int)'
		[_RNvNtCs1234_8landmark4call4rust]='landmark::call::rust'
		[_ZN8landmark4call17h0123456789abcdefE]='landmark::call'
	)
	mapper_start "$MAPPER" maps
	for line in "${NAMED[@]}"; do
		read -r name at <<<"$line"
		[[ $name == mangled_* ]] || continue
		name=${name#mangled_}
		said=$("$PMTOP" -e "$at+1" "$MAPPER_PID")
		if "$PMTOP" --capabilities $$ | grep -q 'without libiberty'; then
			grep -qF "  symbol         $name+0x1" <<<"$said" || { echo "$said" && wrong=1; }
			continue
		fi
		grep -qxF "  symbol         ${want[$name]}+0x1" <<<"$said" || { echo "$said" && wrong=1; }
		grep -qxF "  mangled        $name" <<<"$said" || { echo "$said" && wrong=1; }
		unset "want[$name]"
		is "$(symbol "$at+1")" "$(grep '^  symbol' <<<"$said" | sed 's/^  symbol *//')"
	done
	[[ $wrong -eq 0 ]]
	"$PMTOP" --capabilities $$ | grep -q 'without libiberty' || is "${#want[@]}" 0
}

# bats test_tags=not-in-guests
@test "symbols: readelf says the same of thousands of addresses" {
	need_symbols
	command -v readelf >/dev/null || skip "readelf is not installed"
	local file
	mapper_start "$MAPPER" maps
	is "$("$live_dir/names" "$MAPPER_PID" "$(realpath "$MAPPER")" "$PMTOP" | sed 's/: [0-9]* / /')" \
		"$(realpath "$MAPPER") named"
	for file in $(awk '$2 ~ /x/ && $6 ~ /\.so/ { print $6 }' /proc/$$/maps | sort -u); do
		MAPPER_PID=$$
		"$live_dir/names" "$MAPPER_PID" "$file" "$PMTOP"
	done
}

# bats test_tags=not-in-guests
@test "symbols: a program in another mount namespace, and in a chroot" {
	need_symbols
	need_root
	local room=$BATS_TEST_TMPDIR/room
	mkdir "$room"
	# shellcheck disable=SC2016 # for the inner shell
	mapper_start unshare -m --propagation private sh -c \
		'mount -t tmpfs none "$1" && cp "$0" "$1/inner" && exec "$1/inner" maps' "$MAPPER" "$room"
	all_named
	live_end
	OTHERS=()
	# shellcheck disable=SC2016
	mapper_start unshare -m --propagation private sh -c \
		'mount --rbind / "$1" && cp "$0" "$1/tmp/inner-$$" && exec chroot "$1" "/tmp/inner-$$" maps' "$MAPPER" "$room"
	rm -f "/tmp/inner-$MAPPER_PID"
	all_named
}

@test "symbols: of a program in a chroot, for its owner, who has no right to map_files" {
	need_symbols
	become_nobody
	cp "$MAPPER" "$PUBLIC/inside"
	mkdir "$PUBLIC/room"
	chmod 755 "$PUBLIC/inside"
	# shellcheck disable=SC2016 # for the inner shell
	mapper_start unshare -m --propagation private sh -c \
		'mount --rbind / "$1/room" && shift && exec chroot "$0/room" "$@"' "$PUBLIC" "$PUBLIC" \
		"${AS_NOBODY[@]}" "$PUBLIC/inside" maps
	WHO=("${AS_NOBODY[@]}")
	grep -q "$PUBLIC/room$PUBLIC/inside" "/proc/$MAPPER_PID/maps" || skip "maps names it from its own root here"
	is "$(symbol "$(sed 's/.* //' <<<"${NAMED[0]}")")" landmark
}

# A link where the deleted file was, under the very name that maps shows: it is not followed to anything.
# bats test_tags=not-in-guests
@test "a path that was swapped for a link to something else is not opened" {
	need_symbols
	need_root
	local at dir what line swapped
	become_nobody
	WHO=("${AS_NOBODY[@]}")
	dir=$PUBLIC/swap
	mkdir -m 777 "$dir"
	mkfifo -m 666 "$dir/pipe"
	echo mine >"$dir/other"
	mknod -m 666 "$dir/device" c 1 7
	mkdir "$dir/folder"
	for what in "$dir/pipe" "$dir/other" "$dir/device" "$dir/folder" "$dir/swapped (deleted)"; do
		cp "$MAPPER" "$dir/swapped"
		chmod 755 "$dir/swapped"
		mapper_start "${AS_NOBODY[@]}" "$dir/swapped" maps
		rm "$dir/swapped"
		ln -s "$what" "$dir/swapped (deleted)"
		read -r _ at <<<"${NAMED[0]}"
		if [[ -e $what ]]; then
			swapped=$MAPPER_PID
			mapper_start "$MAPPER" watch "$what"
			local watcher_in=$MAPPER_IN watcher_out=$MAPPER_OUT
			MAPPER_PID=$swapped
		fi
		quickly "${WHO[@]}" "$PMTOP" --pages --output-all "$MAPPER_PID" >/dev/null
		quickly "${WHO[@]}" "$PMTOP" --summary "$MAPPER_PID" >/dev/null
		is "$(symbol "$at")" ""
		WHO=()
		quickly "$PMTOP" --pages --output-all "$MAPPER_PID" >/dev/null
		is "$(symbol "$at")" landmark # by map_files
		WHO=("${AS_NOBODY[@]}")
		if [[ -e $what ]]; then
			exec {watcher_in}>&-
			read -r line <&"$watcher_out"
			is "$line" "opened 0"
		fi
		rm "$dir/swapped (deleted)"
	done
}

# bats test_tags=not-in-guests
@test "a file that would unpack into a gigabyte: names come at once, and without it" {
	need_symbols
	local name at part=$BATS_TEST_TMPDIR/part
	for name in objcopy xz; do
		command -v "$name" >/dev/null || skip "$name is not installed"
	done
	head -c 1G /dev/zero | xz -0 >"$part"
	objcopy --add-section ".gnu_debugdata=$part" "$MAPPER" "$BATS_TEST_TMPDIR/bomb"
	mapper_start "$BATS_TEST_TMPDIR/bomb" maps
	all_named
	objcopy --strip-symbol landmark --add-section ".gnu_debugdata=$part" "$MAPPER" "$BATS_TEST_TMPDIR/stripped"
	mapper_start "$BATS_TEST_TMPDIR/stripped" maps
	read -r _ at <<<"${NAMED[0]}"
	[[ $(symbol "$at") != landmark* ]]
}

# bats test_tags=not-in-guests
@test "a library truncated since it was mapped: no name, and the next question is answered" {
	need_symbols
	local at library copy=$BATS_TEST_TMPDIR/short.so
	library=$(awk '$2 ~ /x/ && /\.so/ && !/libc\.|ld-|\/ld/ { print $6; exit }' "/proc/$$/maps")
	[[ -n $library ]] || skip "bash has no library here but the C library"
	cp "$library" "$copy"
	chmod 755 "$copy"
	mapper_start env LD_PRELOAD="$copy" "$MAPPER" maps
	at=$(awk -v file="$copy" '$6 == file && $2 ~ /x/ { split($1, a, "-"); print a[1] }' "/proc/$MAPPER_PID/maps")
	[[ -n $at ]]
	perl -e 'truncate($ARGV[0], 4096) or die $!' "$copy"
	is "$(symbol "$at")" ""
	quickly "$PMTOP" --pages --output-all "$MAPPER_PID" >/dev/null
	is "$(symbol "$(sed 's/.* //' <<<"${NAMED[0]}")")" landmark
}

# children PID: of all its threads
children() {
	cat /proc/"$1"/task/*/children
}

# status PID FIELD
status() {
	awk -v field="$2:" '$1 == field { print $2 }' "/proc/$1/status"
}

@test "the helper keeps no right it does not need, its reader none at all" {
	need_symbols
	need_root
	local pid helper reader helpers
	mapper_start "$MAPPER" maps
	screen_start 100x40 "$MAPPER_PID"
	screen_goto "$(sed 's/.* 0x//' <<<"${NAMED[0]}")"
	read -ra helpers <<<"$(children "$(screen_pid)")" # one of each thread that reads
	[[ ${#helpers[@]} -gt 0 ]]
	for helper in "${helpers[@]}"; do
		# the process that asks for nodes: it has the socket of its questions, and no more
		if [[ $(status "$helper" Name) == pmtop ]]; then
			is "$(readlink "/proc/$helper/fd/"* | grep -vc '^socket:')" 0
			continue
		fi
		reader=$(children "$helper" | tr -d ' ')
		is "$(status "$helper" Name) $(status "$reader" Name)" "pmtop-helper pmtop-helper"
		# DAC_READ_SEARCH, FOWNER, SYS_PTRACE, CHECKPOINT_RESTORE
		is "$(status "$helper" CapPrm) $(status "$helper" CapInh)" "000001000008000c 0000000000000000"
		is "$(status "$reader" CapPrm) $(status "$reader" Uid) $(status "$reader" Seccomp)" "0000000000000000 65534 2"
		for pid in "$helper" "$reader"; do
			helper_is_bare "$pid" "$([[ $pid == "$reader" ]] || echo '/proc ')"
		done
		helpers+=("$reader")
	done
	screen_stop
	for pid in "${helpers[@]}"; do
		_screen_until "the helper's end" has_ended "$pid"
	done
}

# helper_is_bare PID FILES: no terminal, and nothing that its parents had open
helper_is_bare() {
	is "$(status "$1" NoNewPrivs)" 1
	grep -q '^Max data size  *536870912 ' "/proc/$1/limits"
	grep -q '^Max address space  *8589934592 ' "/proc/$1/limits"
	grep -q '^Max core file size  *0 ' "/proc/$1/limits"
	is "$(awk '{ print $7 }' "/proc/$1/stat")" 0
	is "$(readlink "/proc/$1/fd/"* | sed 's|:.*||; s|/proc/.*|/proc|' | sort -u | xargs)" "/dev/null $2socket"
}

# --- files that hang ----------------------------------------------------------------------------------------

# A program on a file system whose server answers nothing any more.
hang_start() {
	need_root
	[[ -c /dev/fuse ]] || modprobe fuse 2>/dev/null || :
	[[ -c /dev/fuse ]] || skip "there is no /dev/fuse"
	mkdir "$BATS_TEST_TMPDIR/mount"
	mapper_start "$MAPPER" hang "$BATS_TEST_TMPDIR/mount"
	read -r _ HANGING_AT <<<"${NAMED[0]}"
	# a machine that is very slow may be late for the deadline of a question
	[[ -n ${WITHOUT-} ]] || until_true eval '[[ $(symbol "$HANGING_AT") == landmark ]]'
	kill -USR1 "$MAPPER_SHELL"
}

# bats test_tags=not-in-guests
@test "a file that hangs: answers end, without its facts" {
	hang_start
	quickly "$PMTOP" -e "$HANGING_AT" "$MAPPER_PID" >"$BATS_TEST_TMPDIR/answer"
	grep -q '^ *region' "$BATS_TEST_TMPDIR/answer"
	[[ -n ${WITHOUT-} ]] || grep -q '^ *symbol  *reading its file takes too long' "$BATS_TEST_TMPDIR/answer"
	quickly "$PMTOP" --pages "$MAPPER_PID" >/dev/null
	quickly "$PMTOP" --summary "$MAPPER_PID" >/dev/null
	quickly "$PMTOP" --capabilities "$MAPPER_PID" >/dev/null
	# four times it was waited for; that was enough
	local asked=()
	for _ in {1..20}; do asked+=(-e "$HANGING_AT"); done
	quickly "$PMTOP" "${asked[@]}" "$MAPPER_PID" >/dev/null
	# nobody is left who holds what we were given
	quickly bash -c '"$0" -e "$1" "$2" | cat >/dev/null' "$PMTOP" "$HANGING_AT" "$MAPPER_PID"
}

# the_screen_ends SIGNAL: with a question about a file that hangs under way
the_screen_ends() {
	local pid
	screen_start 100x40 "$MAPPER_PID"
	pid=$(screen_pid)
	screen_goto "${HANGING_AT#0x}"
	screen_send Enter
	screen_send h
	if [[ $1 == q ]]; then screen_send q; screen_send q; screen_send q; screen_send q; else kill "-$1" "$pid"; fi
	_screen_until "the process's end" has_ended "$pid"
	screen_stop
}

# bats test_tags=not-in-guests
@test "a file that hangs: the screen goes on, and ends" {
	hang_start
	the_screen_ends q
	the_screen_ends TERM
	the_screen_ends HUP
}

# bats test_tags=not-in-guests
@test "a file that hangs: R asks for a page that does not come, and the screen ends all the same" {
	local at pid
	hang_start
	at=$(printf '%s\n' "${NAMED[@]}" | sed -n 's/^none_unread 0x//p')
	[[ -n $at ]]
	screen_start 100x40 "$MAPPER_PID"
	pid=$(screen_pid)
	screen_goto "$at"
	screen_keys x
	screen_wait_text "R reads it"
	screen_send R
	screen_wait_text "it did not arrive in time"
	screen_send R
	for _ in 1 2 3 4; do screen_send q; done
	_screen_until "the process's end" has_ended "$pid"
}
