/* SPDX-License-Identifier: MIT */
/*
 * inspect/deadlock.h - the report that nothing can ever run again
 */
#ifndef COIL_INSPECT_DEADLOCK_H
#define COIL_INSPECT_DEADLOCK_H

struct coil_circle;
struct coil_loop;

/* Write on standard error that there is a deadlock, and who waits for what. */
void coil__report_deadlock(struct coil_loop *loop);

/* The same of loops that wait for each other, all of which sleep. */
void coil__report_deadlock_between(const struct coil_circle *circle);

#endif
