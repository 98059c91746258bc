/* SPDX-License-Identifier: MIT */
/*
 * cancel_everywhere.h - cancel a task in each suspending call of the library
 *
 * A table has a line for every function marked COIL_SUSPENDS:
 *
 *     CASE(coil_lock_acquire, .prepare = hold_lock, .call = use_lock,
 *          .ready = free_lock),
 *
 *   prepare   so that the call will have to wait
 *   call      the call, before any other that suspends; 0 if it succeeded, and
 *             then leaves things as they were after `ready`
 *   ready     give it what it waits for; NULL: there is no such thing
 *   finish    undo `prepare`, in whatever state things are
 *   turns     how many turns of the loop a cancelled call may take; 1 unless its
 *             contract is to wait for the end of something else
 *   start     how to begin a task that makes it, and how to await that, where it
 *   end       cannot be any task
 *
 * and each test takes each line through one state of the waiter: parked, granted
 * but not yet run, and not yet begun, with and without a need to wait.  Whether
 * anything was lost is asked by making the call once more.
 *
 * All runs on the kernel and on the simulator; with a seed other than 0 things
 * may take their time, and only the results are compared.
 */
#ifndef COIL_TESTS_CANCEL_EVERYWHERE_H
#define COIL_TESTS_CANCEL_EVERYWHERE_H

#include <stdio.h>

#include <coil/error.h>
#include <coil/loop.h>
#include <coil/task.h>
#include <coil/testing.h>

#include "actors.h"
#include "place.h"
#include "test.h"

enum {
    KERNEL_ONLY = 1,
    SIMULATOR_ONLY = 128,
    /*
     * A cancellation ends the thing that it waits for: there is nothing to get.
     */
    PASSES_ON = 2,
    /* The call ends something for good, whatever its result. */
    ENDS = 4,
    /* `ready` helps only tasks that wait already. */
    FOR_WAITERS = 8,
    /* It waits for the end of others even if it need not wait to begin. */
    WAITS_FIRST = 16,
    /* The wait ends by itself: only where the order is known. */
    BRIEF = 32,
    /* The call never has to wait: only its entry is tested. */
    NEVER_WAITS = 64,
    /* It is cancelled at its last wait, not at its first. */
    SETTLES = 256,
    /*
     * By then something was sent: the call returns COIL_EUNKNOWN, and the request
     * is still to be reported.
     */
    SENDS = 512,
};

struct everywhere {
    const char *name;
    void (*prepare)(void);
    int (*call)(void);
    void (*ready)(void);
    void (*finish)(void);
    struct coil_task *(*start)(coil_fn fn, void *arg);
    int (*end)(struct coil_task *task);
    unsigned turns;
    unsigned flags;
};

#define CASE(function, ...)                                                    \
    {                                                                          \
        .name = #function, __VA_ARGS__                                         \
    }

enum { SEEDS = 12 };

/* ---- the states of the waiter --------------------------------------------- */

void cancel_parked(void);

/* Either nothing happened, or the request is still to be reported. */
void cancel_granted(void);

void cancel_on_entry(void);
void cancel_on_entry_when_ready(void);

/* ---- the table ------------------------------------------------------------ */

void run_table(const struct everywhere *table, size_t count,
               void (*state)(void));

#define EVERYWHERE_TEST(name, table, state)                                    \
    TEST(name)                                                                 \
    {                                                                          \
        run_table(table, sizeof(table) / sizeof(table)[0], state);             \
    }

#endif
