/* SPDX-License-Identifier: MIT */
/* LABELS: slow */
/* TIMEOUT: 300 */
/*
 * Every schedule of a few tasks that make a few calls on one primitive and are
 * cancelled at any moment, against the models of schedule.h.  After each step
 * the primitive's invariants are checked.
 *
 * A scope is so many tasks, so many operations of each and so many cancels.
 * Tried are all programs (which operations, in which order; two that differ only
 * in the order of the tasks are one), for each of them every order of steps and
 * every moment of the cancels, and for each cancel every victim.
 *
 * COIL_EXTENT says how much there is time for: 0 (seconds in any build), 1
 * (`make schedules`) or 2 (`make schedules-long`).  COIL_SCOPE=n, with
 * COIL_CHOICES=…, repeats a schedule of the n-th scope (from 0).
 */
#include <time.h>

#include "base/platform.h"
#include "queue_model.h"
#include "sync_model.h"

struct scope {
    int tasks;
    int operations;
    int cancels;
    bool limits; /* calls may have a timeout */
    int extent;  /* from this extent on it is tried */
};

struct subject {
    const char *name;
    int kinds;      /* of operations */
    int long_kinds; /* more kinds with extent 2 */
    void (*prepare)(void);
    void (*operate)(struct actor *self, int kind);
    void (*finish)(void); /* let waiters go on */
    void (*conclude)(void);
};

/* Sanitizers make it ten times slower, and find nothing here. */
#if defined(COIL_ASAN) || defined(COIL_TSAN)
enum { DEFAULT_EXTENT = -1 };
#else
enum { DEFAULT_EXTENT = 0 };
#endif

static const struct scope scopes[] = {
    { 3, 1, 1, .limits = false, .extent = -1 },
    { 3, 1, 2, .limits = false },
    { 2, 2, 2, .limits = false },
    { 2, 1, 1, .limits = true },
    { 3, 2, 1, .limits = false, .extent = 1 },
    { 2, 2, 0, .limits = true, .extent = 2 },
    { 3, 1, 1, .limits = true, .extent = 2 },
    { 2, 3, 2, .limits = false, .extent = 2 },
};

static const struct subject *subject;
static struct scope scope;
static int kinds;
static int programs[MAX_ACTORS]; /* a digit for each operation */

static int run_program(void *arg)
{
    struct actor *self = arg;
    int program = programs[self - actors];

    for (int i = 0; i < scope.operations; i++) {
        if (i > 0)
            give_way(self);
        subject->operate(self, program % kinds);
        program /= kinds;
    }
    return 0;
}

static int cancel_some(void *arg)
{
    (void)arg;
    for (int i = 0; i < scope.cancels; i++) {
        if (i > 0)
            ASSERT_EQ(coil_yield(), 0);
        cancel_actor(&actors[below(actor_count)]);
    }
    return 0;
}

static int power(int base, int exponent)
{
    return exponent > 0 ? base * power(base, exponent - 1) : 1;
}

static bool all_done(void)
{
    for (int i = 0; i < actor_count; i++)
        if (!coil_task_is_done(actors[i].task))
            return false;
    return true;
}

static int run_scope(void *arg)
{
    int all = power(kinds, scope.operations);
    int least = 0;

    (void)arg;
    coil_loop_set_exception_handler(coil_loop_current(), ignore_report, NULL);
    memset(actors, 0, sizeof actors);
    actor_count = scope.tasks;
    longest_limit = scope.limits ? 1 : -1;
    subject->prepare();
    for (int i = 0; i < actor_count; i++) {
        programs[i] = least + below(all - least);
        least = programs[i];
        ASSERT_EQ(coil_task_create(&actors[i].task, run_program, &actors[i]),
                  0);
    }
    if (scope.cancels > 0)
        ASSERT_EQ(coil_task_create(NULL, cancel_some, NULL), 0);
    ASSERT_EQ(coil_test_settle(), 0);
    while (!all_done()) {
        ASSERT_NE(coil_test_steps(), 1000);
        if (subject->finish)
            subject->finish();
        ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
        ASSERT_EQ(coil_test_settle(), 0);
    }
    subject->conclude();
    for (int i = 0; i < actor_count; i++)
        coil_task_release(actors[i].task);
    return 0;
}

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The largest scopes are too large: as much is tried as there is time for. */
#define MOST_RUNS 10000000

