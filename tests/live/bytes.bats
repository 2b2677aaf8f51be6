#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The bytes of pages: those that are there, and nothing faulted in to get them.

load live
# shellcheck disable=SC2154

teardown() { live_end; }

# What the kernel counts, and every page table word of a region: whoever faults anything in changes it.
footprint() {
	grep -E '^(VmRSS|VmSwap|RssAnon|RssFile|RssShmem):' "/proc/$SUBJECT_PID/status"
	grep -h -A 25 "^${AT[$1]}-" "/proc/$SUBJECT_PID/smaps" | grep -E '^(Rss|Swap|Anonymous):'
	"$live_dir/reader" "$SUBJECT_PID" "${RANGE[$1]}" | cut -d , -f 1-4,8-9
}

# address REGION PAGE
address() { printf '%x' $((0x${AT[$1]} + $2 * PAGE)); }

# No more than 64 KiB are read at a time: these are all pages of them, at most 16.
AT_ONCE=$((65536 / PAGE))

# dump REGION PAGE: the bytes that -e prints, raw
dump() {
	pm --json -e "hex $(address "$1" "$2")..+1p" "$SUBJECT_PID" |
		perl -ne '/"bytes": "([0-9a-f]+)"/ and print pack "H*", $1 and last'
}

@test "hex shows the bytes that the subject wrote" {
	local page
	subject_start
	for page in 0 7 63; do
		is "$(dump anon $page | tr -d '\0' | sed 's/write .*/write/')" "subject anon page $page write"
		cmp <(dump anon $page) <(dd if="/proc/$SUBJECT_PID/mem" bs="$PAGE" count=1 \
			skip=$((0x${AT[anon]} / PAGE + page)) status=none)
	done
	is "$(dump zero 3 | tr -d '\0' | wc -c)" 0
	is "$(dump zero 3 | wc -c)" "$PAGE"
	run -0 pm -e "hex ${AT[private]}..+0x10" "$SUBJECT_PID"
	[[ $output == *"${AT[private]}  "* ]]
	# what has no write permission, and what has no permission at all
	run -0 pm -e 'hex vdso..+0x10' "$SUBJECT_PID"
	[[ $output == *'7f 45 4c 46'* ]]
}

@test "reading all of a sparse region faults nothing in, neither by -e nor on the screen" {
	local i before
	subject_start
	before=$(footprint sparse)
	for ((i = 0; i < 26; i += AT_ONCE)); do
		pm --json -e "hex $(address sparse $i)..+${AT_ONCE}p" "$SUBJECT_PID"
	done >"$BATS_TEST_TMPDIR/read"
	is "$(grep -o 'bytes_read": [0-9]*' "$BATS_TEST_TMPDIR/read" | awk '{ n += $2 } END { print n }')" $((2 * PAGE))
	run -0 pm -e "hex $(address sparse 2)..+${AT_ONCE}p" "$SUBJECT_PID"
	[[ $output == *"$(address sparse 2)..$(address sparse $((AT_ONCE < 6 ? 2 + AT_ONCE : 8)))  not in RAM"* ]]
	is "$(footprint sparse)" "$before"
	screen_start 120x40 "$SUBJECT_PID"
	screen_goto "${AT[sparse]}"
	screen_keys x
	screen_text | grep 'not in RAM: R reads it'
	# every row of the first pages, then page by page through the region and back
	screen_keys $(printf 'NPage %.0s' {1..30})
	screen_keys Home $(printf 'Tab %.0s' {1..63})
	screen_text | grep -F 'subject sparse p'
	screen_keys Home r
	is "$(footprint sparse)" "$before"
	screen_keys Q
	screen_end
	is "$(footprint sparse)" "$before"
}

@test "reading every kind of region faults nothing in" {
	local name before
	subject_start
	pages() { "$live_dir/reader" "$SUBJECT_PID" | grep '^0x100' | cut -d , -f 1-4,8; }
	before=$(pages)
	for name in "${!AT[@]}"; do # the ends: there are no more than 64 KiB at a time
		pm -e "hex ${AT[$name]}..+1p" -e "hex $(printf %x $((0x${RANGE[$name]#*..} - PAGE)))..+1p" \
			"$SUBJECT_PID" >/dev/null
	done
	is "$(pages)" "$before"
	if [[ ${AT[secret]-} ]]; then # nobody may read it, though it is there
		run -0 pm -e "hex ${AT[secret]}..+0x10" "$SUBJECT_PID"
		echo "$output"
		[[ $output == *'did not read it'* || $output == *'cannot be read'* || $output == *'lets no one'* ||
			$output == *'of a device'* ]]
	fi
	[[ ${AT[bios]-} ]] || return 0 # /dev/mem, in the guests only
	run -0 pm -e "hex ${AT[bios]}" "$SUBJECT_PID"
	[[ $output == *'device memory'* ]]
}

