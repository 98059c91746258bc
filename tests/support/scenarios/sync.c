/* SPDX-License-Identifier: MIT */
/* sync.c - programs of locks, semaphores, events, conditions and barriers: scenario.h */
#include <coil/barrier.h>
#include <coil/condition.h>
#include <coil/event.h>
#include <coil/lock.h>
#include <coil/queue.h>
#include <coil/semaphore.h>

#include "scenario.h"

static int inside, most_inside;

/* Be inside for a while. */
static int stay(void)
{
    int rc;

    inside++;
    ASSERT_LE(inside, most_inside);
    rc = coil_sleep(COIL_MILLISECOND);
    inside--;
    return rc;
}

/* ---- lock ---- */

static struct coil_lock lock;

static int visit(void *arg)
{
    int rc = coil_lock_acquire(&lock);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = stay();
    coil_lock_release(&lock);
    return rc;
}

static int visit_thrice(void *arg)
{
    int rc = 0;

    for (int i = 0; rc == 0 && i < 3; i++)
        rc = visit(arg);
    return rc;
}

static int begin_lock(void)
{
    int rc = coil_test_watch(coil_test_check_lock, &lock);

    coil_lock_init(&lock);
    inside = 0;
    most_inside = 1;
    if (rc == 0)
        rc = help(visit, NULL);
    return rc < 0 ? rc : help(visit, NULL);
}

static void probe_lock(void)
{
    expect_helpers();
    ASSERT(!coil_lock_is_locked(&lock));
    ASSERT_EQ(visit(NULL), 0);
}

/* What was acquired late is released though the task is cancelled. */
static int visit_and_clean_up(void *arg)
{
    int rc = visit(arg);

    return rc == -ECANCELED && visit(arg) < 0 ? -ECANCELED : rc;
}

static int begin_free_lock(void)
{
    coil_lock_init(&lock);
    inside = 0;
    most_inside = 1;
    return coil_test_watch(coil_test_check_lock, &lock);
}

/* ---- semaphores ---- */

static struct coil_semaphore semaphore;
static struct coil_bounded_semaphore bounded;

static int enter_semaphore(void *arg)
{
    int rc = coil_semaphore_acquire(&semaphore);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = stay();
    coil_semaphore_release(&semaphore);
    return rc;
}

static int begin_semaphore(void)
{
    int rc = coil_test_watch(coil_test_check_semaphore, &semaphore);

    coil_semaphore_init(&semaphore, 2);
    inside = 0;
    most_inside = 2;
    for (int i = 0; rc == 0 && i < 3; i++)
        rc = help(enter_semaphore, NULL);
    return rc;
}

static void probe_semaphore(void)
{
    expect_helpers();
    ASSERT_EQ(coil_semaphore_value(&semaphore), 2);
    ASSERT_EQ(enter_semaphore(NULL), 0);
}

static int enter_bounded(void *arg)
{
    int rc = coil_bounded_semaphore_acquire(&bounded);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = stay();
    ASSERT_EQ(coil_bounded_semaphore_release(&bounded), 0);
    return rc;
}

static int begin_bounded(void)
{
    int rc = coil_test_watch(coil_test_check_bounded_semaphore, &bounded);

    coil_bounded_semaphore_init(&bounded, 1);
    inside = 0;
    most_inside = 1;
    for (int i = 0; rc == 0 && i < 2; i++)
        rc = help(enter_bounded, NULL);
    return rc;
}

static void probe_bounded(void)
{
    expect_helpers();
    ASSERT_EQ(coil_bounded_semaphore_value(&bounded), 1);
    ASSERT_EQ(enter_bounded(NULL), 0);
    ASSERT_EQ(coil_bounded_semaphore_release(&bounded), -EPERM);
}

/* A lock within a semaphore, and both are given back. */
static int enter_both(void *arg)
{
    int rc = coil_semaphore_acquire(&semaphore);

    if (rc < 0)
        return rc;
    rc = visit(arg);
    coil_semaphore_release(&semaphore);
    return rc;
}

static int begin_both(void)
{
    int rc = begin_free_lock();

    coil_semaphore_init(&semaphore, 2);
    for (int i = 0; rc == 0 && i < 3; i++)
        rc = help(enter_both, NULL);
    return rc;
}

static void probe_both(void)
{
    probe_lock();
    ASSERT_EQ(coil_semaphore_value(&semaphore), 2);
}

/* ---- event ---- */

