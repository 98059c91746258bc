/* SPDX-License-Identifier: MIT */
/*
 * URLs that are made: joined, encoded from text, normalised, with a query, and
 * put together.  What is made is a URL, and is what a reader of the RFC expects.
 */
#include <stdio.h>

#include <coil/testing.h>
#include <coil/url.h>

#include "http/wire/url_idn.h"
#include "test.h"

static void expect(int rc, char *made, const char *wanted, const char *from)
{
    struct coil_url url;

    if (!wanted) {
        if (rc != COIL_EHTTP_BAD_URL)
            FAIL("\"%s\" gives %d, \"%s\"", from, rc, made ? made : "");
        ASSERT_NULL(made);
        return;
    }
    if (rc < 0)
        FAIL("\"%s\" gives %d", from, rc);
    ASSERT_STR_EQ(made, wanted);
    ASSERT_EQ(coil_url_parse(&url, made), 0);
    coil_url_free(made);
}

static void join(const char *base, const char *reference, const char *wanted)
{
    char *made;
    int rc = coil_url_join(&made, base, reference);

    expect(rc, made, wanted, reference);
}

static void encode(const char *text, const char *wanted)
{
    char *made;
    int rc = coil_url_encode(&made, text);

    expect(rc, made, wanted, text);
}

static void normalise(const char *text, const char *wanted)
{
    char *made;
    int rc = coil_url_normalise(&made, text);

    expect(rc, made, wanted, text);
}

/* RFC 3986, 5.4.1 and 5.4.2, with what is at the end of it: "http:g". */
TEST(url_make_joins_as_rfc_3986_says)
{
    static const char *const table[][2] = {
        { "g:h", "g:h" },
        { "g", "http://a/b/c/g" },
        { "./g", "http://a/b/c/g" },
        { "g/", "http://a/b/c/g/" },
        { "/g", "http://a/g" },
        { "//g", "http://g" },
        { "?y", "http://a/b/c/d;p?y" },
        { "g?y", "http://a/b/c/g?y" },
        { "#s", "http://a/b/c/d;p?q#s" },
        { "g#s", "http://a/b/c/g#s" },
        { "g?y#s", "http://a/b/c/g?y#s" },
        { ";x", "http://a/b/c/;x" },
        { "g;x", "http://a/b/c/g;x" },
        { "g;x?y#s", "http://a/b/c/g;x?y#s" },
        { "", "http://a/b/c/d;p?q" },
        { ".", "http://a/b/c/" },
        { "./", "http://a/b/c/" },
        { "..", "http://a/b/" },
        { "../", "http://a/b/" },
        { "../g", "http://a/b/g" },
        { "../..", "http://a/" },
        { "../../", "http://a/" },
        { "../../g", "http://a/g" },
        { "../../../g", "http://a/g" },
        { "../../../../g", "http://a/g" },
        { "/./g", "http://a/g" },
        { "/../g", "http://a/g" },
        { "g.", "http://a/b/c/g." },
        { ".g", "http://a/b/c/.g" },
        { "g..", "http://a/b/c/g.." },
        { "..g", "http://a/b/c/..g" },
        { "./../g", "http://a/b/g" },
        { "./g/.", "http://a/b/c/g/" },
        { "g/./h", "http://a/b/c/g/h" },
        { "g/../h", "http://a/b/c/h" },
        { "g;x=1/./y", "http://a/b/c/g;x=1/y" },
        { "g;x=1/../y", "http://a/b/c/y" },
        { "g?y/./x", "http://a/b/c/g?y/./x" },
        { "g?y/../x", "http://a/b/c/g?y/../x" },
        { "g#s/./x", "http://a/b/c/g#s/./x" },
        { "g#s/../x", "http://a/b/c/g#s/../x" },
        { "http:g", "http:g" },
    };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        join("http://a/b/c/d;p?q", table[i][0], table[i][1]);
}

