/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_HEAT_H
#define PM_HEAT_H

#include <stdint.h>

/* The colour steps for writes: by how long ago, or by how often. */
enum heat { HEAT_NONE, HEAT_NOW, HEAT_2S, HEAT_5S, HEAT_12S, HEAT_30S, HEAT_COUNT };

enum heat heat_of_age(uint64_t age_ns);

/* By the number of epochs in which a page was written: 16 and more, 8, 4, 2, 1. */
enum heat heat_of_count(uint32_t count);

#endif
