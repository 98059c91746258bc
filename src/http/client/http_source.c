/* SPDX-License-Identifier: MIT */
#include "http/client/http_source.h"

#include <errno.h>
#include <sys/stat.h>

#include <coil/file.h>
#include <coil/stream.h>

/* ---- a stream --------------------------------------------------------- */

static ptrdiff_t read_stream(void *arg, void *buffer, size_t size)
{
    return coil_stream_read(arg, buffer, size);
}

struct coil_http_source coil_http_source_of_stream(struct coil_stream *stream,
                                                   int64_t size)
{
    return (struct coil_http_source){
        .read = read_stream,
        .arg = stream,
        .size = size,
    };
}

/* ---- a file ----------------------------------------------------------- */

static ptrdiff_t read_file(void *arg, void *buffer, size_t size)
{
    struct coil_http_file *file = arg;
    ptrdiff_t n = coil_pread(file->fd, buffer, size, file->at);

    if (n > 0)
        file->at += n;
    return n;
}

static int rewind_file(void *arg)
{
    struct coil_http_file *file = arg;

    file->at = file->offset;
    return 0;
}

struct coil_http_file *coil__http_file_of(const struct coil_http_source *source)
{
    return source->read == read_file ? source->arg : NULL;
}

int coil_http_file_init(struct coil_http_file *file, int fd, int64_t offset,
                        int64_t size)
{
    struct stat status;

    if (fstat(fd, &status) < 0)
        return -errno;
    if (!S_ISREG(status.st_mode) || offset < 0 || offset > status.st_size)
        return -EINVAL;
    if (size == COIL_HTTP_TO_THE_END)
        size = status.st_size - offset;
    if (size < 0 || size > status.st_size - offset)
        return -EINVAL;
    *file = (struct coil_http_file){
        .source = { .read = read_file,
                    .rewind = rewind_file,
                    .arg = file,
                    .size = size },
        .fd = fd,
        .offset = offset,
        .at = offset,
    };
    return 0;
}