TEST(url_make_joins_other_bases)
{
    join("http://h", "g", "http://h/g");
    join("http://h", "../g", "http://h/g");
    join("http://h?q", "g", "http://h/g");
    join("http://h?q", "#f", "http://h?q#f");
    join("http://u:p@h:8/a#f", "b", "http://u:p@h:8/b");
    join("http://[fe80::1%25a]/", "b", "http://[fe80::1%25a]/b");
    join("http://h/a//b/", "../c", "http://h/a//c");
    join("http://h/a", "//b/../c", "http://b/c");
    join("mailto:a/b", "c", "mailto:a/c");
    join("mailto:a", "b", "mailto:b");
    join("mailto:a", ".", "mailto:");
    join("x:/a/b", "c", "x:/a/c");
    join("x:/a", "/.//b", "x:/.//b");
    join("x:/a", "..//b", "x:/.//b");
    join("x:a", "../../b", "x:b");
    join("x://h", "g", "x://h/g");
    join("http://h/a", " b c\n", "http://h/b%20c");
    join("http://h/a", "https://i/../j", "https://i/j");
    join("http://h/", "\xc3\xa4?\xc3\xb6#\xc3\xbc",
         "http://h/%C3%A4?%C3%B6#%C3%BC");
    join("http://h/", "//0x7f.1/", "http://127.0.0.1/");
    join("x://h/", "//0x7f.1/", "x://0x7f.1/");
    join("/a", "b", NULL);
    join("//h/a", "b", NULL);
    join("http://h/", "//", NULL);
    join("http://h/", "///evil", NULL);
    join("http://h/", "http://", NULL);
    join("http://h/", "//a@b@c/", NULL);
    join("http://h/", "1a:b", "http://h/1a:b");
}

/* Browsers fetch all of these from another host. */
TEST(url_make_never_changes_hosts_by_a_backslash)
{
    join("http://h/", "\\\\evil/", NULL);
    join("http://h/", "/\\evil/", NULL);
    join("http://h/", "\\/evil/", NULL);
    join("http://h/", "http:\\\\evil/", NULL);
    join("http://h/", "http:/\\evil/", NULL);
    encode("http://h\\@evil/", NULL);
    encode("http://evil\\h/", NULL);
    encode("http://u\\v@h/", NULL);
    encode("http://u:p\\v@h/", NULL);
    encode("http://h/a\\b", "http://h/a%5Cb");
}

TEST(url_make_encodes_text)
{
    encode("http://h/a b", "http://h/a%20b");
    encode(" \t\r\nhttp://h/ \n", "http://h/");
    encode("http://h/%41%zz%", "http://h/%41%25zz%25");
    encode("http://h/[]^|`{}\"<>", "http://h/%5B%5D%5E%7C%60%7B%7D%22%3C%3E");
    encode("http://h/?a[]=<b>#[c]", "http://h/?a%5B%5D=%3Cb%3E#%5Bc%5D");
    encode("http://h/#a#b", "http://h/#a%23b");
    encode("http://h/\xff", "http://h/%FF");
    encode("http://\xc3\xa4 b:p w@h/", "http://%C3%A4%20b:p%20w@h/");
    encode("http://[fe80::1%eth0]/", "http://[fe80::1%25eth0]/");
    encode("http://[fe80::1%25eth0]/", "http://[fe80::1%25eth0]/");
    encode("http://[fe80::1%]/", NULL);
    encode("http://[fe80::1%26a]/", "http://[fe80::1%2526a]/");
    encode("http://[fe80::1%3]/", "http://[fe80::1%253]/");
    encode("http://[v1.a:b]/", "http://[v1.a:b]/");
    encode("http://[::g]/", NULL);
    encode("http://[::1/", NULL);
    encode("http://[/", NULL);
    encode("http://h/a\nb", NULL);
    encode("http://h/a\tb", NULL);
    encode("http://h/a\x7f", NULL);
    encode("http://h h/", NULL);
    encode("http://a,b/", NULL);
    encode("http://h%2fi/", NULL);
    encode("http://%68%6F/", "http://ho/");
    encode("http://%00/", NULL);
    encode("x://a b\xc3\xa4/", "x://a%20b%C3%A4/");
    encode("", "");
    encode(" \t", "");
    encode("//b c/", "//b%20c/");
}

