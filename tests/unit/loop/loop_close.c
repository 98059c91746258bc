/* SPDX-License-Identifier: MIT */
/*
 * Making and closing a loop.
 */
#include "bodies.h"
#include "loop_shared_test.h"

/* ---- making --------------------------------------------------------------- */

TEST(loop_of_no_known_kind_is_refused)
{
    const struct coil_loop_options options = { .backend =
                                                   (enum coil_backend)99 };
    struct coil_loop *made = NULL;

    ASSERT_EQ(coil_loop_new(&made, &options), -EINVAL);
    ASSERT_EQ(coil_run_with(return_arg, NULL, &options), -EINVAL);
}

TEST(loop_without_memory_is_refused)
{
    const char *wish = getenv("COIL_BACKEND");
    /* A ring that finds no memory is left out, and the loop is made. */
    size_t needed = wish && strcmp(wish, "uring") == 0 ? 1 : 2;
    size_t n = 1;
    int rc;

    for (size_t i = 0; i < VARIANTS; i++) {
        struct coil_loop *made;

        for (n = 1;; n++) {
            coil_test_fail_allocation(n, false);
            rc = coil_loop_new(&made, &variants[i]);
            coil_test_fail_allocation(0, false);
            if (rc == 0)
                break;
            ASSERT_EQ(rc, -ENOMEM);
        }
        ASSERT_GT(n, needed);
        ASSERT_EQ(coil_loop_close(made, NULL), 0);
    }
}

TEST(loop_without_descriptors_is_refused)
{
    struct rlimit limit;
    struct coil_loop *made;
    rlim_t before;

    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
    before = limit.rlim_cur;
    for (rlim_t n = 3; n <= 4; n++) {
        limit.rlim_cur = n;
        ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
        ASSERT_EQ(coil_loop_new(&made, NULL), -EMFILE);
    }
    limit.rlim_cur = before;
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

TEST(loop_without_memory_for_the_task_is_as_it_was)
{
    struct coil_loop *made;
    int value = 3;

    ASSERT_EQ(coil_loop_new(&made, NULL), 0);
    coil_test_fail_allocation(1, true);
    ASSERT_EQ(coil_loop_run_until_complete(made, return_arg, &value), -ENOMEM);
    coil_test_fail_allocation(0, false);
    ASSERT_EQ(coil_loop_run_until_complete(made, return_arg, &value), 3);
    ASSERT_EQ(coil_loop_close(made, NULL), 0);
}

/* ---- closing -------------------------------------------------------------- */

static int hang(void *arg)
{
    int rc;

    (void)arg;
    coil_event_init(&event);
    rc = coil_event_wait(&event);
    say("%d ", rc == -ECANCELED);
    /* A cancelled task can wait once more. */
    ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    say("clean ");
    return rc;
}

/* It is left open by mistake: only its descriptor can still be closed. */
static struct coil_listener *listeners[VARIANTS];

static int listener_fd;

static void leave_listener_behind(void)
{
    listener_fd = dup(STDIN_FILENO);
    close(listener_fd);
    ASSERT_EQ(coil_tcp_listen(&listeners[variant], "127.0.0.1", 0), 0);
}

static void close_leftover_listener(void)
{
    if (variant < KERNEL_VARIANTS)
        ASSERT_EQ(close(listener_fd), 0);
}

static int leave_much_behind(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_task_create(NULL, hang, NULL), 0);
    ASSERT_EQ(coil_task_create(NULL, fail, NULL), 0);
    ASSERT_EQ(coil_task_create(NULL, fail, NULL), 0);
    call_later(0, COIL_MINUTE, "no");
    call_later(1, COIL_MINUTE, "no");
    call_later(2, COIL_MINUTE, "no");
    leave_listener_behind();
    return coil_yield();
}

LOOP_TEST(loop_closed_cancels_what_is_left_and_says_what_there_was)
{
    struct coil_loop_report report;

    silence_stderr();
    ASSERT_EQ(coil_loop_run_until_complete(loop, leave_much_behind, NULL), 0);
    ASSERT_EQ(tasks_of_loop(NULL, 0), 1);
    ASSERT_EQ(coil_loop_close(loop, &report), 0);
    restore_stderr();
    SAID("1 clean ");
    ASSERT_EQ(report.tasks_cancelled, 1);
    ASSERT_EQ(report.errors_unseen, 2);
    ASSERT_EQ(report.timers_armed, 3);
    ASSERT_EQ(report.descriptors_open, 1);
    /* The handles belong to the caller again, for any loop. */
    ASSERT(!coil_handle_cancel(&handles[0]));
    open_loop(0);
    call_soon(0, "yes");
    run_once();
    SAID("yes ");
    close_leftover_listener();
}

