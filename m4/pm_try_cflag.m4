# SPDX-License-Identifier: GPL-3.0-or-later
# PM_TRY_CFLAG(FLAG, [VARIABLE]): adds FLAG to VARIABLE (WARN_CFLAGS) if the compiler takes it without a word.
AC_DEFUN([PM_TRY_CFLAG], [
	AC_MSG_CHECKING([whether $CC takes $1])
	pm_save_cflags=$CFLAGS
	CFLAGS="$CFLAGS -Werror $1"
	AC_COMPILE_IFELSE([AC_LANG_PROGRAM([], [])],
		[AC_MSG_RESULT([yes]); m4_default([$2], [WARN_CFLAGS])="$m4_default([$2], [WARN_CFLAGS]) $1"],
		[AC_MSG_RESULT([no])])
	CFLAGS=$pm_save_cflags
])
