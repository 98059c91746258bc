/* SPDX-License-Identifier: MIT */
/*
 * part.h - what is known of the beginning of a body, so that the rest can be asked
 * for: --continue
 *
 * It is kept beside the part of the file, and says of which URL and of which
 * version of its body the part is.  Without a validator (a strong ETag, or a
 * Last-Modified that is older than the response) a part cannot be continued.
 */
#ifndef COIL_FETCH_OUTPUT_PART_H
#define COIL_FETCH_OUTPUT_PART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <coil/http.h>

#include "common/text.h"

struct part {
    char *etag;     /* NULL: none, or a weak one */
    char *modified; /* Last-Modified; NULL */
    int64_t total;  /* bytes of the whole body; -1: unknown */
};

void part_fini(struct part *part);

/* Whether it can be continued. */
bool part_has_validator(const struct part *part);

/*
 * Take from the head of a response with the whole body what is to be known later;
 * `size` is that of the body, or -1.  A response whose body was decoded has no
 * validator, as its ranges are those of the encoded body.  Returns 0; -ENOMEM, and
 * `part` is empty.
 */
int part_from_response(struct part *part,
                       const struct coil_http_header *headers, size_t count,
                       int64_t size, bool is_decoded);

/* Write it as a text, and read it again.  `url` is that of the input. */
void part_write(struct text *text, const struct part *part, const char *url);

/*
 * Returns 0; -EINVAL: it is cut short, or of another URL; -ENOMEM.  After an error
 * `part` is empty.
 */
int part_read(struct part *part, const char *bytes, size_t size,
              const char *url);

/* What is to be done with a response to a request for the rest. */
enum part_verdict {
    PART_ANEW,  /* this is the whole body: begin again with it */
    PART_REST,  /* this is what is missing */
    PART_WHOLE, /* nothing is missing */
    PART_AGAIN, /* this is of no use: ask for the whole body */
};

/*
 * `have` bytes are there, and the rest was asked for.  `status` is 2xx, 412 or
 * 416.
 */
enum part_verdict part_judge(const struct part *part, int64_t have, int status,
                             const struct coil_http_header *headers,
                             size_t count);

#endif
