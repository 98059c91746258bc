/* SPDX-License-Identifier: MIT */
/*
 * cache.c - a file of lines, and an index of them
 *
 * A key is the first two fields of a line, as they stand there.  The index has the
 * offset of the last line with that key.
 */
#include "fetch/cache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <coil/file.h>
#include <coil/path.h>

#include "common/append.h"
#include "fetch/cache_index.h"
#include "fetch/file_lines.h"

static const char title[] = "# coil-fetch cache 1\n";

/* So many lines more than count may stand in a file. */
enum { SPARE_LINES = 1000 };

struct cache {
    struct append *append;
    struct cache_index index;
    size_t lines; /* in the file, but for the title */
    char *path;
    char *variant;
    struct text key;  /* of a URL that is looked for */
    struct text line; /* that is written */
};

/* ---- opening ---- */

static int take_line(void *arg, char *line, size_t size, int64_t offset)
{
    struct cache *cache = arg;
    size_t key_size = cache_line_key_size(line, size);

    if (offset == 0)
        return size == sizeof title - 2 && memcmp(line, title, size) == 0
                   ? 0
                   : -EBADMSG;
    if (key_size == 0)
        return 0;
    cache->lines++;
    return cache_index_put(&cache->index, line, key_size, (uint64_t)offset);
}

static int open_file(struct cache *cache)
{
    const struct append_options options = {
        .path = cache->path,
        .flags = O_CREAT,
        .is_locked = true,
        .has_no_sync = true,
    };

    return append_open(&cache->append, &options);
}

/* A title that is torn is a part of it. */
static int check_beginning(struct cache *cache)
{
    char bytes[sizeof title];
    ptrdiff_t n =
        coil_file_pread(append_file(cache->append), bytes, sizeof title - 1, 0);

    if (n < 0)
        return (int)n;
    return memcmp(bytes, title, (size_t)n) == 0 ? 0 : -EBADMSG;
}

static int read_file(struct cache *cache)
{
    struct file_lines lines = { .take = take_line, .arg = cache };
    int rc = check_beginning(cache);

    if (rc == 0)
        rc = file_lines_read(&lines, append_file(cache->append));
    if (rc == 0)
        rc = append_start(cache->append, (uint64_t)lines.end);
    if (rc == 0 && lines.end == 0)
        rc = append_add(cache->append, title, sizeof title - 1);
    return rc;
}

/* ---- writing it anew ---- */

struct copying {
    struct cache *cache;
    struct append *to;
};

/* The title, and the lines that count. */
static int copy_line(void *arg, char *line, size_t size, int64_t offset)
{
    struct copying *copying = arg;
    size_t key_size = cache_line_key_size(line, size);
    uint64_t known = cache_index_find(&copying->cache->index, line, key_size);
    int rc;

    if (offset > 0 && (key_size == 0 || known != (uint64_t)offset ||
                       cache_line_is_empty(line, size, key_size)))
        return 0;
    rc = append_room(copying->to);
    if (rc == 0)
        rc = append_add(copying->to, line, size);
    if (rc == 0)
        rc = append_add(copying->to, "\n", 1);
    return rc;
}

static int copy_lines(struct cache *cache, const char *path)
{
    const struct append_options options = { .path = path, .flags = O_CREAT };
    struct copying copying = { .cache = cache };
    struct file_lines lines = { .take = copy_line, .arg = &copying };
    int rc = append_open(&copying.to, &options);

    if (rc < 0)
        return rc;
    rc = append_start(copying.to, 0);
    if (rc == 0)
        rc = file_lines_read(&lines, append_file(cache->append));
    if (rc < 0) {
        append_abort(copying.to);
        return rc;
    }
    return append_close(copying.to);
}

static int replace_file(struct cache *cache, const char *path)
{
    int rc = copy_lines(cache, path);

    if (rc == 0)
        rc = coil_path_rename(path, cache->path);
    return rc;
}

/*
 * The new file takes the place of the old one.  If it cannot be written, the old one
 * is used on.
 */
static int write_anew(struct cache *cache)
{
    struct text path = { 0 };
    int rc = -ENOMEM;

    text_add(&path, cache->path);
    text_add(&path, ".new");
    if (!path.has_failed)
        rc = replace_file(cache, path.bytes);
    if (rc < 0 && rc != -ECANCELED && rc != -ENOMEM) {
        rc = coil_path_unlink(path.bytes);
        text_fini(&path);
        return rc == -ECANCELED ? rc : 0;
    }
    text_fini(&path);
    if (rc < 0)
        return rc;
    append_abort(cache->append);
    cache->append = NULL;
    cache_index_clear(&cache->index);
    cache->lines = 0;
    rc = open_file(cache);
    return rc < 0 ? rc : read_file(cache);
}

static int open_cache(struct cache *cache)
{
    int rc = open_file(cache);

    if (rc == 0)
        rc = read_file(cache);
    if (rc == 0 && cache->lines > 2 * cache->index.count + SPARE_LINES)
        rc = write_anew(cache);
    return rc;
}

static void free_cache(struct cache *cache)
{
    cache_index_fini(&cache->index);
    text_fini(&cache->key);
    text_fini(&cache->line);
    free(cache->path);
    free(cache->variant);
    free(cache);
}

int cache_open(struct cache **out, const char *path, const char *variant)
{
    struct cache *cache = calloc(1, sizeof *cache);
    int rc;

    *out = NULL;
    if (!cache)
        return -ENOMEM;
    cache->path = strdup(path);
    cache->variant = strdup(variant);
    rc = cache_index_init(&cache->index);
    if (rc == 0 && (!cache->path || !cache->variant))
        rc = -ENOMEM;
    if (rc == 0)
        rc = open_cache(cache);
    if (rc < 0) {
        append_abort(cache->append);
        free_cache(cache);
        return rc;
    }
    *out = cache;
    return 0;
}

