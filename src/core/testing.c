/* SPDX-License-Identifier: MIT */
/*
 * testing.c - what a loop on the simulator does at every step
 */
#include <coil/testing.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "core/loop.h"
#include "core/report.h"
#include "core/scheduler.h"
#include "core/wait.h"

struct watch {
    coil_test_check_fn check;
    const void *object;
};

struct coil_testing {
    uint64_t seed;
    uint64_t steps;
    struct watch *watches;
    size_t count;
    size_t capacity;
    struct coil_waitq settlers;
};

static const struct coil_wait_reason reason_settle = { "all others", NULL };

static struct coil_testing *current(void)
{
    struct coil_loop *loop = coil_loop_current();

    return loop ? loop->testing : NULL;
}

int coil__testing_open(struct coil_loop *loop, uint64_t seed)
{
    loop->testing = coil__alloc(sizeof *loop->testing);
    if (!loop->testing)
        return -ENOMEM;
    loop->testing->seed = seed;
    return 0;
}

void coil__testing_close(struct coil_loop *loop)
{
    if (loop->testing)
        coil__free(loop->testing->watches);
    coil__free(loop->testing);
}

int coil_test_run(coil_fn fn, void *arg, uint64_t seed)
{
    const struct coil_loop_options options = {
        .backend = COIL_BACKEND_SIMULATOR,
        .seed = seed,
    };

    return coil_run_with(fn, arg, &options);
}

/* ---- choosing ------------------------------------------------------------- */

static uint64_t random_below(struct coil_loop *loop, uint64_t limit)
{
    return loop->poll->ops->random(loop->poll) % limit;
}

/*
 * Any ready task may be next.  Handles keep their order, which is documented:
 * choosing one means the longest ready of them.
 */
struct coil_runnable *coil__testing_pick(struct coil_loop *loop)
{
    struct coil_scheduler *s = &loop->scheduler;
    struct coil_runnable *r = s->head;
    uint64_t n;

    if (loop->testing->seed == 0 || s->ready_count < 2)
        return coil__scheduler_pop(s);
    for (n = random_below(loop, s->ready_count); n > 0; n--)
        r = r->next;
    if (r->run != coil__task_run)
        for (r = s->head; r->run == coil__task_run; r = r->next)
            continue;
    coil__scheduler_remove(s, r);
    return r;
}

uint64_t coil_test_random(uint64_t limit)
{
    struct coil_loop *loop = coil_loop_current();

    return loop && loop->testing && limit > 0 ? random_below(loop, limit) : 0;
}

uint64_t coil_test_steps(void)
{
    struct coil_testing *testing = current();

    return testing ? testing->steps : 0;
}

/* ---- checking ------------------------------------------------------------- */

int coil_test_watch(coil_test_check_fn check, const void *object)
{
    struct coil_testing *testing = current();
    struct watch *watches;
    size_t capacity;

    if (!testing)
        return -ENOTSUP;
    if (testing->count == testing->capacity) {
        capacity = testing->capacity ? testing->capacity * 2 : 8;
        watches = coil__realloc(testing->watches, capacity * sizeof *watches);
        if (!watches)
            return -ENOMEM;
        testing->watches = watches;
        testing->capacity = capacity;
    }
    testing->watches[testing->count++] = (struct watch){ check, object };
    return 0;
}

void coil_test_unwatch(const void *object)
{
    struct coil_testing *testing = current();

    for (size_t i = 0; testing && i < testing->count;) {
        if (testing->watches[i].object == object)
            testing->watches[i] = testing->watches[--testing->count];
        else
            i++;
    }
}

void coil__testing_after_step(struct coil_loop *loop)
{
    struct coil_testing *testing = loop->testing;

    testing->steps++;
    for (size_t i = 0; i < testing->count; i++) {
        const char *wrong =
            testing->watches[i].check(testing->watches[i].object);

        if (!wrong)
            continue;
        fflush(NULL);
        fprintf(stderr, "coil: seed %llu, step %llu: %s [%p]\n",
                (unsigned long long)testing->seed,
                (unsigned long long)testing->steps, wrong,
                testing->watches[i].object);
        coil_dump_tasks(2);
        abort();
    }
}

/* ---- settling ------------------------------------------------------------- */

bool coil__testing_settled(struct coil_loop *loop)
{
    struct coil_poll *poll = loop->poll;

    if (coil__waitq_is_empty(&loop->testing->settlers))
        return false;
    /* What the simulator still has in flight comes first. */
    poll->ops->wait(poll, INT64_MIN);
    if (!loop->scheduler.head)
        coil__wake_one(&loop->testing->settlers, 0);
    return true;
}

int coil_test_settle(void)
{
    struct coil_testing *testing = current();
    struct coil_waiter self = COIL_WAITER(&reason_settle, NULL);
    int rc;

    rc = coil__checkpoint();
    if (rc < 0)
        return rc;
    if (!testing)
        return -ENOTSUP;
    return coil__wait(&testing->settlers, &self);
}

/* ---- failing -------------------------------------------------------------- */

void coil_test_fail_allocation(size_t n, bool forever)
{
    coil__alloc_fail_at(n, forever);
}

size_t coil_test_allocations(void)
{
    return coil__alloc_count();
}
