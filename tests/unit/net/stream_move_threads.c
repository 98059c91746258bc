/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/*
 * Streams go from loop to loop in several threads, with what they have buffered.
 */
#include <stdatomic.h>
#include <pthread.h>
#include <string.h>

#include <coil/channel.h>
#include <coil/error.h>
#include <coil/loop.h>
#include <coil/loops.h>
#include <coil/shared_event.h>
#include <coil/sleep.h>
#include <coil/stream.h>
#include <coil/task.h>
#include <coil/threadsafe.h>

#include "stream_test.h"

enum { LOOPS = 3, CONNECTIONS = 6, HOPS = 40 };

static struct coil_channel inboxes[LOOPS];
static struct coil_shared_event is_over;

/* ---- a stream that goes round ---- */

static atomic_int left;

/* Answer one line, and hand the stream to the next loop. */
static int answer_and_pass_on(struct coil_stream *s)
{
    unsigned next = (coil_loops_index() + 1) % LOOPS;
    char line[64];
    size_t length;
    int rc = coil_stream_read_until(s, "\n", 1, line, sizeof line, &length);

    if (rc == -EPIPE) {
        coil_stream_abort(s);
        if (atomic_fetch_sub(&left, 1) == 1)
            for (int i = 0; i < LOOPS; i++)
                coil_channel_close(&inboxes[i]);
        return 0;
    }
    ASSERT_EQ(rc, 0);
    ASSERT_EQ(coil_stream_write(s, line, length), 0);
    ASSERT_EQ(coil_stream_detach(s), 0);
    return coil_channel_put(&inboxes[next], &s);
}

static int serve_inbox(void)
{
    struct coil_stream *s;
    int rc;

    while ((rc = coil_channel_get(&inboxes[coil_loops_index()], &s)) == 0) {
        ASSERT_EQ(coil_stream_adopt(s), 0);
        rc = answer_and_pass_on(s);
        if (rc < 0)
            return rc;
    }
    return rc == -EPIPE ? 0 : rc;
}

/* Lines are sent several at a time, so that some are read ahead when it moves. */
static int talk(void *arg)
{
    struct coil_stream *s = arg;

    for (int i = 0; i < HOPS; i++) {
        char text[64];

        snprintf(text, sizeof text, "first %d\nsecond %d\n", i, i);
        ASSERT_EQ(coil_stream_write(s, text, strlen(text)), 0);
        snprintf(text, sizeof text, "first %d\n", i);
        expect_line(s, text);
        snprintf(text, sizeof text, "second %d\n", i);
        expect_line(s, text);
    }
    coil_stream_abort(s);
    return 0;
}

static int go_round(void *arg)
{
    struct coil_task *tasks[CONNECTIONS];

    (void)arg;
    if (coil_loops_index() > 0)
        return serve_inbox();
    for (int i = 0; i < CONNECTIONS; i++) {
        struct pair p = connected();

        ASSERT_EQ(coil_stream_detach(p.b), 0);
        ASSERT_EQ(coil_channel_put(&inboxes[i % LOOPS], &p.b), 0);
        ASSERT_EQ(coil_task_create(&tasks[i], talk, p.a), 0);
    }
    ASSERT_EQ(serve_inbox(), 0);
    for (int i = 0; i < CONNECTIONS; i++) {
        ASSERT_EQ(coil_task_await(tasks[i]), 0);
        coil_task_release(tasks[i]);
    }
    return 0;
}

TEST(streams_go_round_through_channels)
{
    atomic_store(&left, CONNECTIONS);
    for (int i = 0; i < LOOPS; i++)
        ASSERT_EQ(coil_channel_init(&inboxes[i], sizeof(struct coil_stream *),
                                    CONNECTIONS),
                  0);
    ASSERT_EQ(coil_loops_run(LOOPS, go_round, NULL), 0);
    for (int i = 0; i < LOOPS; i++)
        coil_channel_fini(&inboxes[i]);
}

/* ---- a move with much to send ---- */

enum { MUCH = 16 * 1024 * 1024 };

static int send_from_there(void *arg)
{
    struct coil_stream *s = arg;
    int rc = coil_stream_shutdown(s);

    coil_stream_abort(s);
    return rc;
}

static int move_with_output(void *arg)
{
    struct coil_thread_call call;
    struct coil_task *reader;
    unsigned char *bytes;
    struct pair p;

    (void)arg;
    if (coil_loops_index() > 0)
        return coil_shared_event_wait(&is_over);
    p = connected();
    bytes = make_bytes(MUCH);
    ASSERT_EQ(coil_stream_write(p.a, bytes, MUCH), 0);
    free(bytes);
    ASSERT_GT(coil_stream_unsent(p.a), 0);
    ASSERT_EQ(coil_stream_move(p.a, coil_loops_at(1)), 0);
    ASSERT_EQ(coil_task_create(&reader, read_to_end, p.b), 0);
    ASSERT_EQ(
        coil_run_threadsafe(coil_loops_at(1), &call, send_from_there, p.a), 0);
    ASSERT_EQ(coil_task_await(reader), MUCH);
    coil_task_release(reader);
    ASSERT_EQ(coil_thread_call_await(&call), 0);
    coil_stream_abort(p.b);
    coil_shared_event_set(&is_over);
    return 0;
}

