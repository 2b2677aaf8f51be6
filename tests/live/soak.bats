#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The short form of bench/soak: what pmtop holds stays what it is.

# bats file_tags=not-in-guests, waits
load live

@test "soak: views, clears, baselines and questions leave no descriptor, thread or process behind" {
	! in_guest || skip "a guest is too slow for it"
	"$live_dir/../../bench/soak" -b "$builddir" -n 1 -t 1
}
