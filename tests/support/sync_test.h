/* SPDX-License-Identifier: MIT */
/*
 * sync_test.h - a test of a synchronisation primitive
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
 * The body is the main task of a simulated loop that keeps every documented
 * order, so that a test can say what runs in which turn; after each step the
 * invariants are checked.  It must end every task that it starts, and expect
 * every misuse that is reported.
 */
#ifndef COIL_TESTS_SYNC_TEST_H
#define COIL_TESTS_SYNC_TEST_H

#include <coil/error.h>
#include <coil/loop.h>
#include <coil/task.h>
#include <coil/testing.h>
#include <coil/timeout.h>

#include "actors.h"
#include "test.h"

static void prepare(void);
static void conclude(void);

/* ---- what was reported to the loop's exception handler ---- */

static struct coil_exception reported;
static size_t report_count;

static inline void note_report(struct coil_loop *loop,
                               const struct coil_exception *exception,
                               void *arg)
{
    (void)loop;
    (void)arg;
    reported = *exception;
    report_count++;
}

/* One misuse of `what` was reported since the last time. */
#define ASSERT_MISUSE(what)                                                    \
    do {                                                                       \
        ASSERT_EQ(report_count, 1);                                            \
        ASSERT_EQ(reported.error, -EPERM);                                     \
        ASSERT_PTR_EQ(reported.object, what);                                  \
        report_count = 0;                                                      \
    } while (0)

/* ---- watching ---- */

static inline void watch(coil_test_check_fn check, const void *object)
{
    ASSERT_EQ(coil_test_watch(check, object), 0);
}

/* ---- running ---- */

static inline int run_sync_test(void *arg)
{
    void (**body)(void) = arg;

    coil_loop_set_exception_handler(coil_loop_current(), note_report, NULL);
    prepare();
    (*body)();
    conclude();
    ASSERT_EQ(report_count, 0);
    SAID("");
    return 0;
}

#define SYNC_TEST(name)                                                        \
    static void sync_body_##name(void);                                        \
    TEST(name)                                                                 \
    {                                                                          \
        void (*body)(void) = sync_body_##name;                                 \
                                                                               \
        ASSERT_EQ(coil_test_run(run_sync_test, &body, 0), 0);                  \
    }                                                                          \
    static void sync_body_##name(void)

#endif
