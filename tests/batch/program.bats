#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The program about itself: help, version, capabilities, frames without a screen, manual, completion.
# shellcheck disable=SC2154

load helper

# column N of an X-macro table: words in quotes
strings_of() { # FILE MACRO
	sed -n "s/^$2(//p" "$fixture_top/$1"
}

@test "--version and --help" {
	is "$("$PMTOP" --version)" "pmtop $(sed -n 's/^AC_INIT(\[pmtop\], *\[\([^]]*\)\].*/\1/p' "$fixture_top/configure.ac")"
	is "$("$PMTOP" -V)" "$("$PMTOP" --version)"
	is "$("$PMTOP" -h)" "$("$PMTOP" --help)"
	"$PMTOP" --help >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err"
	[ ! -s "$BATS_TEST_TMPDIR/err" ]
	golden_check "$batch_dir/golden/help.txt" "$BATS_TEST_TMPDIR/out"
}

@test "--help fits 80 columns" {
	"$PMTOP" --help | awk 'length > 80 { print length ": " $0; bad = 1 } END { exit bad }'
}

@test "--help has every option of the table, and no hidden one" {
	local name group
	"$PMTOP" --help >"$BATS_TEST_TMPDIR/out"
	while IFS=, read -r _ name _ _ group _; do
		name=${name//[\" ]/} group=${group// /}
		if [[ $group == HIDDEN ]]; then
			run grep -E -e "--$name([^-a-z]|\$)" "$BATS_TEST_TMPDIR/out"
			[[ $name == demo-target || $status -ne 0 ]]
		else
			grep -qE -e "--$name([^-a-z]|\$)" "$BATS_TEST_TMPDIR/out"
		fi
	done < <(strings_of ui/config/options.def O)
}

@test "--capabilities on a folder that looks like /proc" {
	fixture zoo
	# the kernel's own parts are the machine's
	pm --capabilities --csv "$PID" | grep -vE '^(PAGEMAP_SCAN|PROCMAP_QUERY|userfaultfd|move_pages|pidfd|symbols|instructions),' \
		>"$BATS_TEST_TMPDIR/out"
	golden_check "$batch_dir/golden/capabilities-zoo.txt" "$BATS_TEST_TMPDIR/out"
	pm --capabilities "$PID" >"$BATS_TEST_TMPDIR/out"
	is "$(awk 'NR > 1 { print $1 }' "$BATS_TEST_TMPDIR/out" | xargs)" \
		"maps pagemap pfn kpageflags kpagecount kpagecgroup page_idle PAGEMAP_SCAN$(printf ' scan:%s' wpallowed written file present swapped pfnzero huge soft-dirty guard accessed) PROCMAP_QUERY soft-dirty userfaultfd faults watchpoints swap page-cache smaps DAMON mem ptrace move_pages pidfd symbols instructions"
	pm --capabilities --json "$PID" >"$BATS_TEST_TMPDIR/out"
	is "$(json "$BATS_TEST_TMPDIR/out" capabilities.0.source capabilities.0.available capabilities.0.remedy | xargs)" \
		"maps yes null"
}

@test "the README and the manual have the tiers of privilege of the table" {
	local name word gives line=
	while IFS='|' read -r name word gives; do
		line+=${line:+,}$word
		grep -qE "^\\| $name \\| ${gives//[()]/.}.* \\| \`$line\+p\` \\|\$" "$fixture_top/README.md" ||
			{ echo "the README has another row for $name"; return 1; }
		"$PMTOP" --print man | sed 's/\\-/-/g' >"$BATS_TEST_TMPDIR/man"
		grep -qF "sudo setcap $line+p " "$BATS_TEST_TMPDIR/man"
		grep -qxF "$gives" "$BATS_TEST_TMPDIR/man"
	done < <(sed -nE 's/^T\(([A-Z_]+), *"([a-z_]+)", *"(.*)"\)$/\1|\2|\3/p' "$fixture_top/src/kernel/tiers.def")
	is "$line" cap_perfmon,cap_dac_read_search,cap_sys_admin,cap_sys_ptrace
}

@test "--capabilities says what is missing, why, and what to do" {
	local what
	fixture hidden
	[[ $(pm --capabilities --csv "$PID" | grep ^pfn,) == pfn,no,*CAP_SYS_ADMIN* ]]
	fixture_own zoo
	rm "$ROOT"/kpageflags "$ROOT/$PID/smaps" "$ROOT/$PID/clear_refs"
	for what in kpageflags smaps soft-dirty; do
		[[ $(pm --capabilities --csv "$PID" | grep "^$what,") == "$what",no,*,* ]]
	done
	# a no without a remedy is one that nobody can heal
	pm --capabilities --json "$PID" >"$BATS_TEST_TMPDIR/out"
	json "$BATS_TEST_TMPDIR/out"
}

@test "--frames draws into nothing, and says what it cost" {
	local out
	fixture java
	out=$(pm --interval 0 --frames 2 --size 100x30 "$PID")
	[[ $out =~ ^frames\ 2\ first_ms\ [0-9.]+\ draw_us_per_frame\ [0-9.]+\ wall_ms\ [0-9.]+$ ]]
	for size in 1x1 20x5 30x6 80x24 500x200; do
		pm --interval 0 --frames 3 --size $size "$PID" >/dev/null
	done
}

@test "the manuals have every option, key, question, state, column and flag" {
	local row page
	for page in man man-query man-rc; do
		"$PMTOP" --print $page
	done >"$BATS_TEST_TMPDIR/man"
	sed 's/\\-/-/g; s/\\e/\\/g; s/\\&//g' "$BATS_TEST_TMPDIR/man" >"$BATS_TEST_TMPDIR/plain"
	while read -r row; do
		grep -qF -e "$row" "$BATS_TEST_TMPDIR/plain" || { echo "the manual lacks $row"; return 1; }
	done < <(
		sed -n '/HIDDEN/d; s/^O([^,]*, *"\([^"]*\)".*/--\1/p' "$fixture_top/ui/config/options.def"
		sed -n 's/^K([^,]*, *"\([^"]*\)".*"\([^"]*\)")$/\1\n\2/p' "$fixture_top/ui/term/keys.def" | sed 's/\\\\/\\/g'
		sed -n 's/^[QF]([^,]*, *"[^"]*", *"\([^"]*\)".*/\1/p' "$fixture_top/src/query/query.def"
		sed -n "s/^S([^,]*, '\(.\)', [^,]*, \"\([^\"]*\)\".*/\1  \2/p" "$fixture_top/src/page/state.def"
		sed -n 's/^[RPW]([^,]*, *"\([^"]*\)".*/\1/p' "$fixture_top/ui/table/columns.def"
		sed -n 's/^S([^,]*, *"\([^"]*\)", *"\([^"]*\)".*/\1 = \2/p' "$fixture_top/ui/config/settings.def"
		sed -n "s/^F(KPF, [^,]*, *[^,]*, '\(.\)', \"\([^\"]*\)\".*/\1  \2/p" "$fixture_top/src/kernel/flags.def"
	)
}

@test "the manuals are clean roff" {
	command -v groff >/dev/null || skip "groff is not installed"
	local page
	for page in man man-query man-rc man-recording; do
		"$PMTOP" --print $page >"$BATS_TEST_TMPDIR/page"
		is "$(groff -ww -man -Tutf8 -z "$BATS_TEST_TMPDIR/page" 2>&1)" ""
		is "$(LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$BATS_TEST_TMPDIR/page" 2>&1 >/dev/null)" ""
	done
}

