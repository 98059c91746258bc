/* SPDX-License-Identifier: MIT */
/*
 * coil/http_watch.h - see what a client's requests are doing
 *
 *     static void note(void *arg, const struct coil_http_event *event)
 *     {
 *         printf("%s: %s\n", event->url, coil_http_moment_name(event->moment));
 *     }
 *     ...
 *     struct coil_http_report report;
 *     struct coil_http_request request = {
 *         .url = "http://localhost/", .watch = note, .report = &report
 *     };
 *
 * The function is called on the task that makes the request, or on a task of the
 * client's, at the moment itself.  It must not suspend, nor use the client.
 *
 * asyncio  aiohttp's TraceConfig.  libcurl: CURLINFO_…_TIME_T.
 */
#ifndef COIL_HTTP_WATCH_H
#define COIL_HTTP_WATCH_H

#include <coil/address.h>
#include <coil/base.h>
#include <coil/http.h>
#include <coil/time.h>

#ifdef __cplusplus
extern "C" {
#endif

enum coil_http_moment {
    COIL_HTTP_PLACED,     /* the request has its place among the connections */
    COIL_HTTP_RESOLVED,   /* its host's name has been looked up */
    COIL_HTTP_CONNECTED,  /* to `address`; an idle connection, or one of HTTP/2
                             that others use: `is_reused` */
    COIL_HTTP_SECURED,    /* TLS has begun */
    COIL_HTTP_SENT,       /* the whole request has been sent */
    COIL_HTTP_FIRST_BYTE, /* the head of the final response has come */
    COIL_HTTP_INTERIM,    /* a 1xx response: `status` and `headers` */
    COIL_HTTP_REDIRECTED, /* `status` has led to `url` */
    COIL_HTTP_REPEATED,   /* it will be sent once more, because of `error` or
                             `status` */
    COIL_HTTP_DONE,       /* with `error`, or 0: the body has been read */
};

/* What has happened.  All that it points to is valid during the call only. */
struct coil_http_event {
    enum coil_http_moment moment;
    coil_time at;
    const char *url;
    unsigned number; /* of requests that have been made for this one, 1 … */
    int error;
    int status;
    const struct coil_http_header *headers;
    size_t header_count;
    const struct coil_address *address;
    bool is_reused;
    enum coil_http_version version; /* of a response; else 0 */
};

typedef void (*coil_http_watch_fn)(void *arg,
                                   const struct coil_http_event *event);

/* "connected"; static storage. */
COIL_API const char *coil_http_moment_name(enum coil_http_moment moment)
    COIL_ANY_THREAD;

/*
 * What became of a request, whatever it returned.  The times are those of the
 * last request that was made for it; 0: it did not come to that.
 */
struct coil_http_report {
    bool was_sent; /* see coil_http_was_sent() */
    bool is_reused;
    unsigned requests; /* that were made: redirects and repeats included */
    coil_time began;   /* when coil_http_request() was called */
    coil_time placed;
    coil_time resolved;
    coil_time connected;
    coil_time secured;
    coil_time sent;
    coil_time first_byte;
    coil_time done;                 /* 0 after coil_http_open() */
    enum coil_http_version version; /* of the response; 0: there is none */
};

/*
 * Whether a request that failed can have been acted on: some of it has been
 * given to a connection, and no response says what became of it.  If not, it
 * can be made again without harm, whatever its method.
 */
COIL_API bool coil_http_was_sent(const struct coil_http_report *report);

#ifdef __cplusplus
}
#endif

#endif
