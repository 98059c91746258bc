/* SPDX-License-Identifier: MIT */
/* What is known of bodies that earlier runs have kept. */
#include "fetch/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file_test.h"

#define TITLE "# coil-fetch cache 1\n"

static struct cache *opened(const char *variant)
{
    struct cache *cache;

    ASSERT_EQ(cache_open(&cache, in_directory("cache"), variant), 0);
    return cache;
}

static void close_cache(struct cache *cache)
{
    ASSERT_EQ(cache_close(cache), 0);
}

static int store(struct cache *cache, const char *url, const char *etag,
                 const char *date, const char *file)
{
    struct coil_http_header headers[2];
    size_t count = 0;

    if (etag)
        headers[count++] = (struct coil_http_header){ "ETag", etag };
    if (date)
        headers[count++] = (struct coil_http_header){ "last-modified", date };
    return cache_store(cache, url, headers, count,
                       file ? in_directory(file) : NULL);
}

/* "etag|date", or "" if the URL is not known. */
static const char *known(struct cache *cache, const char *url)
{
    static char text[256];
    struct cache_entry entry;
    int rc = cache_find(cache, url, &entry);

    ASSERT_OK(rc);
    text[0] = '\0';
    if (rc == 0) {
        ASSERT_NULL(entry.text.bytes);
        ASSERT_NULL(entry.line.file);
        return text;
    }
    snprintf(text, sizeof text, "%s|%s", entry.line.etag,
             entry.line.last_modified);
    cache_entry_fini(&entry);
    return text;
}

FILE_TEST(fetch_cache_remembers_between_runs)
{
    struct cache *cache = opened("");
    struct cache_entry entry;

    put_file("a", "body");
    ASSERT_STR_EQ(known(cache, "http://h/a"), "");
    ASSERT_EQ(store(cache, "http://h/a", "\"1\"", "yesterday", "a"), 1);
    ASSERT_STR_EQ(known(cache, "http://h/a"), "\"1\"|yesterday");
    ASSERT_EQ(store(cache, "http://h/b", "W/\"2\"", NULL, NULL), 1);
    ASSERT_EQ(store(cache, "http://h/c", NULL, "today", NULL), 1);
    close_cache(cache);

    cache = opened("");
    ASSERT_EQ(cache_count(cache), 3u);
    ASSERT_EQ(cache_find(cache, "http://h/a", &entry), 1);
    ASSERT_STR_EQ(entry.line.file, in_directory("a"));
    ASSERT_EQ(entry.line.size, 4);
    cache_entry_fini(&entry);
    ASSERT_STR_EQ(known(cache, "http://h/b"), "W/\"2\"|");
    ASSERT_STR_EQ(known(cache, "http://h/c"), "|today");
    ASSERT_STR_EQ(known(cache, "http://h/"), "");
    close_cache(cache);
    close_cache(NULL);
}

/* The last one counts, also when it says that nothing is known any more. */
FILE_TEST(fetch_cache_the_last_body_counts)
{
    struct cache *cache = opened("");

    ASSERT_EQ(store(cache, "http://h/a", "\"1\"", NULL, NULL), 1);
    ASSERT_EQ(store(cache, "http://h/a", "\"2\"", NULL, NULL), 1);
    ASSERT_EQ(store(cache, "http://h/b", "\"1\"", NULL, NULL), 1);
    ASSERT_EQ(store(cache, "http://h/b", NULL, NULL, NULL), 0);
    ASSERT_EQ(store(cache, "http://h/c", NULL, NULL, NULL), 0);
    for (int run = 0; run < 2; run++) {
        ASSERT_STR_EQ(known(cache, "http://h/a"), "\"2\"|");
        ASSERT_STR_EQ(known(cache, "http://h/b"), "");
        ASSERT_EQ(cache_count(cache), 2u);
        close_cache(cache);
        cache = opened("");
    }
    close_cache(cache);
}

