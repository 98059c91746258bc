/* SPDX-License-Identifier: MIT */
/* A run that hears signals, in the loop of this test. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <coil/run.h>
#include <coil/sleep.h>
#include <coil/timeout.h>

#include "run/options.h"
#include "run/run.h"

#include "http_server_test.h"

static char urls[2][COIL_ADDRESS_STRING + 16];
static char records[] = "/tmp/coil-fetch-signals-XXXXXX";
static bool is_waiting; /* a request that is never answered */

static int fail(struct coil_http_exchange *x, void *arg)
{
    (void)arg;
    while (!is_waiting) {
        int rc = coil_sleep(COIL_MILLISECOND);

        if (rc < 0)
            return rc;
    }
    return coil_http_respond(x, 500, NULL, "", 0);
}

static int wait_for_ever(struct coil_http_exchange *x, void *arg)
{
    (void)x;
    (void)arg;
    is_waiting = true;
    return coil_sleep(3600 * COIL_SECOND);
}

static int run_fetch(void *arg)
{
    char *argv[] = { "coil-fetch",  "-s",      urls[0],      urls[1],
                     "--fail-fast", "--jsonl", records,      "--overwrite",
                     "--retries",   "0",       "--no-dedupe" };
    struct options options;
    int rc;

    (void)arg;
    ASSERT_EQ(options_read(&options, sizeof argv / sizeof argv[0], argv), 0);
    rc = fetch_run(&options, true);
    options_fini(&options);
    return rc;
}

static bool has_failed(void)
{
    char text[4096];
    FILE *file = fopen(records, "rb");
    size_t size;

    ASSERT_NOT_NULL(file);
    size = fread(text, 1, sizeof text - 1, file);
    text[size] = '\0';
    (void)fclose(file);
    return strstr(text, "\"server_error\"") != NULL;
}

static void begin_server(void)
{
    struct coil_address at;
    char text[COIL_ADDRESS_STRING];

    ASSERT_EQ(coil_http_server_new(&server, NULL), 0);
    ASSERT_EQ(coil_http_server_route(server, NULL, "/fail", fail, NULL), 0);
    ASSERT_EQ(
        coil_http_server_route(server, NULL, "/wait", wait_for_ever, NULL), 0);
    ASSERT_EQ(coil_http_server_listen(server, "127.0.0.1", 0), 0);
    ASSERT_EQ(coil_http_server_address(server, &at), 0);
    coil_address_string(&at, text);
    snprintf(urls[0], sizeof urls[0], "http://%s/fail", text);
    snprintf(urls[1], sizeof urls[1], "http://%s/wait", text);
    serving = start(serve, server);
}

static int interrupt_after_a_failure(void *arg)
{
    struct coil_timeout limit;
    struct coil_task *fetching;
    int rc;

    (void)arg;
    begin_server();
    fetching = start(run_fetch, NULL);
    while (!has_failed())
        ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    ASSERT_EQ(raise(SIGINT), 0);
    ASSERT_EQ(coil_timeout_begin(&limit, 20 * COIL_SECOND), 0);
    rc = coil_task_await(fetching);
    ASSERT_EQ(coil_timeout_end(&limit, rc), EXIT_SOME_FAILED);
    coil_task_release(fetching);
    end_cancelled(serving);
    coil_http_server_free(server);
    return 0;
}

/* Nothing more begins by then, so there is nothing else that it could mean. */
TEST(fetch_signals_one_after_fail_fast_gives_up_the_rest)
{
    int fd = mkstemp(records);

    ASSERT(fd >= 0);
    close(fd);
    ASSERT_EQ(coil_run(interrupt_after_a_failure, NULL), 0);
    ASSERT_EQ(unlink(records), 0);
}
