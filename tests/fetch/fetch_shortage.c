/* SPDX-License-Identifier: MIT */
/* WRAPS: malloc calloc realloc strdup strndup */
/*
 * What coil-fetch knows of hosts and pages, short of memory: each allocation fails
 * once.  Then -ENOMEM is told, nothing leaks, and the object is used on.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <coil/http_auth.h>
#include <coil/url.h>

#include "fetch/cache.h"
#include "fetch/domain.h"
#include "fetch/hsts.h"
#include "fetch/links.h"
#include "fetch/robots.h"
#include "fetch/robots_cache.h"
#include "fetch/secrets.h"
#include "file_test.h"

/* ---- allocations of this thread ---- */

static __thread size_t left; /* until one fails; 0: none does */
static __thread bool has_failed;

static bool memory_fails(void)
{
    if (left == 0 || --left > 0)
        return false;
    has_failed = true;
    return true;
}

#include "fetch/support/wrapped_memory.h"

/*
 * Call it with each allocation failing in turn.  It says 0 or -ENOMEM, and 0 when
 * nothing fails; a step that can do without the memory may say 0, too.
 */
static void starve(int (*scenario)(void), size_t at_least)
{
    size_t n = 0;
    int rc;

    ASSERT_EQ(scenario(), 0);
    do {
        left = ++n;
        has_failed = false;
        rc = scenario();
        left = 0;
        if (rc != 0 && !(rc == -ENOMEM && has_failed))
            FAIL("allocation %zu: %d", n, rc);
    } while (has_failed);
    ASSERT_GE(n, at_least);
    ASSERT_EQ(scenario(), 0);
}

/* ---- robots.txt ---- */

static int use_robots(void)
{
    static char path[2000];
    static const char text[] = "User-agent: *\nDisallow: /a\nDisallow: /b*c\n";
    struct robots *robots;
    int rc = robots_parse(&robots, text, sizeof text - 1, "x");

    if (rc < 0)
        return rc;
    memset(path, 'a', sizeof path - 1);
    path[0] = '/';
    rc = robots_allows(robots, path);
    robots_free(robots);
    return rc < 0 ? rc : 0;
}

TEST(fetch_shortage_robots)
{
    starve(use_robots, 5);
}

static int fetch(void *arg, const char *url, struct text *body,
                 struct robots_reply *reply)
{
    (void)arg;
    ASSERT_STR_EQ(url, "http://h:80/robots.txt");
    text_add(body, "User-agent: *\nDisallow: /a\n");
    reply->status = 200;
    return 0;
}

static int use_robots_cache(void)
{
    struct robots_cache *cache;
    struct robots_answer answer = { 0 };
    int rc = robots_cache_new(
        &cache, &(struct robots_cache_options){ .agent = "x", .fetch = fetch });

    if (rc < 0)
        return rc;
    rc = robots_cache_ask(cache, "http://h/a", &answer);
    if (rc == 0)
        ASSERT_EQ(answer.verdict, ROBOTS_DISALLOWED);
    left = 0;
    ASSERT_EQ(robots_cache_ask(cache, "http://h/b", &answer), 0);
    ASSERT_EQ(answer.verdict, ROBOTS_ALLOWED);
    robots_cache_free(cache);
    return rc;
}

FILE_KERNEL_TEST(fetch_shortage_robots_cache)
{
    starve(use_robots_cache, 8);
}

/* ---- links ---- */

static int scan_page(struct links *links)
{
    static const char page[] = "<base href=/x/><a href=a><img srcset='b 1x, c'>"
                               "<meta http-equiv=refresh content='0;d'>";
    int rc = links_begin(links, "http://h/", "text/html");

    if (rc == 0)
        rc = links_take_header(links, "<e>");
    if (rc == 0)
        rc = links_feed(links, page, sizeof page - 1);
    return rc < 0 ? rc : links_finish(links);
}

static int use_links(void)
{
    struct links *links;
    size_t count;
    int rc = links_new(&links);

    if (rc < 0)
        return rc;
    rc = scan_page(links);
    left = 0;
    ASSERT_EQ(scan_page(links), 0);
    (void)links_list(links, &count);
    ASSERT_EQ(count, 5u);
    links_free(links);
    return rc;
}

static int use_sitemaps(void)
{
    static const char page[] = "Sitemap: /a\nSitemap: /b";
    struct links *links;
    int rc = links_new(&links);

    if (rc < 0)
        return rc;
    rc = links_begin(links, "http://h/robots.txt", "text/plain");
    if (rc == 0)
        rc = links_feed(links, page, sizeof page - 1);
    if (rc == 0)
        rc = links_finish(links);
    links_free(links);
    return rc;
}

