/* SPDX-License-Identifier: MIT */
/*
 * URLs, names and values: what may be sent is taken apart, and whatever could
 * end a line or a word of a request is refused.
 */
#include <stdio.h>

#include <coil/error.h>
#include <coil/http.h>

#include "http/wire/text.h"
#include "http/wire/url.h"
#include "test.h"

static void expect(const char *text, const char *host, unsigned port,
                   const char *target)
{
    struct coil__http_url url;
    char copy[300];

    ASSERT_EQ(coil__http_url_parse(&url, text), 0);
    snprintf(copy, sizeof copy, "%.*s", (int)url.host_size, url.host);
    ASSERT_STR_EQ(copy, host);
    ASSERT_EQ(url.port, port);
    snprintf(copy, sizeof copy, "%.*s", (int)url.target_size, url.target);
    ASSERT_STR_EQ(copy, target);
}

static void refuse(const char *text, int error)
{
    struct coil__http_url url;

    if (coil__http_url_parse(&url, text) != error)
        FAIL("\"%s\" is not refused with %d", text, error);
}

TEST(http_url_has_host_port_and_target)
{
    expect("http://example.org", "example.org", 80, "");
    expect("http://example.org/", "example.org", 80, "/");
    expect("http://example.org:8080/a/b?c=d&e", "example.org", 8080,
           "/a/b?c=d&e");
    expect("HTTP://Example.ORG/A", "Example.ORG", 80, "/A");
    expect("http://127.0.0.1:1/", "127.0.0.1", 1, "/");
    expect("http://h:65535/", "h", 65535, "/");
    expect("http://h:00080/", "h", 80, "/");
    expect("http://h:/", "h", 80, "/");
    expect("http://h?q", "h", 80, "?q");
    expect("http://h/%0d%0a", "h", 80, "/%0d%0a");
    expect("http://h/a:b@c//d", "h", 80, "/a:b@c//d");
    expect("http://my_host-1.example/", "my_host-1.example", 80, "/");
}

TEST(http_url_of_https_has_a_port_of_its_own)
{
    struct coil__http_url url;

    expect("https://example.org/a", "example.org", 443, "/a");
    expect("HtTpS://h:80?q", "h", 80, "?q");
    ASSERT_EQ(coil__http_url_parse(&url, "https://h"), 0);
    ASSERT(url.is_secure);
    ASSERT_EQ(coil__http_url_parse(&url, "http://h:443"), 0);
    ASSERT(!url.is_secure);
}

TEST(http_url_drops_the_fragment)
{
    expect("http://h/a?b#c", "h", 80, "/a?b");
    expect("http://h#c/d?e", "h", 80, "");
    expect("http://h/#", "h", 80, "/");
}

TEST(http_url_takes_ipv6_in_brackets)
{
    expect("http://[::1]/", "::1", 80, "/");
    expect("http://[2001:db8::7]:81/x", "2001:db8::7", 81, "/x");
    expect("http://[::ffff:1.2.3.4]", "::ffff:1.2.3.4", 80, "");
    refuse("http://[::1", COIL_EHTTP_BAD_URL);
    refuse("http://[]/", COIL_EHTTP_BAD_URL);
    refuse("http://[::1]x/", COIL_EHTTP_BAD_URL);
    refuse("http://[::g]/", COIL_EHTTP_BAD_URL);
    refuse("http://[127.0.0.1]/", COIL_EHTTP_BAD_URL);
    refuse("http://[fe80::1%25eth0]/", COIL_EHTTP_BAD_URL);
    refuse("http://[v1.a:b]/", COIL_EHTTP_BAD_URL);
    refuse("http://::1/", COIL_EHTTP_BAD_URL);
    refuse("http://[0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0]/",
           COIL_EHTTP_BAD_URL);
}

