/* SPDX-License-Identifier: MIT */
#include <coil/http_files.h>

#include <coil/sleep.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "http/server/beneath.h"
#include "http/server/conditional.h"
#include "http/server/date_text.h"
#include "http/server/http_respond.h"
#include "http/server/media_type.h"
#include "http/server/send_file.h"
#include "http/wire/coding.h"

struct coil_http_files {
    int root;
    char *index;
    char *cache_control;
    bool precompressed;
    bool hidden;
};

/* ---- making ----------------------------------------------------------- */

static int copy_options(struct coil_http_files *files,
                        const struct coil_http_files_options *o)
{
    const char *index = o->index ? o->index : "index.html";

    files->precompressed = o->precompressed;
    files->hidden = o->hidden;
    files->index = coil__strndup(index, strlen(index));
    if (!files->index)
        return -ENOMEM;
    if (!o->cache_control)
        return 0;
    if (!coil_http_is_value(o->cache_control))
        return COIL_EHTTP_BAD_HEADER;
    files->cache_control =
        coil__strndup(o->cache_control, strlen(o->cache_control));
    return files->cache_control ? 0 : -ENOMEM;
}

int coil_http_files_new(struct coil_http_files **out, const char *root,
                        const struct coil_http_files_options *options)
{
    static const struct coil_http_files_options none = { 0 };
    struct coil_http_files *files = coil__alloc(sizeof *files);
    int rc;

    if (!files)
        return -ENOMEM;
    files->root = -1;
    rc = copy_options(files, options ? options : &none);
    if (rc == 0) {
        files->root = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
        rc = files->root < 0 ? -errno : 0;
    }
    if (rc < 0)
        coil_http_files_free(files);
    else
        *out = files;
    return rc;
}

void coil_http_files_free(struct coil_http_files *files)
{
    if (!files)
        return;
    if (files->root >= 0)
        close(files->root);
    coil__free(files->index);
    coil__free(files->cache_control);
    coil__free(files);
}

/* ---- finding a file --------------------------------------------------- */

struct found {
    struct coil__http_file file;
    const char *type;
    const char *coding; /* NULL: the file itself */
    char etag[64];
    char modified[COIL__HTTP_DATE_SIZE];
    int64_t seconds; /* of `modified` */
};

/* Whether no part of the path begins with ".". */
static bool is_plain(const char *path)
{
    for (; *path; path += strcspn(path, "/"), path += *path == '/')
        if (*path == '.')
            return false;
    return true;
}

/* Open `path` followed by `suffix`.  Returns a descriptor or an error. */
static int open_with(const struct coil_http_files *files, const char *path,
                     const char *suffix)
{
    char whole[4096];

    if ((size_t)snprintf(whole, sizeof whole, "%s%s", path, suffix) >=
        sizeof whole)
        return -ENAMETOOLONG;
    return coil__open_beneath(files->root, whole);
}

/* Returns 0 for a plain file, 1 for a directory, or an error. */
static int look_at(int fd, struct stat *st)
{
    if (fd < 0)
        return fd;
    if (fstat(fd, st) < 0)
        return -errno;
    if (S_ISDIR(st->st_mode))
        return 1;
    return S_ISREG(st->st_mode) ? 0 : -ENOENT;
}

static void close_if_open(int fd)
{
    if (fd >= 0)
        close(fd);
}

/* Replace the file by one that is compressed, if the client can decode it. */
static void choose_compressed(const struct coil_http_files *files,
                              const struct coil_http_exchange *x,
                              const char *path, struct found *found,
                              struct stat *st)
{
    static const struct {
        enum coil__http_coding coding;
        const char *suffix;
    } codings[] = { { COIL__HTTP_BR, ".br" }, { COIL__HTTP_GZIP, ".gz" } };
    const char *accepted = coil_http_exchange_header(x, "Accept-Encoding");

    for (size_t i = 0; accepted && i < 2; i++) {
        struct stat other;
        int fd;

        if (!coil__http_accepts_coding(accepted, codings[i].coding))
            continue;
        fd = open_with(files, path, codings[i].suffix);
        if (look_at(fd, &other) != 0) {
            close_if_open(fd);
            continue;
        }
        close(found->file.fd);
        found->file.fd = fd;
        found->coding = coil__http_coding_name(codings[i].coding);
        *st = other;
        return;
    }
}

static void describe(struct found *found, const struct stat *st)
{
    found->file.size = (uint64_t)st->st_size;
    found->seconds = st->st_mtim.tv_sec;
    coil__http_date_text(found->modified, found->seconds);
    snprintf(found->etag, sizeof found->etag, "\"%llx-%lx-%llx%s%s\"",
             (unsigned long long)st->st_mtim.tv_sec,
             (unsigned long)st->st_mtim.tv_nsec,
             (unsigned long long)st->st_size, found->coding ? "-" : "",
             found->coding ? found->coding : "");
}

