/* SPDX-License-Identifier: MIT */
/*
 * coil/http_files.h - serve the files of a directory
 *
 *     struct coil_http_files *files;
 *
 *     rc = coil_http_files_new(&files, "/srv/www", NULL);
 *     if (rc == 0)
 *         rc = coil_http_server_route(server, "GET", "/" "*name",
 *                                     coil_http_files_serve, files);
 *
 * Answers have Content-Type by the name, Last-Modified and ETag.  If-Match,
 * If-None-Match, If-Modified-Since, If-Unmodified-Since, Range and If-Range are
 * heeded as RFC 9110 says.  Up to 16 ranges that do not overlap are sent;
 * for others the whole file is.
 *
 * No request leads out of the directory: not by "..", not by an encoded "/", not
 * by a link to what is outside.  Links within are followed, if the kernel has
 * openat2() (Linux 5.6), else none are.  Only plain files are served.
 *
 * A file is opened, and what the kernel has of it in memory is read, on the
 * loop's thread; what has to come from the disk is read by another thread.
 */
#ifndef COIL_HTTP_FILES_H
#define COIL_HTTP_FILES_H

#include <coil/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct coil_http_exchange;
struct coil_http_files;

/* How files are served.  Zeroed is the default of everything. */
struct coil_http_files_options {
    /* The file that stands for its directory; NULL: "index.html". */
    const char *index;
    /* The value of Cache-Control; NULL: the header is not sent. */
    const char *cache_control;
    /*
     * Send "name.br" or "name.gz" in place of "name" to a client that can decode
     * it, if there is such a file.
     */
    bool precompressed;
    /* Serve files and directories whose name begins with ".", too. */
    bool hidden;
};

/*
 * Open the directory `root`.  `options`, which may be NULL, is copied, and so are
 * its strings.  Returns 0; the error of open(): -ENOENT, -ENOTDIR …;
 * COIL_EHTTP_BAD_HEADER: a bad cache_control; -ENOMEM.
 */
COIL_API int coil_http_files_new(struct coil_http_files **out, const char *root,
                                 const struct coil_http_files_options *options)
    COIL_MUST_CHECK;

/*
 * A handler: serve the file that the last parameter of the pattern names, such as
 * "*".  `files` is a struct coil_http_files.  What is not there, or must not be
 * seen, is answered by 404.  A directory whose path has no "/" at its end is
 * answered by a redirect that adds it.
 *
 * Returns as a handler does: an error of reading, such as -EIO, is reported.
 */
COIL_API int coil_http_files_serve(struct coil_http_exchange *exchange,
                                   void *files) COIL_SUSPENDS;

/* Close the directory when no request uses it any more; NULL is allowed. */
COIL_API void coil_http_files_free(struct coil_http_files *files);

#ifdef __cplusplus
}
#endif

#endif