TEST(http_url_of_another_scheme_is_refused_as_such)
{
    refuse("ftp://example.org/", COIL_EHTTP_BAD_SCHEME);
    refuse("file:///etc/passwd", COIL_EHTTP_BAD_SCHEME);
    refuse("gopher://h:70/_x", COIL_EHTTP_BAD_SCHEME);
    refuse("httpss://h/", COIL_EHTTP_BAD_SCHEME);
    refuse("htt://h/", COIL_EHTTP_BAD_SCHEME);
    refuse("httx://h/", COIL_EHTTP_BAD_SCHEME);
    refuse("xttp://h/", COIL_EHTTP_BAD_SCHEME);
}

TEST(http_url_that_is_none_is_refused)
{
    refuse("", COIL_EHTTP_BAD_URL);
    refuse("/path", COIL_EHTTP_BAD_URL);
    refuse("example.org/", COIL_EHTTP_BAD_URL);
    refuse("example.org:80/", COIL_EHTTP_BAD_URL);
    refuse("//example.org/", COIL_EHTTP_BAD_URL);
    refuse("http:", COIL_EHTTP_BAD_URL);
    refuse("http:/h", COIL_EHTTP_BAD_URL);
    refuse("http://", COIL_EHTTP_BAD_URL);
    refuse("http:///path", COIL_EHTTP_BAD_URL);
    refuse("http://:80/", COIL_EHTTP_BAD_URL);
    refuse("http://?q", COIL_EHTTP_BAD_URL);
    refuse("://h/", COIL_EHTTP_BAD_URL);
    refuse("a/b://h/", COIL_EHTTP_BAD_URL);
    refuse("http(s)://h/", COIL_EHTTP_BAD_URL);
    refuse("data:text/plain,x", COIL_EHTTP_BAD_URL);
    refuse("http://user@h/", COIL_EHTTP_BAD_URL);
    refuse("http://user:password@h/", COIL_EHTTP_BAD_URL);
    refuse("http://h\\@evil/", COIL_EHTTP_BAD_URL);
    refuse("http://a,b/", COIL_EHTTP_BAD_URL);
    refuse("http://%68/", COIL_EHTTP_BAD_URL);
}

TEST(http_url_with_a_bad_port_is_refused)
{
    refuse("http://h:0/", COIL_EHTTP_BAD_URL);
    refuse("http://h:65536/", COIL_EHTTP_BAD_URL);
    refuse("http://h:99999/", COIL_EHTTP_BAD_URL);
    refuse("http://h:4294967376/", COIL_EHTTP_BAD_URL);
    refuse("http://h:-1/", COIL_EHTTP_BAD_URL);
    refuse("http://h:+1/", COIL_EHTTP_BAD_URL);
    refuse("http://h:8a/", COIL_EHTTP_BAD_URL);
    refuse("http://h:1:2/", COIL_EHTTP_BAD_URL);
}

TEST(http_url_with_a_long_host_is_refused)
{
    char text[300] = "http://";

    memset(text + 7, 'a', 253);
    refuse(text, 0);
    text[7 + 253] = 'a';
    refuse(text, COIL_EHTTP_BAD_URL);
}

/* Every byte that is not printable ASCII, in every part of a URL. */
TEST(http_url_with_a_byte_that_could_inject_is_refused)
{
    static const char *const parts[] = { "http://h/%sx",   "http://h%s/",
                                         "http://h:80%s/", "http://h/?%s",
                                         "http://h/#%s",   "%shttp://h/",
                                         "http%s://h/" };

    for (int byte = 1; byte < 256; byte++) {
        char piece[2] = { (char)byte, '\0' };

        if (byte > ' ' && byte < 127)
            continue;
        for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
            char text[40];

            snprintf(text, sizeof text, parts[i], piece);
            refuse(text, COIL_EHTTP_BAD_URL);
        }
    }
}

TEST(http_url_authority_is_a_host_and_maybe_a_port)
{
    ASSERT(coil__http_is_authority("h", 1));
    ASSERT(coil__http_is_authority("h:80", 4));
    ASSERT(coil__http_is_authority("[::1]:80", 8));
    ASSERT(!coil__http_is_authority("", 0));
    ASSERT(!coil__http_is_authority("u@h", 3));
    ASSERT(!coil__http_is_authority("h:x", 3));
    ASSERT(!coil__http_is_authority("h h", 3));
}

