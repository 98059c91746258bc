/* SPDX-License-Identifier: MIT */
/*
 * The public URL type: what RFC 3986 allows is taken apart, what it forbids is
 * refused, and what is made of text is a URL.  The tables of RFC 3986, 5.4, are
 * in url_make.c.
 */
#include <stdio.h>
#include <stdlib.h>

#include <coil/url.h>

#include "http/wire/url_host.h"
#include "test.h"

/* The parts in one line: "-" is a part that is not there. */
static const char *show(const struct coil_url *url)
{
    static char text[600];
    const struct coil_url_part *parts[] = {
        &url->scheme, &url->user, &url->password, &url->host,    &url->zone,
        &url->digits, &url->path, &url->query,    &url->fragment
    };
    size_t n = 0;

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        const char *at = parts[i]->at ? parts[i]->at : "-";
        int size = parts[i]->at ? (int)parts[i]->size : 1;

        n += (size_t)snprintf(text + n, sizeof text - n, "%s%.*s",
                              i > 0 ? " " : "", size, at);
    }
    return text;
}

static void expect(const char *text, const char *parts, unsigned port)
{
    struct coil_url url;

    if (coil_url_parse(&url, text) < 0)
        FAIL("\"%s\" is refused", text);
    ASSERT_STR_EQ(show(&url), parts);
    ASSERT_EQ(url.port, port);
}

static void refuse(const char *text)
{
    struct coil_url url;

    if (coil_url_parse(&url, text) != COIL_EHTTP_BAD_URL)
        FAIL("\"%s\" is taken", text);
}

TEST(url_has_its_parts)
{
    expect("http://u:p@h:81/a/b?c=d#e", "http u p h - 81 /a/b c=d e", 81);
    expect("https://example.org", "https - - example.org - -  - -", 443);
    expect("HTTP://H:/", "HTTP - - H -  / - -", 80);
    expect("ws://h/", "ws - - h - - / - -", 80);
    expect("wss://h/", "wss - - h - - / - -", 443);
    expect("ftp://h/", "ftp - - h - - / - -", 21);
    expect("mailto:a@b", "mailto - - - - - a@b - -", 0);
    expect("file:///etc/x", "file - -  - - /etc/x - -", 0);
    expect("urn:a:b?+c", "urn - - - - - a:b +c -", 0);
    expect("x+y-1.z://%41,$:7", "x+y-1.z - - %41,$ - 7  - -", 7);
    expect("http://h?", "http - - h - -   -", 80);
    expect("http://h#", "http - - h - -  - ", 80);
    expect("http://@h/", "http  - h - - / - -", 80);
    expect("http://:@h/", "http   h - - / - -", 80);
    expect("http://u::p%40@h/", "http u :p%40 h - - / - -", 80);
    expect("http://h/?a/b?c", "http - - h - - / a/b?c -", 80);
    expect("http://h/#a/b?c", "http - - h - - / - a/b?c", 80);
    expect("http:/h", "http - - - - - /h - -", 80);
    expect("http:g", "http - - - - - g - -", 80);
}

TEST(url_may_be_relative)
{
    expect("", "- - - - - -  - -", 0);
    expect("a/b:c", "- - - - - - a/b:c - -", 0);
    expect("/a", "- - - - - - /a - -", 0);
    expect("//h:8/a", "- - - h - 8 /a - -", 8);
    expect("//h/a", "- - - h - - /a - -", 0);
    expect("//h/a:b", "- - - h - - /a:b - -", 0);
    expect("?q", "- - - - - -  q -", 0);
    expect("#f", "- - - - - -  - f", 0);
    expect("./a:b", "- - - - - - ./a:b - -", 0);
    refuse(":");
    refuse(":a");
    refuse("1a:b");
    refuse("a_b:c");
}

