/* SPDX-License-Identifier: MIT */
/*
 * cdxj_sort.c - sort a file: pieces of it in memory, each of which becomes a sorted
 * run in a temporary file; then all runs are merged
 *
 * This runs in a thread, with calls that block.
 */
#include "output/cdxj_sort.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <coil/thread.h>

enum { MEMORY = 4 * 1024 * 1024, LEAST_BUFFER = 4096 };

struct names {
    char from[PATH_MAX];
    char to[PATH_MAX];
    char beside[PATH_MAX + 8];
    size_t memory;
};

/* A line: it ends with "\n". */
struct line {
    const char *at;
    size_t size;
};

/* A part of the file of runs. */
struct run {
    off_t at;
    off_t end;
    char *buffer;
    size_t held;
    struct line line; /* the next one, in the buffer */
};

struct sorter {
    FILE *from;
    FILE *runs_file;
    FILE *to;
    size_t memory;
    char *bytes; /* a piece of the input */
    size_t held;
    struct line *lines;
    size_t line_count;
    size_t line_room;
    struct run *runs;
    size_t run_count;
    size_t buffer_size;
};

static int compare_lines(const void *x, const void *y)
{
    const struct line *a = x;
    const struct line *b = y;
    size_t common = a->size < b->size ? a->size : b->size;
    int order = memcmp(a->at, b->at, common);

    if (order == 0 && a->size != b->size)
        return a->size < b->size ? -1 : 1;
    return order;
}

/* ---- pieces ------------------------------------------------------------------------ */

/* Find the lines of the piece.  What is behind the last "\n" is none. */
static int split(struct sorter *s, size_t *used)
{
    const char *end = s->bytes + s->held;
    const char *at = s->bytes;
    const char *newline;

    s->line_count = 0;
    while ((newline = memchr(at, '\n', (size_t)(end - at)))) {
        if (s->line_count == s->line_room) {
            size_t room = s->line_room ? 2 * s->line_room : 1024;
            struct line *lines = realloc(s->lines, room * sizeof *lines);

            if (!lines)
                return -ENOMEM;
            s->lines = lines;
            s->line_room = room;
        }
        s->lines[s->line_count++] =
            (struct line){ at, (size_t)(newline + 1 - at) };
        at = newline + 1;
    }
    *used = (size_t)(at - s->bytes);
    return 0;
}

static int write_lines(struct sorter *s, FILE *out)
{
    if (s->line_count > 0)
        qsort(s->lines, s->line_count, sizeof *s->lines, compare_lines);
    for (size_t i = 0; i < s->line_count; i++)
        if (fwrite(s->lines[i].at, 1, s->lines[i].size, out) !=
            s->lines[i].size)
            return -errno;
    return 0;
}

static int add_run(struct sorter *s)
{
    struct run *runs = realloc(s->runs, (s->run_count + 1) * sizeof *s->runs);
    off_t at;
    int rc;

    if (!runs)
        return -ENOMEM;
    s->runs = runs;
    at = s->run_count ? runs[s->run_count - 1].end : 0;
    if (!s->runs_file)
        s->runs_file = tmpfile();
    if (!s->runs_file)
        return -errno;
    rc = write_lines(s, s->runs_file);
    if (rc < 0)
        return rc;
    s->runs[s->run_count++] =
        (struct run){ .at = at, .end = ftello(s->runs_file) };
    return 0;
}

/* Returns whether the file goes on behind this piece. */
static bool read_piece(struct sorter *s)
{
    s->held += fread(s->bytes + s->held, 1, s->memory - s->held, s->from);
    return s->held == s->memory;
}

static int make_runs(struct sorter *s)
{
    bool is_last = false;
    size_t used = 0;
    int rc = 0;

    while (rc == 0 && !is_last) {
        is_last = !read_piece(s);
        if (ferror(s->from))
            return -EIO;
        rc = split(s, &used);
        if (rc == 0 && used == 0 && !is_last)
            return -EBADMSG; /* a line of 4 MiB */
        /* What fits into memory needs no runs. */
        if (rc == 0)
            rc = is_last && s->run_count == 0 ? write_lines(s, s->to)
                                              : add_run(s);
        s->held -= used;
        memmove(s->bytes, s->bytes + used, s->held);
    }
    return rc;
}

/* ---- merging ----------------------------------------------------------------------- */

