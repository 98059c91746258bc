/* SPDX-License-Identifier: MIT */
/*
 * flush.c - in a build that counts lines, a process that dies writes its counts
 *
 * gcov writes them at exit() alone.  The linker sends the calls of abort() and
 * its like here (cmake/CoilTests.cmake), from the library as from the tests.
 */
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

void __gcov_dump(void);
void __gcov_reset(void);

_Noreturn void __real_abort(void);
_Noreturn void __real__exit(int status);
_Noreturn void __real__Exit(int status);
int __real_raise(int number);
void (*__real_signal(int number, void (*handler)(int)))(int);

_Noreturn void __wrap_abort(void);
_Noreturn void __wrap__exit(int status);
_Noreturn void __wrap__Exit(int status);
int __wrap_raise(int number);
void (*__wrap_signal(int number, void (*handler)(int)))(int);

/* Lines counted from here on are added by the next call. */
static void flush(void)
{
    __gcov_dump();
    __gcov_reset();
}

void __wrap_abort(void)
{
    flush();
    __real_abort();
}

void __wrap__exit(int status)
{
    flush();
    __real__exit(status);
}

void __wrap__Exit(int status)
{
    flush();
    __real__Exit(status);
}

static bool is_handled(int number)
{
    struct sigaction action;

    return sigaction(number, NULL, &action) == 0 &&
           (action.sa_flags & SA_SIGINFO || action.sa_handler != SIG_DFL);
}

/*
 * A signal with a handler does not end the process, and the caller may have
 * little stack left: to write the counts would overflow it, with gcov's lock
 * held.  A SIGSEGV that is sent on comes once: it must not meet flush_once().
 */
int __wrap_raise(int number)
{
    if (number == SIGSEGV || !is_handled(number))
        flush();
    if (number == SIGSEGV)
        __real_signal(number, SIG_DFL);
    return __real_raise(number);
}

static void flush_once(int number)
{
    (void)number;
    flush();
}

static bool is_on_alternate_stack(void)
{
    stack_t stack;

    return sigaltstack(NULL, &stack) == 0 && stack.ss_flags & SS_ONSTACK;
}

/*
 * The handler of an overflow returns into the fault, to end the process by it.
 * It faults once more for this file when the handler has ended. A test may have
 * a signal() of its own instead.
 */
__attribute__((weak)) void (*__wrap_signal(int number,
                                           void (*handler)(int)))(int)
{
    const struct sigaction once = {
        .sa_handler = flush_once,
        .sa_flags = SA_ONSTACK | (int)SA_RESETHAND,
    };

    if (number != SIGSEGV || handler != SIG_DFL || !is_on_alternate_stack())
        return __real_signal(number, handler);
    sigaction(number, &once, NULL);
    return SIG_DFL;
}
