/* SPDX-License-Identifier: MIT */
/*
 * traces_futures.c - operations on futures, one or several
 */
#include <errno.h>
#include <stdio.h>

#include <coil/testing.h>

#include "task/cancel.h"
#include "test.h"
#include "traces.h"

/* ---- futures -------------------------------------------------------------------- */

static int do_fs(struct trace_context *context, const struct trace_op *op)
{
    return coil_future_set_result(&context->machine->futures[op->args[0]],
                                  (void *)(intptr_t)op->args[1]);
}

static int do_fe(struct trace_context *context, const struct trace_op *op)
{
    return coil_future_set_error(&context->machine->futures[op->args[0]],
                                 TRACE_FAILURE - op->args[1]);
}

static int do_fc(struct trace_context *context, const struct trace_op *op)
{
    return coil_future_cancel(&context->machine->futures[op->args[0]]);
}

static int do_fr(struct trace_context *context, const struct trace_op *op)
{
    struct coil_future *future = trace_reference(context->machine, op->args[0]);

    return future ? trace_future_outcome(future) : TRACE_NOTHING;
}

/*
 * asyncio cannot cancel a ring of tasks that await each other, so a task awaits
 * only tasks with greater numbers.
 */
static struct coil_future *awaited(const struct trace_context *context, int ref)
{
    if (ref >= 10 && ref - 10 <= context->task)
        return NULL;
    return trace_reference(context->machine, ref);
}

/* The result of a call that awaits a future, with the future's value. */
static int with_value(int rc, const void *value)
{
    return rc == 0 && value ? (int)(intptr_t)value : rc;
}

static int do_aw(struct trace_context *context, const struct trace_op *op)
{
    struct coil_future *future = awaited(context, op->args[0]);
    void *value = NULL;
    int rc;

    if (!future)
        return TRACE_NOTHING;
    rc = coil_future_await(future, &value);
    return with_value(rc, value);
}

static int do_sh(struct trace_context *context, const struct trace_op *op)
{
    struct coil_future *future = awaited(context, op->args[0]);
    void *value = NULL;
    uint64_t steps;
    unsigned told;
    int rc;

    if (!future)
        return TRACE_NOTHING;
    steps = coil_test_steps();
    told = coil__cancel_told(coil_current_task());
    rc = coil_shield(future, &value);
    if (coil_test_steps() > steps &&
        coil__cancel_told(coil_current_task()) == told)
        trace_hop(context, 1);
    return with_value(rc, value);
}

static int do_wf(struct trace_context *context, const struct trace_op *op)
{
    struct trace_machine *m = context->machine;
    struct coil_future *future = awaited(context, op->args[1]);
    coil_time limit = op->args[0] < 0    ? COIL_NEVER
                      : op->args[0] == 0 ? 0
                                         : trace_delay(m, op->args[0]);
    void *value = NULL;
    uint64_t steps = coil_test_steps();
    bool cancels;
    int rc;

    if (!future)
        return TRACE_NOTHING;
    cancels = limit == 0 && !coil_future_is_done(future);
    rc = coil_wait_for(future, limit, &value);
    if (cancels && coil_future_is_done(future))
        trace_hop(context, coil_test_steps() > steps ? 1 : 2);
    return with_value(rc, value);
}

static void log_callback(struct coil_future *future, void *arg)
{
    const struct trace_call *call = arg;

    (void)future;
    trace_log(call->machine, "%d.%d()", call->task, call->op->number);
}

static int do_cb(struct trace_context *context, const struct trace_op *op)
{
    struct trace_machine *m = context->machine;
    struct coil_future *future = trace_reference(m, op->args[0]);
    struct trace_call *call = &m->calls[m->call_count++];

    ASSERT_LE(m->call_count, TRACE_OPS);
    if (!future)
        return TRACE_NOTHING;
    call->machine = m;
    call->op = op;
    call->task = context->task;
    m->called_back[m->callback_count] = future;
    return coil_future_add_done_callback(
        future, &m->callbacks[m->callback_count++], log_callback, call);
}

static int do_cx(struct trace_context *context, const struct trace_op *op)
{
    struct trace_machine *m = context->machine;
    struct coil_future *future = trace_reference(m, op->args[0]);

    if (!future || m->callback_count == 0)
        return TRACE_NOTHING;
    return coil_future_remove_done_callback(
        future, &m->callbacks[m->callback_count - 1]);
}

/* ---- several futures ------------------------------------------------------------ */

