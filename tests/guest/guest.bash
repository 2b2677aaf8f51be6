# SPDX-License-Identifier: GPL-3.0-or-later
#
# What the scripts of this folder share: the table of machines, and packages that are fetched by their names
# through apt, which checks their signatures. They are unpacked and never installed, so no root is needed.
# Packages of another architecture come from lists of our own: this machine's are not told of it.

cache=${XDG_CACHE_HOME:-$HOME/.cache}/pmtop-guest

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

# What the tests call in a guest; the rest comes as their dependencies or is Essential.
guest_packages=(
	bats tmux perl-base procps kmod util-linux mount mawk diffutils hostname
	ncurses-base ncurses-bin libc-bin
)

# The names of all guests, as "6.1|6.12".
machine_names() { sed -n 's/^\([^#|]*\)|.*/\1/p' "$here/machines" | paste -sd '|'; }

# machine NAME: sets its columns; false: there is none
machine() {
	local line
	line=$(grep -F "$1|" "$here/machines" | grep "^${1//./[.]}|") || return 1
	IFS='|' read -r series architecture compiler kernel_package emulator emulator_options console port <<<"$line"
}

# --- apt ------------------------------------------------------------------------------------------

apt_options=(-o Acquire::Retries=2 -o Acquire::Languages=none)
# apt drops to its own user for downloads, who cannot write into ours.
if ((EUID == 0)); then
	apt_options+=(-o APT::Sandbox::User=root)
fi

# Lists of our own, from the machine's own sources: for another architecture, or where the machine's are
# missing or name a version that the archive has since replaced. Not every archive has every architecture;
# what is missing is noticed by what is then not found.
use_private_lists() {
	local state=$cache/apt-$series status=/var/lib/dpkg/status
	mkdir -p "$state"/{lists,cache}
	if [[ $compiler ]]; then
		status=$state/status # nothing of that architecture is installed
		: >"$status"
		apt_options+=(-o APT::Architecture="$architecture" -o APT::Architectures="$architecture")
	fi
	apt_options+=(
		-o Dir::State="$state" -o Dir::State::Lists="$state/lists"
		-o Dir::State::status="$status" -o Dir::Cache="$state/cache"
	)
	[[ ${1-} != update ]] || apt-get "${apt_options[@]}" -qq update >&2 || [[ $compiler ]]
}
