/* SPDX-License-Identifier: MIT */
/*
 * coil/http_response.h - what a server has answered
 *
 * coil/http_client.h includes this header.
 */
#ifndef COIL_HTTP_RESPONSE_H
#define COIL_HTTP_RESPONSE_H

#include <coil/base.h>
#include <coil/http.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A redirect that was followed: what was asked for, and its status. */
struct coil_http_hop {
    const char *url;
    int status;
};

/*
 * A response.  Names and values of headers are NUL-terminated; in HTTP/2 names are
 * in lower case.
 */
struct coil_http_response {
    int status;
    /* As the server put it; may be "".  HTTP/2 has none: coil_http_reason(). */
    const char *reason;
    const struct coil_http_header *headers;
    size_t header_count;
    /*
     * The body with a NUL behind it, which is not counted; "" if there is none,
     * or if it is still to be read with coil_http_read().
     */
    const char *body;
    size_t body_size;
    /*
     * The length of the body as the server announced it, compressed if it is;
     * -1: it did not.
     */
    int64_t content_length;
    /*
     * The redirects that led here, oldest first, and the URL that has answered:
     * the request's, if there were none.
     */
    const struct coil_http_hop *hops;
    size_t hop_count;
    const char *url;
    /*
     * What the server has said behind a body (in HTTP/1.1: in chunks), once that has been read
     * to its end; never a part of the headers.  Fields that say how a message is
     * read, who sends it or what its status means are left out (RFC 9110,
     * 6.5.1).  coil_http_find_header() finds one.
     */
    const struct coil_http_header *trailers;
    size_t trailer_count;
    enum coil_http_version version;
};

/*
 * Read what there is of the body, at least one byte and at most `size`.
 *
 * Returns how many bytes were read; 0 at the end of the body, and if `size` is
 * 0; else
 *   -ECANCELED  nothing was consumed: reading may go on
 *   -ECONNRESET, -ETIMEDOUT …  the connection broke
 *   COIL_EHTTP_MALFORMED, COIL_EHTTP_TRUNCATED  the response is broken
 *   COIL_EHTTP_BAD_CODING, COIL_EHTTP_BOMB, -ENOMEM  what is compressed is
 *               broken, or becomes too large
 *   COIL_EHTTP_IDLE_TIMEOUT  nothing came within the idle_limit
 *   -EBADF      the response was closed before its end
 * An error is final, except for -ECANCELED.  There is no limit on the size.
 */
COIL_API ptrdiff_t coil_http_read(struct coil_http_response *response,
                                  void *buffer, size_t size) COIL_SUSPENDS;

/*
 * Give up the connection: it is kept for later requests if the body was read to
 * its end, else closed.  One of HTTP/2 is kept in any case, and the server is told
 * to send no more.  What `response` points to stays readable.
 */
COIL_API void coil_http_response_close(struct coil_http_response *response);

/* Close and free the response; NULL is allowed. */
COIL_API void coil_http_response_free(struct coil_http_response *response);

/* The value of the first header called `name`, in any case, or NULL. */
COIL_API const char *
coil_http_response_header(const struct coil_http_response *response,
                          const char *name);

#ifdef __cplusplus
}
#endif

#endif
