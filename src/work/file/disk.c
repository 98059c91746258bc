/* SPDX-License-Identifier: MIT */
#include "work/file/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Jobs may hold what is not for everybody. */
enum { FOLDER_MODE = 0700, FILE_MODE = 0600 };

static void name_file(const struct coil__disk *disk, const char *suffix,
                      char out[COIL__DISK_NAME_MAX + 16])
{
    snprintf(out, COIL__DISK_NAME_MAX + 16, "%s.%s", disk->name, suffix);
}

/* A descriptor, or a negative code. */
static int open_file(const struct coil__disk *disk, const char *suffix,
                     int flags)
{
    char name[COIL__DISK_NAME_MAX + 16];
    int fd;

    name_file(disk, suffix, name);
    do
        fd = openat(disk->folder, name, flags | O_CLOEXEC, FILE_MODE);
    while (fd < 0 && errno == EINTR);
    return fd < 0 ? -errno : fd;
}

static int result_of(int rc)
{
    return rc < 0 ? -errno : 0;
}

static int sync_data(int fd, bool syncs)
{
    return syncs ? result_of(fdatasync(fd)) : 0;
}

/* ---- open and close ------------------------------------------------------- */

void coil__disk_init(struct coil__disk *disk, const char *name)
{
    *disk = (struct coil__disk){ .folder = -1, .lock = -1, .file = -1 };
    strcpy(disk->name, name);
}

static void close_one(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

void coil__disk_close(struct coil__disk *disk)
{
    close_one(&disk->file);
    close_one(&disk->lock); /* which unlocks it */
    close_one(&disk->folder);
}

int coil__disk_open_folder(struct coil__disk *disk, const char *path)
{
    int fd;

    if (mkdir(path, FOLDER_MODE) < 0 && errno != EEXIST)
        return -errno;
    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    disk->folder = fd;
    return 0;
}

int coil__disk_lock(struct coil__disk *disk)
{
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    int fd = open_file(disk, "lock", O_RDWR | O_CREAT);

    if (fd < 0)
        return fd;
    disk->lock = fd;
    if (fcntl(fd, F_OFD_SETLK, &whole) == 0)
        return 0;
    return errno == EAGAIN || errno == EACCES ? -EBUSY : -errno;
}

int coil__disk_open(struct coil__disk *disk)
{
    char name[COIL__DISK_NAME_MAX + 16];
    struct stat status;

    name_file(disk, "new", name);
    if (unlinkat(disk->folder, name, 0) < 0 && errno != ENOENT)
        return -errno;
    disk->file = open_file(disk, "journal", O_RDWR);
    if (disk->file < 0)
        return disk->file;
    if (fstat(disk->file, &status) < 0)
        return -errno;
    disk->size = (uint64_t)status.st_size;
    return 0;
}

int coil__disk_sync_parent(const struct coil__disk *disk)
{
    int fd = openat(disk->folder, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc;

    /* Whoever may not read it has not made the folder either. */
    if (fd < 0)
        return errno == EACCES ? 0 : -errno;
    rc = result_of(fsync(fd));
    (void)close(fd);
    return rc;
}

/* ---- read and write ------------------------------------------------------- */

int coil__disk_read(const struct coil__disk *disk, void *buffer, size_t size,
                    uint64_t offset)
{
    unsigned char *at = buffer;

    while (size > 0) {
        ptrdiff_t n = pread(disk->file, at, size, (off_t)offset);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            return -EBADMSG;
        at += n;
        size -= (size_t)n;
        offset += (uint64_t)n;
    }
    return 0;
}

static int write_all(int fd, const void *bytes, size_t size, uint64_t offset)
{
    const unsigned char *at = bytes;

    while (size > 0) {
        ptrdiff_t n = pwrite(fd, at, size, (off_t)offset);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        at += n;
        size -= (size_t)n;
        offset += (uint64_t)n;
    }
    return 0;
}

int coil__disk_cut(struct coil__disk *disk, uint64_t size, bool syncs)
{
    int rc = 0;

    if (size < disk->size)
        rc = result_of(ftruncate(disk->file, (off_t)size));
    if (rc == 0)
        rc = sync_data(disk->file, syncs);
    if (rc < 0)
        return rc;
    disk->size = size;
    return 0;
}

int coil__disk_append(struct coil__disk *disk, const void *bytes, size_t size,
                      bool syncs)
{
    int rc = write_all(disk->file, bytes, size, disk->size);

    if (rc == 0)
        rc = sync_data(disk->file, syncs);
    if (rc < 0) {
        /*
         * After a sync that has failed the kernel may show bytes that the disk
         * does not have.  Nobody shall read them.
         */
        (void)!ftruncate(disk->file, (off_t)disk->size);
        return rc;
    }
    disk->size += size;
    return 0;
}

/* ---- another one in its place --------------------------------------------- */

/* A descriptor of a file with these bytes, or a negative code. */
static int make_new(struct coil__disk *disk, const void *bytes, size_t size,
                    bool syncs)
{
    char name[COIL__DISK_NAME_MAX + 16];
    int fd = open_file(disk, "new", O_RDWR | O_CREAT | O_TRUNC);
    int rc;

    if (fd < 0)
        return fd;
    rc = write_all(fd, bytes, size, 0);
    if (rc == 0)
        rc = syncs ? result_of(fsync(fd)) : 0;
    if (rc == 0)
        return fd;
    (void)close(fd);
    name_file(disk, "new", name);
    (void)unlinkat(disk->folder, name, 0);
    return rc;
}

int coil__disk_replace(struct coil__disk *disk, const void *bytes, size_t size,
                       bool syncs, bool *is_old)
{
    char from[COIL__DISK_NAME_MAX + 16];
    char to[COIL__DISK_NAME_MAX + 16];
    int fd = make_new(disk, bytes, size, syncs);

    *is_old = fd < 0;
    if (fd < 0)
        return fd;
    name_file(disk, "new", from);
    name_file(disk, "journal", to);
    close_one(&disk->file);
    disk->file = fd;
    disk->size = size;
    if (renameat(disk->folder, from, disk->folder, to) < 0)
        return -errno;
    return syncs ? result_of(fsync(disk->folder)) : 0;
}
