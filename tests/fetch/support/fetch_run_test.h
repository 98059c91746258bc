/* SPDX-License-Identifier: MIT */
/*
 * fetch_run_test.h - whole runs of coil-fetch in the simulator, against a server that
 * notes who comes when
 */
#ifndef COIL_TESTS_FETCH_RUN_TEST_H
#define COIL_TESTS_FETCH_RUN_TEST_H

#include <stdint.h>

#include <coil/time.h>

#include "http_server_test.h"

/*
 * What the server does with a path:
 *   /ok/…          200 and some bytes
 *   /status/N/…    that status
 *   /flaky/K/…     500 for the first K visits of the path, then 200
 *   /limited/N/…   429 with Retry-After: N at the first visit, then 200
 *   /busy/K/…      429 without it for the first K visits, then 200
 *   /slow/MS/…     200 after so many milliseconds
 *   /reset/K/…     the connection breaks, the first K times
 *   /size/N/…      N bytes
 *   /claims/N      a head that announces N bytes, and no more
 *   /to/…          302 to the path behind /to
 *   /echo          200 and METHOD|QUERY|CONTENT-TYPE|ACCEPT|BODY
 *   /robots.txt    500 for the first `robots_failures` visits on both hosts together,
 *                  429 with Retry-After: 30 for the next `robots_pauses`, then
 *                  `robots`; 404 if that is NULL
 */
#define HOST_A "http://127.0.0.1:8080"
#define HOST_B "http://127.0.0.2:8080"

struct visit {
    char path[200];
    char host[40];
    coil_time at;
    size_t active; /* at that moment, with this one */
};

extern struct visit visits[4096];
extern size_t visit_count;
extern size_t most_active; /* of one host */
extern const char *robots;
extern size_t robots_failures;
extern size_t robots_pauses;

/* How often the path has been visited, on either host. */
size_t visits_of(const char *path);

/*
 * Run coil-fetch in the running simulator, with these arguments, up to NULL, and -s.
 * Returns its exit status.
 */
int fetch(const char *first, ...) __attribute__((sentinel));

/* A file in the folder of the test; its text is read, and to be freed. */
char *file_path(const char *name);
char *file_text(const char *name);
void write_file(const char *name, const char *text);

/* How many lines of a file contain `part`. */
size_t lines_with(const char *name, const char *part);

/* Run a body in the simulator, with both hosts and an empty folder. */
void run_fetch_test(void (*body)(void));

#define FETCH_TEST(name)                                                       \
    static void body_##name(void);                                             \
    TEST(name)                                                                 \
    {                                                                          \
        run_fetch_test(body_##name);                                           \
    }                                                                          \
    static void body_##name(void)

#endif
