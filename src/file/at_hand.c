/* SPDX-License-Identifier: MIT */
#include "file/at_hand.h"

#include <errno.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* Of preadv2(): do not wait for the disk. */
#define NOWAIT 8

/* cachestat(), which the headers of older systems lack. */
#define CACHESTAT 451

ptrdiff_t coil__file_read_at_once(int fd, int64_t at, void *buffer, size_t size)
{
    struct iovec piece = { .iov_base = buffer, .iov_len = size };
    long n =
        syscall(SYS_preadv2, fd, &piece, 1UL, (unsigned long)at, 0UL, NOWAIT);

    return n < 0 ? -errno : (ptrdiff_t)n;
}

/* As the kernel's struct cachestat, of Linux 6.5. */
struct pages {
    uint64_t cached;
    uint64_t dirty;
    uint64_t in_writeback;
    uint64_t evicted;
    uint64_t lately_evicted;
};

/*
 * The same of a file on a filesystem that cannot read without waiting, such as
 * tmpfs.  Kernels without the call answer that it is not known.
 */
static int count_pages(int fd, int64_t at, size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct {
        uint64_t at;
        uint64_t size;
    } range = { (uint64_t)at, size };
    struct pages pages = { 0 };

    if (syscall(CACHESTAT, fd, &range, &pages, 0) < 0)
        return -errno;
    return pages.cached >= (size + page - 1) / page ? 1 : -EAGAIN;
}

int coil__file_is_at_hand(int fd, int64_t at, size_t size)
{
    char byte;
    int rc = (int)coil__file_read_at_once(fd, at, &byte, 1);

    if (rc == -EOPNOTSUPP || rc == -ENOSYS)
        return count_pages(fd, at, size);
    if (rc == 1 && size > 1 &&
        coil__file_read_at_once(fd, at + (int64_t)size - 1, &byte, 1) ==
            -EAGAIN)
        rc = -EAGAIN;
    return rc;
}
