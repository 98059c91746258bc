/* SPDX-License-Identifier: MIT */
/* work/queue/work_get.h - tasks that wait for a job */
#ifndef COIL_WORK_WORK_GET_H
#define COIL_WORK_WORK_GET_H

#include "work/queue/handle.h"

int coil__work_claim(void *work) COIL_SUSPENDS;
int coil__work_listen(void *work) COIL_SUSPENDS;

/*
 * The running task holds what was claimed; its scope begins.  Returns 0; else the
 * claim is given back, or its lease ends by itself: -ENOMEM, and as
 * coil__work_lease_begin().
 */
int coil__work_begin_job(struct coil_job *job, struct coil_work *work,
                         const struct coil__work_claim *claim, coil_time sent);

/* Let all who wait for a job fail. */
void coil__work_fail_getters(struct coil_work *work, int error);

#endif
