/* SPDX-License-Identifier: MIT */
/*
 * testing/choices.h - the choices of one run, and of the run after it
 *
 * What a run does is decided by the choices that are made in it, each one of a
 * number of alternatives.  A path is all of them in their order.  The paths are
 * the leaves of a tree, visited depth first: the next one is had by taking the
 * next alternative at the last choice that has one left, and the first one at
 * all that come behind it.
 */
#ifndef COIL_TESTING_CHOICES_H
#define COIL_TESTING_CHOICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct coil_choice {
    uint32_t chosen;
    uint32_t limit; /* more than `chosen`; 0: given, and not come to yet */
};

struct coil_choices {
    struct coil_choice *path;
    size_t length; /* of the path as far as it is known */
    size_t depth;  /* choices that this run has made */
    size_t capacity;
    bool failed; /* there was no memory for the path */
};

/* The path of first alternatives.  0, or -ENOMEM. */
int coil__choices_init(struct coil_choices *choices);
void coil__choices_fini(struct coil_choices *choices);

/* The path that begins as `text` says, "0.2.1".  0, -EINVAL, or -ENOMEM. */
int coil__choices_parse(struct coil_choices *choices, const char *text);

/* The next choice of this run, below `limit`, which is 2 at least. */
uint64_t coil__choices_next(struct coil_choices *choices, uint64_t limit);

/* Begin the run of the next path.  False: that was the last. */
bool coil__choices_advance(struct coil_choices *choices);

/* Write the choices of this run to `fd`, as coil__choices_parse() takes them. */
void coil__choices_dump(const struct coil_choices *choices, int fd);

#endif
