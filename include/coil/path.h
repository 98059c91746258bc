/* SPDX-License-Identifier: MIT */
/*
 * coil/path.h - names of files, without keeping the loop waiting for a disk
 *
 * Each function is the system call of its name, made in another thread, with a
 * copy of its arguments: see coil/file.h for what a cancellation means.  After
 * -ECANCELED of a call that has begun, what it was to do may be done.
 *
 * Python: os, pathlib; trio: Path.
 */
#ifndef COIL_PATH_H
#define COIL_PATH_H

#include <sys/stat.h>
#include <sys/types.h>

#include <coil/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* `status` is untouched after an error. */
COIL_API int coil_path_stat(const char *path, struct stat *status)
    COIL_SUSPENDS;
COIL_API int coil_path_lstat(const char *path, struct stat *status)
    COIL_SUSPENDS;

COIL_API int coil_path_rename(const char *from, const char *to) COIL_SUSPENDS;
COIL_API int coil_path_link(const char *from, const char *to) COIL_SUSPENDS;
COIL_API int coil_path_symlink(const char *target, const char *path)
    COIL_SUSPENDS;
COIL_API int coil_path_unlink(const char *path) COIL_SUSPENDS;
COIL_API int coil_path_chmod(const char *path, mode_t mode) COIL_SUSPENDS;
COIL_API int coil_path_mkdir(const char *path, mode_t mode) COIL_SUSPENDS;
COIL_API int coil_path_rmdir(const char *path) COIL_SUSPENDS;

/*
 * What the symbolic link names, with a NUL.  Returns its length; or an error, and
 * -ERANGE if `size` is too small.
 */
COIL_API ptrdiff_t coil_path_readlink(const char *path, char *target,
                                      size_t size) COIL_SUSPENDS;

/*
 * As coil_path_mkdir(), with all directories above it that are missing; no error
 * if it is there already and is a directory.  Python: makedirs(exist_ok=True).
 */
COIL_API int coil_path_mkdir_all(const char *path, mode_t mode) COIL_SUSPENDS;

/*
 * As mkdtemp(): the last six characters of `path` are XXXXXX, and become those of
 * a new directory.  A cancellation leaves none, and `path` as it was.
 */
COIL_API int coil_path_mkdtemp(char *path) COIL_SUSPENDS;

/*
 * Remove a file, or a directory with all that is in it; symbolic links are not
 * followed.  What is gone already is no error.  After an error, or a cancellation,
 * a part of it is left.  Python: shutil.rmtree(ignore_errors=False).
 */
COIL_API int coil_path_remove_all(const char *path) COIL_SUSPENDS;

#ifdef __cplusplus
}
#endif

#endif
