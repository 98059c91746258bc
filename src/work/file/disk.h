/* SPDX-License-Identifier: MIT */
/*
 * work/file/disk.h - the files of a queue, by calls that block
 *
 *     PATH/NAME.journal   the journal
 *     PATH/NAME.new       the next one, which takes its place when it is whole
 *     PATH/NAME.lock      locked by the process that has the queue
 *
 * Each function returns 0 or what the system's call says.
 */
#ifndef COIL_WORK_DISK_H
#define COIL_WORK_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { COIL__DISK_NAME_MAX = 200 };

struct coil__disk {
    int folder;
    int lock;
    int file;
    uint64_t size; /* of what the journal has */
    char name[COIL__DISK_NAME_MAX + 1];
};

/* `name` has at most COIL__DISK_NAME_MAX bytes. */
void coil__disk_init(struct coil__disk *disk, const char *name);
/* Close what is open. */
void coil__disk_close(struct coil__disk *disk);

/* Open the folder; make it if it is not there. */
int coil__disk_open_folder(struct coil__disk *disk, const char *path);

/* Keep all others away.  -EBUSY: somebody does. */
int coil__disk_lock(struct coil__disk *disk);

/* Open the journal, and remove what a run that died was about to make of it.  -ENOENT. */
int coil__disk_open(struct coil__disk *disk);

/* Read `size` bytes.  -EBADMSG: they are not there. */
int coil__disk_read(const struct coil__disk *disk, void *buffer, size_t size,
                    uint64_t offset);

/* Let the journal end here.  On the disk as well, if it `syncs`. */
int coil__disk_cut(struct coil__disk *disk, uint64_t size, bool syncs);

/* Append to the journal.  After an error the bytes are cut off, as far as can be. */
int coil__disk_append(struct coil__disk *disk, const void *bytes, size_t size,
                      bool syncs);

/*
 * Let the journal have these bytes instead of what it has.  After a crash it is the
 * old one or the new one.  `*is_old`: there was an error early enough, and it is the
 * old one as if nothing had happened.
 */
int coil__disk_replace(struct coil__disk *disk, const void *bytes, size_t size,
                       bool syncs, bool *is_old);

/* The folder's own name is on the disk. */
int coil__disk_sync_parent(const struct coil__disk *disk);

#endif
