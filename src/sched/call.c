/* SPDX-License-Identifier: MIT */
/*
 * call.c - which function of coil the program has called, and where
 *
 * The innermost frames of a stack are the library's.  Above them is the function
 * of the program that called in.
 */
#include "sched/call.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/panic.h"
#include "trace/lines.h"
#include "trace/symbols.h"
#include "sched/coroutine.h"

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

static struct coil_stack_range range_of(const struct coil_coroutine *co)
{
    return (struct coil_stack_range){ (uintptr_t)co->stack->low,
                                      (uintptr_t)co->stack->top };
}

/*
 * The stack in use: the running coroutine's, or the thread's, or that of the
 * task where a guest runs.
 */
static struct coil_stack_range range_that_runs(void)
{
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    const struct coil_thread *self = coil__thread();
    struct coil_stack_range range;

    if (self->current)
        range = range_of(self->current);
    else if (self->base)
        range = range_of(
            coil__container_of(self->base, struct coil_coroutine, context));
    else
        range = range_of_thread();
    if (here < range.low || here >= range.top)
        return (struct coil_stack_range){ 0, 0 };
    return range;
}

static bool begins_with(const char *name, const char *prefix)
{
    return strncmp(name, prefix, strlen(prefix)) == 0;
}

/* Whether `name` is `function`, or a part of it that the compiler made. */
static bool is_named(const char *name, const char *function)
{
    size_t length = strlen(function);

    return strncmp(name, function, length) == 0 && strcspn(name, ".") == length;
}

