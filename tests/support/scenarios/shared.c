/* SPDX-License-Identifier: MIT */
/* shared.c - programs of what loops share, on one loop: scenario.h */
#include <coil/channel.h>
#include <coil/shared_condition.h>
#include <coil/shared_event.h>
#include <coil/shared_lock.h>
#include <coil/shared_semaphore.h>

#include "scenario.h"

/* ---- lock and semaphore ---- */

static struct coil_shared_lock lock;
static struct coil_shared_semaphore semaphore;
static int inside;

static int visit(void *arg)
{
    int rc = coil_shared_lock_acquire(&lock);

    (void)arg;
    if (rc < 0)
        return rc;
    ASSERT_EQ(inside++, 0);
    rc = coil_sleep(COIL_MILLISECOND);
    inside--;
    ASSERT_EQ(coil_shared_lock_release(&lock), 0);
    return rc;
}

static int visit_twice(void *arg)
{
    int rc = visit(arg);

    return rc < 0 ? rc : visit(arg);
}

static int begin_lock(void)
{
    int rc;

    coil_shared_lock_init(&lock);
    inside = 0;
    rc = help(visit, NULL);
    return rc < 0 ? rc : help(visit, NULL);
}

static void probe_lock(void)
{
    expect_helpers();
    ASSERT(!coil_shared_lock_is_locked(&lock));
    ASSERT_EQ(visit(NULL), 0);
}

static int enter(void *arg)
{
    int rc = coil_shared_semaphore_acquire(&semaphore);

    (void)arg;
    if (rc < 0)
        return rc;
    ASSERT_LE(++inside, 2);
    rc = coil_sleep(COIL_MILLISECOND);
    inside--;
    coil_shared_semaphore_release(&semaphore);
    return rc;
}

static int begin_semaphore(void)
{
    int rc = 0;

    coil_shared_semaphore_init(&semaphore, 2);
    inside = 0;
    for (int i = 0; rc == 0 && i < 3; i++)
        rc = help(enter, NULL);
    return rc;
}

static void probe_semaphore(void)
{
    expect_helpers();
    ASSERT_EQ(coil_shared_semaphore_value(&semaphore), 2);
    ASSERT_EQ(enter(NULL), 0);
}

/* ---- event ---- */

static struct coil_shared_event event;

static int wait_for_event(void *arg)
{
    (void)arg;
    return coil_shared_event_wait(&event);
}

static int set_event(void *arg)
{
    int rc = coil_sleep(COIL_MILLISECOND);

    (void)arg;
    coil_shared_event_set(&event);
    return rc;
}

static int begin_event(void)
{
    int rc;

    coil_shared_event_init(&event);
    rc = help(wait_for_event, NULL);
    return rc < 0 ? rc : help(set_event, NULL);
}

static void probe_event(void)
{
    expect_helpers();
    ASSERT(coil_shared_event_is_set(&event));
}

/* ---- condition ---- */

static struct coil_shared_condition changed;
static int tokens;

static int take_token(void *arg)
{
    int rc = coil_shared_lock_acquire(&lock);

    (void)arg;
    if (rc < 0)
        return rc;
    while (rc == 0 && tokens == 0)
        rc = coil_shared_condition_wait(&changed);
    ASSERT(coil_shared_lock_is_locked(&lock));
    tokens -= rc == 0;
    ASSERT_EQ(coil_shared_lock_release(&lock), 0);
    return rc;
}

static int make_tokens(void *arg)
{
    int rc = 0;

    (void)arg;
    for (int i = 0; rc == 0 && i < 2; i++) {
        rc = coil_shared_lock_acquire(&lock);
        if (rc < 0)
            return rc;
        tokens++;
        ASSERT_EQ(coil_shared_condition_notify(&changed, 1), 0);
        ASSERT_EQ(coil_shared_lock_release(&lock), 0);
        rc = coil_sleep(COIL_MILLISECOND);
    }
    return rc;
}

