/* SPDX-License-Identifier: MIT */
/*
 * loops.c - coil_loops_run(): a loop for each processor
 *
 * The mutex guards what the loops know of each other.  A member has a loop from
 * the moment its main task begins until that task has returned.
 */
#include <coil/loops.h>

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <coil/cancel.h>
#include <coil/handle.h>
#include <coil/loop.h>
#include <coil/scheduler.h>
#include <coil/task.h>

#include "base/memory.h"
#include "base/platform.h"
#include "inspect/deadlock.h"
#include "loop/circle.h"
#include "loop/handle.h"

struct group;

struct member {
    struct group *group;
    unsigned index;
    pthread_t thread;
    struct coil_loop *loop; /* NULL: has not begun, or has ended */
    struct coil_task *main; /* of the same time.  For the loop's thread. */
    bool main_began;
    struct coil_handle cancel;
    int result; /* what coil_run() has returned */
};

struct group {
    pthread_mutex_t mutex;
    pthread_cond_t all_are_there;
    unsigned count;
    unsigned there; /* have begun, or never will */
    coil_fn fn;
    void *arg;
    const struct coil_loops_options *options;
    struct member *failed; /* the first */
    bool is_off;           /* a loop or a thread could not be made */
    struct coil_circle circle;
    struct member members[];
};

static _Thread_local struct member *here;

/* ---- the first error ends all ----------------------------------------------- */

static void cancel_main(void *arg)
{
    struct member *m = arg;

    if (m->main)
        coil_task_cancel(m->main);
}

/* The mutex is held. */
static void cancel_others(struct group *g)
{
    for (unsigned i = 0; i < g->count; i++) {
        struct member *m = &g->members[i];

        if (m->loop && m != g->failed)
            coil_loop_call_soon_threadsafe(m->loop, &m->cancel, cancel_main, m);
    }
}

/* The mutex is held. */
static void note_failure(struct member *m, int rc)
{
    struct group *g = m->group;

    if (rc >= 0 || g->failed)
        return;
    g->failed = m;
    cancel_others(g);
}

/* ---- one loop ----------------------------------------------------------------- */

/* The mutex is held. */
static void arrive(struct group *g)
{
    g->there++;
    if (g->there == g->count)
        pthread_cond_broadcast(&g->all_are_there);
}

/*
 * The thread blocks until all loops are there; nothing else runs on it yet.
 * Returns whether all could be made.
 */
static bool begin(struct member *m)
{
    struct group *g = m->group;
    bool goes_on;

    coil__circle_join(&g->circle, m->index);
    pthread_mutex_lock(&g->mutex);
    m->loop = coil_loop_current();
    m->main = coil_current_task();
    m->main_began = true;
    arrive(g);
    while (g->there < g->count)
        pthread_cond_wait(&g->all_are_there, &g->mutex);
    goes_on = !g->is_off;
    pthread_mutex_unlock(&g->mutex);
    return goes_on;
}

static void end(struct member *m, int rc)
{
    struct group *g = m->group;
    struct coil_loop *loop = m->loop;

    pthread_mutex_lock(&g->mutex);
    note_failure(m, rc);
    m->loop = NULL;
    pthread_mutex_unlock(&g->mutex);
    /* Nobody posts it any more. */
    m->main = NULL;
    coil__loop_take_back(loop, &m->cancel);
}

static int run_main(void *arg)
{
    struct member *m = arg;
    int rc = -ECANCELED;

    if (begin(m))
        rc = m->group->fn(m->group->arg);
    end(m, rc);
    return rc;
}

static void run_member(struct member *m)
{
    struct group *g = m->group;
    struct member *before = here;

    here = m;
    m->result = coil_run_with(run_main, m, &g->options->loop);
    here = before;
    pthread_mutex_lock(&g->mutex);
    note_failure(m, m->result);
    if (!m->main_began) {
        g->is_off = true;
        arrive(g);
    }
    pthread_mutex_unlock(&g->mutex);
    /* The thread of loop 0 waits for the others. */
    coil__circle_leave(&g->circle, m->index > 0);
}

/* ---- processors ---------------------------------------------------------------- */

