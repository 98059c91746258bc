/* SPDX-License-Identifier: MIT */
/*
 * Hearing of input outside of any task.
 */
#include <coil/event.h>

#include "stream_test.h"

static int calls;

static void count_call(void *arg)
{
    calls++;
    if (arg)
        ASSERT_EQ(coil_stream_unwatch(arg), false);
}

static int wait_readable(void *arg)
{
    return coil_stream_wait_readable(arg);
}

STREAM_TEST(stream_watch_hears_of_input_once)
{
    struct pair p = connected();
    struct coil_stream_watch watch;
    char bytes[5];

    calls = 0;
    ASSERT_EQ(coil_stream_watch(p.b, &watch, count_call, &watch), 0);
    settle();
    ASSERT_EQ(calls, 0);
    ASSERT_EQ(coil_stream_read(p.b, bytes, 1), -EBUSY);
    ASSERT_EQ(coil_stream_watch(p.b, &watch, count_call, NULL), -EBUSY);
    send_text(p.a, "hello");
    settle();
    ASSERT_EQ(calls, 1);
    ASSERT_EQ(coil_stream_read_exactly(p.b, bytes, 5, NULL), 0);
    ASSERT_MEM_EQ(bytes, "hello", 5);
    send_text(p.a, "again");
    settle();
    ASSERT_EQ(calls, 1);

    /* What has come, or been read ahead, is heard of at once. */
    ASSERT_EQ(coil_stream_watch(p.b, &watch, count_call, &watch), 0);
    ASSERT_EQ(calls, 1);
    settle();
    ASSERT_EQ(calls, 2);
    ASSERT_EQ(coil_stream_read_exactly(p.b, bytes, 2, NULL), 0);
    ASSERT_EQ(coil_stream_watch(p.b, &watch, count_call, &watch), 0);
    settle();
    ASSERT_EQ(calls, 3);
    ASSERT_EQ(coil_stream_read_exactly(p.b, bytes, 3, NULL), 0);
    ASSERT_MEM_EQ(bytes, "ain", 3);

    ASSERT_EQ(coil_stream_watch(p.b, &watch, count_call, &watch), 0);
    coil_stream_abort(p.a);
    settle();
    ASSERT_EQ(calls, 4);
    ASSERT_EQ(coil_stream_read(p.b, bytes, 1), 0);
    ASSERT_EQ(coil_stream_watch(p.b, &watch, count_call, &watch), 0);
    settle();
    ASSERT_EQ(calls, 5);
    coil_stream_abort(p.b);
}

STREAM_TEST(stream_watch_is_heard_when_the_call_is_due)
{
    struct pair p = connected();
    struct coil_stream_watch watch;
    const void *data;

    calls = 0;
    ASSERT_EQ(coil_stream_watch(p.b, &watch, count_call, &watch), 0);
    ASSERT(!coil_stream_is_heard(&watch));
    ASSERT(coil_stream_unwatch(&watch));
    ASSERT(!coil_stream_is_heard(&watch));

    /* A byte that has been read ahead. */
    send_text(p.a, "a");
    ASSERT_EQ(coil_stream_peek(p.b, &data), 1);
    ASSERT_EQ(coil_stream_watch(p.b, &watch, count_call, &watch), 0);
    ASSERT(coil_stream_is_heard(&watch));
    ASSERT_EQ(calls, 0);
    settle();
    ASSERT_EQ(calls, 1);
    ASSERT(!coil_stream_is_heard(&watch));
    coil_stream_abort(p.a);
    coil_stream_abort(p.b);
}

