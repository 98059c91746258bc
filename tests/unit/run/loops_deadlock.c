/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/* WRAPS: coil__count_threads */
/*
 * Loops that wait for each other: when no thread is left that could wake any of
 * them, all are told; while there is one, none is.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/time.h>
#include <time.h>

#include <coil/channel.h>
#include <coil/error.h>
#include <coil/loop.h>
#include <coil/loops.h>
#include <coil/shared_condition.h>
#include <coil/shared_event.h>
#include <coil/shared_lock.h>
#include <coil/shared_semaphore.h>
#include <coil/signal.h>
#include <coil/sleep.h>
#include <coil/task.h>
#include <coil/thread.h>
#include <coil/threadsafe.h>

#include "base/bystanders.h"
#include "base/platform.h"
#include "child.h"
#include "test.h"

/* Longer than loops sleep before they ask whether anybody is left. */
#define LONG (400 * COIL_MILLISECOND)

static struct coil_shared_lock first = COIL_SHARED_LOCK_INIT;
static struct coil_shared_lock second = COIL_SHARED_LOCK_INIT;
static struct coil_shared_condition changed =
    COIL_SHARED_CONDITION_INIT(&first);
static struct coil_shared_event both_hold = COIL_SHARED_EVENT_INIT;
static struct coil_shared_semaphore holders = COIL_SHARED_SEMAPHORE_INIT(0);
static struct coil_channel channel;
static atomic_int told;

/*
 * TSan has threads of its own, one or two; so with it the test counts those that
 * it knows of.
 */
static atomic_uint known;

unsigned __real_coil__count_threads(void);
unsigned __wrap_coil__count_threads(void);

unsigned __wrap_coil__count_threads(void)
{
#ifdef COIL_TSAN
    return atomic_load(&known) + atomic_load(&coil__bystanders);
#else
    return __real_coil__count_threads();
#endif
}

/* Under an emulator threads cannot be counted, and nothing is said. */
static void need_count(void)
{
    atomic_store(&known, 1);
    if (coil__count_threads() != 1)
        SKIP("threads cannot be counted here");
}

static int count_told(int rc)
{
    if (rc == -ECANCELED)
        atomic_fetch_add(&told, 1);
    return rc;
}

static void open_channel(void)
{
    ASSERT_EQ(coil_channel_init(&channel, sizeof(int), 8), 0);
}

/* Runs fn on so many loops, and prints what comes of it. */
static void run_on(unsigned loops, coil_fn fn,
                   const struct coil_loops_options *options)
{
    int rc;

    atomic_fetch_add(&known, loops - 1);
    rc = coil_loops_run_with(loops, fn, NULL, options);
    atomic_fetch_sub(&known, loops - 1);
    printf("%s, %d told\n", rc < 0 ? coil_strerror(rc) : "fine",
           atomic_load(&told));
}

/* ---- two locks ------------------------------------------------------------- */

static int take_both(void *arg)
{
    bool is_first = coil_loops_index() == 0;
    struct coil_shared_lock *mine = is_first ? &first : &second;
    struct coil_shared_lock *other = is_first ? &second : &first;
    int rc = coil_shared_lock_acquire(mine);

    (void)arg;
    ASSERT_EQ(rc, 0);
    coil_task_set_name(coil_current_task(), is_first ? "booking" : "audit");
    /* Both hold one before either asks for the other. */
    coil_shared_semaphore_release(&holders);
    if (is_first) {
        ASSERT_EQ(coil_shared_semaphore_acquire(&holders), 0);
        ASSERT_EQ(coil_shared_semaphore_acquire(&holders), 0);
        coil_shared_event_set(&both_hold);
    }
    ASSERT_EQ(coil_shared_event_wait(&both_hold), 0);
    rc = coil_shared_lock_acquire(other);
    if (rc == 0)
        coil_shared_lock_release(other);
    ASSERT_EQ(coil_shared_lock_release(mine), 0);
    return count_told(rc);
}

static int take_one(void *arg)
{
    int rc = coil_shared_lock_acquire(&first);

    (void)arg;
    return rc < 0 ? rc : coil_shared_lock_release(&first);
}

static void run_two_locks(void *arg)
{
    run_on(2, take_both, arg);
    /* What the tasks gave back can be had. */
    run_on(2, take_one, arg);
}

