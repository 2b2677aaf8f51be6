#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The write marks: what a process wrote since the clear, and nothing else.

# Commands handed to `same` are for it to expand.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154
load live

teardown() { live_end; }

@test "after a clear exactly the pages written are reported" {
	need_soft_dirty
	subject_start
	# a new mapping is born with every bit set
	is "$(column anon SOFT-DIRTY 1 | wc -w)" 64
	run -0 pm -e clear "$SUBJECT_PID"
	is "$(column anon SOFT-DIRTY 1)" ""
	is "$(column anon WRITTEN 1)" ""
	subject write anon 3 5 7
	subject write sparse 8 40
	subject read anon 1 2
	subject read zero 4
	is "$(column anon WRITTEN 1)" "3 5 7"
	is "$(column anon SOFT-DIRTY 1)" "3 5 7"
	is "$(column sparse WRITTEN 1)" "8 40"
	is "$(column zero WRITTEN 1)" ""
	same --others-map-files 'reader $SUBJECT_PID' 'dump $SUBJECT_PID'
	# each clear starts anew
	run -0 pm -e clear "$SUBJECT_PID"
	subject write anon 63
	is "$(column anon WRITTEN 1)" 63
}

@test "a write into a huge page is reported as by the kernel" {
	need_soft_dirty
	local page=$((HUGE + HUGE / 3)) # of the second one
	subject_start
	need_region thp "no huge pages here"
	run -0 pm -e clear "$SUBJECT_PID"
	subject write thp $page
	same 'reader $SUBJECT_PID ${RANGE[thp]}' 'dump $SUBJECT_PID ${RANGE[thp]}'
	[[ " $(column thp SOFT-DIRTY 1) " == *" $page "* ]]
	# the other huge page was left alone
	[[ " $(column thp SOFT-DIRTY 1) " != *" $((HUGE - 1)) "* ]]
}

@test "without soft-dirty a clear is refused with the reason" {
	[[ $(soft_dirty) == no ]] || skip "this kernel has soft-dirty"
	subject_start
	if pm -e tracker "$SUBJECT_PID" | grep -q '^ *uffd .*consent'; then
		refused 1 'MEM_SOFT_DIRTY.*; --watch watches and reports in one call' -e clear "$SUBJECT_PID"
		run -0 pm --watch=0.01 --count 1 --allow-inject "$SUBJECT_PID"
	else
		refused 1 'soft.dirty' -e clear "$SUBJECT_PID"
	fi
}

@test "on the screen, after c, exactly the pages written are marked" {
	need_soft_dirty
	subject_start
	SCREEN_OPTIONS=(--interval 0.2 --color=never)
	screen_start 80x24 "$SUBJECT_PID"
	screen_goto "${AT[anon]}"
	screen_wait_text "${AT[anon]} +a{64}( |\$)"
	screen_keys c
	screen_wait_text "${AT[anon]} +a{64}( |\$)"
	subject write anon 3 5 7
	screen_wait_text "${AT[anon]} +aaa[#+-]a[#+-]a[#+-]a{56}( |\$)"
	# they age and stay
	screen_wait_text "${AT[anon]} +aaa[+-]a[+-]a[+-]a{56}( |\$)"
	subject write anon 0 63
	screen_wait_text "${AT[anon]} +[#+]aa[+-]a[+-]a[+-]a{55}[#+]( |\$)"
	screen_keys q q
	screen_end
}

@test "the screen shows a page that comes and a page that was not touched" {
	local none=[.·]
	subject_start
	SCREEN_OPTIONS=(--interval 0.2 --color=never)
	screen_start 80x24 "$SUBJECT_PID"
	screen_goto "${AT[sparse]}"
	screen_wait_text "${AT[sparse]} +$none[ah]$none{6}[ah]$none{54}[ah]( |\$)"
	subject write sparse 2 3
	screen_wait_text "${AT[sparse]} +$none[ah]{3}$none{4}[ah]$none{54}[ah]( |\$)"
	screen_keys q q
	screen_end
}

