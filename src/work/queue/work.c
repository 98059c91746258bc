/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include <coil/history.h>
#include <coil/sleep.h>

#include "base/memory.h"
#include "work/queue/work_get.h"
#include "work/queue/work_job.h"
#include "work/queue/work_lease.h"
#include "work/file/file.h"
#include "work/memory/memory.h"
#include "work/redis/redis.h"
#include "work/queue/work_right.h"

/* ---- options -------------------------------------------------------------- */

#define WORKER_SIZE 160
#define LEASE_MIN (10 * COIL_MILLISECOND)

/* A name that no other handle has: two must not take each other's answers. */
static int name_worker(char *name, const char *wanted)
{
    uint64_t random;
    char host[64] = "";
    int length;

    if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
        return -errno;
    coil_history_remember(&random, sizeof random);
    if (gethostname(host, sizeof host - 1) < 0)
        host[0] = '\0';
    if (wanted)
        length = snprintf(name, WORKER_SIZE, "%s-%016llx", wanted,
                          (unsigned long long)random);
    else
        length = snprintf(name, WORKER_SIZE, "%s:%ld-%016llx", host,
                          (long)getpid(), (unsigned long long)random);
    return length < WORKER_SIZE ? 0 : -EINVAL;
}

/* Write the defaults, and see what is impossible. */
static int complete(struct coil_work_options *o)
{
    o->name = o->name ? o->name : "work";
    o->lease = o->lease ? o->lease : 30 * COIL_SECOND;
    o->margin = o->margin ? o->margin : o->lease / 8;
    o->max_deliveries = o->max_deliveries ? o->max_deliveries : 3;
    o->batch = o->batch ? o->batch : COIL__WORK_CLAIMS;
    if (o->batch > COIL__WORK_CLAIMS)
        o->batch = COIL__WORK_CLAIMS;
    if (o->group_delay > 0 && o->group_limit == 0)
        o->group_limit = 1;
    if (o->lease < LEASE_MIN || o->margin < 0 || o->group_delay < 0 ||
        o->margin >= o->lease / 3 * 2 || o->lease >= COIL_NEVER / 2)
        return -EINVAL;
    return !*o->name || strpbrk(o->name, "{}") ? -EINVAL : 0;
}

static bool is_memory(const char *url)
{
    return strncmp(url, "memory:", strlen("memory:")) == 0;
}

static bool is_file(const char *url)
{
    return strncmp(url, "file:", strlen("file:")) == 0;
}

static bool is_redis(const char *url)
{
    static const char *const schemes[] = { "redis://", "rediss://", "unix://" };

    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (strncmp(url, schemes[i], strlen(schemes[i])) == 0)
            return true;
    return false;
}

static int open_engine(struct coil__work_engine **out, const char *url,
                       const struct coil_work_options *o)
{
    int rc = -EINVAL;

    if (is_memory(url))
        rc = coil__work_memory_open(out, url, o);
    else if (is_file(url))
        rc = coil__work_file_open(out, url, o);
    else if (is_redis(url))
        rc = coil__work_redis_open(out, url, o);
    if (rc < 0)
        return rc;
    (*out)->rules = (struct coil__work_rules){
        .lease = o->lease,
        .group_delay = o->group_delay,
        .group_limit = o->group_limit,
        .max_deliveries = o->max_deliveries,
    };
    return 0;
}

/* ---- open and close ------------------------------------------------------- */

static int start(struct coil_work *work)
{
    static const struct {
        coil_fn fn;
        const char *name;
    } tasks[COIL__WORK_TASKS] = {
        [COIL__WORK_CLAIMER] = { coil__work_claim, "work-claimer" },
        [COIL__WORK_LISTENER] = { coil__work_listen, "work-listener" },
        [COIL__WORK_RENEWER] = { coil__work_renew, "work-renewer" },
        [COIL__WORK_FINISHER] = { coil__work_finish, "work-finisher" },
    };
    int rc = 0;

    for (int i = 0; rc == 0 && i < COIL__WORK_TASKS; i++) {
        const struct coil_task_options options = { .name = tasks[i].name };

        rc =
            coil_task_create_with(&work->tasks[i], tasks[i].fn, work, &options);
    }
    return rc;
}

