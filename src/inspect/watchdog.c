/* SPDX-License-Identifier: MIT */
/*
 * watchdog.c - a thread that notices steps which do not end
 *
 * One thread serves all loops of the process, from the first run until the last
 * loop is closed.  It looks at each loop a few times in slow_callback_duration.
 *
 * When a step has taken too long, the watchdog obtains a backtrace while the
 * step runs.  If the thread computes, a signal asks it.  If the thread is in a
 * system call, a signal would make the call fail with EINTR, so its stack is
 * read from outside.
 *
 * The report is written without the mutex, and only while the watchdog is
 * wanted: a slow reader of standard error must not delay a loop or a fork.
 */
#include "inspect/watchdog.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/bystanders.h"
#include "base/fork.h"
#include "base/futex.h"
#include "loop/bell.h"
#include "loop/loop.h"
#include "loop/loop_stats.h"
#include "record/recorder.h"
#include "sched/thread.h"
#include "inspect/step.h"

enum {
    STDERR_PERIOD = 50, /* ms */
    LOOKS_PER_LIMIT = 4,
    IDLE_LOOKS = 40,     /* without anything to see, before it sleeps */
    REPEAT_AFTER = 10,   /* times; then the same step is reported again */
    STALL_MAX = 8 << 10, /* bytes in the record of a loop */
    TRIES_OUTSIDE = 4,   /* then a system call is interrupted after all */
};

#define SHORTEST_PERIOD (2 * COIL_MILLISECOND)
#define LONGEST_PERIOD (250 * COIL_MILLISECOND)
/* While asleep it still looks this often, in case the bell was missed. */
#define SLEEP_PERIOD COIL_SECOND
#define ANSWER_TIME (50 * COIL_MILLISECOND)

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct coil_watched *all; /* under the mutex */
static pthread_t thread;
static bool is_running;
static atomic_uint generation; /* a thread of an earlier one must end */
static atomic_uint has_begun;  /* the new thread runs */

/*
 * One question at a time: the watchdog asks, and the signal handler answers.
 * Only whoever changes ASKED to another state may touch the rest.
 */
enum { NOTHING, ASKED, ANSWERING, ANSWERED, REFUSED };
static atomic_uint question;
static struct coil_watched *asked;
static struct coil_step_report answer;
static int signal_number; /* 0: not chosen yet */
/* counted from the highest; an emulator may keep some */
static int signals_refused;

/* ---- asking --------------------------------------------------------------- */

static bool is_same_step(const struct coil_watched *w)
{
    return atomic_load_explicit(&w->looks, memory_order_relaxed) ==
               w->seen_looks &&
           __atomic_load_n(&w->loop->grants, __ATOMIC_RELAXED) ==
               w->seen_grants &&
           __atomic_load_n(&w->loop->scheduler.fuel, __ATOMIC_RELAXED) ==
               w->seen_fuel;
}

static void on_question(int number, siginfo_t *info, void *ucontext)
{
    struct coil_loop *loop = coil_loop_current();
    unsigned expected = ASKED;
    int saved = errno;

    (void)number;
    (void)info;
    if (atomic_compare_exchange_strong(&question, &expected, ANSWERING)) {
        bool is_it = loop && asked == &loop->watched && is_same_step(asked);

        if (is_it)
            coil__step_look_here(&answer, asked, ucontext);
        atomic_store(&question, is_it ? ANSWERED : REFUSED);
        coil__futex_wake(&question);
    }
    errno = saved;
}

static bool is_ours(int number)
{
    struct sigaction action;

    if (number == 0 || sigaction(number, NULL, &action) < 0)
        return false;
    return action.sa_flags & SA_SIGINFO && action.sa_sigaction == on_question;
}

/*
 * Choose a signal that nobody uses.  It stays coil's for ever: if one is still
 * on its way, it must find the handler.
 */
static bool choose_signal(void)
{
    struct sigaction action;

    if (is_ours(signal_number))
        return true;
    for (int number = SIGRTMAX - 1 - signals_refused; number > SIGRTMIN;
         number--) {
        if (sigaction(number, NULL, &action) < 0 ||
            action.sa_flags & SA_SIGINFO || action.sa_handler != SIG_DFL)
            continue;
        action = (struct sigaction){
            .sa_sigaction = on_question,
            .sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK,
        };
        sigfillset(&action.sa_mask);
        if (sigaction(number, &action, NULL) < 0)
            continue;
        signal_number = number;
        return true;
    }
    return false;
}

