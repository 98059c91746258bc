/* SPDX-License-Identifier: MIT */
/*
 * full_disk.h - a disk that has room for so many bytes more
 *
 * The test has WRAPS: pwrite, and includes this once.
 */
#ifndef COIL_TESTS_FETCH_FULL_DISK_H
#define COIL_TESTS_FETCH_FULL_DISK_H

#include <errno.h>
#include <stdatomic.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_long room = -1; /* bytes that fit; below 0: any number */

ssize_t __real_pwrite(int fd, const void *bytes, size_t size, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t size, off_t offset);

ssize_t __wrap_pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
    long left = room;

    if (left < 0)
        return __real_pwrite(fd, bytes, size, offset);
    if (left == 0) {
        errno = ENOSPC;
        return -1;
    }
    if ((size_t)left < size)
        size = (size_t)left;
    room = left - (long)size;
    return __real_pwrite(fd, bytes, size, offset);
}

#endif
