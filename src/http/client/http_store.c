/* SPDX-License-Identifier: MIT */
#include <coil/http_store.h>

#include <string.h>

#include <coil/http_client.h>
#include <coil/sleep.h>

#include "base/list.h"
#include "base/memory.h"
#include "base/platform.h"
#include "http/client/http_client.h"
#include "http/client/store_entry.h"
#include "http/wire/defaults.h"
#include "http/wire/text.h"

enum {
    MAX_ENTRIES = 1000,
    MAX_SIZE = 16 * 1024 * 1024,
    MAX_BODY = 1024 * 1024,
    NOT_MODIFIED = 304,
};

struct coil_http_store {
    struct coil_http_store_options limits;
    struct coil_list entries; /* the one used last first */
    size_t count;
    size_t size;
};

int coil_http_store_new(struct coil_http_store **out,
                        const struct coil_http_store_options *options)
{
    static const struct coil_http_store_options none = { 0 };
    const struct coil_http_store_options *o = options ? options : &none;
    struct coil_http_store *store = coil__alloc(sizeof *store);

    *out = store;
    if (!store)
        return -ENOMEM;
    store->limits = (struct coil_http_store_options){
        .max_entries = coil__http_size_or(o->max_entries, MAX_ENTRIES),
        .max_size = coil__http_size_or(o->max_size, MAX_SIZE),
        .max_body = coil__http_size_or(o->max_body, MAX_BODY),
    };
    return 0;
}

static struct coil__http_entry *entry_of(struct coil_link *link)
{
    return link ? coil__container_of(link, struct coil__http_entry, link)
                : NULL;
}

static void forget(struct coil_http_store *store, struct coil__http_entry *e)
{
    coil__list_remove(&store->entries, &e->link);
    store->count--;
    store->size -= e->size;
    coil__http_entry_release(e);
}

void coil_http_store_clear(struct coil_http_store *store)
{
    while (store->entries.head)
        forget(store, entry_of(store->entries.head));
}

void coil_http_store_free(struct coil_http_store *store)
{
    if (!store)
        return;
    coil_http_store_clear(store);
    coil__free(store);
}

size_t coil_http_store_entries(const struct coil_http_store *store)
{
    return store->count;
}

size_t coil_http_store_size(const struct coil_http_store *store)
{
    return store->size;
}

/* ---- what is kept ----------------------------------------------------- */

/* Forget what is kept of the request's URL; all of it, or what fits only. */
static void forget_url(struct coil_http_store *store,
                       const struct coil_http_request *request, bool all)
{
    struct coil__http_entry *e = entry_of(store->entries.head);

    while (e) {
        struct coil__http_entry *next = entry_of(e->link.next);

        if (all ? strcmp(e->url, request->url) == 0
                : coil__http_entry_fits(e, request))
            forget(store, e);
        e = next;
    }
}

static struct coil__http_entry *look_up(struct coil_http_store *store,
                                        const struct coil_http_request *request)
{
    struct coil__http_entry *e = entry_of(store->entries.head);

    while (e && !coil__http_entry_fits(e, request))
        e = entry_of(e->link.next);
    return e;
}

/* The entry becomes the one used last. */
static void touch(struct coil_http_store *store, struct coil__http_entry *e)
{
    coil__list_remove(&store->entries, &e->link);
    coil__list_prepend(&store->entries, &e->link);
}

/* Keep the response if it may be kept, instead of what was kept before. */
static void keep(struct coil_http_store *store, bool has_cookies,
                 const struct coil_http_request *request,
                 const struct coil_http_response *response)
{
    struct coil__http_entry *e;

    forget_url(store, request, false);
    if (response->body_size > store->limits.max_body ||
        !coil__http_may_keep(request, response, has_cookies) ||
        coil__http_entry_new(&e, request, response) < 0)
        return;
    coil__list_prepend(&store->entries, &e->link);
    store->count++;
    store->size += e->size;
    while (store->count > store->limits.max_entries ||
           store->size > store->limits.max_size)
        forget(store, entry_of(store->entries.tail));
}

