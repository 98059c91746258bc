/* SPDX-License-Identifier: MIT */
/*
 * warc.c - an archive: its files, one after the other, and its index
 *
 * Whoever writes holds the lock.  What is written counts when `place` has been moved
 * behind it; what is behind `place` is cut off if the writing fails.
 */
#include "output/warc.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include <coil/path.h>

#include "output/warc_archive.h"

enum { EACH = 1024 * 1024, ALL = 16 * 1024 * 1024, MOST_PATH = 4000 };

/* ---- names -------------------------------------------------------------------------- */

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text);

    return size > strlen(end) && strcmp(text + size - strlen(end), end) == 0;
}

static int take_names(struct warc *warc, const struct warc_options *options)
{
    const char *slash;
    size_t size = strlen(options->path);

    if (size > MOST_PATH)
        return -ENAMETOOLONG;
    if (ends_with(options->path, ".warc.gz"))
        warc->ending = ".warc.gz";
    else if (ends_with(options->path, ".warc"))
        warc->ending = ".warc";
    else
        return -EINVAL;
    size -= strlen(warc->ending);
    memcpy(warc->stem, options->path, size);
    slash = memrchr(warc->stem, '/', size);
    memcpy(warc->directory, slash ? warc->stem : ".",
           slash ? (size_t)(slash + 1 - warc->stem) : 1);
    return 0;
}

static void path_of(const struct warc *warc, unsigned number,
                    char path[PATH_MAX])
{
    if (warc->max_size > 0)
        snprintf(path, PATH_MAX, "%.4000s-%05u%s", warc->stem, number,
                 warc->ending);
    else
        snprintf(path, PATH_MAX, "%.4000s%s", warc->stem, warc->ending);
}

const char *warc_archive_filename(struct warc *warc, unsigned number)
{
    const char *slash;

    path_of(warc, number, warc->path);
    slash = strrchr(warc->path, '/');
    return slash ? slash + 1 : warc->path;
}

/* ---- files -------------------------------------------------------------------------- */

static void describe(struct warc *warc, struct text *block)
{
    text_add_format(block, "software: %s\r\n", warc->software);
    text_add(block, "format: WARC file version 1.1\r\n"
                    "conformsTo: http://iipc.github.io/warc-specifications/"
                    "specifications/warc-format/warc-1.1/\r\n");
    text_add_format(block, "robots: %s\r\n", warc->robots);
}

static int64_t now_us(void)
{
    struct timeval now;

    gettimeofday(&now, NULL);
    return (int64_t)now.tv_sec * 1000000 + now.tv_usec;
}

static int make_info(struct warc *warc, struct text *text, unsigned number)
{
    char digest[WARC_DIGEST_SIZE];
    char date[WARC_DATE_SIZE];
    char id[WARC_ID_SIZE];
    struct text block = { 0 };
    int rc = warc_id_make(&warc->ids, id);

    describe(warc, &block);
    if (rc == 0)
        rc = block.has_failed ? -ENOMEM
                              : warc_digest_of(block.bytes, block.size, digest);
    if (rc == 0) {
        warc_date_write(date, now_us());
        warc_record_add(text,
                        &(struct warc_record){
                            .type = "warcinfo",
                            .id = id,
                            .date = date,
                            .filename = warc_archive_filename(warc, number),
                            .content_type = "application/warc-fields",
                            .block_digest = digest,
                            .length = block.size });
        text_add_bytes(text, block.bytes, block.size);
        text_add(text, "\r\n\r\n");
    }
    text_fini(&block);
    return rc == 0 && text->has_failed ? -ENOMEM : rc;
}

/* The first record of a file, which is empty. */
static int write_info(struct warc *warc, struct warc_file *file,
                      unsigned number)
{
    struct text text = { 0 };
    int rc = make_info(warc, &text, number);

    if (rc == 0) {
        warc_file_begin(file, false);
        rc = warc_file_add(file, text.bytes, text.size);
    }
    if (rc == 0)
        rc = warc_file_end(file);
    text_fini(&text);
    return rc;
}

static int open_file(struct warc *warc, struct warc_file **out, unsigned number,
                     uint64_t offset)
{
    char path[PATH_MAX];

    path_of(warc, number, path);
    return warc_file_open(
        out, &(struct warc_file_options){ .path = path,
                                          .is_new = !warc->resumes,
                                          .is_plain = !ends_with(path, ".gz"),
                                          .has_no_sync = warc->has_no_sync,
                                          .offset = offset });
}

static int open_next(struct warc *warc, struct warc_file **out)
{
    unsigned number = warc->place.file + 1;
    int rc = open_file(warc, out, number, 0);

    if (rc == 0) {
        rc = write_info(warc, *out, number);
        if (rc < 0)
            warc_file_abort(*out);
    }
    /* A file that was made is this run's, and may be opened again. */
    if (rc < 0 && rc != -EEXIST)
        warc->resumes = true;
    return rc;
}

