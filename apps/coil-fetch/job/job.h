/* SPDX-License-Identifier: MIT */
/*
 * job.h - one URL of the input, from its line to its final record
 *
 * A job is made by the input, waits in a group of the schedule, and belongs to the
 * worker that fetches it.  A retry and a redirect put it back into the schedule.
 * At its end it has one outcome, and is freed.
 */
#ifndef COIL_FETCH_JOB_JOB_H
#define COIL_FETCH_JOB_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <coil/http.h>
#include <coil/time.h>

struct group;

enum checksum_kind {
    CHECKSUM_NONE,
    CHECKSUM_MD5,
    CHECKSUM_SHA1,
    CHECKSUM_SHA224,
    CHECKSUM_SHA256,
    CHECKSUM_SHA384,
    CHECKSUM_SHA512,
};

/*
 * What a line says beyond URL and priority.  Most lines say nothing: then a job
 * has none.  All of it is freed with the job.
 */
struct job_details {
    char *method; /* NULL: GET, or POST with a body */
    char *name;   /* as the record shows it; NULL: none */
    char *file;   /* where the body goes, instead of the template; NULL: none */
    char *body;   /* NULL: none */
    size_t body_size;
    struct coil_http_header *headers; /* beyond those of the command line */
    size_t header_count;
    enum checksum_kind checksum_kind;
    unsigned char checksum[64];
    char *expected_type;   /* "image/": how Content-Type must begin; NULL */
    int64_t expected_size; /* of the body; -1: any */
};

struct job {
    /* ---- from the input ---- */
    uint64_t number; /* of the URL in the input, from 1 */
    int64_t
        priority; /* the lowest starts first, as in asyncio's PriorityQueue */
    uint64_t key; /* a hash of method, URL, headers and body; see job_key() */
    struct job_details *details;
    const char
        *usual_method; /* if its line has none: -X, or -d's; NULL; kept */

    /* ---- where it is on its way ---- */
    char *url;          /* the next request's: after a redirect, the new one */
    unsigned attempts;  /* requests that were begun for this line */
    unsigned tries;     /* of them, those of the URL that it has now */
    unsigned hops;      /* redirects that were followed */
    char **redirects;   /* the URLs they left, in order; `hops` of them */
    bool was_elsewhere; /* it has left its first origin: no secrets any more */
    bool is_located;    /* it waits in the group of its server's address */
    bool is_get_now;    /* a redirect has made it a GET without a body */
    bool was_stale;     /* it has met a dead connection once */
    coil_time read_at;  /* when the input had it */
    coil_time first_at; /* when its first request began; 0: none yet */

    /* ---- of the schedule ---- */
    struct group *group;
    uint64_t place; /* among equal priorities: first come, first served */
    coil_time not_before;
    coil_time late; /* with a rate: how much its last beginning was */

    char first_url[]; /* as the input has it, normalised */
};

/*
 * Make a job of a URL, which is copied; `details` is given, also if it fails, and
 * may be NULL.  `*out` is returned: release it with job_free().  Returns 0; -ENOMEM.
 */
int job_new(struct job **out, const char *url, struct job_details *details);

/* NULL is allowed. */
void job_free(struct job *job);
void job_details_free(struct job_details *details);

/* That of its next request, "POST"; static, or of the job, or `usual_method`. */
const char *job_method(const struct job *job);

/* How much memory it takes, about; the same as long as its URL is. */
size_t job_size(const struct job *job);

/* It has another URL, which is given (coil_url_free()), by no redirect. */
void job_set_url(struct job *job, char *url);

/* Its next request goes to `url`, which is given (coil_url_free()).  0; -ENOMEM. */
int job_follow(struct job *job, char *url);

#endif
