/* SPDX-License-Identifier: MIT */
/* outside.c - scenarios (scenario.h) on the kernel, with other threads */
#include "outside.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>

#include <coil/guest.h>
#include <coil/thread.h>

#include "backend/random.h"
#include "backend/sys.h"
#include "base/memory.h"
#include "testing/testing.h"

int (*make_thread)(pthread_t *thread, const pthread_attr_t *attributes,
                   void *(*fn)(void *arg), void *arg) = pthread_create;
int (*ask_kernel)(struct pollfd *fds, nfds_t n, int limit) = poll;

/* ---- the gate ---- */

struct gate stage_gate = { .mutex = PTHREAD_MUTEX_INITIALIZER,
                           .moved = PTHREAD_COND_INITIALIZER };

void pass_stage_gate(void)
{
    pthread_mutex_lock(&stage_gate.mutex);
    while (!stage_gate.open && !stage_gate.for_good)
        pthread_cond_wait(&stage_gate.moved, &stage_gate.mutex);
    if (stage_gate.open > 0)
        stage_gate.open--;
    pthread_mutex_unlock(&stage_gate.mutex);
}

void set_gate(unsigned open, bool for_good)
{
    pthread_mutex_lock(&stage_gate.mutex);
    stage_gate.open = open;
    stage_gate.for_good = for_good;
    pthread_cond_broadcast(&stage_gate.moved);
    pthread_mutex_unlock(&stage_gate.mutex);
}

/* ---- a loop on the kernel ---- */

/* The kernel's operations, with these in between. */
static struct coil__backend_ops tapped;
const struct coil__backend_ops *kernel;
struct coil_loop *stage;
static coil_callback_fn idle_fn;
bool news_came_first;
static uint64_t stage_random;
struct coil_loop *guest;

static uint64_t stage_next_random(struct coil__backend *backend)
{
    (void)backend;
    return coil__random_next(&stage_random);
}

/* Until the loop would hear of something, or its next timer is due. */
static void await_news(struct coil__backend *backend, coil_time until)
{
    struct pollfd fd = { .fd = kernel->descriptor(backend), .events = POLLIN };
    coil_time limit = coil__sys_now() + 15 * COIL_SECOND;

    while (ask_kernel(&fd, 1, 1) <= 0 && coil__sys_now() < until)
        if (coil__sys_now() > limit)
            FAIL("%s: nothing comes from outside", playing->name);
}

/*
 * The loop has nothing to do. Returns whether something has been done to it
 * now.
 */
static bool strike_when_idle(struct coil__backend *backend, coil_time until)
{
    coil_callback_fn fn = idle_fn;

    if (!fn)
        return false;
    idle_fn = NULL;
    await_news(backend, until);
    news_came_first = true;
    fn(NULL);
    return true;
}

static int wait_at_gate(struct coil__backend *backend, coil_time until)
{
    int rc;

    if (until <= kernel->now(backend))
        return kernel->wait(backend, until);
    set_gate(stage_gate.width, stage_gate.for_good);
    if (strike_when_idle(backend, until))
        until = INT64_MIN;
    rc = kernel->wait(backend, until);
    set_gate(0, stage_gate.for_good);
    return rc;
}

static void call_when_idle(coil_callback_fn fn)
{
    idle_fn = fn;
}

static int open_kernel(struct coil_loop **out, uint64_t seed)
{
    const struct coil_loop_options options = { .backend = COIL_BACKEND_DEFAULT,
                                               .no_watchdog = true };
    int rc = coil_loop_new(&stage, &options);

    if (rc < 0)
        return rc;
    rc = coil__testing_open(stage, seed);
    if (rc < 0) {
        ASSERT_EQ(coil_loop_close(stage, NULL), 0);
        return rc;
    }
    stage->stepwise = true;
    kernel = stage->backend->ops;
    tapped = *kernel;
    tapped.random = stage_next_random;
    tapped.wait = wait_at_gate;
    stage->backend->ops = &tapped;
    stage_random = seed;
    idle_fn = NULL;
    news_came_first = false;
    stage_gate.width = 1;
    set_gate(0, false);
    *out = stage;
    return 0;
}

static int run_as_guest(struct coil_loop *loop, coil_fn fn)
{
    struct coil_task *task;
    int rc = coil_loop_create_task(loop, &task, fn, NULL);

    if (rc < 0)
        return rc;
    while (!coil_task_is_done(task)) {
        coil_time until = coil_after(coil_loop_timeout(loop));

        if (coil_loop_timeout(loop) > 0) {
            set_gate(stage_gate.width, stage_gate.for_good);
            if (!strike_when_idle(loop->backend, until))
                await_news(loop->backend, until);
            set_gate(0, stage_gate.for_good);
        }
        rc = coil_loop_run_once(loop, 0);
        ASSERT(rc == 0 || (is_failing && rc == -ENOMEM));
    }
    rc = coil_task_result(task);
    coil_task_release(task);
    return rc;
}

static int run_stage(struct coil_loop *loop, coil_fn fn)
{
    if (playing_seed % 3 == 2)
        return run_as_guest(loop, fn);
    return coil_loop_run_until_complete(loop, fn, NULL);
}

/* ---- threads of the surroundings ---- */

#define MAX_OUTSIDERS 8

struct outsider {
    pthread_t thread;
    struct coil_handle farewell;
    void (*fn)(void *arg);
    void *arg;
};

