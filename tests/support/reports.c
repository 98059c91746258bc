/* SPDX-License-Identifier: MIT */
/* reports.c - the reports to a loop's exception handler */
#include "reports.h"

struct coil_exception reported;
size_t report_count;

void note_report(struct coil_loop *loop, const struct coil_exception *exception,
                 void *arg)
{
    (void)loop;
    (void)arg;
    reported = *exception;
    report_count++;
}

void ignore_report(struct coil_loop *loop,
                   const struct coil_exception *exception, void *arg)
{
    (void)loop;
    (void)exception;
    (void)arg;
}

void watch_reports(void)
{
    report_count = 0;
    coil_loop_set_exception_handler(coil_loop_current(), note_report, NULL);
}
