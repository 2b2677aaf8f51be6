# SPDX-License-Identifier: GPL-3.0-or-later
# PM_NEED(VARIABLE, MODULE, DEBIAN, FEDORA, WHAT FOR): what pmtop cannot do without. What is missing is
# gathered, so that PM_NEEDED tells of all at once, with the packages that have it.
AC_DEFUN([PM_NEED], [
	PKG_CHECK_MODULES([$1], [$2], [], [
		pm_missing="$pm_missing
    $2, for $5: $3 (Debian, Ubuntu), $4 (Fedora)"])
])

AC_DEFUN([PM_NEEDED], [
	AS_IF([test -n "$pm_missing"], [AC_MSG_ERROR([these libraries are missing here, or their headers are:$pm_missing
  Install the packages, or run ./quickstart, which does so on Debian and Ubuntu.])])
])
