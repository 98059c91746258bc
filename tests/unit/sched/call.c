/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/*
 * A mistake is told with the function that was called, the place of the call,
 * and the cure.
 */
#include <errno.h>
#include <pthread.h>

#include <coil.h>

#include "base/platform.h"
#include "child.h"
#include "names.h"
#include "test.h"

static struct coil_lock lock = COIL_LOCK_INIT;
static struct coil_event event = COIL_EVENT_INIT;

/* What the handler was told. */
static size_t told;
static size_t told_places;
static char function[64];
static char place[256];
static char cure[128];

static void hear(struct coil_loop *loop, const struct coil_exception *e,
                 void *arg)
{
    (void)loop;
    (void)arg;
    told++;
    told_places += e->place != NULL;
    snprintf(function, sizeof function, "%s", e->function ? e->function : "");
    snprintf(place, sizeof place, "%s", e->place ? e->place : "");
    snprintf(cure, sizeof cure, "%s", e->cure ? e->cure : "");
}

static COIL_NOINLINE int release_free_lock(void)
{
    return coil__keep_frame(coil_lock_release(&lock));
}

static COIL_NOINLINE int notify_without_lock(void)
{
    struct coil_condition condition;

    coil_condition_init(&condition, &lock);
    return coil__keep_frame(coil_condition_release(&condition));
}

static int make_mistakes(void *arg)
{
    (void)arg;
    coil_loop_set_exception_handler(coil_loop_current(), hear, NULL);
    ASSERT_EQ(release_free_lock(), -EPERM);
    ASSERT_STR_CONTAINS(cure, "release it once");
    if (knows_callers()) {
        ASSERT_STR_EQ(function, "coil_lock_release");
        ASSERT_STR_CONTAINS(place, "by release_free_lock");
    }
    ASSERT_EQ(notify_without_lock(), -EPERM);
    /* Which of two functions of the library it was, of which one jumps to the other. */
    if (knows_callers() && NAMES_ARE_KEPT) {
        ASSERT_STR_EQ(function, "coil_condition_release");
        ASSERT_STR_CONTAINS(place, "by notify_without_lock");
    }
    return 0;
}

TEST(call_of_a_mistake_is_told_with_its_place)
{
    ASSERT_EQ(coil_run(make_mistakes, NULL), 0);
}

/* To find a place takes long, and a mistake may be made for ever. */
static int make_many_mistakes(void *arg)
{
    enum { MANY = 1000, LOOKED_FOR = 100 };

    (void)arg;
    coil_loop_set_exception_handler(coil_loop_current(), hear, NULL);
    for (int i = 0; i < MANY; i++)
        ASSERT_EQ(release_free_lock(), -EPERM);
    ASSERT_EQ(told, MANY);
    ASSERT(told_places <= LOOKED_FOR);
    return 0;
}

TEST(call_of_a_mistake_is_looked_for_some_times_only)
{
    ASSERT_EQ(coil_run(make_many_mistakes, NULL), 0);
}

/* There is no room on a small stack, and nothing is known of the thread's. */
static int make_mistake_on_small_stack(void *arg)
{
    (void)arg;
    return release_free_lock() == -EPERM ? 0 : -EINVAL;
}

static int start_on_small_stack(void *arg)
{
    const struct coil_task_options options = { .small_stack = true };
    struct coil_task *task;
    int rc;

    coil_loop_set_exception_handler(coil_loop_current(), hear, NULL);
    rc = coil_task_create_with(&task, make_mistake_on_small_stack, arg,
                               &options);
    ASSERT_EQ(rc, 0);
    rc = coil_task_await(task);
    coil_task_release(task);
    return rc;
}

TEST(call_of_a_mistake_on_a_small_stack)
{
    ASSERT_EQ(coil_run(start_on_small_stack, NULL), 0);
    ASSERT_EQ(told, 1);
    ASSERT_STR_CONTAINS(cure, "release it once");
}

/* ---- on standard error ----------------------------------------------------- */

static struct child child;

static int nothing(void *arg)
{
    (void)arg;
    return 0;
}

static void create_early(void *arg)
{
    struct coil_task *task;

    ASSERT_EQ(coil_task_create(&task, nothing, arg), -EINVAL);
}

TEST(call_of_a_macro_has_the_name_of_the_macro)
{
    child_run(&child, create_early, NULL);
    ASSERT_CHILD_EXITED(&child, 0);
    ASSERT_STR_CONTAINS(child.text, "no loop runs in this thread");
    ASSERT_STR_CONTAINS(child.text, ": call it in a function that is given to "
                                    "coil_run()\n");
    if (!knows_callers())
        return;
    ASSERT_STR_CONTAINS(child.text, "coil: coil_task_create: ");
    ASSERT_STR_CONTAINS(child.text, "by create_early");
}

static int run_again(void *arg)
{
    ASSERT_EQ(coil__keep_frame(coil_run(nothing, arg)), -EBUSY);
    return 0;
}