static struct coil_event event;

static int wait_for_event(void *arg)
{
    (void)arg;
    return coil_event_wait(&event);
}

static int set_later(void *arg)
{
    int rc = coil_sleep(COIL_MILLISECOND);

    (void)arg;
    coil_event_set(&event);
    return rc;
}

static int begin_event(void)
{
    int rc = coil_test_watch(coil_test_check_event, &event);

    coil_event_init(&event);
    if (rc == 0)
        rc = help(wait_for_event, NULL);
    if (rc == 0)
        rc = help(set_later, NULL);
    return rc < 0 ? rc : help(wait_for_event, NULL);
}

static void probe_event(void)
{
    expect_helpers();
    ASSERT_EQ(coil_event_wait(&event), 0);
}

/* Two that wake one another by turns: a set is never missed. */
static struct coil_event ping, pong;

static int play_ping(void *arg)
{
    int rc = 0;

    (void)arg;
    for (int i = 0; rc == 0 && i < 3; i++) {
        coil_event_set(&ping);
        rc = coil_event_wait(&pong);
        if (rc == 0)
            coil_event_clear(&pong);
    }
    return rc;
}

static int play_pong(void *arg)
{
    int rc = 0;

    (void)arg;
    while (rc == 0) {
        rc = coil_event_wait(&ping);
        if (rc < 0)
            break;
        coil_event_clear(&ping);
        rc = coil_yield();
        coil_event_set(&pong);
    }
    return rc;
}

static int begin_ping_pong(void)
{
    int rc = coil_test_watch(coil_test_check_event, &ping);

    coil_event_init(&ping);
    coil_event_init(&pong);
    return rc < 0 ? rc : help(play_pong, NULL);
}

/* An answer may be left over from one who did not wait for it. */
static void probe_ping_pong(void)
{
    ASSERT_EQ(coil_test_settle(), 0);
    coil_event_clear(&pong);
    ASSERT_EQ(play_ping(NULL), 0);
}

/* ---- condition ---- */

static struct coil_condition changed;
static int tokens; /* that `changed` tells of */
static int tokens_made, tokens_taken;

static bool is_there(void *arg)
{
    (void)arg;
    return tokens > 0;
}

/* Whoever is inside is there alone. */
static int enter_condition(void)
{
    int rc = coil_condition_acquire(&changed);

    if (rc == 0)
        ASSERT_EQ(++inside, 1);
    return rc;
}

static void leave_condition(void)
{
    inside--;
    ASSERT_EQ(coil_condition_release(&changed), 0);
}

static int wait_inside(void)
{
    int rc;

    inside--;
    rc = coil_condition_wait(&changed);
    ASSERT_EQ(++inside, 1);
    return rc;
}

static int take_token(void *arg)
{
    int rc = enter_condition();

    (void)arg;
    if (rc < 0)
        return rc;
    while (rc == 0 && tokens == 0)
        rc = wait_inside();
    if (rc == 0) {
        tokens--;
        tokens_taken++;
    }
    leave_condition();
    return rc;
}

static int take_token_by_predicate(void *arg)
{
    int rc = coil_condition_acquire(&changed);

    if (rc < 0)
        return rc;
    rc = coil_condition_wait_for(&changed, is_there, arg);
    ASSERT_EQ(++inside, 1);
    if (rc == 0) {
        tokens--;
        tokens_taken++;
    }
    leave_condition();
    return rc;
}

static int make_token(void *arg)
{
    int rc = enter_condition();

    (void)arg;
    if (rc < 0)
        return rc;
    tokens++;
    tokens_made++;
    ASSERT_EQ(coil_condition_notify(&changed, 1), 0);
    rc = coil_sleep(COIL_MILLISECOND);
    leave_condition();
    return rc;
}

static int make_tokens(void *arg)
{
    int rc = coil_sleep(COIL_MILLISECOND);

    for (int i = 0; rc == 0 && i < 3; i++)
        rc = make_token(arg);
    return rc;
}

static int prepare_condition(void)
{
    coil_condition_init(&changed, NULL);
    tokens = tokens_made = tokens_taken = inside = 0;
    return coil_test_watch(coil_test_check_condition, &changed);
}

static int begin_condition(void)
{
    int rc = prepare_condition();

    if (rc == 0)
        rc = help(take_token, NULL);
    if (rc == 0)
        rc = help(make_tokens, NULL);
    return rc < 0 ? rc : help(take_token, NULL);
}