TEST(fetch_shortage_links)
{
    starve(use_links, 20);
    starve(use_sitemaps, 10);
}

/* ---- HSTS ---- */

static int use_hsts_with(struct hsts *hsts)
{
    char *url = NULL;
    int rc = hsts_take(hsts, "https://h.org/", "max-age=9", 1);

    if (rc > 0)
        rc = hsts_rewrite(hsts, "http://h.org/", 1, &url);
    coil_url_free(url);
    if (rc > 0)
        rc = hsts_save(hsts, in_directory("hsts"), 1);
    return rc < 0 ? rc : hsts_load(hsts, in_directory("other"), 1);
}

static int use_hsts(void)
{
    struct hsts *hsts;
    int rc = hsts_new(&hsts, 0);

    if (rc < 0)
        return rc;
    rc = use_hsts_with(hsts);
    left = 0;
    ASSERT_EQ(use_hsts_with(hsts), 0);
    hsts_free(hsts);
    return rc;
}

FILE_KERNEL_TEST(fetch_shortage_hsts)
{
    put_file("other", "a.org \"unlimited\"\n");
    starve(use_hsts, 10);
}

/* ---- the cache ---- */

static int use_cache_with(struct cache *cache)
{
    const struct coil_http_header header = { "ETag", "\"1\"" };
    struct cache_entry entry;
    int rc = cache_store(cache, "http://h/a", &header, 1, in_directory("body"));

    if (rc < 0)
        return rc;
    ASSERT_EQ(rc, 1);
    rc = cache_find(cache, "http://h/a", &entry);
    cache_entry_fini(&entry);
    if (rc < 0)
        return rc;
    ASSERT_EQ(rc, 1);
    return 0;
}

static int use_cache(void)
{
    struct cache *cache;
    int rc = cache_open(&cache, in_directory("cache"), "");
    int closed;

    if (rc < 0)
        return rc;
    rc = use_cache_with(cache);
    closed = rc == 0 ? cache_close(cache) : 0;
    left = 0;
    if (rc < 0) {
        ASSERT_EQ(use_cache_with(cache), 0);
        ASSERT_EQ(cache_close(cache), 0);
    }
    return rc < 0 ? rc : closed;
}

FILE_KERNEL_TEST(fetch_shortage_cache)
{
    put_file("body", "x");
    starve(use_cache, 15);
}

/* Also when the file is written anew: one line stands in it 1,500 times. */
static char old_cache[40000] = "# coil-fetch cache 1\n";

static int open_old_cache(void)
{
    struct cache *cache;
    int rc;

    put_file("cache", old_cache);
    rc = cache_open(&cache, in_directory("cache"), "");
    left = 0;
    if (rc == 0)
        ASSERT_EQ(cache_close(cache), 0);
    ASSERT_EQ(cache_open(&cache, in_directory("cache"), ""), 0);
    ASSERT_EQ(cache_count(cache), 1u);
    ASSERT_EQ(cache_close(cache), 0);
    return rc;
}

FILE_KERNEL_TEST(fetch_shortage_cache_that_is_written_anew)
{
    for (int i = 0; i < 1500; i++)
        strcat(old_cache, "http://h/a\t\t\"1\"\t\t0\t0\t\n");
    starve(open_old_cache, 15);
}

/* ---- the rest ---- */

static int use_secrets(void)
{
    struct secrets *secrets;
    char *value = NULL;
    int rc = secrets_open(&secrets, in_directory("netrc"));

    if (rc < 0)
        return rc;
    rc = secrets_find(secrets, "http://x@h/", &value);
    coil_http_auth_free_text(value);
    left = 0;
    ASSERT_EQ(secrets_find(secrets, "http://x@h/", &value), 1);
    coil_http_auth_free_text(value);
    secrets_close(secrets);
    return rc < 0 ? rc : 0;
}

FILE_KERNEL_TEST(fetch_shortage_secrets)
{
    put_file("netrc", "machine h login x password y\n");
    starve(use_secrets, 10);
}

static int use_domain(void)
{
    struct text key = { 0 };
    int rc = domain_key(&key, DOMAIN_BY_SITE, "http://www.example.org/", NULL);

    text_fini(&key);
    return rc;
}

TEST(fetch_shortage_domain)
{
    starve(use_domain, 2);
}
