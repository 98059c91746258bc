/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/* LABELS: threads */
/* examples/cores.c, end to end: every connection is served by one of the loops. */
#include <signal.h>
#include <stdio.h>

#include <coil.h>

#include "program.h"
#include "test.h"

enum { CLIENTS = 40 };

static struct program server;
static uint16_t port;

static int echo(void *arg)
{
    struct coil_stream *stream;
    char answer[6] = "";

    (void)arg;
    ASSERT_EQ(coil_tcp_connect(&stream, "127.0.0.1", port), 0);
    for (int i = 0; i < 3; i++) {
        ASSERT_EQ(coil_stream_write(stream, "hello", 5), 0);
        ASSERT_EQ(coil_stream_drain(stream), 0);
        ASSERT_EQ(coil_stream_read_exactly(stream, answer, 5, NULL), 0);
        ASSERT_STR_EQ(answer, "hello");
    }
    ASSERT_EQ(coil_stream_close(stream), 0);
    return 0;
}

static int echo_many(void *arg)
{
    struct coil_task_group group;
    int rc;

    (void)arg;
    ASSERT_EQ(coil_task_group_begin(&group), 0);
    for (int i = 0; i < CLIENTS; i++)
        ASSERT_EQ(coil_task_group_create(&group, NULL, echo, NULL), 0);
    rc = coil_task_group_end(&group, 0);
    ASSERT_EQ(rc, 0);
    return 0;
}

TEST(example_cores_serves_on_all_loops)
{
    const char *argv[] = { program_path("examples/cores"), "0", "3", NULL };
    unsigned loops;

    program_start(&server, argv, NULL);
    ASSERT_NOT_NULL(program_await(&server, "\n"));
    ASSERT_EQ(
        sscanf(server.out, "listening on port %hu, %u loops\n", &port, &loops),
        2);
    ASSERT_EQ(loops, 3);
    ASSERT_EQ(coil_run(echo_many, NULL), 0);
    ASSERT_EQ(program_stop(&server), 128 + SIGTERM);
    ASSERT_STR_EQ(server.err, "");
}
