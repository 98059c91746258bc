/* SPDX-License-Identifier: MIT */
/*
 * rate_limiter.c - a bucket of tokens, and those who wait for some
 *
 * The bucket is counted when somebody looks: as much has dripped in as time has
 * passed.  Whole numbers do it exactly: `part` is what has come of the next token,
 * in units of which a token has `period`, and of which `rate` come in a
 * nanosecond.
 *
 *     who waits first wants more tokens than there were at the last count
 *     the timer is armed, for when there will be enough, if somebody waits
 *
 * Tokens leave the bucket with the wake-up.  When who waits first is cancelled,
 * the next one may be served, so the bucket is looked at then as well.
 */
#include <coil/rate_limiter.h>

#include <coil/error.h>
#include <coil/testing.h>

#include "base/platform.h"
#include "loop/handle.h"
#include "loop/loop.h"
#include "sched/wait.h"

/* Products of two of these fit into 64 bits, and of half of one with an hour … */
enum { MOST = INT32_MAX, HALF = 16 };

#define LONGEST (60 * COIL_MINUTE)

struct taker {
    struct coil_waiter waiter;
    uint64_t wanted;
};

static uint64_t within(int64_t n)
{
    return n < 1 ? 1 : n > MOST ? MOST : (uint64_t)n;
}

void coil_rate_limiter_init(struct coil_rate_limiter *limiter, int64_t rate,
                            coil_time period, int64_t burst)
{
    if (period < 1)
        period = 1;
    if (period > LONGEST)
        period = LONGEST;
    *limiter = (struct coil_rate_limiter){
        .rate = within(rate),
        .burst = within(burst),
        .period = period,
        .counted = coil_now(),
        .tokens = within(burst),
    };
}

/* ---- the bucket ----------------------------------------------------------- */

/*
 * … and so that of one with an hour is divided in two steps, its upper half first.
 * Not every processor has numbers of 128 bits.
 */
static uint64_t upper(uint64_t n)
{
    return n >> HALF;
}

static uint64_t lower(uint64_t n)
{
    return n & (((uint64_t)1 << HALF) - 1);
}

/*
 * How long it takes until `missing` more tokens are there, from the last count:
 * missing * period - part, by the rate, rounded up.
 */
static coil_time time_for(const struct coil_rate_limiter *l, uint64_t missing)
{
    uint64_t period = (uint64_t)l->period;
    uint64_t above = upper(missing) * period;
    int64_t below =
        (int64_t)((above % l->rate << HALF) + lower(missing) * period) -
        (int64_t)l->part;
    int64_t rate = (int64_t)l->rate;
    uint64_t most = (uint64_t)INT64_MAX >> (HALF + 2);

    if (above / l->rate > most)
        return INT64_MAX / 4;
    return (coil_time)(above / l->rate << HALF) +
           (below > 0 ? (below + rate - 1) / rate : below / rate);
}

/* Count what has dripped in: passed * rate + part, in tokens of a period each. */
static void count(struct coil_rate_limiter *l, coil_time now)
{
    uint64_t period = (uint64_t)l->period;
    uint64_t passed = now > l->counted ? (uint64_t)(now - l->counted) : 0;
    uint64_t whole = passed / period;
    uint64_t rest = passed % period;
    uint64_t above = rest * upper(l->rate);
    uint64_t below = (above % period << HALF) + rest * lower(l->rate) + l->part;
    uint64_t tokens = l->tokens + (above / period << HALF) + below / period;

    l->counted = now > l->counted ? now : l->counted;
    if (whole < l->burst)
        tokens += whole * l->rate;
    if (whole >= l->burst || tokens >= l->burst) {
        l->tokens = l->burst;
        l->part = 0;
        return;
    }
    l->tokens = tokens;
    l->part = below % period;
}

static bool take(struct coil_rate_limiter *l, uint64_t wanted)
{
    if (l->tokens < wanted)
        return false;
    l->tokens -= wanted;
    return true;
}

/* ---- those who wait ------------------------------------------------------- */

static struct taker *first_of(const struct coil_rate_limiter *l)
{
    struct coil_waiter *first = coil__waitq_first(&l->waiters);

    return first ? coil__container_of(first, struct taker, waiter) : NULL;
}

static void serve(void *arg);

/* Serve those for whom there is enough, and arm the timer for the next. */
static void settle(struct coil_rate_limiter *l, struct coil_loop *loop)
{
    struct taker *first;

    coil_handle_cancel(&l->timer);
    count(l, coil__loop_now(loop));
    for (first = first_of(l); first && take(l, first->wanted);
         first = first_of(l))
        coil__decide(&first->waiter, 0);
    if (first)
        coil__loop_arm(
            loop, &l->timer,
            coil__time_add(l->counted, time_for(l, first->wanted - l->tokens)),
            serve, l);
}

static void serve(void *arg)
{
    settle(arg, coil_loop_current());
}

static void cancel_taker(struct coil_waiter *self)
{
    struct coil_rate_limiter *l =
        coil__container_of(self->queue, struct coil_rate_limiter, waiters);
    bool was_first = !self->link.prev;

    coil__decide(self, -ECANCELED);
    if (was_first)
        settle(l, coil_loop_current());
}

static int wait_for_tokens(struct coil_rate_limiter *l, uint64_t wanted)
{
    static const struct coil_wait_reason reason = { .name = "rate limiter" };
    struct coil_loop *loop = coil_loop_current();
    struct taker self = { .waiter = COIL_WAITER(&reason, l), .wanted = wanted };

    if (!loop)
        return -ENOTSUP;
    self.waiter.cancel = cancel_taker;
    if (coil__waitq_is_empty(&l->waiters))
        coil__loop_arm(
            loop, &l->timer,
            coil__time_add(l->counted, time_for(l, wanted - l->tokens)), serve,
            l);
    return coil__wait(&l->waiters, &self.waiter);
}

int coil_rate_limiter_acquire(struct coil_rate_limiter *limiter, size_t tokens)
{
    int rc = coil__checkpoint();

    if (rc < 0)
        return rc;
    rc = coil_rate_limiter_try_acquire(limiter, tokens);
    return rc == -EAGAIN ? wait_for_tokens(limiter, tokens) : rc;
}

int coil_rate_limiter_try_acquire(struct coil_rate_limiter *limiter,
                                  size_t tokens)
{
    if (tokens > limiter->burst)
        return -EINVAL;
    count(limiter, coil_now());
    if (!coil__waitq_is_empty(&limiter->waiters) || !take(limiter, tokens))
        return -EAGAIN;
    return 0;
}

size_t coil_rate_limiter_tokens(struct coil_rate_limiter *limiter)
{
    count(limiter, coil_now());
    return limiter->tokens;
}

size_t coil_rate_limiter_waiting(const struct coil_rate_limiter *limiter)
{
    return coil__waitq_count(&limiter->waiters);
}

const char *coil_test_check_rate_limiter(const void *object)
{
    const struct coil_rate_limiter *l = object;
    const struct taker *first = first_of(l);

    if (l->tokens > l->burst)
        return "rate limiter: more tokens than the bucket holds";
    if (l->part >= (uint64_t)l->period)
        return "rate limiter: a part of a token is a whole one";
    if (first && l->timer.call.state == COIL__CALLBACK_IDLE)
        return "rate limiter: somebody waits, but no timer is armed";
    return coil__waitq_check(&l->waiters);
}
