/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The colours of theme.def, measured: are letters legible, and states distinguishable? */
#include "color.h"
#include "fake.h"
#include "tap.h"
#include "term/paint.h"

static const enum theme themes[] = {THEME_DARK, THEME_LIGHT};
static const char *const sights[SIGHT_COUNT] = {"normal", "deutan", "protan", "tritan"};

#define T(role, df, db, da, lf, lb, la, af, ab, aa, ma) #role,
static const char *const names[ROLE_COUNT] = {
#include "term/theme.def"
};
#undef T

static void
test_maths(void)
{
	static const struct {
		struct lab a, b;
		double want;
	} rows[] = { /* Sharma, Wu, Dalal: test data */
	    {{50, 2.6772, -79.7751}, {50, 0, -82.7485}, 2.0425},
	    {{50, 3.1571, -77.2803}, {50, 0, -82.7485}, 2.8615},
	    {{50, -1.3802, -84.2814}, {50, 0, -82.7485}, 1.0000},
	    {{50, 0, 0}, {50, -1, 2}, 2.3669},
	    {{50, 2.49, -0.001}, {50, -2.49, 0.0009}, 7.1792},
	    {{50, 2.49, -0.001}, {50, -2.49, 0.0011}, 7.2195},
	    {{50, 2.5, 0}, {50, 0, -2.5}, 4.3065},
	    {{50, 2.5, 0}, {73, 25, -18}, 27.1492},
	    {{50, 2.5, 0}, {61, -5, 29}, 22.8977},
	    {{60.2574, -34.0099, 36.2677}, {60.4626, -34.1751, 39.4387}, 1.2644},
	    {{2.0776, 0.0795, -1.1350}, {0.9033, -0.0636, -0.5514}, 0.9082},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char name[40];

		snprintf(name, sizeof(name), "CIEDE2000 of published pair: %.4f", rows[i].want);
		ok(fabs(color_difference(rows[i].a, rows[i].b) - rows[i].want) < 0.00005 &&
		       fabs(color_difference(rows[i].b, rows[i].a) - rows[i].want) < 0.00005,
		   name);
	}
	ok(fabs(color_contrast(color_of(16), color_of(231)) - 21) < 0.001, "black on white is 21");
	ok(fabs(color_lab(color_of(231)).l - 100) < 0.01 && fabs(color_lab(color_of(231)).a) < 0.02,
	   "white is white");
	ok(fabs(color_of(67).r - color_linear(0x5f / 255.0)) < 1e-9 &&
	       fabs(color_of(67).b - color_linear(0xaf / 255.0)) < 1e-9 &&
	       fabs(color_of(244).g - color_linear(0x80 / 255.0)) < 1e-9,
	   "the cube and the greys are xterm's");
}

/* Where a theme leaves the colour to the terminal: its text and its background. */
static int
foreground(enum theme t, enum role r)
{
	int fg = paint_style(t, r).fg;

	return fg >= 0 ? fg : t == THEME_DARK ? 252 : 235;
}

static int
background(enum theme t, enum role r)
{
	int bg = paint_style(t, r).bg;

	return bg >= 0 ? bg : t == THEME_DARK ? 16 : 231;
}

/*
 * The dots of empty pages are a texture and no letter: they are meant to stay behind, and must
 * only be visible. Everything else is read.
 */
static void
test_contrast(void)
{
	for (size_t i = 0; i < ARRAY_LEN(themes); i++)
		for (unsigned r = 0; r < ROLE_COUNT; r++) {
			enum theme t = themes[i];
			double c = color_contrast(color_of(foreground(t, (enum role)r)),
			                          color_of(background(t, (enum role)r)));
			char name[64];

			snprintf(name, sizeof(name), "%s: %s can be read", paint_theme_name(t), names[r]);
			if (!ok(c >= (r == ROLE_NONE ? 2.5 : 4.5), name))
				printf("# contrast %.2f\n", c);
		}
}

