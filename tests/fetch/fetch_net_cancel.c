/* SPDX-License-Identifier: MIT */
/*
 * What coil-fetch reads and writes between its requests, cancelled at each place
 * where it waits: nothing is torn, and the next one does all of it.
 */
#include <errno.h>
#include <string.h>

#include <coil/event.h>
#include <coil/file.h>
#include <coil/http_auth.h>

#include "fetch/cache.h"
#include "fetch/hsts.h"
#include "fetch/secrets.h"
#include "file_test.h"
#include "simulated.h"

/* It has told what it would have returned. */
static int ended;

static int (*current)(void);

static int run_current(void *arg)
{
    (void)arg;
    ended = current();
    return ended;
}

/*
 * Cancel `use` after 0, 1, 2 … turns, until it ends before that.  After each, `use`
 * succeeds.
 */
static void cancel_in_each_turn(int (*use)(void), int at_least)
{
    int rc = -ECANCELED;
    int turns = 0;

    current = use;
    for (; rc == -ECANCELED; turns++) {
        struct coil_task *task = start(run_current, NULL);

        ended = 1;
        for (int i = 0; i < turns && ended == 1; i++)
            turn();
        rc = ended == 1 ? end_by_cancelling(task) : end_of(task);
        ASSERT(rc == 0 || rc == -ECANCELED);
        if (rc == -ECANCELED)
            ASSERT_EQ(use(), 0);
        ASSERT_LT(turns, 2000);
    }
    ASSERT_GT(turns, at_least);
}

static int use_hsts(void)
{
    struct hsts *hsts;
    int rc = hsts_new(&hsts, 0);

    ASSERT_EQ(rc, 0);
    rc = hsts_load(hsts, in_directory("hsts"), 1);
    if (rc == 0) {
        ASSERT_EQ(hsts_count(hsts), 1u);
        rc = hsts_save(hsts, in_directory("hsts"), 1);
    }
    hsts_free(hsts);
    return rc;
}

CORE_TEST(fetch_net_cancel_hsts)
{
    begin_directory();
    put_file("hsts", "a.org \"unlimited\"\n");
    cancel_in_each_turn(use_hsts, 2);
    ASSERT_EQ(count_names(), 1u);
    end_directory();
}

static int use_secrets(void)
{
    struct secrets *secrets;
    char *value;
    int rc = secrets_open(&secrets, in_directory("netrc"));

    if (rc < 0) {
        ASSERT_NULL(secrets);
        return rc;
    }
    ASSERT_EQ(secrets_find(secrets, "http://h/", &value), 1);
    coil_http_auth_free_text(value);
    secrets_close(secrets);
    return 0;
}

CORE_TEST(fetch_net_cancel_secrets)
{
    begin_directory();
    put_file("netrc", "machine h login x password y\n");
    cancel_in_each_turn(use_secrets, 1);
    end_directory();
}

/* What was closed may lack the last lines, and is a whole file all the same. */
static int use_cache(void)
{
    const struct coil_http_header header = { "ETag", "\"1\"" };
    struct cache_entry entry = { 0 };
    struct cache *cache;
    int rc = cache_open(&cache, in_directory("cache"), "");
    int closed;

    if (rc < 0)
        return rc;
    ASSERT_EQ(cache_count(cache), 1u);
    rc = cache_store(cache, "http://h/a", &header, 1, in_directory("body"));
    if (rc > 0) {
        rc = cache_find(cache, "http://h/a", &entry);
        cache_entry_fini(&entry);
        ASSERT_NE(rc, 0);
    }
    closed = cache_close(cache);
    return rc < 0 ? rc : closed;
}

CORE_TEST(fetch_net_cancel_cache)
{
    begin_directory();
    put_file("body", "x");
    put_file("cache", "# coil-fetch cache 1\nhttp://h/a\t\t\"0\"\t\t0\t0\t\n");
    cancel_in_each_turn(use_cache, 3);
    end_directory();
}

/* While it is written anew: it is the old one or the new one. */
static int use_old_cache(void)
{
    static char text[40000];
    struct cache *cache;
    int rc;

    if (!text[0]) {
        strcpy(text, "# coil-fetch cache 1\n");
        for (int i = 0; i < 1500; i++)
            strcat(text, "http://h/a\t\t\"1\"\t\t0\t0\t\n");
    }
    put_file("cache", text);
    rc = cache_open(&cache, in_directory("cache"), "");
    if (rc < 0)
        return rc;
    ASSERT_EQ(cache_count(cache), 1u);
    return cache_close(cache);
}

CORE_TEST(fetch_net_cancel_cache_that_is_written_anew)
{
    struct cache *cache;

    begin_directory();
    cancel_in_each_turn(use_old_cache, 6);
    ASSERT_EQ(cache_open(&cache, in_directory("cache"), ""), 0);
    ASSERT_EQ(cache_count(cache), 1u);
    ASSERT_EQ(cache_close(cache), 0);
    end_directory();
}