static void exhaust_scope(uint64_t most)
{
    double begun = seconds();
    uint64_t runs;
    int rc;

    printf("%-18s %d tasks x %d operations (of %d kinds) x %d cancels%s: ",
           subject->name, scope.tasks, scope.operations, kinds, scope.cancels,
           scope.limits ? ", with limits" : "");
    fflush(stdout);
    rc = coil_test_explore(run_scope, NULL, most, &runs);
    ASSERT_OK(rc);
    printf("%llu schedules%s, %.1f s\n", (unsigned long long)runs,
           rc > 0 ? " of more" : "", seconds() - begun);
}

static void exhaust(const struct subject *what)
{
    const char *text = getenv("COIL_EXTENT");
    int extent = text ? atoi(text) : DEFAULT_EXTENT;
    uint64_t only = number_from_environment("COIL_SCOPE", SIZE_MAX);

    subject = what;
    test_on_failure = print_schedule;
    for (size_t i = 0; i < sizeof scopes / sizeof *scopes; i++) {
        scope = scopes[i];
        if (scope.extent > extent || (only != SIZE_MAX && only != i))
            continue;
        kinds = what->kinds;
        exhaust_scope(scope.extent > 1 ? MOST_RUNS : 0);
        kinds = what->long_kinds;
        if (extent > 1 && kinds > what->kinds)
            exhaust_scope(scope.extent > 1 ? MOST_RUNS : 0);
    }
}

/* ---- the primitives ---- */

static void lock_operate(struct actor *self, int kind)
{
    if (kind == 0)
        lock_acquire(self);
    else
        lock_try(self);
    if (self->held)
        give_way(self);
    lock_leave(self);
}

TEST(exhaustive_lock)
{
    exhaust(&(struct subject){ "lock", 1, 2, lock_prepare, lock_operate, NULL,
                               lock_conclude });
}

static void one_permit(void)
{
    semaphore_prepare_with(1);
}

static void two_permits(void)
{
    semaphore_prepare_with(2);
}

static void semaphore_operate(struct actor *self, int kind)
{
    if (kind == 0)
        semaphore_acquire(self);
    else
        semaphore_try(self);
    if (self->held)
        give_way(self);
    semaphore_leave(self);
}

TEST(exhaustive_bounded_semaphore_of_one)
{
    exhaust(&(struct subject){ "bounded semaphore", 1, 2, one_permit,
                               semaphore_operate, NULL, semaphore_conclude });
}

TEST(exhaustive_bounded_semaphore_of_two)
{
    exhaust(&(struct subject){ "two permits", 1, 2, two_permits,
                               semaphore_operate, NULL, semaphore_conclude });
}

/* A semaphore that begins with no permit; any task may release one. */
static struct coil_semaphore signals;
static struct line signals_line;
static size_t signals_left;

static void signals_prepare(void)
{
    signals_left = 0;
    coil_semaphore_init(&signals, 0);
    ASSERT_EQ(coil_test_watch(coil_test_check_semaphore, &signals), 0);
}

static void signals_release(void)
{
    if (!serve_first(&signals_line, 0))
        signals_left++;
    coil_semaphore_release(&signals);
}

static void signals_operate(struct actor *self, int kind)
{
    if (kind == 1) {
        signals_release();
        return;
    }
    begin(self);
    if (self->live && signals_left == 0)
        stand(&signals_line, self);
    if (self->live && signals_left > 0) {
        signals_left--;
        oblige(self, 0);
    }
    end(self, coil_semaphore_acquire(&signals));
    ASSERT_EQ(coil_semaphore_value(&signals), signals_left);
}

static void signals_conclude(void)
{
    ASSERT_EQ(coil_semaphore_value(&signals), signals_left);
    ASSERT_EQ(signals_line.count, 0);
}

