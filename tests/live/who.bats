#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# who: with whom memory is shared, against a reader that searches all page tables for frames (sharers).
# shellcheck disable=SC2154,SC2153

load live

teardown() { live_end; }

AS_NOBODY=()

# sharer_start: the family of sharer.c. Sets PIDS by name, and AT and RANGE as subject_start does.
declare -gA PIDS
sharer_start() {
	local pipe=$BATS_TEST_TMPDIR/sharer name pid range
	mkfifo "$pipe"{,.out}
	"${AS_NOBODY[@]}" "${PUBLIC:-$builddir/tests/live}/sharer" <>"$pipe" >"$pipe.out" 2>&1 3>&- &
	OTHERS+=("$!")
	AT=() RANGE=() PIDS=()
	while read -rt $((10 * ${TEST_TIMEOUT_SCALE:-1})) name pid range; do
		[[ $name != cannot: ]] || skip "$pid $range"
		[[ $name != ready ]] || break
		if [[ $range ]]; then
			AT[$name]=${range%-*} RANGE[$name]=${range/-/..}
		else
			PIDS[$name]=$pid
		fi
	done <"$pipe.out"
	[[ $name == ready ]]
	until_true main_thread_ended "${PIDS[ended]}"
}
main_thread_ended() { [[ $(</proc/$1/stat) =~ .*\)\ Z ]]; }

# shellcheck disable=SC2016 # for perl to expand
_shows_frames() {
	perl -e 'open my $f, "<:raw", "/proc/self/pagemap" or exit; sysseek $f, int(\$f / $ENV{PAGE}) * 8, 0;
		sysread $f, my $word, 8; print unpack("Q", $word) & (1 << 55) - 1'
}

need_owners() {
	[[ $(once shows-frames _shows_frames) != 0 && -r /proc/kpagecount ]] ||
		skip "the kernel keeps frame numbers from us (needs root with CAP_SYS_ADMIN)"
}

# as the reader has it, without the process that uses the target's own memory
read_sharers() { "$live_dir/sharers" "${PIDS[target]}" "$@" | grep -v "^${PIDS[twin]} " || :; }

# listed RANGE: "PID PAGES" of each process
listed() {
	pm "--who=$1" --raw -n -b -o PID,SHARED "${PIDS[target]}" | awk '{ print $1, $2 / ENVIRON["PAGE"] }' | sort -n
}

only_rows() { awk '$1 ~ /^[0-9]+$/ { print $1, $2 }'; }

@test "bug: where descriptors run out, who says that, and not that nobody shares it" {
	need_owners
	sharer_start
	local n all
	local -a asks=("--who=${RANGE[fork]} -n -b -o PID,SHARED" "-e who@${AT[fork]}") ask
	for ask in "${asks[@]}"; do
		read -ra ask <<<"$ask"
		ask=("${ask[@]//@/ }")
		all=$(pm "${ask[@]}" "${PIDS[target]}" | only_rows)
		for ((n = 9; n < 24; n++)); do
			# shellcheck disable=SC2016 # for the other shell to expand
			run --separate-stderr bash -c 'ulimit -n "$1"; shift; exec "$@"' _ "$n" \
				"$PMTOP" "${ask[@]}" "${PIDS[target]}" 3>&-
			echo "$n: $status: $stderr"
			((status != 127)) || continue # its libraries need one, too
			[[ $status == 0 && $(only_rows <<<"$output") == "$all" ||
				$status == 1 && -z $output && $stderr == *'Too many open files; raise the limit'* ]]
		done
		is "$status" 0
	done
}

