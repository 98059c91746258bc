/* SPDX-License-Identifier: MIT */
#include "tls/pem.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { CHUNK = 16 * 1024, MAX_FILE = 16 * 1024 * 1024 };

static int read_all(int fd, struct coil_buffer *contents)
{
    for (;;) {
        int rc = coil__buffer_reserve(contents, CHUNK);
        ssize_t n;

        if (rc < 0)
            return rc;
        n = read(fd, coil__buffer_end(contents), CHUNK);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : 0;
        coil__buffer_grow(contents, (size_t)n);
        if (contents->size > MAX_FILE)
            return -EFBIG;
    }
}

int coil__tls_pem_open(BIO **bio, struct coil_buffer *contents,
                       const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int rc;

    if (fd < 0)
        return -errno;
    *contents = (struct coil_buffer){ .is_secret = true };
    rc = read_all(fd, contents);
    close(fd);
    if (rc < 0)
        goto free_contents;
    *bio = BIO_new_mem_buf(coil__buffer_bytes(contents), (int)contents->size);
    if (*bio)
        return 0;
    rc = -ENOMEM;

free_contents:
    coil__buffer_fini(contents);
    return rc;
}