TEST(url_make_writes_numbers_as_addresses)
{
    encode("http://127.1/", "http://127.0.0.1/");
    encode("http://2130706433/", "http://127.0.0.1/");
    encode("http://0x7f000001/", "http://127.0.0.1/");
    encode("http://0X7F.0.0.1/", "http://127.0.0.1/");
    encode("http://017700000001/", "http://127.0.0.1/");
    encode("http://0/", "http://0.0.0.0/");
    encode("http://0x/", "http://0.0.0.0/");
    encode("http://1.2.3.4./", "http://1.2.3.4/");
    encode("http://1.2.3.4/", "http://1.2.3.4/");
    encode("http://256.1/", NULL);
    encode("http://99999999999999999999999/", NULL);
    encode("http://4294967296/", NULL);
    encode("http://1.2.3.256/", NULL);
    encode("http://1.2.3.4.5/", NULL);
    encode("http://08/", NULL);
    encode("http://a.1/", NULL);
    encode("http://..1/", NULL);
}

TEST(url_make_converts_names_in_any_script)
{
    char *made;

    if (!coil__url_idn_version()) {
        ASSERT_EQ(coil_url_encode(&made, "http://b\xc3\xbc"
                                         "cher.example/"),
                  COIL_EHTTP_NO_IDN);
        return;
    }
    encode("http://b\xc3\xbc"
           "cher.example/",
           "http://xn--bcher-kva.example/");
    encode("http://B%C3%9CCHER.example/", "http://xn--bcher-kva.example/");
    encode("http://fa\xc3\x9f.de/", "http://xn--fa-hia.de/");
    encode("http://a\xe3\x80\x82jp/", "http://a.jp/");
    /* Full-width digits, and a full-width solidus. */
    encode("http://\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.1/",
           "http://127.0.0.1/");
    encode("http://a\xef\xbc\x8f"
           "b/",
           NULL);
    encode("http://a\xe2\x84\x80.example/", NULL);
    encode("http://\xff\xfe/", NULL);
    encode("http://\xc3\xa4%00/", NULL);
    encode("http://xn--\xc3\xa4/", NULL);
    join("http://h/",
         "//b\xc3\xbc"
         "cher/",
         "http://xn--bcher-kva/");
}

TEST(url_make_normalises)
{
    normalise("HTTP://Example.ORG:80", "http://example.org/");
    normalise("https://h:443/a", "https://h/a");
    normalise("https://h:0080/a", "https://h:80/a");
    normalise("http://h:/", "http://h/");
    normalise("x://h:/", "x://h/");
    normalise("http://h/%7e%41%2f%c3%a4", "http://h/~A%2F%C3%A4");
    normalise("http://h/a/%2e%2E/b", "http://h/b");
    normalise("http://h/a/./b/../c?x/../y", "http://h/a/c?x/../y");
    normalise("http://@h/", "http://h/");
    normalise("http://:@h/", "http://h/");
    normalise("http://u@H?Q", "http://u@h/?Q");
    normalise("http://[2001:DB8:0:0:0::1]/", "http://[2001:db8::1]/");
    normalise("http://[::ffff:7f00:1]/", "http://[::ffff:127.0.0.1]/");
    normalise("http://[FE80::1%25Eth0]/", "http://[fe80::1%25Eth0]/");
    normalise("//H:080/", "//h:80/");
    normalise("//h", "//h");
    normalise("x://h", "x://h");
    normalise("x://h:07", "x://h:7");
    normalise("http://h:1234567/", NULL);
    normalise("http://:p@h/", "http://:p@h/");
    normalise("mailto:", "mailto:");
    normalise("x:a", "x:a");
    normalise("x:/.//a", "x:/.//a");
    normalise("x:/b/..//a", "x:/.//a");
    normalise("x:a/../b", "x:/b");
    normalise("X://A%2dB%2c/", "x://a-b%2C/");
    normalise("../a/./b", "../a/./b");
    normalise("mailto:A@B", "mailto:A@B");
    normalise("file:///a/../../b", "file:///b");
    normalise("http://h?", "http://h/?");
}

