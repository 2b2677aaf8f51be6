/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_SOURCE_RECORDING_H
#define PM_SOURCE_RECORDING_H

#include "target/source.h"

/* A recording as a source, at its last sample. NULL with err. */
struct source *source_recording_open(const char *path, struct err *err);

/* Whether the file at path says that it is one. */
bool source_recording_is(const char *path);

/*
 * Whether a target's name means a recording: it has a slash; or it is the name of a file that says
 * it is one, is no number, and no process below proc_root has that name.
 */
bool source_recording_means(const char *proc_root, const char *name);

/*
 * Where no process has a name, and a file has: why that is not opened either. false, and err stays:
 * there is no such file.
 */
bool source_recording_blame(const char *name, struct err *err);

#endif
