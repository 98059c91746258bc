/* SPDX-License-Identifier: MIT */
/*
 * task_record.c - the life of tasks, as the recorder sees it
 *
 * The records of a task that lives long are overwritten in the end.  So
 * whenever half of the ring has been written, all tasks that live are told of
 * once more, some at each look, and what they wait for.
 */
#include "task/task_record.h"

#include "record/names.h"
#include "record/recorder.h"
#include "sched/wait.h"

/* How many tasks are told of again at one look. */
enum { SWEPT_AT_ONCE = 16 };

void coil__task_record_made(struct coil_recorder *r, struct coil_task *task)
{
    coil__record(r, COIL_RECORD_MADE,
                 coil__record_name_static(r, task->co.site),
                 task->co.running.id, coil__running_id());
    /* Its result is not known yet: here is when it was made. */
    task->co.result = (int)r->looks;
}

void coil__task_record_started(struct coil_recorder *r, struct coil_task *task)
{
    if (r->all || task->co.result != (int)r->looks)
        coil__record(r, COIL_RECORD_STARTED, 0, task->co.running.id, 0);
}

void coil__task_record_ended(struct coil_recorder *r, struct coil_task *task)
{
    coil__record_forget(r, &task->co);
    if (r->cursor == &task->link)
        r->cursor = task->link.next;
    coil__record(r, COIL_RECORD_ENDED, 0, task->co.running.id,
                 (uint64_t)(int64_t)task->co.result);
    r->last = task->co.running.id;
}

void coil__task_record_name(struct coil_recorder *r,
                            const struct coil_task *task)
{
    if (task->name[0])
        coil__record_text(r, COIL_RECORD_NAME, task->co.running.id, 0,
                          task->name);
}

void coil__task_record_cancelled(struct coil_recorder *r,
                                 const struct coil_task *task)
{
    coil__record(r, COIL_RECORD_CANCELLED, 0, task->co.running.id,
                 coil__running_id());
}

/* ---- tasks that are there ------------------------------------------------- */

static void tell_again(struct coil_recorder *r, struct coil_task *task)
{
    coil__record(r, COIL_RECORD_ALIVE,
                 coil__record_name_static(r, task->co.site),
                 task->co.running.id, task->co.state != COIL_COROUTINE_NEW);
    coil__task_record_name(r, task);
    coil__record_still(r, &task->co);
}

void coil__task_record_sweep(struct coil_scheduler *s)
{
    enum { BYTES = 16 * COIL__RECORD_SLOTS };
    struct coil_recorder *r = s->recorder;

    if (!r->cursor)
        r->cursor = s->tasks.head;
    for (int n = 0; n < SWEPT_AT_ONCE && r->cursor; n++) {
        struct coil_task *task = coil__task_of_link(r->cursor);

        tell_again(r, task);
        r->cursor = task->link.next;
        r->sweep_left -= r->sweep_left < BYTES ? r->sweep_left : BYTES;
    }
    if (!r->cursor)
        r->sweep_left = 0;
}

void coil__task_record_all(struct coil_scheduler *s)
{
    for (struct coil_task *t = coil__task_first(s); t; t = coil__task_next(t)) {
        t->co.recent = 0;
        t->co.asks &= COIL__ASKS_SELECTION;
        t->co.asks |= coil__task_asks(s);
        /* Its wait is told of by the sweep, and so its waker is. */
        if (t->co.parked && t->co.parked->queue)
            t->co.asks |= COIL__ASKS_WAKER;
    }
    s->recorder->sweep_left = s->tasks.head ? SIZE_MAX : 0;
}
