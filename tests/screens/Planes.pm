# SPDX-License-Identifier: GPL-3.0-or-later
#
# What `tmux capture-pane -e -p -N` prints, as cells. A grid is { w, h, cells => [row][column] }; a
# cell is [text, style]. The right half of a wide character is ['', style]. A style is a string,
# canonical, '' for the terminal's own: "fg=252 bg=236 bold".
package Planes;
use strict;
use warnings;
use utf8;

my @ATTR = qw(bold dim italic underline blink reverse hidden strike overline);
my %ON = (1 => 'bold', 2 => 'dim', 3 => 'italic', 4 => 'underline', 5 => 'blink', 7 => 'reverse',
	8 => 'hidden', 9 => 'strike', 21 => 'underline', 53 => 'overline');
my %OFF = (22 => ['bold', 'dim'], 23 => ['italic'], 24 => ['underline'], 25 => ['blink'],
	27 => ['reverse'], 28 => ['hidden'], 29 => ['strike'], 55 => ['overline']);

# terminals' second character set (SO ... SI), as far as curses uses it
my %ACS;
@ACS{split //, '`afgjklmnopqrstuvwxyz{|}~'} = split //, '◆▒°±┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·';

# --- select graphic rendition ---------------------------------------------------------------------

# 38;5;N, 38;2;R;G;B and the same with colons; takes its arguments from @$p
sub _extended
{
	my ($p) = @_;
	my $mode = shift @$p // return '';
	$mode == 5 and return shift @$p // '';
	shift @$p if @$p > 3 && $p->[0] eq '';	# 38:2::R:G:B
	return sprintf '#%02x%02x%02x', map { $_ || 0 } splice @$p, 0, 3;
}

sub _sgr
{
	my ($st, $args) = @_;
	$args =~ s/\b4:(\d)/$1 eq '0' ? 24 : 4/ge;	# kinds of underline
	my @p = split /[;:]/, $args eq '' ? '0' : $args, -1;
	while (@p) {
		my $c = shift @p;
		$c = 0 if $c eq '';
		if ($c == 0) { %$st = () }
		elsif ($ON{$c}) { $st->{$ON{$c}} = 1 }
		elsif ($OFF{$c}) { delete @{$st}{@{$OFF{$c}}} }
		elsif ($c >= 30 && $c <= 37) { $st->{fg} = $c - 30 }
		elsif ($c >= 90 && $c <= 97) { $st->{fg} = $c - 90 + 8 }
		elsif ($c >= 40 && $c <= 47) { $st->{bg} = $c - 40 }
		elsif ($c >= 100 && $c <= 107) { $st->{bg} = $c - 100 + 8 }
		elsif ($c == 38) { $st->{fg} = _extended(\@p) }
		elsif ($c == 48) { $st->{bg} = _extended(\@p) }
		elsif ($c == 58) { _extended(\@p) }
		elsif ($c == 39) { delete $st->{fg} }
		elsif ($c == 49) { delete $st->{bg} }
	}
}

sub _style
{
	my ($st) = @_;
	return join ' ', (map { defined $st->{$_} ? "$_=$st->{$_}" : () } 'fg', 'bg'),
		grep { $st->{$_} } @ATTR;
}

# --- cells ----------------------------------------------------------------------------------------

sub char_width
{
	my $c = ord $_[0];
	return 0 if $_[0] =~ /[\p{Mn}\p{Me}\x{1160}-\x{11ff}\x{200b}-\x{200f}\x{d7b0}-\x{d7fb}]/;
	return 2 if $c >= 0x1100 && $c <= 0x115f || $c >= 0x2e80 && $c <= 0xa4cf && $c != 0x303f
		|| $c >= 0xac00 && $c <= 0xd7a3 || $c >= 0xf900 && $c <= 0xfaff
		|| $c >= 0xfe30 && $c <= 0xfe6f || $c >= 0xff00 && $c <= 0xff60
		|| $c >= 0xffe0 && $c <= 0xffe6 || $c >= 0x1f300 && $c <= 0x1f64f
		|| $c >= 0x1f900 && $c <= 0x1f9ff || $c >= 0x20000 && $c <= 0x3fffd;
	return 1;
}

sub _put
{
	my ($row, $ch, $style) = @_;
	my $w = char_width($ch);
	if ($w == 0) {
		my ($last) = grep { $_->[0] ne '' } reverse @$row;
		$last->[0] .= $ch if $last;
		return;
	}
	# of a blank only the ground is seen; curses erases with whatever ink it has just used
	$style = join ' ', grep { !/^(?:fg=|bold$)/ } split / /, $style
		if $ch eq ' ' && $style !~ /reverse|underline/;
	push @$row, [$ch, $style];
	push @$row, ['', $style] if $w == 2;
}

# the style runs on from line to line, as tmux lets it
sub _row
{
	my ($line, $st, $acs) = @_;
	my ($row, $style) = ([], _style($st));
	while ($line =~ /\G(?:\e\[([0-9;:]*)m|\e\][^\a\e]*(?:\a|\e\\)|([\x0e\x0f])|\e\[[0-9;?]*[A-Za-z]|(.))/gs) {
		if (defined $1) {
			_sgr($st, $1);
			$style = _style($st);
		} elsif (defined $2) {
			$$acs = $2 eq "\x0e";
		} elsif (defined $3) {
			_put($row, $$acs && $ACS{$3} || $3, $style);
		}
	}
	return $row;
}

# parse(BYTES, W, H): cells that tmux left out are blanks in the terminal's own colours
sub parse
{
	my ($bytes, $w, $h) = @_;
	my ($st, $acs, @rows) = ({}, 0);
	utf8::decode($bytes);
	my @lines = split /\n/, $bytes, -1;
	for my $y (0 .. $h - 1) {
		my $row = _row($lines[$y] // '', $st, \$acs);
		push @$row, [' ', ''] while @$row < $w;
		splice @$row, $w;
		push @rows, $row;
	}
	return { w => $w, h => $h, cells => \@rows };
}

# --- parts of a screen ----------------------------------------------------------------------------

# What a row is, by what is seen of it: the frame's rows are the first one and the last two; a heading is
# drawn as the header is, or begins with "address" or, scrolled, with "<ADDRESS"; a legend begins with the key of its lens.
sub _parts
{
	my ($grid) = @_;
	my ($cells, $below) = ($grid->{cells}, $grid->{h} - 2);
	my @text = map { join '', map { $_->[0] } @$_ } @$cells;
	my ($heading) = grep {
		$text[$_] =~ /(?:^|│) *address\b|^<ADDRESS/ || $cells->[$_][0][1] ne '' && $cells->[$_][0][1] eq $cells->[0][0][1]
	} 1 .. $below - 1;
	my $top = $heading // 0;
	my $bottom = $below - ($text[$below - 1] =~ /^[0-9A] \w/ ? 1 : 0);
	return (
		whole => [0 .. $grid->{h} - 1],
		header => [0],
		body => [1 .. $below - 1],
		bars => [1 .. $top - 1],
		heading => [grep { $_ } $top],
		rows => [$top + 1 .. $bottom - 1],
		legend => [$bottom .. $below - 1],
		status => [$below],
		hints => [$below + 1],
	);
}

# select_parts(GRID, "rows+hints"): the rows of these parts, which keep their numbers in `lines`
sub select_parts
{
	my ($grid, $names) = @_;
	my %part = _parts($grid);
	my @lines;
	for my $name (split /\+/, $names) {
		@{$part{$name} // []} or die "this screen has no part $name; parts are: " .
			join(', ', grep { @{$part{$_}} } sort keys %part) . "\n";
		push @lines, @{$part{$name}};
	}
	return { %$grid, part => $names, lines => \@lines, cells => [@{$grid->{cells}}[@lines]] };
}

# --- the golden format ----------------------------------------------------------------------------

my @LETTERS = ('a' .. 'z', 'A' .. 'Z', '0' .. '9', split //, '!#$%&*+-/:;<=>?@^_~αβγδεζηθλμξπρσφψω'
	. 'ΓΔΘΛΞΠΣΦΨΩбвгджзийлпфцчшщыэюяБГДЖИЛФЦЧШЩЫЭЮЯ');

# Each style gets a letter when it first appears, row by row; '.' is the terminal's own.
sub legend
{
	my ($grid) = @_;
	my (%letter, @order);
	for my $cell (map { @$_ } @{$grid->{cells}}) {
		next if $cell->[1] eq '' || $letter{$cell->[1]};
		push @order, $cell->[1];
		$letter{$cell->[1]} = $LETTERS[$#order] // '?';
	}
	return (\%letter, \@order);
}

sub _plane
{
	my ($grid, $of) = @_;
	my $out = '';
	for my $y (0 .. $#{$grid->{cells}}) {
		my $label = $grid->{labels} ? " $grid->{labels}[$y]" : '';
		$out .= '|' . join('', map { $of->($_) } @{$grid->{cells}[$y]}) . "|$label\n";
	}
	return $out;
}

# 1 2 3 5 as "1-3,5"
sub _ranges
{
	my @runs;
	for (@_) {
		if (@runs && $_ == $runs[-1][1] + 1) { $runs[-1][1] = $_ }
		else { push @runs, [$_, $_] }
	}
	return join ',', map { $_->[0] == $_->[1] ? $_->[0] : "$_->[0]-$_->[1]" } @runs;
}

# What is said above the planes: the size; of a part its name and rows; the cursor if it is in there.
sub _head
{
	my ($grid, $cursor) = @_;
	my $out = "screen $grid->{w}x$grid->{h}\n";
	if (($grid->{part} // 'whole') ne 'whole') {
		my ($line) = $cursor =~ /^\d+,(\d+)$/;
		$out .= "part $grid->{part}, rows " . _ranges(@{$grid->{lines}}) . "\n";
		$cursor = undef if !defined $line || !grep { $_ == $line } @{$grid->{lines}};
	}
	$out .= "cursor $cursor\n" if defined $cursor;
	return $out;
}

# Rows stand between bars, so that blanks at their ends are seen and survive editors.
sub golden
{
	my ($grid, $cursor) = @_;
	my ($letter, $order) = legend($grid);
	my $out = $grid->{head} // _head($grid, $cursor);
	$out .= "\ntext\n" . _plane($grid, sub { $_[0][0] });
	$out .= "\nstyle\n" . _plane($grid, sub { $_[0][1] eq '' ? '.' : $letter->{$_[0][1]} });
	$out .= "\nlegend\n.: the terminal's own\n";
	$out .= "$letter->{$_}: $_\n" for @$order;
	return $out;
}

# The way back: a grid with its `head`.
sub read_golden
{
	my ($text) = @_;
	my ($head, $chars, $letters, $legend) =
		$text =~ /^(.*?)\ntext\n(.*?)\nstyle\n(.*?)\nlegend\n(.*)$/s or die "this is no golden file\n";
	my %style = map { /^(.): (.*)$/ && ($1 => $2) } split /\n/, $legend;
	my @letters = map { /^\|(.*)\|/ } split /\n/, $letters;
	my @cells;
	for my $line (split /\n/, $chars) {
		my @letter = split //, shift @letters;
		my $row = [];
		for my $ch ($line =~ /^\|(.*)\|/ ? split(//, $1) : ()) {
			my $letter = $letter[@$row] // '.';
			_put($row, $ch, $letter eq '.' ? '' : $style{$letter});
		}
		push @cells, $row;
	}
	return { head => $head, cells => \@cells };
}

# One below another, each row with its label: what one test says of many screens.
sub stack
{
	my (@labelled) = @_;
	my (@cells, @labels);
	for (@labelled) {
		my ($label, $grid) = @$_;
		push @cells, @{$grid->{cells}};
		push @labels, ($label) x @{$grid->{cells}};
	}
	return { head => $labelled[0][1]{head}, cells => \@cells, labels => \@labels };
}

# For a person who compares two: each row, and below it its styles from column to column, in words.
sub words
{
	my ($grid) = @_;
	my $out = $grid->{head};
	for my $row (@{$grid->{cells}}) {
		my $from = 0;
		$out .= '|' . join('', map { $_->[0] } @$row) . "|\n";
		for my $x (1 .. @$row) {
			next if $x < @$row && $row->[$x][1] eq $row->[$from][1];
			$out .= sprintf "    %3d-%-3d %s\n", $from, $x - 1, $row->[$from][1] if $row->[$from][1] ne '';
			$from = $x;
		}
	}
	return $out;
}

# Text that differs from run to run: every character a match covers becomes '~', in the style of the first.
sub mask
{
	my ($grid, @patterns) = @_;
	for my $row (@{$grid->{cells}}) {
		my $text = join '', map { $_->[0] eq '' ? "\0" : substr $_->[0], 0, 1 } @$row;
		for my $re (@patterns) {
			while ($text =~ /$re/g) {
				last if $-[0] == $+[0];
				@{$row->[$_]} = ('~', $row->[$-[0]][1]) for $-[0] .. $+[0] - 1;
			}
		}
	}
}

1;
