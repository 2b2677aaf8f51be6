/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_ENVIRONMENT_H
#define PM_ENVIRONMENT_H

/*
 * With rights of its own (file capabilities, see setcap(8)) pmtop may read what its caller may not:
 * then forgets what the environment says of places and files, and takes the home directory from the
 * user database (getauxval(3), AT_SECURE). Call it first.
 */
void environment_distrust(void);

#endif
