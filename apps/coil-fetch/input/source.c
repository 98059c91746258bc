/* SPDX-License-Identifier: MIT */
#include "input/source.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <coil/fd.h>
#include <coil/file.h>
#include <coil/file_stream.h>

static bool is_file(mode_t mode)
{
    return S_ISREG(mode) || S_ISBLK(mode);
}

static int copy_of(int fd)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

    return copy < 0 ? -errno : copy;
}

static int open_standard(struct source *source, struct coil_stream **stream)
{
    struct stat status = { 0 };

    if (fstat(STDIN_FILENO, &status) < 0)
        return -errno;
    if (S_ISDIR(status.st_mode))
        return -EISDIR;
    source->is_slow = !is_file(status.st_mode);
    return coil_stream_standard(stream, STDIN_FILENO);
}

/*
 * A FIFO that is open for reading without waiting says that it has ended, as long
 * as nobody has it open for writing.  But poll() knows better.
 */
static int open_slow(struct source *source, struct coil_stream **stream)
{
    struct stat status = { 0 };
    int rc = 0;

    if (fstat(source->fd, &status) == 0 && S_ISFIFO(status.st_mode))
        rc = coil_wait_fd(source->fd, COIL_READABLE);
    if (rc == -ECANCELED)
        return rc;
    if (rc >= 0)
        rc = coil_stream_standard(stream, source->fd);
    source_fini(source);
    return rc;
}

static int open_file(struct source *source, const char *path,
                     struct coil_stream **stream)
{
    struct stat status = { 0 };
    struct coil_file *file;
    int rc = coil_file_open(&file, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);

    if (rc < 0)
        return rc;
    if (fstat(coil_file_fd(file), &status) < 0)
        rc = -errno;
    else if (S_ISDIR(status.st_mode))
        rc = -EISDIR;
    else if (is_file(status.st_mode))
        rc = coil_stream_from_file(stream, file);
    else
        rc = copy_of(coil_file_fd(file));
    coil_file_abort(file);
    source->is_slow = !is_file(status.st_mode);
    if (source->is_slow && rc >= 0) {
        source->fd = rc;
        rc = 0;
    }
    return rc;
}

int source_open(struct source *source, const char *path,
                struct coil_stream **stream)
{
    int rc = 0;

    if (strcmp(path, "-") == 0)
        return open_standard(source, stream);
    if (source->fd < 0)
        rc = open_file(source, path, stream);
    if (rc == 0 && source->fd >= 0)
        rc = open_slow(source, stream);
    return rc;
}

void source_fini(struct source *source)
{
    if (source->fd >= 0)
        close(source->fd);
    source->fd = -1;
}
