/* SPDX-License-Identifier: MIT */
#include "sched/thread.h"

#include <pthread.h>

#include "context/cxx.h"

_Thread_local struct coil_thread coil_this_thread;

static pthread_key_t exit_key;
static pthread_once_t exit_once = PTHREAD_ONCE_INIT;

static void on_thread_exit(void *unused)
{
    struct coil_thread *self = coil__thread();

    (void)unused;
    /* The running code called pthread_exit(), or the thread was cancelled. */
    if (self->lose_loop)
        self->lose_loop(self);
    coil__thread_free_stacks();
    if (self->stacks)
        coil__stack_pool_leave(self->stacks);
    self->stacks = NULL;
    if (self->forget_locals)
        self->forget_locals(self);
    if (self->forget_small)
        self->forget_small(self);
    coil__context_end_thread();
}

static void make_exit_key(void)
{
    pthread_key_create(&exit_key, on_thread_exit);
}

void coil__thread_watch_exit(void)
{
    pthread_once(&exit_once, make_exit_key);
    /* The destructor is called for every value but NULL. */
    pthread_setspecific(exit_key, coil__thread());
}

COIL_COLD struct coil_stack_pool *coil__thread_new_stacks(void)
{
    struct coil_thread *self = coil__thread();

    self->stacks = coil__stack_pool_new();
    coil__cxx_find();
    coil__thread_watch_exit();
    return self->stacks;
}

void coil__thread_release(struct coil_thread *self,
                          struct coil_context *context,
                          struct coil_stack *stack)
{
    coil__context_fini(context);
    coil__stack_release(self->stacks, stack);
}

void coil__thread_bury(struct coil_thread *self, struct coil_context *context,
                       struct coil_stack *stack)
{
    coil__thread_reap(self);
    self->ended = context;
    self->ended_stack = stack;
}

void coil__thread_free_stacks(void)
{
    struct coil_thread *self = coil__thread();

    if (self->current)
        return;
    coil__thread_reap(self);
    if (!self->stacks || coil__stack_in_use(self->stacks) > 0)
        return;
    coil__stack_pool_free(self->stacks);
    self->stacks = NULL;
}
