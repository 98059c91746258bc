/* SPDX-License-Identifier: MIT */
/*
 * attempt.h - one request for a job, and its response
 *
 * Redirects are not followed and failures not repeated here: both would escape the
 * limits of the schedule.  hop.h and retry.h decide on them.
 */
#ifndef COIL_FETCH_FETCH_ATTEMPT_H
#define COIL_FETCH_FETCH_ATTEMPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <coil/base.h>
#include <coil/http_client.h>

#include "job/job.h"

/* What all requests of a run have in common. */
struct attempt_options {
    const void *body; /* -d; NULL: the job's */
    size_t body_size;
    const struct coil_http_header *headers; /* -H and its like; they stay here
                                               with hosts other than the first if
                                               they are secrets */
    size_t header_count;
    const char *authorization; /* the value; NULL: none */
    coil_time connect_limit;   /* 0: the client's */
    coil_time first_byte_limit;
    coil_time idle_limit;
    coil_time limit;  /* of head and body together; 0: none */
    int64_t max_size; /* of a body; 0: none */
    size_t piece;     /* no more of a body is read at a time; 0: 32 KiB */
    bool keep_encoded;
    const char *codings; /* Accept-Encoding, with keep_encoded; NULL: none */
};

/* Where a body goes. */
struct attempt_sink {
    /*
     * The head is there.  Returns 0; COIL_FETCH_ENOUGH: the body is not wanted; or
     * an error, which ends the attempt.
     */
    int (*begin)(void *arg, const struct coil_http_response *response);
    int (*write)(void *arg, const void *bytes, size_t size);
    void *arg;
};

/* A body that nobody wants is read no further. */
#define COIL_FETCH_ENOUGH 1

struct attempt {
    const struct attempt_options *options;
    struct coil_http_client *client; /* of the loop that makes it */
    const struct job *job;
    const struct coil_http_header *extra; /* Range, If-None-Match … */
    size_t extra_count;
    struct attempt_sink sink;
    /* So much of a body was read; it may wait.  NULL: there is no limit. */
    int (*pace)(void *arg, size_t size);
    void *pace_arg;
    coil_http_watch_fn watch; /* NULL: nobody looks on */
    void *watch_arg;

    /* ---- what came of it ---- */
    struct coil_http_response *response; /* NULL: no head came */
    int error;                           /* of the client; 0 */
    int sink_error;                      /* of the sink; 0 */
    bool is_too_large;
    int64_t body_size;
    struct coil_http_report report;
    coil_time done_at;
};

/*
 * Make the request.  The first fields are set by the caller, the rest is zero.  Ends
 * with attempt_fini().  Returns 0, whatever came of it; or -ECANCELED: the
 * connection is closed, and what the sink has been given is all that came.
 */
int attempt_make(struct attempt *attempt) COIL_SUSPENDS;

/* The body that a request of the job has; NULL: none. */
const char *attempt_body(const struct attempt_options *options,
                         const struct job *job, size_t *size);

void attempt_fini(struct attempt *attempt);

#endif
