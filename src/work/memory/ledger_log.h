/* SPDX-License-Identifier: MIT */
/*
 * work/memory/ledger_log.h - who notes what must survive the process
 *
 * A ledger that has a log tells it of each change of a job, of a pause, and of each
 * fence of a right, within the step that makes the change.  None of these can fail:
 * whoever asks for the step has made room before, for as many changes as the step may
 * make.
 */
#ifndef COIL_WORK_LEDGER_LOG_H
#define COIL_WORK_LEDGER_LOG_H

#include "work/memory/ledger.h"

/* Why a job is where it is, when its lease has ended or it was among the dead. */
enum coil__ledger_cause {
    COIL__LEDGER_DONE = COIL__WORK_DONE,
    COIL__LEDGER_RETRIED = COIL__WORK_RETRY,
    COIL__LEDGER_BURIED = COIL__WORK_BURY,
    COIL__LEDGER_RETURNED = COIL__WORK_RETURN,
    COIL__LEDGER_EXPIRED, /* the lease has ended by itself */
    COIL__LEDGER_REVIVED,
    COIL__LEDGER_CAUSES
};

struct coil__ledger_log {
    /* The job is new. */
    void (*put)(struct coil__ledger_log *log,
                const struct coil__ledger_job *job);
    /* The job is leased. */
    void (*lease)(struct coil__ledger_log *log,
                  const struct coil__ledger_job *job);
    /* The job's lease, or its time among the dead, is over.  Done, it is freed next. */
    void (*end)(struct coil__ledger_log *log,
                const struct coil__ledger_job *job,
                enum coil__ledger_cause cause);
    /* No job of the group begins before its time. */
    void (*pause)(struct coil__ledger_log *log,
                  const struct coil__ledger_group *group);
    /* A right has this fence. */
    void (*fence)(struct coil__ledger_log *log, uint64_t fence);
};

#endif