static void expect_two_locks(const struct coil_loops_options *options)
{
    need_count();
    child_run(&the_child, run_two_locks, (void *)options);
    ASSERT_CHILD_EXITED(&the_child, 0);
    ASSERT_STR_CONTAINS(the_child.text,
                        "coil: deadlock: nothing can ever run again; 2 tasks "
                        "of 2 loops wait\nloop 0:\n");
    ASSERT_STR_CONTAINS(the_child.text, "  booking, made at ");
    ASSERT_STR_CONTAINS(the_child.text, "waits for shared lock second (");
    ASSERT_STR_CONTAINS(the_child.text, "held by audit of loop 1, for ");
    ASSERT_STR_CONTAINS(the_child.text, "\nloop 1:\n");
    ASSERT_STR_CONTAINS(the_child.text, "  audit, made at ");
    ASSERT_STR_CONTAINS(the_child.text, "waits for shared lock first (");
    ASSERT_STR_CONTAINS(the_child.text, "held by booking of loop 0, for ");
    ASSERT(strstr(the_child.text, "coil: deadlock") ==
           strstr(the_child.text, "coil: deadlock: nothing can"));
    ASSERT_STR_CONTAINS(the_child.text, "\nfine, ");
}

TEST(loops_deadlock_over_two_locks)
{
    expect_two_locks(NULL);
}

TEST(loops_deadlock_of_simulated_loops)
{
    static const struct coil_loops_options simulated = {
        .loop = { .backend = COIL_BACKEND_SIMULATOR, .no_watchdog = true },
    };

    expect_two_locks(&simulated);
}

/* ---- others ------------------------------------------------------------------ */

static void expect_told(void (*body)(void *), const char *waits, int loops)
{
    char end[64];

    need_count();
    snprintf(end, sizeof end, "%s, %d told\n", coil_strerror(-EDEADLK), loops);
    child_run(&the_child, body, NULL);
    ASSERT_CHILD_EXITED(&the_child, 0);
    ASSERT_STR_CONTAINS(the_child.text, "coil: deadlock: ");
    ASSERT_STR_CONTAINS(the_child.text, waits);
    ASSERT_STR_CONTAINS(the_child.text, end);
}

static int get_item(void *arg)
{
    int item;

    (void)arg;
    return count_told(coil_channel_get(&channel, &item));
}

static void run_getters(void *arg)
{
    (void)arg;
    open_channel();
    run_on(3, get_item, NULL);
}

TEST(loops_deadlock_over_an_empty_channel)
{
    expect_told(run_getters, "3 tasks of 3 loops wait", 3);
    ASSERT_STR_CONTAINS(the_child.text, "waits for channel get channel (");
}

/* All but loop 0 wait for what it does not put. */
static int get_or_leave(void *arg)
{
    return coil_loops_index() == 0 ? 0 : get_item(arg);
}

static void run_deserted(void *arg)
{
    (void)arg;
    open_channel();
    run_on(3, get_or_leave, NULL);
}

TEST(loops_deadlock_when_the_one_that_puts_has_ended)
{
    expect_told(run_deserted, "2 tasks of 2 loops wait", 2);
}

static int await_change(void *arg)
{
    int rc = coil_shared_lock_acquire(&first);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = coil_shared_condition_wait(&changed);
    ASSERT_EQ(coil_shared_lock_release(&first), 0);
    return count_told(rc);
}

static void run_unnotified(void *arg)
{
    (void)arg;
    run_on(2, await_change, NULL);
}

TEST(loops_deadlock_over_a_condition)
{
    expect_told(run_unnotified, "waits for shared condition changed (", 2);
}

/* Loop 0 waits for a call of loop 1, which waits for what loop 0 holds. */
static int call_other(void *arg)
{
    struct coil_thread_call call;
    int rc;

    (void)arg;
    if (coil_loops_index() == 1)
        return count_told(coil_shared_event_wait(&both_hold));
    ASSERT_EQ(coil_shared_lock_acquire(&first), 0);
    ASSERT_EQ(coil_run_threadsafe(coil_loops_at(1), &call, take_one, NULL), 0);
    rc = coil_thread_call_await(&call);
    ASSERT_EQ(coil_shared_lock_release(&first), 0);
    return count_told(rc);
}

static void run_callers(void *arg)
{
    (void)arg;
    run_on(2, call_other, NULL);
}

TEST(loops_deadlock_over_a_call)
{
    expect_told(run_callers, "3 tasks of 2 loops wait", 2);
}

/* A pool has a thread, which has nothing to do. */
static int use_thread(void *arg)
{
    return arg ? 0 : 0;
}

