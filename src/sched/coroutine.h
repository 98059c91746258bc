/* SPDX-License-Identifier: MIT */
/*
 * sched/coroutine.h - a function with a stack of its own
 *
 * A coroutine is driven either by a coil task, which embeds it, or by a caller
 * that uses send and throw; then `task` is NULL.  Each kind of driver has a
 * table of functions for what the driver does when the coroutine waits.
 *
 * The struct lies at the top of the stack that the coroutine runs on.
 */
#ifndef COIL_SCHED_COROUTINE_H
#define COIL_SCHED_COROUTINE_H

#include <coil/coroutine.h>
#include <coil/future.h>
#include <coil/running.h>

#include "context/context.h"
#include "context/stack.h"
#include "record/recorder.h"
#include "sched/scheduler.h"
#include "sched/thread.h"

enum coil_coroutine_state {
    COIL_COROUTINE_NEW,
    COIL_COROUTINE_SUSPENDED,
    COIL_COROUTINE_RUNNING,
    COIL_COROUTINE_DONE,
};

/* What is done when the last reference to a task is released. */
enum {
    COIL_AT_RELEASE_MEASURE = 1, /* note the small stack's use: sched/small.c */
    COIL_AT_RELEASE_GUARD = 2,   /* debug mode: notice a further release */
    COIL_AT_RELEASE_DONE = 4,    /* it was released */
};

/* What the driver of a coroutine does for it. */
struct coil_driver {
    /* `self` is in its queue: return when `self` is decided.  NULL: a task. */
    void (*wait)(struct coil_coroutine *co, struct coil_waiter *self);
    /* The wait has been decided.  A task is asked in debug mode only. */
    void (*woken)(struct coil_coroutine *co, int outcome);
    /* The coroutine has been told of its interrupt.  May be NULL. */
    void (*told)(struct coil_coroutine *co);
    /* The name of the task.  NULL: there is no task. */
    const char *(*name)(struct coil_coroutine *co);
};

/* Of a coroutine's `asks`: who has to do with its waits besides. */
enum {
    COIL__ASKS_DRIVER = 1,                   /* a wake-up calls woken() */
    COIL__ASKS_SELECTION = 8,                /* it stands in several queues */
    COIL__ASKS_TO_NOTE = 2 * COIL__RECORDER, /* its next wait: wait_record.h */
    COIL__ASKS_WAKER = 4 * COIL__RECORDER,   /* its wait is in the record */
};

/* The most used members come first: a step touches two cache lines. */
struct coil_coroutine {
    struct coil_running running; /* first: headers read it */
    struct coil_context context;
    struct coil_context *caller; /* continues when this suspends */
    unsigned char state;
    bool hands_over;          /* suspending may switch to the next ready task */
    unsigned char asks;       /* the flags above */
    unsigned char at_release; /* tasks only: COIL_AT_RELEASE_… */
    uint32_t recent; /* its place among the recorder's, plus 1; 0: none */
    struct coil_runnable runnable;    /* tasks only: the next step */
    struct coil_scheduler *scheduler; /* tasks only; NULL after the end */
    struct coil_waiter *parked;       /* where it waits; else NULL */
    struct coil_task *task;           /* the task that drives this, or NULL */
    const struct coil_driver *driver;
    union {
        struct coil_future *yielded; /* stands for the wait; without a task */
        const char *site;            /* where the task was made; tasks only */
    };
    int result;
    coil_fn fn;
    void *arg;
    union {
        void *passed;               /* by send or by yield; without a task */
        struct coil_locals *locals; /* tasks only: the values set, or NULL */
    };
    struct coil_stack *stack;
};

_Static_assert(offsetof(struct coil_coroutine, running) == 0,
               "coil/running.h takes a coroutine for its first member");

/* A task begins with its coroutine. */
static inline struct coil_coroutine *
coil__coroutine_of_task(struct coil_task *task)
{
    return (struct coil_coroutine *)(void *)task;
}

static inline struct coil_coroutine *
coil__coroutine_of(struct coil_runnable *runnable)
{
    return coil__container_of(runnable, struct coil_coroutine, runnable);
}

/* Whether a wake-up of `co` calls its driver. */
static inline void coil__coroutine_ask_driver(struct coil_coroutine *co,
                                              bool asks)
{
    co->asks = (unsigned char)((co->asks & ~COIL__ASKS_DRIVER) |
                               (asks ? COIL__ASKS_DRIVER : 0));
}

