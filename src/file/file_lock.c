/* SPDX-License-Identifier: MIT */
/*
 * file_lock.c - locks against other processes
 *
 * A thread that waited for a lock could not be stopped, and could get the lock
 * for nobody.  So a lock is tried.
 */
#include <errno.h>
#include <sys/file.h>

#include <coil/sleep.h>

#include "file/open_file.h"

#define FIRST_PAUSE COIL_MILLISECOND
#define LONGEST_PAUSE (100 * COIL_MILLISECOND)

/* Before the next attempt; the pause after that is longer. */
static int pause_between(coil_time *pause)
{
    int rc = coil_sleep(*pause);

    *pause = *pause < LONGEST_PAUSE / 2 ? *pause * 2 : LONGEST_PAUSE;
    return rc;
}

/* ---- parts ---------------------------------------------------------------- */

static int set_lock(struct coil_file *file, short type, int64_t offset,
                    int64_t size)
{
    struct flock lock = { .l_type = type,
                          .l_whence = SEEK_SET,
                          .l_start = (off_t)offset,
                          .l_len = (off_t)size };

    return fcntl(file->fd, F_OFD_SETLK, &lock) < 0 ? -errno : 0;
}

int coil_file_try_lock(struct coil_file *file, enum coil_file_lock kind,
                       int64_t offset, int64_t size)
{
    return set_lock(file, kind == COIL_FILE_SHARED ? F_RDLCK : F_WRLCK, offset,
                    size);
}

int coil_file_unlock(struct coil_file *file, int64_t offset, int64_t size)
{
    return set_lock(file, F_UNLCK, offset, size);
}

int coil_file_lock(struct coil_file *file, enum coil_file_lock kind,
                   int64_t offset, int64_t size)
{
    coil_time pause = FIRST_PAUSE;
    int rc = coil_checkpoint();

    coil__file_hold(file);
    while (rc == 0) {
        rc = coil_file_try_lock(file, kind, offset, size);
        if (rc != -EAGAIN)
            break;
        rc = pause_between(&pause);
    }
    coil__file_release(file);
    return rc;
}

/* ---- the whole ------------------------------------------------------------ */

static int set_flock(struct coil_file *file, int operation)
{
    return flock(file->fd, operation | LOCK_NB) < 0 ? -errno : 0;
}

int coil_file_try_flock(struct coil_file *file, enum coil_file_lock kind)
{
    return set_flock(file, kind == COIL_FILE_SHARED ? LOCK_SH : LOCK_EX);
}

int coil_file_unflock(struct coil_file *file)
{
    return set_flock(file, LOCK_UN);
}

int coil_file_flock(struct coil_file *file, enum coil_file_lock kind)
{
    coil_time pause = FIRST_PAUSE;
    int rc = coil_checkpoint();

    coil__file_hold(file);
    while (rc == 0) {
        rc = coil_file_try_flock(file, kind);
        if (rc != -EAGAIN)
            break;
        rc = pause_between(&pause);
    }
    coil__file_release(file);
    return rc;
}
