/* SPDX-License-Identifier: MIT */
#include "http/server/send_file.h"

#include <errno.h>
#include <stdio.h>
#include <sys/random.h>

#include <coil/file.h>

#include "base/memory.h"
#include "http/server/http_respond.h"
#include "http/server/http_respond_file.h"
#include "http/server/range.h"

/* What is smaller is read, and sent together with the head. */
enum { PIECE = 16 * 1024 };

/* ---- reading ---------------------------------------------------------- */

static int send_small(struct coil_http_exchange *x,
                      const struct coil__http_range *range, int fd)
{
    char *piece = coil__realloc(NULL, PIECE);
    int64_t at = (int64_t)range->first;
    uint64_t left = range->size;
    int rc = piece ? 0 : -ENOMEM;

    while (rc == 0 && left > 0) {
        ptrdiff_t n = coil_pread(fd, piece, (size_t)left, at);

        if (n == 0)
            n = -EIO; /* the file has got shorter */
        rc = n < 0 ? (int)n : coil_http_write(x, piece, (size_t)n);
        if (n > 0) {
            left -= (uint64_t)n;
            at += n;
        }
    }
    coil__free(piece);
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