static void run_within_run(void *arg)
{
    ASSERT_EQ(coil_run(run_again, arg), 0);
}

TEST(call_of_a_run_within_a_run_is_told)
{
    child_run(&child, run_within_run, NULL);
    ASSERT_CHILD_EXITED(&child, 0);
    ASSERT_STR_CONTAINS(child.text, "a loop runs in this thread already");
    if (!knows_callers())
        return;
    ASSERT_STR_CONTAINS(child.text, "coil: coil_run: ");
    ASSERT_STR_CONTAINS(child.text, "by run_again");
}

static COIL_NOINLINE void *set_event(void *arg)
{
    coil_event_set(&event);
    return arg;
}

static int let_thread_set_event(void *arg)
{
    pthread_t thread;

    ASSERT_EQ(coil_yield(), 0);
    ASSERT_EQ(pthread_create(&thread, NULL, set_event, arg), 0);
    pthread_join(thread, NULL);
    return 0;
}

static int wait_for_thread(void *arg)
{
    struct coil_task_group group;
    int rc = coil_task_group_begin(&group);

    if (rc == 0)
        rc = coil_task_group_create(&group, NULL, let_thread_set_event, arg);
    if (rc == 0)
        rc = coil_event_wait(&event);
    return coil_task_group_end(&group, rc);
}

static void disturb_from_thread(void *arg)
{
    static const struct coil_loop_options options = { .debug = true };

    _exit(coil_run_with(wait_for_thread, arg, &options) == 0);
}

TEST(call_of_another_thread_has_the_public_name_and_its_place)
{
    child_run(&child, disturb_from_thread, NULL);
    ASSERT_CHILD_KILLED(&child, SIGABRT);
    ASSERT_STR_CONTAINS(child.text, "the loop belongs to another thread");
    ASSERT_STR_CONTAINS(child.text, "coil_run_threadsafe()");
    ASSERT_NULL(strstr(child.text, "coil__"));
    if (!knows_callers())
        return;
    ASSERT_STR_CONTAINS(child.text, "coil: coil_event_set: ");
    ASSERT_STR_CONTAINS(child.text, "by set_event");
}

/* ---- two readers, and a writer that does not wait --------------------------- */

static int read_byte(void *arg)
{
    char byte;

    return (int)coil_stream_read(arg, &byte, 1);
}

static int let_two_read(void *arg)
{
    struct coil_stream *pair[2];

    (void)arg;
    coil_loop_set_exception_handler(coil_loop_current(), hear, NULL);
    ASSERT_EQ(coil_stream_pair(pair), 0);
    ASSERT_EQ(coil_task_create(NULL, read_byte, pair[0]), 0);
    ASSERT_EQ(coil_yield(), 0);
    ASSERT_EQ(read_byte(pair[0]), -EBUSY);
    told = told * 10; /* what comes later is of the first reader's end */
    coil_stream_abort(pair[0]);
    coil_stream_abort(pair[1]);
    return 0;
}

static size_t told_of_two_readers(bool debug)
{
    const struct coil_loop_options options = { .debug = debug };

    told = 0;
    ASSERT_EQ(coil_run_with(let_two_read, NULL, &options), 0);
    return told / 10;
}

TEST(call_of_a_second_reader_is_told_in_debug_mode)
{
    ASSERT_EQ(told_of_two_readers(false), 0);
    ASSERT_EQ(told_of_two_readers(true), 1);
}

enum { PIECE = 64 << 10, PIECES = 200 };

static int write_much(void *arg)
{
    static char bytes[PIECE];
    struct coil_stream *pair[2];

    coil_loop_set_exception_handler(coil_loop_current(), hear, NULL);
    ASSERT_EQ(coil_stream_pair(pair), 0);
    if (arg) {
        /* One large page with its head and end. */
        ASSERT_EQ(coil_stream_write(pair[0], bytes, 10), 0);
        for (int i = 0; i < 10; i++)
            ASSERT_EQ(coil_stream_write(pair[0], bytes, PIECE), 0);
    } else {
        for (int i = 0; i < PIECES; i++)
            ASSERT_EQ(coil_stream_write(pair[0], bytes, PIECE), 0);
    }
    coil_stream_abort(pair[0]);
    coil_stream_abort(pair[1]);
    return 0;
}

static size_t told_of_writes(bool debug, void *is_little)
{
    const struct coil_loop_options options = { .debug = debug };

    told = 0;
    ASSERT_EQ(coil_run_with(write_much, is_little, &options), 0);
    return told;
}

TEST(call_of_a_writer_that_does_not_wait_is_told_once_in_debug_mode)
{
    int little = 1;

    ASSERT_EQ(told_of_writes(false, NULL), 0);
    ASSERT_EQ(told_of_writes(true, NULL), 1);
    ASSERT_STR_CONTAINS(cure, "coil_stream_drain()");
    ASSERT_EQ(told_of_writes(true, &little), 0);
}
