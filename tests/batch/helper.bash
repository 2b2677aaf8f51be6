#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# For the tests of the command line:
#
#	load helper
#	@test "..." { fixture zoo; run pm --list "$PID"; [ "$status" -eq 0 ]; }
#	@test "..." { fixture zoo; pm_golden zoo-list --list "$PID"; }

batch_dir=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
# shellcheck source=tests/fixtures/fixture.bash
source "$batch_dir/../fixtures/fixture.bash"

# what the answer must not depend on
export LC_ALL=C.UTF-8 TZ=UTC0 TERM=dumb HOME=/nonexistent
unset COLUMNS LINES NO_COLOR COLORTERM PMTOP_STATUS_FILE XDG_STATE_HOME XDG_CONFIG_HOME

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
