/* SPDX-License-Identifier: MIT */
/*
 * backoff.c - try again what has failed, after longer and longer pauses
 *
 *     backoff HOST PORT      connect, at most six times
 *
 * The pauses are up to 0.1 s, 0.2 s, 0.4 s and so on, and each is shortened by
 * chance: a thousand clients that fail together do not come back together.  Only what
 * may pass is tried again; a name that does not exist is an answer.  For HTTP there
 * is coil/http_retry.h.
 */
#include <stdio.h>
#include <stdlib.h>

#include <coil.h>

enum { TRIES = 6 };

static bool may_pass(int error)
{
    switch (error) {
    case -ECONNREFUSED:
    case -ECONNRESET:
    case -EHOSTUNREACH:
    case -ENETUNREACH:
    case -ETIMEDOUT:
        return true;
    default:
        return false;
    }
}

/* The time from now that the n-th pause takes. */
static coil_time choose_pause(int n)
{
    coil_time longest = (100 * COIL_MILLISECOND) << n;

    return longest / 2 + (coil_time)(drand48() * (double)longest / 2);
}

static int connect_patiently(struct coil_stream **out, char **argv)
{
    for (int n = 0;; n++) {
        struct coil_timeout limit;
        int rc = coil_timeout_begin(&limit, 2 * COIL_SECOND);

        if (rc < 0)
            return rc;
        rc = coil_tcp_connect(out, argv[1], (uint16_t)atoi(argv[2]));
        rc = coil_timeout_end(&limit, rc);
        if (rc == 0 || n + 1 == TRIES || !may_pass(rc))
            return rc;
        fprintf(stderr, "%s: %s; again\n", argv[1], coil_strerror(rc));
        rc = coil_sleep(choose_pause(n));
        if (rc < 0)
            return rc;
    }
}

static int start(void *argv)
{
    struct coil_stream *stream;
    int rc = connect_patiently(&stream, argv);

    if (rc < 0)
        return rc;
    printf("connected\n");
    return coil_stream_close(stream);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: backoff HOST PORT\n");
        return 2;
    }
    srand48(coil_now());
    return coil_run_status(coil_run(start, argv));
}
