/* SPDX-License-Identifier: MIT */
/*
 * A loop that sleeps gives the memory of idle stacks back.  The clock is the
 * test's: it moves when the loop waits.
 */
#include <sys/mman.h>

#include <coil/guest.h>
#include <coil/loop.h>
#include <coil/sleep.h>
#include <coil/task.h>

#include "backend/backend.h"
#include "base/platform.h"
#include "loop/loop.h"
#include "test.h"

/* How many idle stacks of one size keep their memory for ever. */
enum { BURST = 300, KEPT = 16, PAGE = 4096 };

static struct coil__backend_ops ops;
static coil_time clock_now;
static size_t waits;

static coil_time tell_clock(struct coil__backend *backend)
{
    (void)backend;
    return clock_now;
}

/* Nothing else happens before the deadline. */
static int pass_time(struct coil__backend *backend, coil_time deadline)
{
    (void)backend;
    ASSERT_NE(deadline, COIL_NEVER);
    waits += deadline > clock_now;
    if (deadline > clock_now)
        clock_now = deadline;
    return 0;
}

static void take_clock(struct coil_loop *loop)
{
    ops = *loop->backend->ops;
    ops.now = tell_clock;
    ops.ticked = NULL;
    ops.wait = pass_time;
    clock_now = loop->scheduler.looked > 0 ? loop->scheduler.looked
                                           : 1000 * COIL_SECOND;
    waits = 0;
    loop->backend->ops = &ops;
}

/* ---- a burst of tasks ----------------------------------------------------- */

static char *pages[BURST]; /* where each task's stack was */

static int touch(void *arg)
{
    char **page = arg;
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);

    *page = (char *)(here & ~(uintptr_t)(PAGE - 1));
    return coil_yield();
}

static int have_a_burst(void *unused)
{
    struct coil_task *tasks[BURST];

    (void)unused;
    for (size_t i = 0; i < BURST; i++)
        ASSERT_EQ(coil_task_create(&tasks[i], touch, &pages[i]), 0);
    for (size_t i = 0; i < BURST; i++) {
        ASSERT_EQ(coil_task_await(tasks[i]), 0);
        coil_task_release(tasks[i]);
    }
    return 0;
}

static size_t count_resident(void)
{
    size_t count = 0;

    for (size_t i = 0; i < BURST; i++) {
        unsigned char is_resident;

        ASSERT_EQ(mincore(pages[i], PAGE, &is_resident), 0);
        count += is_resident & 1;
    }
    return count;
}

/* ---- what becomes of its memory ------------------------------------------- */

static int burst_and_sleep(void *unused)
{
    take_clock(coil_loop_current());
    ASSERT_EQ(have_a_burst(unused), 0);
    ASSERT_EQ(count_resident(), BURST);
    ASSERT_EQ(coil_sleep(500 * COIL_MILLISECOND), 0);
    ASSERT_EQ(count_resident(), BURST);
    ASSERT_EQ(coil_sleep(60 * COIL_MINUTE), 0);
    ASSERT_LE(count_resident(), KEPT);
    /* It has woken up for that a few times, and not each second. */
    ASSERT_LE(waits, 16);
    return 0;
}

/* Nothing is pending but the timer. */
TEST(loop_idle_gives_memory_back_while_all_tasks_sleep)
{
    ASSERT_EQ(coil_run(burst_and_sleep, NULL), 0);
}

TEST(loop_idle_that_is_a_guest_asks_to_be_woken_for_it)
{
    struct coil_loop *loop;
    struct coil_task *task;
    coil_time timeout;
    size_t turns = 0;

    ASSERT_EQ(coil_loop_new(&loop, NULL), 0);
    take_clock(loop);
    ASSERT_EQ(coil_loop_timeout(loop), COIL_NEVER);
    ASSERT_EQ(coil_loop_create_task(loop, &task, burst_and_sleep, NULL), 0);
    while ((timeout = coil_loop_timeout(loop)) != COIL_NEVER) {
        clock_now += timeout;
        ASSERT_EQ(coil_loop_run_once(loop, 0), 0);
        turns++;
    }
    ASSERT(coil_task_is_done(task));
    ASSERT_EQ(coil_task_result(task), 0);
    ASSERT_LE(turns, 40);
    coil_task_release(task);
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
}
