/* SPDX-License-Identifier: MIT */
/*
 * run/kept.h - tasks that have ended, and that somebody still holds
 */
#ifndef COIL_RUN_KEPT_H
#define COIL_RUN_KEPT_H

struct coil_loop;

/*
 * The loop is being closed: count these tasks for its report, and let go of them.
 * In debug mode, or if they are very many, tell where they were made.
 */
void coil__kept_count(struct coil_loop *loop);

#endif
