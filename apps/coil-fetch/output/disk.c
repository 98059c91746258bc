/* SPDX-License-Identifier: MIT */
#include "output/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "output/safe_name.h"

enum {
    MAX_DETOURS = 8, /* a.d.d.d … */
    TEMP_NAME = 200, /* bytes of the name that its temporary file has */
    MAX_TRIES = 100,
};

/* Make room for `more` in the middle of the path. */
static int insert(struct text *path, size_t at, const char *more)
{
    size_t length = strlen(more);

    text_add(path, more);
    if (path->has_failed)
        return -ENOMEM;
    memmove(path->bytes + at + length, path->bytes + at,
            path->size - length - at);
    memcpy(path->bytes + at, more, length);
    return 0;
}

/* What stands at the first `length` bytes of the path: its mode, 0: nothing. */
static int look(struct text *path, size_t length, mode_t *mode)
{
    char end = path->bytes[length];
    struct stat status;
    int rc;

    path->bytes[length] = '\0';
    rc = stat(path->bytes, &status) < 0 ? -errno : 0;
    path->bytes[length] = end;
    *mode = rc == 0 ? status.st_mode : 0;
    return rc == -ENOENT ? 0 : rc;
}

static int make_directory(struct text *path, size_t length)
{
    char end = path->bytes[length];
    int rc;

    path->bytes[length] = '\0';
    rc = mkdir(path->bytes, 0777) < 0 ? -errno : 0;
    path->bytes[length] = end;
    return rc;
}

/*
 * The directory that the first `*length` bytes name; it may become another one.
 * Returns 1: it is there; 0: it is not; or an error.
 */
static int enter(struct text *path, size_t fixed, size_t *length, bool makes)
{
    for (int i = 0; i < MAX_DETOURS; i++) {
        int rc = makes ? make_directory(path, *length) : -EEXIST;
        mode_t mode;

        if (rc == 0)
            return 1;
        if (rc != -EEXIST)
            return rc;
        rc = look(path, *length, &mode);
        if (rc < 0)
            return rc;
        if (mode == 0 && !makes)
            return 0;
        if (S_ISDIR(mode))
            return 1;
        if (*length <= fixed)
            return -ENOTDIR;
        rc = insert(path, *length, ".d");
        if (rc < 0)
            return rc;
        *length += 2;
    }
    return -ENOTDIR;
}

/* As enter(), from directory to directory. */
static int enter_all(struct text *path, size_t fixed, bool makes)
{
    for (size_t at = 1; at < path->size; at++) {
        bool is_slash = path->bytes[at] == '/' && path->bytes[at - 1] != '/';
        int rc;

        if (!is_slash)
            continue;
        /* The last slash of the user's own directory belongs to it. */
        rc = enter(path, fixed, &at, makes);
        if (rc <= 0)
            return rc;
    }
    return 1;
}

/* The file itself, whose directory is there. */
static int locate_file(struct text *path, bool *is_there)
{
    for (int i = 0; i < MAX_DETOURS; i++) {
        mode_t mode;
        int rc = look(path, path->size, &mode);

        if (rc < 0)
            return rc;
        *is_there = mode != 0;
        if (!S_ISDIR(mode))
            return 0;
        text_add(path, ".f");
        if (path->has_failed)
            return -ENOMEM;
    }
    return -EISDIR;
}

int disk_locate(struct text *path, size_t fixed, bool makes_directories,
                bool *is_there)
{
    int rc = enter_all(path, fixed, makes_directories);

    *is_there = false;
    return rc <= 0 ? rc : locate_file(path, is_there);
}

/* ---- temporary files -------------------------------------------------------- */

/* "DIR/.NAME.MARK.part" */
static int name_temp(struct text *temp, const struct text *path,
                     const char *mark)
{
    const char *slash = strrchr(path->bytes, '/');
    const char *name = slash ? slash + 1 : path->bytes;
    size_t size = strlen(name);

    text_clear(temp);
    text_add_bytes(temp, path->bytes, (size_t)(name - path->bytes));
    text_add_char(temp, '.');
    text_add_bytes(temp, name, size < TEMP_NAME ? size : TEMP_NAME);
    text_add_char(temp, '.');
    text_add(temp, mark);
    text_add(temp, ".part");
    return temp->has_failed ? -ENOMEM : 0;
}

/* Some filesystems have no locks: then there are none. */
static int lock(int fd)
{
    if (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno == ENOLCK ||
        errno == EOPNOTSUPP || errno == ENOSYS)
        return 0;
    return errno == EWOULDBLOCK ? -EBUSY : -errno;
}

/*
 * Whether the path still names the open file.  In front of its lock another one may
 * have locked it, even if it was new, and given it its final name.
 */
