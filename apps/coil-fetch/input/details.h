/* SPDX-License-Identifier: MIT */
/* details.h - the details of a job, put together piece by piece */
#ifndef COIL_FETCH_INPUT_DETAILS_H
#define COIL_FETCH_INPUT_DETAILS_H

#include <stdbool.h>
#include <stddef.h>

#include "job/job.h"

/* None yet; NULL: no memory.  Release them with job_details_free(). */
struct job_details *details_new(void);

/* Let `*field` be a copy of `size` bytes, with a NUL.  0; -ENOMEM, unchanged. */
int details_set(char **field, const char *bytes, size_t size);

/*
 * Add a header of the request.  Returns 0; -ENOMEM, or -EINVAL with `*reason`
 * static: with nothing added.
 */
int details_add_header(struct job_details *details, const char *name,
                       const char *value, const char **reason);

bool details_have_header(const struct job_details *details, const char *name);

/*
 * "sha256=hex", "sha-256=hex", and md5, sha1, sha224, sha384, sha512 likewise, in
 * any case.  Returns 0; -EINVAL with `*reason` static.
 */
int details_set_checksum(struct job_details *details, const char *text,
                         const char **reason);

#endif
