/* SPDX-License-Identifier: MIT */
/*
 * What loops share, in every order of their steps.
 *
 * Three loops are guests of the loop of the test, which lets one of them take a
 * turn at a time; coil_test_choose() says which, and when a task is cancelled.
 * So between any two steps of one loop those of the others come, in every
 * way.  A step makes one change under the object's mutex; a letter is delivered
 * in a step of its own.  So nothing that threads could do is left out, but what
 * the mutexes prevent.
 */
#include <stdio.h>

#include <coil/channel.h>
#include <coil/guest.h>
#include <coil/loop.h>
#include <coil/shared_condition.h>
#include <coil/shared_event.h>
#include <coil/shared_lock.h>
#include <coil/shared_semaphore.h>
#include <coil/task.h>
#include <coil/testing.h>

#include "loop/loop.h"
#include "test.h"

enum { LOOPS = 3, MOST = 4 };

/* A task of one of the loops. */
struct actor {
    coil_fn fn;
    int loop;
    bool may_be_cancelled;
    int number;
    struct coil_task *task;
    bool is_cancelled;
};

struct scenario {
    void (*prepare)(void);
    void (*conclude)(void);
    struct actor actors[MOST];
};

static struct coil_loop *loops[LOOPS];
static struct actor actors[MOST];

static struct coil_channel channel;
static struct coil_shared_lock lock;
static struct coil_shared_semaphore semaphore;
static struct coil_shared_event event;
static struct coil_shared_condition condition;

/* ---- one schedule ------------------------------------------------------------ */

static bool is_done(const struct actor *actor)
{
    return !actor->task || coil_task_is_done(actor->task);
}

static bool are_all_done(void)
{
    for (int i = 0; i < MOST; i++)
        if (!is_done(&actors[i]))
            return false;
    return true;
}

static bool can_step(const struct coil_loop *loop)
{
    return loop->scheduler.ready.head || loop->after_look.head ||
           atomic_load(&loop->inbox);
}

/* One turn of one loop, or one cancellation.  Somebody can always go on. */
static void step(void)
{
    struct coil_loop *able[LOOPS];
    struct actor *victims[MOST];
    uint64_t turns = 0;
    uint64_t cancels = 0;
    uint64_t choice;

    for (int i = 0; i < LOOPS; i++)
        if (can_step(loops[i]))
            able[turns++] = loops[i];
    for (int i = 0; i < MOST; i++)
        if (actors[i].may_be_cancelled && !actors[i].is_cancelled &&
            !is_done(&actors[i]))
            victims[cancels++] = &actors[i];
    ASSERT(turns > 0); /* otherwise somebody was forgotten */

    choice = coil_test_choose(turns + cancels);
    if (choice < turns) {
        ASSERT_EQ(coil_loop_run_once(able[choice], 0), 0);
        return;
    }
    victims[choice - turns]->is_cancelled = true;
    coil_task_cancel(victims[choice - turns]->task);
}

static int play(void *arg)
{
    const struct scenario *scenario = arg;

    memcpy(actors, scenario->actors, sizeof actors);
    scenario->prepare();
    for (int i = 0; i < MOST && actors[i].fn; i++)
        ASSERT_EQ(coil_loop_create_task(loops[actors[i].loop], &actors[i].task,
                                        actors[i].fn, &actors[i]),
                  0);
    while (!are_all_done())
        step();
    for (int i = 0; i < MOST && actors[i].fn; i++)
        coil_task_release(actors[i].task);
    scenario->conclude();
    return 0;
}

static void play_all(const struct scenario *scenario)
{
    static const struct coil_loop_options options = {
        .backend = COIL_BACKEND_SIMULATOR,
        .no_watchdog = true,
    };
    uint64_t runs = 0;

    for (int i = 0; i < LOOPS; i++)
        ASSERT_EQ(coil_loop_new(&loops[i], &options), 0);
    ASSERT_EQ(coil_test_explore(play, (void *)scenario, 0, &runs), 0);
    printf("%llu schedules\n", (unsigned long long)runs);
    ASSERT(runs > 10);
    for (int i = 0; i < LOOPS; i++)
        ASSERT_EQ(coil_loop_close(loops[i], NULL), 0);
}

