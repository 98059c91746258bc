/* SPDX-License-Identifier: MIT */
/*
 * warc_index.c - the lines of an index, and which payloads they have
 *
 * Where a payload was seen is the offset of its line, times two, in the part; plus 1
 * in the earlier index.
 */
#include "output/warc_index.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coil/file.h>
#include <coil/path.h>

#include "common/append.h"
#include "output/cdxj_lines.h"
#include "output/cdxj_sort.h"
#include "output/warc_seen.h"

/*
 * Payloads that are remembered: 4 MiB; of an earlier index, as many as its size
 * promises, up to 32 MiB.
 */
enum { SEEN = 1 << 18, MOST_SEEN = 1 << 21, LINE_SIZE = 300 };

/* A line of the index is shorter. */
enum { MOST_LINE = 256 * 1024, FIRST_READ = 4096 };

struct warc_index {
    struct append *part;
    struct coil_file *earlier; /* NULL: none */
    struct warc_seen seen;
    struct text line;
    bool has_no_sync;
    unsigned file;
    uint64_t offset;
    char path[PATH_MAX];
    char part_path[PATH_MAX + 8];
    char copy_path[PATH_MAX + 8];
};

/* ---- what is there ------------------------------------------------------------------ */

unsigned warc_number_of(const char *filename, size_t size)
{
    const char *dash = memrchr(filename, '-', size);
    unsigned number = 0;

    if (!dash || filename + size - dash < 7)
        return 1;
    for (int i = 1; i <= 5; i++) {
        if (dash[i] < '0' || dash[i] > '9')
            return 1;
        number = 10 * number + (unsigned)(dash[i] - '0');
    }
    return dash[6] == '.' && number > 0 ? number : 1;
}

/* Whether the archive still has the record of this line. */
static bool is_kept(const struct warc_index *index, const char *line,
                    size_t size)
{
    struct cdxj_value name = cdxj_value_of(line, size, "filename");
    struct cdxj_value offset = cdxj_value_of(line, size, "offset");
    unsigned number;

    if (!name.at || !offset.at)
        return false;
    number = warc_number_of(name.at, name.size);
    return number < index->file ||
           (number == index->file &&
            strtoull(offset.at, NULL, 10) < index->offset);
}

/* A payload that later ones may refer to: whole, and in its record. */
static void remember(struct warc_index *index, const char *line, size_t size,
                     uint64_t where)
{
    struct cdxj_value digest = cdxj_value_of(line, size, "digest");
    struct cdxj_value mime = cdxj_value_of(line, size, "mime");

    if (digest.at && !cdxj_value_of(line, size, "truncated").at &&
        (mime.size != 12 || memcmp(mime.at, "warc/revisit", 12) != 0))
        warc_seen_add(&index->seen, digest.at, digest.size, where);
}

static int take_earlier(void *arg, const char *line, size_t size,
                        uint64_t offset)
{
    remember(arg, line, size, 2 * offset + 1);
    return 0;
}

/* Lines of the part are in the archive's order: the first that is lost ends it. */
static int take_part(void *arg, const char *line, size_t size, uint64_t offset)
{
    if (!is_kept(arg, line, size))
        return CDXJ_LINES_ENOUGH;
    remember(arg, line, size, 2 * offset);
    return 0;
}

static int take_copy(void *arg, const char *line, size_t size, uint64_t offset)
{
    struct warc_index *index = arg;
    int rc;

    (void)offset;
    if (!is_kept(index, line, size))
        return 0;
    remember(index, line, size, 2 * append_end(index->part));
    rc = append_add(index->part, line, size);
    return rc < 0 ? rc : append_room(index->part);
}

/* ---- opening ------------------------------------------------------------------------ */

static int open_part(struct warc_index *index, const char *path)
{
    return append_open(&index->part, &(struct append_options){
                                         .path = path,
                                         .flags = O_CREAT,
                                         .is_locked = true,
                                         .has_no_sync = index->has_no_sync });
}

static int copy_from(struct warc_index *index, struct coil_file *file)
{
    struct append *copy;
    uint64_t end = 0;
    int rc = open_part(index, index->copy_path);

    if (rc == 0)
        rc = append_start(index->part, 0);
    if (rc == 0)
        rc = cdxj_lines_read(file, take_copy, index, &end);
    copy = index->part;
    index->part = NULL;
    if (rc < 0) {
        append_abort(copy);
        return rc;
    }
    rc = append_close(copy);
    return rc < 0 ? rc : coil_path_rename(index->copy_path, index->part_path);
}

/* Without a part, it is made of the index, as a whole or not at all. */
static int copy_index(struct warc_index *index)
{
    struct coil_file *file = NULL;
    struct stat status;
    int rc = coil_path_stat(index->part_path, &status);

    if (rc != -ENOENT)
        return rc;
    rc = coil_file_open(&file, index->path, O_RDONLY, 0);
    if (rc < 0)
        return rc == -ENOENT ? 0 : rc;
    rc = copy_from(index, file);
    coil_file_abort(file);
    return rc;
}

static int resume(struct warc_index *index)
{
    uint64_t end = 0;
    int rc = copy_index(index);

    if (rc == 0)
        rc = open_part(index, index->part_path);
    if (rc == 0)
        rc = cdxj_lines_read(append_file(index->part), take_part, index, &end);
    return rc < 0 ? rc : append_start(index->part, end);
}

