/* SPDX-License-Identifier: MIT */
/*
 * run/close.h - the end of a loop
 */
#ifndef COIL_RUN_CLOSE_H
#define COIL_RUN_CLOSE_H

#include <coil/loop.h>

/* As coil_loop_close(); without `tells`, tasks and timers are not reported. */
int coil__loop_close(struct coil_loop *loop, struct coil_loop_report *report,
                     bool tells);

#endif
