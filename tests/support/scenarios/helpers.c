/* SPDX-License-Identifier: MIT */
/* helpers.c - programs of what is made of tasks and waits: scenario.h */
#include <coil/event.h>
#include <coil/interval.h>
#include <coil/map.h>
#include <coil/queue.h>
#include <coil/rate_limiter.h>
#include <coil/retry.h>
#include <coil/select.h>
#include <coil/sleep.h>

#include "scenarios/scope.h"

/* ---- map ---- */

static int naps[5];

static int nap_for_item(void *item, void *arg)
{
    int *naps_of_item = item;
    int rc = nap(arg);

    *naps_of_item += rc == 0;
    return rc;
}

static int map_naps(void *arg)
{
    int rc;

    for (int i = 0; i < 5; i++)
        naps[i] = 0;
    rc = coil_map(naps, 5, 2, nap_for_item, arg);
    for (int i = 0; rc == 0 && i < 5; i++)
        ASSERT_EQ(naps[i], 1);
    return rc;
}

static int fail_for_third(void *item, void *arg)
{
    return item == &naps[2] ? -EBADMSG : nap_for_item(item, arg);
}

static int map_and_fail(void *arg)
{
    int rc = coil_map(naps, 5, 2, fail_for_third, arg);

    return rc == -EBADMSG ? nap(arg) : rc;
}

static int map_all(void *arg)
{
    int results[5];
    const struct coil_map_options options = { .results = results, .all = true };
    int rc = coil_map_with(naps, 5, 3, fail_for_third, arg, &options);

    if (rc >= 0)
        ASSERT_EQ(results[2], -EBADMSG);
    return rc < 0 ? rc : 0;
}

/* ---- time ---- */

static int fail_twice(void *arg)
{
    int *calls = arg;
    int rc = nap(NULL);

    return rc == 0 && ++*calls <= 2 ? -EAGAIN : rc;
}

static int retry(void *arg)
{
    const struct coil_retry_options options = { .try_limit = COIL_SECOND };
    int calls = 0;
    int rc = coil_retry_call(fail_twice, &calls, &options);

    (void)arg;
    if (rc == 0)
        ASSERT_EQ(calls, 3);
    return rc;
}

static int tick_thrice(void *arg)
{
    struct coil_interval interval;
    int rc = 0;

    (void)arg;
    coil_interval_init(&interval, COIL_MILLISECOND, COIL_MISSED_SKIP);
    for (int i = 0; rc == 0 && i < 3; i++)
        rc = coil_interval_tick(&interval);
    return rc;
}

static struct coil_rate_limiter limiter;

static int take_tokens(void *arg)
{
    int rc = 0;

    (void)arg;
    for (int i = 0; rc == 0 && i < 3; i++)
        rc = coil_rate_limiter_acquire(&limiter, 2);
    return rc;
}

static int begin_limiter(void)
{
    coil_rate_limiter_init(&limiter, 1, COIL_MILLISECOND, 3);
    return help(take_tokens, NULL);
}

static void probe_limiter(void)
{
    expect_helpers();
    ASSERT_EQ(take_tokens(NULL), 0);
    ASSERT_EQ(coil_rate_limiter_waiting(&limiter), 0);
}

/* ---- select ---- */

enum { ITEMS = 4 };

static struct coil_queue queue;
static struct coil_event stop;
static int last;

/* Put items until told to stop. */
static int put_items(void *arg)
{
    int rc = 0;

    (void)arg;
    for (int i = 1; rc == 0 && i <= ITEMS; i++) {
        struct coil_select_case cases[] = {
            coil_event_wait_case(&stop),
            coil_queue_put_case(&queue, &i),
        };

        rc = coil_select(cases, 2);
        if (rc == 0)
            return 0;
        if (rc > 0)
            rc = cases[1].result;
    }
    return rc;
}

/* Each item comes once and in order. */
static int get_items(void *arg)
{
    int rc = 0;

    (void)arg;
    while (rc >= 0 && last < ITEMS) {
        int item = last;
        struct coil_select_case cases[] = {
            coil_queue_get_case(&queue, &item),
            coil_sleep_case(COIL_MILLISECOND),
        };

        rc = coil_select(cases, 2);
        ASSERT_EQ(item, rc == 0 ? last + 1 : last);
        last = item;
        if (rc == 1 && is_failing)
            return 0;
    }
    return rc < 0 ? rc : 0;
}

static int begin_select(void)
{
    last = 0;
    coil_event_init(&stop);
    coil_queue_init(&queue, sizeof(int), 1);
    return help(put_items, NULL);
}

/* The victim may have left the rest to this one. */
static void probe_select(void)
{
    ASSERT_EQ(get_items(NULL), 0);
    expect_helpers();
}

static void end_select(void)
{
    coil_event_set(&stop);
    end_helpers();
    coil_queue_fini(&queue);
}

/* ---- all of them ---- */

const struct scenario scenarios_helpers[] = {
    { "map", no_begin, map_naps, probe_count, no_end },
    { "map_fails", no_begin, map_and_fail, probe_count, no_end },
    { "map_all", no_begin, map_all, probe_count, no_end },
    { "retry", no_begin, retry, probe_time, no_end },
    { "interval", no_begin, tick_thrice, probe_time, no_end },
    { "rate_limiter", begin_limiter, take_tokens, probe_limiter, end_helpers },
    { "select", begin_select, get_items, probe_select, end_select },
    { NULL },
};