TEST(url_make_puts_parts_together)
{
    struct coil_url url;
    char *made;

    ASSERT_EQ(coil_url_parse(&url, "http://u:p@[::1%25a]:8/b?c#d"), 0);
    ASSERT_EQ(coil_url_write(&made, &url), 0);
    ASSERT_STR_EQ(made, "http://u:p@[::1%25a]:8/b?c#d");
    coil_url_free(made);

    url.fragment = (struct coil_url_part){ 0 };
    url.query = (struct coil_url_part){ "x=%20", 5 };
    ASSERT_EQ(coil_url_write(&made, &url), 0);
    ASSERT_STR_EQ(made, "http://u:p@[::1%25a]:8/b?x=%20");
    coil_url_free(made);

    url.query = (struct coil_url_part){ "x#y", 3 };
    ASSERT_EQ(coil_url_write(&made, &url), COIL_EHTTP_BAD_URL);
    ASSERT_NULL(made);
    url.query = (struct coil_url_part){ "x y", 3 };
    ASSERT_EQ(coil_url_write(&made, &url), COIL_EHTTP_BAD_URL);

    ASSERT_EQ(coil_url_parse(&url, "http:a"), 0);
    url.path = (struct coil_url_part){ "//evil", 6 };
    ASSERT_EQ(coil_url_write(&made, &url), COIL_EHTTP_BAD_URL);
    ASSERT_EQ(coil_url_parse(&url, "http://h/a"), 0);
    url.path = (struct coil_url_part){ "b", 1 };
    ASSERT_EQ(coil_url_write(&made, &url), COIL_EHTTP_BAD_URL);
    url.path = (struct coil_url_part){ "@evil/", 6 };
    ASSERT_EQ(coil_url_write(&made, &url), COIL_EHTTP_BAD_URL);
}

static void expect_unwritable(const struct coil_url *url)
{
    char *made;

    ASSERT_EQ(coil_url_write(&made, url), COIL_EHTTP_BAD_URL);
    ASSERT_NULL(made);
}

/* Each part but what is in it would be read as the beginning of the next. */
TEST(url_make_refuses_parts_that_would_be_read_otherwise)
{
    struct coil_url good;
    struct coil_url url;
    char *made;

    ASSERT_EQ(coil_url_parse(&good, "http://h/"), 0);
    url = good;
    url.scheme = (struct coil_url_part){ "http:x", 6 };
    expect_unwritable(&url);
    url = good;
    url.user = (struct coil_url_part){ "u:p", 3 };
    expect_unwritable(&url);
    url = good;
    url.password = (struct coil_url_part){ "p", 1 };
    expect_unwritable(&url);
    url = good;
    url.user = (struct coil_url_part){ "u", 1 };
    url.password = (struct coil_url_part){ "p@h", 3 };
    expect_unwritable(&url);
    url = good;
    url.host = (struct coil_url_part){ "h:1", 3 };
    expect_unwritable(&url);
    url = good;
    url.zone = (struct coil_url_part){ "z", 1 };
    expect_unwritable(&url);
    url = good;
    url.digits = (struct coil_url_part){ "1/", 2 };
    expect_unwritable(&url);
    url = good;
    url.path = (struct coil_url_part){ "/?q", 3 };
    expect_unwritable(&url);
    url = good;
    url.query = (struct coil_url_part){ "q#f", 3 };
    expect_unwritable(&url);
    ASSERT_EQ(coil_url_parse(&url, "http://[v1.a]/"), 0);
    ASSERT_EQ(coil_url_write(&made, &url), 0);
    ASSERT_STR_EQ(made, "http://[v1.a]/");
    coil_url_free(made);
}

