/* SPDX-License-Identifier: MIT */
/*
 * work_redis_test.h - engines of coil/work.h with a Redis of the test's own, on a Unix
 * socket in a folder of the test's own
 */
#ifndef COIL_TESTS_WORK_REDIS_TEST_H
#define COIL_TESTS_WORK_REDIS_TEST_H

#include <coil/coroutine.h>
#include <coil/redis.h>

#include "work/redis/redis.h"

/* ---- the server ---- */

extern char redis_url[96];

/* Start it again, when it was killed. */
void start_redis(void);
void kill_redis(void);

/*
 * Start a server that keeps what it has acknowledged, run the test as a task, and
 * stop the server.  The test is skipped where there is none.
 */
void run_with_redis(coil_fn fn);

#define REDIS_TEST(name, fn)                                                   \
    TEST(name)                                                                 \
    {                                                                          \
        run_with_redis(fn);                                                    \
    }

/* Send a command by a client of its own, and return what it answers. */
struct coil_redis_reply *ask_redis(const char *command);
/* The same, whose answer is dropped. */
void tell_redis(const char *command);

#define HOUR (60 * COIL_MINUTE)

/* What waits for a time waits an hour less. */
void let_an_hour_pass(void);

/* ---- engines ---- */

/* What each engine is opened with, but the worker.  A lease lasts a day. */
extern struct coil__work_rules rules;
extern struct coil_work_options work_options;

/* The engines `a` and `b` of the test. */
extern struct coil__work_engine *a;
extern struct coil__work_engine *b;

int try_open_engine(struct coil__work_engine **engine, const char *worker);
void open_engines(void);
void close_engines(void);

/* ---- queues ---- */

/* Two handles of one queue. */
extern struct coil_work *one;
extern struct coil_work *two;

void open_queues(const struct coil_work_options *options);
void close_queues(void);

/* ---- operations ---- */

/* Put a job with that body too; how many were put. */
size_t put_one(const char *id, const char *group, int priority,
               coil_time delay);

/* Claim `n` jobs, and say their ids; what was claimed before is forgotten.  They are in `claims` then. */
extern struct coil__work_claim claims[64];
extern size_t claim_count;
extern coil_time claim_next;
void claim_jobs(struct coil__work_engine *engine, size_t n);

/* There is nothing to claim, for an hour or a little less. */
void expect_an_hour(struct coil__work_engine *engine);

/* Claim until there is a job, which must be this one. */
void await_job(struct coil__work_engine *engine, const char *id);

/* The end of the first of `claims`; returns its result. */
int finish_one(struct coil__work_engine *engine, enum coil__work_end end);
int retry_one(struct coil__work_engine *engine, coil_time delay);
int bury_one(struct coil__work_engine *engine, const char *reason);
int renew_one(struct coil__work_engine *engine);

/* All claims are done. */
void finish_all(struct coil__work_engine *engine);

void expect_engine_stats(const struct coil_work_stats *expected);

#endif
