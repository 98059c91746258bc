/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/*
 * Calls between loops of several threads: a call may lie on the stack of the task
 * that awaits it, which is used again as soon as the wait is over.
 */
#include <coil/threadsafe.h>

#include <string.h>
#include <time.h>

#include <coil/loops.h>
#include <coil/shared_event.h>

#include "test.h"

enum { ROUNDS = 1000, USED_AGAIN = 2048 };

static struct coil_shared_event is_over;

static int nothing(void *arg)
{
    (void)arg;
    return 7;
}

__attribute__((noinline)) static void call_once(struct coil_loop *loop)
{
    struct coil_thread_call call;

    ASSERT_EQ(coil_run_threadsafe(loop, &call, nothing, NULL), 0);
    ASSERT_EQ(coil_thread_call_await(&call), 7);
}

/* Where the call was; and let the other thread go on, whatever it still reads. */
__attribute__((noinline)) static void use_stack_again(void)
{
    const struct timespec moment = { .tv_nsec = 20 * 1000 };
    unsigned char bytes[USED_AGAIN];

    memset(bytes, 0x5a, sizeof bytes);
    __asm__ volatile("" : : "r"(bytes) : "memory");
    nanosleep(&moment, NULL);
}

static int call_often(void *arg)
{
    (void)arg;
    if (coil_loops_index() > 0)
        return coil_shared_event_wait(&is_over);
    for (int i = 0; i < ROUNDS; i++) {
        call_once(coil_loops_at(1));
        use_stack_again();
    }
    coil_shared_event_set(&is_over);
    return 0;
}

TEST(threadsafe_call_may_be_gone_when_the_wait_for_it_is_over)
{
    ASSERT_EQ(coil_loops_run(2, call_often, NULL), 0);
}
