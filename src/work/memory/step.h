/* SPDX-License-Identifier: MIT */
/* work/memory/step.h - a handle of a world, and how its operations begin and end */
#ifndef COIL_WORK_STEP_H
#define COIL_WORK_STEP_H

#include "work/memory/world.h"

struct coil__work_memory {
    struct coil__work_engine base;
    struct coil__work_world *world;
    struct coil__work_keeper *keeper; /* NULL: nothing is kept */
    uint64_t handle;                  /* its number */
    uint64_t heard;                   /* so many rings */
};

struct coil__work_memory *coil__work_memory_of(struct coil__work_engine *base);

/*
 * Each operation begins with it: the world is locked.  Returns 0; -ECANCELED, and
 * nothing is locked.
 */
int coil__work_step_begin(struct coil__work_memory *engine) COIL_SUSPENDS;

/*
 * The same, and there is room for the notes of so many changes with so many bytes of
 * text.  Also -ENOMEM, or why nothing is kept any more; nothing is locked then.
 */
int coil__work_step_begin_with(struct coil__work_memory *engine, size_t changes,
                               size_t bytes) COIL_SUSPENDS;

/* Unlock the world; the second one: something may be claimed now. */
void coil__work_step_end(struct coil__work_memory *engine);
void coil__work_step_end_ringing(struct coil__work_memory *engine);

/* Unlock the world, and wait until all that was noted is kept: keeper.h. */
int coil__work_step_keep(struct coil__work_memory *engine, bool is_patient)
    COIL_SUSPENDS;
int coil__work_step_keep_ringing(struct coil__work_memory *engine)
    COIL_SUSPENDS;

#endif