/*
 * Open what `path` names.  Returns 0 with an open file; 1: a directory, whose path
 * lacks the "/"; or an error.
 */
static int find(const struct coil_http_files *files,
                const struct coil_http_exchange *x, const char *path,
                struct found *found)
{
    bool has_slash = x->path[strlen(x->path) - 1] == '/';
    char index[4096];
    struct stat st;
    int rc;

    *found = (struct found){ .file.fd = open_with(files, path, "") };
    rc = look_at(found->file.fd, &st);
    if (rc == 1 && has_slash) {
        close(found->file.fd);
        if ((size_t)snprintf(index, sizeof index, "%s/%s", path,
                             files->index) >= sizeof index)
            return -ENAMETOOLONG;
        path = index;
        found->file.fd = open_with(files, path, "");
        rc = look_at(found->file.fd, &st);
        rc = rc == 1 ? -ENOENT : rc;
    } else if (rc == 0 && has_slash) {
        rc = -ENOENT;
    }
    if (rc != 0) {
        close_if_open(found->file.fd);
        return rc;
    }
    found->type = coil__http_media_type(path);
    if (files->precompressed)
        choose_compressed(files, x, path, found, &st);
    describe(found, &st);
    return 0;
}

/* ---- answering -------------------------------------------------------- */

static bool is_not_found(int rc)
{
    return rc == -ENOENT || rc == -ENOTDIR || rc == -EACCES ||
           rc == -ENAMETOOLONG || rc == -ENXIO;
}

/*
 * Send the client to the same path with a "/" behind it.  The path begins with one
 * "/", since "//host/" would be another server.
 */
static int answer_redirect(struct coil_http_exchange *x)
{
    struct coil_buffer location = { 0 };
    const char *path = x->path + strspn(x->path, "/\\");
    int rc = coil__buffer_printf(&location, "/%s/%s%s", path,
                                 *x->query ? "?" : "", x->query);

    if (rc == 0)
        rc = coil__buffer_append(&location, "", 1);
    if (rc == 0)
        rc = coil_http_respond_header(
            x, "Location", (const char *)coil__buffer_bytes(&location));
    coil__buffer_fini(&location);
    return rc < 0 ? rc : coil__http_respond_status(x, 301);
}

static int add(struct coil_http_exchange *x, int rc, const char *name,
               const char *value)
{
    if (rc < 0 || !value)
        return rc;
    return coil_http_respond_header(x, name, value);
}

static int answer_found(const struct coil_http_files *files,
                        struct coil_http_exchange *x, const struct found *found)
{
    const struct coil__http_validators now = { found->etag, found->seconds };
    const char *wanted = coil_http_exchange_header(x, "Range");
    int status = coil__http_conditions(x, &now);
    int rc = 0;

    if (status == 412)
        return coil__http_respond_status(x, status);
    rc = add(x, rc, "ETag", found->etag);
    rc = add(x, rc, "Last-Modified", found->modified);
    rc = add(x, rc, "Cache-Control", files->cache_control);
    rc = add(x, rc, "Vary", files->precompressed ? "Accept-Encoding" : NULL);
    if (rc < 0)
        return rc;
    if (status == 304)
        return coil_http_respond(x, status, NULL, NULL, 0);
    rc = add(x, rc, "Accept-Ranges", "bytes");
    rc = add(x, rc, "Content-Encoding", found->coding);
    if (rc < 0)
        return rc;
    if (wanted && (strcmp(x->head.method, "GET") != 0 ||
                   !coil__http_may_send_ranges(x, &now)))
        wanted = NULL;
    return coil__http_send_file(x, &found->file, found->type, wanted);
}

int coil_http_files_serve(struct coil_http_exchange *x, void *arg)
{
    const struct coil_http_files *files = arg;
    struct found found;
    const char *path;
    int rc = coil_checkpoint();

    if (rc < 0)
        return rc;
    if (x->capture_count == 0)
        return -EINVAL;
    path = x->captures[x->capture_count - 1].value;
    rc = files->hidden || is_plain(path) ? find(files, x, path, &found)
                                         : -ENOENT;
    if (is_not_found(rc))
        return coil__http_respond_status(x, 404);
    if (rc < 0)
        return rc;
    if (rc == 1)
        return answer_redirect(x);
    rc = answer_found(files, x, &found);
    close(found.file.fd);
    return rc;
}