/*
 * The first eight colours are the user's, and bold may make them bright or not: in three palettes that
 * are widely used every letter with a ground of its own can be read, with or without that. Letters on
 * the terminal's own ground are measured on black; on a light one they are not coloured.
 */
static void
test_ansi(void)
{
	static const struct {
		const char *name;
		unsigned rgb[16];
	} palettes[] = {
	    {"xterm", {0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5,
	               0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff}},
	    {"VGA", {0x000000, 0xaa0000, 0x00aa00, 0xaa5500, 0x0000aa, 0xaa00aa, 0x00aaaa, 0xaaaaaa,
	             0x555555, 0xff5555, 0x55ff55, 0xffff55, 0x5555ff, 0xff55ff, 0x55ffff, 0xffffff}},
	    {"Tango", {0x2e3436, 0xcc0000, 0x4e9a06, 0xc4a000, 0x3465a4, 0x75507b, 0x06989a, 0xd3d7cf,
	               0x555753, 0xef2929, 0x8ae234, 0xfce94f, 0x729fcf, 0xad7fa8, 0x34e2e2, 0xeeeeec}},
	};

	for (size_t i = 0; i < ARRAY_LEN(palettes); i++)
		for (unsigned r = 0; r < ROLE_COUNT; r++) {
			struct paint_style l = paint_style(THEME_ANSI, (enum role)r);
			bool bold = l.attr & PAINT_BOLD;
			struct rgb ground = color_rgb(l.bg < 0 ? 0 : palettes[i].rgb[l.bg]);
			double c;
			char name[64];

			if (l.fg < 0)
				continue;
			c = color_contrast(color_rgb(palettes[i].rgb[l.fg]), ground);
			if (bold)
				c = fmin(c, color_contrast(color_rgb(palettes[i].rgb[l.fg + 8]), ground));
			snprintf(name, sizeof(name), "ansi, %s: %s can be read", palettes[i].name, names[r]);
			if (!ok(c >= (l.bg == 5 ? 2.5 : 3.0), name)) /* nothing does better on magenta */
				printf("# contrast %.2f\n", c);
		}
}

static void
test_indices(void)
{
	bool cube = true, few = true;

	for (unsigned r = 0; r < ROLE_COUNT; r++) {
		for (size_t i = 0; i < ARRAY_LEN(themes); i++) {
			struct paint_style l = paint_style(themes[i], (enum role)r);

			/* 0 to 15 are the user's: they may mean anything */
			cube &= (l.fg == -1 || (l.fg >= 16 && l.fg < 256)) &&
			        (l.bg == -1 || (l.bg >= 16 && l.bg < 256));
		}
		few &= paint_style(THEME_ANSI, (enum role)r).fg < 8 && paint_style(THEME_ANSI, (enum role)r).bg < 8 &&
		       paint_style(THEME_MONO, (enum role)r).fg == -1 && paint_style(THEME_MONO, (enum role)r).bg == -1;
	}
	ok(cube, "dark and light use the cube and the greys only");
	ok(few, "ansi needs eight colours, mono none");
}

/* The roles of states that colour a cell, each once. */
static size_t
state_roles(enum theme t, enum role out[STATE_COUNT])
{
	size_t n = 0;

	for (unsigned s = 0; s < STATE_COUNT; s++) {
		enum role r = paint_state_role((enum state)s);
		bool seen = paint_style(t, r).bg < 0;

		for (size_t i = 0; i < n; i++)
			seen |= out[i] == r;
		if (!seen)
			out[n++] = r;
	}
	return n;
}

static void
apart(enum theme t, enum role a, enum role b, enum sight s, double least)
{
	double d = color_apart(background(t, a), background(t, b), s);
	char name[80];

	snprintf(name, sizeof(name), "%s, %s: %s and %s", paint_theme_name(t), sights[s], names[a], names[b]);
	if (!ok(d >= least, name))
		printf("# difference %.1f, at least %.1f\n", d, least);
}

