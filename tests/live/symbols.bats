#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Symbols: from a name to its address, and back, against nm.
# bats file_tags=not-in-guests
load live

teardown() {
	[[ -z ${MAP-} ]] || rm -f "$MAP"
	live_end
}

need_symbols() {
	"$PMTOP" --capabilities $$ --csv -n 2>/dev/null | grep -q '^symbols,yes' ||
		skip "this pmtop was built without elfutils"
}

# named_build [OPTION...]: the program, compiled
named_build() {
	command -v c++ >/dev/null || skip "there is no C++ compiler"
	command -v nm >/dev/null || skip "nm is not installed"
	NAMED=$BATS_TEST_TMPDIR/named
	c++ -O0 -fno-inline "$@" -o "$NAMED" "$live_dir/named.cc" 2>"$BATS_TEST_TMPDIR/errors" ||
		skip "the C++ compiler fails: $(head -1 "$BATS_TEST_TMPDIR/errors")"
}

# named_start [FILE]: sets PID, and BIAS, which nm's addresses lack
named_start() {
	local line file=${1:-$NAMED}
	pipes_start "$file"
	PID=$PIPED_PID
	read -r -t $((10 * ${TEST_TIMEOUT_SCALE:-1})) line <&"$PIPED_OUT"
	is "$line" ready
	BIAS=0
	[[ $(readelf -h "$file") == *EXEC* ]] ||
		BIAS=$(awk -v file="$file" '$6 == file { split($1, a, "-"); print "0x" a[1]; exit }' "/proc/$PID/maps")
}

# asks QUERY MANGLED [OFFSET]: the query is the address that nm has for the name in the file
asks() {
	local want got
	want=$(nm "$NAMED" | awk -v name="$2" '$3 == name { print $1 }')
	want=$(printf '%x' $((0x$want + BIAS + ${3:-0})))
	got=$("$PMTOP" -e "$1" "$PID" 2>&1 | sed -n '1s/ .*//p')
	[[ $got == "$want" ]] || { echo "$1 is $got, and not $want" && return 1; }
}

@test "bug: where no process can be started to read files, the reason is said, and no name is wrong" {
	need_symbols
	subject_start
	kill -STOP "$SUBJECT_PID"
	local n ask all
	for ask in main copies; do
		all=$(pm -e "$ask" "$SUBJECT_PID" | head -n 1)
		for ((n = 9; n < 24; n++)); do
			# shellcheck disable=SC2016 # for the other shell to expand
			run --separate-stderr bash -c 'ulimit -n "$1"; shift; exec "$@"' _ "$n" \
				"$PMTOP" -e "$ask" "$SUBJECT_PID" 3>&-
			echo "$n: $status: $stderr $output"
			((status != 127)) || continue # its libraries need one, too
			[[ $status == 0 && ${lines[0]} == "$all" || $status != 2 && "$stderr ${lines[0]}" == *'raise the limit on open files'* ]]
		done
		is "$status" 0
	done
}

@test "a symbol by each of its names: PIE and not, with symbols of its own and in another file" {
	need_symbols
	local how
	for how in -pie -no-pie; do
		named_build -g "$how"
		named_start
		asks main main
		asks main+8 main 8
		asks 'named!main' main
		asks '"main"+0x8' main 8
		asks big_bss+0x40 big_bss 0x40
		asks start_value start_value
		asks local_one _ZL9local_onei
		asks '"add"' add
		asks ns::only _ZN2ns4onlyEc
		asks 'ns::only(char)' _ZN2ns4onlyEc
		asks _ZN2ns4onlyEc _ZN2ns4onlyEc
		asks 'ns::over(int)' _ZN2ns4overEi
		asks '"ns::over( long )"' _ZN2ns4overEl
		asks ns::Stack::push _ZN2ns5Stack4pushEiRKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE
		asks ns::Stack::Stack _ZN2ns5StackC1Ev
		asks '"ns::Stack::operator+(int) const"' _ZNK2ns5StackplEi
		asks '"(anonymous namespace)::hidden_one"' _ZN12_GLOBAL__N_110hidden_oneEi
		asks 'ns::twice<int>' _ZN2ns5twiceIiEET_S1_
		asks 'ns::twice<int>(int)' _ZN2ns5twiceIiEET_S1_
		asks 'named!push' _ZN2ns5Stack4pushEiRKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE
		asks Stack::push+4 _ZN2ns5Stack4pushEiRKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE 4
		asks hidden_one _ZN12_GLOBAL__N_110hidden_oneEi
		asks 'only(char)' _ZN2ns4onlyEc
		asks twice _ZN2ns5twiceIiEET_S1_
		[[ $("$PMTOP" -e main+4 "$PID") == *'  symbol         main+0x4'* ]]
		is "$("$PMTOP" -e 'bytes ptr main' "$PID")" \
			"$("$PMTOP" -e "bytes ptr $("$PMTOP" -e main "$PID" | sed '1s/ .*//;q')" "$PID")"
		live_end
		OTHERS=()
	done
}

