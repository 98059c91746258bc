/* SPDX-License-Identifier: MIT */
/*
 * loop.c - a loop of our own that runs coil's tasks
 *
 * A loop is a queue of what is ready, and somebody who takes the first and runs
 * it, again and again.  coil's tasks need no more than that; timers and I/O are
 * what coil's own loop adds.
 */
#include <stdio.h>

#include <coil.h>

struct my_loop {
    struct coil_scheduler ready;
    bool stopped;
};

/* One call to make: caller's memory, kept until it is made. */
struct my_handle {
    struct coil_runnable runnable; /* first, so that the one is the other */
    void (*fn)(void *arg);
    void *arg;
};

static int my_loop_open(struct my_loop *loop)
{
    *loop = (struct my_loop){ .ready = COIL_SCHEDULER_INIT };
    return coil_scheduler_enter(&loop->ready);
}

static void make_call(struct coil_runnable *runnable)
{
    struct my_handle *handle = (struct my_handle *)runnable;

    handle->fn(handle->arg);
}

static void my_loop_call_soon(struct my_loop *loop, struct my_handle *handle,
                              void (*fn)(void *arg), void *arg)
{
    *handle = (struct my_handle){ { .run = make_call }, fn, arg };
    coil_scheduler_append(&loop->ready, &handle->runnable);
}

/* A new task joins the scheduler that was entered: ours. */
static int my_loop_create_task(struct coil_task **out, coil_fn fn, void *arg)
{
    return coil_task_create(out, fn, arg);
}

static void my_loop_stop(struct my_loop *loop)
{
    loop->stopped = true;
}

/* Run what is ready now; what that makes ready is left for the next turn. */
static void my_loop_run_once(struct my_loop *loop)
{
    size_t count = coil_scheduler_ready_count(&loop->ready);

    while (count-- > 0) {
        struct coil_runnable *next = coil_scheduler_pop(&loop->ready);

        if (next)
            coil_runnable_run(next);
    }
}

static int my_loop_run_forever(struct my_loop *loop)
{
    loop->stopped = false;
    while (!loop->stopped) {
        /* Without timers and I/O nothing can ever become ready again. */
        if (coil_scheduler_ready_count(&loop->ready) == 0)
            return -EDEADLK;
        my_loop_run_once(loop);
    }
    return 0;
}

static void stop_when_done(struct coil_future *future, void *arg)
{
    (void)future;
    my_loop_stop(arg);
}

static int my_loop_run_until_complete(struct my_loop *loop, coil_fn fn,
                                      void *arg)
{
    struct coil_future_callback done = { 0 };
    struct coil_task *task;
    int rc;

    rc = my_loop_create_task(&task, fn, arg);
    if (rc < 0)
        return rc;
    rc = coil_future_add_done_callback(coil_task_future(task), &done,
                                       stop_when_done, loop);
    if (rc == 0)
        rc = my_loop_run_forever(loop);
    coil_future_remove_done_callback(coil_task_future(task), &done);
    if (rc == 0)
        rc = coil_task_result(task);
    coil_task_release(task);
    return rc;
}

/* Cancel the tasks that are left, oldest first, and let each of them end. */
static void my_loop_close(struct my_loop *loop)
{
    struct coil_task *left;

    while (coil_all_tasks(&left, 1) > 0) {
        coil_task_cancel(left);
        while (coil_scheduler_ready_count(&loop->ready) > 0)
            my_loop_run_once(loop);
    }
    coil_scheduler_leave(&loop->ready);
}

/* ---- a program that uses it ------------------------------------------- */

static struct my_loop loop;

static int foo(void *arg)
{
    int rc = coil_yield();

    (void)arg;
    if (rc < 0)
        return rc;
    printf("Hello Foo\n");
    return 0;
}

static void answer(void *arg)
{
    coil_future_set_result(arg, "Hello Bar");
}

/* Asks a callback for what to say: one turn more than foo takes. */
static int bar(void *arg)
{
    static struct coil_future answered = COIL_FUTURE_INIT;
    static struct my_handle call;
    void *text;
    int rc;

    (void)arg;
    my_loop_call_soon(&loop, &call, answer, &answered);
    rc = coil_future_await(&answered, &text);
    if (rc < 0)
        return rc;
    printf("%s\n", (const char *)text);
    return 0;
}

static int start(void *arg)
{
    struct coil_task_group group;
    int rc;

    (void)arg;
    rc = coil_task_group_begin(&group);
    if (rc < 0)
        return rc;
    rc = coil_task_group_create(&group, NULL, foo, NULL);
    if (rc == 0)
        rc = coil_task_group_create(&group, NULL, bar, NULL);
    return coil_task_group_end(&group, rc);
}

int main(void)
{
    int rc = my_loop_open(&loop);

    if (rc == 0) {
        rc = my_loop_run_until_complete(&loop, start, NULL);
        my_loop_close(&loop);
    }
    return coil_run_status(rc);
}