@test "R faults in that page and no other" {
	local before
	subject_start
	before=$(column sparse PRESENT 1)
	is "$before" "1 8 63"
	screen_start 80x24 --read-only "$SUBJECT_PID"
	screen_goto "$(address sparse 40)"
	screen_keys x R
	screen_text | grep -- '--read-only refuses anything'
	screen_keys Q
	screen_end
	is "$(column sparse PRESENT 1)" "1 8 63"
	screen_start 80x24 "$SUBJECT_PID"
	screen_goto "$(address sparse 40)"
	screen_keys x
	screen_text | grep 'not in RAM: R reads it'
	screen_keys R
	screen_text | grep "page $(address sparse 40) was read"
	screen_text | grep "$(address sparse 40)  00 00 00 00"
	is "$(column sparse PRESENT 1)" "1 8 40 63"
	screen_keys R
	screen_text | grep 'already in RAM: nothing to do'
	screen_keys Q
	screen_end
	is "$(column sparse PRESENT 1)" "1 8 40 63"
}

@test "a page in swap stays there until R reads it" {
	local swapped n
	subject_start
	subject madvise swap pageout
	swapped=$(column swap SWAPPED 1)
	[[ $swapped ]] || skip "nothing was swapped out: no swap here"
	n=${swapped%% *}
	pm -e "hex $(address swap "$n")..+1p" "$SUBJECT_PID" | grep -F 'swapped out (not read'
	is "$(column swap SWAPPED 1)" "$swapped"
	screen_start 80x24 "$SUBJECT_PID"
	screen_goto "$(address swap "$n")"
	screen_keys x
	screen_text | grep 'swapped out: R reads it (the process will swap it in)'
	screen_keys R
	screen_text | grep -F 'subject swap pag'
	screen_keys Q
	screen_end
	[[ " $(column swap SWAPPED 1) " != *" $n "* ]]
}

@test "what cannot be read says so: a guard page, the kernel's own, what was unmapped" {
	subject_start
	run -0 pm -e 'hex 1000' "$SUBJECT_PID"
	[[ $output == *'not mapped'* ]]
	if grep -q '\[vsyscall\]' "/proc/$SUBJECT_PID/maps"; then
		run -0 pm -e 'hex vsyscall' "$SUBJECT_PID"
		[[ $output == *'the kernel lets no one read it'* ]]
	fi
	if grep -q '\[vvar\]' "/proc/$SUBJECT_PID/maps"; then
		run -0 pm -e 'hex [vvar]' "$SUBJECT_PID"
		[[ $output == *'the kernel lets no one read it'* ]]
		screen_start 80x24 "$SUBJECT_PID"
		screen_goto '[vvar]'
		screen_keys x R
		screen_text | grep 'cannot read page'
		screen_keys Q
		screen_end
	fi
	need_region guard "MADV_GUARD_INSTALL is of Linux 6.13"
	# 6.13 and 6.14 call a guard an entry in swap; whichever it is, there are no bytes
	run -0 pm -e "hex $(printf %x $((0x$(address guard 4) - 8)))..+0x10" -e "hex $(address guard 4)" "$SUBJECT_PID"
	[[ $output == *'not read'* || $output == *'cannot be read'* ]]
	is "$(dump guard 3 | tr -d '\0' | sed 's/write .*/write/')" "subject guard page 3 write"
}

@test "a write shows on the screen as it happens, and only where it was" {
	subject_start
	SCREEN_OPTIONS=(--interval 0.2)
	screen_start 80x24 "$SUBJECT_PID"
	screen_goto "$(address anon 5)"
	screen_keys x
	screen_wait_text 'subject anon pag'
	screen_wait_text 'write [0-9]+'
	before=$(screen_text | grep -c .)
	# the page is there and writable: no fault reports this write
	subject write anon 5
	screen_wait_text "write $(dump anon 5 | tr -d '\0' | sed 's/.*write //')"
	_screen_planes whole | grep -E 'bg=(230|227|220|214|166)' # it has cooled where a machine is slow
	[ "$before" -eq "$(screen_text | grep -c .)" ]
	screen_keys Q
	screen_end
}

@test "as nobody: the bytes of the own process; another's are refused with the remedy" {
	local mine
	become_nobody
	subject_start "${AS_NOBODY[@]}"
	run -0 "${AS_NOBODY[@]}" "$PMTOP" -e "hex ${AT[anon]}..+0x10" "$SUBJECT_PID"
	echo "$output"
	[[ $output == *'subject anon pag'* || $output == *'ptrace'* ]]
	# the page tables of a process that may not be attached to are closed to us as well
	run "${AS_NOBODY[@]}" "$PMTOP" -e "hex ${AT[anon]}" 1
	[ "$status" -eq 1 ]
	[[ $output == pmtop:*root* ]]
}