@test "who shares a range is who has its frames: forks, shm, a memfd that was passed, a moved page, an ended main thread" {
	local name
	need_owners
	sharer_start
	for name in fork shm memfd again; do
		same "listed ${RANGE[$name]}" "read_sharers ${RANGE[$name]}"
	done
	is "$(listed "${RANGE[fork]}")" "$(printf '%s\n' "${PIDS[child]} 48" "${PIDS[moved]} 64" "${PIDS[ended]} 64" \
		"${PIDS[grand]} 40" | sort -n)"
	is "$(listed "${RANGE[memfd]}")" "${PIDS[passed]} 5"
	# of what kind it is, and what none but a pair has
	is "$(pm "--who=${RANGE[shm]}" --raw -n -b -o PID,FILE,SHM,ANON,BOTH "${PIDS[target]}")" "$(printf '%s\n' \
		"${PIDS[child]} 0 $((16 * PAGE)) 0 0" "${PIDS[grand]} 0 $((8 * PAGE)) 0 0")"
	is "$(pm "--who=${AT[fork]}..+8p" --raw -n -b -o PID,RELATION,FILE,SHM,ANON "${PIDS[target]}" | sort -n)" \
		"$(printf '%s\n' "${PIDS[moved]} child 0 0 $((8 * PAGE))" "${PIDS[ended]} child 0 0 $((8 * PAGE))" | sort -n)"
}

@test "who shares much: a family that is read in step with the target, by what the kernel says of its regions" {
	local range name
	need_owners
	# a child that writes every eighth page of the first half, and its child, which has all as it was then
	# shellcheck disable=SC2016 # for perl
	perl -e '$| = 1; my $s = "x" x (40 << 20); my $child = fork // die;
		if (!$child) {
			for (my $i = 0; $i < length($s) / 2; $i += 8 * $ENV{PAGE}) { substr($s, $i, 1) = "y" }
			my $grand = fork // die;
			print "child $$\ngrand $grand\nready\n" if $grand;
		}
		sleep 100' >"$BATS_TEST_TMPDIR/family" &
	OTHERS+=("$!")
	PIDS=([target]=$! [twin]=0)
	until_true grep -q ready "$BATS_TEST_TMPDIR/family"
	while read -r name range; do
		PIDS[$name]=$range
	done < <(grep ' ' "$BATS_TEST_TMPDIR/family")
	OTHERS+=("${PIDS[child]}" "${PIDS[grand]}")
	range=$(pm --list -n --raw -b -o START,END,RSS "${PIDS[target]}" | sort -rnk3 | awk '{ print $1 ".." $2; exit }')
	same "listed $range" "read_sharers $range"
	is "$(listed "$range" | cut -d ' ' -f 1 | sort -n)" "$(printf '%s\n' "${PIDS[child]}" "${PIDS[grand]}" | sort -n)"
	# what the child has written it shares with its own child alone
	same "listed_of child $range" "read_sharers_of child $range"
	pm --json "--who=$range" "${PIDS[target]}" >"$BATS_TEST_TMPDIR/json"
	is "$(grep -oE '"mapped": [0-9]+' "$BATS_TEST_TMPDIR/json" | grep -oE '[0-9]+')" \
		"$(grep -oE '"found": [0-9]+' "$BATS_TEST_TMPDIR/json" | grep -oE '[0-9]+')"
}
listed_of() { PIDS[target]=${PIDS[$1]} listed "$2"; }
read_sharers_of() { PIDS[target]=${PIDS[$1]} read_sharers "$2"; }

