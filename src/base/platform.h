/* SPDX-License-Identifier: MIT */
/*
 * base/platform.h - what compiler and sanitizer this is
 *
 * The only file outside context/ and backend/ that asks.
 */
#ifndef COIL_BASE_PLATFORM_H
#define COIL_BASE_PLATFORM_H

#include <stddef.h>

#define COIL_LIKELY(x) __builtin_expect(!!(x), 1)
#define COIL_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define COIL_NOINLINE __attribute__((noinline))
#define COIL_ALWAYS_INLINE inline __attribute__((always_inline))
#define COIL_COLD __attribute__((noinline, cold))
/* A function between whose entry and end the stack may change. */
#define COIL_NO_TSAN __attribute__((no_sanitize_thread))
#define COIL_NORETURN __attribute__((noreturn))

#if defined(__SANITIZE_ADDRESS__)
#define COIL_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define COIL_ASAN 1
#endif
#endif

#if defined(__SANITIZE_THREAD__)
#define COIL_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define COIL_TSAN 1
#endif
#endif

/* Whether to pay for checks on paths that are taken for every task. */
#ifdef NDEBUG
#define COIL_CHECKED_BUILD 0
#else
#define COIL_CHECKED_BUILD 1
#endif

/*
 * What a public function returns that only calls another: the call becomes no
 * jump, and a backtrace has the function that the program has called.
 */
static inline int coil__keep_frame(int rc)
{
    __asm__ volatile("" : "+r"(rc));
    return rc;
}

/* The same for what returns a count. */
static inline ptrdiff_t coil__keep_counting_frame(ptrdiff_t n)
{
    __asm__ volatile("" : "+r"(n));
    return n;
}

#define coil__container_of(pointer, type, member)                              \
    ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

#endif
