/* SPDX-License-Identifier: MIT */
/* WRAPS: write fsync close coil_time_of_day */
/*
 * Jars with many sites, cookies that nobody should have made, odd URLs, and files
 * that cannot be written.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <coil/error.h>
#include <coil/http_cookies.h>
#include <coil/testing.h>

#include "test.h"

static time_t world = 1700000000;
static struct coil_http_cookies *jar;

/* Instead of the library's. */
coil_time __wrap_coil_time_of_day(void);

coil_time __wrap_coil_time_of_day(void)
{
    return world * COIL_SECOND;
}

static int write_error, sync_error, close_error;
static bool is_interrupted;

ssize_t __real_write(int fd, const void *bytes, size_t size);
ssize_t __wrap_write(int fd, const void *bytes, size_t size);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_close(int fd);
int __wrap_close(int fd);

static int fail_with(int error)
{
    errno = error;
    return -1;
}

ssize_t __wrap_write(int fd, const void *bytes, size_t size)
{
    if (is_interrupted) {
        is_interrupted = false;
        return fail_with(EINTR);
    }
    return write_error ? fail_with(write_error)
                       : __real_write(fd, bytes, size > 1 ? size / 2 : size);
}

int __wrap_fsync(int fd)
{
    return sync_error ? fail_with(sync_error) : __real_fsync(fd);
}

int __wrap_close(int fd)
{
    int rc = __real_close(fd);

    return close_error ? fail_with(close_error) : rc;
}

static void begin_with(size_t max)
{
    const struct coil_http_cookies_options options = { .max_cookies = max };

    ASSERT_EQ(coil_http_cookies_new(&jar, &options), 0);
}

static void end(void)
{
    coil_http_cookies_free(jar);
    ASSERT_EQ(coil_test_live_allocations(), 0);
}

static void set(const char *url, const char *text, int expected)
{
    int rc = coil_http_cookies_set(jar, url, text);

    if (rc != expected)
        FAIL("\"%s\" of %s: %d", text, url, rc);
}

static void expect_for(const char *url, unsigned use, const char *wanted)
{
    char *header;

    ASSERT_EQ(coil_http_cookies_header(jar, url, use, &header), 0);
    ASSERT_STR_EQ(header ? header : "", wanted);
    coil_http_cookies_free_text(header);
}

static void expect(const char *url, const char *wanted)
{
    expect_for(url, 0, wanted);
}

/* ---- many ------------------------------------------------------------- */

TEST(http_cookies_edges_of_a_thousand_sites)
{
    enum { SITES = 1000 };
    char url[64];
    char text[64];

    begin_with(0);
    for (int i = 0; i < SITES; i++) {
        snprintf(url, sizeof url, "http://h%d.test/", i);
        snprintf(text, sizeof text, "a=%d", i);
        set(url, text, 1);
    }
    for (int i = 0; i < SITES; i += 2) {
        snprintf(url, sizeof url, "http://h%d.test/", i);
        set(url, "a=; Max-Age=0", 1);
    }
    ASSERT_EQ(coil_http_cookies_count(jar), SITES / 2);
    for (int i = 0; i < SITES; i++) {
        snprintf(url, sizeof url, "http://h%d.test/", i);
        snprintf(text, sizeof text, i % 2 ? "a=%d" : "", i);
        expect(url, text);
    }
    end();
}

TEST(http_cookies_edges_of_a_small_jar)
{
    begin_with(2);
    set("http://a.test/", "a=1", 1);
    set("http://a.test/", "b=2", 1);
    set("http://a.test/", "c=3", 1);
    expect("http://a.test/", "b=2; c=3");
    set("http://b.test/", "d=4", 1);
    set("http://b.test/", "e=5", 1);
    expect("http://a.test/", "");
    expect("http://b.test/", "d=4; e=5");
    end();
}