/* Ask by a signal.  Returns whether there is an answer, in `answer`. */
static bool ask(struct coil_watched *w)
{
    unsigned state = ASKED;

    if (!choose_signal())
        return false;
    asked = w;
    atomic_store(&question, ASKED);
    if (syscall(SYS_tgkill, getpid(), atomic_load(&w->tid), signal_number) <
        0) {
        signals_refused = SIGRTMAX - signal_number;
        signal_number = 0;
        atomic_store(&question, NOTHING);
        return false;
    }
    coil__futex_wait(&question, ASKED, ANSWER_TIME);
    if (atomic_compare_exchange_strong(&question, &state, NOTHING))
        return false;
    while (state == ANSWERING) {
        coil__futex_wait(&question, ANSWERING, ANSWER_TIME);
        state = atomic_load(&question);
    }
    atomic_store(&question, NOTHING);
    return state == ANSWERED;
}

/* Find out about the step, by either way.  The result is in `answer`. */
static bool find_out(struct coil_watched *w)
{
    bool is_blocked = false;

    memset(&answer, 0, sizeof answer);
    return coil__step_look_outside(&answer, w, &is_blocked) ||
           ((!is_blocked || ++w->tries > TRIES_OUTSIDE) && ask(w));
}

/* What has to be written: one step in each look. */
struct found {
    coil_time age; /* 0: nothing */
    coil_time time;
    struct coil_recorder *recorder; /* retained; NULL: none */
    struct coil_step_report report;
};

/* The loop is in the list, and so exists. */
static void count_slow(struct coil_watched *w)
{
    struct coil_loop_slow_step step = { .duration = w->age };

    coil__step_note(&answer, &step);
    coil__counts_slow(w->loop, &step, !w->is_counted);
    w->is_counted = true;
}

static void look_into(struct coil_watched *w, struct found *found)
{
    if (found->age == 0 && find_out(w)) {
        w->next_report = w->age * REPEAT_AFTER;
        found->age = w->age;
        found->report = answer;
        count_slow(w);
        found->time = coil__record_file_now();
        found->recorder = w->recorder;
        if (found->recorder)
            coil__recorder_retain(found->recorder);
    } else {
        w->next_report = 0; /* report again, at the next look */
    }
}

/* ---- writing -------------------------------------------------------------- */

static bool is_wanted_still(uintptr_t mine)
{
    return atomic_load(&generation) == mine;
}

/* Every write is shorter than what a pipe takes at once. */
static bool wait_for_readers(void *arg)
{
    struct pollfd out = { .fd = STDERR_FILENO, .events = POLLOUT };

    while (poll(&out, 1, STDERR_PERIOD) <= 0) {
        if (!is_wanted_still((uintptr_t)arg))
            return false;
    }
    return true;
}

static void write_aside(const struct found *found)
{
    static char text[STALL_MAX]; /* one thread writes reports */
    struct coil_record_aside record = {
        .time = found->time,
        .age = found->age,
        .task = found->report.is_task ? found->report.id : 0,
    };

    record.length =
        coil__step_text(&found->report, found->age, text, sizeof text);
    coil__recorder_aside(found->recorder, &record, text);
}

/* What stays when the process is killed comes first. */
static void tell(struct found *found, void *arg)
{
    if (found->recorder) {
        write_aside(found);
        coil__recorder_release(found->recorder);
    }
    coil__step_write(&found->report, found->age, wait_for_readers, arg);
}

/* ---- looking -------------------------------------------------------------- */

static void note_step(struct coil_watched *w, coil_time limit)
{
    w->seen_looks = atomic_load_explicit(&w->looks, memory_order_relaxed);
    w->seen_grants = __atomic_load_n(&w->loop->grants, __ATOMIC_RELAXED);
    w->seen_fuel = __atomic_load_n(&w->loop->scheduler.fuel, __ATOMIC_RELAXED);
    w->age = 0;
    w->tries = 0;
    w->is_counted = false;
    w->next_report = limit;
}

/* Look at one loop.  Returns whether it runs. */
static bool look_at(struct coil_watched *w, coil_time limit, coil_time passed,
                    struct found *found)
{
    if (atomic_load_explicit(&w->looks, memory_order_relaxed) % 2 != 0) {
        w->seen_looks = 1; /* no loop that runs has this */
        return false;
    }
    if (!is_same_step(w)) {
        note_step(w, limit);
        return true;
    }
    w->age += passed;
    if (w->age >= limit && w->age >= w->next_report)
        look_into(w, found);
    return true;
}

