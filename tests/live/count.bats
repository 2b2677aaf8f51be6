#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# count and find: how many pages match, by what and where, against a reader that shares nothing with pmtop.
# shellcheck disable=SC2016,SC2154
load live

teardown() { live_end; }

# The subject's own regions: nobody else maps what is there. The kernel shows the page table of /dev/mem to nobody.
mine='addr>=100000000000 & addr<101000000000 & type!=device'
setup() {
	subject_start
	reader "$SUBJECT_PID" | grep -E '^(ADDRESS|0x100[0-9a-f]{9},)' >"$BATS_TEST_TMPDIR/rows"
}

# rows PERL: runs it for each of the reader's rows; $c{COLUMN} is a value, %n counts for its end
rows() {
	perl -e '
		no warnings "portable";
		my ($each, $file) = @ARGV;
		open my $rows, "<", $file or die;
		chomp(my @names = split /,/, <$rows>);
		our (%c, %n);
		my $run = eval "sub { $each }" or die $@;
		while (<$rows>) {
			chomp;
			@c{@names} = split /,/, $_, -1;
			$run->();
		}
		print map { "$_ $n{$_}\n" } sort keys %n' "$1" "$BATS_TEST_TMPDIR/rows"
}

# counted QUERY: the pages, or with "by" a line for each group
counted() {
	pm --json -e "$1" "$SUBJECT_PID" | perl -0777 -ne '
		/"pages": (\d+), "bytes": (\d+), "unknown": 0/ or die "not counted: $_";
		my $rows = /"groups": \[(.*)\]/s ? $1 : "";
		if (!/"groups"/) { print "all $1\n" if $1; exit }
		print sort map { /^\{"\w+": "(.*?)", "pages": (\d+)/ ? "$1 $2\n" =~ s/\\\\/\\/gr : () } split /\s,?(?=\{)/, $rows'
}

@test "count counts the pages that an independent reader counts" {
	local pages perl
	need_frames
	while IFS=: read -r pages perl; do
		echo "$pages"
		is "$(counted "count (${pages//;/:}) & $mine")" "$(rows "\$n{all}++ if $perl")"
	done <<-'END'
		present:$c{PRESENT}
		scan;swapped:$c{SWAPPED}
		scan;file & scan;present:$c{PRESENT} && ($c{CATEGORIES} eq "" ? $c{FILE} : $c{CATEGORIES} =~ /file/)
		exclusive:$c{EXCLUSIVE} && $c{PRESENT}
		guard:$c{GUARD}
		state=anon | zero:$c{STATE} =~ /^(anon|zero)$/
		anon & !thp:hex($c{KPF}) >> 12 & 1 && ($c{ORDER} < $ENV{HUGE_ORDER} || hex($c{KPF}) >> 17 & 1)
		mapcount>1:$c{MAPCOUNT} ne "" && $c{MAPCOUNT} > 1
		lens.sharing=once:$c{MAPCOUNT} eq 1
		order>=1:$c{ORDER} ne "" && $c{ORDER} >= 1
		present & name~*pmtop*:$c{PRESENT} && $c{MAPPING} =~ /pmtop/
	END
}

@test "count by state, order, mapcount: each group is what the reader counts" {
	need_frames
	is "$(counted "count $mine & (present | scan:swapped) by state")" \
		"$(rows '$n{$c{STATE}}++ if $c{PRESENT} || $c{SWAPPED}')"
	is "$(counted "count present & $mine by order")" "$(rows '$n{$c{ORDER}}++ if $c{PRESENT} && $c{ORDER} ne ""')"
	is "$(counted "count mapcount>=0 & $mine by mapcount")" "$(rows '$n{$c{MAPCOUNT}}++ if $c{MAPCOUNT} ne ""')"
	is "$(counted "count present & $mine by file" | sort)" \
		"$(rows '$n{$c{MAPPING} || "[anonymous]"}++ if $c{PRESENT}' | sort)"
}

# bats test_tags=not-in-guests
@test "find lists the runs of neighbours that match, and fails where none does" {
	local start end pages where at
	is "$(pm --json -e "find present in ${RANGE[sparse]}" "$SUBJECT_PID" |
		sed -n 's/.*"start": "\(0x[0-9a-f]*\)", "end": "\(0x[0-9a-f]*\)", "pages": \([0-9]*\),.*/\1 \2 \3/p')" \
		"$(perl -e '
			my ($from, $to, $n);
			sub run { printf "%#x %#x %d\n", $from, $to, $n if $n }
			for (<STDIN>) {
				my ($at, $in) = /^(0x[0-9a-f]+),[^,]*,([01]),/ or next;
				$at = hex $at;
				if ($in && $n && $at == $to) { $n++ } elsif ($in) { run; ($from, $n) = ($at, 1) } else { next }
				$to = $at + $ENV{PAGE};
			}
			run' < <(reader "$SUBJECT_PID" "${RANGE[sparse]}"))"
	# each place leads back to its run
	while read -r start end pages where; do
		at=$(pm -e "$where" "$SUBJECT_PID")
		[[ 0x${at%% *} == "$start" ]]
	done < <(pm -e "find present in ${RANGE[sparse]}" "$SUBJECT_PID" | grep -E '^  0x')
	refused 1 'no page matches hwpoison' -e 'find hwpoison' "$SUBJECT_PID"
	is "$(pm --json -e 'count hwpoison' "$SUBJECT_PID" | grep -c '"pages": 0,')" 1
}

@test "bytes finds every place in RAM where they are, and faults nothing in" {
	local before
	need_frames
	before=$(awk '/^VmRSS/ { print $2 }' "/proc/$SUBJECT_PID/status")
	is "$(pm -e "bytes \"subject sparse page\" in ${RANGE[sparse]}" "$SUBJECT_PID" | awk '/^  0x/ { print $1 }')" \
		"$(reader "$SUBJECT_PID" "${RANGE[sparse]}" | values ADDRESS PRESENT | sed -n 's/,1$//p')"
	refused 1 'no page has "subject nowhere"' -e "bytes \"subject nowhere\" in ${RANGE[sparse]}" "$SUBJECT_PID"
	is "$(awk '/^VmRSS/ { print $2 }' "/proc/$SUBJECT_PID/status")" "$before"
}

# smaps_sum FIELD REGEX: the sum, in bytes, over the regions whose heading matches
smaps_sum() {
	awk -v f="$1:" -v want="$2" '/^[0-9a-f]+-[0-9a-f]+ / { in_it = $0 ~ want }
		in_it && $1 == f { s += $2 } END { print s * 1024 }' "/proc/$SUBJECT_PID/smaps"
}

# summed QUERY: the bytes; with "by", NAME BYTES a line
summed() {
	pm --json -e "$1" "$SUBJECT_PID" | perl -0777 -ne '
		/"bytes": (\d+), "regions"/ or die "no sum: $_";
		if (!/"groups"/) { print "$1\n"; exit }
		print sort map { /"(?:type|file)": "(.*?)", "regions": \d+, "sum": (\d+)/ ? "$1 $2\n" : () } split /\}/'
}

@test "the name of a file is all its segments, as a range" {
	local libc what
	libc=$(awk '/libc[.-]/ { print $6; exit }' "/proc/$SUBJECT_PID/maps")
	[[ $libc == */libc[.-]* ]] || skip "the subject has no libc of its own"
	[ "$(grep -c "$libc" "/proc/$SUBJECT_PID/maps")" -gt 1 ] || skip "libc is one region here"
	what=$(smaps_sum Rss "$libc")
	is "$(summed 'sum rss in libc')" "$what"
	is "$(pm --pages=libc --csv -n -o PRESENT "$SUBJECT_PID" | grep -c 1)" "$((what / PAGE))"
}

@test "sum adds up what smaps has, of all regions and of those that match" {
	is "$(summed 'sum rss')" "$(smaps_sum Rss .)"
	is "$(summed 'sum rss of perm~x')" "$(smaps_sum Rss '^[^ ]* ..x')"
	is "$(summed 'sum rss of !perm~w & name~libc')" "$(smaps_sum Rss '^[^ ]* .-.*libc')"
	is "$(summed 'sum anon')" "$(smaps_sum Anonymous .)"
	is "$(summed 'sum size of name=[stack]')" "$(smaps_sum Size '\[stack\]$')"
	is "$(summed 'sum hugetlb')" "$(($(smaps_sum Shared_Hugetlb .) + $(smaps_sum Private_Hugetlb .)))"
	is "$(summed 'sum rss by type' | sed -n 's/^heap //p')" "$(smaps_sum Rss '\[heap\]$')"
	is "$(summed 'sum rss by type' | awk '{ s += $NF } END { print s }')" "$(smaps_sum Rss .)"
	is "$(summed 'sum rss by file' | awk '{ s += $NF } END { print s }')" "$(smaps_sum Rss .)"
}
