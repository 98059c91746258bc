/* SPDX-License-Identifier: MIT */
/*
 * outside.c - a suspending function was called where nothing can be suspended
 *
 * The message names the function that the program has called, the place of the
 * call, and what to do instead.
 */
#include "sched/outside.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "trace/lines.h"
#include "base/panic.h"
#include "trace/symbols.h"
#include "trace/backtrace.h"
#include "sched/coroutine.h"

/* A call in the program, as far as it is known. */
struct call {
    char function[64]; /* of coil */
    char place[256];
};

static struct coil_stack_range range_of_thread(void)
{
    struct coil_stack_range range = { 0, 0 };
    pthread_attr_t attributes;
    size_t size = 0;
    void *low = NULL;

    if (pthread_getattr_np(pthread_self(), &attributes) != 0)
        return range;
    pthread_attr_getstack(&attributes, &low, &size);
    pthread_attr_destroy(&attributes);
    range.low = (uintptr_t)low;
    range.top = (uintptr_t)low + size;
    return range;
}

/* The stack in use: the thread's, or that of the task where a guest runs. */
static struct coil_stack_range range_that_runs(void)
{
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    struct coil_context *base = coil__thread()->base;
    struct coil_stack_range range;

    if (base) {
        const struct coil_stack *stack =
            coil__container_of(base, struct coil_coroutine, context)->stack;

        range.low = (uintptr_t)stack->low;
        range.top = (uintptr_t)stack->top;
    } else {
        range = range_of_thread();
    }
    if (here < range.low || here >= range.top)
        return (struct coil_stack_range){ 0, 0 };
    return range;
}

static bool begins_with(const char *name, const char *prefix)
{
    return strncmp(name, prefix, strlen(prefix)) == 0;
}

static bool is_public(const char *name)
{
    return begins_with(name, "coil_") && name[5] != '_';
}

/* Whether `name` runs callbacks and tasks.  Nobody calls it to wait. */
static bool is_runner(const char *name)
{
    static const char *const prefixes[] = { "coil_run",    "coil_loop_",
                                            "coil__loop",  "coil_test_",
                                            "coil__guard", "coil_runnable_" };

    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (begins_with(name, prefixes[i]))
            return true;
    return false;
}

static void note_function(struct call *call, const char *name)
{
    /* Drop the suffix that a compiler appends to the name of a part. */
    snprintf(call->function, sizeof call->function, "%.*s",
             (int)strcspn(name, "."), name);
}

/*
 * Whether the code at `pc` called call->function itself.  A function whose last
 * statement is a call may have jumped there, and has no frame any more.
 */
static bool has_called(const struct call *call, struct coil_symbols *symbols,
                       uintptr_t pc)
{
    size_t length = strlen(call->function);
    struct coil_symbol symbol;
    uintptr_t target;

    if (!coil__call_is_direct(pc + 1, &target))
        return false;
    /* A target without a name leads to the function in another file. */
    return !coil__symbols_find(symbols, target, &symbol) || !symbol.name ||
           (strncmp(symbol.name, call->function, length) == 0 &&
            strcspn(symbol.name, ".") == length);
}

static void note_place(struct call *call, const struct coil_symbol *symbol,
                       uintptr_t pc, bool is_caller)
{
    const char *by = is_caller ? "by" : "by what is called in";
    struct coil_lines *lines = coil__lines_open();
    struct coil_line line;

    if (coil__lines_find(lines, pc, &line))
        snprintf(call->place, sizeof call->place, ", %s %s at %s:%d", by,
                 symbol->name ? symbol->name : "a function", line.file,
                 line.number);
    else if (symbol->name)
        snprintf(call->place, sizeof call->place, ", %s %s+0x%zx (%s+0x%zx)",
                 by, symbol->name, (size_t)symbol->inside, symbol->object,
                 (size_t)symbol->offset);
    else
        snprintf(call->place, sizeof call->place, ", %s %s+0x%zx", by,
                 symbol->object, (size_t)symbol->offset);
    coil__lines_close(lines);
}

/*
 * The innermost frames are the library's.  Between two public functions there
 * may be frames of any name, so the last public one counts.
 */
static void find_call(struct call *call, const struct coil_frame *frames,
                      size_t count)
{
    struct coil_symbols symbols = { .count = 0 };
    struct coil_symbol symbol;
    size_t caller = count;

    for (size_t i = 0; i < count; i++) {
        if (!coil__symbols_find(&symbols, frames[i].pc, &symbol) ||
            !symbol.name)
            continue;
        if (is_runner(symbol.name))
            break;
        if (is_public(symbol.name)) {
            note_function(call, symbol.name);
            caller = i + 1;
        }
    }
    if (caller < count &&
        coil__symbols_find(&symbols, frames[caller].pc, &symbol))
        note_place(call, &symbol, frames[caller].pc,
                   has_called(call, &symbols, frames[caller].pc));
    coil__symbols_fini(&symbols);
}

COIL_COLD void coil__panic_outside(void)
{
    struct coil_frame frames[COIL__BACKTRACE_MAX];
    struct call call = { .function = "" };
    size_t count;

    count =
        coil__backtrace_here(range_that_runs(), frames, COIL__BACKTRACE_MAX);
    find_call(&call, frames, count);
    if (!call.function[0])
        strcpy(call.function, "a suspending function");
    if (coil__thread()->scheduler)
        coil__panic(call.function,
                    "called in a callback, outside of a task%s: let the "
                    "callback create a task that calls it, with "
                    "coil_task_create()",
                    call.place);
    coil__panic(call.function,
                "called outside of a task%s: call it in a function that is "
                "given to coil_run() or coil_task_create()",
                call.place);
}
