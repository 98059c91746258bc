/* SPDX-License-Identifier: MIT */
/* httpbin_inside_test.h - what the programs httpbin_inside and httpbin_inside_failures share */
#ifndef COIL_TESTS_HTTPBIN_INSIDE_TEST_H
#define COIL_TESTS_HTTPBIN_INSIDE_TEST_H

#undef main
#undef malloc
#undef calloc
#undef realloc
#undef strdup
#undef printf
#undef coil_loop_add_signal_handler

#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>

#include <coil/http_server.h>

#include "child.h"
#include "http_server_test.h"
#include "request.h"

void *faulty_malloc(size_t size);

void *faulty_calloc(size_t count, size_t size);

void *faulty_realloc(void *old, size_t size);

char *faulty_strdup(const char *text);

int faulty_printf(const char *format, ...);

int faulty_coil_loop_add_signal_handler(struct coil_loop *loop,
                                        struct coil_signal_handler *handler,
                                        int number, coil_callback_fn fn,
                                        void *arg);

/* ---- what fails ----------------------------------------------------------- */

static size_t failing; /* the n-th allocation; 0: none */
static size_t allocations;

static inline bool is_short(void)
{
    return ++allocations == failing;
}

void *faulty_malloc(size_t size)
{
    return is_short() ? NULL : malloc(size);
}

void *faulty_calloc(size_t count, size_t size)
{
    return is_short() ? NULL : calloc(count, size);
}

void *faulty_realloc(void *old, size_t size)
{
    return is_short() ? NULL : realloc(old, size);
}

char *faulty_strdup(const char *string)
{
    return is_short() ? NULL : strdup(string);
}

/* ---- a server and its clients --------------------------------------------- */

static struct httpbin httpbin;

static inline void begin_at(const char *host, coil_time latency)
{
    watch_reports();
    httpbin = (struct httpbin){ .latency = latency };
    bind_routes(&httpbin);
    ASSERT_EQ(coil_http_server_new(&server, NULL), 0);
    ASSERT_EQ(add_routes(server), 0);
    ASSERT_EQ(coil_http_server_listen(server, host, 0), 0);
    ASSERT_EQ(coil_http_server_address(server, &address), 0);
    serving = start(serve, server);
}

static inline void begin(void)
{
    begin_at("127.0.0.1", 0);
}

/* The text where there is no answer: "". */
static inline const char *try_to_ask(const char *request)
{
    static char answer[64 * 1024];
    struct coil_stream *s;
    size_t got = 0;
    ptrdiff_t n;
    int rc;

    answer[0] = '\0';
    rc = coil_tcp_connect_address(&s, &address);
    if (rc < 0)
        return answer;
    rc = coil_stream_write(s, request, strlen(request));
    if (rc == 0)
        rc = coil_stream_shutdown(s);
    if (rc == 0) {
        do {
            n = coil_stream_read(s, answer + got, sizeof answer - 1 - got);
            if (n > 0)
                got += (size_t)n;
        } while (n > 0 && got < sizeof answer - 1);
    }
    answer[got] = '\0';
    coil_stream_abort(s);
    drop_dates(answer);
    return answer;
}

static inline const char *post(const char *type, const char *bytes, size_t size)
{
    static char request[8192];
    int length = snprintf(request, sizeof request,
                          "POST /post HTTP/1.1\r\n" HOST CLOSE
                          "Content-Type: %s\r\nContent-Length: %zu\r\n\r\n",
                          type, size);

    ASSERT_LT((size_t)length + size, sizeof request);
    memcpy(request + length, bytes, size);
    return ask_bytes(request, (size_t)length + size);
}

/* ---- what it refuses ------------------------------------------------------ */

