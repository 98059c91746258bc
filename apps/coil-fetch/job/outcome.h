/* SPDX-License-Identifier: MIT */
/*
 * outcome.h - what became of a job
 *
 * Everything that tells of a URL (records, journal, files, display, summary, report,
 * exit status) is made of this.  It is valid while it is told.
 */
#ifndef COIL_FETCH_JOB_OUTCOME_H
#define COIL_FETCH_JOB_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <coil/address.h>
#include <coil/http_response.h>
#include <coil/http_watch.h>

struct job;

/* The classes are a part of the record's schema: names never change. */
enum outcome_class {
    OUTCOME_OK,           /* "ok": 2xx, or as --accept-status says; 304 too */
    OUTCOME_CLIENT_ERROR, /* "client_error": 4xx */
    OUTCOME_RATE_LIMITED, /* "rate_limited": 429, and 503 with Retry-After */
    OUTCOME_SERVER_ERROR, /* "server_error": 5xx */
    OUTCOME_STATUS,       /* "status": another status that is no success */
    OUTCOME_BAD_INPUT,    /* "bad_input": the line is no request */
    OUTCOME_DNS,          /* "dns": the name has no address */
    OUTCOME_CONNECT,      /* "connect": refused, unreachable */
    OUTCOME_TLS,          /* "tls" */
    OUTCOME_TIMEOUT,      /* "timeout": any limit of time */
    OUTCOME_RESET,        /* "reset": the connection broke */
    OUTCOME_PROTOCOL,  /* "protocol": what came is not HTTP, or is cut short */
    OUTCOME_REDIRECT,  /* "redirect": too many, or to nowhere */
    OUTCOME_TOO_LARGE, /* "too_large": beyond --max-filesize, or a bomb */
    OUTCOME_CHECKSUM,  /* "checksum": another checksum or size than asked for */
    OUTCOME_TYPE,      /* "type": another Content-Type than asked for */
    OUTCOME_ROBOTS,    /* "robots": robots.txt forbids it */
    OUTCOME_OUTPUT,    /* "output": the body could not be kept */
    OUTCOME_SKIPPED,   /* "skipped": the file is there already */
    OUTCOME_DUPLICATE, /* "duplicate": an equal URL is fetched instead */
    OUTCOME_STOPPED,   /* "stopped": the run ended first; it is resumable, and
                             the journal has no line of it */
    OUTCOME_INTERNAL,  /* "internal": no memory */
    OUTCOME_CLASSES
};

struct outcome {
    const struct job *job;
    enum outcome_class class;
    int status;         /* of the last response; 0: none */
    int error;          /* of coil_http_open() and its like; 0 */
    const char *reason; /* a sentence beyond coil_strerror(error); NULL */

    const char *final_url; /* where the last response came from */
    char address[COIL_ADDRESS_STRING];

    enum coil_http_version version; /* 0: no response */
    struct coil_http_report report; /* times of the last request */
    bool has_rate;                  /* --rate */
    coil_time late; /* of has_rate: how much later than by the rate the last
                       request began, for want of a place */
    coil_time done_at;
    int64_t
        started_unix_us; /* the first request's wall clock, in µs; 0: none */

    const struct coil_http_header *headers; /* of the last response */
    size_t header_count;
    const char *content_type; /* NULL: none */

    int64_t body_size; /* decoded bytes that were read of the last body */
    const char *body;  /* when it was kept in memory; NULL */
    const char *file;  /* where it is; NULL: in no file */
    bool has_digest;   /* of the body */
    unsigned char sha256[32];
    bool is_resumed;          /* a part was there already */
    bool is_unchanged;        /* 304: the file that was there is up to date */
    const char *const *links; /* --extract links: absolute URLs */
    size_t link_count;
};

/* "rate_limited"; static. */
const char *outcome_class_name(enum outcome_class class);

/* Whether the URL counts as done well: ok, skipped, duplicate. */
bool outcome_is_success(enum outcome_class class);

#endif
