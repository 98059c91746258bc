/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/*
 * Stacks that end in another thread than they began in: tasks that were made
 * before their loop ran, or that outlived the run that made them.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include <coil/event.h>
#include <coil/loop.h>
#include <coil/task.h>
#include <coil/testing.h>

#include "context/stack.h"
#include "test.h"

enum { COUNT = 3 };

static void in_another_thread(void *(*fn)(void *arg), void *arg)
{
    pthread_t thread;

    ASSERT_EQ(pthread_create(&thread, NULL, fn, arg), 0);
    ASSERT_EQ(pthread_join(thread, NULL), 0);
}

/* ---- the pool ------------------------------------------------------------- */

static struct coil_stack_pool *pool;
static struct coil_stack *stacks[COUNT];

static void acquire_all(void)
{
    pool = coil__stack_pool_new();
    ASSERT_NOT_NULL(pool);
    for (int i = 0; i < COUNT; i++)
        ASSERT_EQ(coil__stack_acquire(pool, COIL_STACK_DEFAULT, &stacks[i]), 0);
}

static void *release_all(void *own)
{
    for (int i = 0; i < COUNT; i++)
        coil__stack_release(own, stacks[i]);
    return NULL;
}

TEST(stack_threads_give_back_what_they_release)
{
    struct coil_stack *again;

    acquire_all();
    ASSERT_EQ(coil__stack_in_use(pool), COUNT);
    in_another_thread(release_all, NULL);
    ASSERT_EQ(coil__stack_acquire(pool, COIL_STACK_DEFAULT, &again), 0);
    ASSERT(again == stacks[0] || again == stacks[1] || again == stacks[2]);
    ASSERT_EQ(coil__stack_in_use(pool), 1);
    coil__stack_release(pool, again);
    coil__stack_pool_free(pool);
}

static void *acquire_and_end(void *arg)
{
    acquire_all();
    coil__stack_release(pool, stacks[0]);
    coil__stack_pool_leave(pool);
    return arg;
}

TEST(stack_threads_leave_a_pool_that_goes_with_its_last_stack)
{
    size_t before = coil_test_live_allocations();

    in_another_thread(acquire_and_end, NULL);
    ASSERT_GT(coil_test_live_allocations(), before);
    coil__stack_release(NULL, stacks[1]);
    ASSERT_GT(coil_test_live_allocations(), before);
    coil__stack_release(NULL, stacks[2]);
    ASSERT_EQ(coil_test_live_allocations(), before);
}

static void *leave_an_unused_pool(void *arg)
{
    acquire_all();
    release_all(pool);
    coil__stack_pool_leave(pool);
    return arg;
}

TEST(stack_threads_take_an_unused_pool_with_them)
{
    size_t before = coil_test_live_allocations();

    in_another_thread(leave_an_unused_pool, NULL);
    ASSERT_EQ(coil_test_live_allocations(), before);
}

enum { ROUNDS = 20000 };

static struct coil_stack *_Atomic handed[COUNT];

static void *release_what_is_handed(void *arg)
{
    for (int n = 0; n < ROUNDS; n++) {
        struct coil_stack *stack = atomic_exchange(&handed[n % COUNT], NULL);

        /* With one processor, the owner needs it to go on. */
        while (!stack) {
            sched_yield();
            stack = atomic_exchange(&handed[n % COUNT], NULL);
        }
        coil__stack_release(NULL, stack);
    }
    return arg;
}

/* The owner acquires stacks, and ends while the last ones are still in use. */
static void *hand_over(void *arg)
{
    pool = coil__stack_pool_new();
    ASSERT_NOT_NULL(pool);
    for (int n = 0; n < ROUNDS; n++) {
        struct coil_stack *stack;

        ASSERT_EQ(coil__stack_acquire(pool, COIL_STACK_DEFAULT, &stack), 0);
        while (atomic_load(&handed[n % COUNT]))
            sched_yield();
        atomic_store(&handed[n % COUNT], stack);
    }
    coil__stack_pool_leave(pool);
    return arg;
}

TEST(stack_threads_release_while_the_owner_acquires_and_ends)
{
    size_t before = coil_test_live_allocations();
    pthread_t owner;

    ASSERT_EQ(pthread_create(&owner, NULL, hand_over, NULL), 0);
    release_what_is_handed(NULL);
    ASSERT_EQ(pthread_join(owner, NULL), 0);
    ASSERT_EQ(coil_test_live_allocations(), before);
}

/* ---- loops ---------------------------------------------------------------- */

static struct coil_loop *loop;
static struct coil_event event;
static int ended;

static int wait_for_event(void *arg)
{
    int rc = coil_event_wait(&event);

    (void)arg;
    ended++;
    return rc;
}

static int set_event(void *arg)
{
    (void)arg;
    coil_event_set(&event);
    return coil_yield();
}

static void make_tasks(void)
{
    for (int i = 0; i < COUNT; i++)
        ASSERT_EQ(coil_loop_create_task(loop, NULL, wait_for_event, NULL), 0);
}

static void *run_to_the_end(void *arg)
{
    ASSERT_EQ(coil_loop_run_until_complete(loop, set_event, NULL), 0);
    ASSERT_EQ(ended, COUNT);
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
    return arg;
}

/* The stacks belong to this thread; the runner finds none in use at the end. */
TEST(stack_threads_run_tasks_that_were_made_here)
{
    ASSERT_EQ(coil_loop_new(&loop, NULL), 0);
    make_tasks();
    in_another_thread(run_to_the_end, NULL);
}

static int begin_tasks(void *arg)
{
    (void)arg;
    make_tasks();
    return coil_yield();
}

static void *run_once(void *arg)
{
    ASSERT_EQ(coil_loop_run_until_complete(loop, begin_tasks, NULL), 0);
    return arg;
}

TEST(stack_threads_end_before_the_tasks_they_made)
{
    size_t before;

    ASSERT_EQ(coil_loop_new(&loop, NULL), 0);
    before = coil_test_live_allocations();
    in_another_thread(run_once, NULL);
    ASSERT_GT(coil_test_live_allocations(), before);
    run_to_the_end(NULL);
    ASSERT_LT(coil_test_live_allocations(), before);
}