@test "who maps a page: every mapping with its address, and the count is explained" {
	local page name
	need_owners
	sharer_start
	# page 36 of fork was moved in one process; 3 of shm is mapped by three; 3 of memfd by two, twice in one
	for page in fork:36 fork:0 shm:3 memfd:3 again:3 shm:31; do
		name=${page%:*} page=$(printf %x $((0x${AT[$name]} + ${page#*:} * PAGE)))
		same "pm --json -e 'who $page' ${PIDS[target]} | grep -oE '\"pid\": [0-9]+|\"address\": \"0x[0-9a-f]+\", \"perm' |
			grep -oE '[0-9]+\$|0x[0-9a-f]+' | paste -d ' ' - - | sort" \
			"read_sharers $page..$(printf %x $((0x$page + PAGE))) places | sort"
		pm --json -e "who $page" "${PIDS[target]}" >"$BATS_TEST_TMPDIR/json"
		is "$(grep -oE '"mapped": [0-9]+' "$BATS_TEST_TMPDIR/json" | grep -oE '[0-9]+')" \
			"$(grep -oE '"found": [0-9]+' "$BATS_TEST_TMPDIR/json" | grep -oE '[0-9]+')"
	done
	[[ $(pm -e "who ${AT[fork]}" "${PIDS[target]}") == *'mapped 3 times by 3 processes'* ]]
}

@test "a process that uses the target's address space counts once, and is named" {
	local page
	need_owners
	sharer_start
	# of this page one mapping is elsewhere, so all processes are scanned
	page=$(printf %x $((0x${AT[fork]} + 36 * PAGE)))
	[[ $(pm -e "who $page" "${PIDS[target]}") == *"same_memory    ${PIDS[twin]}"* ]]
	run ! grep -w "${PIDS[twin]}" <(pm --who -n --raw "${PIDS[target]}")
	# and from its side
	[[ $(pm -e "who $page" "${PIDS[twin]}") == *"same_memory    ${PIDS[target]}"* ]]
}

@test "libraries are shared with who maps them, this pmtop and the reader aside" {
	local range
	need_owners
	subject_start
	PIDS=([target]=$SUBJECT_PID [twin]=0)
	range=$(pm --list -n --raw -o START,END,PERM,MAPPING "$SUBJECT_PID" |
		awk '$3 ~ /x/ && $4 ~ /libc/ { print $1 ".." $2; exit }')
	[[ $range ]] || skip "no libc"
	# others come and go: those that both have are what both must agree on
	listed "$range" >"$BATS_TEST_TMPDIR/listed"
	read_sharers "$range" >"$BATS_TEST_TMPDIR/read"
	is "$(grep -wE "^($$|1|$PPID)" "$BATS_TEST_TMPDIR/listed")" "$(grep -wE "^($$|1|$PPID)" "$BATS_TEST_TMPDIR/read")"
	[[ -s $BATS_TEST_TMPDIR/listed ]]
}

# unshared_of PROCESS RELATIVE: "SHARED UNSHARED SELF-ONLY RELATIVE-ONLY" pages of the region fork
unshared_of() {
	pm --json -e "unshared ${RANGE[fork]}" "${PIDS[$1]}" | perl -e '
		my ($pid, $start) = @ARGV;
		for my $row (grep { /"pid": $pid,.*"start": "0x$start"/ } <STDIN>) {
			print join(" ", map { ($row =~ /"$_": (\d+)/)[0] / $ENV{PAGE} } qw(shared unshared self_only relative_only)), "\n";
		}' "${PIDS[$2]}" "${AT[fork]}"
}

@test "unshared: what forks share and no longer do, by region, from each side" {
	need_owners
	sharer_start
	# the child wrote 16 pages, the grandchild 16 others, 8 of them those of the child; one moved 8 away
	is "$(unshared_of target child)" "48 16 0 0"
	is "$(unshared_of target moved)" "56 0 8 0"
	is "$(unshared_of target ended)" "64 0 0 0"
	is "$(unshared_of target grand)" ""
	is "$(unshared_of child target)" "48 16 0 0"
	is "$(unshared_of child grand)" "48 16 0 0"
	is "$(unshared_of grand child)" "48 16 0 0"
	[[ $(pm -e unshared "${PIDS[grand]}") =~ ^"parent ${PIDS[child]}: "[0-9.]+[KM]" shared, " ]]
	# pages that were only read are nobody's
	run -0 pm -e unshared "$$"
}

@test "unshared: how fast, over the interval of --watch, without a clear; and since it was last asked" {
	local pid
	need_owners
	sharer_start
	[[ $(pm -e unshared "${PIDS[target]}") == *'rate           not known before'* ]]
	pm --json --watch=0.2 -e unshared "${PIDS[target]}" >"$BATS_TEST_TMPDIR/json"
	grep -q '"rate": 0,' "$BATS_TEST_TMPDIR/json"
	# a child writes at most 500 pages a second, one after the other
	# shellcheck disable=SC2016 # for perl
	perl -e '$| = 1; my $s = "x" x (8 << 20); my $pid = fork // die;
		if (!$pid) { for (my $i = 0;; $i = ($i + $ENV{PAGE}) % length $s) { substr($s, $i, 1) = "y"; select undef, undef, undef, 0.002 } }
		print "$pid\n"; sleep 60; kill 9, $pid' >"$BATS_TEST_TMPDIR/writer" &
	OTHERS+=("$!")
	pid=$!
	until_true test -s "$BATS_TEST_TMPDIR/writer"
	OTHERS+=("$(cat "$BATS_TEST_TMPDIR/writer")")
	pm --watch=0.5 -e unshared "$pid" >"$BATS_TEST_TMPDIR/said"
	# more than nothing, and less than 500 pages
	awk '$1 == "rate" { r = $2 + 0 } END { exit !(r > 0 && r < 2100000) }' "$BATS_TEST_TMPDIR/said"
	[[ $(head -n 1 "$BATS_TEST_TMPDIR/said") == *' unshared, '*'/s' ]]
}

@test "who [vdso]: the kernel's own memory, which all processes map; a page of it by process, and the count at the end" {
	local page said
	need_owners
	subject_start
	[[ $(pm -e 'who [vdso]' "$SUBJECT_PID") == "memory of the kernel's own"* ]]
	said=$(pm -e 'who [vdso]+0' "$SUBJECT_PID")
	[[ $said == *" $SUBJECT_PID "*"[vdso]"* ]]
	page=$(grep -c '\[vdso\]' <<<"$said")
	((page > 1))
}

@test "without frames: files and shared memory of one's own processes, by their places; and it says so" {
	need_owners
	become_nobody
	cp "$builddir/tests/live/sharer" "$PUBLIC"
	chmod a+rx "$PUBLIC/sharer"
	sharer_start
	for name in shm memfd again; do
		pm_nobody "--who=${RANGE[$name]}" --raw -n -b -o PID,SHARED "${PIDS[target]}" |
			awk '{ print $1, $2 / ENVIRON["PAGE"] }' | sort -n >"$BATS_TEST_TMPDIR/told"
		is "$(cat "$BATS_TEST_TMPDIR/told")" "$(read_sharers "${RANGE[$name]}")"
	done
	pm_nobody --json -e "who ${RANGE[fork]}" "${PIDS[target]}" >"$BATS_TEST_TMPDIR/json"
	grep -q '"anon": null' "$BATS_TEST_TMPDIR/json"
	grep -q '"hidden": 64' "$BATS_TEST_TMPDIR/json"
	said=$(pm_nobody -e "who ${AT[memfd]}" "${PIDS[target]}")
	[[ $said == *'by file, offset and name: frames are hidden'* ]]
	# process 1 is root's
	[[ ${said%%$'\n'*} =~ process(es)?\;\ [0-9]+\ process(es)?\ could\ not\ be\ read$ ]]
	[[ $(pm_nobody -e "who ${RANGE[memfd]}" "${PIDS[target]}" | head -1) == *'could not be read' ]]
	run -1 pm_nobody -e "who ${AT[fork]}" "${PIDS[target]}"
	[[ $output == *'frame is hidden'*'CAP_SYS_ADMIN'* ]]
	run -1 pm_nobody -e unshared "${PIDS[target]}"
	[[ $output == *'frames are hidden'*'CAP_SYS_ADMIN'* ]]
}
pm_nobody() { (cd / && "${AS_NOBODY[@]}" timeout $((20 * ${TEST_TIMEOUT_SCALE:-1})) "$PMTOP" "$@"); }

@test "KSM: a merged page is one frame, mapped many times by one process" {
	local limit=$((SECONDS + 10 * ${TEST_TIMEOUT_SCALE:-1}))
	[[ $(cat /sys/kernel/mm/ksm/run 2>/dev/null) == 1 ]] || skip "KSM is off"
	need_owners
	subject_start
	until [[ $(read_column ksm PFN | sort -u | wc -l) -eq 1 ]]; do
		((SECONDS < limit)) || skip "ksmd has not merged the equal pages so far"
	done
	[[ $(pm -e "who ${AT[ksm]}" "$SUBJECT_PID") == *'mapped 16 times by 1 process'* ]]
	# with nobody else it is freed with the process, once
	is "$(pm --who="${RANGE[ksm]}" --json "$SUBJECT_PID" | grep -oE '"freed": [0-9]+')" "\"freed\": $PAGE"
}

@test "what ends with a process: anonymous pages that nobody else has" {
	local before after
	need_owners
	sharer_start
	# of fork the target has no page of its own as long as the others live: moved and ended have them all
	is "$(pm --json "--who=${RANGE[fork]}" "${PIDS[target]}" | grep -oE '"freed": [0-9]+')" '"freed": 0'
	kill -KILL "${PIDS[moved]}" "${PIDS[ended]}"
	until_true none_has "${PIDS[moved]}" "${PIDS[ended]}"
	# the child wrote 0..15, and the grandchild has those or its own; the child has 16..23 still
	is "$(pm --json "--who=${RANGE[fork]}" "${PIDS[target]}" | grep -oE '"freed": [0-9]+')" \
		"\"freed\": $((16 * PAGE))"
}
none_has() {
	local pid
	for pid; do
		! grep -q . "/proc/$pid/maps" 2>/dev/null && ! cat /proc/"$pid"/task/*/maps 2>/dev/null | grep -q .
	done
}

# The child writes into the first page of a huge page, or unmaps all but that one.
# shellcheck disable=SC2016 # for perl to expand
huge_family() { # IN-THE-CHILD
	program_start perl -MCalls -e '$| = 1; my ($size, $child) = ($ENV{HUGE} * $PAGE, $ARGV[0]);
		my $at = call(mmap => 0, 2 * $size, 3, 0x22, -1, 0);
		$at += -$at % $size;
		call(madvise => $at, $size, 14);
		open my $zero, "<", "/dev/zero";
		call(read => fileno $zero, $at, $size) == $size or die;
		pipe my $done, my $does;
		my $pid = fork // die;
		if (!$pid) {
			$child eq "write" ? call(read => fileno $zero, $at, 1) : call(munmap => $at + $PAGE, $size - $PAGE);
			syswrite $does, "x";
			sleep 1000;
		}
		sysread $done, my $x, 1;
		open my $family, ">", $ARGV[1];
		printf $family "%d %x\n", $pid, $at;
		close $family;
		print "ready\n";
		<STDIN>' "$1" "$BATS_TEST_TMPDIR/family"
	read -r CHILD AT[huge] <"$BATS_TEST_TMPDIR/family"
	RANGE[huge]=${AT[huge]}..+${HUGE}p
	OTHERS+=("$CHILD")
	[[ $(awk -v at="${AT[huge]}-" 'index($0, at) == 1 { on = 1 } on && /^AnonHugePages/ { print $2; exit }' "/proc/${PROGRAMS[-1]}/smaps") -ge $((HUGE * PAGE / 1024)) ]] ||
		skip "there was no huge page for it"
}
huge_counts() { pm "--pages=${RANGE[huge]}" --csv -n -o MAPCOUNT "${PROGRAMS[-1]}" | sort | uniq -c | awk '{ printf "%s%s of %s", comma, $1, $2; comma = ", " }'; }
huge_sums() { pm --json "--who=${RANGE[huge]}" "${PROGRAMS[-1]}" | grep -oE '"(freed|anon)": [0-9]+' | sort -u | awk '{ printf "%s%s %s", comma, $1, $2 / ENVIRON["PAGE"]; comma = ", " }'; }

@test "bug: what a child still shared of a huge page was called the process's own, and the other way round" {
	need_owners
	PROGRAMS=()
	huge_family write
	is "$(huge_counts)" "1 of 1, $((HUGE - 1)) of 2"
	is "$(huge_sums)" "\"anon\": $((HUGE - 1)), \"freed\": 1"
	[[ $(pm -e "who ${AT[huge]}+1p" "${PROGRAMS[-1]}") == *'mapped 2 times by 2 processes'* ]]
	huge_family unmap
	is "$(huge_counts)" "$((HUGE - 1)) of 1, 1 of 2"
	is "$(huge_sums)" "\"anon\": 1, \"freed\": $((HUGE - 1))"
}