static int begin_condition(void)
{
    int rc;

    coil_shared_lock_init(&lock);
    coil_shared_condition_init(&changed, &lock);
    tokens = 0;
    rc = help(take_token, NULL);
    return rc < 0 ? rc : help(make_tokens, NULL);
}

/* The token that the victim did not take is there. */
static void probe_condition(void)
{
    expect_helpers();
    ASSERT(!coil_shared_lock_is_locked(&lock));
    ASSERT_LE(tokens, 2);
    while (!is_failing && tokens > 0)
        ASSERT_EQ(take_token(NULL), 0);
}

/* ---- channel ---- */

static struct coil_channel channel;
static int put_sum, got_sum;

static int put_items(void *arg)
{
    int rc = 0;

    (void)arg;
    for (int i = 3; rc == 0 && i > 0; i--) {
        rc = coil_channel_put(&channel, &i);
        put_sum += rc == 0 ? i : 0;
    }
    return rc;
}

static int put_items_at_once(void *arg)
{
    static const int items[] = { 3, 2, 1 };
    size_t put;
    int rc = coil_channel_put_many(&channel, items, 3, &put);

    (void)arg;
    for (size_t i = 0; i < put; i++)
        put_sum += items[i];
    return rc;
}

static int get_items(void *arg)
{
    int rc = 0;

    (void)arg;
    for (int i = 0; rc == 0 && i < 3; i++) {
        int item;

        rc = coil_channel_get(&channel, &item);
        got_sum += rc == 0 ? item : 0;
        if (rc == 0)
            rc = coil_yield();
    }
    return rc;
}

static int get_items_at_once(void *arg)
{
    ptrdiff_t n = 0;

    (void)arg;
    for (ptrdiff_t left = 3; left > 0; left -= n) {
        int items[3];

        n = coil_channel_get_many(&channel, items, (size_t)left);
        if (n < 0)
            return (int)n;
        for (ptrdiff_t i = 0; i < n; i++)
            got_sum += items[i];
    }
    return 0;
}

static int begin_channel(size_t capacity, coil_fn helper)
{
    int rc = coil_channel_init(&channel, sizeof(int), capacity);

    put_sum = got_sum = 0;
    return rc < 0 ? rc : help(helper, NULL);
}

static int begin_get(void)
{
    return begin_channel(1, put_items);
}

static int begin_put(void)
{
    return begin_channel(1, get_items);
}

static int begin_get_by_hand(void)
{
    return begin_channel(0, put_items);
}

static int begin_put_by_hand(void)
{
    return begin_channel(0, get_items);
}

/* Whoever is left is told that nothing comes any more; nothing is lost. */
static void probe_channel(void)
{
    int item;

    do {
        ASSERT_EQ(coil_test_settle(), 0);
        while (coil_channel_try_get(&channel, &item) == 0)
            got_sum += item;
        if (channel.getters.head)
            coil_channel_close(&channel);
    } while (!helpers_are_done());
    ASSERT_EQ(put_sum, got_sum);
}

static void end_channel(void)
{
    coil_channel_fini(&channel);
}

/* ---- all of them ---- */

const struct scenario scenarios_shared[] = {
    { "shared_lock", begin_lock, visit_twice, probe_lock, no_end },
    { "shared_semaphore", begin_semaphore, enter, probe_semaphore, no_end },
    { "shared_event", begin_event, wait_for_event, probe_event, no_end },
    { "shared_condition", begin_condition, take_token, probe_condition,
      no_end },
    { "channel_get", begin_get, get_items, probe_channel, end_channel },
    { "channel_put", begin_put, put_items, probe_channel, end_channel },
    { "channel_get_by_hand", begin_get_by_hand, get_items, probe_channel,
      end_channel },
    { "channel_put_by_hand", begin_put_by_hand, put_items, probe_channel,
      end_channel },
    { "channel_get_many", begin_get, get_items_at_once, probe_channel,
      end_channel },
    { "channel_put_many", begin_put, put_items_at_once, probe_channel,
      end_channel },
    { NULL },
};
