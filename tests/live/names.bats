#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Names: of mappings, which lead back to their addresses, and of processes.
load live

setup() {
	cd "$BATS_TEST_TMPDIR"
}

teardown() {
	[[ -z ${NAMED:-} ]] || kill "$NAMED" 2>/dev/null || true
	live_end
}

# Each region of a process at several addresses: what -e prints is asked again, and must be that address.
leads_back() { # PID
	perl - "$PMTOP" "$1" <<-'END'
		my ($pmtop, $pid) = @ARGV;
		my (@at, $bad);
		open my $maps, '<', "/proc/$pid/maps" or die;
		while (<$maps>) {
			my ($from, $to) = /^([0-9a-f]+)-([0-9a-f]+)/ or die;
			($from, $to) = (hex $from, hex $to);
			next if $from >> 63; # the kernel's
			for my $a ($from, $from + 0x123, $to - 1) { push @at, $a }
		}
		sub ask {
			my @q = map { ('-e', $_) } @_;
			open my $p, '-|', $pmtop, @q, $pid or die;
			my @lines = grep { /^[0-9a-f]/ } <$p>;
			close $p or die "pmtop @q failed\n";
			return @lines;
		}
		while (my @some = splice @at, 0, 60) {
			my @answers = ask(map { sprintf '0x%x', $_ } @some);
			my @texts = map { /^[0-9a-f]+ (.*\+[0-9a-f]+): / ? $1 : '' } @answers;
			my @again = ask(@texts);
			for my $i (0 .. $#some) {
				my ($got) = $again[$i] =~ /^([0-9a-f]+)/;
				next if hex($got) == $some[$i];
				printf "# %x is written as %s, which is %s\n", $some[$i], $texts[$i], $got if $bad++ < 20;
			}
		}
		exit !!$bad;
	END
}

# It has said so, or ended.
named_says() { grep -q "$1" ready || ! kill -0 "$NAMED" 2>/dev/null; }

# bats test_tags=not-in-guests
@test "bug: NAME+OFFSET led somewhere else when it was typed" {
	perl -MCalls -e '
		$| = 1;
		mkdir $_ for "one", "two", "my folder";
		my @names = ("data", "cafe", "cache.bin", "face.so", "add-bad", "deadbeef", "a+1", "a", "with blank",
		             "q\"uote", "[odd]", "dots..name", "pfn:12", "hex", "tab\tname", "\xc3\xa4\xff", "one/same",
		             "two/same", "my folder/x", "gone", "\x27a", "twice", "gaps");
		for my $n (@names) {
			open my $f, ">", $n or die; print $f "x" x (4 * $PAGE); close $f;
			open $f, "<", $n or die;
			for my $part ($n eq "gaps" ? ([0, $PAGE], [2 * $PAGE, 2 * $PAGE])
				: $n eq "twice" ? ([0, 2 * $PAGE], [0, 4 * $PAGE]) : [0, 2 * $PAGE]) {
				my $at = call(mmap => 0, $part->[1], 1, 2, fileno($f), $part->[0]);
				$at != -1 or die "mmap";
			}
		}
		call(mmap => 0, 2 * $PAGE, 3, 0x22, -1, 0);
		unlink "gone";
		print "ready\n";
		sleep 600' >ready 3>&- &
	NAMED=$!
	until_true named_says ready || skip "perl cannot map files here"
	for name in one/same two/same 'with blank' gone twice gaps cafe; do
		grep -qF "/$name" "/proc/$NAMED/maps" || skip "perl cannot map files here"
	done
	leads_back "$NAMED"
	refused 2 '"cafe" is ambiguous.*0x' -e cafe "$NAMED"
	[[ $("$PMTOP" -e data "$NAMED") == *"/data+0: "* ]]
}

# bats test_tags=not-in-guests
@test "names of the regions of other processes resolve back, too" {
	subject_start
	leads_back "$SUBJECT_PID"
	leads_back "$$"
}

named_runs() { [[ $(readlink "/proc/$NAMED/exe") == */"$1" ]]; }

# bats test_tags=not-in-guests
@test "bug: a name of more than 15 characters was not found where it was started by ./NAME" {
	local dir how
	dir=$BATS_TEST_TMPDIR/folder
	mkdir "$dir"
	cp /bin/sleep "$dir/my-long-server-name" # not what stands before it in PATH under tests/run
	cd "$dir"
	for how in "$dir/" ./ ../folder/; do
		"${how}my-long-server-name" 600 3>&- &
		NAMED=$!
		until_true named_runs my-long-server-name
		"$PMTOP" --list -n -o MAPPING my-long-server-name | grep -q my-long-server-name
		kill "$NAMED"
		wait "$NAMED" || true
	done
	(exec -a 'my-long-server-name: worker' "$dir/my-long-server-name" 600) 3>&- &
	NAMED=$!
	until_true named_runs my-long-server-name
	rm my-long-server-name
	"$PMTOP" --list -n -o MAPPING my-long-server-name | grep -q my-long-server-name
}

@test "bug: the owner of a process that is not dumpable was advised to run pmtop as its owner" {
	need_root
	become_nobody
	local out
	cp "$builddir/tests/live/oddity" "$PUBLIC"
	chmod a+rx "$PUBLIC/oddity"
	# shellcheck disable=SC2016 # for the inner shell to expand
	out=$("${AS_NOBODY[@]}" bash -c 'coproc "$1/oddity" hidden
		read -r _ pid <&"${COPROC[0]}"; "$1/pmtop" --list "$pid" 2>&1' _ "$PUBLIC") || true
	[[ $out == *'not dumpable'*'run pmtop as root' ]]
	[[ $out != *'or as that user'* ]]
}