@test "a symbol that is not there, or more than once, or an address as well" {
	need_symbols
	named_build
	named_start
	refused 2 'ambiguous.*2 symbols.*column 1.*named!ns::over\(int\) [0-9a-f]+, named!ns::over\(long\)' -e ns::over "$PID"
	refused 2 'no symbol "mian".*column 1.*did you mean main' -e mian "$PID"
	refused 2 '"over" is ambiguous.*2 symbols.*named!ns::over\(int\) [0-9a-f]+, named!ns::over\(long\)' -e over "$PID"
	# quoted, where the answer is to be typed so
	refused 2 '"named!int ns::pick<int>\(int\)" [0-9a-f]+, "named!long ns::pick' -e pick "$PID"
	[[ $(pm -e 'where "named!int ns::pick<int>(int)"' "$PID") == *': int ns::pick<int>(int), '* ]]
	refused 2 'no symbol "stack::mush"' -e Stack::mush "$PID"
	local name
	for name in ns::each_thread each_thread _ZN2ns11each_threadE named!each_thread; do
		refused 2 'no single address of .*each_thread.*thread-local variable of named.*column 1' -e "$name" "$PID"
	done
	refused 2 'thread-local variable of libc' -e errno "$PID"
	refused 2 'no symbol "nosuch".*column 7' -e main..nosuch "$PID"
	refused 2 '"add" is ambiguous.*0xadd.*"add"' -e add "$PID"
	refused 2 '"add" is ambiguous' -e add+4 "$PID"
	refused 2 'no symbol "nosuch"' -e 'named!nosuch' "$PID"
	refused 2 'no mapping "nofile"' -e 'nofile!main' "$PID"
	strip -o "$BATS_TEST_TMPDIR/bare" "$NAMED"
	named_start "$BATS_TEST_TMPDIR/bare"
	refused 1 'no symbol "main".*bare is stripped.*debug symbols' -e 'bare!main' "$PID"
	refused 2 'no symbol "local_one".*stripped' -e local_one "$PID"
}

@test "symbols from the debug file: beside the program, and by build ID in its own mount namespace" {
	need_symbols
	command -v objcopy >/dev/null || skip "objcopy is not installed"
	named_build -g
	local id dir=$BATS_TEST_TMPDIR/apart tree=$BATS_TEST_TMPDIR/tree
	id=$(readelf -n "$NAMED" | sed -n 's/.*Build ID: //p')
	[[ -n $id ]] || skip "the linker writes no build ID"
	mkdir -p "$dir/.debug" "$tree/${id:0:2}"
	objcopy --only-keep-debug "$NAMED" "$dir/.debug/named.debug"
	objcopy --strip-all --add-gnu-debuglink="$dir/.debug/named.debug" "$NAMED" "$dir/named"
	named_start "$dir/named"
	asks local_one _ZL9local_onei
	asks 'ns::over(long)' _ZN2ns4overEl
	asks big_bss+8 big_bss 8
	[[ $("$PMTOP" -e local_one+1 "$PID") == *'  symbol         local_one(int)+0x1'* ]]
	mv "$dir/.debug/named.debug" "$tree/${id:0:2}/${id:2}.debug"
	refused 1 'named is stripped' -e 'named!local_one' "$PID"
	# of another build: not taken
	c++ -O1 -g -o "$BATS_TEST_TMPDIR/other" "$live_dir/named.cc"
	objcopy --only-keep-debug "$BATS_TEST_TMPDIR/other" "$dir/.debug/named.debug"
	refused 1 'named is stripped' -e 'named!local_one' "$PID"
	rm "$dir/.debug/named.debug"
	[[ $EUID -eq 0 && -d /usr/lib ]] || skip "the rest takes root"
	# shellcheck disable=SC2016 # for the inner shell
	pipes_start unshare -m --propagation private sh -c 'mkdir -p "$2/up" "$2/work" &&
		mount -t tmpfs none /usr/lib/debug && mkdir -p /usr/lib/debug/.build-id &&
		cp -r "$1/." /usr/lib/debug/.build-id/ && exec "$0"' "$dir/named" "$tree" "$BATS_TEST_TMPDIR"
	PID=$PIPED_PID
	until_true eval '[[ $(readlink "/proc/$PID/exe") == "$dir/named" || ! -e /proc/$PID ]]'
	[[ -e /proc/$PID ]] || skip "unshare or mount is refused here"
	BIAS=$(awk -v file="$dir/named" '$6 == file { split($1, a, "-"); print "0x" a[1]; exit }' "/proc/$PID/maps")
	asks local_one _ZL9local_onei
}

