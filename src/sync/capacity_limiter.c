/* SPDX-License-Identifier: MIT */
/*
 * capacity_limiter.c - places that are handed over, and who has one
 *
 *     while there is room nobody waits
 */
#include <coil/capacity_limiter.h>

#include <coil/error.h>
#include <coil/testing.h>

#include "base/platform.h"
#include "sched/sink.h"
#include "sched/wait.h"

struct borrower {
    struct coil_waiter waiter;
    struct coil_capacity_token *token;
};

void coil_capacity_limiter_init(struct coil_capacity_limiter *limiter,
                                size_t total)
{
    *limiter = (struct coil_capacity_limiter)COIL_CAPACITY_LIMITER_INIT(total);
}

static void lend(struct coil_capacity_limiter *limiter,
                 struct coil_capacity_token *token)
{
    limiter->borrowed++;
    token->limiter = limiter;
    token->waits = false;
}

/* Lend what there is to those who wait longest. */
static void serve(struct coil_capacity_limiter *limiter)
{
    struct coil_waiter *first;

    while (limiter->borrowed < limiter->total &&
           (first = coil__waitq_first(&limiter->waiters))) {
        lend(limiter,
             coil__container_of(first, struct borrower, waiter)->token);
        coil__decide(first, 0);
    }
}

int coil_capacity_limiter_try_acquire(struct coil_capacity_limiter *limiter,
                                      struct coil_capacity_token *token)
{
    if (token->limiter || token->waits)
        return -EALREADY;
    if (limiter->borrowed >= limiter->total)
        return -EAGAIN;
    lend(limiter, token);
    return 0;
}

int coil_capacity_limiter_acquire(struct coil_capacity_limiter *limiter,
                                  struct coil_capacity_token *token)
{
    static const struct coil_wait_reason reason = { .name = "capacity" };
    struct borrower self = { .waiter = COIL_WAITER(&reason, limiter),
                             .token = token };
    int rc = coil__checkpoint();

    if (rc < 0)
        return rc;
    rc = coil_capacity_limiter_try_acquire(limiter, token);
    if (rc != -EAGAIN)
        return rc;
    token->waits = true;
    rc = coil__wait(&limiter->waiters, &self.waiter);
    token->waits = false;
    return rc;
}

static const struct coil_misuse not_borrowed = {
    .function = "coil_capacity_limiter_release",
    .message = "a token that has borrowed nothing is released",
    .error = -EPERM,
    .cure = "release it once after each acquire that has returned 0",
};

int coil_capacity_limiter_release(struct coil_capacity_limiter *limiter,
                                  struct coil_capacity_token *token)
{
    if (token->limiter != limiter) {
        coil__report_misuse(&not_borrowed, limiter);
        return -EPERM;
    }
    token->limiter = NULL;
    limiter->borrowed--;
    serve(limiter);
    return 0;
}

void coil_capacity_limiter_set_total(struct coil_capacity_limiter *limiter,
                                     size_t total)
{
    limiter->total = total;
    serve(limiter);
}

size_t coil_capacity_limiter_total(const struct coil_capacity_limiter *limiter)
{
    return limiter->total;
}

size_t
coil_capacity_limiter_borrowed(const struct coil_capacity_limiter *limiter)
{
    return limiter->borrowed;
}

size_t
coil_capacity_limiter_waiting(const struct coil_capacity_limiter *limiter)
{
    return coil__waitq_count(&limiter->waiters);
}

const char *coil_test_check_capacity_limiter(const void *object)
{
    const struct coil_capacity_limiter *limiter = object;

    if (limiter->borrowed < limiter->total &&
        !coil__waitq_is_empty(&limiter->waiters))
        return "capacity limiter: there is room, but somebody waits";
    return coil__waitq_check(&limiter->waiters);
}
