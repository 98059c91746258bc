/* SPDX-License-Identifier: MIT */
/*
 * cancel_points.h - each scenario (scenario.h) cancelled at every point
 *
 * It is run once to count how often its victim suspends, and then once for each
 * suspension in each of these ways.  The victim says either that it is cancelled
 * or that it was too late for that; the rest of the system goes on.
 *
 * COIL_POINT_SEEDS is how many schedules each is tried in; in the first, all is
 * in order.
 */
#include "scenario.h"

enum way {
    UNHARMED,
    BEFORE_IT_RAN,
    PARKED,
    WAITING,             /* for a while */
    GRANTED,             /* decided, but it has not gone on yet */
    DEADLINE_FIRST,      /* and cancelled in the same turn */
    DEADLINE_SECOND,     /* the other way round */
    TWICE,               /* at once */
    IN_CLEAN_UP,         /* and at its next suspension */
    GRANTED_IN_CLEAN_UP, /* and when that is over, but it has not gone on yet */
    WAYS,
};

static const char *const way_names[] = {
    "unharmed",
    "before it ran",
    "parked",
    "waiting",
    "granted",
    "deadline, cancelled",
    "cancelled, deadline",
    "twice",
    "in clean-up",
    "in clean-up, granted",
};

static enum way way;
static uint64_t point, point_count;
static bool was_struck;
static unsigned long cancel_runs;

static void say_point(void)
{
    fprintf(stderr, "%s: %s, suspension %llu, COIL_SEED=%llu\n", playing->name,
            way_names[way], (unsigned long long)point,
            (unsigned long long)playing_seed);
}

static void cancel_victim(void *arg)
{
    (void)arg;
    was_struck = true;
    coil_task_cancel(victim);
}

static void expire_deadline(void)
{
    ASSERT_EQ(coil_timeout_reschedule(&deadline, coil_now()), 0);
}

static struct coil_handle later;

static void strike(void *arg)
{
    coil_time delay =
        (coil_time)(playing_seed * 3 % 16 + 2) * 250 * COIL_MICROSECOND;

    if (way == WAITING) {
        ASSERT_EQ(coil_loop_call_later(coil_loop_current(), &later, delay,
                                       cancel_victim, NULL),
                  0);
        return;
    }
    if (way == DEADLINE_FIRST)
        expire_deadline();
    cancel_victim(arg);
    if (way == DEADLINE_SECOND)
        expire_deadline();
    if (way == TWICE)
        cancel_victim(arg);
    if (way == IN_CLEAN_UP)
        ASSERT_EQ(
            coil_test_probe(victim, 1, COIL_TEST_PARKED, cancel_victim, NULL),
            0);
    if (way == GRANTED_IN_CLEAN_UP)
        ASSERT_EQ(
            coil_test_probe(victim, 1, COIL_TEST_GRANTED, cancel_victim, NULL),
            0);
}

static void check_outcome(int rc)
{
    if (way == BEFORE_IT_RAN)
        ASSERT_EQ(rc, -ECANCELED);
    else if (rc < 0)
        ASSERT(was_struck && rc == -ECANCELED);
}

static int play_point(void *arg)
{
    (void)arg;
    was_struck = false;
    if (playing_seed % 2)
        coil_test_let_time_pass(6, 50 * COIL_MILLISECOND);
    ASSERT_EQ(playing->begin(), 0);
    ASSERT_EQ(coil_task_create(&victim, run_victim, NULL), 0);
    if (way == BEFORE_IT_RAN)
        strike(NULL);
    else
        ASSERT_EQ(coil_test_probe(victim, way == UNHARMED ? 0 : point,
                                  way == GRANTED ? COIL_TEST_GRANTED
                                                 : COIL_TEST_PARKED,
                                  strike, NULL),
                  0);
    check_outcome(end_of_victim(false));
    coil_handle_cancel(&later);
    if (way == UNHARMED)
        point_count = coil_test_suspensions();
    ASSERT_EQ(coil_test_probe(NULL, 0, COIL_TEST_PARKED, NULL, NULL), 0);
    playing->probe();
    end_helpers();
    playing->end();
    cancel_runs++;
    return 0;
}

static void play_way(enum way a_way, uint64_t a_point, uint64_t seed)
{
    way = a_way;
    point = a_point;
    ASSERT_EQ(play(play_point, seed), 0);
}

static void cancel_at_every_point(const struct scenario *scenario)
{
    const char *text = getenv("COIL_POINT_SEEDS");
    uint64_t seeds = text ? strtoull(text, NULL, 10) : 20;

    playing = scenario;
    test_on_failure = say_point;
    for (uint64_t seed = 0; seed < seeds; seed++) {
        play_way(UNHARMED, 0, seed);
        ASSERT(point_count > 0 || seed > 0);
        play_way(BEFORE_IT_RAN, 0, seed);
        for (uint64_t p = 1; p <= point_count; p++)
            for (enum way w = PARKED; w < WAYS; w++)
                play_way(w, p, seed);
        if (seed == 0)
            printf("%s: %llu suspensions", scenario->name,
                   (unsigned long long)point_count);
    }
    printf(", %lu runs\n", cancel_runs);
}

#define SCENARIO(name, begin, victim, probe, end)                              \
    TEST(cancel_points_##name)                                                 \
    {                                                                          \
        cancel_at_every_point(                                                 \
            &(struct scenario){ #name, begin, victim, probe, end });           \
    }
