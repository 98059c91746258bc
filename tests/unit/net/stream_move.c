/* SPDX-License-Identifier: MIT */
/*
 * A stream is detached and adopted, by its own loop: what it has read ahead and
 * what it keeps to be sent go along, and in between it can only be aborted.
 */
#include "stream_test.h"

enum { HIGH = 64 * 1024 };

/* More than a simulator or a kernel takes from one who is not read. */
#define MUCH ((size_t)(simulated ? 512 * 1024 : 16 * 1024 * 1024))

static void go_away_and_come_back(struct coil_stream *s)
{
    ASSERT_EQ(coil_stream_detach(s), 0);
    ASSERT_EQ(coil_yield(), 0);
    ASSERT_EQ(coil_stream_adopt(s), 0);
}

SOCKET_TEST(stream_keeps_what_it_has_read_ahead_when_it_is_moved)
{
    struct pair p = connected();

    send_text(p.a, "one\ntwo\n");
    expect_line(p.b, "one\n");
    go_away_and_come_back(p.b);
    send_text(p.a, "three\n");
    expect_line(p.b, "two\n");
    expect_line(p.b, "three\n");
    go_away_and_come_back(p.b);
    send_text(p.b, "four\n");
    expect_line(p.a, "four\n");
    hang_up(&p);
}

SOCKET_TEST(stream_goes_on_sending_what_it_keeps_when_it_was_moved)
{
    struct pair p = connected();
    unsigned char *bytes = make_bytes(MUCH);
    struct coil_task *reader;
    size_t unsent;

    ASSERT_EQ(coil_stream_write(p.a, bytes, MUCH), 0);
    ASSERT_EQ(coil_yield(), 0);
    ASSERT_EQ(coil_stream_detach(p.a), 0);
    unsent = coil_stream_unsent(p.a);
    ASSERT_GT(unsent, HIGH);
    ASSERT_EQ(coil_task_create(&reader, read_to_end, p.b), 0);
    for (int i = 0; i < 100; i++)
        ASSERT_EQ(coil_yield(), 0);
    ASSERT_EQ(coil_stream_unsent(p.a), unsent);
    ASSERT_EQ(coil_stream_adopt(p.a), 0);
    ASSERT_EQ(coil_stream_shutdown(p.a), 0);
    ASSERT_EQ(coil_task_await(reader), (int)MUCH);
    coil_task_release(reader);
    free(bytes);
    hang_up(&p);
}

/* ---- who cannot go ---- */

static int read_one(void *arg)
{
    char byte;

    return (int)coil_stream_read(arg, &byte, 1);
}

static int drain(void *arg)
{
    return coil_stream_drain(arg);
}

static void stays_while(struct coil_stream *s, coil_fn fn)
{
    struct coil_task *task;

    ASSERT_EQ(coil_task_create(&task, fn, s), 0);
    ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    ASSERT_EQ(coil_stream_detach(s), -EBUSY);
    coil_task_cancel(task);
    ASSERT_EQ(coil_stream_detach(s), -EBUSY); /* it has not returned yet */
    ASSERT_EQ(coil_task_await(task), -ECANCELED);
    coil_task_release(task);
    go_away_and_come_back(s);
}

SOCKET_TEST(stream_stays_while_a_task_waits_for_it)
{
    struct pair p = connected();
    unsigned char *bytes = make_bytes(MUCH);

    stays_while(p.b, read_one);
    ASSERT_EQ(coil_stream_write(p.a, bytes, MUCH), 0);
    stays_while(p.a, drain);
    free(bytes);
    hang_up(&p);
}

static void note(void *arg)
{
    *(bool *)arg = true;
}

SOCKET_TEST(stream_stays_while_it_is_watched)
{
    struct coil_stream_watch watch;
    struct pair p = connected();
    bool heard = false;

    ASSERT_EQ(coil_stream_watch(p.b, &watch, note, &heard), 0);
    ASSERT_EQ(coil_stream_detach(p.b), -EBUSY);
    ASSERT_EQ(coil_stream_unwatch(&watch), true);
    go_away_and_come_back(p.b);
    ASSERT_EQ(coil_stream_watch(p.b, &watch, note, &heard), 0);
    send_text(p.a, "hello\n");
    while (!heard)
        ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    expect_line(p.b, "hello\n");
    hang_up(&p);
}

static void try_pair(void)
{
    struct coil_stream *pair[2];

    ASSERT_EQ(coil_stream_pair(pair), 0);
    ASSERT_EQ(coil_stream_detach(pair[0]), -ENOTSUP);
    send_text(pair[0], "still here\n");
    expect_line(pair[1], "still here\n");
    coil_stream_abort(pair[0]);
    coil_stream_abort(pair[1]);
}

TEST(stream_over_memory_stays)
{
    run_in_memory(try_pair);
}

/* ---- in between ---- */

SOCKET_TEST(stream_without_a_loop_refuses_calls)
{
    struct pair p = connected();
    char byte;

    ASSERT_EQ(coil_stream_adopt(p.b), -EINVAL);
    send_text(p.a, "one\ntwo\n");
    expect_line(p.b, "one\n");
    ASSERT_EQ(coil_stream_detach(p.b), 0);
    ASSERT_EQ(coil_stream_detach(p.b), -EBUSY);
    ASSERT_EQ(coil_stream_read(p.b, &byte, 1), -EBUSY);
    ASSERT_EQ(coil_stream_read_nowait(p.b, &byte, 1), -EBUSY);
    ASSERT_EQ(coil_stream_write(p.b, "x", 1), -EBUSY);
    ASSERT_EQ(coil_stream_wait_readable(p.b), -EBUSY);
    ASSERT_EQ(coil_stream_adopt(p.b), 0);
    ASSERT_EQ(coil_stream_adopt(p.b), -EINVAL);
    expect_line(p.b, "two\n");
    hang_up(&p);
}

SOCKET_TEST(stream_without_a_loop_can_be_aborted)
{
    struct pair p = connected();
    unsigned char *bytes = make_bytes(MUCH);
    char byte;

    ASSERT_EQ(coil_stream_write(p.a, bytes, MUCH), 0);
    ASSERT_EQ(coil_stream_detach(p.a), 0);
    coil_stream_abort(p.a); /* with a write that is put off */
    free(bytes);

    send_text(p.b, "unread\n");
    ASSERT_EQ(coil_stream_detach(p.b), 0);
    coil_stream_abort(p.b);

    p = connected();
    ASSERT_EQ(coil_stream_detach(p.a), 0);
    coil_stream_abort(p.a);
    ASSERT_EQ(coil_stream_read(p.b, &byte, 1), 0);
    coil_stream_abort(p.b);
}

SOCKET_TEST(stream_that_is_moved_to_its_own_loop_is_as_before)
{
    struct pair p = connected();

    ASSERT_EQ(coil_stream_move(p.b, coil_loop_current()), 0);
    coil_task_cancel(coil_current_task());
    ASSERT_EQ(coil_stream_move(p.b, coil_loop_current()), -ECANCELED);
    send_text(p.a, "hello\n");
    expect_line(p.b, "hello\n");
    hang_up(&p);
}
