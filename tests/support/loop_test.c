/* SPDX-License-Identifier: MIT */
/* loop_test.c - a test of the loop, on each kind of it */
#include "loop_test.h"

const struct coil_loop_options variants[VARIANTS] = {
    { .backend = COIL_BACKEND_DEFAULT },
    { .backend = COIL_BACKEND_DEFAULT, .debug = true },
    { .backend = COIL_BACKEND_SIMULATOR },
};
size_t variant;
struct coil_loop *loop;
struct coil_handle handles[8];

/* ---- calls ---------------------------------------------------------------- */

void say_name(void *arg)
{
    say("%s ", (const char *)arg);
}

void call_soon(size_t i, const char *name)
{
    ASSERT_EQ(coil_loop_call_soon(loop, &handles[i], say_name,
                                  (void *)(uintptr_t)name),
              0);
}

void call_later(size_t i, coil_time delay, const char *name)
{
    ASSERT_EQ(coil_loop_call_later(loop, &handles[i], delay, say_name,
                                   (void *)(uintptr_t)name),
              0);
}

void call_at(size_t i, coil_time when, const char *name)
{
    ASSERT_EQ(coil_loop_call_at(loop, &handles[i], when, say_name,
                                (void *)(uintptr_t)name),
              0);
}

void stop_it(void *arg)
{
    coil_loop_stop(arg);
}

void stop_at(coil_time when)
{
    static struct coil_handle handle;

    ASSERT_EQ(coil_loop_call_at(loop, &handle, when, stop_it, loop), 0);
}

/* ---- running -------------------------------------------------------------- */

void open_loop(size_t i)
{
    ASSERT_EQ(coil_loop_new(&loop, &variants[i]), 0);
}

void run_once(void)
{
    coil_loop_stop(loop);
    ASSERT_EQ(coil_loop_run_forever(loop), 0);
}

coil_time run_now(void)
{
    struct coil_scheduler *scheduler = coil_loop_scheduler(loop);
    coil_time now;

    ASSERT_EQ(coil_scheduler_enter(scheduler), 0);
    now = coil_now();
    coil_scheduler_leave(scheduler);
    return now;
}

struct coil_task *start_on_loop(coil_fn fn)
{
    struct coil_scheduler *scheduler = coil_loop_scheduler(loop);
    struct coil_task *task;

    ASSERT_EQ(coil_scheduler_enter(scheduler), 0);
    ASSERT_EQ(coil_task_create(&task, fn, NULL), 0);
    coil_scheduler_leave(scheduler);
    coil_task_release(task);
    return task;
}

size_t tasks_of_loop(struct coil_task **tasks, size_t capacity)
{
    struct coil_scheduler *scheduler = coil_loop_scheduler(loop);
    size_t count;

    ASSERT_EQ(coil_scheduler_enter(scheduler), 0);
    count = coil_all_tasks(tasks, capacity);
    coil_scheduler_leave(scheduler);
    return count;
}

/* ---- what goes to stderr -------------------------------------------------- */

static int kept_stderr = -1;

void silence_stderr(void)
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    fflush(stderr);
    kept_stderr = dup(STDERR_FILENO);
    dup2(null, STDERR_FILENO);
    close(null);
}

void restore_stderr(void)
{
    fflush(stderr);
    dup2(kept_stderr, STDERR_FILENO);
    close(kept_stderr);
    kept_stderr = -1;
}

static void say_variant(void)
{
    if (kept_stderr >= 0)
        restore_stderr();
    fprintf(stderr, "in variant %zu of loop_test.h\n", variant);
}

void run_on_each_loop(void (*body)(void))
{
    test_on_failure = say_variant;
    for (variant = 0; variant < VARIANTS; variant++) {
        memset(handles, 0, sizeof handles);
        open_loop(variant);
        body();
        SAID("");
        if (loop)
            ASSERT_EQ(coil_loop_close(loop, NULL), 0);
        loop = NULL;
    }
}