TEST(url_takes_addresses)
{
    struct coil_url url;

    expect("http://[::1]:8080/", "http - - ::1 - 8080 / - -", 8080);
    expect("http://[fe80::1%25eth0]/", "http - - fe80::1 eth0 - / - -", 80);
    expect("http://[v1.a:b]/", "http - - v1.a:b - - / - -", 80);
    ASSERT_EQ(coil_url_parse(&url, "http://1.2.3.4"), 0);
    ASSERT_EQ(url.host_kind, COIL_URL_IPV4);
    ASSERT_EQ(coil_url_parse(&url, "http://[::1]"), 0);
    ASSERT_EQ(url.host_kind, COIL_URL_IPV6);
    ASSERT_EQ(coil_url_parse(&url, "http://[vF.1]"), 0);
    ASSERT_EQ(url.host_kind, COIL_URL_FUTURE);
    ASSERT_EQ(coil_url_parse(&url, "mailto:x"), 0);
    ASSERT_EQ(url.host_kind, COIL_URL_NO_HOST);
    refuse("http://[::1");
    refuse("http://[]/");
    refuse("http://[::1]x/");
    refuse("http://[::1]]/");
    refuse("http://x[::1]/");
    refuse("http://[1.2.3.4]/");
    refuse("http://[::1%eth0]/");
    refuse("http://[::1%25]/");
    refuse("http://[::1%25a/b]/");
    refuse("http://[::1%25a,b]/");
    refuse("http://[::1%35a]/");
    refuse("http://[::1%26a]/");
    refuse("http://[");
    refuse("http://[v.a]/");
    refuse("http://[v1]/");
    refuse("http://[.1.v]/");
    refuse("http://[v.ab]/");
    refuse("http://[v12]/");
    refuse("http://[v123]/");
    refuse("http://[v12.]/");
    refuse("http://[vg.a]/");
    refuse("http://[v1.a\"b]/");
}

/* What some take for an address, and others for a name. */
TEST(url_refuses_numbers_that_are_no_address)
{
    refuse("http://127.1/");
    refuse("http://2130706433/");
    refuse("http://0x7f000001/");
    refuse("http://0x7f.1/");
    refuse("http://017700000001/");
    refuse("http://1.2.3.4.5/");
    refuse("http://1.2.3.04/");
    refuse("http://1.2.3.256/");
    refuse("http://1.2.3.0255/");
    refuse("http://example.1/");
    refuse("http://1.2.3.4./");
    refuse("http://99999999999999999999/");
    expect("http://a.-b/", "http - - a.-b - - / - -", 80);
    expect("http://1.example/", "http - - 1.example - - / - -", 80);
    refuse("http://0x/");
}

TEST(url_that_is_none_is_refused)
{
    refuse("http://");
    refuse("http:///a");
    refuse("http://:80/");
    refuse("http://a@b@c/");
    refuse("http://h:0/");
    refuse("http://h:65536/");
    refuse("http://h:1:2/");
    refuse("http://h:8a/");
    refuse("http://h:000080/");
    refuse("http://%68/");
    refuse("http://a,b/");
    refuse("http://h/%");
    refuse("http://h/%4");
    refuse("http://h/%4x");
    refuse("http://h/?%");
    refuse("http://h/#%zz");
    refuse("http://h/a b");
    refuse("http://h/[");
    refuse("http://h\\@evil/");
    refuse("http:\\\\h/");
    refuse("http://h/#a#b");
    refuse(" http://h/");
    refuse("\xc3\xa4");
}

/* Every byte that is not printable ASCII, in every part. */
TEST(url_with_a_byte_that_could_inject_is_refused)
{
    static const char *const parts[] = { "http://h/%sx",   "http://h%s/",
                                         "http://h:80%s/", "http://h/?%s",
                                         "http://h/#%s",   "%shttp://h/",
                                         "http%s://h/",    "http://u%s@h/",
                                         "http://u:%s@h/", "x:%s" };

    for (int byte = 1; byte < 256; byte++) {
        char piece[2] = { (char)byte, '\0' };

        if (byte > ' ' && byte < 127)
            continue;
        for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
            char text[40];

            snprintf(text, sizeof text, parts[i], piece);
            refuse(text);
        }
    }
}

