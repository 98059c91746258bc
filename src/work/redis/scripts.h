/* SPDX-License-Identifier: MIT */
/*
 * work/redis/scripts.h - what a Redis does, in Lua, each in one atomic step
 *
 * KEYS[1] is "{NAME}:", with which all keys of a queue begin, so that they lie on one
 * node of a cluster.  ARGV[1] is the limit of a group, ARGV[2] its delay, ARGV[3] how
 * many deliveries there are; the rest is told with each script.  Times are
 * microseconds of the server's clock.
 *
 *     num     the number of the job that came last
 *     job     HASH key -> what was put: priority and the sizes of group and id,
 *             two bytes each with the higher first, group, id, body
 *     seen:…  SETs of the ids that were ever put, by their sums; see below
 *     g:GROUP ZSET key -> itself.  The jobs of a group that may begin when the group
 *             may, but for that in `ready`
 *     ready   ZSET group -> its best job; see below
 *     wait    ZSET group -> until when none of its jobs may begin
 *     busy    HASH group -> how many of its jobs run, if there is a limit
 *     later   ZSET "key group" -> until when that job may not begin
 *     token   the greatest fence
 *     own     HASH key -> "fence counted group", of a job that is leased; counted is 1
 *             if it is counted in busy
 *     lease   ZSET key -> the end of the lease; it has what `own` has
 *     tries   HASH key -> how many deliveries ended badly
 *     dead    ZSET key -> the how manieth it was to be buried
 *     why     HASH key -> why it was, if there is more to say than that it had
 *             its last delivery
 *     count   HASH: put, done, retried, expired, buried
 *     r:WORKER:c, r:WORKER:f   what was answered last to a claim and a finish
 *     held:N  ZSET owner -> the end of its lease: who has a permit of the right N
 *     fence:N HASH owner -> its fence; it has whom `held` has
 *     line:N  ZSET owner -> its place: who waits for a permit
 *     near:N  ZSET owner -> until when it keeps its place; it has whom `line` has
 *     rate:N  when the next turn of the rate N is
 *     idle    is there if somebody waits for the bell
 *     bell    a channel, not a key: there may be a job that was not there
 *
 * The key of a job is priority * 2^36 + number, which is its score among others: the
 * least begins first.
 *
 * A group that is in `ready` is not in `wait`, and is below the limit.  One that is not,
 * although it might, has no job in g:GROUP.  A job is in one of g:GROUP, ready, later,
 * lease and dead.
 *
 * An id is known by 68 bits of its SHA-1: 16 name the SET, and 52 are a member, an
 * integer which Lua can hold.  A SET of integers takes 8 bytes for each as long as
 * there are at most 512 (set-max-intset-entries), which is 33 million ids in all.
 * That any two of n ids are taken for one has a probability of n^2 / 2^69: of ten
 * million, 1 in 6 million.
 *
 * A user of the server needs the keys ~{NAME}:*, the channel &{NAME}:bell, and the
 * commands on hashes, sets, sorted sets and strings, EVAL, EVALSHA, SCRIPT LOAD, TIME,
 * PUBLISH and SUBSCRIBE.  An error within a script leaves it half done, so a right
 * that lacks is an error of who has set up the server.  Without those to the channel,
 * workers look for jobs each second.
 *
 * A fence is greater than the last one and not less than the time.  So it grows even
 * if the server has lost what it knew.
 */
#ifndef COIL_WORK_REDIS_SCRIPTS_H
#define COIL_WORK_REDIS_SCRIPTS_H

#include <coil/redis.h>

enum coil__work_script {
    /* Then for each: delay, job.  Answers how many were put. */
    COIL__WORK_SCRIPT_PUT,
    /*
     * Then: worker, number of the request, how many, for how long.  Answers how long
     * it may take until there are more, or -1; and for each: key, fence, how
     * many deliveries there were before, job.
     */
    COIL__WORK_SCRIPT_CLAIM,
    /*
     * Then: worker, number of the request; for each: key, fence, and "d", "x",
     * "r" with a delay, or "b" with a reason.  Answers a text with 1 for each that
     * was leased with that fence, else 0.
     */
    COIL__WORK_SCRIPT_FINISH,
    /* Then: for how long; for each: key, fence.  Answers as above. */
    COIL__WORK_SCRIPT_RENEW,
    /* Then: group, for how long. */
    COIL__WORK_SCRIPT_PAUSE,
    /* Answers: put, done, retried, expired; jobs, and of them later, leased, dead. */
    COIL__WORK_SCRIPT_STATS,
    /* Then: the first, the last.  Answers for each: job, reason, deliveries. */
    COIL__WORK_SCRIPT_LIST,
    /*
     * Then: behind which of the buried to begin, at which to end or "", and either
     * nothing or an id.  Answers how many were revived, behind which to go on or
     * "", and at which to end.
     */
    COIL__WORK_SCRIPT_REVIVE,
    /*
     * Then: owner, name of the right, permits, for how long.  Answers the fence, or
     * 0, and how long it may take until a lease ends, or -1.
     */
    COIL__WORK_SCRIPT_ACQUIRE,
    /* Then: owner, name.  Answers 1 if it was held. */
    COIL__WORK_SCRIPT_RELEASE,
    /* Then: for how long; for each: owner, name.  Answers as a renewal of jobs. */
    COIL__WORK_SCRIPT_RENEW_RIGHTS,
    /* Then: name, interval, burst.  Answers how long to wait. */
    COIL__WORK_SCRIPT_RATE,
    COIL__WORK_SCRIPTS
};

struct coil__work_scripts {
    struct coil_redis_script script[COIL__WORK_SCRIPTS];
};

/* Make them; `scripts` is zeroed memory.  0, or -ENOMEM with nothing made. */
int coil__work_scripts_init(struct coil__work_scripts *scripts);
void coil__work_scripts_fini(struct coil__work_scripts *scripts);

#endif
