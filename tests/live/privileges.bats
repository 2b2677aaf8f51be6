#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# What is shown depends on who asks: nothing is made up in place of what is hidden.

# Commands handed to `same` are for it to expand.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154
# bats file_tags=in-one-guest
load live

teardown() { live_end; }

# as COMMAND...: the words before pmtop and the reader, for `hidden` and `agrees`
as() { AS=("$@"); }

# What the page table shows without the privilege: bits 55 to 63, and nothing about frames.
hidden() {
	local rows
	rows=$("${AS[@]}" "$PMTOP" --pages --csv -n -o PFN,PHYSICAL,MAPCOUNT,KPF,FLAGS,ORDER,FOLIO,MEMCG "$SUBJECT_PID" | sort -u)
	is "$rows" ",,,,,,,"
	"${AS[@]}" "$PMTOP" --list "$SUBJECT_PID" >/dev/null
	is "$(their_states anon)" "64 anon"
	is "$(their_states sparse)" "61 none, 3 anon"
	is "$(their_states private)" "15 file, 1 copied"
	is "$(their_states memfd | tr -d 0-9)" " none,  shmem"
	# PAGEMAP_SCAN knows the page of zeros without the privilege
	is "$(their_states zero)" "16 $(can_scan && echo zero || echo hidden)"
	[[ -z ${AT[hugetlb]-} ]] || is "$(their_states hugetlb)" "$HUGE hugetlb"
	[[ ! -e /sys/kernel/mm/ksm/run || $(</sys/kernel/mm/ksm/run) != 1 ]] || [[ $(their_states ksm) =~ anon|hidden ]]
	[[ -z ${AT[guard]-} ]] || is "$(their_states guard)" "12 anon, 4 guard"
}

# states REGION, as they see it
their_states() {
	"${AS[@]}" "$PMTOP" "--pages=${RANGE[$1]}" --csv -n -o STATE "$SUBJECT_PID" | sort | uniq -c | sort -k 1,1nr -k 2 |
		awk '{ printf "%s%s %s", comma, $1, $2; comma = ", " }'
}

# agrees READER: under the same command, of all that is there
agrees() {
	local reader=$1
	same --others-map-files '"${AS[@]}" "$reader" $SUBJECT_PID' \
		'"${AS[@]}" timeout 60 "$PMTOP" --pages --csv --output-all $SUBJECT_PID'
	# of what is not there, too: a file that is not ours to write may not seem to be in the cache
	range=$(awk '/r-xp.*libc/ { split($1, a, "-"); print a[1] ".." a[2]; exit }' "/proc/$SUBJECT_PID/maps")
	[[ -z $range ]] || same --others-map-files '"${AS[@]}" "$reader" $SUBJECT_PID $range' \
		'"${AS[@]}" timeout 60 "$PMTOP" --pages=$range --csv --output-all $SUBJECT_PID'
}

# refused_to COMMAND...: in one line that says what would help, whatever is asked
refused_to() {
	local status ask said
	for ask in --pages --list --grid "-e anon" "-e clear"; do
		status=0
		# shellcheck disable=SC2086 # two words
		said=$("$@" timeout 60 "$PMTOP" $ask "$SUBJECT_PID" 2>&1) || status=$?
		echo "$ask: $status: $said"
		[[ $status -eq 1 && $said != *$'\n'* && $said =~ ^pmtop:\ .+:\ .+\;\ .+root ]] || return
	done
}

@test "root: nothing of a page in RAM is hidden" {
	need_root
	subject_start
	need_frames
	is "$(dump "$SUBJECT_PID" | values STATE | grep -c hidden)" 0
	is "$(pm --pages --csv -n -o PRESENT,PFN "$SUBJECT_PID" | grep -c '^1,$')" 0
	is "$(pm --pages --csv -n -o PRESENT,KPF "$SUBJECT_PID" | grep -c '^1,$')" 0
	is "$(pm --pages --csv -n -o PRESENT,MAPCOUNT "$SUBJECT_PID" | grep -c '^1,$')" 0
}

