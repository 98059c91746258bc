/* SPDX-License-Identifier: MIT */
/*
 * verdict.h - what an attempt means: done, another URL, once more, or failed
 */
#ifndef COIL_FETCH_FETCH_VERDICT_H
#define COIL_FETCH_FETCH_VERDICT_H

#include <stdbool.h>

#include <coil/time.h>

#include "fetch/attempt.h"
#include "job/outcome.h"

/* What the user counts as done well, beyond 2xx; see status_set_read(). */
struct status_set {
    unsigned char bits[128]; /* of the statuses below 1000 */
};

/* "200,3xx,404": 0; -EINVAL. */
int status_set_read(struct status_set *set, const char *text);
bool status_set_has(const struct status_set *set, int status);

/* The class of an attempt that is the last one of its job. */
enum outcome_class verdict_class(const struct attempt *attempt,
                                 const struct status_set *accepted);

/* Whether an error is that of a limit of time. */
bool verdict_is_timeout(int error);

/* A sentence about it where coil_strerror() does not say all; or NULL.  Static. */
const char *verdict_reason(const struct attempt *attempt);

/* ---- redirects ---------------------------------------------------------- */

bool verdict_redirects(const struct coil_http_response *response);

/* Whether the response leads to another URL (301, 302, 303, 307, 308). */
bool verdict_is_redirect(const struct attempt *attempt);

/*
 * Let the job follow the redirect (RFC 9110, 15.4): its URL, its method, and
 * whether it is elsewhere.  Returns 0; COIL_EHTTP_BAD_REDIRECT,
 * COIL_EHTTP_DOWNGRADE, or -ENOMEM, with the job as it was.
 */
int verdict_follow(const struct attempt *attempt, struct job *job,
                   bool allow_downgrade);

/* ---- once more ---------------------------------------------------------- */

/*
 * What the server asks for by Retry-After, in seconds or as a date: from now; -1:
 * nothing.  NULL is allowed.
 */
coil_time verdict_retry_after(const struct coil_http_response *response);

/*
 * Whether it seems to have met a kept connection that the server had closed just
 * then, and may be sent twice: which is nobody's failure.
 */
bool verdict_is_stale(const struct attempt *attempt);

/*
 * Whether the request may be made again after this class: it did no harm, or may be
 * sent twice.
 */
bool verdict_may_repeat(const struct attempt *attempt);

/*
 * How long before try number `n` + 1: `first`, twice as much each time, at most ten
 * minutes, of which up to a half is left out by `chance`, 0 to 1.
 */
coil_time verdict_delay(coil_time first, unsigned n, double chance);

#endif
