/* SPDX-License-Identifier: MIT */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { CHUNK = 16 * 1024 };

static int read_all(int fd, size_t limit, struct coil_buffer *out)
{
    for (;;) {
        int rc = coil__buffer_reserve(out, CHUNK);
        ssize_t n;

        if (rc < 0)
            return rc;
        n = read(fd, coil__buffer_end(out), coil__buffer_room(out));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : 0;
        coil__buffer_grow(out, (size_t)n);
        if (out->size > limit)
            return -EFBIG;
    }
}

int coil__file_read(const char *path, size_t limit, struct coil_buffer *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int rc;

    if (fd < 0)
        return -errno;
    rc = read_all(fd, limit, out);
    close(fd);
    return rc;
}

bool coil__file_peek(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n;

    if (fd < 0)
        return false;
    n = read(fd, text, size - 1);
    close(fd);
    text[n > 0 ? n : 0] = '\0';
    return n > 0;
}
