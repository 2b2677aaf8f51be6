/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page/heat.h"

#include "base/util.h"

enum heat
heat_of_age(uint64_t age_ns)
{
	static const struct {
		uint64_t ms;
		enum heat heat;
	} steps[] = {{500, HEAT_NOW}, {2000, HEAT_2S}, {5000, HEAT_5S}, {12000, HEAT_12S}};

	for (size_t i = 0; i < ARRAY_LEN(steps); i++)
		if (age_ns <= steps[i].ms * 1000000)
			return steps[i].heat;
	return HEAT_30S;
}

enum heat
heat_of_count(uint32_t count)
{
	static const uint32_t least[] = {16, 8, 4, 2, 1};

	for (unsigned i = 0; i < ARRAY_LEN(least); i++)
		if (count >= least[i])
			return (enum heat)(HEAT_NOW + i);
	return HEAT_NONE;
}
