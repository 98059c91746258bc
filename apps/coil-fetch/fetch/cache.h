/* SPDX-License-Identifier: MIT */
/*
 * cache.h - what is known of the bodies that earlier runs have kept: --cache FILE
 *
 *     rc = cache_find(cache, url, &entry);
 *     if (rc > 0)
 *         ... If-None-Match: entry.line.etag, If-Modified-Since: entry.line.last_modified
 *     cache_entry_fini(&entry);
 *     ...
 *     rc = cache_store(cache, url, headers, count, file);    a body was kept
 *
 * The file has a line for each body, and grows by lines; the last one for a URL
 * counts.  A file most of whose lines count no more is written anew when it is
 * opened.  In memory there are 19 to 29 bytes for each URL.  A line that a crash has torn
 * is ignored: then the URL is fetched whole.
 *
 * The cache knows requests with GET that have nothing of their own.  What all of
 * them have in common beyond the URL is the variant: lines of another variant are
 * kept, and not used.
 */
#ifndef COIL_FETCH_FETCH_CACHE_H
#define COIL_FETCH_FETCH_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <coil/base.h>
#include <coil/http.h>

#include "fetch/cache_line.h"

struct cache;

/*
 * Open the file, or make it.  `variant` is copied; "" will do if all runs ask in the
 * same way.  No other process may use the file meanwhile.  `*out` is returned:
 * release it with cache_close().
 *
 * Returns 0; -EBUSY: another has it; -EBADMSG: the file is something else, and is
 * untouched; -ENOMEM; -ECANCELED; an error of open(), read() or, when the file is
 * written anew, write(): it is as it was.
 */
int cache_open(struct cache **out, const char *path, const char *variant)
    COIL_SUSPENDS;

/*
 * Write what was stored, and free the cache, whatever is returned; NULL is allowed.
 * Returns as append_close(): after an error, and after -ECANCELED, the last lines
 * may be missing.
 */
int cache_close(struct cache *cache) COIL_SUSPENDS;

/* How many URLs have been stored, in all variants, with those that were replaced. */
size_t cache_count(const struct cache *cache);

/* What is known of a URL.  The line's texts are in `text`. */
struct cache_entry {
    struct cache_line line;
    struct text text;
};

/*
 * Look a URL up.  One whose file is gone, or was changed since it was stored, is not
 * known.
 *
 * Returns 1, with an entry to be released with cache_entry_fini(); with one that is
 * empty: 0: ask without conditions; an error of read(), or of append_flush();
 * -ENOMEM; -ECANCELED.
 */
int cache_find(struct cache *cache, const char *url, struct cache_entry *entry)
    COIL_SUSPENDS;

/* An empty one is allowed. */
void cache_entry_fini(struct cache_entry *entry);

/*
 * A body was kept that came with these headers and the status 200: all of it, in
 * `file`, which has its final name, or nowhere (NULL).  If its validators may not be
 * kept, older ones are taken back.
 *
 * Returns 1; 0: nothing is known of the URL from now on; -ECANCELED, -ENOMEM, or an
 * error of append_room(): what was stored earlier stays, and is of no harm, as the
 * file has changed.
 */
int cache_store(struct cache *cache, const char *url,
                const struct coil_http_header *headers, size_t count,
                const char *file) COIL_SUSPENDS;

#endif
