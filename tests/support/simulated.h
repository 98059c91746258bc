/* SPDX-License-Identifier: MIT */
/*
 * simulated.h - a test whose body is the main task of a simulated loop
 *
 *     static struct coil_lock lock;
 *
 *     static void prepare(void)             before each test
 *     {
 *         watch(coil_test_check_lock, &lock);
 *     }
 *     static void conclude(void)            after each test
 *     {
 *         ASSERT(!coil_lock_is_locked(&lock));
 *     }
 *     SYNC_TEST(lock_is_handed_over)
 *     {
 *         struct coil_task *a = start(visit, "a");
 *         ...
 *         ASSERT_EQ(end_of(a), 0);
 *         SAID("a ");
 *     }
 *
 * The loop keeps every documented order, so that a test can say what runs in
 * which turn; after each step the invariants are checked.  The body must end
 * every task that it starts, and expect every misuse that is reported.
 */
#ifndef COIL_TESTS_SIMULATED_H
#define COIL_TESTS_SIMULATED_H

#include <coil/combinators.h>
#include <coil/error.h>
#include <coil/testing.h>
#include <coil/timeout.h>

#include "actors.h"
#include "reports.h"

struct simulation {
    void (*prepare)(void); /* or NULL */
    void (*body)(void);
    void (*conclude)(void); /* or NULL */
};

/* Run it with each of the seeds. */
void simulate(const struct simulation *simulation, uint64_t first,
              uint64_t last);

#define SIMULATED_TEST(name, before, after, first_seed, last_seed)             \
    static void simulated_##name(void);                                        \
    TEST(name)                                                                 \
    {                                                                          \
        const struct simulation simulation = { before, simulated_##name,       \
                                               after };                        \
                                                                               \
        simulate(&simulation, first_seed, last_seed);                          \
    }                                                                          \
    static void simulated_##name(void)

/* The file has a prepare() and a conclude(). */
#define SYNC_TEST(name) SIMULATED_TEST(name, prepare, conclude, 0, 0)

/* It has none. */
#define CORE_TEST(name) SIMULATED_TEST(name, NULL, NULL, 0, 0)

/* Any ready task may run next: the assertions must hold under all seeds. */
#define SEEDS_TEST(name) SIMULATED_TEST(name, NULL, NULL, 1, 50)

/* After each step from now on check(object) must find nothing. */
void watch(coil_test_check_fn check, const void *object);

/* check(object) says `what` as long as `place` is `value`. */
#define ASSERT_TELLS(check, object, place, value, what)                        \
    do {                                                                       \
        __typeof__(place) sound = (place);                                     \
                                                                               \
        ASSERT_NULL(check(object));                                            \
        (place) = (value);                                                     \
        ASSERT_STR_EQ(check(object), what);                                    \
        (place) = sound;                                                       \
        ASSERT_NULL(check(object));                                            \
    } while (0)

void begin_timeout(struct coil_timeout *limit, coil_time duration);

/* Run fn(arg) as a task of a scheduler without a clock; returns its result. */
int run_without_clock(coil_fn fn, void *arg);

#endif
