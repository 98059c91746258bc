/* SPDX-License-Identifier: MIT */
/*
 * tail.c - show a file, and then all that is added to it
 *
 *     tail FILE              as tail -n +1 -F
 *
 * It waits for a file that is not there yet.  When the file is truncated, it is
 * shown from its beginning.  When another file gets its name, as with logs that
 * are rotated, the old one is shown to its end, and then the new one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <coil.h>

struct tail {
    const char *path;
    struct coil_file *file; /* NULL: it is not there yet */
    struct coil_file_watch *watch;
    struct coil_stream *out;
};

/* Show what the file has gained. */
static int show(struct tail *t)
{
    char bytes[4096];
    struct stat status;
    int rc = coil_file_stat(t->file, &status);

    if (rc == 0 && status.st_size < coil_file_tell(t->file)) {
        fprintf(stderr, "tail: %s was truncated\n", t->path);
        rc = coil_file_seek(t->file, 0);
    }
    while (rc == 0) {
        ptrdiff_t n = coil_file_read(t->file, bytes, sizeof bytes);

        if (n <= 0)
            return (int)n;
        rc = coil_stream_write(t->out, bytes, (size_t)n);
        if (rc == 0)
            rc = coil_stream_drain(t->out);
    }
    return rc;
}

/* Returns whether there is another file to be shown, or an error. */
static int is_another(struct tail *t)
{
    struct stat ours;
    struct stat named;
    int rc = coil_path_stat(t->path, &named);

    if (rc == -ENOENT)
        return false; /* not yet, or between the two halves of a rotation */
    if (rc < 0 || !t->file)
        return rc < 0 ? rc : true;
    rc = coil_file_stat(t->file, &ours);
    if (rc < 0)
        return rc;
    return ours.st_ino != named.st_ino || ours.st_dev != named.st_dev;
}

static int begin_another(struct tail *t)
{
    int rc;

    if (t->file)
        fprintf(stderr, "tail: %s is another file now\n", t->path);
    coil_file_abort(t->file);
    rc = coil_file_open(&t->file, t->path, O_RDONLY, 0);
    /* Where the name is a link, its directory does not tell of the file. */
    if (rc == 0)
        rc = coil_file_watch_add(t->watch, t->path, 0);
    if (rc == 0)
        rc = show(t);
    return rc == -ENOENT ? 0 : rc; /* gone already */
}

static int look(struct tail *t)
{
    /* Asked first: after that, nobody adds to the old file by this name. */
    int another = is_another(t);
    int rc = another;

    if (rc >= 0 && t->file)
        rc = show(t);
    if (rc >= 0 && another)
        rc = begin_another(t);
    return rc < 0 ? rc : 0;
}

/* What happens in the directory is a reason to look, whatever it is. */
static int follow(struct tail *t)
{
    const char *slash = strrchr(t->path, '/');
    char *directory =
        slash ? strndup(t->path, (size_t)(slash - t->path) + 1) : strdup(".");
    struct coil_file_event event;
    int rc = directory ? coil_file_watch_add(t->watch, directory, 0) : -ENOMEM;

    free(directory);
    while (rc == 0) {
        rc = look(t);
        if (rc == 0)
            rc = coil_file_watch_next(t->watch, &event);
    }
    return rc;
}

static int start(void *path)
{
    struct tail t = { .path = path };
    int rc = coil_stream_standard(&t.out, STDOUT_FILENO);
    int end;

    if (rc < 0)
        return rc;
    rc = coil_file_watch_open(&t.watch);
    if (rc == 0)
        rc = follow(&t);
    coil_file_watch_close(t.watch);
    coil_file_abort(t.file);
    end = coil_stream_close(t.out);
    return rc < 0 ? rc : end;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: tail FILE\n");
        return 2;
    }
    return coil_run_status(coil_run(start, argv[1]));
}
