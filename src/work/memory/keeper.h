/* SPDX-License-Identifier: MIT */
/*
 * work/memory/keeper.h - what a handle asks of that which keeps a world
 *
 * An engine whose jobs survive the process is the engine in memory with a keeper.  Each
 * operation that changes something goes through it:
 *
 *     lock the world
 *     reserve()         may it be done, and is there room for the notes of it?
 *     the step          the ledger tells its log (ledger_log.h), which cannot fail
 *     position()        what is noted so far
 *     unlock the world
 *     commit()          wait until so much is kept
 *
 * So what an operation has seen, whoever did it, is kept before the operation returns 0.
 */
#ifndef COIL_WORK_KEEPER_H
#define COIL_WORK_KEEPER_H

#include "work/engine/engine.h"

struct coil__work_keeper;

struct coil__work_keeper_ops {
    /*
     * The world is locked.  Make room for the notes of `changes` changes, with
     * texts of `bytes` bytes.  0, -ENOMEM, or why nothing is kept any more.
     */
    int (*reserve)(struct coil__work_keeper *keeper, size_t changes,
                   size_t bytes);
    /* The world is locked. */
    uint64_t (*position)(struct coil__work_keeper *keeper);
    /*
     * Wait until all before `position` is kept.  0; COIL_EUNKNOWN: cancelled, it will
     * be kept later; or why nothing is kept any more.  With `is_patient` a
     * cancellation is told only afterwards, by the next call that suspends.
     */
    int (*commit)(struct coil__work_keeper *keeper, uint64_t position,
                  bool is_patient) COIL_SUSPENDS;
    /* Keep all, and free the keeper, and its share of the world.  It suspends. */
    void (*close)(struct coil__work_keeper *keeper);
};

/* A keeper begins with this. */
struct coil__work_keeper {
    const struct coil__work_keeper_ops *ops;
};

#endif