FILE_TEST(fetch_cache_looks_whether_the_body_is_there)
{
    struct cache *cache = opened("");

    put_file("a", "body");
    ASSERT_EQ(mkdir(in_directory("d"), 0777), 0);
    ASSERT_EQ(store(cache, "http://h/a", "\"1\"", NULL, "a"), 1);
    ASSERT_EQ(store(cache, "http://h/no", "\"1\"", NULL, "no"), 0);
    ASSERT_EQ(store(cache, "http://h/d", "\"1\"", NULL, "d"), 0);
    ASSERT_STR_EQ(known(cache, "http://h/a"), "\"1\"|");
    put_file("a", "longer");
    ASSERT_STR_EQ(known(cache, "http://h/a"), "");
    ASSERT_EQ(store(cache, "http://h/a", "\"2\"", NULL, "a"), 1);
    ASSERT_STR_EQ(known(cache, "http://h/a"), "\"2\"|");
    ASSERT_EQ(unlink(in_directory("a")), 0);
    ASSERT_STR_EQ(known(cache, "http://h/a"), "");
    ASSERT_STR_EQ(known(cache, "http://h/no"), "");
    close_cache(cache);
}

/* Another text of the same length is another body. */
FILE_TEST(fetch_cache_looks_when_the_body_was_changed)
{
    static const struct timespec times[2] = { { 1, 0 }, { 1, 0 } };
    struct cache *cache = opened("");

    put_file("a", "body");
    ASSERT_EQ(store(cache, "http://h/a", "\"1\"", NULL, "a"), 1);
    put_file("a", "BODY");
    ASSERT_EQ(utimensat(AT_FDCWD, in_directory("a"), times, 0), 0);
    ASSERT_STR_EQ(known(cache, "http://h/a"), "");
    close_cache(cache);
}

FILE_TEST(fetch_cache_variants_are_apart)
{
    struct cache *cache = opened("raw");

    ASSERT_EQ(store(cache, "http://h/a", "\"raw\"", NULL, NULL), 1);
    close_cache(cache);
    cache = opened("");
    ASSERT_STR_EQ(known(cache, "http://h/a"), "");
    ASSERT_EQ(store(cache, "http://h/a", "\"plain\"", NULL, NULL), 1);
    close_cache(cache);
    cache = opened("raw");
    ASSERT_STR_EQ(known(cache, "http://h/a"), "\"raw\"|");
    close_cache(cache);
}

TEST(fetch_cache_which_validators_may_be_kept)
{
    static const struct {
        struct coil_http_header headers[4];
        const char *etag; /* NULL: none may be kept */
        const char *date;
    } rows[] = {
        { { { "ETag", "\"a\"" } }, "\"a\"", "" },
        { { { "ETag", "\"\"" }, { "Last-Modified", "d" } }, "\"\"", "d" },
        { { { "ETag", "\"\xc3\xa4!\"" } }, "\"\xc3\xa4!\"", "" },
        { { { "ETag", "a" } }, NULL, NULL },
        { { { "ETag", "\"a b\"" } }, NULL, NULL },
        { { { "ETag", "\"a\"b\"" } }, NULL, NULL },
        { { { "ETag", "\"" } }, NULL, NULL },
        { { { "ETag", "w/\"a\"" }, { "Last-Modified", "d" } }, "", "d" },
        { { { "Last-Modified", "" } }, NULL, NULL },
        { { { "ETag", "\"a\"" }, { "Cache-Control", "private, No-Store" } },
          NULL,
          NULL },
        { { { "ETag", "\"a\"" },
            { "cache-control", "max-age=0" },
            { "Cache-Control", ",no-store=x,no-storex,no-cache" } },
          "\"a\"",
          "" },
        { { { "ETag", "\"a\"" },
            { "cache-control", "max-age=0" },
            { "Cache-Control", "no-store" } },
          NULL,
          NULL },
        { { { "ETag", "\"a\"" }, { "Vary", "*" } }, NULL, NULL },
        { { { "ETag", "\"a\"" }, { "Vary", "Cookie" } }, "\"a\"", "" },
        { { { "ETag", "W/\"a\"" }, { "Vary", "Cookie" } }, NULL, NULL },
        { { { "ETag", "W/\"a\"" }, { "Vary", "accept-encoding , ORIGIN" } },
          "W/\"a\"",
          "" },
        { { { "Last-Modified", "d" }, { "Vary", "Accept, Cookie" } },
          NULL,
          NULL },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cache_line line = { 0 };
        size_t count = 0;
        bool is_kept;

        while (count < 4 && rows[i].headers[count].name)
            count++;
        is_kept = cache_line_take(&line, rows[i].headers, count);
        if (is_kept != !!rows[i].etag)
            FAIL("row %zu", i);
        if (!is_kept)
            continue;
        ASSERT_STR_EQ(line.etag, rows[i].etag);
        ASSERT_STR_EQ(line.last_modified, rows[i].date);
    }
}

