/* SPDX-License-Identifier: MIT */
/*
 * body_check.h - whether a body is what its line of the input asked for
 *
 * Of each request: body_check_head() with the response's head, body_check_begin(),
 * body_check_add() of all that comes, and body_check_end().  One body_check serves
 * one request after another.
 */
#ifndef COIL_FETCH_OUTPUT_BODY_CHECK_H
#define COIL_FETCH_OUTPUT_BODY_CHECK_H

#include "common/text.h"
#include "job/outcome.h"
#include "output/digest.h"

/* Zeroed, it is empty. */
struct body_check {
    const struct job_details *details;
    struct digest sha256;
    struct digest asked; /* of another kind */
    int64_t size;
    bool wants_sha256;
};

/*
 * What the head says already: OUTCOME_TYPE, OUTCOME_CHECKSUM (another size), or
 * OUTCOME_OK.  `details` may be NULL; `type` too; `size` is that of the body, or
 * -1.  A sentence is added to `why` unless all is well.
 */
enum outcome_class body_check_head(const struct job_details *details,
                                   const char *type, int64_t size,
                                   struct text *why);

/*
 * `details` (may be NULL) are kept until the end.  With `wants_sha256` that of the
 * body is made in any case.  Returns 0; -ENOMEM; -ENOTSUP.
 */
int body_check_begin(struct body_check *check,
                     const struct job_details *details, bool wants_sha256);

void body_check_add(struct body_check *check, const void *bytes, size_t size);

/*
 * OUTCOME_OK; OUTCOME_CHECKSUM, with a sentence added to `why`; OUTCOME_INTERNAL:
 * OpenSSL has failed.  `*has_sha256` says whether `sha256` was made.
 */
enum outcome_class body_check_end(struct body_check *check, bool *has_sha256,
                                  unsigned char sha256[32], struct text *why);

void body_check_fini(struct body_check *check);

#endif
