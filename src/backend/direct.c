/* SPDX-License-Identifier: MIT */
#include "backend/direct.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "base/platform.h"

#if defined(COIL_ASAN) || defined(COIL_TSAN)
#define IS_DIRECT 0
#elif defined(__x86_64__) && !defined(__ILP32__)
#define IS_DIRECT 1

/*
 * Make a system call of six arguments, of which the last two are 0.  Returns
 * what the kernel returns: a negative errno value is an error.
 */
static inline long call(long number, long fd, const void *data, size_t size,
                        long flags)
{
    long result = number;
    register long r10 __asm__("r10") = flags;
    register long r8 __asm__("r8") = 0;
    register long r9 __asm__("r9") = 0;

    __asm__ volatile("syscall"
                     : "+a"(result)
                     : "D"(fd), "S"(data), "d"(size), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

#elif defined(__aarch64__) && !defined(__ILP32__)
#define IS_DIRECT 1

/* The same. */
static inline long call(long number, long fd, const void *data, size_t size,
                        long flags)
{
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = fd;
    register const void *x1 __asm__("x1") = data;
    register size_t x2 __asm__("x2") = size;
    register long x3 __asm__("x3") = flags;
    register long x4 __asm__("x4") = 0;
    register long x5 __asm__("x5") = 0;

    __asm__ volatile("svc 0"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                     : "memory");
    return x0;
}

#else
#define IS_DIRECT 0
#endif

#if IS_DIRECT

ptrdiff_t coil__direct_recv(int fd, void *data, size_t size, int flags)
{
    return call(SYS_recvfrom, fd, data, size, flags);
}

ptrdiff_t coil__direct_send(int fd, const void *data, size_t size, int flags)
{
    return call(SYS_sendto, fd, data, size, flags);
}

#else

ptrdiff_t coil__direct_recv(int fd, void *data, size_t size, int flags)
{
    ssize_t n = recv(fd, data, size, flags);

    return n < 0 ? -errno : n;
}

ptrdiff_t coil__direct_send(int fd, const void *data, size_t size, int flags)
{
    ssize_t n = send(fd, data, size, flags);

    return n < 0 ? -errno : n;
}

#endif
