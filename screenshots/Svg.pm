# SPDX-License-Identifier: GPL-3.0-or-later
#
# Planes grids as SVG: one, or the frames of a moving picture. The same grids give the same bytes: no
# dates, no ids. Backgrounds and block elements are rectangles, so that cells join without seams; text is
# set word by word, so that another monospaced font than DejaVu's drifts by no more than a word.
package Svg;
use strict;
use warnings;
use utf8;

use constant { CW => 10, CH => 19, BASE => 15, FONT => '16.61px' };	# 0.602 em = one cell

my %THEME = (dark => { fg => '#d0d0d0', bg => '#000000' }, light => { fg => '#262626', bg => '#ffffff' });

# --- colours --------------------------------------------------------------------------------------

my @ANSI = map { "#$_" } qw(000000 cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd e5e5e5
	7f7f7f ff0000 00ff00 ffff00 5c5cff ff00ff 00ffff ffffff);

sub colour
{
	my ($c) = @_;
	return $c if $c =~ /^#/;
	return $ANSI[$c] if $c < 16;
	return sprintf '#%02x%02x%02x', (8 + 10 * ($c - 232)) x 3 if $c >= 232;
	my @level = (0, 95, 135, 175, 215, 255);
	$c -= 16;
	return sprintf '#%02x%02x%02x', @level[int($c / 36), int($c / 6) % 6, $c % 6];
}

sub blend
{
	my ($a, $b, $share) = @_;
	my @a = map { hex } $a =~ /[0-9a-f]{2}/g;
	my @b = map { hex } $b =~ /[0-9a-f]{2}/g;
	return sprintf '#%02x%02x%02x', map { int($a[$_] * $share + $b[$_] * (1 - $share) + 0.5) } 0 .. 2;
}

# style string -> { fg, bg, and what else is on }
sub look
{
	my ($style, $theme) = @_;
	my %s = map { /^(\w+)=(.*)/ ? ($1 => colour($2)) : ($_ => 1) } split / /, $style;
	$s{fg} //= $theme->{fg};
	$s{bg} //= $theme->{bg};
	@s{'fg', 'bg'} = @s{'bg', 'fg'} if $s{reverse};
	$s{fg} = blend($s{fg}, $s{bg}, 0.5) if $s{dim};
	$s{fg} = $s{bg} if $s{hidden};
	return \%s;
}

# --- block elements and lines: [x, y, w, h] in eighths of a cell ---------------------------------

my %QUADRANT = (	# upper left 1, upper right 2, lower left 4, lower right 8
	0x2596 => 4, 0x2597 => 8, 0x2598 => 1, 0x2599 => 13, 0x259a => 9, 0x259b => 7, 0x259c => 11,
	0x259d => 2, 0x259e => 6, 0x259f => 14);
my @QUARTER = ([0, 0, 4, 4], [4, 0, 4, 4], [0, 4, 4, 4], [4, 4, 4, 4]);

sub block
{
	my ($c) = @_;
	return [0, 0, 8, 4] if $c == 0x2580;
	return [0, 8 - ($c - 0x2580), 8, $c - 0x2580] if $c >= 0x2581 && $c <= 0x2588;
	return [0, 0, 0x2590 - $c, 8] if $c >= 0x2589 && $c <= 0x258f;
	return [4, 0, 4, 8] if $c == 0x2590;
	return [0, 0, 8, 8] if $c >= 0x2591 && $c <= 0x2593;	# shades: opacity says which
	return [0, 0, 8, 1] if $c == 0x2594;
	return [7, 0, 1, 8] if $c == 0x2595;
	my $q = $QUADRANT{$c} // return;
	return map { $q >> $_ & 1 ? $QUARTER[$_] : () } 0 .. 3;
}

my %SHADE = (0x2591 => '.25', 0x2592 => '.5', 0x2593 => '.75');

# arms of the light box lines: left 1, right 2, up 4, down 8
my %LINE = ('─' => 3, '│' => 12, '┌' => 10, '┐' => 9, '└' => 6, '┘' => 5, '├' => 14, '┤' => 13,
	'┬' => 11, '┴' => 7, '┼' => 15);

sub line_rects
{
	my ($arms, $x, $y) = @_;
	my ($cx, $cy) = ($x + 4.5, $y + 9);
	my @r;
	my $left = $arms & 1 ? $x : $cx;
	my $right = $arms & 2 ? $x + CW : $cx + 1;
	push @r, [$left, $cy, $right - $left, 1] if $arms & 3;
	my $top = $arms & 4 ? $y : $cy;
	my $bottom = $arms & 8 ? $y + CH : $cy + 1;
	push @r, [$cx, $top, 1, $bottom - $top] if $arms & 12;
	return @r;
}

