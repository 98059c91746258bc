/* SPDX-License-Identifier: MIT */
#include "output/places.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/text.h"

enum { ASK_EVERY_MS = 250 };

/* At the clock of the filesystem: for 2.5 seconds and more. */
enum { LOOK_EVERY_US = 500, LOOKS_MOST = 5000 };

void places_init(struct places *places, const struct place_options *options)
{
    *places = (struct places){ .options = options, .whole = places };
    pthread_mutex_init(&places->reserving, NULL);
    pthread_mutex_init(&places->mutex, NULL);
}

void places_fini(struct places *places)
{
    pthread_mutex_destroy(&places->reserving);
    pthread_mutex_destroy(&places->mutex);
}

void places_join(struct places *places, struct places *whole)
{
    *places = (struct places){ .options = whole->options, .whole = whole };
}

/* ---- space -------------------------------------------------------------------- */

static long long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* What may be written on the disk of the path's directory. */
static int ask(struct places *places, const char *path, long long *space)
{
    const char *slash = strrchr(path, '/');
    struct text directory = { 0 };
    struct statvfs status;
    unsigned long long available;
    int rc;

    text_add_bytes(&directory, slash ? path : ".",
                   slash ? (size_t)(slash - path) + 1 : 1);
    if (directory.has_failed)
        return -ENOMEM;
    rc = statvfs(directory.bytes, &status) < 0 ? -errno : 0;
    text_fini(&directory);
    if (rc < 0)
        return rc;
    available = (unsigned long long)status.f_bavail * status.f_frsize;
    *space = available < places->options->min_space ? 0
             : available - places->options->min_space > LLONG_MAX
                 ? LLONG_MAX
                 : (long long)(available - places->options->min_space);
    return 0;
}

int places_take_space(struct places *part, const char *path, size_t size)
{
    struct places *places = part->whole;
    long long wanted = (long long)size;
    long long now;
    long long space;
    int rc;

    if (places->options->min_space == 0)
        return 0;
    now = now_ms();
    if (atomic_fetch_sub(&places->space, wanted) >= wanted &&
        now - atomic_load(&places->asked_at) < ASK_EVERY_MS)
        return 0;
    rc = ask(places, path, &space);
    if (rc < 0)
        return rc;
    atomic_store(&places->asked_at, now);
    atomic_store(&places->space, space < wanted ? 0 : space - wanted);
    return space < wanted ? -ENOSPC : 0;
}

/* ---- the epoch ---------------------------------------------------------------- */

static bool is_later(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec > b->tv_sec ||
           (a->tv_sec == b->tv_sec && a->tv_nsec > b->tv_nsec);
}

/* Its time of change becomes now. */
static int touch(int fd, struct stat *status)
{
    if (fstat(fd, status) < 0 || fchmod(fd, status->st_mode & 07777) < 0 ||
        fstat(fd, status) < 0)
        return -errno;
    return 0;
}

/*
 * What gets its name later must have a later time, so wait until the filesystem's
 * clock has ticked.  It does so every few milliseconds, that of FAT every two seconds,
 * and nothing but its time tells of it.  Where it stands still, old files could not be
 * told from those of this run, which would be replaced.
 */
static int begin_epoch(struct places *places, int fd)
{
    struct stat status;
    int rc = touch(fd, &status);

    if (rc < 0)
        return rc;
    places->epoch = status.st_ctim;
    for (int i = 0; !is_later(&status.st_ctim, &places->epoch); i++) {
        if (i == LOOKS_MOST)
            return -ETIMEDOUT;
        usleep(LOOK_EVERY_US);
        rc = touch(fd, &status);
        if (rc < 0)
            return rc;
    }
    places->has_epoch = true;
    return 0;
}

int places_epoch(struct places *part, int fd, struct timespec *epoch)
{
    struct places *places = part->whole;
    int rc = 0;

    pthread_mutex_lock(&places->mutex);
    if (!places->has_epoch)
        rc = begin_epoch(places, fd);
    *epoch = places->epoch;
    pthread_mutex_unlock(&places->mutex);
    return rc;
}

/* ---- reservations --------------------------------------------------------------- */

/* `reserving` is held. */
static bool is_reserved(const struct places *places, const char *path)
{
    for (const struct reservation *r = places->reserved; r; r = r->next)
        if (strcmp(r->path, path) == 0)
            return true;
    return false;
}

bool places_reserve(struct places *part, struct reservation *reservation,
                    const char *path)
{
    struct places *places = part->whole;
    bool is_free;

    pthread_mutex_lock(&places->reserving);
    is_free = !is_reserved(places, path);
    if (is_free) {
        *reservation = (struct reservation){ path, places->reserved };
        places->reserved = reservation;
    }
    pthread_mutex_unlock(&places->reserving);
    return is_free;
}

void places_release(struct places *part, struct reservation *reservation)
{
    struct places *places = part->whole;
    struct reservation **at = &places->reserved;

    if (!reservation->path)
        return;
    pthread_mutex_lock(&places->reserving);
    while (*at != reservation)
        at = &(*at)->next;
    *at = reservation->next;
    pthread_mutex_unlock(&places->reserving);
    reservation->path = NULL;
}
