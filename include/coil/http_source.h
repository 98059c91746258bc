/* SPDX-License-Identifier: MIT */
/*
 * coil/http_source.h - where the body of a request comes from, if not from
 * memory
 *
 *     struct coil_http_file file;
 *     struct coil_http_request request = {
 *         .method = "PUT", .url = url, .source = &file.source
 *     };
 *
 *     rc = coil_http_file_init(&file, fd, 0, COIL_HTTP_TO_THE_END);
 *     if (rc == 0)
 *         rc = coil_http_request(client, &request, &response);
 *
 * Whatever its size, a body needs less than 256 KiB of memory while it is sent.
 * A source is read by the task that makes the request.
 */
#ifndef COIL_HTTP_SOURCE_H
#define COIL_HTTP_SOURCE_H

#include <coil/base.h>
#include <coil/http.h>

#ifdef __cplusplus
extern "C" {
#endif

struct coil_stream;

/* A source of bytes: your own, or one of those below. */
struct coil_http_source {
    /*
     * Put at least one byte and at most `size` into `buffer`.  Returns how
     * many, 0 at the end, or an error, which ends the request and is its
     * result.  It may suspend.  When the server has answered without waiting
     * for the whole body, what it waits for is cancelled (-ECANCELED).
     */
    ptrdiff_t (*read)(void *arg, void *buffer, size_t size);
    /*
     * Begin again from the beginning: the request is sent once more.  Returns 0
     * or an error, and does not suspend.  NULL: it can be read once only.
     */
    int (*rewind)(void *arg);
    void *arg;
    /*
     * How many bytes there are, and no more are read; COIL_HTTP_CHUNKED: not
     * known, and the body is sent in chunks.
     */
    int64_t size;
};

/*
 * What comes out of a stream: `size` bytes, or COIL_HTTP_CHUNKED, until it ends.
 * The stream is kept until the request is done.
 */
COIL_API struct coil_http_source
coil_http_source_of_stream(struct coil_stream *stream, int64_t size);

/* As the size of a part of a file: what there is. */
#define COIL_HTTP_TO_THE_END ((int64_t)-1)

/* A part of a file.  The fields are private, except for `source`. */
struct coil_http_file {
    struct coil_http_source source;
    int fd;
    int64_t offset;
    int64_t at;
};

/*
 * Make `file` a source of `size` bytes of the regular file `fd` from `offset`
 * on.  `file` and `fd` are kept until the request is done.  It is sent by
 * coil_stream_send_file(): without a copy over plain http, if the kernel has it in
 * memory.  If the file gets shorter meanwhile, the request ends with
 * COIL_EHTTP_SHORT_SOURCE; if it grows, `size` bytes are sent.
 *
 * Returns 0; -EINVAL: not a regular file, or it does not have so many bytes; or
 * an error of fstat().
 */
COIL_API int coil_http_file_init(struct coil_http_file *file, int fd,
                                 int64_t offset, int64_t size) COIL_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