static const struct question {
    const char *target;
    int status;
    const char *text;
} questions[] = {
    { "/", 200, "GET     /get\n" },
    { "/", 200, "any     /fault/{}/*\n" },
    { "/nothing", 404, "" },
    { "/post", 405, "" },
    { "/fault/none/", 404, "There is no such fault.\n" },
    { "/status/299", 299, "" },
    { "/status/301", 301, "Location: /redirect/1\r\n" },
    { "/status/407", 407, "Proxy-Authenticate: Basic realm=" },
    { "/status/199", 400, "Invalid status code\n" },
    { "/status/600", 400, "Invalid status code\n" },
    { "/status/2x0", 400, "Invalid status code\n" },
    { "/status/-20", 400, "Invalid status code\n" },
    { "/status/4294967496", 400, "Invalid status code\n" },
    { "/status/00000000200", 400, "Invalid status code\n" },
    { "/status/%20", 400, "Invalid status code\n" },
    { "/redirect/x", 400, "N must be a number from 1\n" },
    { "/redirect/0", 400, "N must be a number from 1\n" },
    { "/bytes/x", 400, "N must be a number\n" },
    { "/bytes/0", 200, "Content-Length: 0\r\n" },
    { "/stream/x", 400, "N must be a number\n" },
    { "/delay/x", 400, "Not a number of seconds\n" },
    { "/delay/1x", 400, "Not a number of seconds\n" },
    { "/delay/-1", 400, "Not a number of seconds\n" },
    { "/delay/nan", 400, "Not a number of seconds\n" },
    { "/drip?duration=x", 400, "Not a number of seconds\n" },
    { "/drip?delay=", 400, "Not a number of seconds\n" },
    { "/drip?numbytes=x", 400, "number of bytes must be positive\n" },
    { "/drip?numbytes=", 400, "number of bytes must be positive\n" },
    { "/drip?numbytes=0", 400, "number of bytes must be positive\n" },
    { "/drip?code=x", 400, "Invalid status code\n" },
    { "/drip?code=199", 400, "Invalid status code\n" },
    { "/drip?code=600", 400, "Invalid status code\n" },
    { "/redirect-to", 400, "The argument url is missing\n" },
    { "/redirect-to?url=a%0Ab", 400, "Not a URL\n" },
    { "/redirect-to?url=http://x/&status_code=x", 400,
      "Invalid status code\n" },
    { "/redirect-to?url=http://x/%3Fa", 302, "Location: http://x/?a\r\n" },
    { "/redirect-to?url=/b&status_code=307", 307, "Location: /b\r\n" },
    { "/redirect-to?url=/b&status_code=200", 302, "Location: /b\r\n" },
    { "/redirect-to?url=/b&status_code=400", 302, "Location: /b\r\n" },
    { "/range/x", 404, "in the range (0, 102400]\n" },
    { "/range/0", 404, "in the range (0, 102400]\n" },
    { "/range/102401", 404, "in the range (0, 102400]\n" },
    { "/range/9?duration=x", 400, "Not a number of seconds\n" },
    { "/range/9?chunk_size=x", 400, "chunk_size must be positive\n" },
    { "/range/9?chunk_size=0", 400, "chunk_size must be positive\n" },
    { "/etag/a%20b", 400, "This cannot be an ETag\n" },
    { "/etag/a%22b", 400, "This cannot be an ETag\n" },
    { "/etag/a%2Cb", 400, "This cannot be an ETag\n" },
    { "/etag/a%7F", 400, "This cannot be an ETag\n" },
    { "/etag/a", 200, "ETag: \"a\"\r\n" },
    { "/cache", 200, "Last-Modified: " },
    { "/cache/x", 400, "N must be a number\n" },
    { "/cache/60", 200, "Cache-Control: public, max-age=60\r\n" },
    { "/cookies", 200, "{\"cookies\":{}}\n" },
    { "/cookies/set", 302, "Location: /cookies\r\n" },
    { "/cookies/set?a=b&c=", 302, "Set-Cookie: a=b; Path=/\r\n" },
    { "/cookies/set?a=b&c=", 302, "Set-Cookie: c=; Path=/\r\n" },
    { "/cookies/set/a/b", 302, "Set-Cookie: a=b; Path=/\r\n" },
    { "/cookies/set?a=b%3Bc", 400, "This cannot be a cookie\n" },
    { "/cookies/set?a=b%0Ac", 400, "This cannot be a cookie\n" },
    { "/cookies/set?a=b&c%3D=d", 400, "This cannot be a cookie\n" },
    { "/cookies/set?a=%7F", 400, "This cannot be a cookie\n" },
    { "/cookies/set?=b", 400, "This cannot be a cookie\n" },
    { "/cookies/delete?a", 302,
      "Set-Cookie: a=; Expires=Thu, 01 Jan 1970 "
      "00:00:00 GMT; Max-Age=0; Path=/\r\n" },
    { "/basic-auth/a/b", 401,
      "WWW-Authenticate: Basic realm=\"Fake Realm\"\r\n" },
    { "/basic-auth/a:b/c", 401, "" },
    { "/hidden-basic-auth/a/b", 404, "" },
    { "/bearer", 401, "WWW-Authenticate: Bearer\r\n" },
    { "/sse?count=0", 400, "count must be from 1 to 100\n" },
    { "/sse?count=x", 400, "count must be from 1 to 100\n" },
    { "/sse?count=101", 400, "count must be from 1 to 100\n" },
    { "/sse?duration=x", 400, "Not a number of seconds\n" },
    { "/sse?delay=x", 400, "Not a number of seconds\n" },
    { "/inflight", 200, "{\"inflight\":" },
};

/* ---- bodies --------------------------------------------------------------- */

