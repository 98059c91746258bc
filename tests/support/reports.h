/* SPDX-License-Identifier: MIT */
/*
 * reports.h - what a loop's exception handler is told
 *
 *     watch_reports();
 *     ...
 *     ASSERT_EQ(report_count, 1);
 *     ASSERT_EQ(reported.error, -ETIMEDOUT);
 */
#ifndef COIL_TESTS_REPORTS_H
#define COIL_TESTS_REPORTS_H

#include <coil/loop.h>

#include "test.h"

extern struct coil_exception reported; /* the last one */
extern size_t report_count;            /* since watch_reports() */

/* The exception handlers. */
void note_report(struct coil_loop *loop, const struct coil_exception *exception,
                 void *arg);
void ignore_report(struct coil_loop *loop,
                   const struct coil_exception *exception, void *arg);

/* Note the reports of the running loop from now on. */
void watch_reports(void);

/* Since the last time, one task's error was reported that nobody looked at. */
#define ASSERT_UNSEEN(code)                                                    \
    do {                                                                       \
        ASSERT_EQ(report_count, 1);                                            \
        ASSERT_EQ(reported.error, code);                                       \
        report_count = 0;                                                      \
    } while (0)

/* Since the last time, one misuse of `what` was reported. */
#define ASSERT_MISUSE(what)                                                    \
    do {                                                                       \
        ASSERT_UNSEEN(-EPERM);                                                 \
        ASSERT_PTR_EQ(reported.object, what);                                  \
    } while (0)

#endif