/* What a name becomes may be too long, though its text is short enough. */
TEST(url_make_limits_names_in_any_script)
{
    char text[2048];
    size_t taken = 0;

    if (!coil__url_idn_version())
        SKIP("names in any script need libidn2");
    for (size_t last = 30; last < 60; last++) {
        size_t n = (size_t)sprintf(text, "http://");
        char *made;
        int rc;

        for (int i = 0; i < 3; i++) {
            memset(text + n, 'a', 63);
            n += 63;
            text[n++] = '.';
        }
        memset(text + n, 'b', last);
        strcpy(text + n + last, "\xc3\xa4/");
        rc = coil_url_encode(&made, text);
        if (rc == 0) {
            ASSERT_LE(strlen(made), 253 + strlen("http:///"));
            taken++;
        } else {
            ASSERT_EQ(rc, COIL_EHTTP_BAD_URL);
        }
        coil_url_free(made);
    }
    ASSERT_GT(taken, 10);
    ASSERT_LT(taken, 28);
    memset(text, 'a', sizeof text);
    memcpy(text, "http://\xc3\xa4", 9);
    strcpy(text + 1500, "/");
    encode(text, NULL);
}

/* ---- queries and forms ------------------------------------------------ */

TEST(url_make_adds_to_a_query)
{
    static const struct coil_url_pair pairs[] = { { "a b", "c&d=e" },
                                                  { "f", NULL },
                                                  { "g", "" } };
    char *made;

    ASSERT_EQ(coil_url_add_query(&made, "http://h/?x=1#f", pairs, 3), 0);
    ASSERT_STR_EQ(made, "http://h/?x=1&a%20b=c%26d%3De&f&g=#f");
    coil_url_free(made);
    ASSERT_EQ(coil_url_add_query(&made, "http://h/ \xc3\xa4", pairs, 1), 0);
    ASSERT_STR_EQ(made, "http://h/%20%C3%A4?a%20b=c%26d%3De");
    coil_url_free(made);
    ASSERT_EQ(coil_url_add_query(&made, "http://h", pairs, 0), 0);
    ASSERT_STR_EQ(made, "http://h");
    coil_url_free(made);
    ASSERT_EQ(coil_url_add_query(&made, "http://", pairs, 1),
              COIL_EHTTP_BAD_URL);
    ASSERT_EQ(coil_url_form(&made, pairs, 3), 0);
    ASSERT_STR_EQ(made, "a+b=c%26d%3De&f&g=");
    coil_url_free(made);
    ASSERT_EQ(coil_url_form(&made, NULL, 0), 0);
    ASSERT_STR_EQ(made, "");
    coil_url_free(made);
}

TEST(url_make_reads_a_query)
{
    static const char query[] = "a+b=c%26d&f&&g=&=h&f=2&%zz=%00%&k=l=m";
    struct coil_url_pair *pairs;
    size_t count;

    ASSERT_EQ(coil_url_pairs(&pairs, &count, query, sizeof query - 1), 0);
    ASSERT_EQ(count, 7);
    ASSERT_STR_EQ(pairs[0].name, "a b");
    ASSERT_STR_EQ(pairs[0].value, "c&d");
    ASSERT_STR_EQ(pairs[1].name, "f");
    ASSERT_NULL(pairs[1].value);
    ASSERT_STR_EQ(coil_url_pairs_find(pairs, count, "f"), "");
    ASSERT_STR_EQ(coil_url_pairs_find(pairs, count, ""), "h");
    ASSERT_STR_EQ(coil_url_pairs_find(pairs, count, "%zz"), "%00%");
    ASSERT_STR_EQ(coil_url_pairs_find(pairs, count, "k"), "l=m");
    ASSERT_NULL(coil_url_pairs_find(pairs, count, "c"));
    coil_url_pairs_free(pairs);
    ASSERT_EQ(coil_url_pairs(&pairs, &count, "", 0), 0);
    ASSERT_EQ(count, 0);
    coil_url_pairs_free(pairs);
}

