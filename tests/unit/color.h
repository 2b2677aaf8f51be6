/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_COLOR_H
#define PM_COLOR_H

/*
 * How colours look to people: contrast (WCAG 2.1), difference (CIEDE2000: Sharma, Wu, Dalal 2005)
 * and colour blindness (Machado, Oliveira, Fernandes 2009, severity 1), for the 256 colours that
 * mean the same on every terminal: the cube and the greys, indices 16 to 255.
 */
#include <math.h>

struct rgb {
	double r, g, b; /* 0..1; linear where it says so */
};
struct lab {
	double l, a, b;
};

enum sight { SIGHT_NORMAL, SIGHT_DEUTAN, SIGHT_PROTAN, SIGHT_TRITAN, SIGHT_COUNT };

static inline double
color_linear(double c)
{
	return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

static inline double
color_step(int i)
{
	return i ? (55 + 40 * i) / 255.0 : 0;
}

/* Index 16..255 in linear light. */
static inline struct rgb
color_of(int index)
{
	struct rgb c;

	if (index >= 232) {
		double grey = color_linear((8 + 10 * (index - 232)) / 255.0);

		return (struct rgb){grey, grey, grey};
	}
	index -= 16;
	c.r = color_linear(color_step(index / 36));
	c.g = color_linear(color_step(index / 6 % 6));
	c.b = color_linear(color_step(index % 6));
	return c;
}

/* 0xrrggbb in linear light. */
static inline struct rgb
color_rgb(unsigned rgb)
{
	return (struct rgb){color_linear((rgb >> 16 & 255) / 255.0), color_linear((rgb >> 8 & 255) / 255.0),
	                    color_linear((rgb & 255) / 255.0)};
}

static inline double
color_clamp(double v)
{
	return v < 0 ? 0 : v > 1 ? 1 : v;
}

static inline struct rgb
color_seen(struct rgb c, enum sight s)
{
	static const double m[SIGHT_COUNT][9] = {
	    [SIGHT_NORMAL] = {1, 0, 0, 0, 1, 0, 0, 0, 1},
	    [SIGHT_DEUTAN] = {0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.011820,
	                      0.042940, 0.968881},
	    [SIGHT_PROTAN] = {0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882,
	                      -0.048116, 1.051998},
	    [SIGHT_TRITAN] = {1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733,
	                      0.691367, 0.303900},
	};
	const double *k = m[s];

	return (struct rgb){color_clamp(k[0] * c.r + k[1] * c.g + k[2] * c.b),
	                    color_clamp(k[3] * c.r + k[4] * c.g + k[5] * c.b),
	                    color_clamp(k[6] * c.r + k[7] * c.g + k[8] * c.b)};
}

static inline double
color_luminance(struct rgb c)
{
	return 0.2126 * c.r + 0.7152 * c.g + 0.0722 * c.b;
}

/* 1..21 */
static inline double
color_contrast(struct rgb a, struct rgb b)
{
	double x = color_luminance(a) + 0.05, y = color_luminance(b) + 0.05;

	return x > y ? x / y : y / x;
}

static inline double
color_f(double t)
{
	return t > 216.0 / 24389 ? cbrt(t) : (24389.0 / 27 * t + 16) / 116;
}

/* From linear sRGB, white point D65. */
static inline struct lab
color_lab(struct rgb c)
{
	double x = color_f((0.4124564 * c.r + 0.3575761 * c.g + 0.1804375 * c.b) / 0.95047);
	double y = color_f(0.2126729 * c.r + 0.7151522 * c.g + 0.0721750 * c.b);
	double z = color_f((0.0193339 * c.r + 0.1191920 * c.g + 0.9503041 * c.b) / 1.08883);

	return (struct lab){116 * y - 16, 500 * (x - y), 200 * (y - z)};
}

#define COLOR_PI 3.14159265358979323846

static inline double
color_rad(double deg)
{
	return deg * COLOR_PI / 180;
}

/* Hue in degrees, 0..360. */
static inline double
color_hue(double a, double b)
{
	double h = a == 0 && b == 0 ? 0 : atan2(b, a) * 180 / COLOR_PI;

	return h < 0 ? h + 360 : h;
}

/* Difference and mean of two hues; without chroma there is none. */
static inline void
color_hues(double h1, double h2, double chroma, double *diff, double *mean)
{
	*diff = chroma == 0 ? 0 : h2 - h1 > 180 ? h2 - h1 - 360 : h2 - h1 < -180 ? h2 - h1 + 360 : h2 - h1;
	*mean = chroma == 0              ? h1 + h2
	        : fabs(h1 - h2) <= 180   ? (h1 + h2) / 2
	        : h1 + h2 < 360          ? (h1 + h2 + 360) / 2
	                                 : (h1 + h2 - 360) / 2;
}

static inline double
color_rotation(double chroma, double hue)
{
	double c7 = pow(chroma, 7), turn = 30 * exp(-pow((hue - 275) / 25, 2));

	return -2 * sqrt(c7 / (c7 + pow(25, 7))) * sin(color_rad(2 * turn));
}

static inline double
color_difference(struct lab x, struct lab y)
{
	double mean = (hypot(x.a, x.b) + hypot(y.a, y.b)) / 2, m7 = pow(mean, 7);
	double g = 0.5 * (1 - sqrt(m7 / (m7 + pow(25, 7))));
	double a1 = (1 + g) * x.a, a2 = (1 + g) * y.a;
	double c1 = hypot(a1, x.b), c2 = hypot(a2, y.b), cm = (c1 + c2) / 2, lm = (x.l + y.l) / 2;
	double dh, hm;

	color_hues(color_hue(a1, x.b), color_hue(a2, y.b), c1 * c2, &dh, &hm);
	dh = 2 * sqrt(c1 * c2) * sin(color_rad(dh) / 2);
	double t = 1 - 0.17 * cos(color_rad(hm - 30)) + 0.24 * cos(color_rad(2 * hm)) +
	           0.32 * cos(color_rad(3 * hm + 6)) - 0.20 * cos(color_rad(4 * hm - 63));
	double l = (y.l - x.l) / (1 + 0.015 * pow(lm - 50, 2) / sqrt(20 + pow(lm - 50, 2)));
	double c = (c2 - c1) / (1 + 0.045 * cm), h = dh / (1 + 0.015 * cm * t);

	return sqrt(l * l + c * c + h * h + color_rotation(cm, hm) * c * h);
}

static inline double
color_apart(int a, int b, enum sight s)
{
	return color_difference(color_lab(color_seen(color_of(a), s)), color_lab(color_seen(color_of(b), s)));
}

#endif
