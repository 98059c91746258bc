/* SPDX-License-Identifier: MIT */
#include <coil/exception.h>

#include "loop/loop.h"
#include "sched/sink.h"

void coil_loop_default_exception_handler(struct coil_loop *loop,
                                         const struct coil_exception *exception)
{
    (void)loop;
    coil__sink_write(exception);
}

void coil_loop_set_exception_handler(struct coil_loop *loop,
                                     coil_exception_fn fn, void *arg)
{
    loop->scheduler.exception_fn = fn;
    loop->scheduler.exception_arg = arg;
}

void coil_loop_call_exception_handler(struct coil_loop *loop,
                                      const struct coil_exception *exception)
{
    coil__sink_tell(loop ? &loop->scheduler : coil_scheduler_current(),
                    exception);
}
