/* SPDX-License-Identifier: MIT */
/*
 * context/stack_hooks.h - what checking tools want to know about stacks
 *
 * ASan: an idle stack is poisoned, and a live one is a root of the search for
 * leaks.  Valgrind: where stacks are, so that it does not take a switch for a
 * huge frame; an idle one may not be touched.  Nothing otherwise.
 */
#ifndef COIL_CONTEXT_STACK_HOOKS_H
#define COIL_CONTEXT_STACK_HOOKS_H

#include <stdint.h>

#include "base/platform.h"
#include "context/stack.h"

#if defined(COIL_ASAN)

#include <sanitizer/asan_interface.h>
#include <sanitizer/lsan_interface.h>

static inline size_t coil__stack_bytes(const struct coil_stack *stack)
{
    return (size_t)(stack->top - stack->low);
}

static inline void coil__stack_born(const struct coil_stack *stack)
{
    (void)stack;
}

/* Frames that never returned may have left poison behind. */
static inline void coil__stack_taken(const struct coil_stack *stack)
{
    __asan_unpoison_memory_region(stack->low, coil__stack_bytes(stack));
    __lsan_register_root_region(stack->low, coil__stack_bytes(stack));
}

static inline void coil__stack_idle(const struct coil_stack *stack)
{
    __lsan_unregister_root_region(stack->low, coil__stack_bytes(stack));
    __asan_poison_memory_region(stack->low, coil__stack_bytes(stack));
}

static inline void coil__stack_slab_gone(char *base, size_t size)
{
    __asan_unpoison_memory_region(base, size);
}

/*
 * Around reading a word of a stack from outside, into `*word`: it may never have
 * been written, or be below what is taken for the stack's end.
 */
static inline void coil__stack_look_begin(void)
{
}

static inline void coil__stack_look_end(uintptr_t *word)
{
    (void)word;
}

#elif defined(__has_include) && __has_include(<valgrind/memcheck.h>)

#include <valgrind/memcheck.h>

static inline void coil__stack_look_begin(void)
{
    VALGRIND_DISABLE_ERROR_REPORTING;
}

static inline void coil__stack_look_end(uintptr_t *word)
{
    VALGRIND_ENABLE_ERROR_REPORTING;
    (void)VALGRIND_MAKE_MEM_DEFINED(word, sizeof *word);
}

static inline void coil__stack_born(const struct coil_stack *stack)
{
    (void)VALGRIND_STACK_REGISTER(stack->low, stack->top);
}

static inline void coil__stack_taken(const struct coil_stack *stack)
{
    if (COIL_CHECKED_BUILD)
        VALGRIND_MAKE_MEM_UNDEFINED(stack->low, stack->top - stack->low);
}

static inline void coil__stack_idle(const struct coil_stack *stack)
{
    if (COIL_CHECKED_BUILD)
        VALGRIND_MAKE_MEM_NOACCESS(stack->low, stack->top - stack->low);
}

static inline void coil__stack_slab_gone(char *base, size_t size)
{
    (void)base;
    (void)size;
}

#else

static inline void coil__stack_look_begin(void)
{
}

static inline void coil__stack_look_end(uintptr_t *word)
{
    (void)word;
}

static inline void coil__stack_born(const struct coil_stack *stack)
{
    (void)stack;
}

static inline void coil__stack_taken(const struct coil_stack *stack)
{
    (void)stack;
}

static inline void coil__stack_idle(const struct coil_stack *stack)
{
    (void)stack;
}

static inline void coil__stack_slab_gone(char *base, size_t size)
{
    (void)base;
    (void)size;
}

#endif

#endif