/* What a task returns after a cancellation that it may have been told of. */
static int ends_with(const struct actor *actor, int rc)
{
    ASSERT(rc == 0 || (rc == -ECANCELED && actor->is_cancelled));
    return rc;
}

/* ---- a lock -------------------------------------------------------------------- */

static int inside;
static int visits;

static void prepare_lock(void)
{
    coil_shared_lock_init(&lock);
    inside = visits = 0;
}

static void conclude_lock(void)
{
    ASSERT(!coil_shared_lock_is_locked(&lock));
    ASSERT(!lock.waiters.head);
    for (int i = 0; i < MOST; i++)
        visits += actors[i].fn && actors[i].is_cancelled;
    ASSERT(visits >= 3);
}

static int visit_once(void)
{
    int rc = coil_shared_lock_acquire(&lock);

    if (rc < 0)
        return rc;
    ASSERT_EQ(inside++, 0);
    rc = coil_yield();
    ASSERT_EQ(inside--, 1);
    visits++;
    ASSERT_EQ(coil_shared_lock_release(&lock), 0);
    return rc;
}

/* Then again, soon. */
static int visit(void *arg)
{
    struct actor *self = arg;
    int rc = visit_once();

    if (rc == 0 && self->number > 0)
        rc = visit_once();
    return ends_with(self, rc);
}

TEST(cross_schedules_of_a_lock)
{
    static const struct scenario scenario = {
        prepare_lock,
        conclude_lock,
        { { .fn = visit, .loop = 0, .may_be_cancelled = true },
          { .fn = visit, .loop = 1, .may_be_cancelled = true },
          { .fn = visit, .loop = 2, .number = 1 } },
    };

    play_all(&scenario);
}

/* ---- a semaphore ------------------------------------------------------------------ */

static void prepare_semaphore(void)
{
    coil_shared_semaphore_init(&semaphore, 1);
    inside = 0;
}

static void conclude_semaphore(void)
{
    ASSERT_EQ(coil_shared_semaphore_value(&semaphore), 1);
    ASSERT(!semaphore.waiters.head);
}

static int enter(void *arg)
{
    struct actor *self = arg;
    int rc = coil_shared_semaphore_acquire(&semaphore);

    if (rc < 0)
        return ends_with(self, rc);
    ASSERT_EQ(inside++, 0);
    rc = coil_yield();
    inside--;
    coil_shared_semaphore_release(&semaphore);
    return ends_with(self, rc);
}

TEST(cross_schedules_of_a_semaphore)
{
    static const struct scenario scenario = {
        prepare_semaphore,
        conclude_semaphore,
        { { .fn = enter, .loop = 0, .may_be_cancelled = true },
          { .fn = enter, .loop = 1, .may_be_cancelled = true },
          { .fn = enter, .loop = 2 } },
    };

    play_all(&scenario);
}

/* ---- a channel ---------------------------------------------------------------------- */

static size_t capacity;
static int put_sum;
static int got_sum;

static void prepare_channel(void)
{
    ASSERT_EQ(coil_channel_init(&channel, sizeof(int), capacity), 0);
    put_sum = got_sum = 0;
}

static void conclude_channel(void)
{
    int number;

    while (coil_channel_try_get(&channel, &number) == 0)
        got_sum += number;
    ASSERT_EQ(put_sum, got_sum);
    ASSERT(!channel.getters.head);
    ASSERT(!channel.putters.head);
    coil_channel_fini(&channel);
}

/* One item; then the channel is closed, so that nobody waits for ever. */
static int put_one(void *arg)
{
    struct actor *self = arg;
    int rc = coil_channel_put(&channel, &self->number);

    if (rc == 0)
        put_sum += self->number;
    else if (rc != -EPIPE)
        ends_with(self, rc);
    if (self->number == 1)
        coil_channel_close(&channel);
    return 0;
}

