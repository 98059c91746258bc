/* SPDX-License-Identifier: MIT */
/*
 * scenario.h - small programs with a victim, to which something is done
 *
 *     const struct scenario scenarios_sync[] = {
 *         { "lock", begin_lock, visit, probe_lock, no_end },
 *         { NULL },
 *     };
 *
 * begin() makes the surroundings, in the main task: 0, or an error, which only
 * a failure that was ordered may bring about.  The victim is a task that
 * returns 0 when nothing is done to it.  probe() then finds the rest of the
 * system at work and nothing lost; it asserts.  end() lets go of all there is,
 * and is called whatever begin() said.
 *
 * A program says what is done to each scenario of a list, and the list becomes
 * that many tests:
 *
 *     __attribute__((constructor)) static void make_tests(void)
 *     {
 *         scenario_tests(__FILE__, "cancel_points", scenarios_sync,
 *                        cancel_at_every_point);
 *     }
 */
#ifndef COIL_TESTS_SCENARIO_H
#define COIL_TESTS_SCENARIO_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <coil/combinators.h>
#include <coil/error.h>
#include <coil/loop.h>
#include <coil/task.h>
#include <coil/testing.h>
#include <coil/timeout.h>

#include "loop/loop.h"
#include "sched/thread.h"
#include "test.h"

struct scenario {
    const char *name;
    int (*begin)(void);
    coil_fn victim;
    void (*probe)(void);
    void (*end)(void);
};

/* scenarios/<name>.c; each list ends with a scenario without a name. */
extern const struct scenario scenarios_sync[];
extern const struct scenario scenarios_queue[];
extern const struct scenario scenarios_shared[];
extern const struct scenario scenarios_task[];
extern const struct scenario scenarios_scope[];
extern const struct scenario scenarios_helpers[];
extern const struct scenario scenarios_stream[];
extern const struct scenario scenarios_net[];
extern const struct scenario scenarios_datagrams[];
extern const struct scenario scenarios_names[];
extern const struct scenario scenarios_files[];
extern const struct scenario scenarios_tls[];
extern const struct scenario scenarios_http[];
extern const struct scenario scenarios_http2[];
extern const struct scenario scenarios_http_web[];
extern const struct scenario scenarios_http_site[];
extern const struct scenario scenarios_http_proxy[];
extern const struct scenario scenarios_http_proxy_user[];
/* With the contexts of scenarios/http_proxy.h. */
extern const struct scenario scenarios_https[];
extern const struct scenario scenarios_http_served[];
extern const struct scenario scenarios_websocket[];
extern const struct scenario scenarios_websocket2[];
extern const struct scenario scenarios_redis[];
extern const struct scenario scenarios_work[];
extern const struct scenario scenarios_work_file[];
/* With other threads: `theatre` must be on_the_kernel (outside.h). */
extern const struct scenario scenarios_threads[];
extern const struct scenario scenarios_loops[];
extern const struct scenario scenarios_kernel[];

extern const struct scenario *playing;
extern uint64_t playing_seed;

/* Something was made to fail: helpers may have failed too. */
extern bool is_failing;
/* The error; 0: nothing is made to fail. */
extern int failing_error;

/* Where it runs: on the simulator, or see outside.h. */
struct theatre {
    void (*prepare)(void); /* before the first run; or NULL */
    int (*open)(struct coil_loop **out, uint64_t seed);
    int (*run)(struct coil_loop *loop, coil_fn fn);
    void (*expect_empty)(void); /* after a run; or NULL */
    int (*play)(coil_fn fn, uint64_t seed);
    /* Call fn when everything except the outside world is at rest; or NULL. */
    void (*when_idle)(coil_callback_fn fn);
    uint64_t seeds;     /* how many schedules of each */
    coil_time patience; /* of a task that may wait in vain */
};

/*
 * How many schedules a point or a failure is tried in: COIL_POINT_SEEDS, or
 * `usual` where the environment does not say.
 */
uint64_t schedules_of_each(uint64_t usual);

/*
 * On the simulator, the loops of the runs between these two calls take the same
 * stacks again.  To map new ones takes longer than most runs.
 */
void keep_stacks(void);
void give_stacks_back(void);

extern size_t live_at_begin;

int no_begin(void);

void no_end(void);

/* ---- helpers: tasks of the surroundings ---- */

#define MAX_HELPERS 8

extern struct coil_task *helpers[MAX_HELPERS];
extern int helper_count;

/* Start one more task; 0 or an error. */
int help(coil_fn fn, void *arg);

bool helpers_are_done(void);

/* They end by themselves, and without an error. */
void expect_helpers(void);

void end_helpers(void);

/* ---- the victim ---- */

extern struct coil_task *victim;
extern struct coil_timeout deadline; /* around all of it */

/* The victim's last action, with its result so far; or NULL. */
extern int (*last_act)(int rc);

extern bool request_is_withdrawn; /* by the victim, after it was told */

int run_victim(void *arg);

/* Its result; after a long time it is cancelled, if that is allowed. */
int end_of_victim(bool may_wait_in_vain);

/* ---- one run, on a loop of its own ---- */

/* 0, or the error of making the loop or its main task; nothing is left. */
int play_here(coil_fn fn, uint64_t seed);

/* ---- tests ---- */

/*
 * For each scenario of `list` a test <prefix>_<its name>, which plays it.  A
 * program has one `play_it`.
 */
void scenario_tests(const char *file, const char *prefix,
                    const struct scenario *list,
                    void (*play_it)(const struct scenario *s));

extern const struct theatre *theatre;

int play(coil_fn fn, uint64_t seed);

#endif
