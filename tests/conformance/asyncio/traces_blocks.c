/* SPDX-License-Identifier: MIT */
/*
 * traces_blocks.c - blocks, tasks, calls and time
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "test.h"
#include "traces.h"

#define TICK COIL_MILLISECOND

/* There is nothing to report when no request stands. */
static void forget_withdrawn(struct trace_context *context)
{
    if (coil_task_cancelling(coil_current_task()) == 0)
        context->owed = false;
}

/* ---- blocks ----------------------------------------------------------------- */

static int do_to(struct trace_context *context, const struct trace_op *op)
{
    struct coil_timeout limit;
    int rc;

    trace_log_op(context, op, "{");
    ASSERT_OK(
        coil_timeout_begin(&limit, trace_delay(context->machine, op->args[0])));
    context->timeouts[context->timeout_count++] = &limit;
    rc = trace_run_body(context, op->body);
    context->timeout_count--;
    rc = coil_timeout_end(&limit, rc);
    forget_withdrawn(context);
    if (context->returning)
        return rc;
    if (rc == 0)
        trace_log_op(context, op, coil_timeout_expired(&limit) ? "=x" : "=0");
    else
        trace_log_result(context, op, rc);
    return rc == -ETIMEDOUT ? 0 : rc;
}

static int do_rs(struct trace_context *context, const struct trace_op *op)
{
    coil_time when = COIL_NEVER;
    int rc;

    if (context->timeout_count == 0)
        return TRACE_NOTHING;
    if (op->args[0] != -1)
        when = coil_after(trace_delay(context->machine, op->args[0]));
    rc = coil_timeout_reschedule(context->timeouts[context->timeout_count - 1],
                                 when);
    return rc == -EALREADY ? -EPERM : rc;
}

static int compare_codes(const void *a, const void *b)
{
    return *(const int *)b - *(const int *)a;
}

/* The errors of a group, sorted: asyncio has them in another order (TG-4). */
static int end_failed_group(struct trace_context *context,
                            const struct trace_op *op,
                            const struct coil_task_group *group)
{
    size_t count = coil_task_group_error_count(group);
    int errors[COIL_TASK_GROUP_ERRORS];
    char text[64];
    size_t length;

    ASSERT_LE(count, COIL_TASK_GROUP_ERRORS);
    for (size_t i = 0; i < count; i++)
        errors[i] = coil_task_group_error(group, i);
    qsort(errors, count, sizeof errors[0], compare_codes);
    if (op->args[0]) {
        trace_log_result(context, op, errors[0]);
        return errors[0];
    }
    length = (size_t)snprintf(text, sizeof text, "=G");
    for (size_t i = 0; i < count; i++)
        length += (size_t)snprintf(text + length, sizeof text - length,
                                   i ? ",%d" : "%d", TRACE_FAILURE - errors[i]);
    trace_log_op(context, op, text);
    return 0;
}

static int do_gr(struct trace_context *context, const struct trace_op *op)
{
    struct coil_task_group group;
    int rc;

    trace_log_op(context, op, "{");
    ASSERT_OK(coil_task_group_begin(&group));
    context->groups[context->group_count++] = &group;
    rc = trace_run_body(context, op->body);
    context->group_count--;
    if (context->owed && rc == 0) {
        context->owed = false;
        rc = -ECANCELED;
    }
    rc = coil_task_group_end(&group, rc);
    forget_withdrawn(context);
    if (rc <= TRACE_FAILURE) {
        context->returning = false;
        return end_failed_group(context, op, &group);
    }
    if (rc < 0)
        context->returning = false;
    if (!context->returning)
        trace_log_result(context, op, rc);
    return rc;
}

static int do_tr(struct trace_context *context, const struct trace_op *op)
{
    int rc = trace_run_body(context, op->body);

    if (!context->returning)
        trace_log_result(context, op, rc);
    return 0;
}

static int do_rt(struct trace_context *context, const struct trace_op *op)
{
    trace_log_result(context, op, op->args[0]);
    context->returning = true;
    context->value = op->args[0];
    return 0;
}

