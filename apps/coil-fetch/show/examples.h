/* SPDX-License-Identifier: MIT */
/*
 * examples.h - the first failures of each class, and the slowest URLs
 *
 * Texts are cut, so that all examples together have at most 300 KB.
 */
#ifndef COIL_FETCH_SHOW_EXAMPLES_H
#define COIL_FETCH_SHOW_EXAMPLES_H

#include <stddef.h>
#include <stdint.h>

#include <coil/time.h>

#include "job/outcome.h"

#define EXAMPLES_OF_A_CLASS 5
#define EXAMPLES_SLOWEST 20

struct example {
    char *url;    /* at most 2,047 bytes of it */
    char *reason; /* a sentence beyond the status and the error; NULL */
    enum outcome_class class;
    int status;
    int error;
    unsigned attempts;
    coil_time time; /* of its last request, whole */
};

struct examples {
    struct example failures[OUTCOME_CLASSES][EXAMPLES_OF_A_CLASS];
    size_t failure_count[OUTCOME_CLASSES];
    struct example slowest[EXAMPLES_SLOWEST]; /* the slowest first */
    size_t slowest_count;
};

void examples_fini(struct examples *examples);

/* Keep a failure if it is among the first of its class.  Without memory: no. */
void examples_add_failure(struct examples *examples,
                          const struct outcome *outcome, coil_time time);

/* Keep a URL if it is among the slowest. */
void examples_add_slow(struct examples *examples, const struct outcome *outcome,
                       coil_time time);

#endif
