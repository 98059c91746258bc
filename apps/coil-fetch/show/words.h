/* SPDX-License-Identifier: MIT */
/* words.h - what the classes of outcomes and the moments of requests mean, in words */
#ifndef COIL_FETCH_SHOW_WORDS_H
#define COIL_FETCH_SHOW_WORDS_H

#include "common/text.h"
#include "job/outcome.h"
#include "show/examples.h"
#include "show/stats.h"

/* "host names not found"; static. */
const char *words_of_class(enum outcome_class class);

/* What to do about failures of the class, a sentence or two; static; NULL: none. */
const char *words_of_advice(enum outcome_class class);

/* What a request is doing now: "connecting", "waiting", "body"; static. */
const char *words_of_flight(const struct stats_flight *flight);

/* How an example failed: "404", "Connection refused: …"; not escaped. */
void words_of_failure(struct text *text, const struct example *example);

#endif
