/* SPDX-License-Identifier: MIT */
/*
 * scenario.c - small programs with a victim, which a test cancels or lets fail
 */
#include "scenario.h"

#include <coil/coroutine.h>

#include "run/drive.h"
#include "reports.h"
#include "test_table.h"

const struct scenario *playing;
uint64_t playing_seed;

bool is_failing;
int failing_error;

size_t live_at_begin;

int no_begin(void)
{
    return 0;
}

void no_end(void)
{
}

/* ---- helpers: tasks of the surroundings ---- */

struct coil_task *helpers[MAX_HELPERS];
int helper_count;

int help(coil_fn fn, void *arg)
{
    int rc = coil_task_create(&helpers[helper_count], fn, arg);

    if (rc == 0)
        helper_count++;
    return rc;
}

bool helpers_are_done(void)
{
    for (int i = 0; i < helper_count; i++)
        if (!coil_task_is_done(helpers[i]))
            return false;
    return true;
}

void expect_helpers(void)
{
    for (int i = 0; i < helper_count; i++) {
        struct coil_future *end = coil_task_future(helpers[i]);

        if (coil_wait(&end, 1, COIL_ALL_COMPLETED, COIL_MINUTE) == 0)
            FAIL("%s: a helper does not end", playing->name);
        if (!is_failing)
            ASSERT_GE(coil_task_result(helpers[i]), 0);
    }
}

void end_helpers(void)
{
    for (int i = 0; i < helper_count; i++)
        coil_task_cancel(helpers[i]);
    for (int i = 0; i < helper_count; i++) {
        ASSERT_NE(coil_task_await(helpers[i]), -EDEADLK);
        coil_task_release(helpers[i]);
    }
    helper_count = 0;
}

/* ---- the victim ---- */

struct coil_task *victim;
struct coil_timeout deadline;

int (*last_act)(int rc);

bool request_is_withdrawn;

int run_victim(void *arg)
{
    int rc = coil_timeout_begin(&deadline, COIL_NEVER);

    (void)arg;
    if (rc < 0)
        return rc;
    request_is_withdrawn = false;
    rc = playing->victim(NULL);
    if (last_act)
        rc = last_act(rc);
    return coil_timeout_end(&deadline, rc);
}

int end_of_victim(bool may_wait_in_vain)
{
    struct coil_future *future = coil_task_future(victim);
    int rc;

    rc = coil_wait(&future, 1, COIL_ALL_COMPLETED,
                   may_wait_in_vain ? theatre->patience : 10 * COIL_MINUTE);
    if (rc == 0 && may_wait_in_vain) {
        coil_task_cancel(victim);
        rc = coil_wait(&future, 1, COIL_ALL_COMPLETED, 10 * COIL_MINUTE);
    }
    if (rc == 0)
        FAIL("%s: the victim does not end", playing->name);
    ASSERT_EQ(rc, 1);
    rc = coil_task_result(victim);
    coil_task_release(victim);
    victim = NULL;
    return rc;
}

/* ---- one run, on a loop of its own ---- */

static int open_simulator(struct coil_loop **out, uint64_t seed)
{
    const struct coil_loop_options options = { .backend =
                                                   COIL_BACKEND_SIMULATOR,
                                               .seed = seed };

    return coil_loop_new(out, &options);
}

/*
 * While a stack is in use, the thread keeps the idle ones of its size, too: those
 * of tasks, and those of the main task.
 */
enum { KEEPERS = 2 };

static struct coil_coroutine *keepers[KEEPERS];

static int never_run(void *arg)
{
    (void)arg;
    return 0;
}

void keep_stacks(void)
{
    static const size_t sizes[KEEPERS] = { 0, COIL_MAIN_STACK_SIZE };

    /* On the kernel, other threads may run the loops. */
    for (size_t i = 0; i < KEEPERS && theatre->open == open_simulator; i++)
        ASSERT_EQ(coil_coroutine_new(&keepers[i], never_run, NULL, sizes[i]),
                  0);
}

void give_stacks_back(void)
{
    for (size_t i = 0; i < KEEPERS; i++) {
        coil_coroutine_free(keepers[i]);
        keepers[i] = NULL;
    }
    coil__thread_free_stacks();
}

static size_t stacks_in_use(void)
{
    struct coil_stack_pool *pool = coil__thread()->stacks;

    return pool ? coil__stack_in_use(pool) : 0;
}

static int run_simulator(struct coil_loop *loop, coil_fn fn)
{
    return coil_loop_run_until_complete(loop, fn, NULL);
}

int play_here(coil_fn fn, uint64_t seed)
{
    struct coil_loop_report report;
    struct coil_loop *loop;
    int rc;

    live_at_begin = coil_test_live_allocations();
    rc = theatre->open(&loop, seed);
    if (rc == 0) {
        coil_loop_set_exception_handler(loop, ignore_report, NULL);
        rc = theatre->run(loop, fn);
        coil_test_fail_allocation(0, false);
        ASSERT_EQ(loop->backend->pending, 0);
        ASSERT_EQ(loop->backend->holds, 0);
        ASSERT_EQ(coil_loop_close(loop, &report), 0);
        ASSERT_EQ(report.tasks_cancelled, 0);
        ASSERT_EQ(report.errors_unseen, 0);
        ASSERT_EQ(report.timers_armed, 0);
        ASSERT_EQ(report.descriptors_open, 0);
        ASSERT_EQ(report.tasks_kept, 0);
    }
    coil_test_fail_allocation(0, false);
    if (theatre->expect_empty)
        theatre->expect_empty();
    ASSERT_EQ(coil_test_live_allocations(), live_at_begin);
    if (keepers[0])
        ASSERT_EQ(stacks_in_use(), KEEPERS);
    else
        ASSERT_NULL(coil__thread()->stacks); /* none is in use */
    return rc;
}

/* ---- tests ---- */

static void (*player)(const struct scenario *scenario);

static void play_subject(const void *subject)
{
    player(subject);
}

void scenario_tests(const char *file, const char *prefix,
                    const struct scenario *list,
                    void (*play_it)(const struct scenario *s))
{
    test_keep_freed_memory();
    player = play_it;
    for (; list->name; list++)
        add_test(file, prefix, list->name, play_subject, list);
}

static const struct theatre on_the_simulator = {
    .open = open_simulator,
    .run = run_simulator,
    .play = play_here,
    .seeds = 20,
    .patience = 10 * COIL_MINUTE,
};

const struct theatre *theatre = &on_the_simulator;

uint64_t schedules_of_each(uint64_t usual)
{
    const char *text = getenv("COIL_POINT_SEEDS");

    return text ? strtoull(text, NULL, 10) : usual;
}

int play(coil_fn fn, uint64_t seed)
{
    playing_seed = seed;
    return theatre->play(fn, seed);
}
