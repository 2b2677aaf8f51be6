/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_OPTIONS_PARTS_H
#define PM_OPTIONS_PARTS_H

/* What the files that read the command line share. */
#include "config/options.h"

#define O(id, long, short, arg, group, help) OPT_##id,
enum option_id {
#include "config/options.def"
	OPTIONS
};
#undef O

_Static_assert(OPTIONS <= 128, "options.given has a bit for each");

/* options.def, by id */
extern const struct option_row options_rows[OPTIONS];

/* --- values ----------------------------------------------------------------------------------- */

/* Each sets its member of *o, or *out. -1: not such a value. */
int option_parse_number(enum option_id id, const char *s, unsigned max, unsigned *out,
                        struct err *err);
int option_parse_power(enum option_id id, const char *s, unsigned min, unsigned max, unsigned *out,
                       struct err *err);
int option_parse_budget(const char *s, struct options *o, struct err *err);
int option_parse_export(const char *s, struct err *err);
int option_parse_by(const char *s, struct options *o, struct err *err);
int option_parse_tracker(const char *s, struct options *o, struct err *err);
int option_parse_size(const char *s, struct options *o, struct err *err);
int option_parse_bytes(enum option_id id, const char *s, uint64_t least, uint64_t *out,
                       struct err *err);
int option_parse_time(enum option_id id, const char *s, uint64_t *ns, struct err *err);
int option_parse_seconds(enum option_id id, const char *s, double least, uint64_t *ns,
                         struct err *err);
int option_parse_interval(const char *s, struct options *o, struct err *err);
int option_parse_color(const char *s, struct options *o, struct err *err);
int option_parse_theme(const char *s, struct options *o, struct err *err);
int option_parse_group(const char *s, struct options *o, struct err *err);
int option_parse_lens(const char *s, struct options *o, struct err *err);

/* --- combinations ----------------------------------------------------------------------------- */

/* -1: what was given cannot be used together. */
int option_check_pairs(const struct options *o, struct err *err);

#endif