/* Run the next step of the task whose `runnable` this is. */
void coil__coroutine_run(struct coil_runnable *runnable);

/* Append a task's coroutine to its ready queue. */
static inline void coil__coroutine_ready(struct coil_coroutine *co)
{
    coil__scheduler_append(co->scheduler, &co->runnable);
}

/*
 * Take a stack and lay out `size` zeroed bytes at its top.  They begin with a
 * coroutine, which will run entry(bytes).  0, -ENOMEM, -EINVAL.
 */
int coil__coroutine_create(void **out, size_t size, size_t stack_size,
                           coil_entry_fn entry);

/*
 * The parts of it, for a coroutine on a small stack.  Take the stack, as
 * coil__stack_acquire_small().  Lay `size` bytes out on it, and return the
 * coroutine.
 */
int coil__coroutine_take_small_stack(size_t size, struct coil_stack **out);
struct coil_coroutine *coil__coroutine_lay_out(struct coil_stack *stack,
                                               size_t size,
                                               coil_entry_fn entry);

/*
 * Call fn(arg), on the stack of the thread if a small stack runs.  For what
 * needs more than such a stack has, and does not suspend.
 */
void coil__coroutine_call_off(void (*fn)(void *arg), void *arg);

/* The same while a coroutine runs, whatever stack that is. */
void coil__coroutine_call_below(void (*fn)(void *arg), void *arg);

/* Release the stack and all that lies on it as soon as nobody runs on it. */
void coil__coroutine_dispose(struct coil_coroutine *co);

/* The first call on a new stack. */
static inline void coil__coroutine_entered(struct coil_coroutine *co)
{
    coil__sanitizer_enter(&co->context);
}

/* The context that runs now.  Resuming a coroutine suspends this context. */
static inline struct coil_context *coil__here(struct coil_thread *self)
{
    if (self->current)
        return &self->current->context;
    return COIL_UNLIKELY(self->base) ? self->base : &self->main;
}

/*
 * Run `co` until it suspends or ends.  This function and those that suspend are
 * inline: the fewer calls are open at a switch, the fewer returns are
 * mispredicted after it.
 */
static inline void coil__coroutine_resume(struct coil_coroutine *co)
{
    struct coil_thread *self = coil__thread();
    struct coil_coroutine *previous = self->current;
    struct coil_context *here = coil__here(self);

    co->caller = here;
    co->state = COIL_COROUTINE_RUNNING;
    self->current = co;
    coil__context_jump(here, &co->context);
    self->current = previous;
}

/*
 * The context that goes on when `co` stops running.  A switch from task to task
 * saves the way through the loop; the loop allows a number of such steps
 * (`fuel`).
 */
static inline struct coil_context *
coil__coroutine_next(struct coil_thread *self, struct coil_coroutine *co)
{
    struct coil_scheduler *s = self->scheduler;
    struct coil_coroutine *next;

    if (!co->hands_over || coil__scheduler_is_idle(s) ||
        coil__scheduler_first(s)->run != coil__coroutine_run ||
        !coil__scheduler_has_fuel(s))
        return co->caller;
    coil__scheduler_burn(s);
    next = coil__coroutine_of(coil__scheduler_take_first(s));
    next->caller = co->caller;
    next->state = COIL_COROUTINE_RUNNING;
    self->current = next;
    return &next->context;
}

/*
 * Leave the running coroutine.  The next ready task runs, if `co` hands over
 * and the loop allows it; otherwise whoever resumed `co` goes on.
 */
static COIL_ALWAYS_INLINE void
coil__coroutine_suspend(struct coil_coroutine *co)
{
    struct coil_context *to;

    co->state = COIL_COROUTINE_SUSPENDED;
    to = coil__coroutine_next(coil__thread(), co);
    if (to != &co->context)
        coil__context_jump(&co->context, to);
}

/* Leave `co` for good.  The function on the new stack returns this result. */
struct coil_switch *coil__coroutine_end(struct coil_coroutine *co);

/*
 * For a coroutine without a task: yield `value`, and return when somebody sends
 * or throws something in.  Send sets `passed`, throw sets `interrupt`.
 */
static inline void coil__coroutine_hand_out(struct coil_coroutine *co,
                                            void *value)
{
    co->passed = value;
    coil__coroutine_suspend(co);
}

#endif
