#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Zoomed out by any step, the grid on the screen counts every page: cell by cell and in sum.

load live
# shellcheck disable=SC2154

teardown() { live_end; }

# cells_of PAGES: cells of so many pages from the reader's columns ADDRESS,PRESENT,PFN:
# "ADDRESS PAGES ABSENT ZERO", with the frame most pages here share for the zero page
cells_of() {
	perl -F, -lane '
		BEGIN { $size = 4096 * shift }
		no warnings "portable";
		$cell = hex($F[0]) - hex($F[0]) % $size;
		$n{$cell}++; $absent{$cell}++ if !$F[1];
		$zero{$cell}++ if $F[1] && $F[2] && hex($F[2]) == hex($ENV{ZERO});
		END { printf "%x %d %d %d\n", $_, $n{$_}, $absent{$_} // 0, $zero{$_} // 0 for sort { $a <=> $b } keys %n }' "$1"
}

# shown FILE: the same from the CSV that w writes; of single pages from their states
shown() {
	perl -F, -lane '
		if ($. == 1) { @at{@F} = 0 .. $#F; next }
		$F[0] =~ s/^0x//;
		print "$F[0] ", exists $at{PAGES} ? "$F[$at{PAGES}] $F[$at{none}] $F[$at{zero}]"
			: join " ", 1, $F[$at{STATE}] eq "none" ? 1 : 0, $F[$at{STATE}] eq "zero" ? 1 : 0' "$1"
}

# at every zoom until the region is one cell: what w writes of the screen against the reader
proven() {
	local file=cells zoom pages
	reader "$SUBJECT_PID" "${RANGE[$1]}" | values ADDRESS PRESENT PFN | sed 's/^0x//' >"$file.raw"
	ZERO=$(read_column zero PFN | head -n 1)
	export ZERO
	pages=$(wc -l <"$file.raw")
	screen_goto "${AT[$1]}"
	for ((zoom = 0; 1 << zoom < pages * 2; zoom++)); do
		screen_keys w C-u
		screen_type "$file-$1-$zoom.csv"
		screen_keys Enter
		diff -u <(cells_of $((1 << zoom)) <"$file.raw") <(shown "$file-$1-$zoom.csv")
		is "$(shown "$file-$1-$zoom.csv" | awk '{ n += $2 } END { print n }')" "$pages"
		screen_keys -
	done
	screen_keys Escape
}

@test "every second page, every eighth, and three kinds in turn, at every zoom" {
	subject_start
	[[ -n $(read_column zero PFN | head -n 1) ]] || skip "page frames are hidden from us"
	SCREEN_OPTIONS=(--interval 0 --read-only)
	cd "$BATS_TEST_TMPDIR" || return	# short names are typed sooner
	screen_start 120x40 "$SUBJECT_PID"
	proven alt
	is "$(shown "cells-alt-11.csv" | awk '{ print $2, $3 }')" "2048 1024"
	proven alt-8
	is "$(shown "cells-alt-8-11.csv" | awk '{ print $2, $3 }')" "2048 1792"
	proven alt-odd
	screen_keys Q
	screen_end
}