static void probe_condition(void)
{
    expect_helpers();
    ASSERT(!coil_condition_is_locked(&changed));
    ASSERT_EQ(tokens_made, tokens_taken + tokens);
    while (tokens > 0)
        ASSERT_EQ(take_token(NULL), 0);
}

/* The victim notifies; those who wait get the rest from the probe. */
static int begin_notified(void)
{
    int rc = prepare_condition();

    for (int i = 0; rc == 0 && i < 3; i++)
        rc = help(i == 1 ? take_token_by_predicate : take_token, NULL);
    return rc;
}

static void probe_notified(void)
{
    while (tokens_made < 3)
        ASSERT_EQ(make_token(NULL), 0);
    expect_helpers();
    ASSERT_EQ(tokens, 0);
}

/* ---- barrier ---- */

static struct coil_barrier barrier;

static int meet(void *arg)
{
    int rc = coil_barrier_wait(&barrier);

    (void)arg;
    return rc < 0 ? rc : 0;
}

static int meet_twice(void *arg)
{
    int rc = meet(arg);

    return rc < 0 ? rc : meet(arg);
}

static int meet_later(void *arg)
{
    int rc = coil_sleep(COIL_MILLISECOND);

    return rc < 0 ? rc : meet_twice(arg);
}

static int begin_barrier(void)
{
    int rc = coil_test_watch(coil_test_check_barrier, &barrier);

    ASSERT_EQ(coil_barrier_init(&barrier, 3), 0);
    if (rc == 0)
        rc = help(meet_twice, NULL);
    return rc < 0 ? rc : help(meet_later, NULL);
}

/* Somebody takes the victim's place as often as it takes. */
static void probe_barrier(void)
{
    ASSERT_EQ(coil_test_settle(), 0);
    while (!helpers_are_done()) {
        if (coil_barrier_waiting(&barrier) == 2)
            ASSERT_GE(coil_barrier_wait(&barrier), 0);
        ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    }
    expect_helpers();
    ASSERT_EQ(coil_barrier_waiting(&barrier), 0);
    ASSERT(!coil_barrier_is_broken(&barrier));
}

static int break_later(void *arg)
{
    int rc = coil_sleep(COIL_MILLISECOND);

    (void)arg;
    coil_barrier_abort(&barrier);
    return rc;
}

static int meet_in_vain(void *arg)
{
    int rc = meet(arg);

    return rc == -EPIPE ? 0 : rc;
}

static int begin_broken_barrier(void)
{
    int rc = coil_test_watch(coil_test_check_barrier, &barrier);

    ASSERT_EQ(coil_barrier_init(&barrier, 3), 0);
    if (rc == 0)
        rc = help(meet_in_vain, NULL);
    return rc < 0 ? rc : help(break_later, NULL);
}

static void probe_broken_barrier(void)
{
    expect_helpers();
    ASSERT(coil_barrier_is_broken(&barrier));
    coil_barrier_reset(&barrier);
    ASSERT_EQ(coil_barrier_waiting(&barrier), 0);
}

/* ---- all of them ---- */

const struct scenario scenarios_sync[] = {
    { "lock", begin_lock, visit, probe_lock, no_end },
    { "lock_again_and_again", begin_lock, visit_thrice, probe_lock, no_end },
    { "lock_in_clean_up", begin_lock, visit_and_clean_up, probe_lock, no_end },
    { "lock_without_contention", begin_free_lock, visit_thrice, probe_lock,
      no_end },
    { "semaphore", begin_semaphore, enter_semaphore, probe_semaphore, no_end },
    { "bounded_semaphore", begin_bounded, enter_bounded, probe_bounded,
      no_end },
    { "lock_within_a_semaphore", begin_both, enter_both, probe_both, no_end },
    { "event", begin_event, wait_for_event, probe_event, no_end },
    { "event_ping_pong", begin_ping_pong, play_ping, probe_ping_pong, no_end },
    { "condition", begin_condition, take_token, probe_condition, no_end },
    { "condition_by_predicate", begin_condition, take_token_by_predicate,
      probe_condition, no_end },
    { "condition_notify", begin_notified, make_tokens, probe_notified, no_end },
    { "barrier", begin_barrier, meet_twice, probe_barrier, no_end },
    { "barrier_that_breaks", begin_broken_barrier, meet_in_vain,
      probe_broken_barrier, no_end },
    { NULL },
};
