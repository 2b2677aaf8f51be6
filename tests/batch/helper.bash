#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# For the tests of the command line:
#
#	load helper
#	@test "..." { fixture zoo; run pm --list "$PID"; [ "$status" -eq 0 ]; }
#	@test "..." { fixture zoo; pm_golden zoo-list --list "$PID"; }
bats_require_minimum_version 1.5.0

batch_dir=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
# shellcheck source=tests/fixtures/fixture.bash
source "$batch_dir/../fixtures/fixture.bash"

# what the answer must not depend on
export LC_ALL=C.UTF-8 TZ=UTC0 TERM=dumb HOME=/nonexistent
unset COLUMNS LINES NO_COLOR COLORTERM PMTOP_STATUS_FILE PMTOP_CLOCK_FILE XDG_STATE_HOME XDG_CONFIG_HOME

# pm ARG...: on the fixture's proc root
pm() {
	"$PMTOP" --proc-root "$ROOT" "$@"
}

# pm_golden NAME ARG...: answers with status 0, says nothing on stderr, prints golden/NAME.txt
pm_golden() {
	local name=$1 out=$BATS_TEST_TMPDIR/out err=$BATS_TEST_TMPDIR/err status=0
	shift
	pm "$@" >"$out" 2>"$err" || status=$?
	cat "$err"
	if [[ $status -ne 0 || -s $err ]]; then
		echo "pmtop $*: exit status $status"
		return 1
	fi
	golden_check "$batch_dir/golden/$name.txt" "$out"
}

# refused STATUS REGEX ARG...: no answer; one line "pmtop: what: why; how" that matches REGEX, without
# why where what says it
refused() {
	local want=$1 words=$2
	shift 2
	says "$want" "$words" pm "$@"
}

# says STATUS REGEX COMMAND...: the same for any command
says() {
	local want=$1 words=$2 status=0 said form='^pmtop: .+[:;] .+'
	shift 2
	said=$("$@" 2>&1 >"$BATS_TEST_TMPDIR/out" </dev/null) || status=$?
	[[ $status == "$want" && $said != *$'\n'* && $said =~ $form && $said =~ $words &&
		! -s $BATS_TEST_TMPDIR/out ]] && return
	printf '%s: status %s (wanted %s), said (wanted one line with %s):\n%s\nand printed:\n' \
		"$*" "$status" "$want" "$words" "$said"
	head "$BATS_TEST_TMPDIR/out"
	return 1
}

# is ACTUAL WANTED
is() {
	[[ $1 == "$2" ]] && return
	diff -u --label wanted --label actual <(echo "$2") <(echo "$1")
}

# Whether the current folder is the top of a tree of git, which is here, too, and reads it.
is_git_tree() { [ -e .git ] && git rev-parse --git-dir >/dev/null 2>&1; }

# json FILE: it is one strict JSON document; with a second argument prints what is at that path
json() {
	perl "$batch_dir/json" "$@"
}

# printable FILE: nothing in it that a terminal would obey, and whole UTF-8 only
printable() {
	perl -e 'undef $/; my $s = <>; my $t = $s; utf8::decode($t) or die "no UTF-8\n";
		$t =~ /([\x00-\x09\x0b-\x1f\x7f-\x9f])/ and die sprintf("byte %02x in the output\n", ord $1)' "$1"
}