/* Have the run's next line in its buffer.  1; 0: there is none; an error. */
static int next_line(struct sorter *s, struct run *run)
{
    char *newline;
    size_t want;
    ssize_t n;

    run->held -= run->line.size;
    memmove(run->buffer, run->buffer + run->line.size, run->held);
    newline = memchr(run->buffer, '\n', run->held);
    if (!newline && run->at < run->end) {
        want = s->buffer_size - run->held;
        if ((off_t)want > run->end - run->at)
            want = (size_t)(run->end - run->at);
        n = pread(fileno(s->runs_file), run->buffer + run->held, want, run->at);
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        run->at += n;
        run->held += (size_t)n;
        newline = memchr(run->buffer, '\n', run->held);
        if (!newline)
            return -EBADMSG;
    }
    run->line.at = run->buffer;
    run->line.size = newline ? (size_t)(newline + 1 - run->buffer) : 0;
    return newline != NULL;
}

/* A heap of runs, by their next lines. */
static void sift_down(struct run *runs, size_t count, size_t at)
{
    for (;;) {
        size_t least = at;
        struct run moved;

        for (size_t child = 2 * at + 1; child <= 2 * at + 2; child++)
            if (child < count &&
                compare_lines(&runs[child].line, &runs[least].line) < 0)
                least = child;
        if (least == at)
            return;
        moved = runs[at];
        runs[at] = runs[least];
        runs[least] = moved;
        at = least;
    }
}

static int begin_merge(struct sorter *s)
{
    s->buffer_size = s->memory / s->run_count;
    if (s->buffer_size < LEAST_BUFFER)
        s->buffer_size = LEAST_BUFFER;
    if (fflush(s->runs_file) != 0)
        return -errno;
    for (size_t i = 0; i < s->run_count; i++) {
        int rc;

        s->runs[i].buffer = malloc(s->buffer_size);
        if (!s->runs[i].buffer)
            return -ENOMEM;
        rc = next_line(s, &s->runs[i]);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int merge(struct sorter *s)
{
    size_t count = s->run_count;
    int rc = begin_merge(s);

    if (rc < 0)
        return rc;
    for (size_t i = count / 2; i-- > 0;)
        sift_down(s->runs, count, i);
    while (count > 0) {
        struct run *least = s->runs;
        struct run empty;

        if (fwrite(least->line.at, 1, least->line.size, s->to) !=
            least->line.size)
            return -errno;
        rc = next_line(s, least);
        if (rc < 0)
            return rc;
        if (rc == 0) {
            empty = *least;
            *least = s->runs[--count];
            s->runs[count] = empty;
        }
        sift_down(s->runs, count, 0);
    }
    return 0;
}

/* ---- all of it --------------------------------------------------------------------- */

static int sort(struct sorter *s)
{
    int rc;

    if (!s->from || !s->to)
        return -errno;
    s->bytes = malloc(s->memory);
    if (!s->bytes)
        return -ENOMEM;
    rc = make_runs(s);
    if (rc == 0 && s->run_count > 0)
        rc = merge(s);
    if (rc == 0 && (fflush(s->to) != 0 || fsync(fileno(s->to)) != 0))
        rc = -errno;
    return rc;
}

static void free_sorter(struct sorter *s)
{
    FILE *const files[] = { s->from, s->runs_file, s->to };

    for (size_t i = 0; i < s->run_count; i++)
        free(s->runs[i].buffer);
    free(s->runs);
    free(s->lines);
    free(s->bytes);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        if (files[i])
            fclose(files[i]);
}

static int sort_files(void *arg)
{
    struct names *names = arg;
    struct sorter sorter = { .memory = names->memory };
    int rc;

    sorter.from = fopen(names->from, "re");
    if (sorter.from)
        sorter.to = fopen(names->beside, "we");
    rc = sort(&sorter);
    free_sorter(&sorter);
    if (rc == 0 && rename(names->beside, names->to) < 0)
        rc = -errno;
    if (rc < 0)
        (void)unlink(names->beside);
    return rc;
}

int cdxj_sort(const char *from, const char *to, size_t memory)
{
    struct names *names = calloc(1, sizeof *names);
    int rc = -ENAMETOOLONG;

    if (!names)
        return -ENOMEM;
    names->memory = memory ? memory : MEMORY;
    if (strlen(from) < PATH_MAX && strlen(to) < PATH_MAX) {
        strcpy(names->from, from);
        strcpy(names->to, to);
        snprintf(names->beside, sizeof names->beside, "%s.new", to);
        rc = coil_to_thread_copy(sort_files, names);
    }
    free(names);
    return rc;
}