static void init(struct coil_work *work, const struct coil_work_options *o)
{
    work->loop = coil_loop_current();
    work->lease = o->lease;
    work->margin = o->margin;
    work->batch = o->batch;
    work->references = 1;
    coil_event_init(&work->call);
    coil_event_init(&work->empty);
    coil_event_init(&work->ended);
    coil_event_init(&work->held);
    coil_event_init(&work->idle);
    coil_event_init(&work->rung);
}

int coil_work_open(struct coil_work **out, const char *url,
                   const struct coil_work_options *options)
{
    static const struct coil_work_options none = { .name = NULL };
    struct coil_work_options o = options ? *options : none;
    char worker[WORKER_SIZE];
    struct coil_work *work;
    int rc = coil_checkpoint();

    *out = NULL;
    if (rc < 0)
        return rc;
    if (!coil_current_task() || !coil_loop_current())
        return -ENOTSUP;
    rc = complete(&o);
    if (rc == 0)
        rc = name_worker(worker, o.worker);
    if (rc < 0)
        return rc;
    o.worker = worker;
    work = coil__alloc(sizeof *work);
    if (!work)
        return -ENOMEM;
    init(work, &o);
    rc = open_engine(&work->engine, url, &o);
    if (rc == 0)
        rc = start(work);
    if (rc == 0) {
        *out = work;
        return 0;
    }
    if (coil_work_close(work) == -ECANCELED)
        rc = -ECANCELED;
    return rc;
}

/* Let those who hold jobs and rights know, and give them back. */
static void give_leases_back(struct coil_work *work)
{
    struct coil__work_outcome outcomes[COIL__WORK_ENDINGS];

    while (work->leases.head) {
        size_t n = 0;

        while (work->leases.head && n < COIL__WORK_ENDINGS) {
            struct coil_work_lease *lease = coil__container_of(
                work->leases.head, struct coil_work_lease, link);

            if (lease->right) {
                coil__work_give_right_back(lease->right);
                continue;
            }
            outcomes[n++] = (struct coil__work_outcome){
                .key = lease->key,
                .token = lease->token,
                .end = COIL__WORK_RETURN,
            };
            coil__work_lease_lose(lease);
        }
        /* First they are told. */
        (void)!coil_yield();
        (void)!work->engine->ops->finish(work->engine, outcomes, n);
    }
}

static void await_end(struct coil_task *task, bool is_cancelled)
{
    if (task && is_cancelled)
        coil_task_cancel(task);
    while (task && !coil_task_is_done(task)) {
        int rc = coil_task_await(task);

        /* The second time there is no patience. */
        if (rc == -ECANCELED && !coil_task_is_done(task))
            coil_task_cancel(task);
    }
    coil_task_release(task);
}

/* The claimer, the listener and the renewer are ended; the finisher ends. */
static void stop(struct coil_work *work, bool is_cancelled)
{
    work->is_closing = true;
    coil__work_fail_getters(work, -EPIPE);
    coil_event_set(&work->rung);
    for (int i = 0; i < COIL__WORK_FINISHER; i++)
        await_end(work->tasks[i], true);
    /* The claimer may have had a job that nobody waits for any more. */
    work->is_told = true;
    coil_event_set(&work->ended);
    await_end(work->tasks[COIL__WORK_FINISHER], is_cancelled);
    coil__work_fail_endings(work);
    while (work->calls > 0) {
        coil_event_clear(&work->idle);
        (void)!coil_event_wait(&work->idle);
    }
}

int coil_work_close(struct coil_work *work)
{
    struct coil_cancel_mark mark;
    int rc = coil_checkpoint();

    if (!work)
        return rc;
    coil_cancel_mark(&mark);
    stop(work, rc < 0);
    if (work->engine) {
        give_leases_back(work);
        (void)!work->engine->ops->close(work->engine);
    }
    coil_cancel_put_back(&mark);
    coil__work_release(work);
    return rc < 0 ? rc : coil_checkpoint();
}
