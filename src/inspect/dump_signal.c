/* SPDX-License-Identifier: MIT */
/*
 * dump_signal.c - the handler, which passes the signal on to other loops
 *
 * The kernel delivers a signal for the process to any thread.  Each thread that
 * runs a loop writes its own tasks, so the first one passes the signal on to
 * the others.  How a signal was sent tells which of the two it is.
 */
#include "inspect/dump_signal.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fork.h"
#include "loop/loop.h"
#include "inspect/dump.h"

enum { THREADS_MAX = 64 };

/* The threads that run a loop; 0: a free place. */
static atomic_int threads[THREADS_MAX];

static int own_thread(void)
{
    return (int)syscall(SYS_gettid);
}

static void write_tasks(const void *ucontext)
{
    struct coil_loop *loop = coil_loop_current();
    struct coil_writer out;

    if (!loop)
        return;
    coil__write_begin(&out, STDERR_FILENO);
    coil__write(&out, "coil: ");
    coil__write_number(&out, loop->scheduler.task_count);
    coil__write(&out, " tasks of thread ");
    coil__write_number(&out, (uint64_t)own_thread());
    coil__write(&out, ":\n");
    coil__write_end(&out);
    coil__dump_from_signal(STDERR_FILENO, ucontext);
}

static void on_signal(int number, siginfo_t *info, void *ucontext)
{
    bool was_passed_on = info->si_code == SI_TKILL && info->si_pid == getpid();
    int self = own_thread();
    int saved = errno;

    for (int i = 0; i < THREADS_MAX && !was_passed_on; i++) {
        int other = atomic_load(&threads[i]);

        if (other != 0 && other != self)
            syscall(SYS_tgkill, getpid(), other, number);
    }
    write_tasks(ucontext);
    errno = saved;
}

/* The signals that can have a handler.  Some C libraries do not name them. */
static const struct {
    char name[8];
    int number;
} signals[] = {
    { "HUP", SIGHUP },     { "INT", SIGINT },       { "QUIT", SIGQUIT },
    { "ILL", SIGILL },     { "TRAP", SIGTRAP },     { "ABRT", SIGABRT },
    { "BUS", SIGBUS },     { "FPE", SIGFPE },       { "USR1", SIGUSR1 },
    { "SEGV", SIGSEGV },   { "USR2", SIGUSR2 },     { "PIPE", SIGPIPE },
    { "ALRM", SIGALRM },   { "TERM", SIGTERM },     { "CHLD", SIGCHLD },
    { "CONT", SIGCONT },   { "TSTP", SIGTSTP },     { "TTIN", SIGTTIN },
    { "TTOU", SIGTTOU },   { "URG", SIGURG },       { "XCPU", SIGXCPU },
    { "XFSZ", SIGXFSZ },   { "VTALRM", SIGVTALRM }, { "PROF", SIGPROF },
    { "WINCH", SIGWINCH }, { "POLL", SIGPOLL },     { "PWR", SIGPWR },
    { "SYS", SIGSYS },
};

/* `name` is "USR1", "SIGUSR1" or "10".  0: there is no such signal. */
static int number_of(const char *name)
{
    if (strncmp(name, "SIG", 3) == 0)
        name += 3;
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        if (strcmp(signals[i].name, name) == 0)
            return signals[i].number;
    return (int)strtol(name, NULL, 10);
}

static void install(const char *name)
{
    struct sigaction action;
    int number = number_of(name);

    if (number <= 0 || sigaction(number, NULL, &action) < 0 ||
        action.sa_flags & SA_SIGINFO || action.sa_handler != SIG_DFL)
        return;
    action = (struct sigaction){
        .sa_sigaction = on_signal,
        .sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK,
    };
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

/* In a child of fork(): these threads are the parent's. */
static void forget_threads(void)
{
    for (int i = 0; i < THREADS_MAX; i++)
        atomic_store(&threads[i], 0);
}

static struct coil_fork_hook at_fork = {
    .rank = COIL_FORK_WATCHERS,
    .in_child = forget_threads,
};

void coil__dump_signal_begin(void)
{
    const char *name = getenv("COIL_DUMP_SIGNAL");
    int self = own_thread();
    int none = 0;

    if (!name || !name[0])
        return;
    coil__fork_watch(&at_fork);
    for (int i = 0; i < THREADS_MAX; i++) {
        none = 0;
        if (atomic_compare_exchange_strong(&threads[i], &none, self))
            break;
    }
    install(name);
}

void coil__dump_signal_end(void)
{
    int self = own_thread();

    for (int i = 0; i < THREADS_MAX; i++) {
        int expected = self;

        if (atomic_compare_exchange_strong(&threads[i], &expected, 0))
            return;
    }
}