STREAM_TEST(stream_watch_can_be_given_up)
{
    struct pair p = connected();
    struct coil_stream_watch watch;
    struct coil_task *waiter;
    char bytes[5];

    calls = 0;
    ASSERT_EQ(coil_stream_watch(p.b, &watch, count_call, &watch), 0);
    ASSERT_EQ(coil_stream_unwatch(&watch), true);
    ASSERT_EQ(coil_stream_unwatch(&watch), false);
    waiter = start(wait_readable, p.b);
    settle();
    send_text(p.a, "hello");
    ASSERT_EQ(end_of(waiter), 0);
    ASSERT_EQ(coil_stream_read_exactly(p.b, bytes, 5, NULL), 0);

    /* The call was due. */
    ASSERT_EQ(coil_stream_watch(p.b, &watch, count_call, &watch), 0);
    send_text(p.a, "hello");
    ASSERT_EQ(coil_stream_unwatch(&watch), true);
    ASSERT_EQ(coil_stream_read_exactly(p.b, bytes, 5, NULL), 0);
    settle();
    ASSERT_EQ(calls, 0);

    /* One after the other, before the transport has given the first back. */
    ASSERT_EQ(coil_stream_watch(p.b, &watch, count_call, &watch), 0);
    ASSERT_EQ(coil_stream_unwatch(&watch), true);
    ASSERT_EQ(coil_stream_watch(p.b, &watch, count_call, &watch), 0);
    send_text(p.a, "hello");
    settle();
    ASSERT_EQ(calls, 1);
    coil_stream_abort(p.a);
    coil_stream_abort(p.b);
}

STREAM_TEST(stream_watch_of_a_stream_that_has_failed_is_over_at_once)
{
    struct pair p = connected();
    struct coil_stream_watch watch;
    char byte;

    calls = 0;
    send_text(p.b, "never read");
    ASSERT_EQ(coil_stream_flush(p.b), 0);
    settle();
    coil_stream_abort(p.a);
    settle();
    ASSERT_LE(coil_stream_read(p.b, &byte, 1), 0); /* in memory: the end */
    ASSERT_EQ(coil_stream_watch(p.b, &watch, count_call, &watch), 0);
    settle();
    ASSERT_EQ(calls, 1);
    coil_stream_abort(p.b);
}

STREAM_TEST(stream_watch_ends_with_its_stream)
{
    struct pair p = connected();
    struct coil_stream_watch watch;

    calls = 0;
    ASSERT_EQ(coil_stream_watch(p.b, &watch, count_call, &watch), 0);
    coil_stream_abort(p.b);
    settle();
    ASSERT_EQ(coil_stream_unwatch(&watch), false);
    ASSERT_EQ(coil_stream_watch(p.a, &watch, count_call, &watch), 0);
    settle();
    ASSERT_EQ(coil_stream_close(p.a), 0);
    settle();
    ASSERT_EQ(calls, 1);
}

/* ---- whether there can be more ------------------------------------------- */

static int read_one(void *arg)
{
    char byte;

    return (int)coil_stream_read(arg, &byte, 1);
}

/* What has come stays to be read. */
STREAM_TEST(stream_watch_sees_the_end_behind_what_has_come)
{
    struct pair p = connected();
    struct coil_stream_watch watch;
    struct coil_task *reader;
    char bytes[5];

    ASSERT(!coil_stream_has_ended(p.b));
    ASSERT_EQ(coil_stream_watch(p.b, &watch, count_call, &watch), 0);
    ASSERT(!coil_stream_has_ended(p.b));
    coil_stream_unwatch(&watch);
    reader = start(read_one, p.b);
    settle();
    ASSERT(!coil_stream_has_ended(p.b));
    send_text(p.a, "!hello");
    ASSERT_EQ(end_of(reader), 1);
    settle();
    ASSERT(!coil_stream_has_ended(p.b));
    coil_stream_abort(p.a);
    settle();
    ASSERT(coil_stream_has_ended(p.b));
    ASSERT(coil_stream_has_ended(p.b));
    ASSERT_EQ(coil_stream_read_exactly(p.b, bytes, 5, NULL), 0);
    ASSERT_MEM_EQ(bytes, "hello", 5);
    ASSERT_EQ(coil_stream_read(p.b, bytes, 1), 0);
    coil_stream_abort(p.b);
}

/* More than is read ahead: the rest is not lost. */
STREAM_TEST(stream_watch_for_the_end_keeps_a_limit)
{
    enum { SIZE = 300000 };
    struct pair p = connected();
    unsigned char *bytes = make_bytes(SIZE);
    unsigned char *got = malloc(SIZE);

    ASSERT_EQ(coil_stream_write(p.a, bytes, SIZE), 0);
    for (int i = 0; i < 20; i++) {
        settle();
        ASSERT(!coil_stream_has_ended(p.b));
    }
    ASSERT_EQ(coil_stream_read_exactly(p.b, got, SIZE, NULL), 0);
    check_bytes(got, 0, SIZE);
    coil_test_fail_allocation(1, true);
    ASSERT(!coil_stream_has_ended(p.b));
    coil_test_fail_allocation(0, false);
    hang_up(&p);
    free(bytes);
    free(got);
}

