/* SPDX-License-Identifier: MIT */
/* WRAPS: coil_time_of_day */
/*
 * Cookies by the rules of RFC 6265bis: who may set which, who gets which, for how
 * long, and what is dropped when there are too many.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <coil/http_cookies.h>
#include <coil/testing.h>

#include "http/wire/suffix.h"
#include "test.h"

static time_t world = 1700000000;

/* Instead of the library's. */
coil_time __wrap_coil_time_of_day(void);

coil_time __wrap_coil_time_of_day(void)
{
    return world * COIL_SECOND;
}

static struct coil_http_cookies *jar;

static void begin(void)
{
    ASSERT_EQ(coil_http_cookies_new(&jar, NULL), 0);
}

static void end(void)
{
    coil_http_cookies_free(jar);
    ASSERT_EQ(coil_test_live_allocations(), 0);
}

static void set(const char *url, const char *set_cookie)
{
    int rc = coil_http_cookies_set(jar, url, set_cookie);

    if (rc != 1)
        FAIL("\"%s\" of %s: %d", set_cookie, url, rc);
}

static void refuse(const char *url, const char *set_cookie)
{
    int rc = coil_http_cookies_set(jar, url, set_cookie);

    if (rc != 0)
        FAIL("\"%s\" of %s: %d", set_cookie, url, rc);
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

TEST(http_cookies_go_back_to_who_set_them)
{
    begin();
    set("http://h.example/", "a=b");
    expect("http://h.example/", "a=b");
    expect("HTTP://H.EXAMPLE:81/x?y", "a=b");
    expect("https://h.example/", "a=b");
    expect("http://i.example/", "");
    expect("http://h.h.example/", "");
    expect("http://example/", "");
    set("http://[::1]/", "c=d");
    expect("http://[::1]:8/", "c=d");
    set("http://127.0.0.1/", "e=f");
    expect("http://127.0.0.1/", "e=f");
    expect("http://1.127.0.0.1.example/", "");
    ASSERT_EQ(coil_http_cookies_count(jar), 3);
    end();
}

TEST(http_cookies_of_bad_urls_are_an_error)
{
    char *header;

    begin();
    ASSERT_EQ(coil_http_cookies_set(jar, "/a", "a=b"), COIL_EHTTP_BAD_URL);
    ASSERT_EQ(coil_http_cookies_set(jar, "http://", "a=b"), COIL_EHTTP_BAD_URL);
    ASSERT_EQ(coil_http_cookies_header(jar, "x", 0, &header),
              COIL_EHTTP_BAD_URL);
    ASSERT_NULL(header);
    end();
}

TEST(http_cookies_have_names_and_values_of_many_kinds)
{
    begin();
    set("http://h/1/", "a=b=c; Path=/1");
    expect("http://h/1/", "a=b=c");
    set("http://h/2/", " \ta \t=\t b c, d\t ; Path=/2");
    expect("http://h/2/", "a=b c, d");
    set("http://h/3/", "value; Path=/3");
    expect("http://h/3/", "value");
    set("http://h/4/", "=value; Path=/4");
    expect("http://h/4/", "value");
    set("http://h/5/", "a=; Path=/5");
    expect("http://h/5/", "a=");
    set("http://h/6/", "a=\"b\"; Path=/6");
    expect("http://h/6/", "a=\"b\"");
    set("http://h/7/", "a=\xc3\xa4; Path=/7");
    expect("http://h/7/", "a=\xc3\xa4");
    refuse("http://h/", "");
    refuse("http://h/", "=");
    refuse("http://h/", ";a=b");
    refuse("http://h/", "a=b\x01");
    refuse("http://h/", "a=b; Path=/\x7f");
    refuse("http://h/", "a=b\tc");
    end();
}

TEST(http_cookies_have_a_size)
{
    char text[COIL_HTTP_MAX_COOKIE_SIZE + 2];

    begin();
    memset(text, 'a', sizeof text);
    text[1] = '=';
    text[sizeof text - 1] = '\0';
    set("http://h/", text);
    text[1] = 'a';
    text[2] = '=';
    set("http://h/", text);
    text[2] = 'a';
    refuse("http://h/", text);
    end();
}

/* ---- Domain ----------------------------------------------------------- */

TEST(http_cookies_of_a_domain_go_to_all_below_it)
{
    begin();
    set("http://a.b.example.com/", "a=b; Domain=example.com");
    expect("http://example.com/", "a=b");
    expect("http://x.y.example.com/", "a=b");
    expect("http://badexample.com/", "");
    expect("http://example.com.evil.com/", "");
    set("http://a.b.example.com/", "c=d; domain=.B.Example.COM");
    expect("http://b.example.com/", "a=b; c=d");
    expect("http://x.b.example.com/", "a=b; c=d");
    expect("http://c.example.com/", "a=b");
    refuse("http://a.example.com/", "e=f; Domain=b.example.com");
    refuse("http://a.example.com/", "e=f; Domain=a.a.example.com");
    refuse("http://a.example.com/", "e=f; Domain=xample.com");
    refuse("http://a.example.com/", "e=f; Domain=..example.com");
    refuse("http://a.example.com/", "e=f; Domain=example.com.");
    set("http://a.example.com/", "e=f; Domain=");
    expect("http://a.example.com/", "a=b; e=f");
    expect("http://b.a.example.com/", "a=b");
    set("http://a.example.com/", "e=g; Domain=a.example.com");
    expect("http://a.example.com/", "a=b; e=f; e=g");
    expect("http://b.a.example.com/", "a=b; e=g");
    coil_http_cookies_clear(jar);
    /* The last one counts. */
    set("http://a.example.com/", "g=h; Domain=evil.com; Domain=a.example.com");
    end();
}

TEST(http_cookies_have_no_domain_that_is_an_address)
{
    begin();
    refuse("http://1.2.3.4/", "a=b; Domain=3.4");
    refuse("http://1.2.3.4/", "a=b; Domain=.4");
    set("http://1.2.3.4/", "a=b; Domain=1.2.3.4");
    expect("http://1.2.3.4/", "a=b");
    expect("http://x.1.2.3.4.com/", "");
    end();
}

TEST(http_cookies_have_no_domain_of_many)
{
    begin();
    refuse("http://example.com/", "a=b; Domain=com");
    refuse("http://example.co.uk/", "a=b; Domain=co.uk");
    refuse("http://a.github.io/", "a=b; Domain=github.io");
    /* It may set one for itself. */
    set("http://localhost/", "a=b; Domain=localhost");
    expect("http://localhost/", "a=b");
    expect("http://a.localhost/", "");
    set("http://co.uk/", "a=b; Domain=co.uk");
    expect("http://example.co.uk/", "");
    if (coil__http_suffix_version()) {
        refuse("http://a.blogspot.com/", "a=b; Domain=blogspot.com");
        set("http://a.example.de/", "a=b; Domain=example.de");
        refuse("http://a.b.kawasaki.jp/", "a=b; Domain=b.kawasaki.jp");
        set("http://a.city.kawasaki.jp/", "a=b; Domain=city.kawasaki.jp");
    }
    end();
}

/* ---- Path ------------------------------------------------------------- */

TEST(http_cookies_go_to_a_path_and_below_it)
{
    begin();
    set("http://h/x", "a=b; Path=/foo");
    expect("http://h/foo", "a=b");
    expect("http://h/foo/", "a=b");
    expect("http://h/foo/bar?x", "a=b");
    expect("http://h/foo?x", "a=b");
    expect("http://h/foobar", "");
    expect("http://h/", "");
    expect("http://h/Foo", "");
    set("http://h/x", "c=d; Path=/foo/");
    expect("http://h/foo", "a=b");
    expect("http://h/foo/x", "c=d; a=b");
    end();
}

TEST(http_cookies_have_the_path_of_who_set_them)
{
    begin();
    set("http://h/a/b/c?d/e", "x=1");
    expect("http://h/a/b", "x=1");
    expect("http://h/a/", "");
    coil_http_cookies_clear(jar);
    set("http://h/a", "x=1");
    expect("http://h/", "x=1");
    expect("http://h", "x=1");
    coil_http_cookies_clear(jar);
    set("http://h", "x=1; Path=b");
    expect("http://h/", "x=1");
    coil_http_cookies_clear(jar);
    set("http://h/a/b", "x=1; Path=");
    expect("http://h/a/c", "x=1");
    expect("http://h/", "");
    end();
}

TEST(http_cookies_come_in_order)
{
    begin();
    set("http://h/", "a=1; Path=/");
    set("http://h/", "b=2; Path=/x/y");
    set("http://h/", "c=3; Path=/x");
    set("http://h/", "d=4; Path=/");
    set("http://h/", "a=5; Path=/"); /* keeps its place */
    expect("http://h/x/y", "b=2; c=3; a=5; d=4");
    ASSERT_EQ(coil_http_cookies_count(jar), 4);
    end();
}

/* ---- Secure, HttpOnly, SameSite, prefixes ----------------------------- */

TEST(http_cookies_that_are_secure_stay_so)
{
    begin();
    refuse("http://h/", "a=b; Secure");
    set("https://h/", "a=b; Secure");
    expect("http://h/", "");
    expect("https://h/", "a=b");
    expect("wss://h/", "a=b");
    refuse("http://h/", "a=evil");
    refuse("http://h/", "a=evil; Path=/x");
    set("http://h/", "A=other");
    expect("https://h/", "a=b; A=other");
    set("https://h/x/", "c=d; Secure; Path=/x");
    set("http://h/", "c=e; Path=/"); /* above it, which hides nothing */
    expect("https://h/x", "c=d; a=b; A=other; c=e");
    coil_http_cookies_clear(jar);
    set("https://a.example.com/", "a=b; Secure; Domain=example.com");
    refuse("http://a.example.com/", "a=evil");
    refuse("http://b.a.example.com/", "a=evil; Domain=a.example.com");
    set("https://a.example.com/", "a=c; Secure; Domain=example.com");
    expect("https://example.com/", "a=c");
    end();
}

TEST(http_cookies_only_for_http_are_only_for_that)
{
    begin();
    set("http://h/", "a=b; HttpOnly");
    set("http://h/", "c=d");
    expect("http://h/", "a=b; c=d");
    expect_for("http://h/", COIL_HTTP_COOKIES_NO_HTTP, "c=d");
    end();
}

TEST(http_cookies_know_their_site)
{
    begin();
    set("https://h/", "a=1; SameSite=Strict");
    set("https://h/", "b=2; SameSite=Lax");
    set("https://h/", "c=3; SameSite=None; Secure");
    set("https://h/", "d=4; SameSite=Nonsense");
    refuse("https://h/", "e=5; SameSite=None");
    expect("https://h/", "a=1; b=2; c=3; d=4");
    expect_for("https://h/", COIL_HTTP_COOKIES_CROSS_SITE, "c=3");
    expect_for("https://h/",
               COIL_HTTP_COOKIES_CROSS_SITE | COIL_HTTP_COOKIES_NAVIGATION,
               "b=2; c=3; d=4");
    end();
}

TEST(http_cookies_keep_what_their_prefix_promises)
{
    begin();
    refuse("https://h.example/", "__Secure-a=b");
    refuse("https://h.example/", "__SECURE-a=b");
    set("https://h.example/", "__Secure-a=b; Secure");
    refuse("https://h.example/", "__Host-a=b; Secure");
    refuse("https://h.example/x/", "__Host-a=b; Secure; Path=/x");
    refuse("https://a.b.example/", "__Host-a=b; Secure; Path=/; "
                                   "Domain=b.example");
    refuse("https://h.example/", "__Host-a=b; Path=/");
    refuse("http://h.example/", "__host-a=b; Path=/; Secure");
    refuse("https://h.example/", "__Host-a; Secure; Path=/");
    refuse("https://h.example/", "=__secure-a=b; Secure; Path=/");
    refuse("https://h.example/", "__Host-a=b; Secure; Path=/; "
                                 "Domain=h.example");
    set("https://h.example/", "__Host-a=b; Secure; Path=/");
    expect("https://h.example/", "__Secure-a=b; __Host-a=b");
    end();
}

/* ---- time ------------------------------------------------------------- */

TEST(http_cookies_have_a_time)
{
    begin();
    set("http://h/", "a=b; Max-Age=10");
    set("http://h/", "c=d; Expires=Tue, 14 Nov 2023 22:13:40 GMT");
    set("http://h/", "e=f");
    set("http://h/", "g=h; Max-Age=99999999999999999999");
    set("http://h/", "i=j; Expires=Wed, 01 Jan 2200 00:00:00 GMT");
    set("http://h/", "k=l; Max-Age=; Max-Age=x; Max-Age=1x; Expires=soon");
    expect("http://h/", "a=b; c=d; e=f; g=h; i=j; k=l");
    world += 10;
    expect("http://h/", "c=d; e=f; g=h; i=j; k=l");
    world += 10;
    expect("http://h/", "e=f; g=h; i=j; k=l");
    world += 400 * 24 * 3600 - 21;
    expect("http://h/", "e=f; g=h; i=j; k=l");
    world += 1;
    expect("http://h/", "e=f; k=l");
    ASSERT_EQ(coil_http_cookies_count(jar), 6);
    coil_http_cookies_clear_expired(jar);
    ASSERT_EQ(coil_http_cookies_count(jar), 2);
    coil_http_cookies_clear_session(jar);
    ASSERT_EQ(coil_http_cookies_count(jar), 0);
    end();
}

TEST(http_cookies_are_taken_away_by_those_that_have_expired)
{
    static const char *const ends[] = {
        "a=; Max-Age=0",
        "a=; Max-Age=-1",
        "a=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        "a=x; Expires=Mon, 01 Jan 1601 00:00:00 GMT",
        "a=x; Max-Age=0; Expires=Wed, 01 Jan 2031 00:00:00 GMT",
        "a=x; Expires=Wed, 01 Jan 2031 00:00:00 GMT; Max-Age=-9",
    };

    begin();
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        set("http://h/", "a=b");
        expect("http://h/", "a=b");
        set("http://h/", ends[i]);
        ASSERT_EQ(coil_http_cookies_count(jar), 0);
    }
    end();
}

