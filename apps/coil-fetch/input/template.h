/* SPDX-License-Identifier: MIT */
/*
 * template.h - many URLs in one text, as curl has them
 *
 *     [1-100]  [001-100]  [1-100:2]  [a-z]  [a-z:2]  {a,b,c}
 *
 * Numbers get as many digits as the first one has if that begins with 0.  Of
 * several in one text the last changes fastest.  A backslash takes the meaning of
 * a bracket or a brace away; within braces, that of any character.  An IPv6
 * address in brackets, and "[]", are text.  There is no nesting.
 *
 * The texts are made one at a time, so that a template of 10^12 URLs needs as much
 * memory as one of two.
 */
#ifndef COIL_FETCH_INPUT_TEMPLATE_H
#define COIL_FETCH_INPUT_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/text.h"

struct template_piece;

/* Zeroed, it is empty. */
struct template
{
    struct text bytes; /* of texts and of the words of sets, each with a NUL */
    struct template_piece *pieces;
    size_t count;
    size_t room;
    bool has_more;
    const char *reason; /* static; of -EINVAL */
};

/*
 * Take the text apart.  Returns 0, and at least one text will come of it; -EINVAL:
 * it is no template, and `reason` says why; -ENOMEM.  After an error it is empty.
 */
int template_parse(struct template *template, const char *text, size_t size);

/* Write the next text into `out`.  False: there is none, or out->has_failed. */
bool template_next(struct template *template, struct text *out);

void template_fini(struct template *template);

#endif
