/* SPDX-License-Identifier: MIT */
/*
 * traces_objects.c - operations on locks, semaphores, events, conditions,
 * queues, the barrier, and task-local values
 */
#include <errno.h>

#include <coil/testing.h>

#include "traces.h"

/* ---- values of a task's own ----------------------------------------------------- */

const struct coil_local trace_local = COIL_LOCAL_INIT(NULL);

static int do_ls(struct trace_context *context, const struct trace_op *op)
{
    (void)context;
    return coil_local_set(&trace_local, (void *)(intptr_t)op->args[0]);
}

static int do_lg(struct trace_context *context, const struct trace_op *op)
{
    (void)context;
    (void)op;
    return (int)(intptr_t)coil_local_get(&trace_local);
}

/* ---- primitives --------------------------------------------------------------- */

/* An operation on an object of the machine: `m`, and the arguments `a`. */
#define OP(name, expression)                                                   \
    static int do_##name(struct trace_context *context,                        \
                         const struct trace_op *op)                            \
    {                                                                          \
        struct trace_machine *m = context->machine;                            \
        const int *a = op->args;                                               \
                                                                               \
        (void)m;                                                               \
        (void)a;                                                               \
        return (expression);                                                   \
    }

OP(la, coil_lock_acquire(&m->locks[a[0]]))
OP(lr, coil_lock_release(&m->locks[a[0]]))
OP(lk, coil_lock_is_locked(&m->locks[a[0]]))
OP(sa, coil_semaphore_acquire(&m->semaphore))
OP(sr, (coil_semaphore_release(&m->semaphore), 0))
OP(sk, coil_semaphore_is_locked(&m->semaphore))
OP(ba, coil_bounded_semaphore_acquire(&m->bounded))
OP(br, coil_bounded_semaphore_release(&m->bounded))
OP(es, (coil_event_set(&m->events[a[0]]), 0))
OP(ec, (coil_event_clear(&m->events[a[0]]), 0))
OP(ew, coil_event_wait(&m->events[a[0]]))
OP(ei, coil_event_is_set(&m->events[a[0]]))
OP(ca, coil_condition_acquire(&m->conditions[a[0]]))
OP(cr, coil_condition_release(&m->conditions[a[0]]))
OP(cw, coil_condition_wait(&m->conditions[a[0]]))
OP(cn, coil_condition_notify(&m->conditions[a[0]], (size_t)a[1]))
OP(cN, coil_condition_notify_all(&m->conditions[a[0]]))
OP(v, ++m->value)
OP(qp, coil_queue_put(&m->queues[a[0]], &a[1]))
OP(qP, coil_queue_try_put(&m->queues[a[0]], &a[1]))
OP(qd, coil_queue_task_done(&m->queues[a[0]]))
OP(qj, coil_queue_join(&m->queues[a[0]]))
OP(qx, (coil_queue_shutdown(&m->queues[a[0]], a[1]), 0))
OP(qs, (int)coil_queue_size(&m->queues[a[0]]))
OP(rk, (int)coil_barrier_waiting(&m->barrier))
OP(rr, (coil_barrier_reset(&m->barrier), 0))
OP(ra, (coil_barrier_abort(&m->barrier), 0))

struct predicate {
    const struct trace_machine *machine;
    int value;
};

static bool has_value(void *arg)
{
    const struct predicate *predicate = arg;

    return predicate->machine->value >= predicate->value;
}

static int do_cf(struct trace_context *context, const struct trace_op *op)
{
    struct predicate predicate = { context->machine, op->args[1] };

    return coil_condition_wait_for(&context->machine->conditions[op->args[0]],
                                   has_value, &predicate);
}

static int do_qg(struct trace_context *context, const struct trace_op *op)
{
    int item;
    int rc = coil_queue_get(&context->machine->queues[op->args[0]], &item);

    return rc < 0 ? rc : item;
}

static int do_qG(struct trace_context *context, const struct trace_op *op)
{
    int item;
    int rc = coil_queue_try_get(&context->machine->queues[op->args[0]], &item);

    return rc < 0 ? rc : item;
}

static int do_rw(struct trace_context *context, const struct trace_op *op)
{
    struct trace_machine *m = context->machine;
    uint64_t steps = coil_test_steps();
    int rc = coil_barrier_wait(&m->barrier);

    if (rc == -ECANCELED && coil_test_steps() > steps)
        m->barrier_left = true;
    if (rc < 0 || !m->barrier_left)
        return rc;
    trace_log_op(context, op, "=w");
    return TRACE_LOGGED;
}

/* ---- the table ---------------------------------------------------------------- */

const struct trace_operation trace_object_operations[] = {
    { "ls", TRACE_PLAIN, do_ls },    { "lg", TRACE_PLAIN, do_lg },
    { "la", TRACE_SUSPENDS, do_la }, { "lr", TRACE_PLAIN, do_lr },
    { "lk", TRACE_PLAIN, do_lk },    { "sa", TRACE_SUSPENDS, do_sa },
    { "sr", TRACE_PLAIN, do_sr },    { "sk", TRACE_PLAIN, do_sk },
    { "ba", TRACE_SUSPENDS, do_ba }, { "br", TRACE_PLAIN, do_br },
    { "es", TRACE_PLAIN, do_es },    { "ec", TRACE_PLAIN, do_ec },
    { "ew", TRACE_SUSPENDS, do_ew }, { "ei", TRACE_PLAIN, do_ei },
    { "ca", TRACE_SUSPENDS, do_ca }, { "cr", TRACE_PLAIN, do_cr },
    { "cw", TRACE_SUSPENDS, do_cw }, { "cf", TRACE_SUSPENDS, do_cf },
    { "cn", TRACE_PLAIN, do_cn },    { "cN", TRACE_PLAIN, do_cN },
    { "v", TRACE_PLAIN, do_v },      { "qp", TRACE_SUSPENDS, do_qp },
    { "qg", TRACE_SUSPENDS, do_qg }, { "qP", TRACE_PLAIN, do_qP },
    { "qG", TRACE_PLAIN, do_qG },    { "qd", TRACE_PLAIN, do_qd },
    { "qj", TRACE_SUSPENDS, do_qj }, { "qx", TRACE_PLAIN, do_qx },
    { "qs", TRACE_PLAIN, do_qs },    { "rw", TRACE_SUSPENDS, do_rw },
    { "rk", TRACE_PLAIN, do_rk },    { "rr", TRACE_PLAIN, do_rr },
    { "ra", TRACE_PLAIN, do_ra },    { NULL, TRACE_PLAIN, NULL },
};