TEST(url_has_limits)
{
    struct coil_url url;
    char *text = calloc(1, COIL_URL_MAX_SIZE + 2);
    char *made;

    ASSERT(text);
    memset(text, 'a', COIL_URL_MAX_SIZE);
    ASSERT_EQ(coil_url_parse(&url, text), 0);
    text[COIL_URL_MAX_SIZE] = 'a';
    ASSERT_EQ(coil_url_parse(&url, text), COIL_EHTTP_BAD_URL);
    ASSERT_EQ(coil_url_normalise(&made, text), COIL_EHTTP_BAD_URL);
    ASSERT_NULL(made);
    free(text);
    ASSERT_EQ(coil_url_parse_bytes(&url, "a\0b", 3), COIL_EHTTP_BAD_URL);
    ASSERT_EQ(coil_url_parse_bytes(&url, "http://1\0/", 10),
              COIL_EHTTP_BAD_URL);
    ASSERT_EQ(coil_url_parse_bytes(&url, "http://[::1\0]/", 15),
              COIL_EHTTP_BAD_URL);
    ASSERT_EQ(coil_url_parse_bytes(&url, "ab/c", 2), 0);
    ASSERT_EQ(url.path.size, 2);
}

static bool is_same_origin(const char *a, const char *b)
{
    struct coil_url one;
    struct coil_url two;

    ASSERT_EQ(coil_url_parse(&one, a), 0);
    ASSERT_EQ(coil_url_parse(&two, b), 0);
    ASSERT_EQ(coil_url_is_same_origin(&one, &two),
              coil_url_is_same_origin(&two, &one));
    return coil_url_is_same_origin(&one, &two);
}

TEST(url_origins_are_scheme_host_and_port)
{
    ASSERT(is_same_origin("http://h", "HTTP://H:80/a?b#c"));
    ASSERT(is_same_origin("https://u:p@h:0443/", "https://h"));
    ASSERT(is_same_origin("http://[::1]/", "http://[0:0::0:1]/"));
    ASSERT(is_same_origin("x://h:7", "X://h:7/"));
    ASSERT(is_same_origin("http://[fe80::1%25a]/", "http://[FE80::1%25a]:80"));
    ASSERT(!is_same_origin("http://h", "https://h"));
    ASSERT(!is_same_origin("http://h", "http://i"));
    ASSERT(!is_same_origin("http://h", "http:h"));
    ASSERT(!is_same_origin("http://h", "//h:80"));
    ASSERT(!is_same_origin("http://[::1]/", "http://[::2]/"));
    ASSERT(!is_same_origin("http://h:443", "https://h"));
    ASSERT(!is_same_origin("http://h", "http://h:81"));
    ASSERT(!is_same_origin("http://h", "http://hh"));
    ASSERT(!is_same_origin("http://h", "http://h."));
    ASSERT(!is_same_origin("http://[fe80::1%25a]/", "http://[fe80::1%25b]/"));
    ASSERT(!is_same_origin("http://[fe80::1%25a]/", "http://[fe80::1]/"));
    ASSERT(!is_same_origin("http://[::1]/", "http://1.2.3.4/"));
    ASSERT(!is_same_origin("x://h", "x://h"));
    ASSERT(!is_same_origin("//h:80", "//h:80"));
    ASSERT(!is_same_origin("mailto:a@b", "mailto:a@b"));
    ASSERT(!is_same_origin("http:g", "http:g"));
}

/* Text that has no NUL behind it. */
TEST(url_hosts_in_numbers_are_told_from_names)
{
    static const char *const no[] = { "1.2.3",     "1.2.3.0004", "1..2.3",
                                      "1.2.3.",    "1.2.3.256",  "01.2.3.4",
                                      "1.2.3.4.5", "1.2.3.09",   "1.2.3.099",
                                      "" };

    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        ASSERT(!coil__url_is_ipv4(no[i], strlen(no[i])));
    ASSERT(coil__url_is_ipv4("1.20.255.0!", 10));
    ASSERT(!coil__url_is_ipv6("", 0));
    ASSERT(!coil__url_is_ipv6("1:\0:1", 5));
    ASSERT(!coil__url_is_ipv6(
        "1111:2222:3333:4444:5555:6666:7777:8888:9999:1:2", 48));
    ASSERT(coil__url_is_ipv6("::1!", 3));
}
