/* SPDX-License-Identifier: MIT */
/*
 * coil/file_watch.h - hear of changes in files and directories
 *
 *     struct coil_file_event event;
 *     struct coil_file_watch *watch;
 *
 *     rc = coil_file_watch_open(&watch);
 *     if (rc == 0)
 *         rc = coil_file_watch_add(watch, "src", COIL_FILE_RECURSIVE);
 *     while (rc == 0 && (rc = coil_file_watch_next(watch, &event)) == 0)
 *         printf("%s\n", event.path);
 *     coil_file_watch_close(watch);
 *
 * The kernel keeps some 16,000 events for who reads late (fs.inotify in
 * /proc/sys), and says when it had to drop some.
 *
 * Use      One task waits at a time: a second one gets -EBUSY.
 * Threads  A watch belongs to the loop whose tasks use it.
 * libuv    uv_fs_event; asyncio has nothing of the kind.
 */
#ifndef COIL_FILE_WATCH_H
#define COIL_FILE_WATCH_H

#include <stdint.h>

#include <coil/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct coil_file_watch;

enum coil_file_event_kind {
    COIL_FILE_CREATED,    /* or moved to this name */
    COIL_FILE_CHANGED,    /* bytes were written, or it was truncated */
    COIL_FILE_WRITTEN,    /* one that had it open for writing has closed it */
    COIL_FILE_ATTRIBUTES, /* mode, owner, times, number of links */
    COIL_FILE_REMOVED,    /* or moved from this name */
    COIL_FILE_OVERFLOW,   /* events were dropped: look at everything anew */
};

/* Valid until the next call on the watch. */
struct coil_file_event {
    enum coil_file_event_kind kind;
    const char *path; /* as it was added, with the name below; overflow: "" */
    bool is_directory;
    uint32_t cookie; /* the same, not 0, of both halves of a renaming */
};

/* Of coil_file_watch_add(): with all directories below, also later ones. */
#define COIL_FILE_RECURSIVE 1u

/*
 * `*out` is returned: release it with coil_file_watch_close().  Returns 0;
 * -ENOMEM; -EMFILE, -ENFILE: too many descriptors, or watches of this user; or
 * -ENOTSUP: on a user's scheduler, or on the simulator.
 */
COIL_API int coil_file_watch_open(struct coil_file_watch **out) COIL_MUST_CHECK;

/*
 * Hear of a file, or of a directory and the names in it; a symbolic link at
 * `path` is followed.  What is there already is not told.  With
 * COIL_FILE_RECURSIVE, in a directory that is made or moved there later, all is
 * told as created that is found in it; a name that is made at that moment may be
 * told twice.  Symbolic links below are not followed.
 *
 * Returns 0; -ENOENT and the like; -ENOSPC: the user may not watch more; -EBUSY
 * while a task waits; or as coil/file.h says.  After an error or a cancellation
 * some of the directories may be watched, and it can be called again.
 */
COIL_API int coil_file_watch_add(struct coil_file_watch *watch,
                                 const char *path, unsigned flags)
    COIL_SUSPENDS;

/*
 * Wait for the next event.  Returns 0; -ECANCELED, with nothing lost; -EBUSY; or an
 * error of a directory that had to be read or watched, such as -ENOSPC: it has
 * been told as created, what is in it is not watched, and the next call goes on.
 */
COIL_API int coil_file_watch_next(struct coil_file_watch *watch,
                                  struct coil_file_event *event) COIL_SUSPENDS;

/* NULL is allowed.  Nobody waits.  Does not suspend. */
COIL_API void coil_file_watch_close(struct coil_file_watch *watch);

#ifdef __cplusplus
}
#endif

#endif
