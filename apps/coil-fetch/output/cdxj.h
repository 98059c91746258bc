/* SPDX-License-Identifier: MIT */
/*
 * cdxj.h - one line of an index of archives
 *
 *     com,example)/a?b=1 20261129104427 {"url":"https://www.example.com/A?b=1",
 *     "mime":"text/html","status":"200","digest":"sha1:…","length":"1043",
 *     "offset":"333","filename":"x.warc.gz","date":"2026-11-29T10:44:27.123456Z"}
 *
 * (on one line) as pywb, cdxj-indexer and replayweb.page read them.  "date" is
 * WARC-Date, and "truncated" is there if the payload is not whole; both are for the
 * revisit records of later runs.
 */
#ifndef COIL_FETCH_OUTPUT_CDXJ_H
#define COIL_FETCH_OUTPUT_CDXJ_H

#include <stddef.h>
#include <stdint.h>

#include "common/text.h"

struct cdxj_entry {
    const char *url;
    const char *date;   /* as warc_date_write() has it */
    const char *method; /* left out if it is GET, or NULL */
    const char
        *mime; /* Content-Type, of which the parameters are left out; NULL */
    int status;
    const char *digest;
    uint64_t length;
    uint64_t offset;
    const char *filename;
    const char *truncated; /* why the payload is not whole; NULL */
};

/* A line with its "\n". */
void cdxj_add(struct text *text, const struct cdxj_entry *entry);

/* A line that was read: strings to be freed with cdxj_found_fini(). */
struct cdxj_found {
    char *url;
    char *date; /* in the form of WARC-Date, with less digits perhaps */
    char *digest;
};

/*
 * Read a line.  Returns 0; -EBADMSG: it has not all of these; -ENOMEM.
 */
int cdxj_read(struct cdxj_found *out, const char *line, size_t size);

void cdxj_found_fini(struct cdxj_found *found);

#endif
