/* SPDX-License-Identifier: MIT */
/*
 * journal_read.c - read a journal, 256 KiB at a time
 *
 * The lines of a batch wait in a list until its "@" comes.
 */
#include "journal/journal_read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "journal/journal_line.h"

/* No line that a run writes is longer than half of it. */
enum { BLOCK = 256 * 1024 };

/* A line that waits for its batch's end. */
struct waiting {
    uint64_t number;
    uint64_t key;
    size_t path; /* in `paths` */
    size_t path_size;
    enum outcome_class class;
    int status;
    enum journal_line_kind kind;
};

struct reader {
    struct journal_found *found;
    struct journal_table *table;
    const struct journal_place *most;
    struct text waiting; /* of struct waiting */
    struct text paths;
    bool is_over;    /* nothing more counts */
    bool is_damaged; /* a line was none */
};

static int wait_for_batch(struct reader *r, const struct journal_line *line)
{
    struct waiting waiting = {
        .number = line->number,
        .key = line->key,
        .class = line->class,
        .status = line->status,
        .kind = line->kind,
    };

    if (line->kind == JOURNAL_LINE_FILE || line->kind == JOURNAL_LINE_RECORD) {
        waiting.path = r->paths.size;
        waiting.path_size = line->path_size;
        text_add_bytes(&r->paths, line->path, line->path_size);
    }
    text_add_bytes(&r->waiting, &waiting, sizeof waiting);
    return r->waiting.has_failed || r->paths.has_failed ? -ENOMEM : 0;
}

static int apply(struct reader *r, const struct waiting *w)
{
    struct journal_held_table *held = &r->table->held;

    switch (w->kind) {
    case JOURNAL_LINE_FILE:
        return journal_table_set_file(r->table, w->number,
                                      r->paths.bytes + w->path, w->path_size);
    case JOURNAL_LINE_RECORD:
        return journal_held_add(held, w->number, r->paths.bytes + w->path,
                                w->path_size);
    case JOURNAL_LINE_HELD:
        return journal_held_end(held, w->number, w->key, w->class, w->status);
    default:
        return journal_table_set(r->table, w->number, w->key, w->class);
    }
}

static bool is_beyond(const struct journal_place *place,
                      const struct journal_place *most)
{
    if (!most)
        return false;
    return place->records > most->records ||
           place->warc_file > most->warc_file ||
           (place->warc_file == most->warc_file && place->warc > most->warc);
}

static int end_batch(struct reader *r, const struct journal_place *place,
                     uint64_t end)
{
    const struct waiting *waiting = (const void *)r->waiting.bytes;
    size_t count = r->waiting.size / sizeof *waiting;
    int rc = 0;

    if (is_beyond(place, r->most)) {
        r->is_over = true;
        return 0;
    }
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = apply(r, &waiting[i]);
    text_clear(&r->waiting);
    text_clear(&r->paths);
    r->found->place = *place;
    r->found->end = end;
    return rc;
}

/* `end` is the offset behind the line. */
static int take_line(struct reader *r, char *at, char *newline, uint64_t end)
{
    struct journal_line line;
    enum journal_line_kind kind = journal_line_read(&line, at, newline);

    if (kind == JOURNAL_LINE_BAD)
        r->is_damaged = true;
    else if (r->is_damaged && kind == JOURNAL_LINE_BATCH)
        return -EBADMSG;
    if (r->is_over || r->is_damaged)
        return 0;
    if (kind == JOURNAL_LINE_BATCH)
        return end_batch(r, &line.place, end);
    return wait_for_batch(r, &line);
}

/* The whole lines of a block at `offset`.  Returns how many bytes they are. */
static ptrdiff_t take_block(struct reader *r, char *block, size_t size,
                            uint64_t offset)
{
    char *at = block;
    char *newline = memchr(at, '\n', size);
    int rc = 0;

    while (rc == 0 && newline) {
        rc =
            take_line(r, at, newline, offset + (uint64_t)(newline + 1 - block));
        at = newline + 1;
        newline = memchr(at, '\n', (size_t)(block + size - at));
    }
    return rc < 0 ? rc : at - block;
}

static int read_lines(struct reader *r, struct coil_file *file, char *block)
{
    uint64_t offset = r->found->end;
    size_t held = 0; /* the beginning of a line, from the last block */

    for (;;) {
        ptrdiff_t n = coil_file_pread(file, block + held, BLOCK - held,
                                      (int64_t)(offset + held));
        ptrdiff_t used;

        if (n <= 0)
            return (int)n;
        held += (size_t)n;
        used = take_block(r, block, held, offset);
        if (used < 0)
            return (int)used;
        if (used == 0 && held == BLOCK) {
            r->is_damaged = true;
            used = BLOCK;
        }
        offset += (uint64_t)used;
        held -= (size_t)used;
        memmove(block, block + used, held);
    }
}

/* Returns 0, also of a file that has no first line yet. */
static int read_head(struct journal_found *out, struct coil_file *file)
{
    char head[JOURNAL_HEAD_SIZE];
    ptrdiff_t n = coil_file_pread(file, head, sizeof head, 0);
    int rc;

    if (n < 0)
        return (int)n;
    rc = journal_head_read(&out->key, &out->version, head, (size_t)n);
    if (rc == 0)
        out->end = sizeof head;
    return rc == -ENODATA ? 0 : rc;
}

int journal_read(struct journal_found *out, struct journal_table *table,
                 struct coil_file *file, const struct journal_place *most)
{
    struct reader reader = { .found = out, .table = table, .most = most };
    char *block;
    int rc;

    *out = (struct journal_found){ .end = 0 };
    rc = read_head(out, file);
    if (rc < 0 || out->end == 0)
        return rc;
    block = malloc(BLOCK);
    if (!block)
        return -ENOMEM;
    rc = read_lines(&reader, file, block);
    free(block);
    text_fini(&reader.waiting);
    text_fini(&reader.paths);
    return rc;
}