/* The six that fill most of every screen. */
static void
test_common(void)
{
	static const enum role six[] = {ROLE_ANON, ROLE_THP, ROLE_FILE, ROLE_SHMEM, ROLE_SWAPPED, ROLE_ZERO};

	for (size_t i = 0; i < ARRAY_LEN(themes); i++)
		for (unsigned s = 0; s < SIGHT_COUNT; s++)
			for (size_t a = 0; a < ARRAY_LEN(six); a++)
				for (size_t b = 0; b < a; b++)
					apart(themes[i], six[a], six[b], (enum sight)s, 10);
}

static void
test_all_states(void)
{
	for (size_t i = 0; i < ARRAY_LEN(themes); i++) {
		enum role r[STATE_COUNT];
		size_t n = state_roles(themes[i], r);

		ok(n >= 11, "the states that have a colour");
		for (unsigned s = SIGHT_NORMAL; s <= SIGHT_PROTAN; s++)
			for (size_t a = 0; a < n; a++)
				for (size_t b = 0; b < a; b++)
					apart(themes[i], r[a], r[b], (enum sight)s, 9);
	}
}

/* Written or not is the first thing a colour says. */
static void
test_heat(void)
{
	for (size_t i = 0; i < ARRAY_LEN(themes); i++) {
		enum role r[STATE_COUNT];
		size_t n = state_roles(themes[i], r);

		for (unsigned s = 0; s < SIGHT_COUNT; s++)
			for (size_t a = 0; a < n; a++)
				for (unsigned h = HEAT_NOW; h < HEAT_COUNT; h++)
					apart(themes[i], r[a], paint_heat_role((enum heat)h), (enum sight)s, 8);
	}
}

/* Newer writes differ more from the background, step by step, for every eye. */
static void
test_heat_order(void)
{
	for (size_t i = 0; i < ARRAY_LEN(themes); i++)
		for (unsigned s = 0; s < SIGHT_COUNT; s++) {
			bool falls = true;
			double last = 99;
			char name[64];

			for (unsigned h = HEAT_NOW; h < HEAT_COUNT; h++) {
				struct rgb c = color_seen(color_of(background(themes[i], paint_heat_role((enum heat)h))),
				                          (enum sight)s);
				double far = color_contrast(c, color_of(themes[i] == THEME_DARK ? 16 : 231));

				falls &= far < last;
				last = far;
			}
			snprintf(name, sizeof(name), "%s, %s: heat cools step by step", paint_theme_name(themes[i]),
			         sights[s]);
			ok(falls, name);
		}
}

/* States are cool or grey, writes warm. */
static void
test_warm(void)
{
	for (size_t i = 0; i < ARRAY_LEN(themes); i++)
		for (unsigned h = HEAT_NOW; h < HEAT_COUNT; h++) {
			struct rgb c = color_of(background(themes[i], paint_heat_role((enum heat)h)));
			char name[64];

			snprintf(name, sizeof(name), "%s: %s is warm", paint_theme_name(themes[i]),
			         names[paint_heat_role((enum heat)h)]);
			ok(c.r > c.b && c.r >= c.g && c.g >= c.b, name);
		}
}

static void
test_roles(void)
{
	ok(paint_heat_role(HEAT_NOW) == ROLE_HEAT_NOW && paint_heat_role(HEAT_30S) == ROLE_HEAT_30S &&
	       paint_heat_role(HEAT_NONE) == ROLE_NONE,
	   "the order of the heat roles is enum heat's");
	ok(paint_state_role(STATE_THP_TAIL) == ROLE_THP && paint_state_role(STATE_HIDDEN) == ROLE_HIDDEN,
	   "states have the roles of state.def");
}

int
main(void)
{
	tap_start();
	test_maths();
	test_contrast();
	test_ansi();
	test_indices();
	test_common();
	test_all_states();
	test_heat();
	test_heat_order();
	test_warm();
	test_roles();
	return tap_done();
}
