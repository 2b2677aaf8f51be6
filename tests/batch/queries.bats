#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Questions in three lines each: queries.txt.
# shellcheck disable=SC2154

load helper

# answered QUESTION: as a line of queries.txt
answered() {
	local said status=0 column ask=(-e "$1")
	case $1 in
	--filter=*) ask=(--list "$1") ;;
	--*) ask=("$1") ;;
	esac
	said=$(pm "${ask[@]}" "$PID" 2>&1) || status=$?
	if ((status)); then
		column=$(sed -n 's/.*(column \([0-9]*\)).*/@\1/p' <<<"$said")
		echo "error$column $said"
	else
		head -1 <<<"$said"
	fi
}

@test "every question of queries.txt is answered as it says, or refused at that column" {
	local question name want now='' said n=0 bad=0
	while read -r question && read -r name && IFS= read -r want; do
		[[ $name == "$now" ]] || fixture "$name"
		now=$name
		said=$(answered "$question")
		n=$((n + 1))
		[[ $said == "$want" || ($want == error* && $said == "${want%% *} pmtop: "*"${want#* }"*) ]] && continue
		printf '%s\n  on %s wanted  %s\n  got  %s\n' "$question" "$name" "$want" "$said"
		bad=$((bad + 1))
	done < <(grep -v '^#' "$batch_dir/queries.txt" | sed '/^$/d')
	[ $n -ge 100 ]
	is $bad 0
}
