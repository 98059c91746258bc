/* SPDX-License-Identifier: MIT */
/*
 * sched/select.h - how a thing that can be waited for takes part in a selection
 */
#ifndef COIL_SCHED_SELECT_H
#define COIL_SCHED_SELECT_H

#include <errno.h>
#include <stdalign.h>

#include <coil/select.h>

#include "sched/wait.h"

enum { COIL__SELECT_ROOM = 256 };

/*
 * What a member of a selection needs while it waits.  It begins with the waiter;
 * a kind that needs more has a struct that begins likewise, and fits in.
 */
union coil__select_entry {
    struct coil_waiter waiter;
    alignas(max_align_t) unsigned char room[COIL__SELECT_ROOM];
};

/* The static assertion of such a struct. */
#define COIL__SELECT_FITS(type)                                                \
    _Static_assert(sizeof(type) <= COIL__SELECT_ROOM &&                        \
                       offsetof(type, waiter) == 0,                            \
                   "a selection has room for it")

/* Of a case; static, one a kind. */
struct coil_select_kind {
    const struct coil_wait_reason *reason;
    /*
     * Make the call, if it need not wait, and store its result.  False: it must.
     * NULL: stand() finds out.
     */
    bool (*attempt)(const struct coil_select_case *c, int *result);
    /*
     * Stand in the queue of the object, with `waiter`, which is set but for what
     * the kind needs besides.  Whoever decides for the waiter says the result.
     * That waiter may also leave the queue without a word.
     *
     * Returns whether it stands; else stores the result.
     */
    bool (*stand)(const struct coil_select_case *c,
                  union coil__select_entry *entry, int *result);
    /*
     * The case was chosen, and the task runs: take what it was woken for.  Returns the
     * result, or -EAGAIN: another task was quicker, and the selection begins anew.
     * NULL: whoever decided has done all.
     */
    int (*take)(const struct coil_select_case *c);
    /*
     * Whatever came of it, let nothing refer to the entry any more.  Must not
     * suspend.  NULL: nothing does.
     */
    void (*end)(const struct coil_select_case *c,
                union coil__select_entry *entry);
};

/* What a try_ function has returned, as attempt() says it. */
static inline bool coil__select_attempted(int rc, int *result)
{
    if (rc == -EAGAIN)
        return false;
    *result = rc;
    return true;
}

#endif