# --- drawing --------------------------------------------------------------------------------------

sub num
{
	my $s = sprintf '%.3f', $_[0];
	$s =~ s/\.?0+$//;
	return $s;
}

sub rect
{
	my ($x, $y, $w, $h, $fill, $opacity) = @_;
	return sprintf "<rect x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" fill=\"%s\"%s/>\n",
		num($x), num($y), num($w), num($h), $fill, $opacity ? " fill-opacity=\"$opacity\"" : '';
}

# neighbours that are drawn alike, but never across a cut: [first column, columns, what]
sub runs
{
	my ($row, $key, $cuts) = @_;
	my @runs;
	for my $x (0 .. $#$row) {
		my $k = $key->($row->[$x], $x);
		if (@runs && !$cuts->{$x} && defined $k && defined $runs[-1][2] && $k eq $runs[-1][2]) {
			$runs[-1][1]++;
		} else {
			push @runs, [$x, 1, $k];
		}
	}
	return grep { defined $_->[2] } @runs;
}

sub backgrounds
{
	my ($row, $y, $looks, $cuts, $canvas) = @_;
	my $key = sub { my $bg = $looks->{$_[0][1]}{bg}; $bg eq $canvas ? undef : $bg };
	my @r = runs($row, $key, $cuts);
	return map { rect($_->[0] * CW, $y * CH, $_->[1] * CW, CH, $_->[2]) } @r;
}

# a run of the same full-width block (a bar) is one rectangle
sub blocks
{
	my ($row, $y, $looks) = @_;
	my @out;
	my $key = sub {
		my ($cell) = @_;
		return undef if length $cell->[0] != 1 || !block(ord $cell->[0]);
		return "$cell->[0]$looks->{$cell->[1]}{fg}";
	};
	for my $run (runs($row, $key)) {
		my ($ch, $fg) = (substr($run->[2], 0, 1), substr $run->[2], 1);
		my @parts = block(ord $ch);
		my $joins = @parts == 1 && $parts[0][2] == 8;
		for my $i (0 .. ($joins ? 0 : $run->[1] - 1)) {
			for my $p (@parts) {
				my $w = $joins ? $run->[1] * CW : $p->[2] * CW / 8;
				push @out, rect(($run->[0] + $i) * CW + $p->[0] * CW / 8,
					$y * CH + $p->[1] * CH / 8, $w, $p->[3] * CH / 8, $fg, $SHADE{ord $ch});
			}
		}
	}
	return @out;
}

sub lines
{
	my ($row, $y, $looks) = @_;
	my @out;
	for my $x (0 .. $#$row) {
		my $arms = $LINE{$row->[$x][0]} // next;
		my $fg = $looks->{$row->[$x][1]}{fg};
		push @out, map { rect(@$_, $fg) } line_rects($arms, $x * CW, $y * CH);
	}
	return @out;
}

sub is_text
{
	my ($ch) = @_;
	return 0 if $ch eq '' || $ch eq ' ' || $LINE{$ch};
	return !(length $ch == 1 && block(ord $ch));
}

sub escape
{
	my ($s) = @_;
	$s =~ s/&/&amp;/g;
	$s =~ s/</&lt;/g;
	$s =~ s/>/&gt;/g;
	$s =~ s/[\x00-\x08\x0b-\x1f\x7f]/?/g;
	return $s;
}

sub text_attributes
{
	my ($l) = @_;
	my $a = " fill=\"$l->{fg}\"";
	$a .= ' font-weight="bold"' if $l->{bold};
	$a .= ' font-style="italic"' if $l->{italic};
	my $deco = join ' ', grep { $_ } $l->{underline} && 'underline', $l->{strike} && 'line-through',
		$l->{overline} && 'overline';
	$a .= " text-decoration=\"$deco\"" if $deco;
	return $a;
}

sub words
{
	my ($row, $y, $looks) = @_;
	my @out;
	my $key = sub { is_text($_[0][0]) ? $_[0][1] : undef };
	for my $run (runs($row, $key)) {
		my ($x, $n, $style) = @$run;
		my $text = join '', map { $row->[$_][0] } $x .. $x + $n - 1;
		my $fit = $n > 1 ? sprintf ' textLength="%d"', $n * CW : '';
		push @out, sprintf "<text x=\"%d\" y=\"%d\"%s%s>%s</text>\n", $x * CW, $y * CH + BASE,
			$fit, text_attributes($looks->{$style}), escape($text);
	}
	return @out;
}

# --- frames ---------------------------------------------------------------------------------------

