/* SPDX-License-Identifier: MIT */
/*
 * work/file/file_world.h - a world whose journal is in a file
 *
 * All handles of a process that name the same folder and the same queue share one.
 */
#ifndef COIL_WORK_FILE_WORLD_H
#define COIL_WORK_FILE_WORLD_H

#include <sys/types.h>

#include "work/file/journal.h"
#include "work/memory/world.h"

struct coil__file_world {
    struct coil__work_world base; /* its mutex guards all that is below it */
    struct coil__journal journal;
    bool is_flushing;
    struct coil_shared_event flushed;
    bool is_loading;
    bool is_loaded;
    struct coil_shared_event loaded;
    /* Those of the list of worlds: */
    struct coil__file_world *next;
    unsigned references;
    dev_t device; /* of the folder */
    ino_t inode;
    char name[COIL__DISK_NAME_MAX + 1];
};

/*
 * The world of this folder and this name, read from the file unless another handle
 * has done so.  `rules` are those of the handle.  Release it with
 * coil__file_world_leave().  Returns 0; -EPERM: it `syncs`, and another
 * handle that does not has opened the world; -ECANCELED; or as coil__journal_load().
 */
int coil__file_world_enter(struct coil__file_world **out, const char *path,
                           const char *name,
                           const struct coil__work_rules *rules, bool syncs)
    COIL_SUSPENDS;

/* The last one closes the file. */
void coil__file_world_leave(struct coil__file_world *world);

#endif
