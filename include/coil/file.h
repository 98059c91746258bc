/* SPDX-License-Identifier: MIT */
/*
 * coil/file.h - files, without keeping the loop waiting for a disk
 *
 *     struct coil_file *f;
 *
 *     rc = coil_file_open(&f, "notes.txt", O_RDWR | O_CREAT, 0666);
 *     if (rc < 0)
 *         return rc;
 *     n = coil_file_read(f, text, sizeof text);
 *     ...
 *     rc = coil_file_close(f);
 *
 * The kernel calls a file always ready, and then takes its time.  So each call
 * is made in another thread (those of coil/thread.h), except for a read of what the
 * kernel has in memory.
 *
 * A thread cannot be stopped.  When a task is cancelled whose call has begun, the
 * call returns -ECANCELED at once and the thread goes on: a write may have
 * written all, some or nothing of its bytes, and a file may have been renamed or
 * not.  But the thread touches no memory of the caller's any more, what it opens
 * is closed again, and the file stays open until it is done.
 *
 * Use      Calls that move the position, one at a time: a second one gets
 *          -EBUSY.  All others, any number at a time.  A file may be closed
 *          while calls of other tasks wait: these go on to their end.
 * Threads  A file belongs to the loop whose tasks use it.  One that no call uses
 *          may be handed to another loop.
 * Errors   Every function that suspends returns -ECANCELED, -ENOTSUP (on a user's
 *          scheduler), -ENOMEM, and -EAGAIN if no thread can be made; and those
 *          of the system call.  After an error of a call that had not begun,
 *          nothing has changed.
 * Loops    A loop that is closed waits for the threads, as coil/thread.h says.
 *
 * trio     open_file(), Path.  asyncio has nothing for files.
 */
#ifndef COIL_FILE_H
#define COIL_FILE_H

#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>

#include <coil/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct coil_file;

/* ---- opening and closing ---------------------------------------------- */

/*
 * As open(), with O_CLOEXEC.  `*out` is returned: release it with
 * coil_file_close() or coil_file_abort().  A cancellation leaves no descriptor
 * behind; with O_CREAT, or O_TRUNC, the file may have been made, or emptied.
 * The open() of a FIFO waits in its thread for the other side, unless `flags`
 * have O_NONBLOCK.
 */
COIL_API int coil_file_open(struct coil_file **out, const char *path, int flags,
                            mode_t mode) COIL_SUSPENDS;

/*
 * A new file without a name, open for reading and writing, which is gone when it
 * is closed.  It is on the filesystem of `directory`; NULL: $TMPDIR, or /tmp.
 * Python: TemporaryFile.
 */
COIL_API int coil_file_temporary(struct coil_file **out, const char *directory)
    COIL_SUSPENDS;

/*
 * As mkstemp(): the last six characters of `path` are XXXXXX, and become those of
 * a new file, open for reading and writing.  A cancellation leaves no file, and
 * `path` as it was.  Python: NamedTemporaryFile.
 */
COIL_API int coil_file_mkstemp(struct coil_file **out, char *path)
    COIL_SUSPENDS;

/*
 * Make a file of a descriptor, which is given.  Others may share what it has
 * open, as standard output is shared; so the file's position is that of the
 * descriptor, which reads and writes move.  A write that was cancelled may have
 * moved it.  Returns 0; -EBADF, or -ENOMEM: the descriptor is still the caller's.
 */
COIL_API int coil_file_adopt(struct coil_file **out, int fd) COIL_MUST_CHECK;

/* The descriptor, which the file keeps. */
COIL_API int coil_file_fd(const struct coil_file *file);

/*
 * Close and free the file; NULL is allowed.  The file is gone, whatever this
 * returns: 0, -ECANCELED, -ENOMEM, or the error of close(), with which some
 * filesystems say that earlier writes failed.  Only coil_file_sync() says that all is on the
 * disk.
 */
COIL_API int coil_file_close(struct coil_file *file) COIL_SUSPENDS;

/* The same at once, in this thread; NULL is allowed.  Does not suspend. */
COIL_API void coil_file_abort(struct coil_file *file);

/* ---- reading and writing ---------------------------------------------- */

/*
 * Read at most `size` bytes at `offset`.  Returns how many, possibly fewer; 0 at
 * the end of the file; or an error.  A cancellation writes nothing into `buffer`.
 */
COIL_API ptrdiff_t coil_file_pread(struct coil_file *file, void *buffer,
                                   size_t size, int64_t offset) COIL_SUSPENDS;