LOOP_TEST(loop_closed_with_nothing_left_reports_nothing)
{
    struct coil_loop_report report = { 9, 9, 9, 9, 9, 9 };

    ASSERT_EQ(coil_loop_run_until_complete(loop, sleep_a_little, NULL), 0);
    ASSERT_EQ(coil_loop_close(loop, &report), 0);
    ASSERT_EQ(report.tasks_cancelled, 0);
    ASSERT_EQ(report.errors_unseen, 0);
    ASSERT_EQ(report.timers_armed, 0);
    ASSERT_EQ(report.descriptors_open, 0);
    ASSERT_EQ(report.tasks_kept, 0);
    ASSERT_EQ(report.processes_running, 0);
    loop = NULL;
}

LOOP_TEST(loop_closed_with_nothing_left_needs_no_memory)
{
    int rc;

    coil_test_fail_allocation(1, true);
    rc = coil_loop_close(loop, NULL);
    coil_test_fail_allocation(0, false);
    loop = NULL;
    ASSERT_EQ(rc, 0);
}

/* It keeps stacks while it has tasks, even if it is not closed. */
LOOP_TEST(loop_that_has_no_tasks_left_has_given_their_memory_back)
{
    size_t before = coil_test_live_allocations();

    for (int i = 0; i < 2; i++) {
        start_on_loop(do_nothing);
        ASSERT_GT(coil_test_live_allocations(), before);
        run_once();
        ASSERT_EQ(coil_test_live_allocations(), before);
    }
}

static int make_another(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_sleep(COIL_MINUTE), -ECANCELED);
    say("%d ", coil_task_create(NULL, hang, NULL) == -EINVAL);
    return 0;
}

LOOP_TEST(loop_that_is_closing_makes_no_more_tasks)
{
    struct coil_loop_report report;

    start_on_loop(make_another);
    run_once();
    ASSERT_EQ(coil_loop_close(loop, &report), 0);
    ASSERT_EQ(report.tasks_cancelled, 1);
    SAID("1 ");
    loop = NULL;
}

static struct coil_handle many[1000];

static int arm_many(void *arg)
{
    (void)arg;
    for (size_t i = 0; i < sizeof many / sizeof many[0]; i++)
        ASSERT_EQ(
            coil_loop_call_later(loop, &many[i], COIL_MINUTE, say_name, NULL),
            0);
    return 0;
}

/* Very many timers need memory.  What the thread needs it has after once. */
TEST(loop_closed_with_many_timers_leaves_no_memory_behind)
{
    size_t live = 0;

    for (int i = 0; i < 4; i++) {
        open_loop(0);
        ASSERT_EQ(coil_loop_run_until_complete(loop, arm_many, NULL), 0);
        silence_stderr();
        ASSERT_EQ(coil_loop_close(loop, NULL), 0);
        restore_stderr();
        if (i > 0)
            ASSERT_EQ(coil_test_live_allocations(), live);
        live = coil_test_live_allocations();
        ASSERT(!coil_handle_cancel(&many[500]));
    }
    loop = NULL;
}

LOOP_TEST(loop_closed_never_runs_what_had_not_begun)
{
    start_on_loop(hang);
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
    SAID("");
    loop = NULL;
}

static int wait_for_ever(void *arg)
{
    (void)arg;
    coil_event_init(&event);
    ASSERT_EQ(coil_event_wait(&event), -ECANCELED);
    return coil_event_wait(&event);
}

LOOP_TEST(loop_closed_abandons_a_task_that_will_not_end)
{
    struct coil_loop_report report;

    test_leaves_stacks = true;
    start_on_loop(wait_for_ever);
    run_once();
    silence_stderr();
    ASSERT_EQ(coil_loop_close(loop, &report), -EDEADLK);
    restore_stderr();
    ASSERT_EQ(report.tasks_cancelled, 1);
    loop = NULL;
}

static int sleep_for_an_hour(void *arg)
{
    (void)arg;
    return coil_sleep(60 * COIL_MINUTE);
}

LOOP_TEST(loop_closed_leaves_a_task_that_is_referred_to_readable)
{
    struct coil_task *task = start_on_loop(sleep_for_an_hour);
    struct coil_task *failed = start_on_loop(fail);

    coil_task_retain(task);
    coil_task_retain(failed);
    run_once();
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
    loop = NULL;
    ASSERT(coil_task_is_done(task));
    ASSERT_EQ(coil_task_result(task), -ECANCELED);
    ASSERT(!coil_task_cancel(task));
    ASSERT_EQ(coil_task_uncancel(task), 1);
    ASSERT_NE(coil_task_name(task)[0], '\0');
    coil_task_release(task);
    silence_stderr();
    coil_task_release(failed);
    restore_stderr();
}