/* The futures that exist, each once. */
size_t trace_collect(struct trace_context *context, const struct trace_op *op,
                     int first, struct coil_future **futures)
{
    size_t count = 0;

    for (int i = first; i < op->arg_count; i++) {
        struct coil_future *future = awaited(context, op->args[i]);
        bool known = !future;

        for (size_t j = 0; j < count; j++)
            known |= futures[j] == future;
        if (!known)
            futures[count++] = future;
    }
    return count;
}

static int do_ga(struct trace_context *context, const struct trace_op *op)
{
    struct coil_future *futures[TRACE_ARGS];
    size_t count = trace_collect(context, op, 1, futures);
    char text[128] = "";
    char word[16];
    size_t length = 0;
    uint64_t steps;
    int rc;

    if (count == 0)
        return TRACE_NOTHING;
    steps = coil_test_steps();
    rc = coil_gather(futures, count,
                     op->args[0] ? COIL_GATHER_RETURN_ERRORS : 0);
    trace_hop(context, coil_test_steps() > steps);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < count; i++)
        length += (size_t)snprintf(
            text + length, sizeof text - length, i ? "/%s" : "=%s",
            trace_word(word, trace_future_outcome(futures[i])));
    trace_log_op(context, op, text);
    return TRACE_LOGGED;
}

static int do_wt(struct trace_context *context, const struct trace_op *op)
{
    static const enum coil_wait_mode modes[] = { COIL_ALL_COMPLETED,
                                                 COIL_FIRST_COMPLETED,
                                                 COIL_FIRST_EXCEPTION };
    struct coil_future *futures[TRACE_ARGS];
    size_t count = trace_collect(context, op, 2, futures);
    coil_time limit = op->args[1] < 0
                          ? COIL_NEVER
                          : trace_delay(context->machine, op->args[1]);
    char text[TRACE_ARGS + 2] = "=";
    coil_time begun = coil_now();
    uint64_t steps = coil_test_steps();
    int rc;

    if (count == 0)
        return TRACE_NOTHING;
    rc = coil_wait(futures, count, modes[op->args[0]], limit);
    if (rc < 0)
        return rc;
    if (limit == COIL_NEVER || coil_now() - begun < limit)
        trace_hop(context, coil_test_steps() > steps ? 1 : 2);
    for (size_t i = 0; i < count; i++)
        text[i + 1] = coil_future_is_done(futures[i]) ? '1' : '0';
    trace_log_op(context, op, text);
    return TRACE_LOGGED;
}

static int do_ac(struct trace_context *context, const struct trace_op *op)
{
    struct coil_future *futures[TRACE_ARGS];
    size_t count = trace_collect(context, op, 1, futures);
    struct coil_as_completed each;
    struct coil_future *future;
    bool is_first = true;
    int rc;

    if (count == 0)
        return TRACE_NOTHING;
    ASSERT_OK(coil_as_completed_begin(
        &each, futures, count,
        op->args[0] < 0 ? COIL_NEVER
                        : trace_delay(context->machine, op->args[0])));
    for (;;) {
        uint64_t steps = coil_test_steps();

        rc =
            context->owed ? -ECANCELED : coil_as_completed_next(&each, &future);
        context->owed = false;
        if (rc <= 0)
            break;
        trace_hop(context, coil_test_steps() > steps ? 1 : is_first ? 2 : 0);
        is_first = false;
        for (size_t i = 0; i < count; i++) {
            if (futures[i] == future)
                trace_log(context->machine, "%d.%d:%zu", context->task,
                          op->number, i);
        }
    }
    coil_as_completed_end(&each);
    return rc;
}

/* ---- the table ---------------------------------------------------------------- */

const struct trace_operation trace_future_operations[] = {
    { "fs", TRACE_PLAIN, do_fs },    { "fe", TRACE_PLAIN, do_fe },
    { "fc", TRACE_PLAIN, do_fc },    { "fr", TRACE_PLAIN, do_fr },
    { "aw", TRACE_SUSPENDS, do_aw }, { "sh", TRACE_SUSPENDS, do_sh },
    { "wf", TRACE_SUSPENDS, do_wf }, { "cb", TRACE_PLAIN, do_cb },
    { "cx", TRACE_PLAIN, do_cx },    { "ga", TRACE_SUSPENDS, do_ga },
    { "wt", TRACE_SUSPENDS, do_wt }, { "ac", TRACE_SUSPENDS, do_ac },
    { NULL, TRACE_PLAIN, NULL },
};