static int do_er(struct trace_context *context, const struct trace_op *op)
{
    int rc = TRACE_FAILURE - op->args[0];

    trace_log_result(context, op, rc);
    return rc;
}

/* ---- tasks and calls ---------------------------------------------------------- */

static int do_sp(struct trace_context *context, const struct trace_op *op)
{
    struct trace_machine *m = context->machine;
    struct coil_task_options options = { .eager = op->args[0] & 2 };
    struct coil_task **out = &m->tasks[op->child];
    void *arg = &m->bodies[op->child];

    m->in_group[op->child] = (op->args[0] & 1) && context->group_count > 0;
    if (m->in_group[op->child])
        return coil_task_group_create_with(
            context->groups[context->group_count - 1], out, trace_task, arg,
            &options);
    return coil_task_create_with(out, trace_task, arg, &options);
}

static void run_call(void *arg)
{
    struct trace_call *call = arg;
    struct trace_context context = {
        .machine = call->machine,
        .task = call->task,
    };

    trace_log_op(&context, call->op, "()");
    for (const struct trace_op *op = call->op->body; op; op = op->next)
        trace_step(&context, op);
}

static int do_so(struct trace_context *context, const struct trace_op *op)
{
    struct trace_machine *m = context->machine;
    struct trace_call *call = &m->calls[m->call_count++];

    ASSERT_LE(m->call_count, TRACE_OPS);
    call->machine = m;
    call->op = op;
    call->task = context->task;
    context->handle = &call->handle;
    if (op->args[0] == 0)
        return coil_loop_call_soon(coil_loop_current(), &call->handle, run_call,
                                   call);
    return coil_loop_call_later(coil_loop_current(), &call->handle,
                                trace_delay(m, op->args[0]), run_call, call);
}

static int do_hc(struct trace_context *context, const struct trace_op *op)
{
    (void)op;
    if (!context->handle)
        return TRACE_NOTHING;
    coil_handle_cancel(context->handle);
    return 0;
}

static int do_ct(struct trace_context *context, const struct trace_op *op)
{
    struct coil_future *future =
        trace_reference(context->machine, 10 + op->args[0]);

    return future ? coil_future_cancel(future) : TRACE_NOTHING;
}

static int do_un(struct trace_context *context, const struct trace_op *op)
{
    unsigned left = coil_task_uncancel(coil_current_task());

    (void)op;
    forget_withdrawn(context);
    return (int)left;
}

static int do_cg(struct trace_context *context, const struct trace_op *op)
{
    struct coil_task *task = context->machine->tasks[op->args[0]];

    return task ? (int)coil_task_cancelling(task) : TRACE_NOTHING;
}

static int do_sl(struct trace_context *context, const struct trace_op *op)
{
    const struct trace_machine *m = context->machine;

    if (m->program->spaced)
        return coil_sleep(op->args[0] * m->period * TICK);
    return coil_sleep(op->args[0] * TICK);
}

static int do_y(struct trace_context *context, const struct trace_op *op)
{
    (void)context;
    (void)op;
    return coil_yield();
}

/* ---- the table ---------------------------------------------------------------- */

const struct trace_operation trace_block_operations[] = {
    { "to", TRACE_BLOCK, do_to },    { "gr", TRACE_BLOCK, do_gr },
    { "tr", TRACE_BLOCK, do_tr },    { "rt", TRACE_BLOCK, do_rt },
    { "er", TRACE_BLOCK, do_er },    { "rs", TRACE_PLAIN, do_rs },
    { "sp", TRACE_PLAIN, do_sp },    { "so", TRACE_PLAIN, do_so },
    { "hc", TRACE_PLAIN, do_hc },    { "ct", TRACE_PLAIN, do_ct },
    { "un", TRACE_PLAIN, do_un },    { "cg", TRACE_PLAIN, do_cg },
    { "sl", TRACE_SUSPENDS, do_sl }, { "y", TRACE_SUSPENDS, do_y },
    { NULL, TRACE_PLAIN, NULL },
};
