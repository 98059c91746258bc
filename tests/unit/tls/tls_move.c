/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/*
 * A connection of TLS goes from loop to loop, with what it has buffered.
 */
#include <coil/tls.h>

#include <coil/channel.h>
#include <coil/loop.h>
#include <coil/loops.h>

#include "stream_test.h"
#include "tls_test.h"

enum { MUCH = 4 * 1024 * 1024, HOPS = 20 };

static struct coil_channel there;
static struct coil_channel back;

static struct pair connect_by_tls(void)
{
    return tls_connected(world.client_context);
}

/* ---- on one loop: the simulator cuts the records ---- */

static void come_back(struct coil_stream *s)
{
    ASSERT_EQ(coil_stream_detach(s), 0);
    ASSERT_EQ(coil_yield(), 0);
    ASSERT_EQ(coil_stream_adopt(s), 0);
}

static void move_and_talk(void)
{
    unsigned char *bytes = make_bytes(MUCH);
    struct coil_task *reader;
    struct pair p;

    tls_world_open();
    p = connect_by_tls();
    send_text(p.a, "one\ntwo\n");
    expect_line(p.b, "one\n");
    come_back(p.b);
    expect_line(p.b, "two\n");
    ASSERT_EQ(coil_stream_write(p.b, bytes, MUCH), 0);
    ASSERT_GT(coil_stream_unsent(p.b), 0);
    come_back(p.b);
    ASSERT_EQ(coil_task_create(&reader, read_to_end, p.a), 0);
    ASSERT_EQ(coil_stream_shutdown(p.b), 0);
    ASSERT_EQ(coil_task_await(reader), MUCH);
    coil_task_release(reader);
    free(bytes);
    hang_up(&p);
    tls_world_close();
}

TEST(tls_stream_is_moved_with_what_it_has_buffered)
{
    run_on_kernel(move_and_talk);
    run_simulated(move_and_talk);
}

static void abort_in_between(void)
{
    unsigned char *bytes = make_bytes(MUCH);
    struct pair p;

    tls_world_open();
    p = connect_by_tls();
    ASSERT_EQ(coil_stream_write(p.a, bytes, MUCH), 0);
    ASSERT_EQ(coil_stream_detach(p.a), 0);
    coil_stream_abort(p.a);
    ASSERT_EQ(coil_stream_detach(p.b), 0);
    coil_stream_abort(p.b);
    free(bytes);
    tls_world_close();
}

TEST(tls_stream_without_a_loop_can_be_aborted)
{
    run_on_kernel(abort_in_between);
    run_simulated(abort_in_between);
}

static void try_pair(void)
{
    struct pair p;

    tls_world_open();
    p = connect_by_tls();
    ASSERT_EQ(coil_stream_detach(p.a), -ENOTSUP);
    send_text(p.a, "still here\n");
    expect_line(p.b, "still here\n");
    hang_up(&p);
    tls_world_close();
}

TEST(tls_stream_over_memory_stays)
{
    run_in_memory(try_pair);
}

/* ---- between threads ---- */

/* Lines come two at a time: one is read here, and one by the other loop. */
static int echo_here(struct coil_channel *from, struct coil_channel *to)
{
    struct coil_stream *s;
    int rc;

    while ((rc = coil_channel_get(from, &s)) == 0) {
        char line[64];
        size_t length;

        ASSERT_EQ(coil_stream_adopt(s), 0);
        rc = coil_stream_read_until(s, "\n", 1, line, sizeof line, &length);
        if (rc < 0) {
            coil_stream_abort(s);
            coil_channel_close(from);
            coil_channel_close(to);
            return rc == -EPIPE ? 0 : rc;
        }
        ASSERT_EQ(coil_stream_write(s, line, length), 0);
        ASSERT_EQ(coil_stream_detach(s), 0);
        ASSERT_EQ(coil_channel_put(to, &s), 0);
    }
    return rc == -EPIPE ? 0 : rc;
}

static int talk(void *arg)
{
    struct coil_stream *s = arg;

    for (int i = 0; i < HOPS; i++) {
        send_text(s, "one\ntwo\n");
        expect_line(s, "one\n");
        expect_line(s, "two\n");
    }
    return coil_stream_close(s);
}

static int go_to_and_fro(void *arg)
{
    struct coil_task *task;
    struct pair p;

    (void)arg;
    if (coil_loops_index() > 0)
        return echo_here(&there, &back);
    p = connect_by_tls();
    ASSERT_EQ(coil_task_create(&task, talk, p.a), 0);
    ASSERT_EQ(coil_stream_detach(p.b), 0);
    ASSERT_EQ(coil_channel_put(&there, &p.b), 0);
    ASSERT_EQ(echo_here(&back, &there), 0);
    ASSERT_EQ(coil_task_await(task), 0);
    coil_task_release(task);
    return 0;
}

TEST(tls_stream_goes_to_and_fro)
{
    tls_world_open();
    ASSERT_EQ(coil_channel_init(&there, sizeof(struct coil_stream *), 1), 0);
    ASSERT_EQ(coil_channel_init(&back, sizeof(struct coil_stream *), 1), 0);
    ASSERT_EQ(coil_loops_run(2, go_to_and_fro, NULL), 0);
    coil_channel_fini(&there);
    coil_channel_fini(&back);
    tls_world_close();
}
