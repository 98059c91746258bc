/* SPDX-License-Identifier: MIT */
/* combinators_test.h - what the programs combinators and gather share */
#ifndef COIL_TESTS_COMBINATORS_TEST_H
#define COIL_TESTS_COMBINATORS_TEST_H

#include "core_test.h"

enum { MANY = 1000 };

static struct coil_future some[MANY];
static struct coil_future *all[MANY];

/* The first `count` of `some`, pending. */
static inline struct coil_future *const *fresh(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        coil_future_init(&some[i]);
        all[i] = &some[i];
    }
    return all;
}

static inline void complete(struct coil_future *future)
{
    ASSERT_EQ(coil_future_set_result(future, NULL), 0);
}

static inline void fail(struct coil_future *future, int error)
{
    ASSERT_EQ(coil_future_set_error(future, error), 0);
}

/* A call of coil_wait() or coil_gather() in a task of its own. */
struct call {
    size_t count;
    bool gather;
    enum coil_wait_mode mode;
    coil_time timeout;
    unsigned flags;
};

static inline int do_call(void *arg)
{
    const struct call *call = arg;
    int rc = call->gather
                 ? coil_gather(all, call->count, call->flags)
                 : coil_wait(all, call->count, call->mode, call->timeout);

    say("%d ", rc);
    return rc;
}

static inline struct coil_task *start_call(struct call call)
{
    struct coil_task *task;

    ASSERT_EQ(coil_task_create_copy(&task, do_call, &call), 0);
    turn();
    return task;
}

static inline struct coil_task *start_gather(size_t count, unsigned flags)
{
    return start_call(
        (struct call){ .count = count, .gather = true, .flags = flags });
}

#endif