# of each row, the columns where the ground changes in any frame: pieces between two of them change
# as a whole, so that each is drawn once for each of its colours
sub cuts
{
	my ($frames, $looks) = @_;
	my @cuts;
	for my $rows (map { $_->{cells} } @$frames) {
		for my $y (0 .. $#$rows) {
			my @bg = map { $looks->{$_->[1]}{bg} } @{$rows->[$y]};
			$cuts[$y]{$_} = 1 for grep { $bg[$_] ne $bg[$_ - 1] } 1 .. $#bg;
		}
	}
	return \@cuts;
}

# "1-3_7": when something is shown, as a name
sub spans
{
	my ($in, $n) = @_;
	my @spans;
	for my $f (grep { $in->{$_} } 0 .. $n - 1) {
		if (@spans && $spans[-1][1] == $f - 1) {
			$spans[-1][1] = $f;
		} else {
			push @spans, [$f, $f];
		}
	}
	return join '_', map { $_->[0] == $_->[1] ? $_->[0] : "$_->[0]-$_->[1]" } @spans;
}

# What DRAW makes of each frame: first what is in all of them, then what comes and goes, by when it
# does. The last frame is the one that is seen where nothing moves.
sub layer
{
	my ($frames, $shown, $draw) = @_;
	my (%in, @order, %group, @groups);
	for my $f (0 .. $#$frames) {
		for my $what ($draw->($frames->[$f])) {
			push @order, $what unless $in{$what};
			$in{$what}{$f} = 1;
		}
	}
	my @out = grep { keys %{$in{$_}} == @$frames } @order;
	for my $what (grep { keys %{$in{$_}} < @$frames } @order) {
		my $times = spans($in{$what}, scalar @$frames);
		push @groups, $times unless $group{$times};
		push @{$group{$times}}, $what;
		$shown->{$times} //= $in{$what};
	}
	for my $g (@groups) {
		my $still = $shown->{$g}{$#$frames} ? '' : ' visibility="hidden"';
		push @out, "<g class=\"f$g\"$still>\n", @{$group{$g}}, "</g>\n";
	}
	return @out;
}

# No script, so that it moves within an <img>; not for those who asked that nothing does.
sub style
{
	my ($frames, $shown) = @_;
	my ($total, @begin, @keys, @rules) = (0);
	return () unless %$shown;
	for my $f (@$frames) {
		push @begin, $total;
		$total += $f->{ms};
	}
	for my $g (sort keys %$shown) {
		my ($steps, $last) = ('', -1);
		for my $f (0 .. $#$frames) {
			my $now = $shown->{$g}{$f} // 0;
			$steps .= num(100 * $begin[$f] / $total) . '%{visibility:'
				. ($now ? 'visible' : 'hidden') . '}' if $now != $last;
			$last = $now;
		}
		push @keys, "\@keyframes f$g\{$steps}\n";
		push @rules, ".f$g\{animation:f$g " . num($total / 1000) . "s step-end infinite}\n";
	}
	return "<style>\n", @keys, "\@media (prefers-reduced-motion:no-preference){\n", @rules, "}\n</style>\n";
}

# svg([GRID...], theme => dark|light): text in characters, to be encoded as UTF-8. Of several grids
# each is a frame that is shown for its `ms` milliseconds.
sub svg
{
	my ($frames, %opt) = @_;
	my $theme = $THEME{$opt{theme} // 'dark'} // die "no theme $opt{theme}\n";
	my ($w, $h) = ($frames->[0]{w} * CW, $frames->[0]{h} * CH);
	my (%looks, %shown);
	$looks{$_->[1]} //= look($_->[1], $theme) for map { map { @$_ } @{$_->{cells}} } @$frames;
	my $cuts = cuts($frames, \%looks);
	my $each_row = sub {
		my ($draw) = @_;
		return layer($frames, \%shown, sub {
			my $rows = $_[0]{cells};
			return map { $draw->($rows->[$_], $_, \%looks, $cuts->[$_]) } 0 .. $#$rows;
		});
	};
	my @rects = ($each_row->(sub { backgrounds(@_, $theme->{bg}) }),
		$each_row->(sub { (blocks(@_), lines(@_)) }));
	my @text = $each_row->(\&words);
	return join '', "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"$w\" height=\"$h\""
		. " viewBox=\"0 0 $w $h\">\n", style($frames, \%shown), "<g shape-rendering=\"crispEdges\">\n",
		rect(0, 0, $w, $h, $theme->{bg}), @rects,
		"</g>\n<g font-family=\"'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"" . FONT
		. "\" style=\"white-space:pre\">\n", @text, "</g>\n</svg>\n";
}

1;
