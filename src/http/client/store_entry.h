/* SPDX-License-Identifier: MIT */
/*
 * http/client/store_entry.h - a response that is kept (http_store.h)
 */
#ifndef COIL_HTTP_CLIENT_STORE_ENTRY_H
#define COIL_HTTP_CLIENT_STORE_ENTRY_H

#include <coil/http_request.h>
#include <coil/http_response.h>
#include <coil/list.h>

#include "http/client/http_response.h"

enum { COIL__HTTP_MAX_VARY = 8 };

/* One piece of memory.  A request that uses an entry has a reference. */
struct coil__http_entry {
    struct coil_link link;
    unsigned refs;
    size_t size; /* of it all */
    const char *url;
    struct coil_http_header *headers;
    size_t header_count;
    const char *etag;     /* one of the headers, or NULL */
    const char *modified; /* the same */
    const char *body;
    size_t body_size;
    bool is_encoded; /* the body is as it came */
    /* The headers that Vary names, as the request had them; "": it had not. */
    struct coil_http_header vary[COIL__HTTP_MAX_VARY];
    size_t vary_count;
};

/* Whether a response to such a request may be kept. */
bool coil__http_may_keep(const struct coil_http_request *request,
                         const struct coil_http_response *response,
                         bool has_cookies);

/*
 * Copy a response that may be kept.  `*out` has one reference.  Returns 0;
 * -ENOMEM.
 */
int coil__http_entry_new(struct coil__http_entry **out,
                         const struct coil_http_request *request,
                         const struct coil_http_response *response);
void coil__http_entry_release(struct coil__http_entry *entry);

/* Whether the entry answers such a request. */
bool coil__http_entry_fits(const struct coil__http_entry *entry,
                           const struct coil_http_request *request);

/*
 * A response of its own, from the entry and what a 304 has said.  `*out` is
 * returned.  Returns 0; -ENOMEM.
 */
int coil__http_entry_respond(const struct coil__http_entry *entry,
                             const struct coil_http_response *fresh,
                             struct coil_http_response **out);

#endif
