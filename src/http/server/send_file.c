/* SPDX-License-Identifier: MIT */
#include "http/server/send_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <coil/thread.h>

#include "base/memory.h"
#include "http/server/http_respond.h"
#include "http/server/http_respond_file.h"
#include "http/server/range.h"

/* What is smaller is read, and sent together with the head. */
enum { PIECE = 16 * 1024 };

/* Of preadv2(): do not wait for the disk. */
#define NOWAIT 8

/* ---- reading ---------------------------------------------------------- */

/* Copied for the thread, as the thread goes on if the task is cancelled. */
struct job {
    int fd;
    uint64_t at;
    size_t size;
    ssize_t got; /* or a negative errno value */
    char bytes[PIECE];
};

static ssize_t read_now(int fd, void *bytes, size_t size, uint64_t at)
{
    struct iovec piece = { .iov_base = bytes, .iov_len = size };
    long n =
        syscall(SYS_preadv2, fd, &piece, 1UL, (unsigned long)at, 0UL, NOWAIT);

    return n < 0 ? -errno : (ssize_t)n;
}

static int read_in_thread(void *arg)
{
    struct job *job = arg;

    do
        job->got = pread(job->fd, job->bytes, job->size, (off_t)job->at);
    while (job->got < 0 && errno == EINTR);
    if (job->got < 0)
        job->got = -errno;
    return 0;
}

/* Read the next piece.  Returns bytes, or an error: the file has got shorter. */
static ssize_t read_piece(struct job *job)
{
    int rc;

    job->got = read_now(job->fd, job->bytes, job->size, job->at);
    if (job->got <= 0) {
        rc = coil_to_thread_copy(read_in_thread, job);
        if (rc < 0)
            return rc;
    }
    return job->got == 0 ? -EIO : job->got;
}

static int send_small(struct coil_http_exchange *x,
                      const struct coil__http_range *range, int fd)
{
    struct job *job = coil__realloc(NULL, sizeof *job);
    uint64_t left = range->size;
    int rc = 0;

    if (!job)
        return -ENOMEM;
    job->fd = fd;
    job->at = range->first;
    while (rc == 0 && left > 0) {
        ssize_t n;

        job->size = (size_t)left;
        n = read_piece(job);
        rc = n < 0 ? (int)n : coil_http_write(x, job->bytes, (size_t)n);
        if (n > 0) {
            left -= (uint64_t)n;
            job->at += (uint64_t)n;
        }
    }
    coil__free(job);
    return rc;
}

static int send_range(struct coil_http_exchange *x,
                      const struct coil__http_range *range, int fd)
{
    if (range->size <= PIECE)
        return send_small(x, range, fd);
    return coil__http_respond_file(x, fd, range->first, range->size);
}

/* ---- one range -------------------------------------------------------- */

static int send_one(struct coil_http_exchange *x, int status, const char *type,
                    const struct coil__http_range *range, int fd)
{
    int rc = coil_http_begin(x, status, type, (int64_t)range->size);

    if (rc < 0 || x->is_bodyless)
        return rc;
    return send_range(x, range, fd);
}

/* The value of Content-Range. */
static void write_range(char text[80], const struct coil__http_range *range,
                        uint64_t size)
{
    snprintf(text, 80, "bytes %llu-%llu/%llu", (unsigned long long)range->first,
             (unsigned long long)(range->first + range->size - 1),
             (unsigned long long)size);
}

/* ---- more than one ---------------------------------------------------- */

struct parts {
    const struct coil__http_range *ranges;
    int count;
    int fd;
    const char *type;
    uint64_t file_size;
    char boundary[40];
};

static int write_part_head(const struct parts *p, int i, char *text,
                           size_t room)
{
    char range[80];

    write_range(range, &p->ranges[i], p->file_size);
    return snprintf(text, room,
                    "%s--%s\r\nContent-Type: %s\r\nContent-Range: %s\r\n\r\n",
                    i > 0 ? "\r\n" : "", p->boundary, p->type, range);
}

static int send_parts(struct coil_http_exchange *x, const struct parts *p)
{
    char text[400];
    char type[100];
    int size = snprintf(text, sizeof text, "\r\n--%s--\r\n", p->boundary);
    int64_t length = size;
    int rc;

    for (int i = 0; i < p->count; i++)
        length += write_part_head(p, i, text, sizeof text) +
                  (int64_t)p->ranges[i].size;
    snprintf(type, sizeof type, "multipart/byteranges; boundary=%s",
             p->boundary);
    rc = coil_http_begin(x, 206, type, length);
    for (int i = 0; rc == 0 && i < p->count; i++) {
        size = write_part_head(p, i, text, sizeof text);
        rc = coil_http_write(x, text, (size_t)size);
        if (rc == 0)
            rc = send_range(x, &p->ranges[i], p->fd);
    }
    if (rc < 0)
        return rc;
    size = snprintf(text, sizeof text, "\r\n--%s--\r\n", p->boundary);
    return coil_http_write(x, text, (size_t)size);
}

/* A word that is in no file, since nobody can know it beforehand. */
static void choose_boundary(struct parts *p)
{
    uint64_t words[2] = { p->file_size, (uint64_t)coil_now() };

    if (getrandom(words, sizeof words, GRND_NONBLOCK) < 0)
        words[0] ^= (uint64_t)(uintptr_t)p;
    snprintf(p->boundary, sizeof p->boundary, "%016llx%016llx",
             (unsigned long long)words[0], (unsigned long long)words[1]);
}

/* ---- the answer ------------------------------------------------------- */

static int answer_unsatisfiable(struct coil_http_exchange *x, uint64_t size)
{
    char text[60];
    int rc;

    snprintf(text, sizeof text, "bytes */%llu", (unsigned long long)size);
    rc = coil_http_respond_header(x, "Content-Range", text);
    return rc < 0 ? rc : coil__http_respond_status(x, 416);
}

int coil__http_send_file(struct coil_http_exchange *x,
                         const struct coil__http_file *file, const char *type,
                         const char *wanted)
{
    struct coil__http_range ranges[COIL__HTTP_RANGES];
    const struct coil__http_range whole = { 0, file->size };
    struct parts parts = {
        .ranges = ranges, .fd = file->fd, .type = type, .file_size = file->size
    };
    char text[80];
    int rc;

    parts.count =
        wanted ? coil__http_parse_ranges(wanted, file->size, ranges) : 0;
    if (parts.count < 0)
        return answer_unsatisfiable(x, file->size);
    if (parts.count == 0)
        return send_one(x, 200, type, &whole, file->fd);
    if (parts.count == 1) {
        write_range(text, &ranges[0], file->size);
        rc = coil_http_respond_header(x, "Content-Range", text);
        return rc < 0 ? rc : send_one(x, 206, type, &ranges[0], file->fd);
    }
    choose_boundary(&parts);
    return send_parts(x, &parts);
}