int cache_close(struct cache *cache)
{
    int rc;

    if (!cache)
        return 0;
    rc = append_close(cache->append);
    free_cache(cache);
    return rc;
}

size_t cache_count(const struct cache *cache)
{
    return cache->index.count;
}

/* ---- looking up ---- */

/* Of the URL in cache->key. */
static int find_offset(struct cache *cache, const char *url, uint64_t *offset)
{
    text_clear(&cache->key);
    cache_line_write_key(&cache->key, url, cache->variant);
    if (cache->key.has_failed)
        return -ENOMEM;
    *offset =
        cache_index_find(&cache->index, cache->key.bytes, cache->key.size);
    return 0;
}

/*
 * Read at most `size` bytes, and keep the line at their beginning.  Returns 1; 0: it
 * does not end there; an error.
 */
static int read_piece(struct cache *cache, uint64_t offset, size_t size,
                      struct text *text)
{
    char *bytes = malloc(size);
    char *end;
    ptrdiff_t n;

    if (!bytes)
        return -ENOMEM;
    n = coil_file_pread(append_file(cache->append), bytes, size,
                        (int64_t)offset);
    end = n > 0 ? memchr(bytes, '\n', (size_t)n) : NULL;
    if (end)
        text_add_bytes(text, bytes, (size_t)(end - bytes));
    free(bytes);
    if (n < 0)
        return (int)n;
    if (text->has_failed)
        return -ENOMEM;
    return end != NULL;
}

/* What was stored just now may have to be written first. */
static int read_line(struct cache *cache, uint64_t offset, struct text *text)
{
    int rc = read_piece(cache, offset, 1024, text);

    if (rc != 0)
        return rc;
    rc = append_flush(cache->append, append_end(cache->append));
    return rc < 0 ? rc : read_piece(cache, offset, FILE_LINES_MAX_SIZE, text);
}

/*
 * Ask for size and time of line->file.  Returns 1; 0: it is no file; -ENOMEM;
 * -ECANCELED.
 */
static int ask_file(struct cache_line *line)
{
    struct stat status;
    int rc;

    if (line->file[0] == '\0')
        return 1;
    rc = coil_path_stat(line->file, &status);
    if (rc == -ECANCELED || rc == -ENOMEM)
        return rc;
    if (rc < 0 || !S_ISREG(status.st_mode))
        return 0;
    line->size = status.st_size;
    line->changed_at =
        (int64_t)status.st_mtim.tv_sec * 1000000000 + status.st_mtim.tv_nsec;
    return 1;
}

/* Whether the file is there, as it was stored. */
static int check_file(const struct cache_line *line)
{
    struct cache_line now = { .file = line->file };
    int rc = ask_file(&now);

    if (rc <= 0)
        return rc;
    return now.size == line->size && now.changed_at == line->changed_at;
}

static int find_line(struct cache *cache, const char *url,
                     struct cache_entry *entry)
{
    uint64_t offset;
    int rc = find_offset(cache, url, &offset);

    if (rc < 0 || offset == 0)
        return rc;
    rc = read_line(cache, offset, &entry->text);
    if (rc <= 0)
        return rc;
    if (!cache_line_read(&entry->line, entry->text.bytes) ||
        (!entry->line.etag[0] && !entry->line.last_modified[0]) ||
        strcmp(entry->line.url, url) != 0 ||
        strcmp(entry->line.variant, cache->variant) != 0)
        return 0;
    return check_file(&entry->line);
}

int cache_find(struct cache *cache, const char *url, struct cache_entry *entry)
{
    int rc;

    *entry = (struct cache_entry){ 0 };
    rc = find_line(cache, url, entry);
    if (rc <= 0)
        cache_entry_fini(entry);
    return rc;
}

void cache_entry_fini(struct cache_entry *entry)
{
    text_fini(&entry->text);
    *entry = (struct cache_entry){ 0 };
}

/* ---- storing ---- */

static int add_line(struct cache *cache, const struct cache_line *line)
{
    uint64_t offset = append_end(cache->append);
    struct text *text = &cache->line;
    int rc;

    text_clear(text);
    cache_line_write(text, line);
    if (text->has_failed)
        return -ENOMEM;
    rc = append_add(cache->append, text->bytes, text->size);
    if (rc < 0)
        return rc;
    rc = cache_index_put(&cache->index, cache->key.bytes, cache->key.size,
                         offset);
    if (rc < 0)
        append_cut(cache->append, offset);
    return rc;
}

int cache_store(struct cache *cache, const char *url,
                const struct coil_http_header *headers, size_t count,
                const char *file)
{
    struct cache_line line = {
        .url = url,
        .variant = cache->variant,
        .file = file ? file : "",
    };
    bool may_be_kept = cache_line_take(&line, headers, count);
    uint64_t offset;
    int rc = may_be_kept ? ask_file(&line) : 0;

    may_be_kept = rc > 0;
    if (rc >= 0)
        rc = append_room(cache->append);
    if (rc == 0)
        rc = find_offset(cache, url, &offset);
    if (rc < 0 || (!may_be_kept && offset == 0))
        return rc;
    if (!may_be_kept)
        line = (struct cache_line){ url, cache->variant, "", "", "", 0, 0 };
    rc = add_line(cache, &line);
    return rc < 0 ? rc : may_be_kept;
}