/* ---- the file ---- */

FILE_TEST(fetch_cache_file_is_text)
{
    struct cache *cache = opened("v\t1");
    struct cache_entry entry;

    put_file("a\tb\\n\n", "x");
    ASSERT_EQ(store(cache, "http://h/a", "\"1\\t\"", "d", "a\tb\\n\n"), 1);
    close_cache(cache);
    cache = opened("v\t1");
    ASSERT_EQ(cache_find(cache, "http://h/a", &entry), 1);
    ASSERT_STR_EQ(entry.line.file, in_directory("a\tb\\n\n"));
    ASSERT_STR_EQ(entry.line.etag, "\"1\\t\"");
    cache_entry_fini(&entry);
    close_cache(cache);
}

FILE_TEST(fetch_cache_file_that_is_torn_or_damaged)
{
    struct cache *cache;

    put_file("cache", TITLE "http://h/a\t\t\"1\"\t\t0\t0\t\n"
                            "http://h/b\t\t\"2\"\t\t0\t0\n"
                            "http://h/c\t\t\"3\"\t\tx\t0\t\n"
                            "\t\t\"4\"\t\t0\t0\t\n"
                            "garbage\n\n"
                            "http://h/d\t\t\"5\"\t\t0\t0\t\tx\n"
                            "http://h/e\t\t\"6\"\t\t0\t0\t\n"
                            "http://h/a\t\t\"7\"\t\t0\t");
    cache = opened("");
    ASSERT_STR_EQ(known(cache, "http://h/a"), "\"1\"|");
    ASSERT_STR_EQ(known(cache, "http://h/b"), "");
    ASSERT_STR_EQ(known(cache, "http://h/c"), "");
    ASSERT_STR_EQ(known(cache, "http://h/d"), "");
    ASSERT_STR_EQ(known(cache, "http://h/e"), "\"6\"|");
    ASSERT_EQ(store(cache, "http://h/f", "\"8\"", NULL, NULL), 1);
    close_cache(cache);
    cache = opened("");
    ASSERT_STR_EQ(known(cache, "http://h/a"), "\"1\"|");
    ASSERT_STR_EQ(known(cache, "http://h/f"), "\"8\"|");
    close_cache(cache);
}

/* A file of the user's own is not touched; half a title is one. */
FILE_TEST(fetch_cache_file_of_another_kind)
{
    struct cache *cache;

    put_file("cache", "http://h/my-list\n");
    ASSERT_EQ(cache_open(&cache, in_directory("cache"), ""), -EBADMSG);
    ASSERT_NULL(cache);
    expect_file("cache", "http://h/my-list\n");
    put_file("cache", "# coil-fetch cache 12\nx\n");
    ASSERT_EQ(cache_open(&cache, in_directory("cache"), ""), -EBADMSG);
    put_file("cache", "# coil-f");
    close_cache(opened(""));
    expect_file("cache", TITLE);
    put_file("cache", "");
    close_cache(opened(""));
    expect_file("cache", TITLE);
    ASSERT_EQ(cache_open(&cache, in_directory("no/cache"), ""), -ENOENT);
}