@test "bug: pmtoprc(5) gave an action of several views the meaning that it has in one" {
	"$PMTOP" --print man-rc >"$BATS_TEST_TMPDIR/page"
	grep -qxF 'heat: twice as much time; columns\-menu: move the column left (< Left)' "$BATS_TEST_TMPDIR/page"
	grep -q '^inject: run the call .*; harm: clear even' "$BATS_TEST_TMPDIR/page"
	# of the list or the grid, if it is there
	grep -qxF 'show only matching regions: written & !thp, rss>=1m, libc; Esc shows all (f \e F4)' "$BATS_TEST_TMPDIR/page"
}

@test "the completion is good bash and knows every option and column" {
	local word out
	"$PMTOP" --print bash-completion >"$BATS_TEST_TMPDIR/completion"
	bash -n "$BATS_TEST_TMPDIR/completion"
	while read -r word; do
		grep -qF -e "$word" "$BATS_TEST_TMPDIR/completion" || { echo "the completion lacks $word"; return 1; }
	done < <(
		sed -n '/HIDDEN/d; s/^O([^,]*, *"\([^"]*\)".*/--\1/p' "$fixture_top/ui/config/options.def"
		sed -n 's/^[RPW]([^,]*, *"\([^"]*\)".*/\1/p' "$fixture_top/ui/table/columns.def"
	)
	complete_words() { # WORD...: the last one is the one being typed
		bash -c 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _pmtop; printf "%s\n" "${COMPREPLY[@]}"' \
			_ "$BATS_TEST_TMPDIR/completion" "$@"
	}
	is "$(complete_words pmtop --pa)" --pages
	is "$(complete_words pmtop --theme l)" light
	is "$(complete_words pmtop --color 2)" 256
	is "$(complete_words pmtop --list -o START,MAP)" START,MAPPING
	is "$(complete_words pmtop --pages -o SOFT)" SOFT-DIRTY
}

@test "the desktop entry and its metainfo are valid, with a homepage and without" {
	local homepage xml=$BATS_TEST_TMPDIR/pmtop.metainfo.xml
	command -v desktop-file-validate >/dev/null || skip "desktop-file-validate is not installed"
	command -v appstreamcli >/dev/null || skip "appstreamcli is not installed"
	is "$(desktop-file-validate "$fixture_top/packaging/desktop/pmtop.desktop")" ""
	for homepage in '' https://pmtop.example; do
		"$fixture_top/packaging/desktop/metainfo" "$homepage" >"$xml"
		# there is no domain yet that its name could be of
		appstreamcli validate --no-net --override=cid-desktopapp-is-not-rdns=info "$xml"
		is "$(grep -c HOMEPAGE "$xml")" 0
		is "$(grep -c 'pmtop.example/screenshots' "$xml")" "$([ -n "$homepage" ] && echo 3 || echo 0)"
	done
}

