/* SPDX-License-Identifier: MIT */
/*
 * coil/http_access_log.h - one line for each request
 *
 *     struct coil_http_access_log *log;
 *
 *     rc = coil_http_access_log_new(&log, STDOUT_FILENO, NULL);
 *     if (rc == 0)
 *         rc = coil_http_router_use(coil_http_server_router(server),
 *                                   coil_http_access_log, log);
 *
 * A line is written when the handler has returned.  The loop never waits for the
 * disk or for who reads the log: lines are kept in memory, and a thread writes
 * them.  While there is no room for a line, lines are dropped and counted, and the
 * log says how many as soon as it can.
 */
#ifndef COIL_HTTP_ACCESS_LOG_H
#define COIL_HTTP_ACCESS_LOG_H

#include <coil/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct coil_http_access_log;
struct coil_http_exchange;

enum coil_http_access_log_format {
    /*
     * The "combined" format of Apache and nginx, and the milliseconds that the
     * answer took:
     * 127.0.0.1 - - [28/Nov/2026:18:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "-" 3
     */
    COIL_HTTP_LOG_COMBINED,
    /* One JSON object a line. */
    COIL_HTTP_LOG_JSON,
};

/* How to make a log.  Zeroed is the default of everything. */
struct coil_http_access_log_options {
    enum coil_http_access_log_format format;
    size_t max_buffered; /* bytes of lines that are not written; 0: 1 MiB */
};

/*
 * Make a log that is written to the descriptor `fd`, which stays open until the
 * log is freed.  `options` may be NULL.  Returns 0; -ENOMEM; -EAGAIN: there can be
 * no thread.
 */
COIL_API int
coil_http_access_log_new(struct coil_http_access_log **out, int fd,
                         const struct coil_http_access_log_options *options)
    COIL_MUST_CHECK;

/* A middleware.  `log` is a struct coil_http_access_log. */
COIL_API int coil_http_access_log(struct coil_http_exchange *exchange,
                                  void *log) COIL_SUSPENDS;

/* How many lines have been dropped. */
COIL_API size_t
coil_http_access_log_dropped(const struct coil_http_access_log *log);

/*
 * Write what is kept, which may take as long as `fd` takes, and free the log.
 * NULL is allowed.
 */
COIL_API void coil_http_access_log_free(struct coil_http_access_log *log);

#ifdef __cplusplus
}
#endif

#endif
