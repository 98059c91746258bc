/* SPDX-License-Identifier: MIT */
/*
 * traces_step.c - one operation and its result
 */
#include <errno.h>
#include <string.h>

#include <coil/testing.h>

#include "sched/wait.h"
#include "test.h"
#include "traces.h"

void trace_log_op(struct trace_context *context, const struct trace_op *op,
                  const char *text)
{
    trace_log(context->machine, "%d.%d%s", context->task, op->number, text);
}

void trace_log_result(struct trace_context *context, const struct trace_op *op,
                      int rc)
{
    char word[16];

    trace_log(context->machine, "%d.%d=%s", context->task, op->number,
              trace_word(word, rc));
}

void trace_hop(struct trace_context *context, int hops)
{
    while (hops > 0) {
        uint64_t steps = coil_test_steps();

        if (coil_yield() < 0)
            context->owed = true;
        if (coil_test_steps() > steps)
            hops--;
    }
}

/* The errors that an operation finds before it looks at a cancellation. */
static bool is_in_vain(struct trace_context *context, const struct trace_op *op)
{
    static const struct {
        const char *name;
        int first; /* reference among its arguments */
    } waits[] = {
        { "aw", 0 }, { "sh", 0 }, { "wf", 1 },
        { "ga", 1 }, { "ac", 1 }, { "wt", 2 },
    };
    struct coil_future *futures[TRACE_ARGS];

    if (strcmp(op->name, "cw") == 0)
        return !coil_condition_is_locked(
            &context->machine->conditions[op->args[0]]);
    for (size_t i = 0; i < sizeof waits / sizeof waits[0]; i++) {
        if (strcmp(op->name, waits[i].name) == 0)
            return trace_collect(context, op, waits[i].first, futures) == 0;
    }
    return false;
}

static const struct trace_operation *find(const char *name)
{
    static const struct trace_operation *const tables[] = {
        trace_block_operations, trace_object_operations, trace_future_operations
    };

    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        for (const struct trace_operation *o = tables[i]; o->name; o++) {
            if (strcmp(o->name, name) == 0)
                return o;
        }
    }
    FAIL("there is no operation %s", name);
}

int trace_step(struct trace_context *context, const struct trace_op *op)
{
    const struct trace_operation *operation = find(op->name);
    bool owed = context->owed && operation->kind == TRACE_SUSPENDS &&
                !is_in_vain(context, op);
    int rc;

    context->owed &= !owed;
    /* A request that has come since then is the same. */
    if (owed)
        (void)!coil__checkpoint();
    rc = owed ? -ECANCELED : operation->fn(context, op);
    /* The task is cancelled already: the two requests are one. */
    if (rc == -ECANCELED && operation->kind == TRACE_SUSPENDS)
        context->owed = false;
    if (operation->kind == TRACE_BLOCK)
        return rc;
    if (rc != TRACE_LOGGED)
        trace_log_result(context, op, rc);
    return operation->kind == TRACE_SUSPENDS && rc == -ECANCELED ? rc : 0;
}
