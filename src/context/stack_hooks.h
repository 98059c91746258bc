/* SPDX-License-Identifier: MIT */
/*
 * context/stack_hooks.h - what checking tools need to know of stacks
 *
 * ASan: an idle stack is poisoned, and a live one is searched for pointers when
 * leaks are looked for.  Valgrind: it must know where stacks are, so that it
 * does not take a switch for a huge frame; an idle stack must not be touched.
 * Without such a tool these functions do nothing.  A stack reaches from `low`
 * up to `top`.
 *
 * coil__stack_is_watched() says whether there is such a tool.  Then there are no
 * small stacks.
 */
#ifndef COIL_CONTEXT_STACK_HOOKS_H
#define COIL_CONTEXT_STACK_HOOKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/platform.h"

/* TSan must be told of each switch, and of each stack. */
#if defined(COIL_TSAN)
#define COIL_IS_TSAN true
#else
#define COIL_IS_TSAN false
#endif

#if defined(COIL_ASAN)

#include <sanitizer/asan_interface.h>
#include <sanitizer/lsan_interface.h>

static inline bool coil__stack_is_watched(void)
{
    return true;
}

static inline void coil__stack_born(const char *low, const char *top)
{
    (void)low;
    (void)top;
}

/* Frames that never returned may have left poison on the stack. */
static inline void coil__stack_taken(const char *low, const char *top)
{
    __asan_unpoison_memory_region(low, (size_t)(top - low));
    __lsan_register_root_region(low, (size_t)(top - low));
}

static inline void coil__stack_idle(const char *low, const char *top)
{
    __lsan_unregister_root_region(low, (size_t)(top - low));
    __asan_poison_memory_region(low, (size_t)(top - low));
}

static inline void coil__stack_slab_gone(char *base, size_t size)
{
    __asan_unpoison_memory_region(base, size);
}

/*
 * To be called before and after a word of a stack is read from outside, into
 * `*word`.  The word may never have been written, or may lie below what a tool
 * takes for the end of the stack.
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

static inline bool coil__stack_is_watched(void)
{
    return COIL_IS_TSAN || RUNNING_ON_VALGRIND;
}

static inline void coil__stack_look_begin(void)
{
    VALGRIND_DISABLE_ERROR_REPORTING;
}

static inline void coil__stack_look_end(uintptr_t *word)
{
    VALGRIND_ENABLE_ERROR_REPORTING;
    (void)VALGRIND_MAKE_MEM_DEFINED(word, sizeof *word);
}

static inline void coil__stack_born(const char *low, const char *top)
{
    (void)VALGRIND_STACK_REGISTER(low, top);
}

static inline void coil__stack_taken(const char *low, const char *top)
{
    if (COIL_CHECKED_BUILD)
        VALGRIND_MAKE_MEM_UNDEFINED(low, top - low);
}

static inline void coil__stack_idle(const char *low, const char *top)
{
    if (COIL_CHECKED_BUILD)
        VALGRIND_MAKE_MEM_NOACCESS(low, top - low);
}

static inline void coil__stack_slab_gone(char *base, size_t size)
{
    (void)base;
    (void)size;
}

#else

static inline bool coil__stack_is_watched(void)
{
    return COIL_IS_TSAN;
}

static inline void coil__stack_look_begin(void)
{
}

static inline void coil__stack_look_end(uintptr_t *word)
{
    (void)word;
}

static inline void coil__stack_born(const char *low, const char *top)
{
    (void)low;
    (void)top;
}

static inline void coil__stack_taken(const char *low, const char *top)
{
    (void)low;
    (void)top;
}

static inline void coil__stack_idle(const char *low, const char *top)
{
    (void)low;
    (void)top;
}

static inline void coil__stack_slab_gone(char *base, size_t size)
{
    (void)base;
    (void)size;
}

#endif

#endif
