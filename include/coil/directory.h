/* SPDX-License-Identifier: MIT */
/*
 * coil/directory.h - what is in a directory, and in all below it
 *
 *     struct coil_directory_entry entry;
 *     struct coil_directory *dir;
 *
 *     rc = coil_directory_walk(&dir, "src");
 *     while (rc >= 0 && (rc = coil_directory_read(dir, &entry)) > 0)
 *         puts(entry.path);
 *     coil_directory_close(dir);
 *
 * Directories are read in other threads, some hundred entries at a time.
 *
 * Use      One task reads at a time: a second one gets -EBUSY.
 * Threads  A directory belongs to the loop whose tasks read it.
 * Python   os.scandir(), os.walk(); trio: Path.iterdir().
 */
#ifndef COIL_DIRECTORY_H
#define COIL_DIRECTORY_H

#include <dirent.h>
#include <stdint.h>

#include <coil/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct coil_directory;

/* Valid until the next call on the directory. */
struct coil_directory_entry {
    const char *path; /* as that of the directory, with the name */
    const char *name;
    uint64_t inode;
    unsigned char type; /* DT_REG, DT_DIR, DT_LNK …; DT_UNKNOWN: ask stat */
    unsigned depth;     /* 0: in the directory itself */
};

/*
 * Open a directory; `*out` is returned: release it with coil_directory_close().
 * Errors as in coil/file.h.
 */
COIL_API int coil_directory_open(struct coil_directory **out, const char *path)
    COIL_SUSPENDS;

/*
 * The same, with all directories below.  All entries of one directory come
 * before those of the next one; a directory comes before what is in it.  Symbolic
 * links are not followed.
 */
COIL_API int coil_directory_walk(struct coil_directory **out, const char *path)
    COIL_SUSPENDS;

/*
 * The next entry, except for "." and "..", in the order of the filesystem.  What is
 * made or removed meanwhile may come or not.
 *
 * Returns 1; 0: there is no more; or an error.  After -ECANCELED, and after any
 * error of memory, nothing is lost, and the next call goes on.  On a walk, if a
 * directory cannot be opened or read, the call returns that error with
 * `entry->path` naming it, and the next call goes on behind it; a directory that
 * has been removed meanwhile is left out.
 */
COIL_API int coil_directory_read(struct coil_directory *directory,
                                 struct coil_directory_entry *entry)
    COIL_SUSPENDS;

/* Do not go into the directory of the last entry.  Does not suspend. */
COIL_API void coil_directory_skip(struct coil_directory *directory);

/* NULL is allowed.  Does not suspend. */
COIL_API void coil_directory_close(struct coil_directory *directory);

#ifdef __cplusplus
}
#endif

#endif
