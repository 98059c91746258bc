/* SPDX-License-Identifier: MIT */
/*
 * fetch.h - ask an httpbin to echo a number, for semaphore.c and prioqueue.c
 *
 * The tasks of these programs share one fetcher: an HTTP client, the address of
 * the server, and what went wrong first.  That is the one line the program
 * prints; the failures that follow from it are not worth another.
 */
#ifndef EXAMPLES_COMMON_FETCH_H
#define EXAMPLES_COMMON_FETCH_H

#include <coil.h>
#include <coil/http_client.h>

struct fetcher {
    const char *program;
    const char *base; /* "http://127.0.0.1:8080" */
    coil_time limit;  /* for each request */
    struct coil_http_client *client;
    char failure[1024];
};

/*
 * The server is argv[1], else what COIL_HTTPBIN says, else the one that
 * coil-httpbin is by default.  COIL_TIMEOUT says how many seconds a request may
 * take, instead of 10.
 */
void fetcher_init(struct fetcher *fetcher, int argc, char **argv);

/* Begin and end fetching; both inside coil_run(). */
int fetcher_open(struct fetcher *fetcher);
void fetcher_close(struct fetcher *fetcher);

/*
 * GET /get?a=N and store args.a of the JSON that comes back, for the caller to
 * free(), in `*value`.  Returns 0 or an error.
 */
COIL_SUSPENDS int fetch_number(struct fetcher *fetcher, int n, char **value);

/*
 * The exit status for `rc`, which coil_run() returned: coil_run_status(), but
 * that the line it prints says which request failed.
 */
int fetcher_status(const struct fetcher *fetcher, int rc);

#endif
