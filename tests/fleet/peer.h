/* SPDX-License-Identifier: MIT */
/*
 * peer.h - a process that takes one job at a time, when it is told to
 *
 *     command    what it does                       answers
 *     PEER_PUT   put the job                        PEER_IS_PUT
 *     PEER_HOLD  take a job, and wait in its body   PEER_HAS; PEER_CANCELLED, when the
 *                until that is cancelled            wait has ended; PEER_ENDED
 *     PEER_TAKE  take a job, and end it at once     PEER_HAS; PEER_ENDED
 *     PEER_WORK  take a job, and end it after 50 ms PEER_HAS; PEER_ENDED
 *     PEER_TRY   the same as PEER_TAKE, if there is PEER_HAS; PEER_ENDED, if there is
 *                one                                one
 */
#ifndef FLEET_PEER_H
#define FLEET_PEER_H

#include "fleet.h"

enum peer_verb { PEER_PUT, PEER_HOLD, PEER_TAKE, PEER_WORK, PEER_TRY };

struct peer_command {
    enum peer_verb verb;
    uint64_t job;
};

enum peer_word { PEER_IS_PUT, PEER_HAS, PEER_CANCELLED, PEER_ENDED };

struct peer_answer {
    enum peer_word word;
    int rc; /* of the call, 0 or -EAGAIN of HAS; of CANCELLED: whether the lease was still held */
    uint64_t job;
    uint64_t fence;
    unsigned delivery;
    int64_t time; /* by fleet_now(), at once after the call */
    /* So long it has waited for a processor since it was started; 0: not known. */
    int64_t waited;
};

struct peer {
    const char *name;
    pid_t pid;
    int commands; /* the driver's end */
    int answers;  /* … */
};

/*
 * Start it.  With `is_apart` it has network interfaces of its own, none yet, and
 * waits for peer_go() before it begins.
 */
void peer_start(struct peer *peer, const struct fleet *fleet, const char *name,
                bool is_apart);
void peer_go(struct peer *peer);
void peer_tell(struct peer *peer, enum peer_verb verb, uint64_t job);
/* Wait for the next answer, which must be this word. */
struct peer_answer peer_await(struct peer *peer, enum peer_word word);

/* peer_run.c: what the process does. */
_Noreturn void peer_run(const struct fleet *fleet, int commands, int answers);

#endif
