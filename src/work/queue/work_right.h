/* SPDX-License-Identifier: MIT */
/* work/queue/work_right.h - locks and semaphores that are held */
#ifndef COIL_WORK_WORK_RIGHT_H
#define COIL_WORK_WORK_RIGHT_H

#include "work/queue/handle.h"

/* The lease is lost, and the right is released in the engine. */
void coil__work_give_right_back(struct coil_work_right *right);

#endif