@test "symbols and lines from a debug file without a build ID: by its checksum, and no other" {
	need_symbols
	command -v objcopy >/dev/null || skip "objcopy is not installed"
	named_build -g -Wl,--build-id=none
	local dir=$BATS_TEST_TMPDIR/unnumbered
	mkdir "$dir"
	objcopy --only-keep-debug "$NAMED" "$dir/named.debug"
	objcopy --strip-all --add-gnu-debuglink="$dir/named.debug" "$NAMED" "$dir/named"
	named_start "$dir/named"
	asks local_one _ZL9local_onei
	asks big_bss+8 big_bss 8
	[[ $("$PMTOP" -e local_one+1 "$PID") == *'  source_line '* ]]
	# one byte more, and it is another file
	echo >>"$dir/named.debug"
	refused 1 'named is stripped' -e 'named!local_one' "$PID"
	# the right one among several
	mkdir "$dir/.debug"
	objcopy --only-keep-debug "$NAMED" "$dir/.debug/named.debug"
	asks local_one _ZL9local_onei
}

@test "code that a program has compiled itself, by its perf map: the newest, and only its owner's" {
	need_symbols
	local at line
	# shellcheck disable=SC2016 # for perl
	pipes_start perl -MCalls -e '$| = 1; my $at = call(mmap => 0, 16384, 5, 0x22, -1, 0); printf "%x\n", $at; <STDIN>'
	PID=$PIPED_PID
	read -r -t $((10 * ${TEST_TIMEOUT_SCALE:-1})) at <&"$PIPED_OUT"
	grep -q "^$at-.* r-xp 00000000 00:00" "/proc/$PID/maps" || skip "perl cannot map code here"
	MAP=/tmp/perf-$PID.map
	[[ ! -e $MAP && -w /tmp ]] || skip "$MAP is there, or cannot be written"
	run -0 "$PMTOP" -e "0x$at" "$PID"
	[[ $output != *'  symbol '* ]]
	printf '%x %x %s\n' $((0x$at)) 64 LInterpreter $((0x$at + 64)) 32 'int Foo::bar(long, char)' \
		$((0x$at + 0x1000)) 256 'stale one' $((0x$at + 0x1040)) 16 fresh >"$MAP"
	printf 'nonsense\n10 zz x\n%x 20 unfinished' $((0x$at + 0x2000)) >>"$MAP"
	for line in "0:LInterpreter" "10:LInterpreter+0x10" "41:int Foo::bar(long, char)+0x1" "1000:stale one" \
		"1040:fresh" "104f:fresh+0xf" "1050:stale one+0x50" "60:" "2000:"; do
		is "$("$PMTOP" --json -e "$(printf '0x%x' $((0x$at + 0x${line%%:*})))" "$PID" |
			sed -n 's/.*"symbol": "\([^"]*\)".*/\1/p')" "${line#*:}"
	done
	is "$("$PMTOP" -e fresh "$PID" | sed -n '1s/ .*//p')" "$(printf '%x' $((0x$at + 0x1040)))"
	is "$("$PMTOP" -e '"stale one"+4' "$PID" | sed -n '1s/ .*//p')" "$(printf '%x' $((0x$at + 0x1004)))"
	for line in bar Foo::bar 'int Foo::bar(long, char)'; do
		is "$("$PMTOP" -e "\"$line\"" "$PID" | sed -n '1s/ .*//p')" "$(printf '%x' $((0x$at + 64)))"
	done
	refused 2 'no symbol "ar"' -e ar "$PID"
	# those of several are called by their names alone, as they can be typed
	printf '\n%x 20 %s\n%x 20 %s\n' $((0x$at + 0x1080)) 'int Foo::twice(int)' $((0x$at + 0x10c0)) 'void Bar::twice()' >>"$MAP"
	run -2 "$PMTOP" -e twice "$PID"
	[[ $output == *'"int Foo::twice(int)"'*"$(printf '%x' $((0x$at + 0x1080)))"*'"void Bar::twice()"'* && $output != *anonymous* ]]
	is "$("$PMTOP" -e '"void Bar::twice()"' "$PID" | sed -n '1s/ .*//p')" "$(printf '%x' $((0x$at + 0x10c0)))"
	printf '\n%x 100 %s\n' $((0x$at + 0x1000)) newest >>"$MAP"
	is "$("$PMTOP" -e newest "$PID" | sed -n '1s/ .*//p')" "$(printf '%x' $((0x$at + 0x1000)))"
	refused 2 'no symbol "fresh"' -e fresh "$PID"
	if [[ $EUID -eq 0 ]]; then
		chown 65534 "$MAP"
		refused 2 'no symbol "newest"' -e newest "$PID"
	fi
	rm "$MAP"
	ln -s /etc/passwd "$MAP"
	run -0 "$PMTOP" -e "0x$at" "$PID"
	[[ $output != *'  symbol '* ]]
}

