/* SPDX-License-Identifier: MIT */
/*
 * coil/http.h - what HTTP clients and servers share: headers, methods, statuses
 *
 * HTTP is a library of its own, libcoil-http, for plain HTTP/1.0 and 1.1.
 * Incoming messages are parsed strictly.  A message is refused if it has a bare
 * line feed, two different lengths, both a length and a transfer coding, or a
 * coding other than "chunked".  The parser ignores blanks around values and
 * after the size of a chunk, and leading zeros of lengths and sizes.
 *
 * In a response, equal lengths ("2" twice, or "2, 2") count as one length, and
 * a folded header or trailer is read as one line, with a space in place of the
 * fold (RFC 9112, 5.2 and 6.3).  In a request both are refused, and so is a
 * list of codings: a proxy in front of the server may read them in another way,
 * and then a request could be smuggled past the proxy.
 *
 * A client can be asked to be lenient (coil/http_client.h), a server cannot.
 *
 * A message that is sent has exactly the lines that were asked for: names and
 * values are checked, and a bad one is refused instead of repaired.
 */
#ifndef COIL_HTTP_H
#define COIL_HTTP_H

#include <coil/base.h>
#include <coil/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The default limits on what is received.  The header size counts every byte of
 * the head, the start line included; the number of lines counts header fields.
 */
#define COIL_HTTP_MAX_HEADER_SIZE ((size_t)64 * 1024)
#define COIL_HTTP_MAX_HEADER_LINES ((size_t)128)
#define COIL_HTTP_MAX_BODY_SIZE ((size_t)64 * 1024 * 1024)

/* As a size or a rate of the options: there is no limit. */
#define COIL_HTTP_UNLIMITED ((size_t)-1)

/* The length of a body whose length is not known beforehand. */
#define COIL_HTTP_CHUNKED ((int64_t)-1)

/* By which version of HTTP a message came. */
enum coil_http_version {
    COIL_HTTP_1_0 = 10,
    COIL_HTTP_1_1 = 11,
    COIL_HTTP_2 = 20,
};

/* One header field. */
struct coil_http_header {
    const char *name;
    const char *value;
};

/*
 * The value of the first header called `name`, in any case, or NULL; it lives
 * as long as `headers`.
 */
COIL_API const char *
coil_http_find_header(const struct coil_http_header *headers, size_t count,
                      const char *name);

/* Whether `text` may be a header's name, or a method: an RFC 9110 token. */
COIL_API bool coil_http_is_token(const char *text) COIL_ANY_THREAD;

/*
 * Whether `text` may be a header's value: no control character but a tab, and
 * no space or tab at either end.
 */
COIL_API bool coil_http_is_value(const char *text) COIL_ANY_THREAD;

/* "Not Found" for 404; "" for a status without a name.  Static storage. */
COIL_API const char *coil_http_reason(int status) COIL_ANY_THREAD;

#ifdef __cplusplus
}
#endif

#endif