static int begin(struct warc_index *index)
{
    int rc = open_part(index, index->part_path);

    return rc < 0 ? rc : append_start(index->part, 0);
}

static int open_earlier(struct warc_index *index, const char *path)
{
    struct stat status = { .st_size = 0 };
    uint64_t end = 0;
    uint64_t lines;
    int rc = 0;

    if (path)
        rc = coil_file_open(&index->earlier, path, O_RDONLY, 0);
    if (rc == 0 && path)
        rc = coil_file_stat(index->earlier, &status);
    if (rc < 0)
        return rc;
    lines = SEEN + (uint64_t)status.st_size / LINE_SIZE;
    rc = warc_seen_init(&index->seen,
                        lines < MOST_SEEN ? (size_t)lines : MOST_SEEN);
    if (rc < 0 || !path)
        return rc;
    return cdxj_lines_read(index->earlier, take_earlier, index, &end);
}

int warc_index_open(struct warc_index **out,
                    const struct warc_index_options *options)
{
    struct warc_index *index = calloc(1, sizeof *index);
    int rc;

    *out = NULL;
    if (!index)
        return -ENOMEM;
    index->has_no_sync = options->has_no_sync;
    index->file = options->file;
    index->offset = options->offset;
    snprintf(index->path, sizeof index->path, "%s", options->path);
    snprintf(index->part_path, sizeof index->part_path, "%s.part", index->path);
    snprintf(index->copy_path, sizeof index->copy_path, "%s.copy", index->path);
    rc = strlen(options->path) < PATH_MAX ? 0 : -ENAMETOOLONG;
    if (rc == 0)
        rc = open_earlier(index, options->earlier);
    if (rc == 0)
        rc = options->resumes ? resume(index) : begin(index);
    if (rc < 0)
        warc_index_abort(index);
    else
        *out = index;
    return rc;
}

/* ---- adding and finding ------------------------------------------------------------- */

int warc_index_add(struct warc_index *index, const struct cdxj_entry *entry,
                   bool is_original)
{
    uint64_t where = append_end(index->part);
    struct text *line = &index->line;
    int rc;

    text_clear(line);
    cdxj_add(line, entry);
    if (line->has_failed)
        return -ENOMEM;
    rc = append_add(index->part, line->bytes, line->size);
    if (rc == 0 && is_original && !entry->truncated)
        warc_seen_add(&index->seen, entry->digest, strlen(entry->digest),
                      2 * where);
    return rc;
}

/* Read the line at `offset`.  Returns its size; 0: there is no whole line. */
static ptrdiff_t read_line(struct coil_file *file, char *buffer, size_t room,
                           uint64_t offset)
{
    ptrdiff_t n = coil_file_pread(file, buffer, room, (int64_t)offset);
    const char *newline;

    if (n < 0)
        return n;
    newline = memchr(buffer, '\n', (size_t)n);
    return newline ? newline - buffer : 0;
}

/* A long line is read once more, whole. */
static int read_long_line(struct cdxj_found *out, struct coil_file *file,
                          uint64_t offset)
{
    char *buffer = malloc(MOST_LINE);
    ptrdiff_t n;
    int rc;

    if (!buffer)
        return -ENOMEM;
    n = read_line(file, buffer, MOST_LINE, offset);
    rc = n < 0 ? (int)n : cdxj_read(out, buffer, (size_t)n);
    free(buffer);
    return rc;
}

static int find_line(struct warc_index *index, struct cdxj_found *out,
                     uint64_t where)
{
    struct coil_file *file =
        where & 1 ? index->earlier : append_file(index->part);
    char buffer[FIRST_READ];
    ptrdiff_t n = read_line(file, buffer, sizeof buffer, where / 2);

    if (n < 0)
        return (int)n;
    return n > 0 ? cdxj_read(out, buffer, (size_t)n)
                 : read_long_line(out, file, where / 2);
}

int warc_index_find(struct warc_index *index, struct cdxj_found *out,
                    const char *digest)
{
    uint64_t where;
    int rc;

    if (!warc_seen_find(&index->seen, digest, &where))
        return 0;
    /* A line of this run may be in memory still. */
    if ((where & 1) == 0 && where / 2 >= append_written(index->part)) {
        rc = warc_index_flush(index);
        if (rc < 0)
            return rc;
    }
    rc = find_line(index, out, where);
    if (rc < 0)
        return rc == -EBADMSG ? 0 : rc;
    if (strcmp(out->digest, digest) == 0)
        return 1;
    cdxj_found_fini(out);
    return 0;
}

/* ---- its end ------------------------------------------------------------------------ */

int warc_index_flush(struct warc_index *index)
{
    return append_flush(index->part, append_end(index->part));
}

int warc_index_close(struct warc_index *index)
{
    struct append *part;
    int rc;

    if (!index)
        return append_close(NULL);
    part = index->part;
    index->part = NULL;
    rc = append_close(part);
    if (rc == 0)
        rc = cdxj_sort(index->part_path, index->path, 0);
    if (rc == 0)
        rc = coil_path_unlink(index->part_path);
    warc_index_abort(index);
    return rc;
}

void warc_index_abort(struct warc_index *index)
{
    if (!index)
        return;
    append_abort(index->part);
    coil_file_abort(index->earlier);
    warc_seen_fini(&index->seen);
    text_fini(&index->line);
    free(index);
}