/* ---- limits ----------------------------------------------------------- */

TEST(http_cookies_of_a_site_are_so_many)
{
    char text[60];

    begin();
    set("https://a.example.com/", "secure=1; Secure");
    for (int i = 0; i < 300; i++) {
        snprintf(text, sizeof text, "c%d=1", i);
        set(i % 2 ? "http://a.example.com/" : "http://b.example.com/", text);
    }
    ASSERT_EQ(coil_http_cookies_count(jar), COIL_HTTP_MAX_COOKIES_PER_SITE);
    end();
}

TEST(http_cookies_that_were_not_used_are_dropped_first)
{
    static const struct coil_http_cookies_options few = {
        .max_cookies = 5, .max_cookies_per_site = 3
    };

    ASSERT_EQ(coil_http_cookies_new(&jar, &few), 0);
    set("https://a/", "a=1; Secure");
    set("https://a/", "b=2; Path=/b");
    set("https://a/", "c=3");
    expect("https://a/b", "b=2; a=1; c=3");
    set("https://a/", "d=4"); /* b has been used before c, and a is Secure */
    expect("https://a/b", "a=1; c=3; d=4");
    set("https://b/", "e=5");
    set("https://c/", "f=6");
    ASSERT_EQ(coil_http_cookies_count(jar), 5);
    expect("https://a/", "a=1; c=3; d=4");
    set("https://d/", "g=7");
    expect("https://b/", "");
    expect("https://c/", "f=6");
    ASSERT_EQ(coil_http_cookies_count(jar), 5);
    end();
}

