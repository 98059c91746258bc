/* SPDX-License-Identifier: MIT */
#include "process/close_others.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Linux 5.9; the flag is of Linux 5.11. */
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#define AT_EXEC 4u

/* A directory that lists this process's descriptors. */
#define LIST "/proc/self/fd"

/* What getdents64() writes. */
struct entry {
    uint64_t inode;
    int64_t next;
    unsigned short size;
    unsigned char type;
    char name[];
};

static bool close_range_at_exec(unsigned low, unsigned high)
{
    return syscall(SYS_close_range, low, high, AT_EXEC) == 0;
}

static bool close_by_ranges(const struct coil__child_fd *fds, size_t count)
{
    unsigned low = 0;

    for (size_t i = 0; i < count; i++) {
        unsigned to = (unsigned)fds[i].to;

        if (to > low && !close_range_at_exec(low, to - 1))
            return false;
        low = to + 1;
    }
    return close_range_at_exec(low, UINT_MAX);
}

static void close_one(const struct coil__child_fd *fds, size_t count, int fd)
{
    for (size_t i = 0; i < count; i++)
        if (fds[i].to == fd)
            return;
    (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/* -1: the name is that of the directory itself, or of the one above it. */
static int number_of(const char *name)
{
    int n = 0;

    if (*name == '.')
        return -1;
    for (; *name; name++)
        n = n * 10 + (*name - '0');
    return n;
}

static bool close_by_list(const struct coil__child_fd *fds, size_t count)
{
    _Alignas(struct entry) char bytes[2048];
    int list = open(LIST, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    long n = -1;

    if (list < 0)
        return false;
    while ((n = syscall(SYS_getdents64, list, bytes, sizeof bytes)) > 0) {
        for (long at = 0; at < n;) {
            const struct entry *e = (const struct entry *)(void *)&bytes[at];
            int fd = number_of(e->name);

            if (fd >= 0)
                close_one(fds, count, fd);
            at += e->size;
        }
    }
    close(list);
    return n == 0;
}

static void close_one_by_one(const struct coil__child_fd *fds, size_t count)
{
    long most = sysconf(_SC_OPEN_MAX);

    for (int fd = 0; fd < most; fd++)
        close_one(fds, count, fd);
}

void coil__close_others(const struct coil__child_fd *fds, size_t count)
{
    if (!close_by_ranges(fds, count) && !close_by_list(fds, count))
        close_one_by_one(fds, count);
}
