/* SPDX-License-Identifier: MIT */
/*
 * record.h - a line of JSON that tells what became of a URL
 *
 * docs/coil-fetch.schema.json describes it.  The schema has a version, which is the
 * field "v": a field may be added in a version, and no field is taken away or
 * means something else.
 */
#ifndef COIL_FETCH_OUTPUT_RECORD_H
#define COIL_FETCH_OUTPUT_RECORD_H

#include "common/text.h"
#include "job/outcome.h"

enum { RECORD_VERSION = 1 };

struct record_options {
    bool has_headers; /* the response's headers */
    bool has_body;    /* outcome->body, as text or base64, if it is there */
    bool has_links;
};

/*
 * Add the outcome's record, with the end of its line.  Lack of memory is noted in
 * `text->has_failed`.
 */
void record_write(struct text *text, const struct outcome *outcome,
                  const struct record_options *options);

#endif