TEST(http_cookies_that_have_expired_are_dropped_before_others)
{
    static const struct coil_http_cookies_options few = {
        .max_cookies_per_site = 3
    };

    ASSERT_EQ(coil_http_cookies_new(&jar, &few), 0);
    set("http://a/", "a=1");
    set("http://a/", "b=2");
    set("http://a/", "c=3; Max-Age=5");
    world += 6;
    set("http://a/", "d=4");
    expect("http://a/", "a=1; b=2; d=4");
    end();
}

/* ---- by hand ---------------------------------------------------------- */

TEST(http_cookies_can_be_looked_at_and_added)
{
    struct coil_http_cookie cookie = { .name = "a",
                                       .value = "b",
                                       .domain = "h",
                                       .path = "/",
                                       .is_host_only = true };
    const struct coil_http_cookie *c;

    begin();
    ASSERT_NULL(coil_http_cookies_next(jar, NULL));
    ASSERT_EQ(coil_http_cookies_add(jar, &cookie), 1);
    c = coil_http_cookies_next(jar, NULL);
    ASSERT_STR_EQ(c->name, "a");
    ASSERT_STR_EQ(c->domain, "h");
    ASSERT_NULL(coil_http_cookies_next(jar, c));
    cookie.value = "b; c=d";
    ASSERT_EQ(coil_http_cookies_add(jar, &cookie), 0);
    cookie.value = "b\r\nX: y";
    ASSERT_EQ(coil_http_cookies_add(jar, &cookie), 0);
    cookie.value = "b";
    cookie.domain = "H";
    ASSERT_EQ(coil_http_cookies_add(jar, &cookie), 0);
    cookie.domain = "h/";
    ASSERT_EQ(coil_http_cookies_add(jar, &cookie), 0);
    cookie.domain = "h";
    cookie.path = "x";
    ASSERT_EQ(coil_http_cookies_add(jar, &cookie), 0);
    cookie.path = "/";
    cookie.name = "a=b";
    ASSERT_EQ(coil_http_cookies_add(jar, &cookie), 0);
    ASSERT_EQ(coil_http_cookies_count(jar), 1);
    end();
}

