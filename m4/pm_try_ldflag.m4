# SPDX-License-Identifier: GPL-3.0-or-later
# PM_TRY_LDFLAG(FLAG, VARIABLE): adds FLAG to VARIABLE if the linker takes it without a word and the program runs.
AC_DEFUN([PM_TRY_LDFLAG], [
	AC_MSG_CHECKING([whether a program linked with $1 runs])
	pm_save_ldflags=$LDFLAGS
	LDFLAGS="$LDFLAGS -Wl,--fatal-warnings $1"
	AC_RUN_IFELSE([AC_LANG_PROGRAM([], [])],
		[AC_MSG_RESULT([yes]); $2="[$]$2 $1"],
		[AC_MSG_RESULT([no])],
		[AC_MSG_RESULT([not tried])])
	LDFLAGS=$pm_save_ldflags
])