@test "root without CAP_SYS_ADMIN: nothing is made up of frame 0" {
	need_root
	as setpriv --bounding-set -sys_admin --inh-caps -sys_admin
	"${AS[@]}" true 2>/dev/null || skip "setpriv may not drop CAP_SYS_ADMIN here"
	subject_start
	hidden
	agrees "$live_dir/reader"
}

@test "as nobody: our own process, as far as the page table shows" {
	become_nobody
	as "${AS_NOBODY[@]}"
	subject_start "${AS_NOBODY[@]}"
	hidden
	agrees "$PUBLIC/reader"
	# a swapped page is one, wherever in swap it is
	[[ $(pm "--pages=${RANGE[swap]}" --csv -n -o STATE "$SUBJECT_PID") != *swapped* ]] ||
		[[ $(their_states swap) == *swapped* ]]
}

@test "as nobody: another user's process is refused with the remedy" {
	become_nobody
	subject_start
	refused_to "${AS_NOBODY[@]}"
}

# tier CAPABILITIES: as nobody with these alone, +cap,+cap
tier() {
	become_nobody
	as setpriv --inh-caps="$1" --ambient-caps="$1" "${AS_NOBODY[@]:1}"
	"${AS[@]}" true 2>/dev/null || skip "setpriv may not give these capabilities here"
	subject_start
	"${AS[@]}" cat "/proc/$SUBJECT_PID/maps" >/dev/null 2>&1 ||
		skip "this kernel shows others' maps to CAP_SYS_PTRACE only"
}

# What smaps says of each region, in bytes, as root.
smaps_sums() {
	awk '/^[0-9a-f]+-[0-9a-f]+ / { split($1, a, "-"); start = a[1] }
		/^Rss:/ { rss = $2 * 1024 }
		/^Pss:/ { pss = $2 * 1024 }
		/^Swap:/ { printf "0x%s,%d,%d,%d\n", start, rss, pss, $2 * 1024 }' "/proc/$SUBJECT_PID/smaps"
}