@test "--print-config has every setting and the name of every key's action" {
	local word
	pm_plain() { "$PMTOP" "$@" >"$BATS_TEST_TMPDIR/rc"; }
	pm_plain --print-config
	while read -r word; do
		grep -qE -e "^#$word =" "$BATS_TEST_TMPDIR/rc" || { echo "it lacks $word"; return 1; }
	done < <(
		sed -n 's/^S([^,]*, *"\([^"]*\)".*/\1/p' "$fixture_top/ui/config/settings.def"
		sed -n 's/^K(\([A-Z_]*\),.*/\1/p' "$fixture_top/ui/term/keys.def" | grep -vx ERASE | tr A-Z_ a-z-
	)
	is "$(grep -v '^#' "$BATS_TEST_TMPDIR/rc" | grep . || :)" ""
}

@test "answers do not depend on pmtoprc" {
	fixture zoo
	mkdir -p "$BATS_TEST_TMPDIR/config/pmtop"
	printf '%s\n' nonsense 'columns = size' 'group = type' 'lens = lru' 'ascii = on' >"$BATS_TEST_TMPDIR/config/pmtop/pmtoprc"
	pm --list "$PID" >"$BATS_TEST_TMPDIR/without"
	XDG_CONFIG_HOME=$BATS_TEST_TMPDIR/config pm --list "$PID" >"$BATS_TEST_TMPDIR/with" 2>&1
	cmp "$BATS_TEST_TMPDIR/without" "$BATS_TEST_TMPDIR/with"
}

@test "bug: with a small stack (ulimit -s 80) every answer is given" {
	local mode
	fixture zoo
	for mode in --list --pages --summary --capabilities --grid=heap "-e maps" "--pages --filter rss" "--frames 2" \
		"--frames 2 --size 200x60"; do
		# shellcheck disable=SC2086
		(ulimit -s 80 && pm $mode "$PID") >"$BATS_TEST_TMPDIR/out" 2>&1 || [ $? -le 2 ]
	done
	(ulimit -s 80 && pm --list "$PID") | diff - <(pm --list "$PID")
	(ulimit -s 80 && "$PMTOP" --print man) | diff - <("$PMTOP" --print man)
}

@test "bug: the manual named variables of the environment that its list of them had not" {
	local v
	pm --print man | sed -n '/^\.SH ENVIRONMENT/,/^\.SH "SEE/p' >"$BATS_TEST_TMPDIR/list"
	for v in NO_COLOR LC_ALL TERM TERMINFO XDG_CONFIG_HOME XDG_STATE_HOME TMPDIR INPUTRC; do
		grep -Eq "^\.B (.*, )?$v(,|\$)" "$BATS_TEST_TMPDIR/list" || { echo "$v"; return 1; }
	done
}

# what a command finds that is started: its descriptors, then signals that are blocked or ignored
_finds='ls /proc/$$/fd >"$0/fds"; grep -E "^Sig(Blk|Ign)" /proc/self/status >"$0/signals.new"; mv "$0/signals.new" "$0/signals"
	echo $$ >"$0/pid"; exec sleep 300'

@test "bug: a command that is started inherited a descriptor of pmtop's, and its signals" {
	local by_us=$BATS_TEST_TMPDIR/us by_shell=$BATS_TEST_TMPDIR/shell i
	mkdir "$by_us" "$by_shell"
	sh -c "${_finds% exec*}" "$by_shell" </dev/null
	(trap '' INT HUP TERM USR1 && TMPDIR=$by_us exec "$PMTOP" --list -- sh -c "$_finds" "$by_us") >/dev/null 2>&1
	for ((i = 0; i < 2000 * ${TEST_TIMEOUT_SCALE:-1}; i++)); do
		[[ ! -s $by_us/pid ]] || break
		read -rt 0.01 _ <><(:) || :
	done
	kill -KILL "$(<"$by_us/pid")"
	diff "$by_shell/fds" "$by_us/fds"
	# 32 and 33 are for libc alone, and stay as whoever started the test left them
	diff - <(sed 's/0000000180000000/0000000000000000/' "$by_us/signals") <<-END
		SigBlk:	0000000000000000
		SigIgn:	0000000000000000
	END
}

@test "bug: an answer failed because the command that was started executed another program meanwhile" {
	local i pid
	for i in {1..12}; do
		TMPDIR=$BATS_TEST_TMPDIR run -0 --separate-stderr \
			"$PMTOP" --list -n -- sh -c 'exec sh -c "exec sh -c \"exec sleep 60\""'
		[[ $output == *stack* ]]
		pid=$(sed -n 's/.* keeps running as process \([0-9]*\).*/\1/p' <<<"$stderr")
		kill -KILL "$pid"
	done
}