static const struct form {
    const char *type;
    const char *bytes;
    const char *text;
} forms[] = {
    /* UTF-8, and text that only looks like it. */
    { "a/b", "\xc3\xa9", "\"data\":\"\\u00E9\"" },
    { "a/b", "\xe2\x82\xac", "\"data\":\"\\u20AC\"" },
    { "a/b", "\xf0\x9f\x98\x80", "\"data\":\"\\uD83D\\uDE00\"" },
    { "a/b", "\xf4\x8f\xbf\xbf", "\"data\":\"\\uDBFF\\uDFFF\"" },
    { "a/b", "\xe2\x82", "\"data\":\"data:application/octet-stream;base64," },
    { "a/b", "\xc3(", "base64,wyg=\"" },
    { "a/b", "\xe0\x9f\xbf", "base64,4J+/\"" },
    { "a/b", "\xed\xa0\x80", "base64,7aCA\"" },
    { "a/b", "\xed\x9f\xbf", "\"data\":\"\\uD7FF\"" },
    { "a/b", "\xee\x80\x80", "\"data\":\"\\uE000\"" },
    { "a/b", "\xf0\x8f\xbf\xbf", "base64," },
    { "a/b", "\xf4\x90\x80\x80", "base64," },
    { "a/b", "\xf5\x80\x80\x80", "base64," },
    { "a/b", "\xc1\xbf", "base64," },
    { "a/b", "\x80", "base64," },
    /* a=1&b=2 */
    { "application/x-www-form-urlencoded", "a=%4a%4A%aF%g0%0g",
      "{\"a\":\"JJ\\uFFFD%g0%0g\"}" },
    { "application/x-www-form-urlencoded", "a=%/0%:0%@0%G0%`0",
      "{\"a\":\"%/0%:0%@0%G0%`0\"}" },
    /* Parts. */
    { "multipart/form-data", "x", "\"form\":{}" },
    { "multipart/form-data; boundary=", "x", "\"form\":{}" },
    { "multipart/form-data; boundary", "x", "\"form\":{}" },
    { "multipart/form-data; boundary=\"b", "x", "\"form\":{}" },
    { "multipart/form-data; a; boundary=b", "--c\r\n", "\"form\":{}" },
    { "multipart/form-data; boundary=b", "--b", "\"form\":{}" },
    { "multipart/form-data; boundary=b", "--b\r\nA: b\r\n", "\"form\":{}" },
    { "multipart/form-data; boundary=b", "--b\r\nA: b\r\n\r\nc",
      "\"form\":{}" },
    { "multipart/form-data; boundary=b",
      "--b\r\nA: b\r\n\r\nc\r\n--b\r\n"
      "Content-Disposition: form-data\r\n\r\nc\r\n--b--\r\n",
      "\"form\":{}" },
    { "multipart/form-data; boundary=b c",
      "--b\r\ncontent-disposition:form-data;xame=j;\tname=k ;x=y\r\n\r\nv\r\n--b--",
      "\"form\":{\"k\":\"v\"}" },
    { "multipart/form-data;  BOUNDARY=b; c=d",
      "--b\r\nX: y\r\nContent-Dispositiox: z\r\n"
      "Content-Disposition:   form-data; "
      "filename=\"f\"; name=k\r\n\r\nv\r\n--b\r\n"
      "Content-Disposition: form-data; name=k; filename=\r\n"
      "Content-Type: a\r\n\r\n\xff\r\n--b--",
      "\"files\":{\"k\":[\"v\",\"data:a;base64,/w==\"]}" },
    { "multipart/form-data; boundary=b",
      "--b\r\nContent-Disposition: form-data; nam=j; name =k; name=\"l\r\n\r\n"
      "v\r\n--b--",
      "\"form\":{}" },
    { "multipart/form-data; boundary=b",
      "--b\r\nContent-Disposition: form-data; name=\r\n\r\nv\r\n--b--",
      "\"form\":{\"\":\"v\"}" },
    { "multipart/form-data; boundary=b",
      "--b\r\nContent-Disposition:\r\n\r\nv\r\n--b--", "\"form\":{}" },
    { "multipart/form-data; boundary=b",
      "--b\r\nContent-Disposition: form-data; \r\n\r\nv\r\n--b--",
      "\"form\":{}" },
    { "multipart/form-data; boundary=b",
      "--b\r\nContent-Disposition: form-data; name=k; filename=f\r\n"
      "Content-Type: \xff\r\n\r\n\xff\r\n--b--",
      "\"files\":{\"k\":\"data:application/octet-stream;base64,/w==\"}" },
    { "multipart/form-data; boundary=b",
      "--b\r\nContent-Disposition: form-data; name=k; filename=f\r\n"
      "Content-Type: "
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      "bbbb\r\n\r\n\xff\r\n--b--",
      "aaaa;base64,/w==\"" },
    { "multipart/form-data; boundary="
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
      "x", "\"form\":{}" },
};

/* ---- failures ------------------------------------------------------------- */

#define GET(target) "GET " target " HTTP/1.1\r\n" HOST CLOSE "\r\n"

/* ---- the program ---------------------------------------------------------- */

static bool is_early; /* the signal comes before it listens */
static bool was_early;
static bool refuses_signals;

/* It is told to stop as soon as it says that it listens. */
int faulty_printf(const char *format, ...)
{
    va_list args;
    int n;

    va_start(args, format);
    n = vprintf(format, args);
    va_end(args);
    fflush(stdout);
    if (!was_early)
        raise(SIGTERM);
    return n;
}

int faulty_coil_loop_add_signal_handler(struct coil_loop *loop,
                                        struct coil_signal_handler *handler,
                                        int number, coil_callback_fn fn,
                                        void *arg)
{
    if (refuses_signals)
        return -ENOMEM;
    if (is_early && !was_early)
        raise(SIGTERM);
    was_early = is_early;
    return coil_loop_add_signal_handler(loop, handler, number, fn, arg);
}

#endif