/* ---- names and values ------------------------------------------------- */

TEST(http_names_are_tokens)
{
    ASSERT(coil_http_is_token("Content-Type"));
    ASSERT(coil_http_is_token("GET"));
    ASSERT(coil_http_is_token("!#$%&'*+-.^_`|~09azAZ"));
    ASSERT(!coil_http_is_token(""));
    for (int byte = 1; byte < 256; byte++) {
        char text[] = { 'a', (char)byte, 'b', '\0' };
        bool is_good =
            byte < 127 && byte > ' ' && !strchr("\"(),/:;<=>?@[\\]{}", byte);

        ASSERT_EQ(coil_http_is_token(text), is_good);
    }
}

TEST(http_values_have_no_control_characters)
{
    ASSERT(coil_http_is_value(""));
    ASSERT(coil_http_is_value("a b\tc"));
    ASSERT(coil_http_is_value("\xc3\xa4"));
    ASSERT(!coil_http_is_value(" a"));
    ASSERT(!coil_http_is_value("\ta"));
    ASSERT(!coil_http_is_value("a "));
    ASSERT(!coil_http_is_value("a\t"));
    ASSERT(!coil_http_is_value("b\r\nX-Injected: yes"));
    for (int byte = 1; byte < 256; byte++) {
        char text[] = { 'a', (char)byte, 'b', '\0' };
        bool is_good = byte == '\t' || (byte >= ' ' && byte != 127);

        ASSERT_EQ(coil_http_is_value(text), is_good);
    }
}

TEST(http_headers_are_found_in_any_case)
{
    static const struct coil_http_header headers[] = { { "Host", "h" },
                                                       { "X-A", "1" },
                                                       { "x-a", "2" } };

    ASSERT_STR_EQ(coil_http_find_header(headers, 3, "HOST"), "h");
    ASSERT_STR_EQ(coil_http_find_header(headers, 3, "x-A"), "1");
    ASSERT_NULL(coil_http_find_header(headers, 3, "X"));
    ASSERT_NULL(coil_http_find_header(headers, 3, "X-AB"));
    ASSERT_NULL(coil_http_find_header(NULL, 0, "X"));
}

TEST(http_reasons_have_names)
{
    ASSERT_STR_EQ(coil_http_reason(100), "Continue");
    ASSERT_STR_EQ(coil_http_reason(404), "Not Found");
    ASSERT_STR_EQ(coil_http_reason(511), "Network Authentication Required");
    ASSERT_STR_EQ(coil_http_reason(299), "");
    ASSERT_STR_EQ(coil_http_reason(-1), "");
}

TEST(http_lists_are_searched_by_item)
{
    ASSERT(coil__http_list_has("close", "close"));
    ASSERT(coil__http_list_has("keep-alive, Close", "close"));
    ASSERT(coil__http_list_has(" ,\tclose ,x", "close"));
    ASSERT(!coil__http_list_has("closed", "close"));
    ASSERT(!coil__http_list_has("clone, chose", "close"));
    ASSERT(!coil__http_list_has("not-close", "close"));
    ASSERT(!coil__http_list_has("", "close"));
}

TEST(http_escapes_are_decoded)
{
    char out[40];

    coil__http_decode(out, "a%20b+c%2Bd", 11, false);
    ASSERT_STR_EQ(out, "a b+c+d");
    coil__http_decode(out, "a%20b+c%2Bd", 11, true);
    ASSERT_STR_EQ(out, "a b c+d");
    coil__http_decode(out, "%zz%4%00%41", 11, false);
    ASSERT_STR_EQ(out, "%zz%4%00A");
    coil__http_decode(out, "%0a%0A%a0", 9, false);
    ASSERT_STR_EQ(out, "\n\n\xa0");
    ASSERT(coil__http_is_encoded("/a%20b", 6));
    ASSERT(coil__http_is_encoded("/%0d%d0", 7));
    ASSERT(!coil__http_is_encoded("/a%2", 4));
    ASSERT(!coil__http_is_encoded("/a%00", 5));
    ASSERT(!coil__http_is_encoded("/%", 2));
}