/* One name, in two domains of a site, and one of another that is Secure. */
TEST(http_cookies_edges_of_one_name)
{
    begin_with(0);
    set("http://a.example.com/", "n=1", 1);
    set("http://b.example.com/", "n=2", 1);
    set("https://c.example.com/", "s=3; Secure", 1);
    set("http://a.example.com/", "s=4", 1);
    set("http://c.example.com/", "s=5", 0);
    expect("http://a.example.com/", "n=1; s=4");
    expect("http://b.example.com/", "n=2");
    expect("https://c.example.com/", "s=3");
    end();
}

/* ---- from elsewhere --------------------------------------------------- */

TEST(http_cookies_edges_across_sites)
{
    enum { CROSS = COIL_HTTP_COOKIES_CROSS_SITE };

    begin_with(0);
    set("https://h.test/", "n=1; SameSite=None; Secure", 1);
    set("https://h.test/", "l=2; SameSite=Lax", 1);
    set("https://h.test/", "s=3; SameSite=Strict", 1);
    set("https://h.test/", "u=4", 1);
    expect("https://h.test/", "n=1; l=2; s=3; u=4");
    expect_for("https://h.test/", CROSS, "n=1");
    expect_for("https://h.test/", CROSS | COIL_HTTP_COOKIES_NAVIGATION,
               "n=1; l=2; u=4");
    end();
}

/* ---- sizes and places ------------------------------------------------- */

static char longest[2000];

static const char *long_text(const char *before, size_t size)
{
    int at = snprintf(longest, sizeof longest, "%s", before);

    memset(longest + at, 'x', size);
    longest[(size_t)at + size] = '\0';
    return longest;
}

TEST(http_cookies_edges_of_attributes)
{
    begin_with(0);
    set("http://h.test/", "a=1; Max-Age=1:; Max-Age=1/", 1);
    set("http://h.test/", "another_name=1; Max-Age=0", 1);
    ASSERT_EQ(
        coil_http_cookies_take(
            jar, "http:", &(struct coil_http_header){ "Set-Cookie", "a=1" }, 1),
        COIL_EHTTP_BAD_URL);
    set("http://h.test/", long_text("b=2; Path=/", 1100), 1);
    expect("http://h.test/", "a=1; b=2");
    set(long_text("http://h.test/", 1100), "c=3; Path=/", 1);
    expect("http://h.test/", "a=1; b=2; c=3");
    strcat(longest, "/x");
    set(longest, "d=4", 0);
    set("http://h.test?q", "e=5", 1);
    expect("http://h.test/", "a=1; b=2; c=3; e=5");
    end();
}

TEST(http_cookies_edges_of_dates)
{
    begin_with(0);
    set("http://h.test/", "a=1; Expires=@Sun,[06]`Nov{2094}~08:49:37;", 1);
    set("http://h.test/", "b=2; Expires=Sun\t06/Nov-94?08:49:37_;", 1);
    set("http://h.test/", "c=3; Expires=\xe4 06 Nov 2094 08:49:3a", 1);
    coil_http_cookies_clear_session(jar);
    world = 4000000000;
    expect("http://h.test/", "");
    world = 1700000000;
    end();
}

