/* SPDX-License-Identifier: MIT */
#include "output/warc_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include <coil/sleep.h>

#include <zlib.h>

#include "common/append.h"

/*
 * STEP is what is compressed before others run: less than a millisecond.  Level 6
 * is what archives have; level 1 is for what is compressed already.
 */
enum { STEP = 16 * 1024, OUT = 16 * 1024, LEVEL = 6, DENSE_LEVEL = 1 };

/* zlib's default window of 32 KiB, in a member of gzip. */
enum { WINDOW_BITS = 15 + 16, MEMORY_LEVEL = 8 };

struct warc_file {
    struct append *append;
    z_stream stream;
    bool is_plain;
    unsigned char out[OUT];
};

/* ---- its life ------------------------------------------------------------------- */

static int start_at(struct warc_file *file, uint64_t offset)
{
    struct stat status;
    int rc = coil_file_stat(append_file(file->append), &status);

    if (rc < 0)
        return rc;
    if ((uint64_t)status.st_size < offset)
        return -ENODATA;
    return append_start(file->append, offset);
}

int warc_file_open(struct warc_file **out,
                   const struct warc_file_options *options)
{
    struct warc_file *file = calloc(1, sizeof *file);
    int rc;

    *out = NULL;
    if (!file)
        return -ENOMEM;
    file->is_plain = options->is_plain;
    if (deflateInit2(&file->stream, LEVEL, Z_DEFLATED, WINDOW_BITS,
                     MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK) {
        free(file);
        return -ENOMEM;
    }
    rc = append_open(&file->append,
                     &(struct append_options){
                         .path = options->path,
                         .flags = O_CREAT | (options->is_new ? O_EXCL : 0),
                         .is_locked = true,
                         .has_no_sync = options->has_no_sync,
                     });
    if (rc == 0)
        rc = start_at(file, options->offset);
    if (rc < 0)
        warc_file_abort(file);
    else
        *out = file;
    return rc;
}

static void free_stream(struct warc_file *file)
{
    deflateEnd(&file->stream);
    free(file);
}

int warc_file_close(struct warc_file *file)
{
    struct append *append = NULL;

    if (file) {
        append = file->append;
        free_stream(file);
    }
    return append_close(append);
}

void warc_file_abort(struct warc_file *file)
{
    if (!file)
        return;
    append_abort(file->append);
    free_stream(file);
}

/* ---- one record ----------------------------------------------------------------- */

void warc_file_begin(struct warc_file *file, bool is_dense)
{
    deflateReset(&file->stream);
    deflateParams(&file->stream, is_dense ? DENSE_LEVEL : LEVEL,
                  Z_DEFAULT_STRATEGY);
}

/* Neither deflate() nor Z_FINISH fails with room for output. */
static int compress_step(struct warc_file *file, const void *bytes, size_t size,
                         int flush)
{
    z_stream *stream = &file->stream;
    int rc = 0;

    stream->next_in = (unsigned char *)bytes;
    stream->avail_in = (unsigned)size;
    do {
        stream->next_out = file->out;
        stream->avail_out = OUT;
        deflate(stream, flush);
        rc = append_add(file->append, file->out, OUT - stream->avail_out);
    } while (rc == 0 && stream->avail_out == 0);
    return rc;
}

static int add_step(struct warc_file *file, const void *bytes, size_t size)
{
    if (file->is_plain)
        return append_add(file->append, bytes, size);
    return compress_step(file, bytes, size, Z_NO_FLUSH);
}

int warc_file_add(struct warc_file *file, const void *bytes, size_t size)
{
    const char *at = bytes;
    int rc = coil_checkpoint();

    while (rc == 0 && size > STEP) {
        rc = add_step(file, at, STEP);
        at += STEP;
        size -= STEP;
        if (rc == 0)
            rc = append_room(file->append);
        if (rc == 0)
            rc = coil_yield();
    }
    if (rc == 0 && size > 0)
        rc = add_step(file, at, size);
    return rc;
}

int warc_file_end(struct warc_file *file)
{
    return file->is_plain ? 0 : compress_step(file, "", 0, Z_FINISH);
}

uint64_t warc_file_offset(const struct warc_file *file)
{
    return append_end(file->append);
}

void warc_file_cut(struct warc_file *file, uint64_t offset)
{
    append_cut(file->append, offset);
}

/* ---- the file ------------------------------------------------------------------- */

int warc_file_room(struct warc_file *file)
{
    return append_room(file->append);
}

int warc_file_flush(struct warc_file *file, uint64_t offset)
{
    return append_flush(file->append, offset);
}
