/* SPDX-License-Identifier: MIT */
/*
 * warc_head.h - the heads of records, and of the messages in them
 *
 * A message is written as HTTP/1.1, also when it came by HTTP/2, whose binary form
 * no reader of archives knows; then the record has "WARC-Protocol: h2", as those of
 * Common Crawl have.  A response's header lines stand in the order and case in which
 * they came.  Its body stands as the server has encoded it, but without chunks, as the
 * client has taken them off; so the line Transfer-Encoding is called
 * X-Orig-Transfer-Encoding, as browsertrix does it.  With its own name, readers would
 * look for chunks, and some fail where there are none.
 */
#ifndef COIL_FETCH_OUTPUT_WARC_HEAD_H
#define COIL_FETCH_OUTPUT_WARC_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <coil/http.h>

#include "common/text.h"
#include "output/warc_digest.h"

/* "<urn:uuid:…>" and a NUL. */
enum { WARC_ID_SIZE = 47 + 1 };

/* Random bytes for identifiers; zeroed, it has none. */
struct warc_ids {
    unsigned char bytes[512];
    size_t left;
};

/* A new identifier, random (RFC 9562, version 4).  0; an error of getrandom(). */
int warc_id_make(struct warc_ids *ids, char out[WARC_ID_SIZE]);

/* "2026-11-29T10:44:27.123456Z" and a NUL. */
enum { WARC_DATE_SIZE = 27 + 1 };
void warc_date_write(char out[WARC_DATE_SIZE], int64_t unix_us);

/*
 * The URL as a record names it: without fragment, user and password; what may not
 * stand in a URL as %XX.
 */
void warc_uri_add(struct text *text, const char *url);

/* ---- messages ---------------------------------------------------------------------- */

struct warc_message {
    enum coil_http_version version;
    const char *method; /* of a request */
    const char *url;
    int status; /* of a response */
    const char *reason;
    const struct coil_http_header *headers;
    size_t header_count;
};

/* Start line, lines, and the empty one. */
void warc_request_add(struct text *text, const struct warc_message *request);
void warc_response_add(struct text *text, const struct warc_message *response);

/* ---- records ----------------------------------------------------------------------- */

/* What a record's head says; NULL, "" and 0: the line is left out. */
struct warc_record {
    const char *type;
    const char *id;
    const char *date;
    const char *filename;
    const char *uri;
    const char *address;
    const char *concurrent_to;
    const char *profile;
    const char *refers_to_uri;
    const char *refers_to_date;
    const char *truncated;
    bool is_http2;
    const char *content_type;
    const char *payload_digest;
    const char *block_digest;
    uint64_t length; /* always said */
};

void warc_record_add(struct text *text, const struct warc_record *record);

#endif