TEST(stream_is_moved_with_what_it_keeps)
{
    is_over = (struct coil_shared_event){ 0 };
    ASSERT_EQ(coil_loops_run(2, move_with_output, NULL), 0);
}

/* ---- a move that does not happen ---- */

static void works_here(struct pair *p)
{
    send_text(p->a, "hello\n");
    expect_line(p->b, "read ahead\n");
    expect_line(p->b, "hello\n");
    send_text(p->b, "answer\n");
    expect_line(p->a, "answer\n");
    hang_up(p);
}

static struct pair with_input(void)
{
    struct pair p = connected();

    send_text(p.a, "first\nread ahead\n");
    expect_line(p.b, "first\n");
    return p;
}

static int move_in_vain(void *arg)
{
    struct coil_loop *gone = arg;
    struct pair p = with_input();

    ASSERT_EQ(coil_stream_move(p.b, gone), -ESHUTDOWN);
    works_here(&p);
    return 0;
}

TEST(stream_stays_when_the_other_loop_has_ended)
{
    struct coil_loop *here;
    struct coil_loop *gone;

    ASSERT_EQ(coil_loop_new(&here, NULL), 0);
    ASSERT_EQ(coil_loop_new(&gone, NULL), 0);
    ASSERT_EQ(coil_loop_close(gone, NULL), 0);
    ASSERT_EQ(coil_loop_run_until_complete(here, move_in_vain, gone), 0);
    ASSERT_EQ(coil_loop_close(here, NULL), 0);
}

struct attempt {
    struct coil_stream *stream;
    struct coil_loop *loop;
};

static int move(void *arg)
{
    const struct attempt *attempt = arg;

    return coil_stream_move(attempt->stream, attempt->loop);
}

static int nothing(void *arg)
{
    (void)arg;
    return 0;
}

static void *run_other_loop(void *arg)
{
    ASSERT_EQ(coil_loop_run_until_complete(arg, nothing, NULL), 0);
    return NULL;
}

/* The other loop does not run before the move is cancelled. */
static int give_up(void *arg)
{
    struct pair p = with_input();
    struct attempt attempt = { p.b, arg };
    struct coil_task *task;
    pthread_t thread;

    ASSERT_EQ(coil_task_create(&task, move, &attempt), 0);
    ASSERT_EQ(coil_yield(), 0);
    ASSERT_EQ(coil_stream_write(p.b, "x", 1), -EBUSY);
    coil_task_cancel(task);
    ASSERT_EQ(pthread_create(&thread, NULL, run_other_loop, arg), 0);
    ASSERT_EQ(coil_task_await(task), -ECANCELED);
    coil_task_release(task);
    ASSERT_EQ(pthread_join(thread, NULL), 0);
    works_here(&p);
    return 0;
}

TEST(stream_stays_when_the_move_is_cancelled)
{
    struct coil_loop *other;

    ASSERT_EQ(coil_loop_new(&other, NULL), 0);
    ASSERT_EQ(coil_run(give_up, other), 0);
    ASSERT_EQ(coil_loop_close(other, NULL), 0);
}

static int wait_for_end(void *arg)
{
    (void)arg;
    return coil_shared_event_wait(&is_over);
}

static void *run_simulator(void *arg)
{
    ASSERT_EQ(coil_loop_run_until_complete(arg, wait_for_end, NULL), 0);
    return NULL;
}

static int move_to_simulator(void *arg)
{
    struct pair p = with_input();
    pthread_t thread;

    ASSERT_EQ(pthread_create(&thread, NULL, run_simulator, arg), 0);
    ASSERT_EQ(coil_stream_move(p.b, arg), -ENOTSUP);
    works_here(&p);
    coil_shared_event_set(&is_over);
    ASSERT_EQ(pthread_join(thread, NULL), 0);
    return 0;
}

TEST(stream_of_the_kernel_does_not_go_to_a_simulator)
{
    const struct coil_loop_options options = { .backend =
                                                   COIL_BACKEND_SIMULATOR };
    struct coil_loop *loop;

    is_over = (struct coil_shared_event){ 0 };
    ASSERT_EQ(coil_loop_new(&loop, &options), 0);
    ASSERT_EQ(coil_run(move_to_simulator, loop), 0);
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
}

/* ---- a loop that ends meanwhile ---- */

static int detach_one(void *arg)
{
    struct pair *p = arg;

    *p = with_input();
    ASSERT_EQ(coil_stream_detach(p->a), 0);
    ASSERT_EQ(coil_stream_detach(p->b), 0);
    return 0;
}

static int adopt_both(void *arg)
{
    struct pair *p = arg;

    ASSERT_EQ(coil_stream_adopt(p->a), 0);
    ASSERT_EQ(coil_stream_adopt(p->b), 0);
    works_here(p);
    return 0;
}

TEST(stream_outlives_the_loop_that_it_has_left)
{
    struct pair p;

    ASSERT_EQ(coil_run(detach_one, &p), 0);
    ASSERT_EQ(coil_stream_adopt(p.a), -ENOTSUP); /* no loop runs here */
    ASSERT_EQ(coil_run(adopt_both, &p), 0);
    ASSERT_EQ(coil_run(detach_one, &p), 0);
    coil_stream_abort(p.a);
    coil_stream_abort(p.b);
}