/*
 * Go on in the next file.  All of the last one is written before; so if this is
 * cancelled, or fails, the next entry tries again.
 */
static int next_file(struct warc *warc)
{
    struct warc_file *next;
    struct warc_file *last = warc->file;
    int rc = warc_file_flush(last, warc->place.offset);

    if (rc < 0)
        return rc;
    rc = open_next(warc, &next);
    if (rc < 0)
        return rc;
    warc->file = next;
    warc->place.file++;
    warc->place.offset = warc_file_offset(next);
    return warc_file_close(last);
}

int warc_archive_prepare(struct warc *warc)
{
    int rc = warc_file_room(warc->file);

    if (rc == 0 && warc->max_size > 0 && warc->place.offset >= warc->max_size)
        rc = next_file(warc);
    return rc;
}

/* What a run before has written behind the place does not count. */
static int remove_later_files(struct warc *warc)
{
    char path[PATH_MAX];
    int rc = 0;

    for (unsigned i = warc->place.file + 1; rc == 0 && warc->max_size > 0;
         i++) {
        path_of(warc, i, path);
        rc = coil_path_unlink(path);
    }
    return rc == -ENOENT ? 0 : rc;
}

static int open_first(struct warc *warc)
{
    int rc = warc->resumes ? remove_later_files(warc) : 0;

    if (rc == 0)
        rc = open_file(warc, &warc->file, warc->place.file, warc->place.offset);
    if (rc < 0 || warc->place.offset > 0)
        return rc;
    rc = write_info(warc, warc->file, warc->place.file);
    if (rc == 0)
        warc->place.offset = warc_file_offset(warc->file);
    return rc;
}

static int open_index(struct warc *warc, const struct warc_options *options,
                      const struct warc_place *place)
{
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%.4000s.cdxj", warc->stem);
    return warc_index_open(&warc->index, &(struct warc_index_options){
                                             .path = path,
                                             .earlier = options->earlier,
                                             .has_no_sync = warc->has_no_sync,
                                             .resumes = warc->resumes,

                                             .file = place->file,
                                             .offset = place->offset });
}

static int copy_text(char **out, const char *text, const char *instead)
{
    *out = strdup(text ? text : instead);
    return *out ? 0 : -ENOMEM;
}

static int take_options(struct warc *warc, const struct warc_options *options)
{
    int rc = take_names(warc, options);

    warc->max_size = options->max_size;
    warc->resumes = options->resumes;
    warc->has_no_sync = options->has_no_sync;
    warc->place.file = 1;
    if (options->resumes && options->place.file > 0)
        warc->place = options->place;
    warc->memory = (struct warc_memory){
        .directory = warc->directory,
        .each = options->body_memory ? options->body_memory : EACH,
        .all = options->all_memory ? options->all_memory : ALL,
    };
    if (rc == 0)
        rc = copy_text(&warc->software, options->software, "coil-fetch");
    if (rc == 0)
        rc = copy_text(&warc->robots, options->robots, "ignore");
    return rc;
}

int warc_open(struct warc **out, const struct warc_options *options)
{
    struct warc *warc = calloc(1, sizeof *warc);
    struct warc_place place;
    int rc;

    *out = NULL;
    if (!warc)
        return -ENOMEM;
    coil_lock_init(&warc->lock);
    rc = take_options(warc, options);
    place = warc->place;
    if (rc == 0)
        rc = open_first(warc);
    if (rc == 0)
        rc = open_index(warc, options, &place);
    if (rc < 0)
        warc_abort(warc);
    else
        *out = warc;
    return rc;
}

/* ---- the archive -------------------------------------------------------------------- */

struct warc_place warc_place_of(const struct warc *warc)
{
    return warc->place;
}

int warc_flush(struct warc *warc)
{
    int rc = warc_file_flush(warc->file, warc->place.offset);

    return rc < 0 ? rc : warc_index_flush(warc->index);
}

int warc_close(struct warc *warc)
{
    struct warc_file *file = NULL;
    struct warc_index *index = NULL;
    int rc;

    if (warc) {
        file = warc->file;
        index = warc->index;
        warc->file = NULL;
        warc->index = NULL;
    }
    warc_abort(warc);
    rc = warc_file_close(file);
    /* Lines of what is not written would be wrong. */
    if (rc == 0)
        rc = warc_index_close(index);
    else
        warc_index_abort(index);
    return rc;
}

void warc_abort(struct warc *warc)
{
    if (!warc)
        return;
    warc_file_abort(warc->file);
    warc_index_abort(warc->index);
    free(warc->software);
    free(warc->robots);
    free(warc);
}