FILE_TEST(fetch_cache_file_has_one_user)
{
    struct cache *cache = opened("");
    struct cache *second;

    ASSERT_EQ(cache_open(&second, in_directory("cache"), ""), -EBUSY);
    close_cache(cache);
    close_cache(opened(""));
}

static size_t size_of(const char *name)
{
    struct stat status;

    ASSERT_EQ(stat(in_directory(name), &status), 0);
    return (size_t)status.st_size;
}

/* 2,500 lines for 100 URLs: the next run has 100 lines. */
FILE_TEST(fetch_cache_file_is_written_anew)
{
    struct cache *cache = opened("");
    char url[32];
    char etag[32];

    for (int i = 0; i < 2500; i++) {
        snprintf(url, sizeof url, "http://h/%d", i % 100);
        snprintf(etag, sizeof etag, "\"%d\"", i);
        ASSERT_EQ(store(cache, url, etag, NULL, NULL), 1);
    }
    ASSERT_EQ(store(cache, "http://h/7", NULL, NULL, NULL), 0);
    close_cache(cache);
    ASSERT_GT(size_of("cache"), 50000u);
    cache = opened("");
    ASSERT_EQ(cache_count(cache), 99u);
    ASSERT_LT(size_of("cache"), 4000u);
    ASSERT_STR_EQ(known(cache, "http://h/99"), "\"2499\"|");
    ASSERT_STR_EQ(known(cache, "http://h/7"), "");
    ASSERT_EQ(store(cache, "http://h/x", "\"x\"", NULL, NULL), 1);
    ASSERT_STR_EQ(known(cache, "http://h/x"), "\"x\"|");
    close_cache(cache);
    cache = opened("");
    ASSERT_EQ(cache_count(cache), 100u);
    ASSERT_STR_EQ(known(cache, "http://h/0"), "\"2400\"|");
    close_cache(cache);
    ASSERT_EQ(count_names(), 1u);
}

/* It cannot be written anew: there is a directory in the way. */
FILE_TEST(fetch_cache_file_that_cannot_be_written_anew_is_used)
{
    struct cache *cache = opened("");

    for (int i = 0; i < 2000; i++)
        ASSERT_EQ(store(cache, "http://h/a", "\"1\"", NULL, NULL), 1);
    close_cache(cache);
    ASSERT_EQ(mkdir(in_directory("cache.new"), 0777), 0);
    cache = opened("");
    ASSERT_STR_EQ(known(cache, "http://h/a"), "\"1\"|");
    ASSERT_EQ(store(cache, "http://h/b", "\"2\"", NULL, NULL), 1);
    close_cache(cache);
    ASSERT_EQ(rmdir(in_directory("cache.new")), 0);
    cache = opened("");
    ASSERT_STR_EQ(known(cache, "http://h/b"), "\"2\"|");
    ASSERT_EQ(cache_count(cache), 2u);
    close_cache(cache);
}

/* A line of more than a kilobyte. */
FILE_TEST(fetch_cache_long_urls)
{
    struct cache *cache = opened("");
    char *url = calloc(1, 100001);

    ASSERT_NOT_NULL(url);
    memset(url, 'a', 100000);
    memcpy(url, "http://h/", 9);
    ASSERT_EQ(store(cache, url, "\"1\"", NULL, NULL), 1);
    ASSERT_STR_EQ(known(cache, url), "\"1\"|");
    close_cache(cache);
    cache = opened("");
    ASSERT_STR_EQ(known(cache, url), "\"1\"|");
    close_cache(cache);
    free(url);
}
