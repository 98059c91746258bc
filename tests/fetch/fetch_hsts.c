/* SPDX-License-Identifier: MIT */
/* Hosts that are spoken to over https only, and curl's file of them. */
#include "fetch/hsts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <coil/url.h>

#include "fetch/hsts_text.h"
#include "file_test.h"

#define NOW ((int64_t)1700000000)

static struct hsts *made(size_t max_hosts)
{
    struct hsts *hsts;

    ASSERT_EQ(hsts_new(&hsts, max_hosts), 0);
    return hsts;
}

static bool upgrades(struct hsts *hsts, const char *host, int64_t now)
{
    return hsts_upgrades(hsts, host, strlen(host), now);
}

/* ---- the header ---- */

TEST(fetch_hsts_header_is_read_strictly)
{
    static const struct {
        const char *value;
        int64_t max_age; /* -1: refused */
        bool has_subdomains;
    } rows[] = {
        { "max-age=31536000", 31536000, false },
        { "max-age=31536000 ; includeSubDomains", 31536000, true },
        { "MAX-AGE = 5;INCLUDESUBDOMAINS;", 5, true },
        { "max-age=\"5\"; includeSubDomains", 5, true },
        { ";; max-age=0 ;", 0, false },
        { "preload; x=\"a;b\\\"=\"; max-age=7", 7, false },
        { "max-age=99999999999999999999", HSTS_FOREVER, false },
        { "", -1, false },
        { "includeSubDomains", -1, false },
        { "max-age", -1, false },
        { "max-age=", -1, false },
        { "max-age=\"\"", -1, false },
        { "max-age=-1", -1, false },
        { "max-age=1.5", -1, false },
        { "max-age=\"5", -1, false },
        { "max-age=5; max-age=5", -1, false },
        { "max-age=5; includeSubDomains; includesubdomains", -1, false },
        { "max-age=5; includeSubDomains=1", -1, false },
        { "max-age=5 includeSubDomains", -1, false },
        { "max-age=5, includeSubDomains", -1, false },
        { "max-age=5; =", -1, false },
        { "max-age=5; x=\"a\\", -1, false },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct hsts_value value;
        bool is_good = hsts_value_read(&value, rows[i].value);

        if (is_good != (rows[i].max_age >= 0))
            FAIL("row %zu", i);
        if (!is_good)
            continue;
        ASSERT_EQ(value.max_age, rows[i].max_age);
        ASSERT_EQ(value.has_subdomains, rows[i].has_subdomains);
    }
}

/* ---- the rules ---- */

TEST(fetch_hsts_takes_what_may_be_taken)
{
    struct hsts *hsts = made(0);

    ASSERT_EQ(hsts_take(hsts, "http://h.org/", "max-age=9", NOW), 0);
    ASSERT_EQ(hsts_take(hsts, "https://127.0.0.1/", "max-age=9", NOW), 0);
    ASSERT_EQ(hsts_take(hsts, "https://[::1]/", "max-age=9", NOW), 0);
    ASSERT_EQ(hsts_take(hsts, "https://h.org/", "max-age=x", NOW), 0);
    ASSERT_EQ(hsts_take(hsts, "no url", "max-age=9", NOW), 0);
    ASSERT_EQ(hsts_count(hsts), 0u);
    ASSERT_EQ(hsts_take(hsts, "HTTPS://H.org.:444/", "max-age=9", NOW), 1);
    ASSERT_EQ(hsts_count(hsts), 1u);
    ASSERT(upgrades(hsts, "h.org", NOW + 8));
    ASSERT(upgrades(hsts, "H.ORG.", NOW));
    ASSERT(!upgrades(hsts, "www.h.org", NOW));
    ASSERT(!upgrades(hsts, "org", NOW));
    ASSERT(!upgrades(hsts, "", NOW));
    ASSERT(!upgrades(hsts, "h.org", NOW + 9));
    ASSERT_EQ(hsts_count(hsts), 0u);
    hsts_free(hsts);
    hsts_free(NULL);
}

TEST(fetch_hsts_subdomains)
{
    struct hsts *hsts = made(0);

    ASSERT_EQ(
        hsts_take(hsts, "https://b.c/", "max-age=9;includeSubDomains", NOW), 1);
    ASSERT_EQ(hsts_take(hsts, "https://x.b.c/", "max-age=5", NOW), 1);
    ASSERT(upgrades(hsts, "b.c", NOW));
    ASSERT(upgrades(hsts, "a.b.c", NOW));
    ASSERT(upgrades(hsts, "d.a.b.c", NOW));
    ASSERT(upgrades(hsts, "y.x.b.c", NOW + 6));
    ASSERT(!upgrades(hsts, "ab.c", NOW));
    ASSERT(!upgrades(hsts, "c", NOW));
    ASSERT_EQ(hsts_take(hsts, "https://b.c/", "max-age=9", NOW), 1);
    ASSERT(!upgrades(hsts, "a.b.c", NOW));
    ASSERT_EQ(hsts_take(hsts, "https://b.c/", "max-age=0", NOW), 1);
    ASSERT_EQ(hsts_take(hsts, "https://never.seen/", "max-age=0", NOW), 1);
    ASSERT(!upgrades(hsts, "b.c", NOW));
    hsts_free(hsts);
}

