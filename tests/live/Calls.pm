# SPDX-License-Identifier: GPL-3.0-or-later
#
# System calls that perl has no function for, by their names: call(mmap => 0, 4096, 3, 0x22, -1, 0). Pages are
# $PAGE bytes. For one-liners: perl -MCalls, since live.bash says where it is.
package Calls;
use strict;
use warnings;
use Config;
use Exporter 'import';
our @EXPORT = qw(call number $PAGE);

our $PAGE = ($ENV{PAGE} || `getconf PAGESIZE`) + 0; # a number, or a call would take its address
my ($machine) = $Config{archname} =~ /^([^-]+)/;
my %number = %{ {
	x86_64 => { read => 0, write => 1, mmap => 9, munmap => 11, brk => 12, mremap => 25, madvise => 28, ptrace => 101,
		prctl => 157, perf_event_open => 298, userfaultfd => 323, pkey_mprotect => 329, pkey_alloc => 330,
		mseal => 462 },
	aarch64 => { read => 63, write => 64, mmap => 222, munmap => 215, brk => 214, mremap => 216, madvise => 233,
		ptrace => 117, prctl => 167, perf_event_open => 241, userfaultfd => 282, pkey_mprotect => 288, pkey_alloc => 289,
		mseal => 462 },
	powerpc64le => { read => 3, write => 4, mmap => 90, munmap => 91, brk => 45, mremap => 163, madvise => 205,
		ptrace => 26, prctl => 171, perf_event_open => 319, userfaultfd => 364, pkey_mprotect => 386, pkey_alloc => 384,
		mseal => 462 },
}->{$machine} or die "the numbers of this machine's system calls are not known ($machine)\n" };

# For a program that cannot read this file.
sub number { return $number{$_[0]} // die("no number of $_[0]\n") }

sub call {
	my $name = shift;
	return syscall(number($name), @_);
}

1;