TEST(exhaustive_semaphore)
{
    exhaust(&(struct subject){ "semaphore", 2, 2, signals_prepare,
                               signals_operate, signals_release,
                               signals_conclude });
}

static void event_operate(struct actor *self, int kind)
{
    if (kind == 0)
        event_wait(self);
    else if (kind == 1)
        event_set();
    else
        event_clear();
    ASSERT_EQ(coil_event_is_set(&tested_event), event_is_set);
}

TEST(exhaustive_event)
{
    exhaust(&(struct subject){ "event", 3, 3, event_prepare, event_operate,
                               event_set, event_conclude });
}

/*
 * A task is inside unless it was cancelled on the way. A task that has notified
 * lets others run inside, where that does not make too many schedules.
 */
static void condition_operate(struct actor *self, int kind)
{
    condition_acquire(self);
    if (condition_holder != self)
        return;
    if (kind == 0)
        condition_wait(self);
    else
        condition_notify((size_t)kind);
    if (kind > 0 && scope.tasks * scope.operations < 6)
        give_way(self);
    condition_leave(self);
}

TEST(exhaustive_condition)
{
    exhaust(&(struct subject){ "condition", 2, 3, condition_prepare,
                               condition_operate, condition_finish,
                               condition_conclude });
}

static void two_parties(void)
{
    barrier_prepare_with(2);
}

static void three_parties(void)
{
    barrier_prepare_with(3);
}

static void barrier_operate(struct actor *self, int kind)
{
    if (kind == 0)
        barrier_wait(self);
    else if (kind == 1)
        barrier_reset();
    else
        barrier_abort();
    ASSERT_EQ(coil_barrier_waiting(&barrier), live_count(&barrier_line));
}

TEST(exhaustive_barrier_of_two)
{
    exhaust(&(struct subject){ "barrier", 2, 3, two_parties, barrier_operate,
                               barrier_abort, barrier_conclude });
}

TEST(exhaustive_barrier_of_three)
{
    exhaust(&(struct subject){ "barrier of three", 2, 3, three_parties,
                               barrier_operate, barrier_abort,
                               barrier_conclude });
}

static void fifo_of_one(void)
{
    queue_prepare_with(COIL_QUEUE_FIFO, 1);
}

static void lifo_of_one(void)
{
    queue_prepare_with(COIL_QUEUE_LIFO, 1);
}

static void priority_of_one(void)
{
    queue_prepare_with(COIL_QUEUE_PRIORITY, 1);
}

static void key_of_one(void)
{
    queue_prepare_with(COIL_QUEUE_PRIORITY_KEY, 1);
}

static void lifo_of_two(void)
{
    queue_prepare_with(COIL_QUEUE_LIFO, 2);
}

static void queue_operate(struct actor *self, int kind)
{
    if (kind == 0)
        queue_put(self);
    else if (kind == 1)
        queue_get(self);
    else if (kind == 2)
        queue_shutdown(self == actors);
    else
        queue_join(self);
    queue_check();
}

TEST(exhaustive_queue)
{
    exhaust(&(struct subject){ "queue", 2, 4, fifo_of_one, queue_operate,
                               queue_finish, queue_conclude });
}

TEST(exhaustive_queue_lifo)
{
    exhaust(&(struct subject){ "LIFO queue", 2, 3, lifo_of_one, queue_operate,
                               queue_finish, queue_conclude });
}

TEST(exhaustive_queue_lifo_of_two)
{
    exhaust(&(struct subject){ "LIFO queue of two", 2, 3, lifo_of_two,
                               queue_operate, queue_finish, queue_conclude });
}

TEST(exhaustive_queue_priority)
{
    exhaust(&(struct subject){ "priority queue", 2, 3, priority_of_one,
                               queue_operate, queue_finish, queue_conclude });
}

TEST(exhaustive_queue_priority_key)
{
    exhaust(&(struct subject){ "priority queue with a key", 2, 3, key_of_one,
                               queue_operate, queue_finish, queue_conclude });
}
