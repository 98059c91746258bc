/* SPDX-License-Identifier: MIT */
/* futures.c - a future with its callbacks, and calls that wait for many */
#include "futures.h"

struct coil_future future;
char value_b;

void say_call(struct coil_future *done, void *arg)
{
    ASSERT(coil_future_is_done(done));
    say("%s ", (const char *)arg);
}

void add_callback(struct coil_future_callback *callback, const char *name)
{
    ASSERT_EQ(coil_future_add_done_callback(&future, callback, say_call,
                                            (void *)(uintptr_t)name),
              0);
}

struct coil_future some[MANY];
struct coil_future *all[MANY];

struct coil_future *const *fresh(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        coil_future_init(&some[i]);
        all[i] = &some[i];
    }
    return all;
}

void complete_future(struct coil_future *pending)
{
    ASSERT_EQ(coil_future_set_result(pending, NULL), 0);
}

void fail_future(struct coil_future *pending, int error)
{
    ASSERT_EQ(coil_future_set_error(pending, error), 0);
}

static int do_call(void *arg)
{
    const struct call *call = arg;
    int rc = call->gather
                 ? coil_gather(all, call->count, call->flags)
                 : coil_wait(all, call->count, call->mode, call->timeout);

    say("%d ", rc);
    return rc;
}

struct coil_task *start_call(struct call call)
{
    struct coil_task *task;

    ASSERT_EQ(coil_task_create_copy(&task, do_call, &call), 0);
    turn();
    return task;
}

struct coil_task *start_gather(size_t count, unsigned flags)
{
    return start_call(
        (struct call){ .count = count, .gather = true, .flags = flags });
}
