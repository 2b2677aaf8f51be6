#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# --grid: the pages as letters.
# shellcheck disable=SC2154

load helper

# letters OPTION...: of all cells of the grid, how often each letter stands there
letters() {
	pm "$@" "$PID" | sed -n 's/^[0-9a-f]* \(.*\)$/\1/; /(1 cell/!p' | fold -w 1 | grep -v '^ $' |
		sort | uniq -c | awk '{ printf "%s%s %s", sep, $2, $1; sep = ", " } END { print "" }'
}

@test "--grid=RANGE has a letter for each page, rows at round addresses" {
	fixture zoo
	pm_golden grid-zoo --grid=0x1000000..0x10130000 "$PID"
	# the range is not the region: what is outside of it is left blank
	is "$(pm --grid=1003000..+4p "$PID" | sed '1d; s/ *$//')" "000001000000    aaaa"
}

@test "--grid shows every region that has pages in RAM" {
	fixture softdirty
	pm_golden grid-softdirty --grid "$PID"
	fixture java
	is "$(pm --grid "$PID" | grep -c '(1 cell')" "$(pm --list -b --raw -n -o RSS "$PID" | grep -vcxE "0?")"
}

@test "--columns sets the cells of a row" {
	local n
	fixture softdirty
	for n in 8 16 32 64; do
		is "$(pm --grid=10000000..+64p --columns $n "$PID" | sed 1d | wc -l)" $((64 / n))
		is "$(pm --grid=10000000..+64p --columns $n "$PID" | sed -n 2p | cut -c 14- | tr -d '\n' | wc -c)" $n
	done
	is "$(pm --grid=10000000..+64p --columns 256 "$PID" | sed -n 2p | tr -d ' ')" "000010000000$(printf 'a%.0s' {1..64})"
	refused 2 'power of two' --grid --columns 7 "$PID"
	refused 2 'power of two' --grid --columns 512 "$PID"
}

@test "every zoom counts every page" {
	fixture alt
	# every second page: half of each cell, whatever its size, and the kind that costs memory names it
	is "$(letters --grid=10000000..11000000)" ". 2048, a 2048"
	is "$(letters --grid=20000000..21000000 --zoom 4)" ". 512, a 512"
	is "$(letters --grid=20000000..21000000 --zoom 64)" ". 32, a 32"
	is "$(letters --grid=20000000..21000000 --zoom 2048)" ". 1, a 1"
	is "$(letters --grid=40000000..41000000)" ". 3584, a 512"
	# the odd region: 1001 pages, neither end on a border of rows or cells
	is "$(letters --grid=50003000..503ec000)" "0 333, a 335, s 333"
	is "$(letters --grid=50003000..503ec000 --zoom 4 | awk -F '[ ,]+' '{ for (i = 2; i <= NF; i += 2) n += $i; print n }')" 251
	refused 2 'power of two' --grid --zoom 3 "$PID"
}

@test "a hidden page has its letter, and the alarm of a bad one is heard at every zoom" {
	fixture hidden
	is "$(letters --grid=1000000..1040000)" ". 8, a 28, h 16, s 8, | 4"
	fixture zoo
	is "$(letters --grid=100b0000..+8p)" "! 2, X 1, a 5"
	[[ $(letters --grid=100b0000..+8p --zoom 8) == '! 1' ]]
}

@test "--grid of one page, of the last page, and of nothing" {
	fixture zoo
	is "$(pm --grid=1000abc "$PID" | sed 1d | tr -d ' ')" 000001000000a
	pm --grid=7ffd4e1f8000 "$PID" | grep -q '\[vdso\]'
	# the page table does not reach it
	pm --grid=ffffffffff600000 "$PID" | grep '?'
	refused 1 'nothing is mapped' --grid=5000 "$PID"
	refused 2 'grid is a picture' --grid --json "$PID"
}

@test "--grid through each lens: letters of that lens, every page once" {
	local lens
	fixture zoo
	for lens in state writes backing sharing LRU folios NUMA swap physical; do
		is "$(letters --grid=heap --lens $lens | awk -F '[ ,]+' '{ for (i = 2; i <= NF; i += 2) n += $i; print n }')" 64
	done
	is "$(letters --grid=10110000..+8p --lens 5)" "A 1, R 1, a 1, f 1, i 1, r 2, u 1"
	is "$(letters --grid=10070000..+8p --lens swap)" ". 2, 0 2, 1 3, r 1"
	is "$(letters --grid=10120000..+16p --lens folios)" "4 16"
	refused 2 'a single look has no baseline; --grow compares two' --grid --lens growth "$PID"
	refused 2 "a single look samples nothing; -e 'accesses for 10s' answers it" --grid --lens accesses "$PID"
	refused 2 '--lens has no value "colour"; choose from state, writes, backing' --grid --lens colour "$PID"
}
