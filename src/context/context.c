/* SPDX-License-Identifier: MIT */
#include "context/context.h"

_Thread_local uint32_t coil__fp_shared[2];
void (*coil__context_overflow)(struct coil_context *context);

#if defined(COIL_ASAN) || defined(COIL_TSAN)

#include <pthread.h>

#if defined(COIL_ASAN)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(COIL_TSAN)
#include <sanitizer/tsan_interface.h>
#endif

/* Find the thread's own stack, which coil__context_make() does not know. */
static void find_thread_stack(struct coil_context *context)
{
    pthread_attr_t attributes;
    void *low;

    if (pthread_getattr_np(pthread_self(), &attributes) != 0)
        return;
    pthread_attr_getstack(&attributes, &low, &context->stack_size);
    pthread_attr_destroy(&attributes);
    context->stack_low = low;
}

#endif

#if defined(COIL_ASAN)

/*
 * With detect_stack_use_after_return ASan keeps the frames of each context in a
 * fake stack, of some hundred pages.  To make one and give it back takes longer
 * than most tasks run, so a thread keeps those of contexts that have ended.  By
 * then all functions of the context but its entry have returned, and with them
 * their frames.
 */
enum { SPARE_MAX = 64 };

static _Thread_local struct {
    void *fake_stacks[SPARE_MAX];
    unsigned count;
} spare;

/* Calls of ASan stand between, so the frame must not lie in a fake stack. */
__attribute__((no_sanitize_address)) static void free_spares(void)
{
    const void *low = &spare;
    size_t size = 1;
    void *own;

    while (spare.count > 0) {
        __sanitizer_start_switch_fiber(&own, low, size);
        __sanitizer_finish_switch_fiber(spare.fake_stacks[--spare.count], &low,
                                        &size);
        /* Without a place to keep it, what is left is freed. */
        __sanitizer_start_switch_fiber(NULL, low, size);
        __sanitizer_finish_switch_fiber(own, NULL, NULL);
    }
}

/* Frames that never returned have left poison on the thread's own stack. */
void coil__context_end_thread(void)
{
    struct coil_context own = { 0 };

    free_spares();
    find_thread_stack(&own);
    __asan_unpoison_memory_region(own.stack_low, own.stack_size);
}

static void context_born(struct coil_context *context, void *low, void *top)
{
    context->stack_low = low;
    context->stack_size = (size_t)((char *)top - (char *)low);
    context->fake_stack =
        spare.count > 0 ? spare.fake_stacks[--spare.count] : NULL;
}

void coil__context_fini(struct coil_context *context)
{
    (void)context;
}

void coil__sanitizer_leave(struct coil_context *from, struct coil_context *to,
                           bool ends)
{
    bool keeps = !ends || spare.count < SPARE_MAX;

    if (!from->stack_low)
        find_thread_stack(from);
    if (!to->stack_low)
        find_thread_stack(to);
    __sanitizer_start_switch_fiber(keeps ? &from->fake_stack : NULL,
                                   to->stack_low, to->stack_size);
    if (ends && keeps && from->fake_stack)
        spare.fake_stacks[spare.count++] = from->fake_stack;
}

void coil__sanitizer_enter(struct coil_context *context)
{
    __sanitizer_finish_switch_fiber(context->fake_stack, NULL, NULL);
}

#elif defined(COIL_TSAN)

void coil__context_end_thread(void)
{
}

static void context_born(struct coil_context *context, void *low, void *top)
{
    context->stack_low = low;
    context->stack_size = (size_t)((char *)top - (char *)low);
    context->fiber = __tsan_create_fiber(0);
}

void coil__context_fini(struct coil_context *context)
{
    if (context->fiber)
        __tsan_destroy_fiber(context->fiber);
    context->fiber = NULL;
}

COIL_NO_TSAN void coil__sanitizer_leave(struct coil_context *from,
                                        struct coil_context *to, bool ends)
{
    (void)ends;
    if (!from->stack_low) {
        find_thread_stack(from);
        from->fiber = __tsan_get_current_fiber();
    }
    __tsan_switch_to_fiber(to->fiber, 0);
}

void coil__sanitizer_enter(struct coil_context *context)
{
    (void)context;
}

#else

void coil__context_end_thread(void)
{
}

static void context_born(struct coil_context *context, void *low, void *top)
{
    (void)context;
    (void)low;
    (void)top;
}

void coil__context_fini(struct coil_context *context)
{
    (void)context;
}

#endif

COIL_NOINLINE COIL_NO_TSAN void
coil__context_jump_holding(struct coil_context *from, struct coil_context *to)
{
    struct coil_cxx_globals *globals = coil__cxx_globals;
    struct coil_cxx_globals held = *globals;

    *globals = (struct coil_cxx_globals){ .caught = NULL };
    coil__sanitizer_leave(from, to, false);
    coil__switch(&from->at, &to->at);
    coil__sanitizer_enter(from);
    *globals = held;
}

void coil__context_make(struct coil_context *context, void *low, void *top,
                        coil_entry_fn entry, void *arg)
{
    context->extras = coil__cxx_globals ? COIL_CONTEXT_CXX : 0;
    context_born(context, low, top);
    coil__switch_prepare(&context->at, low, top, entry, arg);
}
