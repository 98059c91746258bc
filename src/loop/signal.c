/* SPDX-License-Identifier: MIT */
/*
 * signal.c - from the signal handler to the loops
 *
 * The handlers of each number are a list.  The signal handler walks it, on
 * whatever thread the kernel chose.  A spin lock guards the lists, and what the
 * signal handler uses of a loop.  Whoever takes the lock has blocked all
 * signals, so the signal handler never waits for the thread that it
 * interrupted.  The lock is held for a few instructions only.
 *
 * Everybody but the signal handler takes a mutex first.  fork() holds only the
 * mutex: it waits for other locks meanwhile, and a signal may have interrupted
 * their holders.
 */
#include "loop/signal.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/fork.h"
#include "base/list.h"
#include "base/platform.h"
#include "loop/hooks.h"
#include "loop/loop.h"

#ifdef _NSIG
enum { NUMBERS = _NSIG };
#else
enum { NUMBERS = 65 };
#endif

static struct {
    struct coil_list handlers;
    struct sigaction before; /* what the program had arranged */
} table[NUMBERS];

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static atomic_flag busy = ATOMIC_FLAG_INIT;
static pid_t owner; /* of the loops in the lists */

static void spin(void)
{
    while (atomic_flag_test_and_set_explicit(&busy, memory_order_acquire))
        continue;
}

static void unspin(void)
{
    atomic_flag_clear_explicit(&busy, memory_order_release);
}

/* Keep everybody out but a signal handler in another thread. */
static void lock_out_others(sigset_t *mask)
{
    sigset_t all;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, mask);
    pthread_mutex_lock(&mutex);
}

static void let_others_in(const sigset_t *mask)
{
    pthread_mutex_unlock(&mutex);
    pthread_sigmask(SIG_SETMASK, mask, NULL);
}

static void lock(sigset_t *mask)
{
    lock_out_others(mask);
    spin();
}

static void unlock(const sigset_t *mask)
{
    unspin();
    let_others_in(mask);
}

/* ---- the signal handler --------------------------------------------------- */

static struct coil_signal_handler *handler_of(struct coil_link *link)
{
    return link ? coil__container_of(link, struct coil_signal_handler, link)
                : NULL;
}

static struct coil_signal_handler *first_of(int number)
{
    return handler_of(table[number].handlers.head);
}

static struct coil_signal_handler *next_of(const struct coil_signal_handler *h)
{
    return handler_of(h->link.next);
}

static bool is_watched_only(int number)
{
    const struct coil_signal_handler *h = first_of(number);

    while (h && h->raised)
        h = next_of(h);
    return !h;
}

static void on_signal(int number)
{
    struct coil_signal_handler *h;
    bool watched_only;
    int saved = errno;

    spin();
    /* A child of vfork() shares this memory, but has signals of its own. */
    h = owner == getpid() ? first_of(number) : NULL;
    watched_only = is_watched_only(number);
    for (; h; h = next_of(h)) {
        if (h->raised && !watched_only)
            continue;
        if (h->raised) {
            h->raised(h);
        } else {
            h->pending++;
            atomic_store(&h->loop->signals_pending, true);
        }
        h->loop->backend->ops->wake(h->loop->backend);
    }
    unspin();
    errno = saved;
}

static bool is_ours(int number)
{
    struct sigaction action;

    return sigaction(number, NULL, &action) == 0 &&
           !(action.sa_flags & SA_SIGINFO) && action.sa_handler == on_signal;
}

/*
 * Whether the program leaves the signal to the system.  If the handler is
 * coil's already, what was there before counts.
 */
static bool is_default(int number)
{
    struct sigaction action;

    if (is_ours(number))
        action = table[number].before;
    else if (sigaction(number, NULL, &action) < 0)
        return false;
    return !(action.sa_flags & SA_SIGINFO) && action.sa_handler == SIG_DFL;
}

static int install(int number)
{
    struct sigaction action = {
        .sa_handler = on_signal,
        .sa_flags = SA_RESTART | SA_ONSTACK,
    };

    /* No other handler may interrupt one that holds the lock. */
    sigfillset(&action.sa_mask);
    return sigaction(number, &action, &table[number].before) < 0 ? -errno : 0;
}

static void restore(int number)
{
    if (is_ours(number))
        sigaction(number, &table[number].before, NULL);
}

/* ---- fork() --------------------------------------------------------------- */

static sigset_t mask_at_fork;

static void before_fork(void)
{
    sigset_t mask;

    lock_out_others(&mask);
    mask_at_fork = mask;
}

static void after_fork(void)
{
    const sigset_t mask = mask_at_fork;

    let_others_in(&mask);
}

static void in_child(void)
{
    /* The lock is taken if a handler was running in another thread. */
    unspin();
    for (int number = 1; number < NUMBERS; number++) {
        struct coil_signal_handler *h = first_of(number);

        if (h)
            restore(number);
        for (; h; h = next_of(h))
            h->loop = NULL;
        table[number].handlers = (struct coil_list)COIL_LIST_INIT;
    }
    after_fork();
}

static struct coil_fork_hook at_fork = {
    .rank = COIL_FORK_SIGNALS,
    .before = before_fork,
    .in_parent = after_fork,
    .in_child = in_child,
};

/* ---- the lists ------------------------------------------------------------ */

