/* SPDX-License-Identifier: MIT */
/*
 * testing.c - what a loop on the simulator does at every step
 */
#include "testing/testing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <coil/dump.h>

#include "base/memory.h"
#include "loop/handle.h"
#include "sched/scheduler.h"
#include "task/task.h"
#include "testing/testing_choose.h"
#include "testing/testing_work.h"
#include "sched/wait.h"
#include "backend/simulator.h"

static const struct coil_wait_reason reason_settle = { .name = "all others" };

static struct coil_testing *current(void)
{
    struct coil_loop *loop = coil_loop_current();

    return loop ? loop->testing : NULL;
}

static struct coil_testing *simulated(void)
{
    struct coil_loop *loop = coil_loop_current();

    return loop && coil__backend_is_simulated(loop->backend) ? loop->testing
                                                             : NULL;
}

void coil__testing_reset(struct coil_testing *testing, uint64_t seed)
{
    coil_task_release(testing->probe.task);
    testing->probe = (struct coil_testing_probe){ .task = NULL };
    testing->seed = seed;
    testing->steps = 0;
    testing->count = 0;
    testing->haste = 0;
    testing->leap = COIL_NEVER;
    testing->unit = 0;
    testing->looked = 0;
    testing->made = 0;
}

void coil_test_let_time_pass(unsigned n, coil_time most)
{
    struct coil_testing *testing = current();

    if (!testing)
        return;
    testing->haste = n;
    testing->leap = most;
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
    struct coil_testing_watch *watches;
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
    testing->watches[testing->count++] =
        (struct coil_testing_watch){ check, object };
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

void coil_test_dump_schedule(int fd)
{
    struct coil_testing *testing = current();

    if (!testing)
        return;
    if (!testing->choices) {
        dprintf(fd, "COIL_SEED=%llu", (unsigned long long)testing->seed);
        return;
    }
    dprintf(fd, "COIL_CHOICES=");
    coil__choices_dump(testing->choices, fd);
}

static void fail_if_wrong(const struct coil_testing *testing, const char *wrong,
                          const void *object)
{
    if (!wrong)
        return;
    fflush(NULL);
    fprintf(stderr, "coil: seed %llu, step %llu: %s [%p]\n",
            (unsigned long long)testing->seed,
            (unsigned long long)testing->steps, wrong, object);
    fprintf(stderr, "coil: this schedule is ");
    coil_test_dump_schedule(2);
    fprintf(stderr, "\n");
    coil_dump_tasks(2);
    abort();
}

static void check_watches(struct coil_loop *loop)
{
    struct coil_testing *testing = loop->testing;

    fail_if_wrong(testing, coil__testing_check_delay(loop), loop);
    for (size_t i = 0; i < testing->count; i++) {
        const struct coil_testing_watch *w = &testing->watches[i];

        fail_if_wrong(testing, w->check(w->object), w->object);
    }
}

/* ---- at the suspensions of a task ----------------------------------------- */

int coil_test_probe(struct coil_task *task, uint64_t n,
                    enum coil_test_moment moment, coil_callback_fn fn,
                    void *arg)
{
    struct coil_testing *testing = current();

    if (!testing)
        return -ENOTSUP;
    if (task)
        coil_task_retain(task);
    coil_task_release(testing->probe.task);
    testing->probe = (struct coil_testing_probe){
        .task = task, .n = n, .moment = moment, .fn = fn, .arg = arg
    };
    return 0;
}

uint64_t coil_test_suspensions(void)
{
    struct coil_testing *testing = current();

    return testing ? testing->probe.suspensions : 0;
}

static bool is_probed(const struct coil_testing_probe *probe,
                      const struct coil_runnable *r)
{
    return probe->task && r == &probe->task->co.runnable;
}

static void strike(struct coil_testing_probe *probe,
                   enum coil_test_moment moment)
{
    if (probe->n > 0 && probe->suspensions == probe->n &&
        probe->moment == moment)
        probe->fn(probe->arg);
}

/* Once for each suspension; `fn` may probe anew. */
static void strike_decided(struct coil_testing_probe *probe)
{
    bool is_first = !probe->is_decided;

    probe->is_decided = true;
    if (is_first)
        strike(probe, COIL_TEST_DECIDED);
}

/* The task's wait has been decided, or the task has only yielded. */
static bool will_go_on(const struct coil_task *task)
{
    return !task->co.parked || !task->co.parked->queue;
}

/* ---- steps ---------------------------------------------------------------- */

static struct coil_runnable *pick(struct coil_loop *loop)
{
    struct coil_testing *testing = loop->testing;
    struct coil_runnable *r;

    if (testing->seed == 0 && !testing->choices)
        r = coil__scheduler_pop(&loop->scheduler);
    else
        r = coil__testing_choose(loop);
    testing->picked = r;
    if (r && is_probed(&testing->probe, r)) {
        strike_decided(&testing->probe);
        strike(&testing->probe, COIL_TEST_GRANTED);
    }
    return r;
}

static void after_step(struct coil_loop *loop)
{
    struct coil_testing *testing = loop->testing;
    struct coil_testing_probe *probe = &testing->probe;

    testing->steps++;
    if (is_probed(probe, testing->picked) && !probe->task->future.done) {
        probe->suspensions++;
        probe->is_decided = false;
        strike(probe, COIL_TEST_PARKED);
    }
    if (probe->task && !probe->task->future.done && will_go_on(probe->task))
        strike_decided(probe);
    check_watches(loop);
}

/* ---- settling ------------------------------------------------------------- */

/*
 * Let the simulator do what is left to do, until somebody is ready or nothing
 * is left: then it refuses a wait without end.
 */
static void finish_flights(struct coil_loop *loop)
{
    struct coil__backend *backend = loop->backend;
    size_t holds = backend->holds;
    int rc;

    backend->holds = 0;
    do {
        rc = backend->ops->wait(backend, COIL_NEVER);
        coil__loop_empty_inbox(loop);
    } while (rc == 0 && coil__scheduler_is_idle(&loop->scheduler));
    backend->holds = holds;
}

static bool settled(struct coil_loop *loop)
{
    if (coil__waitq_is_empty(&loop->testing->settlers))
        return false;
    finish_flights(loop);
    if (coil__scheduler_is_idle(&loop->scheduler))
        coil__wake_one(&loop->testing->settlers, 0);
    return true;
}

int coil_test_settle(void)
{
    struct coil_testing *testing = simulated();
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

size_t coil_test_live_allocations(void)
{
    return coil__alloc_live();
}

int coil_test_fail_call(size_t n, int error)
{
    struct coil_testing *testing = simulated();

    if (!testing)
        return -ENOTSUP;
    coil__simulator_fail_call(coil_loop_current()->backend, n, error);
    return 0;
}

int coil_test_set_datagrams(const struct coil_test_datagrams *d)
{
    struct sim_weather weather = { .lose = d->lose,
                                   .duplicate = d->duplicate,
                                   .reorder = d->reorder,
                                   .drop = d->drop,
                                   .arg = d->arg };

    if (!simulated())
        return -ENOTSUP;
    coil__simulator_set_weather(coil_loop_current()->backend, &weather);
    return 0;
}

size_t coil_test_calls(void)
{
    struct coil_testing *testing = simulated();

    return testing ? coil__simulator_calls(coil_loop_current()->backend) : 0;
}

/* ---- opening and closing -------------------------------------------------- */

static const struct coil_loop_steps steps = {
    .pick = pick,
    .after_step = after_step,
    .looked = coil__testing_looked,
    .work = coil__testing_work,
    .ends_budget = coil__testing_ends_budget,
    .skips_look = coil__testing_skips_look,
    .settled = settled,
};

int coil__testing_open(struct coil_loop *loop, uint64_t seed)
{
    loop->testing = coil__alloc(sizeof *loop->testing);
    if (!loop->testing)
        return -ENOMEM;
    loop->steps = &steps;
    loop->testing->seed = seed;
    loop->testing->leap = COIL_NEVER;
    return 0;
}

void coil__testing_close(struct coil_loop *loop)
{
    if (!loop->testing)
        return;
    coil_task_release(loop->testing->probe.task);
    coil__free(loop->testing->watches);
    coil__free(loop->testing);
}
