/* SPDX-License-Identifier: MIT */
/* style.h - what a terminal understands, and colours by their meaning */
#ifndef COIL_FETCH_SHOW_STYLE_H
#define COIL_FETCH_SHOW_STYLE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/text.h"

enum style_colors { STYLE_PLAIN, STYLE_16, STYLE_256 };

struct style {
    enum style_colors colors;
    bool is_unicode; /* UTF-8 is understood */
};

/* In the order of --color and --progress. */
enum style_when { STYLE_WHEN_TERMINAL, STYLE_WHEN_ALWAYS, STYLE_WHEN_NEVER };

/*
 * What fits the environment: TERM and COLORTERM say how many colours there are,
 * NO_COLOR that none are wanted unless they are asked for, and LC_ALL, LC_CTYPE or
 * LANG whether UTF-8 is understood.
 */
struct style style_choose(enum style_when when, bool is_terminal);

enum style_color {
    STYLE_GOOD,
    STYLE_BAD,
    STYLE_WARNING,
    STYLE_BAR,
    STYLE_REST, /* of the bar */
    STYLE_DIM,
    STYLE_BOLD,
};

/* What follows has that colour, until style_end().  Colours do not nest. */
void style_begin(struct text *text, struct style style, enum style_color color);
void style_end(struct text *text, struct style style);

/*
 * What others said, in at most `columns` columns; what is cut ends with "…", or
 * "~".  Characters that a terminal may draw twice as wide count as two.  Returns
 * how many columns were used.
 */
size_t style_fit(struct text *text, struct style style, size_t columns,
                 const char *bytes, size_t size);

#endif
