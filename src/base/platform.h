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
/* A function in which the stack may change between its entry and its end. */
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

/*
 * For clone(): a child that runs for a moment in the memory of its parent.  A
 * sanitizer keeps notes of its own there, so it gets a copy.
 */
#if defined(COIL_ASAN) || defined(COIL_TSAN)
#define COIL_CLONE_VM 0
#else
#define COIL_CLONE_VM CLONE_VM
#endif

/* The calls with whole numbers of users; older ones have 16 bits. */
#include <sys/syscall.h>

#ifdef SYS_setresuid32
#define COIL_SYS_SETRESUID SYS_setresuid32
#define COIL_SYS_SETRESGID SYS_setresgid32
#define COIL_SYS_SETGROUPS SYS_setgroups32
#else
#define COIL_SYS_SETRESUID SYS_setresuid
#define COIL_SYS_SETRESGID SYS_setresgid
#define COIL_SYS_SETGROUPS SYS_setgroups
#endif

/* Whether checks are worth their cost on paths that every task takes. */
#ifdef NDEBUG
#define COIL_CHECKED_BUILD 0
#else
#define COIL_CHECKED_BUILD 1
#endif

/*
 * To be returned by a public function that only calls another one.  So the call
 * does not become a jump, and a backtrace shows the function that the program
 * called.
 */
static inline int coil__keep_frame(int rc)
{
    __asm__ volatile("" : "+r"(rc));
    return rc;
}

/* The same for functions that return a count. */
static inline ptrdiff_t coil__keep_counting_frame(ptrdiff_t n)
{
    __asm__ volatile("" : "+r"(n));
    return n;
}

#define coil__container_of(pointer, type, member)                              \
    ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

/*
 * In a function that is about to wait in the kernel: save all registers that its
 * callers may use in its frame, so that whoever reads the stack from outside
 * finds what they held (coil-ps --leaks).
 */
static COIL_ALWAYS_INLINE void coil__spill_registers(void)
{
    __builtin_unwind_init();
}

/* In a loop that spins: let the sibling of this processor run. */
#if defined(__x86_64__) || defined(__i386__)
static inline void coil__cpu_relax(void)
{
    __builtin_ia32_pause();
}
#elif defined(__aarch64__)
static inline void coil__cpu_relax(void)
{
    __asm__ volatile("yield");
}
#else
static inline void coil__cpu_relax(void)
{
}
#endif

/* Other libraries than glibc give memory back by themselves. */
#ifdef __GLIBC__
#include <malloc.h>

static inline void coil__malloc_trim(void)
{
    malloc_trim(0);
}
#else
static inline void coil__malloc_trim(void)
{
}
#endif

#endif