static bool is_still(int fd, const char *path, struct stat *status)
{
    struct stat named;

    return fstat(fd, status) == 0 && lstat(path, &named) == 0 &&
           status->st_ino == named.st_ino && status->st_dev == named.st_dev;
}

/* Make it, or open what is there. */
static int open_or_make(const char *path, bool makes)
{
    enum { FLAGS = O_RDWR | O_CLOEXEC | O_NOFOLLOW };
    int fd = open(path, makes ? FLAGS | O_CREAT : FLAGS, 0666);

    return fd < 0 ? -errno : fd;
}

static int open_locked(const char *path, struct stat *status, bool makes)
{
    for (int i = 0; i < MAX_TRIES; i++) {
        int fd = open_or_make(path, makes);
        int rc;

        if (fd < 0)
            return fd;
        rc = lock(fd);
        if (rc == 0 && is_still(fd, path, status))
            return fd;
        close(fd);
        if (rc < 0)
            return rc;
    }
    return -EBUSY;
}

int disk_open_temp(struct text *temp, struct stat *status,
                   const struct text *path, const char *mark, bool makes)
{
    int rc = name_temp(temp, path, mark);

    if (rc == 0)
        rc = open_locked(temp->bytes, status, makes);
    for (int i = 0; rc == -EBUSY && makes && i < MAX_TRIES; i++) {
        char other[64];
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        snprintf(other, sizeof other, "%s-%ld-%ld-%d", mark, (long)getpid(),
                 now.tv_nsec, i);
        rc = name_temp(temp, path, other);
        if (rc == 0)
            rc = open_locked(temp->bytes, status, true);
    }
    return rc;
}

int disk_write(int fd, const char *bytes, size_t size, int64_t offset)
{
    while (size > 0) {
        ssize_t n = pwrite(fd, bytes, size, offset);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        bytes += n;
        size -= (size_t)n;
        offset += n;
    }
    return 0;
}

/* ---- final names -------------------------------------------------------------- */

static int set_number(struct text *path, size_t base, uint64_t number)
{
    path->size = base;
    path->bytes[base] = '\0';
    if (number > 0) {
        text_add_char(path, '.');
        text_add_int(path, (int64_t)number);
    }
    return path->has_failed ? -ENOMEM : 0;
}

/* 1: there is something of this number; 0; or an error. */
static int is_taken(struct text *path, size_t base, uint64_t number)
{
    struct stat status;
    int rc = set_number(path, base, number);

    if (rc < 0)
        return rc;
    if (lstat(path->bytes, &status) == 0)
        return 1;
    return errno == ENOENT ? 0 : -errno;
}

/*
 * Numbers are mostly taken one after another.  So the first that is free is found
 * by doubling and then by halving, also behind a million of them.
 */
int disk_find_free(struct text *path, size_t base, uint64_t *number)
{
    uint64_t taken = *number;
    uint64_t step = 1;
    uint64_t unused;
    int rc = is_taken(path, base, *number);

    if (rc <= 0)
        return rc;
    for (;;) {
        unused = taken + step;
        rc = is_taken(path, base, unused);
        if (rc <= 0)
            break;
        taken = unused;
        step *= 2;
    }
    while (rc >= 0 && unused - taken > 1) {
        uint64_t middle = taken + (unused - taken) / 2;

        rc = is_taken(path, base, middle);
        if (rc > 0)
            taken = middle;
        else
            unused = middle;
    }
    if (rc < 0)
        return rc;
    *number = unused;
    return set_number(path, base, unused);
}

/* Where nothing else is to be had, another process may come in between. */
static int rename_looking(const char *from, const char *to)
{
    struct stat status;

    if (lstat(to, &status) == 0)
        return -EEXIST;
    return rename(from, to) < 0 ? -errno : 0;
}

static int rename_new(const char *from, const char *to)
{
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -errno;
    if (link(from, to) == 0)
        return unlink(from) < 0 ? -errno : 0;
    if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS)
        return -errno;
    return rename_looking(from, to);
}

int disk_rename(const char *from, const char *to, bool replaces)
{
    if (!replaces)
        return rename_new(from, to);
    if (rename(from, to) == 0)
        return 0;
    return errno == EISDIR || errno == ENOTEMPTY ? -EEXIST : -errno;
}

int disk_sync_directory(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *directory =
        slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    int fd;
    int rc = 0;

    if (!directory)
        return -ENOMEM;
    fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(directory);
    if (fd < 0)
        return -errno;
    /* Some filesystems have nothing to sync there. */
    if (fsync(fd) < 0 && errno != EINVAL)
        rc = -errno;
    close(fd);
    return rc;
}
