/* SPDX-License-Identifier: MIT */
/* cancel_points.c - each scenario (scenario.h) cancelled at every point */
#include "cancel_points.h"

enum way {
    UNHARMED,
    BEFORE_IT_RAN,
    PARKED,
    WAITING,             /* for a while */
    DECIDED,             /* it will go on; others run before */
    GRANTED,             /* it goes on now */
    DEADLINE_FIRST,      /* cancelled in the same turn */
    DEADLINE_SECOND,     /* in the other order */
    TWICE,               /* at once */
    IN_CLEAN_UP,         /* and at a suspension after that */
    GRANTED_IN_CLEAN_UP, /* and when that is decided, before it goes on */
    WAYS,
};

static const char *const way_names[] = {
    "unharmed",
    "before it ran",
    "parked",
    "waiting",
    "decided",
    "granted",
    "deadline, cancelled",
    "cancelled, deadline",
    "twice",
    "in clean-up",
    "in clean-up, granted",
};

static enum way way;
static uint64_t point, point_count;
static uint64_t clean_up_point; /* counted from the first strike */
static bool was_struck, was_struck_again;
static unsigned long cancel_runs, clean_up_runs, waiting_strikes;

static void say_point(void)
{
    fprintf(stderr, "%s: %s, suspension %llu + %llu, COIL_SEED=%llu\n",
            playing->name, way_names[way], (unsigned long long)point,
            (unsigned long long)clean_up_point,
            (unsigned long long)playing_seed);
}

static void cancel_victim(void *arg)
{
    (void)arg;
    was_struck = true;
    coil_task_cancel(victim);
}

static void cancel_victim_again(void *arg)
{
    was_struck_again = true;
    cancel_victim(arg);
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

    if (way == WAITING && theatre->when_idle) {
        theatre->when_idle(cancel_victim);
        return;
    }
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
    if (way == IN_CLEAN_UP || way == GRANTED_IN_CLEAN_UP)
        ASSERT_EQ(coil_test_probe(victim, clean_up_point,
                                  way == IN_CLEAN_UP ? COIL_TEST_PARKED
                                                     : COIL_TEST_GRANTED,
                                  cancel_victim_again, NULL),
                  0);
}

static enum coil_test_moment moment_of(enum way a_way)
{
    switch (a_way) {
    case DECIDED:
        return COIL_TEST_DECIDED;
    case GRANTED:
        return COIL_TEST_GRANTED;
    default:
        return COIL_TEST_PARKED;
    }
}

/* One request for cancellation was made. */
static bool is_single(void)
{
    return way == PARKED || way == WAITING || way == DECIDED || way == GRANTED;
}

/*
 * The victim of every scenario cleans up, and suspends for that. It is told of
 * a request once: before the clean-up, or in it if it was too late before.
 */
static int clean_up(int rc)
{
    bool was_single = is_single() && was_struck && !request_is_withdrawn;
    int told = coil_yield();

    if (was_single && rc == -ECANCELED)
        ASSERT_EQ(told, 0);
    if (was_single && rc == 0)
        ASSERT_EQ(told, -ECANCELED);
    if (rc == 0)
        return told;
    if (told == 0)
        told = coil_yield();
    if (was_single)
        ASSERT_EQ(told, 0);
    return rc;
}

static void check_outcome(int rc)
{
    if (way == WAITING)
        waiting_strikes += was_struck;
    /*
     * As long as it goes as in the counting run, it must come to that
     * suspension.
     */
    if (way != UNHARMED && way != WAITING)
        ASSERT(was_struck);
    if (way == BEFORE_IT_RAN)
        ASSERT_EQ(rc, -ECANCELED);
    else if (rc < 0)
        ASSERT(was_struck && rc == -ECANCELED);
}

static int play_point(void *arg)
{
    (void)arg;
    was_struck = false;
    was_struck_again = false;
    if (playing_seed % 2)
        coil_test_let_time_pass(6, 50 * COIL_MILLISECOND);
    ASSERT_EQ(playing->begin(), 0);
    ASSERT_EQ(coil_task_create(&victim, run_victim, NULL), 0);
    if (way == BEFORE_IT_RAN)
        strike(NULL);
    else
        ASSERT_EQ(coil_test_probe(victim, way == UNHARMED ? 0 : point,
                                  moment_of(way), strike, NULL),
                  0);
    check_outcome(end_of_victim(false));
    coil_handle_cancel(&later);
    if (theatre->when_idle)
        theatre->when_idle(NULL);
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

/* Strike at each suspension of the clean-up, until there is no further one. */
static void play_clean_up(enum way a_way, uint64_t a_point, uint64_t seed)
{
    clean_up_point = 0;
    do {
        clean_up_point++;
        play_way(a_way, a_point, seed);
        clean_up_runs += was_struck_again;
    } while (was_struck_again);
    clean_up_point = 0;
}

void cancel_at_every_point(const struct scenario *scenario)
{
    uint64_t seeds = schedules_of_each(theatre->seeds);

    playing = scenario;
    test_on_failure = say_point;
    last_act = clean_up;
    if (theatre->prepare)
        theatre->prepare();
    keep_stacks();
    for (uint64_t seed = 0; seed < seeds; seed++) {
        play_way(UNHARMED, 0, seed);
        ASSERT(point_count > 0 || seed > 0);
        play_way(BEFORE_IT_RAN, 0, seed);
        for (uint64_t p = 1; p <= point_count; p++)
            for (enum way w = PARKED; w < WAYS; w++)
                if (w == IN_CLEAN_UP || w == GRANTED_IN_CLEAN_UP)
                    play_clean_up(w, p, seed);
                else
                    play_way(w, p, seed);
        if (seed == 0)
            printf("%s: %llu suspensions", scenario->name,
                   (unsigned long long)point_count);
    }
    give_stacks_back();
    ASSERT(waiting_strikes > 0 || !theatre->when_idle);
    printf(", %lu runs, %lu of them twice in clean-up\n", cancel_runs,
           clean_up_runs);
}
