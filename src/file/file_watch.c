/* SPDX-License-Identifier: MIT */
/*
 * file_watch.c - changes, by inotify
 *
 * A directory that appears below a recursive one is watched first, and then
 * read: what is made in it at that moment is told by the one or the other, or by
 * both.  Meanwhile no event is taken from the kernel, so one directory is read at
 * a time.
 */
#include <coil/file_watch.h>

#include <errno.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <coil/directory.h>
#include <coil/fd.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "file/file_job.h"
#include "file/open_file.h"
#include "file/watched.h"
#include "loop/operation.h"

#define MASK                                                                   \
    (IN_CREATE | IN_MOVED_TO | IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB |        \
     IN_DELETE | IN_MOVED_FROM | IN_DELETE_SELF | IN_MOVE_SELF)

struct coil_file_watch {
    struct coil_file *file; /* of inotify */
    struct coil__watched_paths paths;
    struct coil_buffer path; /* of the last event */
    char *entered;           /* a directory that is to be watched and read */
    struct coil_directory *walk;  /* then */
    struct coil_file_event found; /* there, and is to be told */
    bool has_found;
    int error; /* for the next call */
    bool is_busy;
    size_t place; /* of the next event */
    size_t size;  /* of all that were read */
    _Alignas(struct inotify_event) char events[16 * 1024];
};

/* ---- adding --------------------------------------------------------------- */

static void add_watch(struct coil__file_job *job)
{
    job->result = inotify_add_watch(job->file->fd, job->path,
                                    MASK | (unsigned)job->flags);
    if (job->result < 0)
        job->result = -errno;
}

/* A watch that a cancelled job has added is known by no path, and ignored. */
static int add_one(struct coil_file_watch *w, const char *path, int flags,
                   unsigned how)
{
    struct coil__file_job *job = coil__file_job_of_path(add_watch, path, NULL);
    ptrdiff_t n;

    if (job) {
        job->file = w->file;
        job->flags = flags;
        coil__file_hold(w->file);
    }
    n = coil__file_job_run(job);
    coil__file_job_drop(job);
    if (n < 0)
        return (int)n;
    return coil__watched_add(&w->paths, (int)n, path, how);
}

/* A directory below a recursive one.  What has gone meanwhile is no error. */
static int add_below(struct coil_file_watch *w, const char *path)
{
    int rc = add_one(w, path, IN_ONLYDIR | IN_DONT_FOLLOW,
                     COIL__WATCHED_RECURSIVE | COIL__WATCHED_BELOW);

    return rc == -ENOENT || rc == -ENOTDIR ? 0 : rc;
}

static int add_all_below(struct coil_file_watch *w, const char *path)
{
    struct coil_directory_entry entry;
    struct coil_directory *walk;
    int rc = coil_directory_walk(&walk, path);

    if (rc < 0)
        return rc == -ENOTDIR ? 0 : rc;
    do {
        rc = coil_directory_read(walk, &entry);
        if (rc <= 0)
            break;
        if (entry.type == DT_DIR || entry.type == DT_UNKNOWN)
            rc = add_below(w, entry.path);
    } while (rc >= 0);
    coil_directory_close(walk);
    return rc;
}

int coil_file_watch_add(struct coil_file_watch *w, const char *path,
                        unsigned flags)
{
    unsigned how = flags & COIL_FILE_RECURSIVE ? COIL__WATCHED_RECURSIVE : 0;
    int rc = coil__checkpoint();

    if (rc < 0)
        return rc;
    if (w->is_busy)
        return -EBUSY;
    w->is_busy = true;
    rc = add_one(w, path, 0, how);
    if (rc == 0 && how)
        rc = add_all_below(w, path);
    w->is_busy = false;
    return rc;
}

/* ---- events --------------------------------------------------------------- */

static enum coil_file_event_kind kind_of(uint32_t mask)
{
    if (mask & IN_Q_OVERFLOW)
        return COIL_FILE_OVERFLOW;
    if (mask & (IN_CREATE | IN_MOVED_TO))
        return COIL_FILE_CREATED;
    if (mask & IN_MODIFY)
        return COIL_FILE_CHANGED;
    if (mask & IN_CLOSE_WRITE)
        return COIL_FILE_WRITTEN;
    if (mask & IN_ATTRIB)
        return COIL_FILE_ATTRIBUTES;
    return COIL_FILE_REMOVED;
}

/* The path that an event is about. */
static int name_event(struct coil_file_watch *w,
                      const struct coil__watched_path *known, const char *name)
{
    const char *path = known ? known->path : "";
    size_t length = strlen(path);
    const char *slash = !name[0] || path[length - 1] == '/' ? "" : "/";

    coil__buffer_consume(&w->path, w->path.size);
    return coil__buffer_printf(&w->path, "%s%s%s%c", path, slash, name, '\0');
}

/* A directory was moved away, and is not below the same path any more. */
static void forget_below(struct coil_file_watch *w, const char *path)
{
    int number = coil__watched_below(&w->paths, path);

    while (number >= 0) {
        (void)inotify_rm_watch(w->file->fd, number);
        coil__watched_remove(&w->paths, number);
        number = coil__watched_below(&w->paths, path);
    }
}

/* What follows from an event about a name in a recursive directory. */
static int follow(struct coil_file_watch *w, uint32_t mask, const char *path)
{
    if (mask & (IN_CREATE | IN_MOVED_TO)) {
        w->entered = coil__strndup(path, strlen(path));
        return w->entered ? 0 : -ENOMEM;
    }
    if (mask & IN_MOVED_FROM)
        forget_below(w, path);
    return 0;
}

