/* SPDX-License-Identifier: MIT */
/*
 * task.c - a task type of our own, beside coil's
 *
 * A task is a future that drives a coroutine.  Whatever the coroutine waits
 * for, it hands out as a future; when that is done, the task sends its value,
 * or throws its error, back in.  This is all of it.
 */
#include <stdio.h>

#include <coil.h>

struct my_task {
    struct coil_future future; /* what the coroutine comes to */
    struct coil_coroutine *co;
    struct coil_handle first_step;
    struct coil_future *waits_for;
    struct coil_future_callback callback;
};

static void wakeup(struct coil_future *future, void *arg);

/* Run the coroutine until it waits again or has returned. */
static void step(struct my_task *task, void *value, int error)
{
    void *yielded = NULL;
    int rc;

    task->waits_for = NULL;
    if (error < 0)
        rc = coil_coroutine_throw(task->co, error, &yielded);
    else
        rc = coil_coroutine_send(task->co, value, &yielded);

    if (rc > 0) {
        task->waits_for = yielded;
        rc = coil_future_add_done_callback(yielded, &task->callback, wakeup,
                                           task);
    } else if (rc == 0) {
        rc = coil_coroutine_result(task->co);
        if (rc >= 0)
            coil_future_set_result(&task->future, NULL);
    }
    if (rc < 0)
        coil_future_set_error(&task->future, rc);
}

static void wakeup(struct coil_future *future, void *arg)
{
    void *value = NULL;
    int rc = coil_future_result(future, &value);

    step(arg, value, rc);
}

static void take_first_step(void *arg)
{
    step(arg, NULL, 0);
}

static int my_task_start(struct my_task *task, coil_fn fn, void *arg)
{
    int rc;

    *task = (struct my_task){ .future = COIL_FUTURE_INIT };
    rc = coil_coroutine_new(&task->co, fn, arg, 0);
    if (rc < 0)
        return rc;
    return coil_loop_call_soon(coil_loop_current(), &task->first_step,
                               take_first_step, task);
}

/* Ends the coroutine first, wherever it stands. */
static void my_task_finish(struct my_task *task)
{
    coil_handle_cancel(&task->first_step);
    if (task->waits_for)
        coil_future_remove_done_callback(task->waits_for, &task->callback);
    coil_coroutine_free(task->co);
}

/* ---- a program that uses it ------------------------------------------- */

static int foo(void *arg)
{
    int rc = coil_sleep(2 * COIL_SECOND);

    (void)arg;
    if (rc < 0)
        return rc;
    printf("Hello Foo\n");
    return 0;
}

static int bar(void *arg)
{
    int rc = coil_sleep(1 * COIL_SECOND);

    (void)arg;
    if (rc < 0)
        return rc;
    printf("Hello Bar\n");
    return 0;
}

static int start(void *arg)
{
    struct coil_task *coils;
    struct my_task mine;
    int rc;

    (void)arg;
    rc = coil_task_create(&coils, bar, NULL);
    if (rc < 0)
        return rc;
    rc = my_task_start(&mine, foo, NULL);
    if (rc == 0) {
        struct coil_future *both[] = { &mine.future, coil_task_future(coils) };

        rc = coil_gather(both, 2, 0);
    }
    my_task_finish(&mine);
    coil_task_release(coils);
    return rc;
}

int main(void)
{
    return coil_run_status(coil_run(start, NULL));
}
