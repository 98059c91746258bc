/* SPDX-License-Identifier: MIT */
#include <coil/retry.h>

#include <coil/error.h>
#include <coil/sleep.h>
#include <coil/timeout.h>

#include "loop/loop.h"

static coil_time or_else(coil_time value, coil_time otherwise)
{
    return value > 0 ? value : otherwise;
}

void coil_retry_init(struct coil_retry *retry,
                     const struct coil_retry_options *options)
{
    static const struct coil_retry_options defaults;
    struct coil_retry_options *o = &retry->options;

    *retry = (struct coil_retry){ .options = options ? *options : defaults };
    o->tries = o->tries > 0 ? o->tries : 4;
    o->first_delay = or_else(o->first_delay, 100 * COIL_MILLISECOND);
    o->max_delay = or_else(o->max_delay, 30 * COIL_SECOND);
    o->try_limit = or_else(o->try_limit, COIL_NEVER);
    retry->deadline = o->limit > 0 ? coil_after(o->limit) : COIL_NEVER;
}

/* ---- the pause ------------------------------------------------------------ */

static coil_time longest_pause(const struct coil_retry *retry)
{
    coil_time most = retry->options.max_delay;
    coil_time pause = retry->options.first_delay;

    for (unsigned i = 1; i < retry->failed && pause < most; i++)
        pause = pause > most / 2 ? most : 2 * pause;
    return pause < most ? pause : most;
}

/* From 0 to `most`, both included. */
static coil_time draw(struct coil_loop *loop, coil_time most)
{
    return (coil_time)(coil__loop_random(loop) % ((uint64_t)most + 1));
}

static bool is_worth_it(const struct coil_retry *retry, int rc)
{
    const struct coil_retry_options *o = &retry->options;

    if (rc == -ECANCELED || retry->failed >= o->tries)
        return false;
    return o->is_transient ? o->is_transient(rc, o->arg)
                           : coil_is_transient(rc);
}

/* 0: try again; else what there is to return. */
static int pause_after(struct coil_retry *retry, int rc)
{
    struct coil_loop *loop;
    coil_time when;
    int error;

    error = coil__checkpoint_in_loop(&loop);
    if (error < 0)
        return error;
    if (rc >= 0)
        return rc;
    retry->failed++;
    if (!is_worth_it(retry, rc))
        return rc;
    when = coil_after(draw(loop, longest_pause(retry)));
    return when < retry->deadline ? coil_sleep_until(when) : rc;
}

int coil_retry_pause(struct coil_retry *retry, int *rc)
{
    int again;

    again = pause_after(retry, *rc);
    if (again != 0)
        *rc = again;
    return again;
}

unsigned coil_retry_failed(const struct coil_retry *retry)
{
    return retry->failed;
}

/* ---- the call ------------------------------------------------------------- */

/* The end of this try: its own limit, or that of all. */
static coil_time end_of_try(const struct coil_retry *retry)
{
    coil_time end = coil_after(retry->options.try_limit);

    return end < retry->deadline ? end : retry->deadline;
}

static int try_once(const struct coil_retry *retry, coil_fn fn, void *arg)
{
    struct coil_timeout limit;
    int rc;

    rc = coil_timeout_begin_at(&limit, end_of_try(retry));
    if (rc < 0)
        return rc;
    return coil_timeout_end(&limit, fn(arg));
}

int coil_retry_call(coil_fn fn, void *arg,
                    const struct coil_retry_options *options)
{
    struct coil_loop *loop;
    struct coil_retry retry;
    int rc = coil__checkpoint_in_loop(&loop);

    if (rc < 0)
        return rc;
    coil_retry_init(&retry, options);
    for (;;) {
        int again;

        rc = try_once(&retry, fn, arg);
        if (rc >= 0)
            return rc;
        again = coil_retry_pause(&retry, &rc);
        if (again != 0)
            return rc;
    }
}
