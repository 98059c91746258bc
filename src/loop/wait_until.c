/* SPDX-License-Identifier: MIT */
#include "loop/wait_until.h"

#include "loop/handle.h"

struct alarm {
    struct coil_handle handle;
    struct coil_waiter *waiter;
    int outcome;
};

/* The wait may have been decided already, earlier in this turn. */
static void go_off(void *arg)
{
    const struct alarm *alarm = arg;

    if (alarm->waiter->queue)
        coil__decide(alarm->waiter, alarm->outcome);
}

int coil__wait_until(struct coil_loop *loop, struct coil_list *queue,
                     struct coil_waiter *self, coil_time deadline, int outcome)
{
    struct alarm alarm = { .waiter = self, .outcome = outcome };
    int rc;

    if (deadline == COIL_NEVER)
        return coil__wait(queue, self);
    coil__loop_arm(loop, &alarm.handle, deadline, go_off, &alarm);
    rc = coil__wait(queue, self);
    coil_handle_cancel(&alarm.handle);
    return rc;
}