# Where the kernel has no soft-dirty the demo has itself watched by userfaultfd.
@test "the demo shows what it writes, with soft-dirty or without" {
	local way=soft-dirty
	subject_start
	if [[ $(soft_dirty) == no ]]; then
		way=userfaultfd
		can_watch || skip "neither soft-dirty nor asynchronous write protection here"
	fi
	SCREEN_OPTIONS=(--interval 0.2 --color=never)
	screen_start 80x24 --demo
	screen_goto 200000000000 # its first region; on some machines its program is below
	screen_wait_text '200000000000 '
	run ! grep -E '^20000[0-9a-f]{7} .*[#+]' <(screen_text)
	screen_keys c
	screen_wait_text "epoch 1: $way (cleared|armed) in"
	# life goes on: some of its pages are fresh, some have cooled, most are not written
	screen_wait_text '^20000[0-9a-f]{7} .*#'
	screen_wait_text '^20000[0-9a-f]{7} .*[+]'
	run grep -cE '^20000[0-9a-f]{7} .*[aw]' <(screen_text)
	((output >= 3))
	screen_keys q q
	screen_end
}

@test "--watch reports what was written in each interval, and where" {
	need_soft_dirty
	subject_start
	watch_start --watch=3600 --csv -n -b -o PAGES,BYTES,MAPPING,START --tracker soft-dirty "$SUBJECT_PID"
	# it has begun when the clear is done
	until_true is_clean anon
	subject write anon 3 5 7
	subject write sparse 1
	watch_end
	watch_show
	grep -qx "3,$((3 * PAGE)),,0x${AT[anon]}" "$BATS_TEST_TMPDIR/out"
	grep -qx "1,$PAGE,,0x${AT[sparse]}" "$BATS_TEST_TMPDIR/out"
	is "$(awk -F , '$3 != "total" { n += $1 } $3 == "total" { t = $1 } END { print n - t }' "$BATS_TEST_TMPDIR/out")" 0
}

@test "bug: with pages of 64 KiB the demo took a gigabyte" {
	local rss
	rss=$(pm --demo --json -e 'sum rss' | sed -n 's/.*"bytes": \([0-9]*\),.*/\1/p')
	echo "$rss"
	((rss > 16 << 20 && rss < 320 << 20))
}

@test "--watch of the demo: every interval has its writes, the sum is that of the regions" {
	local out=$BATS_TEST_TMPDIR/out
	if [[ $(soft_dirty) == no ]]; then
		can_watch || skip "neither soft-dirty nor asynchronous write protection here"
	fi
	pm --demo --watch=0.5 --count 3 --csv -n -o INTERVAL,PAGES,MAPPING >"$out" 2>"$out.err"
	cat "$out"
	is "$(grep -c ',total$' "$out")" 3
	is "$(awk -F , '{ if ($3 == "total") t[$1] = $2; else n[$1] += $2 } END { for (i in t) print (t[i] > 0 && t[i] == n[i]) }' "$out" | sort -u)" 1
}

@test "C clears again and again: what is written again is fresh, what is not cools" {
	local sampled=', sampled'
	if [[ $(soft_dirty) == no ]]; then
		sampled=
		can_watch || skip "neither soft-dirty nor asynchronous write protection here"
	fi
	SCREEN_OPTIONS=(--interval 0.2 --color=never)
	screen_start 80x24 --demo
	screen_goto 200000000000
	screen_keys C
	screen_type 9999
	screen_keys Enter
	screen_wait_text 'from 0.25 to 600 seconds'
	screen_keys C-u
	screen_type 0.5
	screen_keys Enter
	screen_wait_text "AUTO-CLEAR [0-9.]+s$sampled"
	screen_wait_text '^20000[0-9a-f]{7} .*#'
	screen_wait_text '^20000[0-9a-f]{7} .*[+]'
	screen_keys C
	screen_type 0
	screen_keys Enter
	screen_wait_text 'epoch [0-9]+ '
	run ! grep AUTO-CLEAR <(screen_text)
	screen_keys q q
	screen_end
}
