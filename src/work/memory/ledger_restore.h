/* SPDX-License-Identifier: MIT */
/*
 * work/memory/ledger_restore.h - make a ledger of what was noted (ledger_log.h)
 *
 * The notes are told in their order to a ledger that coil__ledger_init() has made.
 * coil__ledger_restored() ends that; no other call may come before it, but
 * coil__ledger_fini().  Times are those of the clock of now.  Each returns 0, -ENOMEM,
 * or -EBADMSG: such a note cannot come here.
 */
#ifndef COIL_WORK_LEDGER_RESTORE_H
#define COIL_WORK_LEDGER_RESTORE_H

#include "work/memory/ledger_log.h"

/* A text of a note, which has no NUL. */
struct coil__ledger_text {
    const char *at;
    size_t size;
};

struct coil__ledger_put_note {
    uint64_t key;
    coil_time when; /* not before; 0: at once */
    unsigned tries;
    int16_t priority;
    struct coil__ledger_text group;
    struct coil__ledger_text id;
    struct coil__ledger_text body;
};

struct coil__ledger_lease_note {
    uint64_t key;
    uint64_t token;
    unsigned tries;
    coil_time until; /* of the group */
};

struct coil__ledger_end_note {
    uint64_t key;
    enum coil__ledger_cause cause;
    bool is_dead;
    unsigned tries;
    coil_time when;  /* not before; 0: at once */
    coil_time until; /* of the group */
    struct coil__ledger_text reason;
};

int coil__ledger_restore_put(struct coil__ledger *ledger,
                             const struct coil__ledger_put_note *note);
int coil__ledger_restore_lease(struct coil__ledger *ledger,
                               const struct coil__ledger_lease_note *note);
int coil__ledger_restore_end(struct coil__ledger *ledger,
                             const struct coil__ledger_end_note *note);
int coil__ledger_restore_pause(struct coil__ledger *ledger,
                               struct coil__ledger_text group, coil_time until);
/* All fences are greater from now on. */
void coil__ledger_restore_fence(struct coil__ledger *ledger, uint64_t fence);
/* An id whose job is done. */
int coil__ledger_restore_id(struct coil__ledger *ledger,
                            struct coil__ledger_text id);

/*
 * All was told.  Leases that were held end at once, as if their time were up, and the
 * log is told of that; each job goes to its place.
 */
void coil__ledger_restored(struct coil__ledger *ledger,
                           const struct coil__work_rules *rules, coil_time now);

#endif
