/* SPDX-License-Identifier: MIT */
#include "output/place_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "job/job.h"
#include "output/disk.h"

/* ---- what is known of a part: a file beside it ---------------------------------- */

/* ".NAME.MARK.meta", as the part's own name with another end. */
static int name_note(struct text *note, const struct place *place)
{
    text_add_bytes(note, place->temp.bytes,
                   place->temp.size - (sizeof ".part" - 1));
    text_add(note, ".meta");
    return note->has_failed ? -ENOMEM : 0;
}

/* The whole text at once: cut short, it does not count. */
static int write_note(struct place *place)
{
    struct text note = { 0 };
    struct text text = { 0 };
    int fd = -1;
    int rc = name_note(&note, place);

    part_write(&text, &place->part, place->job->first_url);
    if (rc == 0 && text.has_failed)
        rc = -ENOMEM;
    if (rc == 0) {
        fd = open(note.bytes,
                  O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
        rc = fd < 0 ? -errno : disk_write(fd, text.bytes, text.size, 0);
    }
    if (fd >= 0)
        close(fd);
    text_fini(&note);
    text_fini(&text);
    place->is_noted = rc == 0;
    return rc;
}

static void remove_note(struct place *place)
{
    struct text note = { 0 };

    if (name_note(&note, place) == 0)
        unlink(note.bytes);
    text_fini(&note);
    place->is_noted = false;
}

static int read_note(struct place *place)
{
    struct text note = { 0 };
    char bytes[8192];
    ssize_t n;
    int fd;
    int rc = name_note(&note, place);

    if (rc < 0)
        return rc;
    fd = open(note.bytes, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    text_fini(&note);
    if (fd < 0)
        return -errno;
    n = read(fd, bytes, sizeof bytes);
    close(fd);
    if (n < 0)
        return -errno;
    place->is_noted = true;
    return part_read(&place->part, bytes, (size_t)n, place->job->first_url);
}

/* ---- before the request ------------------------------------------------------ */

static int find_part(struct place *place)
{
    struct stat status;
    int fd =
        disk_open_temp(&place->temp, &status, &place->path, place->mark, false);

    if (fd < 0)
        return 0;
    place->fd = fd;
    if (read_note(place) < 0 || !part_has_validator(&place->part) ||
        status.st_size == 0) {
        part_fini(&place->part);
        return 0;
    }
    place->has_part = true;
    place->size = status.st_size;
    snprintf(place->range, sizeof place->range, "bytes=%" PRId64 "-",
             place->size);
    return 0;
}

int place_disk_look(void *arg)
{
    struct place *place = arg;
    int rc = disk_locate(&place->path, place->fixed, false, &place->is_there);

    place->base = place->path.size;
    if (rc < 0 || !place->continues)
        return rc;
    if (place->is_there && place->places->options->skips_existing)
        return 0;
    return find_part(place);
}

int place_disk_empty(void *arg)
{
    struct place *place = arg;

    if (place->is_noted)
        remove_note(place);
    return ftruncate(place->fd, 0) < 0 ? -errno : 0;
}

/* ---- the body ------------------------------------------------------------------- */

/* The path becomes the one that this disk allows, and its directory is there. */
static int locate(struct place *place)
{
    int rc = disk_locate(&place->path, place->fixed, true, &place->is_there);

    place->base = place->path.size;
    place->is_located = rc == 0;
    return rc;
}

/*
 * The temporary file is open, and has nothing that does not count.  Mostly the
 * directory is there, and nothing has to be looked at.
 */
static int open_temp(struct place *place)
{
    struct stat status;
    int fd;
    int rc = 0;

    if (place->fd >= 0)
        return 0;
    place->base = place->path.size;
    fd = disk_open_temp(&place->temp, &status, &place->path, place->mark, true);
    if (fd == -ENOENT || fd == -ENOTDIR) {
        rc = locate(place);
        if (rc < 0)
            return rc;
        fd = disk_open_temp(&place->temp, &status, &place->path, place->mark,
                            true);
    }
    if (fd < 0)
        return fd;
    if (status.st_size > 0 && ftruncate(fd, 0) < 0) {
        rc = -errno;
        close(fd);
        return rc;
    }
    place->fd = fd;
    return 0;
}

int place_disk_write(void *arg)
{
    struct place *place = arg;
    int rc = open_temp(place);

    if (rc == 0 && part_has_validator(&place->part) && !place->is_noted)
        rc = write_note(place);
    if (rc == 0)
        rc = places_take_space(place->places, place->path.bytes,
                               place->byte_count);
    if (rc == 0)
        rc =
            disk_write(place->fd, place->bytes, place->byte_count, place->size);
    if (rc < 0)
        return rc;
    place->size += (int64_t)place->byte_count;
    place->byte_count = 0;
    return 0;
}

int place_disk_read(void *arg)
{
    struct place *place = arg;
    int64_t left = place->size - place->replayed;
    ssize_t n = pread(place->fd, place->buffer,
                      left < PLACE_PENDING ? (size_t)left : PLACE_PENDING,
                      place->replayed);

    if (n <= 0)
        return n < 0 ? -errno : -EIO;
    place->byte_count = (size_t)n;
    place->replayed += n;
    return 0;
}

/* ---- the end ---------------------------------------------------------------------- */

static bool may_replace(const struct place *place)
{
    return place->places->options->overwrites || place->is_claimed;
}

/* It begins before the first file of this process has its name. */
static int begin_epoch(struct place *place)
{
    struct timespec epoch;

    if (!may_replace(place) && !place->places->options->resumes)
        return 0;
    return places_epoch(place->places, place->fd, &epoch);
}

/* All is written, and, unless that is not wanted, on the disk. */
static int complete(struct place *place)
{
    int rc = open_temp(place);

    if (rc < 0 || place->is_prepared)
        return rc;
    if (place->byte_count > 0) {
        rc = places_take_space(place->places, place->path.bytes,
                               place->byte_count);
        if (rc == 0)
            rc = disk_write(place->fd, place->bytes, place->byte_count,
                            place->size);
        if (rc < 0)
            return rc;
    }
    if (!place->places->options->has_no_sync && fdatasync(place->fd) < 0)
        return -errno;
    rc = begin_epoch(place);
    place->is_prepared = rc == 0;
    return rc;
}

/*
 * Whether the file was there before the run, or, of a claimed one, before this
 * process: then it may be replaced.  1, 0, or an error.
 */
static int is_old(struct place *place, const struct stat *status)
{
    struct timespec epoch;
    int rc;

    if (!may_replace(place) || S_ISDIR(status->st_mode))
        return 0;
    rc = places_epoch(place->places, place->fd, &epoch);
    if (rc < 0)
        return rc;
    return status->st_ctim.tv_sec < epoch.tv_sec ||
           (status->st_ctim.tv_sec == epoch.tv_sec &&
            status->st_ctim.tv_nsec <= epoch.tv_nsec);
}

/* Whether the path is free, or may be replaced: 1, 0, or an error. */
static int is_usable(struct place *place)
{
    struct stat status;

    if (lstat(place->path.bytes, &status) < 0)
        return errno == ENOENT ? 1 : -errno;
    return is_old(place, &status);
}

/*
 * The path itself cannot be had.  Returns 1: there was a directory, and now it is
 * another path; 0; or an error.
 */
static int avoid_directory(struct place *place)
{
    size_t size = place->path.size;
    int rc;

    if (place->number > 0 || place->is_located)
        return 0;
    rc = locate(place);
    return rc < 0 ? rc : place->path.size != size;
}

int place_disk_find(void *arg)
{
    struct place *place = arg;

    while (place->number == 0) {
        int rc = is_usable(place);

        if (rc == 0) {
            rc = avoid_directory(place);
            if (rc > 0)
                continue;
            if (rc == 0)
                break;
        }
        return rc < 0 ? rc : 0;
    }
    return disk_find_free(&place->path, place->base, &place->number);
}

int place_disk_prepare(void *arg)
{
    struct place *place = arg;
    int rc = complete(place);

    return rc < 0 ? rc : place_disk_find(place);
}

static int finish(struct place *place)
{
    int rc = 0;

    place->is_committed = true;
    if (place->is_noted)
        remove_note(place);
    if (!place->places->options->has_no_sync)
        rc = disk_sync_directory(place->path.bytes);
    close(place->fd);
    place->fd = -1;
    return rc;
}

int place_disk_rename(void *arg)
{
    struct place *place = arg;
    struct stat status;
    int rc = 0;

    if (place->number == 0 && may_replace(place) &&
        lstat(place->path.bytes, &status) == 0)
        rc = is_old(place, &status);
    if (rc >= 0)
        rc = disk_rename(place->temp.bytes, place->path.bytes, rc > 0);
    return rc < 0 ? rc : finish(place);
}

int place_disk_commit(void *arg)
{
    struct place *place = arg;
    int rc = complete(place);

    while (rc == 0) {
        rc = disk_rename(place->temp.bytes, place->path.bytes, false);
        if (rc == 0)
            return finish(place);
        if (rc == -EEXIST)
            rc = place_disk_find(place);
    }
    return rc;
}

/* ---- nothing came of it ----------------------------------------------------------- */

static bool is_to_be_kept(const struct place *place)
{
    return place->continues && part_has_validator(&place->part) &&
           place->size > 0;
}

int place_disk_drop(void *arg)
{
    struct place *place = arg;
    struct stat status;

    if (place->fd < 0)
        place->fd = disk_open_temp(&place->temp, &status, &place->path,
                                   place->mark, false);
    if (place->fd < 0)
        return 0;
    if (is_to_be_kept(place)) {
        /* What was in memory may be kept as well. */
        (void)disk_write(place->fd, place->bytes, place->byte_count,
                         place->size);
    } else {
        unlink(place->temp.bytes);
        remove_note(place);
    }
    close(place->fd);
    place->fd = -1;
    return 0;
}