TEST(http_cookies_edges_of_urls)
{
    static const char *const bad[] = {
        "http:",      "//h.test/",   "http://[::1/", "http://[z::]/",
        "http://[]/", "http://h h/", "http://",
    };

    begin_with(0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        set(bad[i], "a=1", COIL_EHTTP_BAD_URL);
    set(long_text("http://", 600), "a=1", COIL_EHTTP_BAD_URL);
    set("httpx://h.test/", "a=1; Secure", 0);
    set("wss://h.test/", "a=1; Secure", 1);
    set("http://[::1]/", "b=2", 1);
    expect("http://[::1]/", "b=2");
    expect("https://h.test/", "a=1");
    end();
}

TEST(http_cookies_edges_of_what_is_added_by_hand)
{
    static char much[5000], path[1100] = "/";
    const struct coil_http_cookie good = {
        .name = "a", .value = "b", .domain = "::1", .path = "/"
    };
    struct coil_http_cookie c[14];

    memset(much, 'x', sizeof much - 1);
    memset(path + 1, 'x', sizeof path - 2);
    for (size_t i = 0; i < sizeof c / sizeof c[0]; i++)
        c[i] = good;
    c[0].name = c[0].value = "";
    c[1].value = much;
    c[2].name = "a\177";
    c[3].name = " a";
    c[4].name = "a ";
    c[5].value = " b";
    c[6].value = "b\t";
    c[7].domain = "";
    c[8].domain = "a b";
    c[9].path = "";
    c[10].path = "/;";
    c[11].path = path;
    c[12].name = "__Secure-a";
    c[13].same_site = COIL_HTTP_SAME_SITE_NONE;

    begin_with(0);
    for (size_t i = 0; i < sizeof c / sizeof c[0]; i++)
        if (coil_http_cookies_add(jar, &c[i]) != 0)
            FAIL("cookie %zu", i);
    ASSERT_EQ(coil_http_cookies_count(jar), 0);
    ASSERT_EQ(coil_http_cookies_add(jar, &good), 1);
    expect("http://[::1]/", "a=b");
    end();
}

/* ---- files ------------------------------------------------------------ */

static char folder[64], file[80];

static void expect_saved(int expected)
{
    ASSERT_EQ(coil_http_cookies_save(jar, file), expected);
    coil_http_cookies_clear(jar);
    /* As it was, or as it is now. */
    ASSERT_EQ(coil_http_cookies_load(jar, file), 1);
    expect("http://h.test/", expected ? "old=1" : "new=1");
}

static void begin_file(void)
{
    strcpy(folder, "/tmp/coil-cookies-XXXXXX");
    ASSERT_NOT_NULL(mkdtemp(folder));
    snprintf(file, sizeof file, "%s/cookies", folder);
    begin_with(0);
    set("http://h.test/", "old=1", 1);
    ASSERT_EQ(coil_http_cookies_save(jar, file), 0);
}

static void renew(void)
{
    coil_http_cookies_clear(jar);
    set("http://h.test/", "new=1", 1);
}

TEST(http_cookies_edges_of_a_disk_that_is_full)
{
    begin_file();
    renew();
    write_error = ENOSPC;
    expect_saved(-ENOSPC);
    write_error = 0;
    renew();
    sync_error = EIO;
    expect_saved(-EIO);
    renew();
    close_error = EDQUOT;
    expect_saved(-EIO);
    sync_error = 0;
    renew();
    expect_saved(-EDQUOT);
    close_error = 0;
    renew();
    is_interrupted = true;
    expect_saved(0);
    ASSERT_EQ(unlink(file), 0);
    ASSERT_EQ(rmdir(folder), 0);
    end();
}

TEST(http_cookies_edges_of_what_has_expired_before_it_is_saved)
{
    begin_file();
    renew();
    set("http://h.test/", "soon=1; Max-Age=10", 1);
    world += 20;
    expect_saved(0);
    ASSERT_EQ(unlink(file), 0);
    ASSERT_EQ(rmdir(folder), 0);
    end();
}

TEST(http_cookies_edges_of_files_without_memory)
{
    int rc;
    size_t n = 0;

    begin_file();
    renew();
    do {
        coil_test_fail_allocation(++n, false);
        rc = coil_http_cookies_save(jar, file);
        coil_test_fail_allocation(0, false);
        ASSERT(rc == 0 || rc == -ENOMEM);
    } while (rc < 0);
    ASSERT_GT(n, 2);
    n = 0;
    do {
        coil_http_cookies_clear(jar);
        coil_test_fail_allocation(++n, false);
        rc = coil_http_cookies_load(jar, file);
        coil_test_fail_allocation(0, false);
        ASSERT(rc == 1 || rc == -ENOMEM);
    } while (rc < 0);
    ASSERT_GT(n, 2);
    coil_test_fail_allocation(1, true);
    ASSERT_EQ(coil_http_cookies_take(
                  jar, "http://h.test/",
                  (struct coil_http_header[]){ { "Set-Cookie", "a=1" },
                                               { "Set-Cookie", "b=1" } },
                  2),
              -ENOMEM);
    coil_test_fail_allocation(0, false);
    expect("http://h.test/", "new=1");
    ASSERT_EQ(unlink(file), 0);
    ASSERT_EQ(rmdir(folder), 0);
    end();
}
