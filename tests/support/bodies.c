/* SPDX-License-Identifier: MIT */
/*
 * bodies.c - bodies of many tasks: await the argument, sleep, fail, do nothing
 */
#include "bodies.h"

#include <errno.h>

#include <coil/coroutine.h>
#include <coil/event.h>
#include <coil/future.h>
#include <coil/lock.h>
#include <coil/task.h>

#include "actors.h"

int await_task(void *task)
{
    return coil_task_await(task);
}

int await_future(void *future)
{
    return coil_future_await(future, NULL);
}

int await_event(void *event)
{
    return coil_event_wait(event);
}

int acquire_lock(void *lock)
{
    return coil_lock_acquire(lock);
}

int say_arg(void *text)
{
    say("%s ", (const char *)text);
    return 0;
}

int return_pointee(void *number)
{
    return *(const int *)number;
}

int do_nothing(void *arg)
{
    (void)arg;
    return 0;
}

int fail(void *arg)
{
    (void)arg;
    return -EIO;
}

int sleep_a_little(void *arg)
{
    (void)arg;
    return coil_sleep(COIL_MILLISECOND);
}

int sleep_long(void *arg)
{
    (void)arg;
    return coil_sleep(COIL_MINUTE);
}

int count_to_three(void *arg)
{
    (void)arg;
    say("begins ");
    for (intptr_t i = 1; i <= 3; i++) {
        int rc = coil_coroutine_yield((void *)i, NULL);

        if (rc < 0)
            return rc;
    }
    return 42;
}
