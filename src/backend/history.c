/* SPDX-License-Identifier: MIT */
#include "backend/history.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <coil/error.h>

#include "base/panic.h"
#include "base/platform.h"

/* The file grows by this, and by a quarter of what it has. */
enum { STEP = 1 << 20 };

/* The most bytes of a number. */
enum { NUMBER = 10 };

/* ---- the file ------------------------------------------------------------- */

/* Give the file `capacity` bytes that the disk has, and map them. */
static int grow(struct coil_history *h, size_t capacity)
{
    int rc = -posix_fallocate(h->fd, (off_t)h->capacity,
                              (off_t)(capacity - h->capacity));
    void *bytes;

    if (rc < 0)
        return rc;
    bytes = h->bytes ? mremap(h->bytes, h->capacity, capacity, MREMAP_MAYMOVE)
                     : mmap(NULL, capacity, PROT_READ | PROT_WRITE, MAP_SHARED,
                            h->fd, 0);
    if (bytes == MAP_FAILED)
        return -errno;
    h->bytes = bytes;
    h->capacity = capacity;
    return 0;
}

int coil__history_create(struct coil_history *h, const char *path,
                         unsigned kind)
{
    struct coil_history_head *head;
    int rc;

    *h = (struct coil_history){ .at = sizeof *head };
    h->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                 S_IRUSR | S_IWUSR);
    if (h->fd < 0)
        return -errno;
    rc = grow(h, STEP);
    if (rc < 0) {
        close(h->fd);
        return rc;
    }
    head = coil__history_head(h);
    memcpy(head->magic, COIL_HISTORY_MAGIC, sizeof head->magic);
    head->version = COIL_HISTORY_VERSION;
    head->kind = kind;
    coil__history_commit(h);
    return 0;
}

static int check_head(const struct coil_history *h, size_t size)
{
    const struct coil_history_head *head = coil__history_head(h);

    if (memcmp(head->magic, COIL_HISTORY_MAGIC, sizeof head->magic) != 0)
        return -EBADMSG;
    if (head->version != COIL_HISTORY_VERSION)
        return -ENOTSUP;
    return head->used < sizeof *head || head->used > size ? -EBADMSG : 0;
}

/* A private mapping: what is read does not go into the file. */
static int map_to_read(struct coil_history *h)
{
    struct stat status;
    int rc;

    if (fstat(h->fd, &status) < 0)
        return -errno;
    if (status.st_size < (off_t)sizeof(struct coil_history_head))
        return -EBADMSG;
    h->capacity = (size_t)status.st_size;
    h->bytes = mmap(NULL, h->capacity, PROT_READ, MAP_PRIVATE, h->fd, 0);
    if (h->bytes == MAP_FAILED)
        return -errno;
    rc = check_head(h, h->capacity);
    if (rc < 0)
        munmap(h->bytes, h->capacity);
    return rc;
}

int coil__history_open(struct coil_history *h, const char *path)
{
    int rc;

    *h = (struct coil_history){ .at = sizeof(struct coil_history_head) };
    h->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (h->fd < 0)
        return -errno;
    rc = map_to_read(h);
    close(h->fd);
    h->fd = -1;
    if (rc < 0)
        h->bytes = NULL;
    return rc;
}

void coil__history_leave(struct coil_history *h)
{
    if (!h->bytes)
        return;
    munmap(h->bytes, h->capacity);
    if (h->fd >= 0)
        close(h->fd);
    h->bytes = NULL;
}

void coil__history_close(struct coil_history *h)
{
    /* If that fails, the file has zeroes at its end, and its head says so. */
    if (h->bytes && h->fd >= 0)
        (void)!ftruncate(h->fd, (off_t)coil__history_head(h)->used);
    coil__history_leave(h);
}

/* ---- writing -------------------------------------------------------------- */

static bool make_room(struct coil_history *h, size_t size)
{
    int rc;

    if (COIL_LIKELY(h->capacity - h->at >= size))
        return true;
    rc = grow(h, h->capacity + h->capacity / 4 + size + STEP);
    if (rc == 0)
        return true;
    coil__complain("COIL_HISTORY", "the file has ended here: %s",
                   coil_strerror(rc));
    coil__history_close(h);
    return false;
}

void coil__history_put(struct coil_history *h, uint64_t value)
{
    if (!h->bytes || !make_room(h, NUMBER))
        return;
    while (value > 0x7f) {
        h->bytes[h->at++] = (unsigned char)(value | 0x80);
        value >>= 7;
    }
    h->bytes[h->at++] = (unsigned char)value;
}

/* Small numbers of either sign are short: 0, -1, 1, -2 … are 0, 1, 2, 3 … */
void coil__history_put_signed(struct coil_history *h, int64_t value)
{
    uint64_t sign = value < 0 ? UINT64_MAX : 0;

    coil__history_put(h, ((uint64_t)value << 1) ^ sign);
}

void coil__history_put_bytes(struct coil_history *h, const void *data,
                             size_t size)
{
    if (!h->bytes || size == 0 || !make_room(h, size))
        return;
    memcpy(h->bytes + h->at, data, size);
    h->at += size;
}

void coil__history_commit(struct coil_history *h)
{
    if (h->bytes)
        coil__history_head(h)->used = h->at;
}

/* ---- reading -------------------------------------------------------------- */

static size_t left(const struct coil_history *h)
{
    return coil__history_head(h)->used - h->at;
}

bool coil__history_is_over(const struct coil_history *h)
{
    return left(h) == 0;
}

uint64_t coil__history_get(struct coil_history *h)
{
    uint64_t value = 0;
    unsigned char byte = 0x80;

    for (unsigned shift = 0; byte > 0x7f && shift < 64 && left(h) > 0;
         shift += 7) {
        byte = h->bytes[h->at++];
        value |= (uint64_t)(byte & 0x7f) << shift;
    }
    return value;
}

int64_t coil__history_get_signed(struct coil_history *h)
{
    uint64_t value = coil__history_get(h);

    return (int64_t)((value >> 1) ^ (0 - (value & 1)));
}

void coil__history_get_bytes(struct coil_history *h, void *data, size_t size)
{
    size_t there = size < left(h) ? size : left(h);

    if (there > 0)
        memcpy(data, h->bytes + h->at, there);
    if (size > there)
        memset((char *)data + there, 0, size - there);
    h->at += there;
}
