#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# What newer kernels say of a region, in words: where this kernel has it.

# shellcheck disable=SC2016,SC2034,SC2154
load live

teardown() { live_end; }

# mapped_start CODE: perl maps 16 pages, its address in $at, does that to them, and says where they are. Sets HERE.
mapped_start() {
	perl -MCalls -e '$| = 1; my $size = 16 * $PAGE; my $at = call(mmap => 0, $size, 3, 0x22, -1, 0); '"$1"'
		printf "%x\n", $at; sleep 1 while 1' >"$BATS_TEST_TMPDIR/mapped" 2>&1 3>&- &
	MAPPED=$!
	OTHERS+=("$MAPPED")
	until_true test -s "$BATS_TEST_TMPDIR/mapped"
	HERE=$(<"$BATS_TEST_TMPDIR/mapped")
	[[ $HERE =~ ^[0-9a-f]+$ ]] || skip "$HERE"
}

# kernel_says REGEX: of the region at HERE, in smaps
kernel_says() {
	awk -v at="^$HERE-" '/^[0-9a-f]+-/ { in_it = $0 ~ at } in_it' "/proc/$MAPPED/smaps" | grep -Eq "$1"
}

@test "a sealed region" {
	mapped_start 'call(mseal => $at, $size, 0) == 0 or print("no mseal: $!") && exit;'
	kernel_says '^VmFlags:.* sl( |$)'
	run -0 pm --list -o start,vmflags --csv "$MAPPED"
	grep -Eq "^0x$HERE,.* sl( |\$)" <<<"$output"
	run -0 pm -e 'help sl' "$MAPPED"
	[[ $output == *'sealed (mseal)'* ]]
	SCREEN_OPTIONS=(--interval 0.2 --color=never)
	screen_start 100x60 "$MAPPED"
	screen_goto "$HERE"
	screen_keys I
	screen_wait_text 'sl +sealed \(mseal\): cannot be unmapped'
	screen_keys Q
	screen_end
}

@test "a region with a protection key" {
	mapped_start 'my $key = call(pkey_alloc => 0, 0); $key > 0 or print("no protection keys: $!") && exit;
		call(pkey_mprotect => $at, $size, 3, $key) == 0 or print("no protection keys: $!") && exit;'
	local key
	key=$(awk -v at="^$HERE-" '/^[0-9a-f]+-/ { in_it = $0 ~ at } in_it && /^ProtectionKey:/ { print $2 }' "/proc/$MAPPED/smaps")
	[[ $key -gt 0 ]]
	run -0 pm -e "vma:$HERE" "$MAPPED"
	grep -Eq "^ +pkey +$key; a protection key" <<<"$output"
	run -0 pm --list -o start,pkey --raw "$MAPPED"
	grep -qx "0x$HERE $key" <<<"$output"
}

@test "a droppable region" {
	subject_start
	need_region droppable "MAP_DROPPABLE"
	HERE=${AT[droppable]} MAPPED=$SUBJECT_PID
	kernel_says '^VmFlags:.* dp( |$)' || skip "smaps does not say so here"
	run -0 pm --list -o start,vmflags --csv "$SUBJECT_PID"
	grep -Eq "^0x0*$HERE,.* dp( |\$)" <<<"$output"
	run -0 pm -e 'help dp' "$SUBJECT_PID"
	[[ $output == *droppable* ]]
}