/* ---- requests --------------------------------------------------------- */

static bool is_method(const struct coil_http_request *request, const char *name)
{
    return strcmp(request->method ? request->method : "GET", name) == 0;
}

/* Whether a request may change something on the server. */
static bool is_unsafe(const struct coil_http_request *request)
{
    return !is_method(request, "GET") && !is_method(request, "HEAD") &&
           !is_method(request, "OPTIONS") && !is_method(request, "TRACE");
}

/* Whether the store has to do with a request at all. */
static bool is_plain(const struct coil_http_request *request)
{
    if (!is_method(request, "GET") || request->body_size > 0 || request->source)
        return false;
    for (size_t i = 0; i < request->header_count; i++) {
        const char *name = request->headers[i].name;

        if (coil__http_equal(name, "Authorization") ||
            coil__http_equal(name, "Range") ||
            (strlen(name) > 3 && coil__http_equal_n(name, "If-", 3)))
            return false;
    }
    return true;
}

/* Ask whether an entry is still right. */
static int ask(struct coil_http_client *client,
               const struct coil_http_request *request,
               const struct coil__http_entry *e,
               struct coil_http_response **response)
{
    struct coil_http_request with = *request;
    struct coil_http_header *headers =
        coil__alloc((request->header_count + 2) * sizeof *headers);
    int rc;

    *response = NULL;
    if (!headers)
        return -ENOMEM;
    if (request->header_count > 0)
        memcpy(headers, request->headers,
               request->header_count * sizeof *headers);
    if (e->etag)
        headers[with.header_count++] =
            (struct coil_http_header){ "If-None-Match", e->etag };
    if (e->modified)
        headers[with.header_count++] =
            (struct coil_http_header){ "If-Modified-Since", e->modified };
    with.headers = headers;
    rc = coil_http_request(client, &with, response);
    coil__free(headers);
    return rc;
}

/* Returns 1: the entry is of no use, and the request is to be made without it. */
static int request_with(struct coil_http_store *store,
                        struct coil_http_client *client,
                        const struct coil_http_request *request,
                        struct coil__http_entry *e,
                        struct coil_http_response **response)
{
    struct coil_http_response *fresh;
    int rc = ask(client, request, e, &fresh);

    if (rc < 0)
        return rc;
    if (fresh->status != NOT_MODIFIED) {
        if (fresh->status < 500)
            keep(store, client->cookies, request, fresh);
        *response = fresh;
        return 0;
    }
    /* Somebody else's 304 says nothing about the entry. */
    rc = 1;
    if (fresh->hop_count == 0)
        rc = coil__http_entry_respond(e, fresh, response);
    if (rc == 0 && look_up(store, request) == e)
        touch(store, e);
    coil_http_response_free(fresh);
    return rc;
}

static int request_plainly(struct coil_http_store *store,
                           struct coil_http_client *client,
                           const struct coil_http_request *request,
                           struct coil_http_response **response)
{
    int rc = coil_http_request(client, request, response);

    if (rc == 0)
        keep(store, client->cookies, request, *response);
    return rc;
}

int coil_http_store_request(struct coil_http_store *store,
                            struct coil_http_client *client,
                            const struct coil_http_request *request,
                            struct coil_http_response **response)
{
    struct coil__http_entry *e;
    int rc;

    *response = NULL;
    if (is_unsafe(request))
        forget_url(store, request, true);
    if (!is_plain(request))
        return coil__keep_frame(coil_http_request(client, request, response));
    e = look_up(store, request);
    if (!e)
        return request_plainly(store, client, request, response);
    e->refs++;
    rc = request_with(store, client, request, e, response);
    coil__http_entry_release(e);
    return rc == 1 ? request_plainly(store, client, request, response) : rc;
}
