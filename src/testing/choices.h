/* SPDX-License-Identifier: MIT */
/*
 * testing/choices.h - the choices of one run, and of the run after it
 *
 * The choices made in a run decide what it does; each choice has a number of
 * alternatives.  A path is all choices of a run in order.  The paths are the
 * leaves of a tree, which is visited depth first: the next path takes the next
 * alternative at the last choice that has one left, and the first alternative
 * at all choices after that.
 */
#ifndef COIL_TESTING_CHOICES_H
#define COIL_TESTING_CHOICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct coil_choice {
    uint32_t chosen;
    uint32_t limit; /* more than `chosen`; 0: given, not reached */
};

struct coil_choices {
    struct coil_choice *path;
    size_t length; /* of the path as far as it is known */
    size_t depth;  /* choices that this run has made */
    size_t capacity;
    bool failed; /* there was no memory for the path */
};

/* The path in which every choice is the first alternative.  0, or -ENOMEM. */
int coil__choices_init(struct coil_choices *choices);
void coil__choices_fini(struct coil_choices *choices);

/* The path that begins with the choices in `text`.  0, -EINVAL, or -ENOMEM. */
int coil__choices_parse(struct coil_choices *choices, const char *text);

/* The next choice of this run, below `limit`, which is at least 2. */
uint64_t coil__choices_next(struct coil_choices *choices, uint64_t limit);

/* Begin the run of the next path.  False: there is no other path. */
bool coil__choices_advance(struct coil_choices *choices);

/* Write the choices of this run to `fd`, for coil__choices_parse(). */
void coil__choices_dump(const struct coil_choices *choices, int fd);

#endif
