/* SPDX-License-Identifier: MIT */
/*
 * base/fork.h - what has to be done around fork()
 *
 * A child has one thread.  Locks that other threads held are never released
 * there, and their work is half done.  So each part of coil that has a lock
 * takes it before fork(), and begins anew in the child.
 */
#ifndef COIL_BASE_FORK_H
#define COIL_BASE_FORK_H

#include <stdbool.h>

/* A part's place in the order of locks: higher ranks lock first. */
enum coil_fork_rank {
    COIL_FORK_SIGNALS, /* last: all signals are blocked from then on */
    COIL_FORK_LOOPS,
    COIL_FORK_METRICS, /* who makes a page asks for the loops */
    COIL_FORK_WATCHERS,
    COIL_FORK_NAMES,
    COIL_FORK_CACHE,
    COIL_FORK_RESOLVER,
};

/* One for each part of coil, static.  Each function may be NULL. */
struct coil_fork_hook {
    enum coil_fork_rank rank;
    void (*before)(void);
    void (*in_parent)(void);
    void (*in_child)(void);
    struct coil_fork_hook *next;
    bool is_watched;
};

/*
 * From now on, call the functions of `hook` around each fork().  May be called
 * in any thread, and repeatedly.
 */
void coil__fork_watch(struct coil_fork_hook *hook);

/* How many fork()s lead from the first process that used coil to this one. */
unsigned coil__fork_count(void);

#endif
