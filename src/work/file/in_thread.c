/* SPDX-License-Identifier: MIT */
#include "work/file/in_thread.h"

#include <errno.h>

#include <coil/cancel.h>
#include <coil/sleep.h>
#include <coil/thread.h>

#include "base/mutex.h"

struct call {
    coil_fn fn;
    void *arg;
    unsigned mutex; /* guards the rest */
    bool has_begun;
    bool has_ended;
    int result;
};

/* The mutex is free again when nothing touches the call any more. */
static int run(void *arg)
{
    struct call *call = arg;
    int rc;

    coil__mutex_lock(&call->mutex);
    call->has_begun = true;
    coil__mutex_unlock(&call->mutex);
    rc = call->fn(call->arg);
    coil__mutex_lock(&call->mutex);
    call->has_ended = true;
    call->result = rc;
    coil__mutex_unlock(&call->mutex);
    return 0;
}

static bool ask(struct call *call, const bool *what)
{
    bool answer;

    coil__mutex_lock(&call->mutex);
    answer = *what;
    coil__mutex_unlock(&call->mutex);
    return answer;
}

/* The loop does not know of the thread any more, but that runs. */
static void await_end(struct call *call)
{
    while (!ask(call, &call->has_ended))
        (void)!coil_sleep(COIL_MILLISECOND);
}

int coil__in_thread(coil_fn fn, void *arg)
{
    struct call call = { .fn = fn, .arg = arg };
    struct coil_cancel_mark mark;
    int rc;

    coil_cancel_mark(&mark);
    do
        rc = coil_to_thread(run, &call);
    while (rc == -ECANCELED && !ask(&call, &call.has_begun));
    if (rc == -ECANCELED)
        await_end(&call);
    else if (rc < 0 && !ask(&call, &call.has_begun))
        (void)run(&call);
    coil_cancel_put_back(&mark);
    return ask(&call, &call.has_ended) ? call.result : rc;
}
