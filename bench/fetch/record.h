/* SPDX-License-Identifier: MIT */
/*
 * record.h - what the fleet sees of its client, and the report of it
 *
 * A request counts as one of its host from its head until the answer begins to be
 * sent.  The client has it for longer, so what is found too many was too many.
 */
#ifndef BENCH_FETCH_RECORD_H
#define BENCH_FETCH_RECORD_H

#include <stdbool.h>
#include <stdio.h>

#include <coil/time.h>

#include "script.h"

/* Make room for what is to be recorded.  0; -ENOMEM. */
int record_begin(const struct script *script);

/* A request for the URL `number` has come; `plan` is that of the URL.  Returns
 * which attempt it is, from 1. */
unsigned record_arrival(const struct plan *plan, uint32_t number);

/* The answer is about to be sent. */
void record_departure(const struct plan *plan);

/* The whole body of the URL was sent. */
void record_fetched(const struct plan *plan, uint32_t number);

/* 429 is about to be sent: nobody should come until `until`. */
void record_limited(const struct plan *plan, coil_time until);

/* Who asks, and for robots.txt. */
void record_agent(const char *agent);
void record_robots(void);

/*
 * One JSON object, a line for each member.  `has_hosts`: with a list of the hosts.
 */
void record_print(FILE *file, bool has_hosts);

/* When the last request came, or the fleet began. */
coil_time record_last(void);

#endif
