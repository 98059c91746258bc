/* SPDX-License-Identifier: MIT */
/*
 * fairness_test.h - tasks that are always busy, and who waits beside them
 *
 *     FAIRNESS_TEST(fairness_beside_a_writer)
 *     {
 *         flood_with(write_and_drain, peer);
 *         expect_punctual_ticks();
 *         end_floods();
 *     }
 *
 * Each body runs on the kernel and on the simulator.  On the simulator work
 * takes time, and how late a tick may be is asserted.  On the kernel the time
 * depends on the machine: there a body ends only if the ticks come at all, and a
 * body that starves fails by its time limit.
 */
#ifndef COIL_TESTS_FAIRNESS_TEST_H
#define COIL_TESTS_FAIRNESS_TEST_H

#define SEEDS test_seeds(6)

#include "loop/budget.h"
#include "stream_test.h"

enum {
    MOST_FLOODS = 16,
    TICKS = 5,
};

/*
 * The duration of a step on the simulator; a call of the network takes 16 of
 * them.
 */
#define STEP (200 * COIL_NANOSECOND)

extern size_t flood_count;
extern uint64_t operations; /* of all floods */
extern bool is_over;

void flood_with(coil_fn fn, void *arg);

/* A flood ends, whatever it waits for. */
void end_floods(void);

/*
 * Between the moment at which something becomes due and its step, each busy
 * task has one budget and the three calls that may exceed it; with a seed
 * others run in another order.
 */
coil_time most_late(size_t busy, coil_time step);

/* `busy` tasks exist, and compute for `step` at a time. */
void expect_ticks(size_t busy, coil_time step);

void expect_punctual_ticks(void);
void begin_floods(void);

#define FAIRNESS_TEST(name)                                                    \
    static void fairness_body_##name(void);                                    \
    STREAM_TEST(name)                                                          \
    {                                                                          \
        begin_floods();                                                        \
        fairness_body_##name();                                                \
        ASSERT_EQ(flood_count, 0);                                             \
    }                                                                          \
    static void fairness_body_##name(void)

#endif
