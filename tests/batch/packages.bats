#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# What packages are made of: written as each distribution wants it, of this version, with every file that is installed.
# `./quickstart test --packages` builds them.
# shellcheck disable=SC2154

# bats file_tags=not-in-san
load helper

setup() {
	cd "$fixture_top"
	version=$(sed -n 's/^AC_INIT(\[pmtop\], \[\(.*\)\])$/\1/p' configure.ac)
	[ -n "$version" ]
}

# fields NAME...: of the script that was sourced, none is empty
fields() {
	local name
	for name; do
		[ -n "${!name}" ] || { echo "no $name"; return 1; }
	done
	is "$pkgname $pkgver" "pmtop $version"
	[[ $pkgrel =~ ^[0-9]+$ ]]
	for name in build check package; do
		declare -F "$name" >/dev/null || { echo "no $name()"; return 1; }
	done
}

@test "PKGBUILD and APKBUILD are scripts with the fields that they need" {
	bash -n contrib/arch/PKGBUILD
	sh -n contrib/alpine/APKBUILD
	(
		. contrib/arch/PKGBUILD
		fields pkgdesc license arch depends source sha256sums
		is "${source[0]}" "pmtop-$version.tar.xz"
		is "${#source[@]}" "${#sha256sums[@]}"
	)
	(
		. contrib/alpine/APKBUILD
		fields pkgdesc url license arch makedepends source
		is "$source" "pmtop-$version.tar.xz"
	)
}

@test "libraries that the build needs are in every package" {
	local kind check apt dnf pacman zypper apk name
	while IFS='|' read -r kind check apt dnf pacman zypper apk _; do
		for name in $apt; do
			grep -qE "\b$name\b" packaging/debian/control || { echo "debian lacks $name"; return 1; }
		done
		for name in $pacman; do
			# a compiler has it, or another of them
			[ "$name" = gcc ] || grep -qE "'$name'" contrib/arch/PKGBUILD || { echo "PKGBUILD lacks $name"; return 1; }
		done
		for name in $apk; do
			[ "$name" = zydis-dev ] || grep -qE "\b$name\b" contrib/alpine/APKBUILD || { echo "APKBUILD lacks $name"; return 1; }
		done
		[[ $check != library* ]] || grep -qF "pkgconfig(${check#library })" contrib/rpm/pmtop.spec ||
			{ echo "pmtop.spec lacks ${check#library }"; return 1; }
	done < <(sed -n '/^needs()/,/^}/p' quickstart | grep -E '^	(build|symbols)\|(library|archive|decoder)')
}

@test "the spec of rpm is one, of this version, and lists what is installed" {
	local spec line
	command -v rpmspec >/dev/null || skip "rpmspec is not installed"
	spec=$(rpmspec -P contrib/rpm/pmtop.spec)
	grep -qxE "Version: +$version" <<<"$spec"
	for line in $(sed -nE 's/^man[0-9]_MANS = //p' Makefile.am); do
		grep -q "${line##*/}" <<<"$spec" || { echo "it lacks $line"; return 1; }
	done
	is "$(grep -c completions/ <<<"$spec")" 1
}

@test "the flake of nix is one, of this version" {
	grep -qF "version = \"$version\";" contrib/nix/flake.nix
	command -v nix-instantiate >/dev/null || skip "nix-instantiate is not installed"
	nix-instantiate --parse contrib/nix/flake.nix >/dev/null
}

@test "the changelogs begin with this version" {
	[[ $(grep -m 1 '^## ' NEWS.md) == "## $version, "* ]]
	grep -qE "^\* .* - $version-1\$" contrib/rpm/pmtop.spec
	[[ $(head -n 1 packaging/debian/changelog) == "pmtop ($version-"*") "* ]]
	grep -q "<release version=\"$version\"" packaging/desktop/pmtop.metainfo.xml.in
	command -v dpkg-parsechangelog >/dev/null || skip "dpkg-parsechangelog is not installed"
	is "$(dpkg-parsechangelog -l packaging/debian/changelog -S Version)" "$version-1"
}

@test "the time of a tarball is SOURCE_DATE_EPOCH, or else the commit's" {
	is "$(SOURCE_DATE_EPOCH=1234 packaging/epoch)" 1234
	! is_git_tree || is "$(packaging/epoch)" "$(git log -1 --format=%ct)"
}

@test "headers and files of the tests, bench/ and doc/ are in the tarball" {
	is "$(find tests/unit tests/fuzz bench doc -maxdepth 1 -type f ! -name "*.c" | grep -vxFf <(grep -oE '(tests/unit|tests/fuzz|bench|doc)/[A-Za-z_0-9.-]+' Makefile.am) | sort)" ""
}

@test "packaging/build refuses what it cannot do" {
	run packaging/build
	[[ $status == 2 && $output == *"what is to be built"* ]]
	run packaging/build deb nothing.tar.xz
	[[ $status == 2 && $output == *"there is no tarball nothing.tar.xz"* ]]
}