/* Unread data makes the other side reset the connection. */
SOCKET_TEST(stream_watch_sees_that_the_connection_is_broken)
{
    struct pair p = connected();
    char byte;

    send_text(p.b, "unread");
    ASSERT_EQ(coil_stream_flush(p.b), 0);
    settle();
    coil_stream_abort(p.a);
    settle();
    ASSERT(coil_stream_has_ended(p.b));
    ASSERT_EQ(coil_stream_read(p.b, &byte, 1), -ECONNRESET);
    coil_stream_abort(p.b);
}

/* A writer has noticed it. */
SOCKET_TEST(stream_watch_sees_that_nothing_can_be_sent)
{
    struct pair p = connected();
    char byte;
    int rc;

    coil_stream_abort(p.a);
    settle();
    ASSERT_EQ(coil_stream_read(p.b, &byte, 1), 0);
    do {
        rc = coil_stream_write(p.b, "text", 4);
        settle();
    } while (rc == 0);
    ASSERT(coil_stream_has_ended(p.b));
    coil_stream_abort(p.b);
}

/* ---- in a selection ------------------------------------------------------- */

static struct coil_event stop;

/* 10 and the result, if it is the stream's case. */
static int select_input(void *arg)
{
    struct coil_select_case cases[] = {
        coil_event_wait_case(&stop),
        coil_stream_wait_readable_case(arg),
    };
    int which = coil_select(cases, 2);

    if (which < 1)
        return which;
    return cases[1].result < 0 ? cases[1].result : 10;
}

STREAM_TEST(stream_that_is_selected_is_heard)
{
    struct pair p = connected();
    struct coil_task *task;
    char bytes[5];

    coil_event_init(&stop);
    task = start(select_input, p.b);
    settle();
    ASSERT_EQ(coil_stream_read(p.b, bytes, 1), -EBUSY);
    send_text(p.a, "hello");
    ASSERT_EQ(end_of(task), 10);
    ASSERT_EQ(coil_stream_read_exactly(p.b, bytes, 2, NULL), 0);

    /* What is there already needs no wait, and the first case is preferred. */
    ASSERT_EQ(select_input(p.b), 10);
    coil_event_set(&stop);
    ASSERT_EQ(select_input(p.b), 0);
    coil_event_clear(&stop);
    ASSERT_EQ(coil_stream_read_exactly(p.b, bytes, 3, NULL), 0);

    /* One that is not chosen, or cancelled, leaves the stream to others. */
    task = start(select_input, p.b);
    settle();
    coil_event_set(&stop);
    ASSERT_EQ(end_of(task), 0);
    coil_event_clear(&stop);
    task = start(select_input, p.b);
    settle();
    coil_task_cancel(task);
    ASSERT_EQ(end_of(task), -ECANCELED);
    send_text(p.a, "again");
    ASSERT_EQ(coil_stream_read_exactly(p.b, bytes, 5, NULL), 0);
    ASSERT_MEM_EQ(bytes, "again", 5);

    /* The end of the input is heard, too. */
    task = start(select_input, p.b);
    settle();
    coil_stream_abort(p.a);
    ASSERT_EQ(end_of(task), 10);
    ASSERT_EQ(coil_stream_read(p.b, bytes, 1), 0);
    ASSERT_EQ(select_input(p.b), 10);
    coil_stream_abort(p.b);
}

STREAM_TEST(stream_that_is_selected_may_be_closed)
{
    struct pair p = connected();
    struct coil_stream_watch watch;
    struct coil_task *task;

    coil_event_init(&stop);
    ASSERT_EQ(coil_stream_watch(p.b, &watch, count_call, NULL), 0);
    ASSERT_EQ(select_input(p.b), -EBUSY);
    ASSERT_EQ(coil_stream_unwatch(&watch), true);
    task = start(select_input, p.b);
    settle();
    coil_stream_abort(p.b);
    ASSERT_EQ(end_of(task), -EBADF);

    coil_stream_abort(p.a);

    /* It is closed between the choice and the turn of the task. */
    p = connected();
    task = start(select_input, p.b);
    settle();
    coil_event_set(&stop);
    coil_stream_abort(p.b);
    ASSERT_EQ(end_of(task), 0);
    coil_stream_abort(p.a);
}
