/* SPDX-License-Identifier: MIT */
/* key.h - what makes two requests the same */
#ifndef COIL_FETCH_JOB_KEY_H
#define COIL_FETCH_JOB_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/hash.h"

struct job;

/*
 * A hash of the method, the first URL, the headers in their order, their names in
 * any case, and the body.  What does not change the request (priority, name, file,
 * checksum) does not count.  It allocates nothing.
 */
uint64_t job_key(const struct hash_key *key, const struct job *job);

/* Whether it is a GET with nothing but its URL, of which alone the key is made. */
bool job_key_is_of_url(const struct job *job);

#endif