/* How many the process may use; 0: the kernel does not say. */
static unsigned allowed(cpu_set_t *set)
{
    if (sched_getaffinity(0, sizeof *set, set) != 0)
        return 0;
    return (unsigned)CPU_COUNT(set);
}

static unsigned default_count(void)
{
    cpu_set_t set;
    unsigned count = allowed(&set);
    long online = count > 0 ? (long)count : sysconf(_SC_NPROCESSORS_ONLN);

    return online > 0 ? (unsigned)online : 1;
}

/* Keep this thread on number `index` of the processors in `set`. */
static void pin_to(const cpu_set_t *set, unsigned index)
{
    unsigned nth = index % (unsigned)CPU_COUNT(set);
    cpu_set_t one;
    size_t cpu = 0;

    while (!CPU_ISSET(cpu, set) || nth-- > 0)
        cpu++;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    (void)sched_setaffinity(0, sizeof one, &one);
}

static void run_pinned(struct member *m)
{
    cpu_set_t set;
    bool pins = m->group->options->pin && allowed(&set) > 0;

    if (pins)
        pin_to(&set, m->index);
    run_member(m);
    if (pins)
        (void)sched_setaffinity(0, sizeof set, &set);
}

/* ---- all of them ----------------------------------------------------------------- */

static void *run_in_thread(void *member)
{
    run_pinned(member);
    return NULL;
}

/* Threads from number `first` on cannot be made: nobody begins. */
static void give_up(struct group *g, unsigned first, int rc)
{
    pthread_mutex_lock(&g->mutex);
    g->is_off = true;
    g->failed = &g->members[first];
    g->failed->result = rc;
    for (unsigned i = first; i < g->count; i++)
        arrive(g);
    arrive(g); /* loop 0, which does not run */
    pthread_mutex_unlock(&g->mutex);
}

static int run_all(struct group *g)
{
    unsigned made = 1;
    int error = 0;

    while (made < g->count && error == 0) {
        error = pthread_create(&g->members[made].thread, NULL, run_in_thread,
                               &g->members[made]);
        made += error == 0;
    }
    if (error == 0)
        run_pinned(&g->members[0]);
    else
        give_up(g, made, -error);
    for (unsigned i = 1; i < made; i++)
        pthread_join(g->members[i].thread, NULL);
    return g->failed ? g->failed->result : g->members[0].result;
}

int coil_loops_run_with(unsigned count, coil_fn fn, void *arg,
                        const struct coil_loops_options *options)
{
    static const struct coil_loops_options defaults;
    struct group *g;
    int rc;

    if (coil_scheduler_current())
        return -EBUSY;
    if (count == 0)
        count = default_count();
    g = coil__alloc(sizeof *g + count * sizeof g->members[0]);
    if (!g)
        return -ENOMEM;
    *g = (struct group){
        .mutex = PTHREAD_MUTEX_INITIALIZER,
        .all_are_there = PTHREAD_COND_INITIALIZER,
        .count = count,
        .fn = fn,
        .arg = arg,
        .options = options ? options : &defaults,
    };
    coil__circle_init(&g->circle, count, coil__report_deadlock_between);
    for (unsigned i = 0; i < count; i++)
        g->members[i] = (struct member){ .group = g, .index = i };
    rc = run_all(g);
    coil__circle_fini(&g->circle);
    pthread_cond_destroy(&g->all_are_there);
    pthread_mutex_destroy(&g->mutex);
    coil__free(g);
    return rc;
}

int coil_loops_run(unsigned count, coil_fn fn, void *arg)
{
    return coil_loops_run_with(count, fn, arg, NULL);
}

/* ---- questions --------------------------------------------------------------------- */

unsigned coil_loops_index(void)
{
    return here ? here->index : 0;
}

unsigned coil_loops_count(void)
{
    return here ? here->group->count : 1;
}

struct coil_loop *coil_loops_at(unsigned index)
{
    struct coil_loop *loop = NULL;

    if (!here || index >= here->group->count)
        return NULL;
    pthread_mutex_lock(&here->group->mutex);
    loop = here->group->members[index].loop;
    pthread_mutex_unlock(&here->group->mutex);
    return loop;
}