TEST(http_cookies_are_taken_from_headers)
{
    static const struct coil_http_header headers[] = {
        { "Set-Cookie", "a=b" },
        { "Other", "c=d" },
        { "set-cookie", "e=f; Secure" },
        { "SET-COOKIE", "g=h, i=j" },
    };

    begin();
    ASSERT_EQ(coil_http_cookies_take(jar, "http://h/", headers, 4), 2);
    expect("http://h/", "a=b; g=h, i=j");
    end();
}

TEST(http_cookies_say_when_there_is_no_memory)
{
    int rc = -ENOMEM;
    char *header;

    for (size_t n = 1; rc == -ENOMEM; n++) {
        ASSERT_LT(n, 20);
        coil_test_fail_allocation(n, false);
        rc = coil_http_cookies_new(&jar, NULL);
        if (rc == 0)
            rc = coil_http_cookies_set(jar, "http://h/", "a=b");
        if (rc > 0)
            rc = coil_http_cookies_header(jar, "http://h/", 0, &header);
        if (rc == 0) {
            coil_http_cookies_free_text(header);
            rc = coil_http_cookies_write(jar, &header);
        }
        if (rc == 0)
            coil_http_cookies_free_text(header);
        coil_http_cookies_free(jar);
        coil_test_fail_allocation(0, false);
        ASSERT_EQ(coil_test_live_allocations(), 0);
    }
    ASSERT_EQ(rc, 0);
}
