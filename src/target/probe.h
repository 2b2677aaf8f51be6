/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_PROBE_H
#define PM_PROBE_H

#include <stddef.h>

#include "base/util.h"
#include "target/target.h"

/* What the source allows (struct cap), *n rows for --capabilities: probed once and then kept. */
const struct cap *probe_all(struct target *t, size_t *n);

#endif