/* What is told of a directory below is told by the one above, with a name. */
static bool is_asked_for(const struct coil__watched_path *known, uint32_t mask,
                         const char *name)
{
    if (mask & IN_IGNORED)
        return false;
    if (!known)
        return mask & IN_Q_OVERFLOW;
    return name[0] || !(known->flags & COIL__WATCHED_BELOW);
}

/* Returns 1; 0: nobody asked for that; or -ENOMEM, with nothing taken. */
static int take_event(struct coil_file_watch *w, struct coil_file_event *out)
{
    const struct inotify_event *raw = (const void *)(w->events + w->place);
    const struct coil__watched_path *known =
        coil__watched_find(&w->paths, raw->wd);
    const char *name = raw->len > 0 ? raw->name : "";
    uint32_t mask = raw->mask;
    int rc = 0;

    if (is_asked_for(known, mask, name)) {
        if (name_event(w, known, name) < 0)
            return -ENOMEM;
        *out = (struct coil_file_event){
            .kind = kind_of(mask),
            .path = (char *)coil__buffer_bytes(&w->path),
            .is_directory = mask & IN_ISDIR,
            .cookie = raw->cookie,
        };
        if (known && known->flags && mask & IN_ISDIR && name[0])
            rc = follow(w, mask, out->path);
        if (rc < 0)
            return rc;
        rc = 1;
    }
    if (mask & IN_IGNORED)
        coil__watched_remove(&w->paths, raw->wd);
    w->place += sizeof *raw + raw->len;
    return rc;
}

/* ---- directories that appeared -------------------------------------------- */

static void leave(struct coil_file_watch *w)
{
    coil_directory_close(w->walk);
    w->walk = NULL;
    coil__free(w->entered);
    w->entered = NULL;
}

/*
 * A directory was told, and cannot be watched or read: the next call says so.
 * Returns an error after which the same is tried again, or 0.
 */
static int put_off(struct coil_file_watch *w, int error)
{
    if (error == -ECANCELED || error == -ENOMEM)
        return error;
    if (error < 0 && error != -ENOENT && error != -ENOTDIR)
        w->error = error;
    return 0;
}

/* Watch w->entered, and begin to read it. */
static int enter(struct coil_file_watch *w)
{
    int rc = add_below(w, w->entered);
    int tried_again;

    if (rc == 0)
        rc = coil_directory_walk(&w->walk, w->entered);
    tried_again = put_off(w, rc);
    if (rc < 0 && tried_again == 0)
        leave(w);
    return tried_again;
}

/* The next thing in it.  Returns 1; 0: that was all; or an error. */
static int find(struct coil_file_watch *w)
{
    struct coil_directory_entry entry;
    int rc = coil_directory_read(w->walk, &entry);

    if (rc > 0) {
        w->found = (struct coil_file_event){
            .kind = COIL_FILE_CREATED,
            .path = entry.path,
            .is_directory = entry.type == DT_DIR,
        };
        w->has_found = true;
    }
    if (rc == 0)
        leave(w);
    return rc;
}

/* The same, and it is told when it is watched. */
static int tell_found(struct coil_file_watch *w, struct coil_file_event *out)
{
    int rc = w->has_found ? 1 : find(w);

    if (rc <= 0)
        return put_off(w, rc);
    if (w->found.is_directory) {
        rc = put_off(w, add_below(w, w->found.path));
        if (rc < 0)
            return rc;
    }
    w->has_found = false;
    *out = w->found;
    return 1;
}

/* ---- the next one --------------------------------------------------------- */

/* Returns 0, or an error; -EAGAIN becomes a wait. */
static int read_events(struct coil_file_watch *w)
{
    ssize_t n;

    do
        n = read(w->file->fd, w->events, sizeof w->events);
    while (n < 0 && errno == EINTR);
    coil__burn(COIL__UNITS_CALL);
    if (n < 0 && errno == EAGAIN)
        n = coil_wait_fd(w->file->fd, COIL_READABLE);
    else if (n < 0)
        return -errno;
    else
        w->size = (size_t)n;
    return n < 0 ? (int)n : 0;
}

/* As tell_found(). */
static int look(struct coil_file_watch *w, struct coil_file_event *out)
{
    int error = w->error;

    w->error = 0;
    if (error < 0)
        return error;
    if (w->walk)
        return tell_found(w, out);
    if (w->entered)
        return enter(w);
    if (w->place < w->size)
        return take_event(w, out);
    w->place = 0;
    w->size = 0;
    return read_events(w);
}

int coil_file_watch_next(struct coil_file_watch *w, struct coil_file_event *out)
{
    int rc = coil__checkpoint();

    if (rc < 0)
        return rc;
    if (w->is_busy)
        return -EBUSY;
    w->is_busy = true;
    do
        rc = look(w, out);
    while (rc == 0);
    w->is_busy = false;
    return rc < 0 ? rc : 0;
}

/* ---- opening and closing -------------------------------------------------- */

int coil_file_watch_open(struct coil_file_watch **out)
{
    struct coil__backend *backend = coil__backend_current();
    struct coil_file_watch *w;
    int fd;

    if (!backend || coil__backend_is_simulated(backend))
        return -ENOTSUP;
    w = coil__alloc(sizeof *w);
    if (!w)
        return -ENOMEM;
    fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (fd < 0) {
        coil__free(w);
        return -errno;
    }
    w->file = coil__file_new(fd);
    if (!w->file) {
        close(fd);
        coil__free(w);
        return -ENOMEM;
    }
    *out = w;
    return 0;
}

void coil_file_watch_close(struct coil_file_watch *w)
{
    if (!w)
        return;
    leave(w);
    coil__watched_fini(&w->paths);
    coil__buffer_fini(&w->path);
    coil__file_release(w->file);
    coil__free(w);
}
