/* SPDX-License-Identifier: MIT */
/* cancel_everywhere.c - cancel a task in each suspending call of the library */
#include "cancel_everywhere.h"

#include "loop/loop.h"
#include "testing/testing.h"

static const struct everywhere *now_tested;

static void say_case(void)
{
    fprintf(stderr, "%s, on the ", now_tested->name);
    if (simulated)
        fprintf(stderr, "simulator with seed %llu\n", (unsigned long long)seed);
    else
        fprintf(stderr, "kernel\n");
}

/* ---- tasks ---------------------------------------------------------------- */

/* One call in a task of its own. */
struct attempt {
    struct coil_task *task;
    bool begun;
    bool returned;
    bool ended;
    int rc;
    int after; /* of the next suspending call */
};

static int make_attempt(void *arg)
{
    struct attempt *attempt = arg;

    attempt->begun = true;
    attempt->rc = now_tested->call();
    attempt->returned = true;
    attempt->after = coil_yield();
    attempt->ended = true;
    return 0;
}

static struct coil_task *start_caller(coil_fn fn, void *arg)
{
    return now_tested->start ? now_tested->start(fn, arg) : start(fn, arg);
}

static int end_of_caller(struct coil_task *task)
{
    return now_tested->end ? now_tested->end(task) : end_of(task);
}

/* Begin the call: it waits, or it is over if it need not wait. */
static void attempt_begin(struct attempt *attempt)
{
    *attempt = (struct attempt){ .task = NULL };
    attempt->task = start_caller(make_attempt, attempt);
    do
        ASSERT_EQ(coil_yield(), 0);
    while (!attempt->begun);
    if (now_tested->flags & SETTLES)
        settle();
}

static void attempt_end(struct attempt *attempt)
{
    int rc = end_of_caller(attempt->task);

    /*
     * A task that is cancelled within its last call may take no further step.
     */
    ASSERT(rc == 0 || rc == -ECANCELED);
}

/* ---- the states of the waiter --------------------------------------------- */

static void prepare_case(void)
{
    if (now_tested->prepare)
        now_tested->prepare();
}

static void finish_case(void)
{
    if (now_tested->finish)
        now_tested->finish();
}

/* Another task makes the call and must get what there is. */
static void expect_success(bool is_ready)
{
    struct attempt next;

    if (!now_tested->ready)
        return;
    if (!is_ready && !(now_tested->flags & FOR_WAITERS))
        now_tested->ready();
    attempt_begin(&next);
    if (!is_ready && now_tested->flags & FOR_WAITERS)
        now_tested->ready();
    attempt_end(&next);
    ASSERT_EQ(next.rc, 0);
}

static void wait_turns(const struct attempt *attempt)
{
    unsigned turns = now_tested->turns ? now_tested->turns : 1;

    if (seed != 0)
        turns = 1000;
    for (unsigned i = 0; i < turns && !attempt->returned; i++)
        ASSERT_EQ(coil_yield(), 0);
    if (!attempt->returned)
        FAIL("it has not returned after %u turns", turns);
}

void cancel_parked(void)
{
    struct attempt attempt;

    if (now_tested->flags & NEVER_WAITS ||
        (now_tested->flags & BRIEF && seed != 0))
        return;
    prepare_case();
    attempt_begin(&attempt);
    if (attempt.returned)
        FAIL("it did not wait but returned %d", attempt.rc);
    ASSERT(coil_task_cancel(attempt.task));
    wait_turns(&attempt);
    attempt_end(&attempt);
    /* Reported once. */
    if (now_tested->flags & SENDS) {
        ASSERT_EQ(attempt.rc, COIL_EUNKNOWN);
        ASSERT_EQ(attempt.after, -ECANCELED);
    } else {
        ASSERT_EQ(attempt.rc, -ECANCELED);
        ASSERT_EQ(attempt.after, 0);
    }
    if (!(now_tested->flags & (PASSES_ON | ENDS)))
        expect_success(false);
    finish_case();
}

void cancel_granted(void)
{
    struct attempt attempt;
    bool was_running;

    if (!now_tested->ready)
        return;
    prepare_case();
    attempt_begin(&attempt);
    now_tested->ready();
    was_running = !attempt.ended && coil_task_cancel(attempt.task);
    attempt_end(&attempt);
    if (attempt.rc == 0) {
        ASSERT_EQ(attempt.after, was_running ? -ECANCELED : 0);
    } else if (now_tested->flags & SENDS && attempt.rc == COIL_EUNKNOWN) {
        ASSERT_EQ(attempt.after, -ECANCELED);
    } else {
        ASSERT_EQ(attempt.rc, -ECANCELED);
        ASSERT_EQ(attempt.after, 0);
        if (!(now_tested->flags & (PASSES_ON | ENDS)))
            expect_success(true);
    }
    finish_case();
}

static int note_switch(void *arg)
{
    *(bool *)arg = true;
    return 0;
}

/* The task has just been cancelled. */
static int call_cancelled(void *arg)
{
    bool switched = false;
    struct coil_task *bystander = start(note_switch, &switched);

    (void)arg;
    ASSERT(coil_task_cancel(coil_current_task()));
    ASSERT_EQ(now_tested->call(), -ECANCELED);
    if (!(now_tested->flags & WAITS_FIRST))
        ASSERT(!switched);
    ASSERT_EQ(coil_yield(), 0);
    return end_of(bystander);
}

void cancel_on_entry(void)
{
    prepare_case();
    ASSERT_EQ(end_of_caller(start_caller(call_cancelled, NULL)), 0);
    if (!(now_tested->flags & ENDS))
        expect_success(false);
    finish_case();
}

void cancel_on_entry_when_ready(void)
{
    if (!now_tested->ready || now_tested->flags & FOR_WAITERS)
        return;
    prepare_case();
    now_tested->ready();
    settle();
    ASSERT_EQ(end_of_caller(start_caller(call_cancelled, NULL)), 0);
    if (!(now_tested->flags & ENDS))
        expect_success(true);
    finish_case();
}

/* ---- the table ------------------------------------------------------------ */

static int run_state(void *arg)
{
    void (*const *state)(void) = arg;
    size_t tasks = coil_all_tasks(NULL, 0);

    (*state)();
    ASSERT_EQ(coil_all_tasks(NULL, 0), tasks);
    return 0;
}

/*
 * The budget's clock stands still: on a slow machine the time would end a
 * budget, a call would give way before its wait, and turns could not be
 * counted.
 */
static void run_on_kernel(void (*state)(void))
{
    struct coil_loop *loop;

    ASSERT_EQ(coil_loop_new(&loop, NULL), 0);
    ASSERT_EQ(coil__testing_open(loop, 0), 0);
    loop->stepwise = true;
    ASSERT_EQ(coil_loop_run_until_complete(loop, run_state, &state), 0);
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
}

static void run_case(const struct everywhere *tested, void (*state)(void))
{
    now_tested = tested;
    simulated = false;
    seed = 0;
    if (!(tested->flags & SIMULATOR_ONLY))
        run_on_kernel(state);
    if (tested->flags & KERNEL_ONLY)
        return;
    simulated = true;
    for (seed = 0; seed < test_seeds(SEEDS); seed++)
        ASSERT_EQ(coil_test_run(run_state, &state, seed), 0);
}

void run_table(const struct everywhere *table, size_t count,
               void (*state)(void))
{
    test_on_failure = say_case;
    test_keep_freed_memory();
    for (size_t i = 0; i < count; i++)
        run_case(&table[i], state);
}
