/* SPDX-License-Identifier: MIT */
/*
 * sleep.c - sleep, yield, and the checkpoint
 */
#include "base/platform.h"
#include "loop/wait_until.h"
#include "task/task.h"

static const struct coil_wait_reason reason_sleep = { .name = "sleep" };

int coil_sleep_until(coil_time deadline)
{
    struct coil_loop *loop;
    struct coil_list bed = COIL_LIST_INIT;
    struct coil_waiter self = COIL_WAITER(&reason_sleep, NULL);
    int rc;

    rc = coil__checkpoint_in_loop(&loop);
    if (rc < 0)
        return rc;
    return coil__keep_frame(coil__wait_until(loop, &bed, &self, deadline, 0));
}

int coil_sleep(coil_time duration)
{
    return coil__keep_frame(
        duration <= 0 ? coil_yield() : coil_sleep_until(coil_after(duration)));
}

/*
 * A task that yields is ready at once.  Its wait is decided as soon as it has
 * begun, so a cancellation cannot move the task from its place.  A cancellation
 * that comes meanwhile is reported here, as by every other wait.
 */
int coil_yield(void)
{
    struct coil_coroutine *co;
    int rc;

    rc = coil__checkpoint();
    if (rc < 0)
        return rc;
    co = coil__thread()->current;
    if (co->task) {
        coil__coroutine_ready(co);
        coil__coroutine_suspend(co);
    } else {
        struct coil_future done = COIL_FUTURE_INIT;

        coil_future_set_result(&done, NULL);
        coil__coroutine_hand_out(co, &done);
    }
    return coil__checkpoint();
}

int coil_checkpoint(void)
{
    return coil__keep_frame(coil__checkpoint());
}
