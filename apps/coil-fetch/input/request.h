/* SPDX-License-Identifier: MIT */
/* request.h - a request of the input: a job, or a job with what is wrong with it */
#ifndef COIL_FETCH_INPUT_REQUEST_H
#define COIL_FETCH_INPUT_REQUEST_H

#include <stddef.h>
#include <stdint.h>

#include "common/text.h"

struct job;
struct job_details;

/* Zeroed, there is none. */
struct request {
    struct job *job; /* NULL: none was made */
    const char
        *reason; /* NULL: it can be fetched; else static, or of `words` */
    struct text words;
    const char *query; /* becomes a part of each URL; NULL: nothing does */
    struct text url;   /* one with that */
};

void request_fini(struct request *request);

/*
 * Make a job of a URL's text.  `details` may be NULL.  A text that is not a URL is refused,
 * as request_refuse() does it.  Returns 0, and `details` are given; -ENOMEM: they
 * are still the caller's, though they may have one more header.
 */
int request_make(struct request *request, int64_t priority, const char *text,
                 size_t size, struct job_details *details);

/*
 * The same of a text that is a usual URL, nearly normal already.  Returns 1; 0: it is
 * not, and nothing was made; -ENOMEM.
 */
int request_make_quickly(struct request *request, int64_t priority,
                         const char *text, size_t size);

/*
 * Make a job of which only the text is known, and the reason, as printf() writes
 * it.  Returns 0; -ENOMEM.
 */
int request_refuse(struct request *request, const char *text, size_t size,
                   const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