/*
 * Write all `size` bytes at `offset`, from copies, 256 KiB at a time.  Returns
 * `size`; fewer, when an error came after some were written: another call for
 * the rest gets that error; or an error, when none was written.  After a
 * cancellation the bytes from `offset` on are partly or all what was to be
 * written, and each byte is the old or the new one.  Writing the same bytes again
 * is safe, except for a file with O_APPEND.
 */
COIL_API ptrdiff_t coil_file_pwrite(struct coil_file *file, const void *data,
                                    size_t size, int64_t offset) COIL_SUSPENDS;

/*
 * The same at the file's position, which moves by what is returned, and does not
 * move by a call that was cancelled.  With O_APPEND, writes go to the end, and do
 * not move it.  The position belongs to `file`, and not to the descriptor, except for
 * a file of coil_file_adopt().
 * Returns -EBUSY while another task is in one of these two.
 */
COIL_API ptrdiff_t coil_file_read(struct coil_file *file, void *buffer,
                                  size_t size) COIL_SUSPENDS;
COIL_API ptrdiff_t coil_file_write(struct coil_file *file, const void *data,
                                   size_t size) COIL_SUSPENDS;

/* The position, and to move it: -EINVAL if it is negative, -EBUSY as above. */
COIL_API int64_t coil_file_tell(const struct coil_file *file);
COIL_API int coil_file_seek(struct coil_file *file, int64_t offset)
    COIL_MUST_CHECK;

/* As coil_file_pread() of a descriptor of the caller's, kept meanwhile. */
COIL_API ptrdiff_t coil_pread(int fd, void *buffer, size_t size, int64_t offset)
    COIL_SUSPENDS;

/* ---- the file as a whole ---------------------------------------------- */

/* As ftruncate(), fsync(), fdatasync() and fstat(). */
COIL_API int coil_file_truncate(struct coil_file *file, int64_t size)
    COIL_SUSPENDS;
COIL_API int coil_file_sync(struct coil_file *file) COIL_SUSPENDS;
COIL_API int coil_file_datasync(struct coil_file *file) COIL_SUSPENDS;
COIL_API int coil_file_stat(struct coil_file *file, struct stat *status)
    COIL_SUSPENDS;

/*
 * Let the file at `path` have these bytes and this mode, as a whole: a new file
 * beside it is written, synced and renamed, and the directory is synced.  Who
 * reads `path`, also after a loss of power, sees the old file or the new one, and
 * never a part.  A symbolic link at `path` is replaced, too.
 *
 * `data` is copied.  After an error `path` is as before, and nothing is left
 * beside it; but if the last step fails, which syncs the directory, the new file
 * is there and may be lost with the power.  After -ECANCELED it is the old file or
 * the new one; a call that has begun goes on to its end.
 */
COIL_API int coil_file_replace(const char *path, const void *data, size_t size,
                               mode_t mode) COIL_SUSPENDS;

/* ---- locks ------------------------------------------------------------ */

enum coil_file_lock {
    COIL_FILE_SHARED,    /* open for reading */
    COIL_FILE_EXCLUSIVE, /* open for writing */
};

/*
 * Lock `size` bytes from `offset` on (a size of 0: all that follow) against other
 * processes, and against other opened files of this process: F_OFD_SETLK.  The
 * lock belongs to `file`; a second one of the same file replaces it.  It ends by
 * coil_file_unlock() and with the file.
 *
 * While another holds the lock it is tried again and again, after 1 ms at first
 * and at most every 100 ms, and nobody's turn comes first.  coil_file_try_lock()
 * returns -EAGAIN instead.  A cancellation leaves no lock.  The attempt itself is
 * made in the loop's thread: on a network's filesystem it takes as long as the
 * server's answer.
 */
COIL_API int coil_file_lock(struct coil_file *file, enum coil_file_lock kind,
                            int64_t offset, int64_t size) COIL_SUSPENDS;
COIL_API int coil_file_try_lock(struct coil_file *file,
                                enum coil_file_lock kind, int64_t offset,
                                int64_t size) COIL_MUST_CHECK;
COIL_API int coil_file_unlock(struct coil_file *file, int64_t offset,
                              int64_t size) COIL_MUST_CHECK;

/*
 * The same with flock(), which locks the whole file and knows nothing of the
 * other kind of locks.
 */
COIL_API int coil_file_flock(struct coil_file *file, enum coil_file_lock kind)
    COIL_SUSPENDS;
COIL_API int coil_file_try_flock(struct coil_file *file,
                                 enum coil_file_lock kind) COIL_MUST_CHECK;
COIL_API int coil_file_unflock(struct coil_file *file) COIL_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
