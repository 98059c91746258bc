/* SPDX-License-Identifier: MIT */
/*
 * scan.c - which TCP ports of a host are open
 *
 *     scan HOST [FIRST [LAST]]       ports 1 to 65535, if nothing else is said
 *
 * 300 ports are tried at a time, each for a second at most.  Scan your own hosts
 * only.
 */
#include <stdio.h>
#include <stdlib.h>

#include <coil.h>

enum { WORKERS = 300 };

static const char *host;
static unsigned next_port = 1; /* tasks share a thread: no lock */
static unsigned last_port = UINT16_MAX;
static unsigned opened, closed, silent;

/* Returns 0, or why the scan cannot go on. */
static int try_port(unsigned port)
{
    struct coil_stream *stream = NULL;
    struct coil_timeout limit;
    int rc = coil_timeout_begin(&limit, COIL_SECOND);

    if (rc < 0)
        return rc;
    rc = coil_tcp_connect(&stream, host, (uint16_t)port);
    rc = coil_timeout_end(&limit, rc);
    coil_stream_abort(stream);
    if (rc == 0)
        printf("%u\n", port);
    opened += rc == 0;
    closed += rc == -ECONNREFUSED;
    silent += rc == -ETIMEDOUT;
    return rc == -ECONNREFUSED || rc == -ETIMEDOUT ? 0 : rc;
}

/* As many tasks as ports are tried at a time, and each takes the next port. */
static int work(void *arg)
{
    int rc = 0;

    (void)arg;
    while (rc == 0 && next_port <= last_port)
        rc = try_port(next_port++);
    return rc;
}

static int scan(void *arg)
{
    struct coil_task_group group;
    int rc = coil_task_group_begin(&group);

    (void)arg;
    if (rc < 0)
        return rc;
    for (int i = 0; rc == 0 && i < WORKERS; i++)
        rc = coil_task_group_create(&group, NULL, work, NULL);
    rc = coil_task_group_end(&group, rc);
    fprintf(stderr, "%u open, %u closed, %u silent\n", opened, closed, silent);
    return rc;
}

static bool parse_port(const char *text, unsigned *port)
{
    char *end;
    unsigned long number = strtoul(text, &end, 10);

    *port = (unsigned)number;
    return end != text && !*end && number > 0 && number <= UINT16_MAX;
}

int main(int argc, char **argv)
{
    if (argc < 2 || argc > 4 ||
        (argc > 2 && !parse_port(argv[2], &next_port)) ||
        (argc > 3 && !parse_port(argv[3], &last_port))) {
        fprintf(stderr, "usage: scan HOST [FIRST [LAST]]\n");
        return 2;
    }
    host = argv[1];
    return coil_run_status(coil_run(scan, NULL));
}