/* Look at all loops.  Returns the time until the next look. */
static coil_time look_around(coil_time passed, bool *runs, struct found *found)
{
    coil_time period = LONGEST_PERIOD;

    *runs = false;
    for (struct coil_watched *w = all; w; w = w->next) {
        coil_time limit = atomic_load_explicit(&w->limit, memory_order_relaxed);

        if (limit <= 0)
            continue;
        if (look_at(w, limit, passed, found))
            *runs = true;
        if (limit / LOOKS_PER_LIMIT < period)
            period = limit / LOOKS_PER_LIMIT;
    }
    return period > SHORTEST_PERIOD ? period : SHORTEST_PERIOD;
}

static void *watch(void *arg)
{
    coil_time period = 0;
    struct found found;
    unsigned idle = 0;
    unsigned heard;
    bool runs;

    atomic_store(&has_begun, 1);
    coil__futex_wake(&has_begun);
    for (;;) {
        heard = atomic_load(&coil__bell);
        if (!is_wanted_still((uintptr_t)arg))
            return NULL;
        found.age = 0;
        found.recorder = NULL;
        pthread_mutex_lock(&mutex);
        period = look_around(period, &runs, &found);
        pthread_mutex_unlock(&mutex);
        if (found.age > 0)
            tell(&found, arg);
        idle = runs ? 0 : idle + 1;
        if (idle > IDLE_LOOKS) {
            atomic_store(&coil__bell_is_awaited, true);
            coil__futex_wait(&coil__bell, heard, SLEEP_PERIOD);
            atomic_store(&coil__bell_is_awaited, false);
            period = 0;
        } else {
            coil__futex_wait(&coil__bell, heard, period);
        }
    }
}

/* ---- beginning and ending ------------------------------------------------- */

/* A child of fork() has no watchdog, and its loops are not watched. */
static void before_fork(void)
{
    pthread_mutex_lock(&mutex);
    /* In the child, nobody would release the locks of a sanitizer. */
    while (is_running && !atomic_load(&has_begun))
        coil__futex_wait(&has_begun, 0, ANSWER_TIME);
}

static void after_fork(void)
{
    pthread_mutex_unlock(&mutex);
}

static void after_fork_in_child(void)
{
    all = NULL;
    is_running = false;
    atomic_store(&coil__bell_is_awaited, false);
    atomic_store(&question, NOTHING);
    after_fork();
}

static struct coil_fork_hook at_fork = {
    .rank = COIL_FORK_WATCHERS,
    .before = before_fork,
    .in_parent = after_fork,
    .in_child = after_fork_in_child,
};

/* Start the watchdog thread, which blocks all signals. */
static void start(void)
{
    sigset_t every;
    sigset_t before;

    sigfillset(&every);
    pthread_sigmask(SIG_SETMASK, &every, &before);
    atomic_store(&has_begun, 0);
    is_running =
        pthread_create(&thread, NULL, watch,
                       (void *)(uintptr_t)atomic_load(&generation)) == 0;
    atomic_fetch_add(&coil__bystanders, is_running);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static bool is_wanted(const struct coil_loop *loop)
{
    const char *wish = getenv("COIL_WATCHDOG");

    /* The limit may be 0 now and be set later. */
    return !loop->no_watchdog && !loop->steps &&
           !(wish && strcmp(wish, "0") == 0);
}

void coil__watchdog_add(struct coil_loop *loop, const void *base)
{
    struct coil_watched *w = &loop->watched;

    atomic_store(&w->tid, (int)syscall(SYS_gettid));
    atomic_store(&w->thread, coil__thread());
    atomic_store(&w->base, (uintptr_t)base);
    if (w->is_added || !is_wanted(loop))
        return;
    coil__fork_watch(&at_fork);
    pthread_mutex_lock(&mutex);
    w->loop = loop;
    w->is_added = true;
    w->seen_looks = 1;
    w->next = all;
    all = w;
    if (!is_running)
        start();
    pthread_mutex_unlock(&mutex);
}

void coil__watchdog_record(struct coil_loop *loop,
                           struct coil_recorder *recorder)
{
    pthread_mutex_lock(&mutex);
    loop->watched.recorder = recorder;
    pthread_mutex_unlock(&mutex);
}

void coil__watchdog_remove(struct coil_loop *loop)
{
    struct coil_watched **link = &all;
    pthread_t last;
    bool is_last;

    if (!loop->watched.is_added)
        return;
    pthread_mutex_lock(&mutex);
    while (*link != &loop->watched)
        link = &(*link)->next;
    *link = loop->watched.next;
    is_last = is_running && !all;
    if (is_last) {
        last = thread;
        is_running = false;
        /* Before it has ended: never count one that is not there. */
        atomic_fetch_sub(&coil__bystanders, 1);
        atomic_fetch_add(&generation, 1);
    }
    pthread_mutex_unlock(&mutex);
    if (!is_last)
        return;
    coil__bell_ring();
    pthread_join(last, NULL);
}