static struct outsider outsiders[MAX_OUTSIDERS];
static int outsider_count;
int outsiders_at_work;
struct coil_future all_left;

static void note_farewell(void *arg)
{
    (void)arg;
    coil_loop_release(stage);
    if (--outsiders_at_work == 0)
        (void)coil_future_set_result(&all_left, NULL);
}

static void *run_outsider(void *arg)
{
    struct outsider *self = arg;

    self->fn(self->arg);
    coil_loop_call_soon_threadsafe(stage, &self->farewell, note_farewell, self);
    return NULL;
}

void begin_outsider(void (*fn)(void *arg), void *arg)
{
    struct outsider *self = &outsiders[outsider_count++];
    sigset_t all, before;

    ASSERT_LE(outsider_count, MAX_OUTSIDERS);
    if (outsiders_at_work++ == 0)
        coil_future_init(&all_left);
    coil_loop_hold(stage);
    *self = (struct outsider){ .fn = fn, .arg = arg };
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    ASSERT_EQ(make_thread(&self->thread, NULL, run_outsider, self), 0);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void await_outsiders(void)
{
    struct coil_future *left = &all_left;

    if (outsiders_at_work > 0 &&
        coil_wait(&left, 1, COIL_ALL_COMPLETED, COIL_MINUTE) != 1)
        FAIL("%s: another thread does not end", playing->name);
}

void end_outside(void)
{
    set_gate(0, true);
    await_outsiders();
    while (outsider_count > 0)
        ASSERT_EQ(pthread_join(outsiders[--outsider_count].thread, NULL), 0);
}

/* ---- nothing is left over ---- */

static size_t threads_at_rest, descriptors_at_rest;

static size_t count_entries(const char *path)
{
    DIR *directory = opendir(path);
    size_t n = 0;

    ASSERT_NOT_NULL(directory);
    while (readdir(directory))
        n++;
    closedir(directory);
    return n;
}

/* Threads of a pool cannot be joined: they end by themselves. */
static void expect_empty_house(void)
{
    coil_time limit = coil__sys_now() + 15 * COIL_SECOND;

    if (guest)
        ASSERT_EQ(coil_loop_close(guest, NULL), 0);
    guest = NULL;
    while (count_entries("/proc/self/task") != threads_at_rest ||
           coil_test_live_allocations() != live_at_begin) {
        if (coil__sys_now() > limit)
            FAIL("%s: %zu threads instead of %zu, %zu allocations instead of "
                 "%zu",
                 playing->name, count_entries("/proc/self/task"),
                 threads_at_rest, coil_test_live_allocations(), live_at_begin);
        sched_yield();
    }
    ASSERT_EQ(count_entries("/proc/self/fd"), descriptors_at_rest);
}

/* ---- the surroundings of all runs ---- */

struct performance {
    coil_fn fn;
    uint64_t seed;
    int rc;
};

static void *perform(void *arg)
{
    struct performance *p = arg;

    p->rc = play_here(p->fn, p->seed);
    return NULL;
}

static int play_here_or_in_a_thread(coil_fn fn, uint64_t seed)
{
    struct performance p = { fn, seed, 0 };
    pthread_t thread;
    bool elsewhere = seed % 2;

    threads_at_rest += elsewhere;
    if (!elsewhere) {
        perform(&p);
        return p.rc;
    }
    ASSERT_EQ(make_thread(&thread, NULL, perform, &p), 0);
    ASSERT_EQ(pthread_join(thread, NULL), 0);
    threads_at_rest--;
    return p.rc;
}

static pthread_barrier_t both_there;

static int meet(void *arg)
{
    (void)arg;
    pthread_barrier_wait(&both_there);
    return 0;
}

static int begin_meeting(void *arg)
{
    (void)arg;
    return coil_to_thread(meet, NULL);
}

/* Threads that stay exist before any are counted. */
static int fill_pool(void *arg)
{
    struct coil_task *other;

    (void)arg;
    pthread_barrier_init(&both_there, NULL, 2);
    ASSERT_EQ(coil_task_create(&other, begin_meeting, NULL), 0);
    ASSERT_EQ(begin_meeting(NULL), 0);
    ASSERT_EQ(coil_task_await(other), 0);
    coil_task_release(other);
    pthread_barrier_destroy(&both_there);
    return 0;
}

static void build_house(void)
{
    const struct coil_loop_options options = { .backend = COIL_BACKEND_DEFAULT,
                                               .no_watchdog = true };
    size_t live = coil_test_live_allocations();

    setenv("COIL_MAX_THREADS", "2", 1);
    setenv("COIL_WATCHDOG", "0", 1);
    coil__alloc_count_exactly();
    ASSERT_EQ(coil_run_with(fill_pool, NULL, &options), 0);
    while (coil_test_live_allocations() != live)
        sched_yield();
    threads_at_rest = count_entries("/proc/self/task");
    descriptors_at_rest = count_entries("/proc/self/fd");
}

const struct theatre on_the_kernel = {
    .prepare = build_house,
    .open = open_kernel,
    .run = run_stage,
    .expect_empty = expect_empty_house,
    .play = play_here_or_in_a_thread,
    .when_idle = call_when_idle,
    .seeds = 6,
    .patience = 50 * COIL_MILLISECOND,
};