static int get_one(void *arg)
{
    struct actor *self = arg;
    int number;
    int rc = coil_channel_get(&channel, &number);

    if (rc == 0)
        got_sum += number;
    else if (rc != -EPIPE)
        ends_with(self, rc);
    return 0;
}

/* Who puts 1 may wait for a getter that was cancelled: it can be, too. */
static void play_channel(size_t size)
{
    static const struct scenario scenario = {
        prepare_channel,
        conclude_channel,
        { { .fn = get_one, .loop = 1, .may_be_cancelled = true },
          { .fn = put_one, .loop = 0, .number = 2, .may_be_cancelled = true },
          { .fn = get_one, .loop = 2 },
          { .fn = put_one, .loop = 1, .number = 1 } },
    };

    capacity = size;
    play_all(&scenario);
}

TEST(cross_schedules_of_a_channel)
{
    play_channel(1);
}

TEST(cross_schedules_of_a_channel_with_room)
{
    play_channel(2);
}

/* An item goes from the one to the other; whoever is first waits. */
TEST(cross_schedules_of_a_channel_without_places)
{
    static const struct scenario scenario = {
        prepare_channel,
        conclude_channel,
        { { .fn = get_one, .loop = 1, .may_be_cancelled = true },
          { .fn = put_one, .loop = 0, .number = 1 },
          { .fn = get_one, .loop = 2 } },
    };

    capacity = 0;
    play_all(&scenario);
}

/* ---- an event ------------------------------------------------------------------------- */

static void prepare_event(void)
{
    coil_shared_event_init(&event);
}

static void conclude_event(void)
{
    ASSERT(!event.waiters.head);
}

static int wait_for_event(void *arg)
{
    return ends_with(arg, coil_shared_event_wait(&event));
}

static int set_event(void *arg)
{
    (void)arg;
    coil_shared_event_set(&event);
    return 0;
}

TEST(cross_schedules_of_an_event)
{
    static const struct scenario scenario = {
        prepare_event,
        conclude_event,
        { { .fn = wait_for_event, .loop = 0, .may_be_cancelled = true },
          { .fn = wait_for_event, .loop = 1, .may_be_cancelled = true },
          { .fn = set_event, .loop = 2 } },
    };

    play_all(&scenario);
}

/* ---- a condition ------------------------------------------------------------------------ */

static int notices; /* that were given, and are to be used up */
static int waiting;

static void prepare_condition(void)
{
    coil_shared_lock_init(&lock);
    coil_shared_condition_init(&condition, &lock);
    notices = waiting = 0;
}

static void conclude_condition(void)
{
    ASSERT(!coil_shared_lock_is_locked(&lock));
    ASSERT(!condition.waiters.head);
    ASSERT_EQ(waiting, 0);
}

/* Wait until there is a notice: none is lost with a waiter that is cancelled. */
static int use_notice(void *arg)
{
    struct actor *self = arg;
    int rc = coil_shared_lock_acquire(&lock);

    if (rc < 0)
        return ends_with(self, rc);
    waiting++;
    while (rc == 0 && notices == 0)
        rc = coil_shared_condition_wait(&condition);
    ASSERT(coil_shared_lock_is_locked(&lock));
    waiting--;
    if (rc == 0)
        notices--;
    ASSERT_EQ(coil_shared_lock_release(&lock), 0);
    return ends_with(self, rc);
}

static int give_notices(void *arg)
{
    struct actor *self = arg;

    for (int i = 0; i < self->number; i++) {
        ASSERT_EQ(coil_shared_lock_acquire(&lock), 0);
        notices++;
        ASSERT_EQ(coil_shared_condition_notify(&condition, 1), 0);
        ASSERT_EQ(coil_yield(), 0);
        ASSERT_EQ(coil_shared_lock_release(&lock), 0);
    }
    return 0;
}

TEST(cross_schedules_of_a_condition)
{
    static const struct scenario scenario = {
        prepare_condition,
        conclude_condition,
        { { .fn = use_notice, .loop = 0, .may_be_cancelled = true },
          { .fn = use_notice, .loop = 1 },
          { .fn = give_notices, .loop = 2, .number = 2 } },
    };

    play_all(&scenario);
}