static int get_item_after_job(void *arg)
{
    ASSERT_EQ(coil_to_thread(use_thread, arg), 0);
    return get_item(arg);
}

static void run_after_jobs(void *arg)
{
    (void)arg;
    open_channel();
    run_on(2, get_item_after_job, NULL);
}

TEST(loops_deadlock_beside_an_idle_thread_of_a_pool)
{
    expect_told(run_after_jobs, "2 tasks of 2 loops wait", 2);
}

/* ---- somebody is left ---------------------------------------------------------- */

static void expect_fine(unsigned loops, coil_fn fn)
{
    atomic_fetch_add(&known, loops);
    ASSERT_EQ(coil_loops_run(loops, fn, NULL), 0);
    coil_channel_fini(&channel);
}

static int sleep_and_put(void *arg)
{
    int item = 1;

    if (coil_loops_index() > 0)
        return get_item(arg);
    ASSERT_EQ(coil_sleep(LONG), 0);
    for (int i = 0; i < 2; i++)
        ASSERT_EQ(coil_channel_put(&channel, &item), 0);
    return 0;
}

TEST(loops_of_which_one_has_a_timer_are_in_no_deadlock)
{
    open_channel();
    expect_fine(3, sleep_and_put);
}

static void wait_long(void)
{
    const struct timespec time = { .tv_nsec = LONG };

    nanosleep(&time, NULL);
}

static void *put_late(void *arg)
{
    int item = 1;

    wait_long();
    for (int i = 0; i < 2; i++)
        ASSERT_EQ(coil_channel_try_put(&channel, &item), 0);
    return arg;
}

TEST(loops_that_a_thread_of_the_program_serves_are_in_no_deadlock)
{
    pthread_t thread;

    open_channel();
    atomic_store(&known, 1);
    ASSERT_EQ(pthread_create(&thread, NULL, put_late, NULL), 0);
    expect_fine(2, get_item);
    ASSERT_EQ(pthread_join(thread, NULL), 0);
}

static int put_late_in_job(void *arg)
{
    coil_shared_event_set(&both_hold);
    return put_late(arg) ? 1 : 0;
}

static int begin_job(void *arg)
{
    return coil_to_thread(put_late_in_job, arg);
}

/* The job goes on when nobody waits for it any more. */
static int abandon_job(void *arg)
{
    struct coil_task *task;

    if (coil_loops_index() > 0)
        return get_item(arg);
    ASSERT_EQ(coil_task_create(&task, begin_job, NULL), 0);
    ASSERT_EQ(coil_shared_event_wait(&both_hold), 0);
    ASSERT(coil_task_cancel(task));
    coil_task_release(task);
    return get_item(arg);
}

TEST(loops_that_an_abandoned_job_serves_are_in_no_deadlock)
{
    open_channel();
    expect_fine(2, abandon_job);
}

/* A loop that listens for a signal is held. */
static void put_two(void *arg)
{
    int item = 1;

    (void)arg;
    for (int i = 0; i < 2; i++)
        ASSERT_EQ(coil_channel_try_put(&channel, &item), 0);
}

static int get_with_alarm(void *arg)
{
    static struct coil_signal_handler handler;
    const struct itimerval alarm = { .it_value.tv_usec =
                                         LONG / COIL_MICROSECOND };
    struct coil_loop *loop = coil_loop_current();
    int rc;

    if (coil_loops_index() > 0)
        return get_item(arg);
    ASSERT_EQ(
        coil_loop_add_signal_handler(loop, &handler, SIGALRM, put_two, NULL),
        0);
    ASSERT_EQ(setitimer(ITIMER_REAL, &alarm, NULL), 0);
    rc = get_item(arg);
    ASSERT(coil_loop_remove_signal_handler(loop, &handler));
    return rc;
}

TEST(loops_that_a_signal_serves_are_in_no_deadlock)
{
    open_channel();
    expect_fine(2, get_with_alarm);
}

static void *do_nothing_long(void *arg)
{
    wait_long();
    atomic_fetch_sub(&known, 1);
    return arg;
}

static void run_beside_idler(void *arg)
{
    pthread_t thread;

    atomic_fetch_add(&known, 1);
    ASSERT_EQ(pthread_create(&thread, NULL, do_nothing_long, NULL), 0);
    run_getters(arg);
    ASSERT_EQ(pthread_join(thread, NULL), 0);
}

TEST(loops_deadlock_is_seen_when_the_last_other_thread_has_ended)
{
    expect_told(run_beside_idler, "3 tasks of 3 loops wait", 3);
}
