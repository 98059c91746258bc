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

enum { AT_ONCE = 300 };

static const char *host;
static uint16_t ports[UINT16_MAX];
static unsigned first_port = 1, last_port = UINT16_MAX;
static unsigned opened, closed, silent; /* tasks share a thread: no lock */

/* Returns 0, or why the scan cannot go on. */
static int try_port(void *item, void *arg)
{
    const uint16_t *port = item;
    struct coil_stream *stream = NULL;
    struct coil_timeout limit;
    int rc = coil_timeout_begin(&limit, COIL_SECOND);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = coil_tcp_connect(&stream, host, *port);
    rc = coil_timeout_end(&limit, rc);
    coil_stream_abort(stream);
    if (rc == 0)
        printf("%u\n", (unsigned)*port);
    opened += rc == 0;
    closed += rc == -ECONNREFUSED;
    silent += rc == -ETIMEDOUT;
    return rc == -ECONNREFUSED || rc == -ETIMEDOUT ? 0 : rc;
}

static int scan(void *arg)
{
    size_t count = 0;
    int rc;

    (void)arg;
    for (unsigned port = first_port; port <= last_port; port++)
        ports[count++] = (uint16_t)port;
    rc = coil_map(ports, count, AT_ONCE, try_port, NULL);
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
        (argc > 2 && !parse_port(argv[2], &first_port)) ||
        (argc > 3 && !parse_port(argv[3], &last_port))) {
        fprintf(stderr, "usage: scan HOST [FIRST [LAST]]\n");
        return 2;
    }
    host = argv[1];
    return coil_run_status(coil_run(scan, NULL));
}
