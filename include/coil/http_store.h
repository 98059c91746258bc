/* SPDX-License-Identifier: MIT */
/*
 * coil/http_store.h - do not fetch again what has not changed
 *
 *     struct coil_http_store *store;
 *
 *     rc = coil_http_store_new(&store, NULL);
 *     ...
 *     rc = coil_http_store_request(store, client, &request, &response);
 *
 * A store keeps responses with an ETag or a Last-Modified.  The next request for
 * the same URL asks whether the response has changed (If-None-Match and
 * If-Modified-Since, RFC 9110, 13).  If not (304), the kept response is returned,
 * with the headers that the server has brought up to date.
 *
 * This is no cache: the server is asked each time, so an answer is never out of
 * date, and max-age does not matter.
 *
 * Kept      A response with the status 200 to a GET: whole, of at most max_body
 *           bytes, not through a redirect, without "no-store" in Cache-Control of
 *           the request or the response.  Of one with Vary, the request headers
 *           that it names must be the same; "Vary: *" is not kept, nor is "Vary:
 *           Cookie" of a client that has cookies.
 * Let pass  Requests that have Authorization, Range or an If-… header of their
 *           own, or a body, are made as if there were no store.  A request that
 *           may change something, such as POST, also forgets what is kept of its
 *           URL.
 * Limits    Beyond them, what was not used for longest is forgotten.
 * Threads   A store belongs to one thread; any number of tasks and clients can
 *           use it.  Who uses one store for several users of a server shows the
 *           pages of one to another only if the server says 304 to both.
 */
#ifndef COIL_HTTP_STORE_H
#define COIL_HTTP_STORE_H

#include <coil/base.h>
#include <coil/http.h>

#ifdef __cplusplus
extern "C" {
#endif

struct coil_http_client;
struct coil_http_request;
struct coil_http_response;
struct coil_http_store;

/* Zeroed is the default of everything. */
struct coil_http_store_options {
    size_t max_entries; /* 0: 1000 */
    size_t max_size;    /* bytes of all of it, headers included; 0: 16 MiB */
    size_t max_body;    /* bytes of one body; 0: 1 MiB */
};

/*
 * Make a store.  `options` may be NULL.  `*out` is returned: release it with
 * coil_http_store_free().  Returns 0; -ENOMEM.
 */
COIL_API int coil_http_store_new(struct coil_http_store **out,
                                 const struct coil_http_store_options *options)
    COIL_MUST_CHECK;

/* All its requests have ended.  NULL is allowed. */
COIL_API void coil_http_store_free(struct coil_http_store *store);

/* Forget all that is kept. */
COIL_API void coil_http_store_clear(struct coil_http_store *store);

/* How many responses are kept, and how many bytes they take. */
COIL_API size_t coil_http_store_entries(const struct coil_http_store *store);
COIL_API size_t coil_http_store_size(const struct coil_http_store *store);

/*
 * As coil_http_request().  A response that is kept is a copy: its status is 200,
 * and it is freed like any other.  Lack of memory to keep a response is no error.
 */
COIL_API int coil_http_store_request(struct coil_http_store *store,
                                     struct coil_http_client *client,
                                     const struct coil_http_request *request,
                                     struct coil_http_response **response)
    COIL_SUSPENDS;

#ifdef __cplusplus
}
#endif

#endif