TEST(fetch_hsts_rewrites_urls)
{
    static const struct {
        const char *from;
        const char *to; /* NULL: it stays */
    } rows[] = {
        { "http://h.org/a?b#c", "https://h.org/a?b#c" },
        { "http://h.org:80/", "https://h.org/" },
        { "http://h.org:8080/", "https://h.org:8080/" },
        { "http://u:p@H.org/", "https://u:p@H.org/" },
        { "https://h.org/", NULL },
        { "ftp://h.org/", NULL },
        { "http://other.org/", NULL },
        { "http://127.0.0.1/", NULL },
    };
    struct hsts *hsts = made(0);
    char *url;

    ASSERT_EQ(hsts_rewrite(hsts, "no url", NOW, &url), 0);
    ASSERT_EQ(hsts_take(hsts, "https://h.org/", "max-age=9", NOW), 1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ASSERT_EQ(hsts_rewrite(hsts, rows[i].from, NOW, &url),
                  rows[i].to ? 1 : 0);
        if (rows[i].to)
            ASSERT_STR_EQ(url, rows[i].to);
        else
            ASSERT_NULL(url);
        coil_url_free(url);
    }
    ASSERT_EQ(hsts_rewrite(hsts, "no url", NOW, &url), COIL_EHTTP_BAD_URL);
    ASSERT_NULL(url);
    hsts_free(hsts);
}

TEST(fetch_hsts_forgets_what_was_not_used_for_longest)
{
    struct hsts *hsts = made(100);
    char url[64];

    for (int i = 0; i < 1000; i++) {
        snprintf(url, sizeof url, "https://h%d.org/", i);
        ASSERT_EQ(hsts_take(hsts, url, "max-age=9", NOW), 1);
        ASSERT(upgrades(hsts, "h0.org", NOW));
    }
    ASSERT_EQ(hsts_count(hsts), 100u);
    ASSERT(!upgrades(hsts, "h900.org", NOW));
    ASSERT(upgrades(hsts, "h901.org", NOW));
    hsts_free(hsts);
}

/* ---- the file ---- */

FILE_TEST(fetch_hsts_file_of_curl)
{
    struct hsts *hsts = made(0);

    put_file("hsts", "# Your HSTS cache. https://curl.se/docs/hsts.html\n"
                     "# This file was generated by libcurl!\n"
                     ".example.com \"20301231 23:59:59\"\n"
                     "a.example.org \"unlimited\"\n"
                     "A.example.org \"20250101 00:00:00\"\n"
                     "old.org \"20200101 00:00:00\"\n"
                     "127.0.0.1 \"unlimited\"\n"
                     "[::1] \"unlimited\"\n"
                     "no.date\n"
                     "bad.date \"yesterday\"\n"
                     "long.date \"20301231 23:59:59 and much more text\"\n"
                     "open.date \"20301231 23:59:59\n"
                     " \"unlimited\"\n"
                     "no.quote unlimited\n"
                     "only.blank \n"
                     "\n"
                     ".last.org. \"20310101 00:00:00\"");
    ASSERT_EQ(hsts_load(hsts, in_directory("hsts"), NOW), 0);
    ASSERT_EQ(hsts_count(hsts), 3u);
    ASSERT(upgrades(hsts, "www.example.com", 1924991998));
    ASSERT(!upgrades(hsts, "www.example.com", 1924991999));
    ASSERT(upgrades(hsts, "a.example.org", INT64_MAX - 1));
    ASSERT(!upgrades(hsts, "b.a.example.org", NOW));
    ASSERT(upgrades(hsts, "x.last.org", NOW));
    hsts_free(hsts);
}

FILE_TEST(fetch_hsts_file_is_written_and_read)
{
    struct hsts *hsts = made(0);
    struct stat status;

    ASSERT_EQ(hsts_load(hsts, in_directory("hsts"), NOW), 0);
    ASSERT_EQ(hsts_take(hsts, "https://a.org/", "max-age=0060", NOW), 1);
    ASSERT_EQ(hsts_take(hsts, "https://b.org/",
                        "max-age=99999999999999999999;includeSubDomains", NOW),
              1);
    ASSERT_EQ(hsts_take(hsts, "https://short.org/", "max-age=1", NOW), 1);
    ASSERT_EQ(hsts_save(hsts, in_directory("hsts"), NOW + 1), 0);
    hsts_free(hsts);
    expect_file("hsts",
                "# HSTS cache, as curl's: https://curl.se/docs/hsts.html\n"
                "# coil-fetch writes this file anew.\n"
                "a.org \"20231114 22:14:20\"\n"
                ".b.org \"unlimited\"\n");
    ASSERT_EQ(stat(in_directory("hsts"), &status), 0);
    ASSERT_EQ(status.st_mode & 0777, 0600);
    hsts = made(0);
    ASSERT_EQ(hsts_load(hsts, in_directory("hsts"), NOW), 0);
    ASSERT_EQ(hsts_count(hsts), 2u);
    ASSERT(upgrades(hsts, "x.b.org", NOW));
    hsts_free(hsts);
}

/* After an error the old file is there, and the list is used on. */
FILE_TEST(fetch_hsts_file_that_cannot_be_used)
{
    struct hsts *hsts = made(0);

    ASSERT_EQ(mkdir(in_directory("d"), 0777), 0);
    ASSERT_EQ(hsts_load(hsts, in_directory("d"), NOW), -EISDIR);
    ASSERT_EQ(hsts_load(hsts, in_directory("d/no/file"), NOW), 0);
    ASSERT_EQ(hsts_save(hsts, in_directory("no/file"), NOW), -ENOENT);
    ASSERT_EQ(hsts_take(hsts, "https://a.org/", "max-age=60", NOW), 1);
    ASSERT_EQ(hsts_save(hsts, in_directory("d"), NOW), -EISDIR);
    ASSERT_EQ(hsts_save(hsts, in_directory("hsts"), NOW), 0);
    ASSERT_EQ(hsts_count(hsts), 1u);
    hsts_free(hsts);
}