TEST(url_make_reads_so_many_pairs_and_no_more)
{
    static char query[2 * (COIL_URL_MAX_PAIRS + 1)];
    struct coil_url_pair *pairs;
    size_t count;

    for (size_t i = 0; i < sizeof query; i += 2)
        memcpy(query + i, "a&", 2);
    ASSERT_EQ(coil_url_pairs(&pairs, &count, query, sizeof query - 2), 0);
    ASSERT_EQ(count, COIL_URL_MAX_PAIRS);
    coil_url_pairs_free(pairs);
    ASSERT_EQ(coil_url_pairs(&pairs, &count, query, sizeof query),
              COIL_EHTTP_BAD_URL);
    ASSERT_NULL(pairs);
}

TEST(url_make_escapes_bytes)
{
    char *made;
    size_t size;

    ASSERT_EQ(coil_url_escape(&made, "a/\0\xff~", 5), 0);
    ASSERT_STR_EQ(made, "a%2F%00%FF~");
    coil_url_free(made);
    ASSERT_EQ(coil_url_unescape(&made, &size, "a%2F%00%ff~", 11), 0);
    ASSERT_EQ(size, 5);
    ASSERT_EQ(memcmp(made, "a/\0\xff~", 6), 0);
    coil_url_free(made);
    ASSERT_EQ(coil_url_unescape(&made, NULL, "a%00", 4), COIL_EHTTP_BAD_URL);
    ASSERT_EQ(coil_url_unescape(&made, NULL, "a%0", 3), COIL_EHTTP_BAD_URL);
    ASSERT_EQ(coil_url_unescape(&made, NULL, "a+b", 3), 0);
    ASSERT_STR_EQ(made, "a+b");
    coil_url_free(made);
}

/* ---- without memory --------------------------------------------------- */

static int make_all(void)
{
    static const char text[] =
        "more than what any buffer has at its beginning, "
        "and again more than what any buffer has there";
    static const struct coil_url_pair pair[] = { { "a", text },
                                                 { text, NULL },
                                                 { text, text } };
    struct coil_url_pair *pairs = NULL;
    size_t count;
    char *made = NULL;
    int rc = coil_url_join(&made, "http://h/a", "b");

    coil_url_free(made);
    if (rc == 0)
        rc = coil_url_normalise(&made, "http://H/");
    coil_url_free(rc == 0 ? made : NULL);
    if (rc == 0)
        rc = coil_url_add_query(&made, "http://\xc3\xa4/?x", pair, 3);
    coil_url_free(rc == 0 ? made : NULL);
    if (rc == 0)
        rc = coil_url_form(&made, pair, 3);
    coil_url_free(rc == 0 ? made : NULL);
    if (rc == 0)
        rc = coil_url_escape(&made, "a b", 3);
    coil_url_free(rc == 0 ? made : NULL);
    if (rc == 0)
        rc = coil_url_unescape(&made, NULL, "a", 1);
    coil_url_free(rc == 0 ? made : NULL);
    if (rc == 0)
        rc = coil_url_pairs(&pairs, &count, "a=b", 3);
    coil_url_pairs_free(pairs);
    return rc;
}

TEST(url_make_says_when_there_is_no_memory)
{
    int rc = -ENOMEM;

    for (size_t n = 1; rc == -ENOMEM; n++) {
        ASSERT_LT(n, 60);
        coil_test_fail_allocation(n, false);
        rc = make_all();
    }
    if (coil__url_idn_version())
        ASSERT_EQ(rc, 0);
}