/* What tells of a mistake is not what the program has called. */
static bool is_public(const char *name)
{
    return begins_with(name, "coil_") && name[5] != '_' &&
           !begins_with(name, "coil_closed_");
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

static void note_function(struct coil_call *call, const char *name)
{
    /* Drop the suffix that a compiler appends to the name of a part. */
    snprintf(call->function, sizeof call->function, "%.*s",
             (int)strcspn(name, "."), name);
}

/*
 * Whether the code at `pc` called call->function itself.  A function whose last
 * statement is a call may have jumped there, and has no frame any more.
 */
static bool has_called(const struct coil_call *call,
                       struct coil_symbols *symbols, uintptr_t pc)
{
    struct coil_symbol symbol;
    uintptr_t target;

    if (!coil__call_is_direct(pc + 1, &target))
        return false;
    /* A target without a name leads to the function in another file. */
    return !coil__symbols_find(symbols, target, &symbol) || !symbol.name ||
           is_named(symbol.name, call->function);
}

static void note_place(struct coil_call *call, const struct coil_symbol *symbol,
                       uintptr_t pc, bool is_caller)
{
    const char *by = is_caller ? "by" : "by what is called in";
    struct coil_lines *lines = coil__lines_open();
    struct coil_line line;

    if (coil__lines_find(lines, pc, &line))
        snprintf(call->place, sizeof call->place, "%s %s at %s:%d", by,
                 symbol->name ? symbol->name : "a function", line.file,
                 line.number);
    else if (symbol->name)
        snprintf(call->place, sizeof call->place, "%s %s+0x%zx (%s+0x%zx)", by,
                 symbol->name, (size_t)symbol->inside, symbol->object,
                 (size_t)symbol->offset);
    else
        snprintf(call->place, sizeof call->place, "%s %s+0x%zx", by,
                 symbol->object, (size_t)symbol->offset);
    coil__lines_close(lines);
}

/* The frames of a stack, innermost first, and what is known of them. */
struct stack {
    struct coil_frame frames[COIL__BACKTRACE_MAX];
    size_t count;
    struct coil_symbols symbols;
};

/*
 * Between two public functions there may be frames of any name, so the last
 * public one counts.  Returns the index of its caller, or `count`.
 */
static size_t find_public(struct coil_call *call, struct stack *stack)
{
    struct coil_symbol symbol;
    size_t caller = stack->count;

    for (size_t i = 0; i < stack->count; i++) {
        if (!coil__symbols_find(&stack->symbols, stack->frames[i].pc,
                                &symbol) ||
            !symbol.name)
            continue;
        if (is_runner(symbol.name))
            break;
        if (is_public(symbol.name)) {
            note_function(call, symbol.name);
            caller = i + 1;
        }
    }
    return caller;
}

/* The index of the caller of call->function, or `count`. */
static size_t find_named(const struct coil_call *call, struct stack *stack)
{
    struct coil_symbol symbol;

    for (size_t i = 0; i + 1 < stack->count; i++)
        if (coil__symbols_find(&stack->symbols, stack->frames[i].pc, &symbol) &&
            symbol.name && is_named(symbol.name, call->function))
            return i + 1;
    return stack->count;
}

/*
 * A function that has left by a jump has no frame.  Look for a frame whose call
 * leads to a public function, or to call->function if that is known.
 */
static size_t find_target(struct coil_call *call, struct stack *stack)
{
    struct coil_symbol symbol;
    uintptr_t target;

    for (size_t i = 0; i < stack->count; i++) {
        if (!coil__call_is_direct(stack->frames[i].pc + 1, &target) ||
            !coil__symbols_find(&stack->symbols, target, &symbol) ||
            !symbol.name || !is_public(symbol.name))
            continue;
        if (call->function[0] && !is_named(symbol.name, call->function))
            continue;
        note_function(call, symbol.name);
        return i;
    }
    return stack->count;
}

/* The first frame that is outside of the file with the first one. */
static size_t find_outside(struct stack *stack)
{
    struct coil_symbol symbol;
    const char *object = NULL;

    for (size_t i = 0; i < stack->count; i++) {
        if (!coil__symbols_find(&stack->symbols, stack->frames[i].pc, &symbol))
            continue;
        if (object && strcmp(symbol.object, object) != 0)
            return i;
        object = symbol.object;
    }
    return stack->count;
}

/* A public function has called call->function: that was meant. */
static size_t pass_public(struct coil_call *call, struct stack *stack,
                          size_t caller)
{
    struct coil_symbol symbol;

    while (caller < stack->count &&
           coil__symbols_find(&stack->symbols, stack->frames[caller].pc,
                              &symbol) &&
           symbol.name && is_public(symbol.name)) {
        note_function(call, symbol.name);
        caller++;
    }
    return caller;
}

static void find_call(struct coil_call *call, struct stack *stack)
{
    bool has_name = call->function[0];
    struct coil_symbol symbol;
    size_t caller =
        has_name ? find_named(call, stack) : find_public(call, stack);

    if (caller >= stack->count && (has_name || !call->function[0]))
        caller = find_target(call, stack);
    if (caller >= stack->count && (has_name || !call->function[0]))
        caller = find_outside(stack);
    caller = pass_public(call, stack, caller);
    if (caller < stack->count &&
        coil__symbols_find(&stack->symbols, stack->frames[caller].pc, &symbol))
        note_place(call, &symbol, stack->frames[caller].pc,
                   has_called(call, &stack->symbols, stack->frames[caller].pc));
}

/* A macro has passed on where it was called, and the program knows the macro. */
static void name_macro(struct coil_call *call)
{
    static const char *const macros[] = {
        "coil_task_create", "coil_task_group_create", "coil_loop_create_task",
        "coil_run_threadsafe", "coil_staggered_race"
    };
    size_t length = strlen(call->function);

    if (length < 3 || strcmp(call->function + length - 3, "_at") != 0)
        return;
    for (size_t i = 0; i < sizeof macros / sizeof *macros; i++)
        if (begins_with(call->function, macros[i]))
            call->function[length - 3] = '\0';
}

static void find(void *arg)
{
    struct coil_call *call = arg;
    struct stack stack = { .symbols = { .count = 0 } };

    stack.count = coil__backtrace_here(range_that_runs(), stack.frames,
                                       COIL__BACKTRACE_MAX);
    find_call(call, &stack);
    name_macro(call);
    coil__symbols_fini(&stack.symbols);
}

COIL_COLD void coil__call_find(struct coil_call *call, const char *function)
{
    *call = (struct coil_call){ .function = "" };
    if (function)
        note_function(call, function);
    coil__coroutine_call_off(find, call);
}

/* ---- calls that are noted ------------------------------------------------- */

static void note_calls(void *arg)
{
    struct coil_call_note *note = arg;

    note->count =
        coil__backtrace_here(range_that_runs(), note->frames, COIL__CALL_NOTED);
}

COIL_COLD void coil__call_note(struct coil_call_note *note)
{
    note->count = 0;
    coil__coroutine_call_off(note_calls, note);
}

struct search {
    struct coil_call *call;
    const struct coil_call_note *note;
};

static void find_noted(void *arg)
{
    const struct search *search = arg;
    struct stack stack = { .count = search->note->count };

    memcpy(stack.frames, search->note->frames,
           stack.count * sizeof *stack.frames);
    find_call(search->call, &stack);
    name_macro(search->call);
    coil__symbols_fini(&stack.symbols);
}

COIL_COLD void coil__call_find_noted(struct coil_call *call,
                                     const struct coil_call_note *note)
{
    struct search search = { call, note };

    *call = (struct coil_call){ .function = "" };
    coil__coroutine_call_off(find_noted, &search);
}

/* ---- the end -------------------------------------------------------------- */

COIL_COLD void coil__panic_call(const char *function, const char *text,
                                const char *cure)
{
    struct coil_call call;

    coil__call_find(&call, function);
    coil__panic(call.function[0] ? call.function : "a function of coil",
                "%s%s%s: %s", text, call.place[0] ? ", " : "", call.place,
                cure);
}
