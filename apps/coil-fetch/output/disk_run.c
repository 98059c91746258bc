/* SPDX-License-Identifier: MIT */
#include "output/disk_run.h"

#include <errno.h>
#include <stdbool.h>

#include <coil/combinators.h>
#include <coil/executor.h>
#include <coil/sleep.h>

int disk_run_anyway(coil_fn fn, void *arg)
{
    struct coil_executor_call call = { 0 };
    struct coil_future *future = &call.future;
    bool was_cancelled = false;
    int rc = coil_executor_submit(NULL, &call, fn, arg);

    if (rc < 0)
        return rc;
    while (!coil_future_is_done(future))
        if (coil_wait(&future, 1, COIL_ALL_COMPLETED, COIL_NEVER) == -ECANCELED)
            was_cancelled = true;
    rc = coil_future_result(future, NULL);
    return rc < 0 ? rc : was_cancelled ? -ECANCELED : 0;
}

int disk_run(coil_fn fn, void *arg)
{
    int rc = coil_checkpoint();

    return rc < 0 ? rc : disk_run_anyway(fn, arg);
}