@test "bug: a program that maps its own code once more, as node does, could not be read" {
	need_symbols
	local line
	# shellcheck disable=SC2016 # for perl
	pipes_start perl -MCalls -e '$| = 1; open my $exe, "<", "/proc/self/exe"; open my $maps, "<", "/proc/self/maps";
		my ($at) = map { / r-xp ([0-9a-f]+) .*perl/ ? hex $1 : () } <$maps>;
		call(mmap => 0, $PAGE, 5, 2, fileno($exe), $at) == -1 and exit 1; print "ready\n"; <STDIN>'
	PID=$PIPED_PID
	read -r -t $((10 * ${TEST_TIMEOUT_SCALE:-1})) line <&"$PIPED_OUT" || skip "perl cannot map itself here"
	is "$(grep -c ' r-xp .*/perl' "/proc/$PID/maps")" 2
	run -2 "$PMTOP" -e zzqq "$PID"
	[[ $output == *'no symbol "zzqq"'* && $output != *'cannot be read'* ]]
}

@test "the place in the source, as addr2line has it: in the file, and in its debug file" {
	need_symbols
	command -v addr2line >/dev/null || skip "addr2line is not installed"
	local how at want got dir=$BATS_TEST_TMPDIR/lines name
	for how in -gdwarf-4 -gdwarf-5 '-g -no-pie'; do
		# shellcheck disable=SC2086 # several options
		named_build $how
		named_start
		for name in main _ZN2ns4overEl _ZL9local_onei _ZN2ns5StackC1Ev; do
			at=$(nm "$NAMED" | awk -v name="$name" '$3 == name { print $1 }')
			want=$(addr2line -e "$NAMED" "$(printf '0x%x' $((0x$at + 4)))")
			got=$("$PMTOP" -e "$name+4" --json "$PID" |
				sed -nE 's/.*"source_file": "([^"]*)", "source_line": ([0-9]+).*/\1:\2/p')
			is "$got" "${want%% *}"
		done
		[[ $("$PMTOP" -e big_bss "$PID") != *source_line* ]]
		live_end
		OTHERS=()
	done
	command -v objcopy >/dev/null || skip "objcopy is not installed"
	mkdir "$dir"
	objcopy --only-keep-debug "$NAMED" "$dir/named.debug"
	objcopy --strip-debug --add-gnu-debuglink="$dir/named.debug" "$NAMED" "$dir/named"
	named_start "$dir/named"
	run -0 "$PMTOP" -e _ZN2ns5StackC1Ev+4 -e _ZN2ns5StackC1Ev+4 "$PID"
	[[ $output == *"  source_line    ${want##*:}"*"  source_line    ${want##*:}"* ]]
}

