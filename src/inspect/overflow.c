/* SPDX-License-Identifier: MIT */
#include "inspect/overflow.h"

#include <signal.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "context/alternate.h"
#include "trace/backtrace.h"
#include "trace/symbols.h"
#include "sched/coroutine.h"
#include "loop/registry.h"
#include "task/task.h"

/* Since Linux 5.14; older kernels give 0. */
#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51
#endif

/*
 * How many runs need the handler.  Under the mutex of the list of all loops: a
 * run that begins must not rely on the handler that a run which ends is
 * removing.
 */
static int users;

static void say(const char *text)
{
    ssize_t ignored = write(STDERR_FILENO, text, strlen(text));

    (void)ignored;
}

/*
 * The size of what the kernel puts on a stack for a signal: the registers, of
 * which newer processors have many; below them the red zone; and the alignment.
 */
static size_t largest_frame(void)
{
    enum { OF_OLD_KERNELS = 5120, RED_ZONE = 128, ALIGNMENT = 64 };
    size_t registers = getauxval(AT_MINSIGSTKSZ);

    if (registers == 0)
        registers = OF_OLD_KERNELS;
    return registers + RED_ZONE + ALIGNMENT;
}

/* Async-signal-safe: this calls only write(). */
static void say_number(uint64_t n)
{
    char digits[24];
    char *p = digits + sizeof digits - 1;

    *p = '\0';
    do
        *--p = (char)('0' + n % 10);
    while ((n /= 10) > 0);
    say(p);
}

static void say_size(size_t size)
{
    say_number(size >= 4096 ? size >> 10 : size);
    say(size >= 4096 ? " KiB" : " bytes");
}

/*
 * Whether the kernel found no room on the stack for the frame of another
 * signal.  Then it sends SIGSEGV without an address, and the stack pointer is
 * where that happened.  Otherwise SIGSEGV without an address is an access to an
 * address that no pointer can have.
 */
static bool is_frame_without_room(const struct coil_stack *stack,
                                  const siginfo_t *info, const void *context)
{
    uintptr_t sp = coil__signal_sp(context);

    if (info->si_code != SI_KERNEL || info->si_addr || sp == 0)
        return false;
    return coil__stack_in_guard(stack, (const void *)sp) ||
           (sp >= (uintptr_t)stack->low &&
            sp - (uintptr_t)stack->low < largest_frame());
}

static bool is_overflow(const struct coil_stack *stack, const siginfo_t *info,
                        const void *context)
{
    return coil__stack_in_guard(stack, info->si_addr) ||
           is_frame_without_room(stack, info, context);
}

/* ", in parse": the function that needed more than there was. */
static void say_function(const void *context)
{
    struct coil_symbols symbols = { .count = 0 };
    struct coil_symbol symbol;

    if (coil__symbols_find(&symbols, coil__signal_pc(context), &symbol) &&
        symbol.name) {
        say(", in ");
        say(symbol.name);
        say("()");
    }
    coil__symbols_fini(&symbols);
}

static void tell(const struct coil_coroutine *co, const void *context)
{
    say("coil: stack overflow in ");
    if (!co->task) {
        say("a coroutine");
    } else if (co->task->name[0]) {
        say("task '");
        say(co->task->name);
        say("'");
    } else {
        say("task 'Task-");
        say_number(co->running.id);
        say("'");
    }
    if (co->task && co->task->co.site) {
        say(", made at ");
        say(co->task->co.site);
    }
    say_function(context);
    say(": give it a larger stack_size (it has ");
    say_size((size_t)(co->stack->top - co->stack->low));
    say(")\n");
}

static void on_sigsegv(int number, siginfo_t *info, void *context)
{
    struct coil_coroutine *co = coil__thread()->current;

    if (co && is_overflow(co->stack, info, context))
        tell(co, context);
    /* Return to the fault, which now ends the program as usual. */
    signal(number, SIG_DFL);
    /* There is no fault if somebody sent the signal or a frame had no room. */
    if (info->si_code <= 0 || info->si_code == SI_KERNEL)
        raise(number);
}

/* The mutex is held. */
static bool install_handler(void)
{
    struct sigaction action;

    if (sigaction(SIGSEGV, NULL, &action) < 0)
        return false;
    if (action.sa_flags & SA_SIGINFO ? action.sa_sigaction != on_sigsegv
                                     : action.sa_handler != SIG_DFL)
        return false;
    if (!coil__alternate_take())
        return false;
    action = (struct sigaction){
        .sa_sigaction = on_sigsegv,
        .sa_flags = SA_SIGINFO | SA_ONSTACK,
    };
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGSEGV, &action, NULL) < 0) {
        coil__alternate_give_back();
        return false;
    }
    users++;
    return true;
}

bool coil__overflow_catch(void)
{
    bool is_ours;

    coil__loops_lock();
    is_ours = install_handler();
    coil__loops_unlock();
    return is_ours;
}

/* Remove coil's handler, unless the program has replaced it by its own. */
static void remove_handler(void)
{
    struct sigaction action;

    if (sigaction(SIGSEGV, NULL, &action) == 0 &&
        action.sa_flags & SA_SIGINFO && action.sa_sigaction == on_sigsegv)
        signal(SIGSEGV, SIG_DFL);
}

void coil__overflow_release(void)
{
    coil__loops_lock();
    if (--users == 0)
        remove_handler();
    coil__loops_unlock();
    coil__alternate_give_back();
}