/* Under the lock. */
static int link_handler(struct coil_signal_handler *handler)
{
    struct coil_list *handlers = &table[handler->number].handlers;
    int rc = 0;

    if (!handlers->head) {
        owner = getpid();
        rc = install(handler->number);
    }
    if (rc == 0)
        coil__list_append(handlers, &handler->link);
    return rc;
}

/* `handler` is linked.  A child of fork(), which has lost all, never asks. */
static void unlink_handler(struct coil_signal_handler *handler)
{
    struct coil_list *handlers = &table[handler->number].handlers;
    sigset_t mask;

    lock(&mask);
    coil__list_remove(handlers, &handler->link);
    if (!handlers->head)
        restore(handler->number);
    handler->pending = 0;
    unlock(&mask);
}

bool coil__signal_watch(struct coil_loop *loop,
                        struct coil_signal_handler *handler, int number,
                        void (*raised)(struct coil_signal_handler *self))
{
    sigset_t mask;
    int rc = -EBUSY;

    coil__fork_watch(&at_fork);
    *handler = (struct coil_signal_handler){ .loop = loop,
                                             .raised = raised,
                                             .number = number };
    lock(&mask);
    if (is_default(number))
        rc = link_handler(handler);
    unlock(&mask);
    return rc == 0;
}

void coil__signal_unwatch(struct coil_signal_handler *handler)
{
    unlink_handler(handler);
}

bool coil__signal_is_pending(const struct coil_signal_handler *handler)
{
    sigset_t mask;
    bool is_pending;

    lock(&mask);
    is_pending = handler->pending > 0;
    unlock(&mask);
    return coil__backend_arrived(handler->loop->backend, COIL__ARRIVAL_MORE,
                                 is_pending);
}

/* ---- on the loop's thread ------------------------------------------------- */

/* One call for each signal: the rest follows in the next turn. */
static void call_handler(void *arg)
{
    struct coil_signal_handler *handler = arg;
    bool more;
    sigset_t mask;

    lock(&mask);
    more = --handler->pending > 0;
    unlock(&mask);
    if (coil__backend_arrived(handler->loop->backend, COIL__ARRIVAL_MORE, more))
        coil_loop_call_soon(handler->loop, &handler->handle, call_handler,
                            handler);
    handler->fn(handler->arg);
}

static uint64_t bit_of(int number)
{
    return (uint64_t)1 << (number - 1);
}

/*
 * Arrange the calls of the handlers whose signal has come; in a replay, of those
 * whose signal is in `replayed`.  Returns which signals that were.
 */
static uint64_t call_soon(struct coil_loop *loop, uint64_t replayed)
{
    bool replays = coil__backend_replays(loop->backend);
    uint64_t come = 0;
    sigset_t mask;

    lock(&mask);
    for (int number = 1; number < NUMBERS; number++) {
        struct coil_signal_handler *h = first_of(number);

        for (; h; h = next_of(h)) {
            bool has_come =
                replays ? replayed & bit_of(number) : h->pending > 0;

            /* A handler whose call is due will arrange the next one itself. */
            if (h->loop == loop && has_come &&
                coil_loop_call_soon(loop, &h->handle, call_handler, h) == 0)
                come |= bit_of(number);
        }
    }
    unlock(&mask);
    return come;
}

void coil__signals_deliver(struct coil_loop *loop)
{
    struct coil__backend *backend = loop->backend;

    if (COIL_UNLIKELY(coil__backend_replays(backend)))
        call_soon(loop,
                  coil__backend_arrived(backend, COIL__ARRIVAL_HANDLED, 0));
    else
        coil__backend_arrived(backend, COIL__ARRIVAL_HANDLED,
                              call_soon(loop, 0));
}

static void remove_handler(struct coil_signal_handler *handler)
{
    unlink_handler(handler);
    coil_handle_cancel(&handler->handle);
    coil_loop_release(handler->loop);
    handler->loop = NULL;
}

static void remove_at_close(struct coil_loop_hook *hook)
{
    remove_handler(coil__container_of(hook, struct coil_signal_handler, hook));
}

static bool can_be_handled(int number)
{
    switch (number) {
    case SIGKILL:
    case SIGSTOP:
    case SIGSEGV:
    case SIGBUS:
    case SIGFPE:
    case SIGILL:
        return false;
    default:
        return number > 0 && number < NUMBERS;
    }
}

int coil_loop_add_signal_handler(struct coil_loop *loop,
                                 struct coil_signal_handler *handler,
                                 int number, coil_callback_fn fn, void *arg)
{
    sigset_t mask;
    int rc;

    coil__loop_check(loop, __func__);
    if (!fn || !can_be_handled(number))
        return -EINVAL;
    if (handler->loop)
        return -EBUSY;
    coil__fork_watch(&at_fork);
    *handler = (struct coil_signal_handler){
        .loop = loop, .fn = fn, .arg = arg, .number = number
    };
    lock(&mask);
    rc = link_handler(handler);
    unlock(&mask);
    if (rc < 0) {
        handler->loop = NULL;
        return rc;
    }
    handler->hook.fn = remove_at_close;
    coil__loop_at_close(loop, &handler->hook);
    coil_loop_hold(loop);
    return 0;
}

bool coil_loop_remove_signal_handler(struct coil_loop *loop,
                                     struct coil_signal_handler *handler)
{
    coil__loop_check(loop, __func__);
    if (handler->loop != loop)
        return false;
    coil__loop_unhook(&handler->hook);
    remove_handler(handler);
    return true;
}