@test "with CAP_PERFMON alone the list says what smaps does, and that the rest is not known" {
	tier +perfmon
	! "${AS[@]}" head -c 8 "/proc/$SUBJECT_PID/pagemap" >/dev/null 2>&1 || skip "this kernel shows others' page tables to it"
	run -0 --separate-stderr "${AS[@]}" "$PMTOP" --list --csv -n --bytes -o START,RSS,PSS,SWAP "$SUBJECT_PID"
	# others map and unmap files, and the PSS of those changes with it
	is "$(grep ^0x10 <<<"$output")" "$(smaps_sums | grep ^0x10)"
	is "$(cut -d , -f 1,2,4 <<<"$output")" "$(smaps_sums | cut -d , -f 1,2,4)"
	# shellcheck disable=SC2154 # set by bats
	[[ ${#stderr_lines[@]} -eq 1 && $stderr == *"page tables"*"denied"*"RSS and SWAP are from smaps"* ]]
	is "$("${AS[@]}" "$PMTOP" --list --csv -n -o ANON,WRITTEN,%,HUGETLB "$SUBJECT_PID" 2>/dev/null | sort -u)" ",,,"
	run -0 "${AS[@]}" "$PMTOP" --list --filter 'rss > 0' "$SUBJECT_PID"
	[[ $output == *"regions left out; whether they match is not known"* ]]
	# all else needs the page tables, and says so
	for ask in --pages --summary --grid "-e anon"; do
		# shellcheck disable=SC2086 # two words
		run -1 "${AS[@]}" "$PMTOP" $ask "$SUBJECT_PID"
		[[ ${#lines[@]} -eq 1 && $output == *"cannot read the page tables"*"; pmtop lacks CAP_DAC_READ_SEARCH: "* ]]
	done
}

@test "CAP_DAC_READ_SEARCH as well: the page tables, without frames" {
	tier +perfmon,+dac_read_search
	"${AS[@]}" head -c 8 "/proc/$SUBJECT_PID/pagemap" >/dev/null 2>&1 || skip "this kernel does not show others' page tables to it"
	hidden
}

@test "CAP_SYS_ADMIN as well: frames; CAP_SYS_PTRACE as well: bytes" {
	tier +perfmon,+dac_read_search,+sys_admin
	need_frames
	is "$("${AS[@]}" "$PMTOP" --pages --csv -n -o PRESENT,PFN,KPF "$SUBJECT_PID" | grep -cE '^1,(,|[^,]*,$)')" 0
	run -1 "${AS[@]}" "$PMTOP" -e "hex ${AT[anon]}..+0x10" "$SUBJECT_PID"
	[[ $output == *"; pmtop lacks CAP_SYS_PTRACE: "* ]]
	as "${AS[@]/+sys_admin/+sys_admin,+sys_ptrace}"
	run -0 "${AS[@]}" "$PMTOP" -e "hex ${AT[anon]}..+0x10" "$SUBJECT_PID"
	[[ $output == *'subject anon pag'* ]]
}

# starts PROGRAM: its screen, as nobody, which is left once it has a picture; what it says of itself is in STATUS
shows_picture() { grep -q RSS "$BATS_TEST_TMPDIR/screen"; }
starts() {
	STATUS=$PUBLIC/status.${1##*/}
	mkfifo "$BATS_TEST_TMPDIR/keys.${1##*/}"
	: >"$BATS_TEST_TMPDIR/screen"
	PMTOP_STATUS_FILE=$STATUS TERM=xterm script -qec "exec $(printf '%q ' "${AS_NOBODY[@]}" "$1" --demo)" /dev/null \
		<"$BATS_TEST_TMPDIR/keys.${1##*/}" >"$BATS_TEST_TMPDIR/screen" 3>&- &
	exec 9>"$BATS_TEST_TMPDIR/keys.${1##*/}"
	until_true shows_picture
	printf q >&9
	wait $!
	exec 9>&-
}

@test "with capabilities of its file pmtop does not trust its environment" {
	become_nobody
	type setcap script >/dev/null 2>&1 || skip "no setcap, or no script"
	cp "$PMTOP" "$PUBLIC/trusted" && setcap cap_perfmon+ep "$PUBLIC/trusted" || skip "no capabilities of files here"
	chmod a+rwx "$PUBLIC"
	starts "$PMTOP"
	[[ -s $STATUS ]]
	starts "$PUBLIC/trusted"
	[[ ! -e $STATUS ]]
}

# --- set aside ----------------------------------------------------------------------------------

# The tiers, from the table: their capabilities, and the line of setcap(8) for each.
tiers() { sed -nE 's/^T\([A-Z_]+, *"([a-z_]+)".*/\1/p' "$live_dir/../../src/kernel/tiers.def"; }
tier_lines() { tiers | awk '{ line = line sep $0; sep = ","; print line }'; }

# capable CAPABILITIES: pmtop with a file that has them; its user is nobody
capable() {
	[[ ${PUBLIC-} ]] || become_nobody
	type setcap script >/dev/null 2>&1 || skip "no setcap, or no script"
	PMTOP=$PUBLIC/capable
	[[ -e $PMTOP ]] || cp "$PUBLIC/pmtop" "$PMTOP"
	setcap "$1+p" "$PMTOP" || skip "no capabilities of files here"
	as "${AS_NOBODY[@]}"
}

# sets_of PID: those of all its threads, each once: CapInh CapPrm CapEff CapAmb NoNewPrivs
sets_of() {
	awk '/^Cap(Inh|Prm|Eff|Amb):|^NoNewPrivs:/ { printf "%s%s", $2, /NoNew/ ? "\n" : " " }' /proc/"$1"/task/*/status 2>/dev/null | sort -u
}

NONE=0000000000000000

# the bits of +cap,+cap in words of CapPrm
bits_of() {
	local name bits=0
	for name in ${1//,/ }; do
		case $name in
		cap_dac_read_search) ((bits |= 1 << 2)) ;;
		cap_sys_ptrace) ((bits |= 1 << 19)) ;;
		cap_sys_admin) ((bits |= 1 << 21)) ;;
		cap_perfmon) ((bits |= 1 << 38)) ;;
		esac
	done
	printf '%016x' "$bits"
}

child_called() { CHILD=$(pgrep -P "$1" -x "$2"); }

@test "capabilities are in force in no thread of pmtop that waits, and neither its helper nor its command has any" {
	local line script pmtop command
	while read -r line; do
		capable "$line"
		rm -f "$BATS_TEST_TMPDIR/keys"
		mkfifo "$BATS_TEST_TMPDIR/keys"
		: >"$BATS_TEST_TMPDIR/screen"
		TERM=xterm script -qec "exec $(printf '%q ' "${AS_NOBODY[@]}" "$PMTOP" --interval 0 -- /bin/sleep 1000)" /dev/null \
			<"$BATS_TEST_TMPDIR/keys" >"$BATS_TEST_TMPDIR/screen" 3>&- &
		script=$!
		exec 9>"$BATS_TEST_TMPDIR/keys"
		until_true shows_picture
		until_true child_called "$script" capable
		pmtop=$CHILD
		until_true child_called "$pmtop" sleep
		command=$CHILD
		# a question about a symbol is one for the helper
		printf ':no_such_symbol\r' >&9
		until_true child_called "$pmtop" pmtop-helper
		until_true threads_are "$pmtop" "$NONE $(bits_of "$line") $NONE $NONE 0"
		until_true helpers_have_none "$CHILD"
		is "$(sets_of "$command")" "$NONE $NONE $NONE $NONE 0"
		kill "$command" "$pmtop"
		exec 9>&-
		wait "$script" || :
	done < <(tier_lines)
}
threads_are() { SETS=$(sets_of "$1") && [[ $SETS == "$2" ]]; }
# helpers_have_none PID: nor those that it has started, which come and go
helpers_have_none() {
	local pid
	for pid in "$1" $(pgrep -P "$1"); do
		threads_are "$pid" "$NONE $NONE $NONE $NONE 1" || { [[ $pid != "$1" && -z $SETS ]] || return 1; }
	done
}

@test "with capabilities of its caller it is the same: they are not handed on" {
	local pid
	tier +perfmon,+dac_read_search,+sys_ptrace
	"${AS[@]}" "$PMTOP" --grow=60 "$SUBJECT_PID" >/dev/null 3>&- &
	pid=$!
	OTHERS+=("$pid")
	until_true threads_are "$pid" "$NONE $(bits_of cap_perfmon,cap_dac_read_search,cap_sys_ptrace) $NONE $NONE 0"
}

@test "the demo has none of them" {
	capable cap_perfmon
	rm -f "$PUBLIC"/status.*
	starts_demo() { starts "$PMTOP"; }
	DEMO_SETS=
	shows_picture() {
		grep -q RSS "$BATS_TEST_TMPDIR/screen" || return
		DEMO_SETS=$(sets_of "$(pgrep -n -x pmtop-demo)")
	}
	starts_demo
	is "$DEMO_SETS" "$NONE $NONE $NONE $NONE 1"
}

@test "capabilities open what is in /proc, and nothing that a user names" {
	capable cap_dac_read_search,cap_sys_ptrace
	(umask 077 && echo 'a secret' >"$PUBLIC/secret" && mkdir -p "$PUBLIC/root/7" &&
		echo '1000-2000 rw-p 00000000 00:00 0' >"$PUBLIC/root/7/maps")
	run -1 "${AS[@]}" "$PMTOP" --list "$PUBLIC/secret"
	[[ $output == *[Pp]ermission* ]]
	run -1 "${AS[@]}" "$PMTOP" --proc-root "$PUBLIC/root" --list 7
	[[ $output == *[Pp]ermission* ]]
	# a folder that leads to a file of somebody else's
	mkdir -p "$PUBLIC/links/7"
	printf 'Name:\tx\nTgid:\t7\nPid:\t7\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n' >"$PUBLIC/links/7/status"
	echo '7 (x) S 1 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 100 4096 1' >"$PUBLIC/links/7/stat"
	echo '1 1 0 0 0 1 0' >"$PUBLIC/links/7/statm"
	head -c 24 /dev/zero >"$PUBLIC/links/7/pagemap"
	ln -s "$PUBLIC/root/7/maps" "$PUBLIC/links/7/maps"
	chmod -R a+rX "$PUBLIC/links"
	run -1 "${AS[@]}" "$PMTOP" --proc-root "$PUBLIC/links" --list 7
	[[ $output != *1000* ]]
	# it is tried: open to all, it is read
	chmod -R a+rX "$PUBLIC/root"
	run "${AS[@]}" "$PMTOP" --proc-root "$PUBLIC/links" --list -o START 7
	[[ $output == *0x1000* ]]
}

# caller CAPABILITIES: pmtop as nobody with these of its caller, in a terminal as well
caller() {
	local dir=$BATS_TEST_TMPDIR
	tier "$1"
	printf '#!/bin/sh\n[ -z "$PMTOP_STATUS_FILE" ] || chmod a+rw "$PMTOP_STATUS_FILE"\nexec %s %s "$@"\n' "${AS[*]}" "$PMTOP" >"$PUBLIC/caller"
	chmod a+rx "$PUBLIC/caller"
	until [[ $dir == /tmp || $dir == / ]]; do
		chmod a+x "$dir"
		dir=${dir%/*}
		dir=${dir:-/}
	done
	PMTOP=$PUBLIC/caller
}
ALL=+perfmon,+dac_read_search,+sys_admin,+sys_ptrace

@test "bug: with CAP_PERFMON alone the screen waited for page tables that are refused" {
	caller +perfmon
	screen_start 120x12 "$SUBJECT_PID"
	screen_end 1
	screen_text | xargs | grep -F "cannot read the page tables of process $SUBJECT_PID (subject): Permission denied; "
}

@test "with all of them: a new thread, and the program after an exec" {
	local tid stack
	caller $ALL
	need_frames
	SCREEN_OPTIONS=(--interval 0.2 --color=never)
	screen_start 120x40 "$SUBJECT_PID"
	screen_goto "${AT[anon]}"
	subject thread newest
	read -r tid stack <<<"$REPLY"
	screen_keys Escape
	screen_goto "$stack"
	screen_wait_text "\[stack:$tid newest\]"
	screen_keys Escape
	subject exec thread
	screen_wait_text 'executed a new program'
	screen_goto 100000000000
	screen_wait_text "100000000000 +[ah]{64}( |\$)"
	screen_keys Q
	screen_end
}

@test "with all of them: who shares it, as root hears it" {
	local theirs
	caller $ALL
	need_frames
	theirs=$("$PMTOP" --who="${RANGE[memfd]}" --csv "$SUBJECT_PID")
	is "$theirs" "$("$PUBLIC/pmtop" --who="${RANGE[memfd]}" --csv "$SUBJECT_PID")"
	theirs=$("$PMTOP" -e "who ${AT[anon]}" --json "$SUBJECT_PID")
	is "$theirs" "$("$PUBLIC/pmtop" -e "who ${AT[anon]}" --json "$SUBJECT_PID")"
}

@test "with all of them: the picker says full of a process of root's" {
	caller $ALL
	need_frames
	SCREEN_OPTIONS=(--interval 0.2 --color=never)
	screen_start 120x40
	screen_keys "$SUBJECT_PID"
	screen_wait_text "$SUBJECT_PID +root .* full "
	screen_keys Escape Escape
	screen_end
}

@test "with all of them: what somebody else's process writes, and which code" {
	need_watch
	export SUBJECT_UNWATCHED=1
	caller $ALL
	watch_start --watch=3600 "${INJECT[@]}" --by function --csv -n -o PAGES,WRITER "$SUBJECT_PID"
	until_true is_armed anon
	subject write anon 3 5
	watch_end
	watch_show
	# the helper, which has no rights, finds names in files that are open to all
	[[ $(awk -F , '$2 == "total" { print $1 }' "$BATS_TEST_TMPDIR/out") -ge 2 ]]
	! "$PUBLIC/pmtop" --capabilities $$ --csv -n | grep -q '^symbols,yes' || grep -x '2,write_pages' "$BATS_TEST_TMPDIR/out"
}

@test "--capabilities answers where the page tables are refused, too, and says that they are" {
	local row
	tier +perfmon
	! "${AS[@]}" head -c 8 "/proc/$SUBJECT_PID/pagemap" >/dev/null 2>&1 || skip "this kernel shows others' page tables to it"
	run -0 --separate-stderr "${AS[@]}" "$PMTOP" --capabilities --csv -n "$SUBJECT_PID"
	# shellcheck disable=SC2154 # set by bats
	is "$stderr" ""
	[[ ${lines[0]} == "privileges,yes,"*"by CAP_PERFMON:"*"setcap cap_perfmon,cap_dac_read_search+p"* ]]
	grep -q '^maps,yes,' <<<"$output"
	grep -q '^pagemap,no,the page tables,Permission denied,.*lacks CAP_DAC_READ_SEARCH: sudo setcap cap_perfmon,cap_dac_read_search+p ' <<<"$output"
	for row in pfn PAGEMAP_SCAN scan:present soft-dirty userfaultfd; do
		grep -q "^$row,no,.*,the page tables are not readable,$" <<<"$output"
	done
}

@test "a name that the target chose is escaped in what goes to standard error with an answer" {
	become_nobody
	as setpriv --inh-caps=+perfmon --ambient-caps=+perfmon "${AS_NOBODY[@]:1}"
	"${AS[@]}" true 2>/dev/null || skip "setpriv may not give these capabilities here"
	cp /bin/sleep "$PUBLIC/"$'a\e[31mb\nc'
	"$PUBLIC/"$'a\e[31mb\nc' 60 3>&- &
	OTHERS+=($!)
	"${AS[@]}" cat "/proc/$!/maps" >/dev/null 2>&1 || skip "this kernel shows others' maps to CAP_SYS_PTRACE only"
	! "${AS[@]}" head -c 8 "/proc/$!/pagemap" >/dev/null 2>&1 || skip "this kernel shows others' page tables to it"
	until_true grep -q 31mb "/proc/$!/comm"
	run -0 --separate-stderr "${AS[@]}" "$PMTOP" --list "$!"
	# shellcheck disable=SC2154 # set by bats
	[[ ${#stderr_lines[@]} -eq 1 && $stderr == *'(a\033[31mb\012c): '* ]]
}

# says_lack CAPABILITY WORDS-OF-SETCAP ARG...: that is refused, and why
says_lack() {
	run -1 "${AS[@]}" "$PMTOP" "${@:3}" $$
	[[ $output == *"; pmtop lacks $1: sudo setcap $2+p \$(command -v pmtop)" ]]
}

@test "bug: a refusal said only that root may, where one capability more would do" {
	capable cap_perfmon
	"${AS[@]}" "$PMTOP" -e stack $$ 2>&1 | grep -q 'page tables' || skip "this kernel shows others' maps to CAP_SYS_PTRACE only"
	says_lack CAP_DAC_READ_SEARCH cap_perfmon,cap_dac_read_search --pages
	capable cap_perfmon,cap_dac_read_search
	says_lack CAP_SYS_PTRACE "$(tier_lines | tail -n 1)" -e copies
	says_lack CAP_SYS_PTRACE "$(tier_lines | tail -n 1)" --watch=1 --count 1 --tracker uffd
	setcap -r "$PMTOP"
	run -1 "${AS[@]}" "$PMTOP" --list $$
	[[ $output == *"it belongs to root: run pmtop as root" ]]
}

@test "bug: a process of the user nobody was said to be in another user namespace" {
	read -r from to n </proc/self/uid_map
	[[ $from == 0 && $to == 0 && $n == 4294967295 ]] || skip "not in the first user namespace"
	capable cap_perfmon
	subject_start "${AS_NOBODY[@]}"
	as setpriv --reuid 1 --regid 1 --clear-groups
	"${AS[@]}" "$PMTOP" -e stack "$SUBJECT_PID" 2>&1 | grep -q 'page tables' ||
		skip "this kernel shows others' maps to CAP_SYS_PTRACE only"
	run -1 "${AS[@]}" "$PMTOP" --pages "$SUBJECT_PID"
	[[ $output == *"; pmtop lacks CAP_DAC_READ_SEARCH: sudo setcap cap_perfmon,cap_dac_read_search+p "* ]]
	setcap -r "$PMTOP"
	run -1 "${AS[@]}" "$PMTOP" --list "$SUBJECT_PID"
	[[ $output == *"; it belongs to user 65534: run pmtop as root, or as that user" ]]
}

# The rows of --capabilities that name the tier, from the table.
@test "--capabilities and K tell the tier, and the line for the next one" {
	local have=() name words n=0 row all
	capable cap_perfmon
	setcap -r "$PMTOP"
	subject_start "${AS_NOBODY[@]}"
	row=$("${AS[@]}" "$PMTOP" --capabilities --csv -n "$SUBJECT_PID" | head -n 1)
	mapfile -t all < <(sed -nE 's/^T\(([A-Z_]+), *"([a-z_]+)", *"(.*)"\)$/\1|\2|\3/p' "$live_dir/../../src/kernel/tiers.def")
	[ ${#all[@]} -eq 4 ]
	[[ $row == "privileges,yes,"*"as an owner: your own processes"*"for ${all[0]##*|} of others: sudo setcap cap_perfmon+p "* ]]
	for ((n = 0; n < ${#all[@]}; n++)); do
		IFS='|' read -r name words _ <<<"${all[n]}"
		have+=("$words")
		capable "$(IFS=, && echo "${have[*]}")"
		row=$("${AS[@]}" "$PMTOP" --capabilities --csv -n "$SUBJECT_PID" | head -n 1)
		echo "$row"
		[[ $row == "privileges,yes,"*"by $name: ${all[n]##*|} of others' processes"* ]]
		if ((n + 1 < ${#all[@]})); then
			[[ $row == *"for ${all[n + 1]##*|} of others: sudo setcap $(IFS=, && echo "${have[*]}"),$(cut -d '|' -f 2 <<<"${all[n + 1]}")+p "* ]]
		else
			[[ $row != *setcap* ]]
		fi
	done
	capable cap_dac_read_search,cap_sys_ptrace
	row=$("${AS[@]}" "$PMTOP" --capabilities --csv -n "$SUBJECT_PID" | head -n 1)
	[[ $row == *"by CAP_SYS_PTRACE, but without CAP_PERFMON\","*"sudo setcap cap_perfmon+p "* ]]
	# as root
	row=$("$PUBLIC/pmtop" --capabilities --csv -n "$SUBJECT_PID" | head -n 1)
	[[ $row == "privileges,yes,"*"as root"* ]]
}

@test "as nobody: where /proc hides others' processes, that is what is said" {
	become_nobody
	unshare -m mount -t proc -o hidepid=invisible proc /proc 2>/dev/null || skip "no /proc that hides processes here"
	subject_start
	# shellcheck disable=SC2016 # for that shell to expand
	run -1 unshare -m bash -c 'mount -t proc -o hidepid=invisible proc /proc && exec "$@"' - \
		"${AS_NOBODY[@]}" "$PMTOP" --list "$SUBJECT_PID"
	echo "$output"
	[[ ${#lines[@]} -eq 1 && $output == *hidepid* ]]
}

@test "with all of them: what /proc hides is there, by its PID and by its name" {
	become_nobody
	unshare -m mount -t proc -o hidepid=invisible proc /proc 2>/dev/null || skip "no /proc that hides processes here"
	capable cap_perfmon,cap_dac_read_search,cap_sys_admin,cap_sys_ptrace
	cp "$SUBJECT" "$PUBLIC/hidden-one"
	SUBJECT=$PUBLIC/hidden-one
	subject_start
	for target in "$SUBJECT_PID" hidden-one; do
		# shellcheck disable=SC2016 # for that shell to expand
		run -0 unshare -m bash -c 'mount -t proc -o hidepid=invisible proc /proc && exec "$@"' - \
			"${AS[@]}" "$PMTOP" --list -n --raw -o START "$target"
		is "$(wc -l <<<"$output")" "$(wc -l <"/proc/$SUBJECT_PID/maps")"
	done
}

@test "bug: where no /proc is mounted it was said that there is no such process" {
	local of
	unshare -m mount -t tmpfs none /proc 2>/dev/null || skip "no mount namespaces here"
	for of in 1 init; do
		# shellcheck disable=SC2016 # for that shell to expand
		run -1 unshare -m bash -c 'mount -t tmpfs none /proc && exec "$@"' - "$PMTOP" --list "$of"
		is "$output" 'pmtop: cannot read /proc: no proc file system is mounted there; mount one: `mount -t proc proc /proc`'
	done
}

@test "a process that may not be dumped is for root alone" {
	become_nobody
	subject_start "${AS_NOBODY[@]}"
	"${AS_NOBODY[@]}" "$PMTOP" --list "$SUBJECT_PID" >/dev/null
	subject dumpable 0
	refused_to "${AS_NOBODY[@]}"
	is "$(states anon)" "64 anon"
	subject dumpable 1
	"${AS_NOBODY[@]}" "$PMTOP" --list "$SUBJECT_PID" >/dev/null
}

@test "a process in namespaces of its own, seen from outside" {
	need_root
	unshare -Urpfm --mount-proc true 2>/dev/null || skip "no new user and PID namespaces here"
	subject_start_apart unshare -Urpfm --mount-proc
	need_frames
	same --others-map-files 'reader $SUBJECT_PID' 'dump $SUBJECT_PID'
	is "$(states anon)" "64 anon"
	is "$(states private)" "15 file, 1 copied"
}

@test "a process in namespaces of its own, seen from inside" {
	need_root
	unshare -Urpfm --mount-proc true 2>/dev/null || skip "no new user and PID namespaces here"
	subject_start_apart unshare -Urpfm --mount-proc
	as nsenter -t "$SUBJECT_PID" -U -p -m --preserve-credentials
	# root in there, and its PID is another
	SUBJECT_OUTSIDE=$SUBJECT_PID SUBJECT_PID=1
	hidden
	SUBJECT_PID=$SUBJECT_OUTSIDE
}

# filtered ERRNO COMMAND...: where a seccomp filter answers perf_event_open with it
filtered() {
	perl -MCalls -e 'my ($errno, @command) = @ARGV;
		my $filter = pack("SCCL" x 4, 0x20,0,0,0, 0x15,0,1,number("perf_event_open"), 6,0,0,0x50000|$errno, 6,0,0,0x7fff0000);
		call(prctl => 38, 1, 0, 0, 0) == 0 && call(prctl => 22, 2, pack("Sx![P]P", 4, $filter)) == 0 or exit 77;
		exec @command' "$@"
}

@test "what forbids to watch page faults is named: a container's seccomp filter, not a lack of root" {
	filtered 1 true || skip "no seccomp filter here"
	subject_start
	for errno in 1 38; do
		filtered $errno "$PMTOP" --capabilities --csv -n "$SUBJECT_PID" >"$BATS_TEST_TMPDIR/rows"
		grep '^faults,no,.*"a seccomp filter, as containers have, forbids perf_event_open","allow it in' \
			"$BATS_TEST_TMPDIR/rows"
		grep '^watchpoints,no,.*a seccomp filter' "$BATS_TEST_TMPDIR/rows"
	done
}

# What was hidden from the recorder stays unknown, whoever reads it: root is told what the recording lacks.
# bats test_tags=not-in-guests
@test "bug: of a recording made without root it was said that pmtop needs CAP_SYS_ADMIN" {
	local file said=$BATS_TEST_TMPDIR/said
	become_nobody
	subject_start "${AS_NOBODY[@]}"
	file=$("${AS_NOBODY[@]}" mktemp -d /tmp/pmtop-live-XXXXXX)/recording
	"${AS_NOBODY[@]}" "$PMTOP" --record "$file" --interval 0.1 --for 0.3 "$SUBJECT_PID" 2>/dev/null ||
		skip "nobody may not read the page tables of an own process here"
	"$PMTOP" --summary "$file" >"$said"
	(($(grep -c '^not recorded: hidden from the recorder (record as root)$' "$said") >= 2))
	"$PMTOP" -e "${AT[anon]}" "$file" >>"$said"
	grep -Eq '^ +pfn +not recorded: hidden from the recorder' "$said"
	"$PMTOP" --pages --filter 'mapcount>1' "$file" 2>>"$said" || :
	"$PMTOP" --diff "$file@start" "$file" 2>&1 >/dev/null | grep 'frames were hidden from the recorder'
	rm -r "${file%/*}"
	run ! grep CAP_SYS_ADMIN "$said"
}