@test "a Rust program: its functions by their paths" {
	need_symbols
	command -v rustc >/dev/null || skip "there is no Rust compiler"
	local name
	cat >"$BATS_TEST_TMPDIR/rusty.rs" <<-'END'
		mod shapes {
			pub struct Circle { pub r: u64 }
			impl Circle { #[inline(never)] pub fn area(&self) -> u64 { self.r * 3 } }
		}
		fn main() {
			let mut line = String::new();
			println!("ready {}", shapes::Circle { r: 2 }.area());
			std::io::stdin().read_line(&mut line).unwrap();
		}
	END
	rustc -g -C symbol-mangling-version=v0 -o "$BATS_TEST_TMPDIR/rusty" "$BATS_TEST_TMPDIR/rusty.rs" 2>/dev/null ||
		skip "the Rust compiler fails"
	NAMED=$BATS_TEST_TMPDIR/rusty
	pipes_start "$NAMED"
	PID=$PIPED_PID
	read -r -t $((10 * ${TEST_TIMEOUT_SCALE:-1})) _ <&"$PIPED_OUT"
	BIAS=$(awk -v file="$NAMED" '$6 == file { split($1, a, "-"); print "0x" a[1]; exit }' "/proc/$PID/maps")
	for name in $(nm "$NAMED" | awk '$3 ~ /^_R.*(4area|5rusty4main|_5rusty4main)$/ { print $3 }'); do
		case $name in
		*4area)
			asks rusty::shapes::Circle::area "$name"
			asks Circle::area "$name"
			;;
		*) asks rusty::main "$name" ;;
		esac
		asks "$name" "$name"
	done
	[[ -n ${name-} ]]
}

@test "the stack pointer and program counter of a thread, as the kernel has them" {
	need_symbols
	named_build
	named_start
	local sp pc tid
	read -r sp pc < <(awk '{ print $(NF - 1), $NF }' "/proc/$PID/syscall")
	[[ $sp == 0x7* ]] || skip "the system calls of other processes are not to be seen"
	is "$("$PMTOP" -e '$sp' "$PID" | sed -n 's/^  address *//p')" "$sp"
	is "$("$PMTOP" -e '$pc' -e "\$pc@$PID" "$PID" | sed -n 's/^  address *//p' | xargs)" "$pc $pc"
	is "$("$PMTOP" -e '$sp+0x10' "$PID" | sed -n 's/^  address *//p')" "$(printf '0x%x' $((sp + 16)))"
	[[ $("$PMTOP" -e '$pc' "$PID") == *'  symbol '* && $("$PMTOP" -e '$sp' "$PID") == *'  mapping        [stack]'* ]]
	refused 1 'registers of thread 1: .*one of its threads' -e '$sp@1' "$PID"
	refused 2 'only \$sp and \$pc' -e '$rax' "$PID"
	bash -c 'while :; do :; done' 3>&- &
	OTHERS+=($!)
	tid=$!
	until_true eval '[[ $(</proc/$tid/syscall) == running ]]'
	refused 1 'it is running' -e '$sp' "$tid"
}

@test "a line of maps, and one of pmap, as it is pasted" {
	need_symbols
	named_build
	named_start
	local line want
	while read -r line; do
		want=$(printf '0x%x' "0x${line%%-*}")
		is "$("$PMTOP" -e "$line" "$PID" | sed -n 's/^  start *//p')" "$want"
	done < <(grep -v vsyscall "/proc/$PID/maps")
	command -v pmap >/dev/null || skip "pmap is not installed"
	while read -r line; do
		want=$(printf '0x%x' "0x${line%% *}")
		is "$("$PMTOP" -e "$line" "$PID" | sed -n 's/^  start *//p')" "$want"
	done < <({ pmap "$PID"; pmap -x "$PID"; } | grep '^[0-9a-f]\{16\} ' | grep -v '^f')
}

@test "many names in one call are what each is alone, once the files are known as well" {
	need_symbols
	named_build
	named_start
	local name args=() want=
	for name in main malloc start_value free big_bss ns::only _ZL9local_onei malloc+4 only; do
		args+=(-e "where $name")
		want+=$("$PMTOP" -e "where $name" "$PID")$'\n\n'
	done
	is "$("$PMTOP" "${args[@]}" "${args[@]}" "${args[@]}" "$PID")" "${want}${want}${want%$'\n\n'}"
}

@test "bug: a name was not found after the place in the source of a variable, which has none" {
	need_symbols
	named_build
	named_start
	# in libc, whose debug file is there
	is "$("$PMTOP" -e 'where malloc' -e 'where start_value' -e 'where free' "$PID" | tail -n +2 | grep -o ': free')" ': free'
}

@test "a library that is written over under its mapping has other names then" {
	need_symbols
	local lib=$BATS_TEST_TMPDIR/libpart.so at
	command -v cc >/dev/null || skip "there is no C compiler"
	echo 'int alpha_one(int x) { return x * 3; }' | cc -shared -fPIC -x c -o "$lib" - || skip "the C compiler fails"
	pipes_start env LD_PRELOAD="$lib" cat
	until_true grep -qF "$lib" "/proc/$PIPED_PID/maps"
	screen_start 120x30 "$PIPED_PID"
	# the second question for a name learns which names there are
	for at in alpha_one nosuch_one nosuch_two omega_one; do
		screen_keys :
		screen_type "where $at"
		screen_keys Enter
		[[ $at == alpha_one ]] || screen_wait_text "no symbol of .* has that name"
		screen_keys Escape Escape
	done
	while IFS=: read -r at _; do
		printf omega | dd of="$lib" bs=1 seek="$at" conv=notrunc status=none
	done < <(grep -abo alpha_one "$lib")
	screen_keys :
	screen_type 'where omega_one'
	screen_keys Enter
	screen_wait_text 'libpart'
	screen_keys Escape Q
	screen_end
}

@test "the prompt: a symbol, its bytes, and one that is not there" {
	need_symbols
	named_build
	named_start
	screen_start 120x30 "$PID"
	screen_keys :
	screen_type main
	screen_text | tail -n 1 | grep -F -- '-> Enter looks it up'
	screen_keys Enter
	screen_wait_text '/named\+[0-9a-f]+: file page'
	screen_keys Escape :
	screen_type 'hex start_value'
	screen_keys Enter
	screen_wait_text ' 07 00 00 00 '
	screen_keys :
	screen_type mian
	screen_keys Enter
	screen_wait_text 'did you mean main'
	screen_wait_text ':mian'
	screen_keys C-a C-k
	screen_type main
	screen_keys Enter
	screen_wait_text '/named\+[0-9a-f]+: file page'
	screen_keys Q
	screen_end
}

@test "symbols lists the names that begin so, as nm has them; Tab at the prompt completes them" {
	need_symbols
	named_build
	named_start
	# of this program alone; its own are few enough to be listed whole
	is "$("$PMTOP" -e 'symbols start_' "$PID" | awk '$3 == "named" { print $1, $2 }')" \
		"$(nm "$NAMED" | awk '$3 ~ /^start_/ { print $1, $3 }' | while read -r at name; do
			printf '0x%x %s\n' $((0x$at + BIAS)) "$name"
		done | sort)"
	"$PMTOP" -e 'symbols local_o' "$PID" | grep -E ' local_one(\(int\))? +named'
	refused 1 'no symbol begins with zzqq' -e 'symbols zzqq' "$PID"
	refused 2 'column 9' -e 'symbols ' "$PID"
	screen_start 120x30 "$PID"
	screen_keys :
	screen_type start_va
	screen_send Tab
	screen_wait_text '^:start_value'
	screen_keys C-u
	screen_type local_
	screen_send Tab
	screen_wait_text '^ local_one +symbol of named|^:local_one'
	screen_keys Escape Q
	screen_end
}

@test "the examples of questions that take a process are answered" {
	need_symbols
	named_build
	named_start
	local example n=0
	while read -r example; do
		"$PMTOP" -e "$example" "$PID" >/dev/null || { echo "$example is refused" && return 1; }
		n=$((n + 1))
	done < <(sed -nE 's/^[QF]\([^,]*, *"[^"]*", *"[^"]*(SYMBOL|\$)[^"]*", *"([^"]*)".*/\2/p' "$live_dir/../../src/query/query.def")
	[[ $n -gt 0 ]]
}
