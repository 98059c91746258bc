/* SPDX-License-Identifier: MIT */
/* Texts become URLs: the quick way and the other one agree. */
#include "input/quick_url.h"
#include "input/url.h"

#include <errno.h>
#include <stdlib.h>

#include "test.h"

static const char *const quick[][2] = {
    { "http://h/", "http://h/" },
    { "h", "http://h/" },
    { "https://Example.ORG", "https://example.org/" },
    { "https://h:443?q", "https://h/?q" },
    { "http://h:443/", "http://h:443/" },
    { "127.0.0.1:8080/x", "http://127.0.0.1:8080/x" },
    { "http://h/%e2%82%ac?%0a", "http://h/%E2%82%AC?%0A" },
    { "http://h/.well-known/a..b/.x", "http://h/.well-known/a..b/.x" },
    { "http://h/a?b=/../c", "http://h/a?b=/../c" },
    { "http://a_b.c-d/!$&'()*+,;=:@~", "http://a_b.c-d/!$&'()*+,;=:@~" },
};

/* Not usual: the other way looks at them. */
static const char *const slow[] = {
    "",
    "http://",
    "HTTP://h/",
    "http://u@h/",
    "http://1/",
    "http://1.2.3",
    "http://h:0/",
    "http://h:080/",
    "h:99999",
    "h:65536",
    "h:",
    "http://h/..",
    "http://h/./x",
    "h/%41",
    "h/%4",
    "h/a b",
    "h/#f",
    "h/[1-2]",
    "h/%2e%2e/x",
    "http://h/.%2e",
    "http://1.2.3.04/",
    "h/\x80",
    "//h/",
    "h#f",
    "1.2.3.256",
    "1.2.3.4.5",
    "a.1",
    "h/..?x",
    "mailto:x@y",
};

TEST(fetch_input_url_usual_ones_are_quick)
{
    char out[QUICK_URL_SIZE];

    for (size_t i = 0; i < sizeof quick / sizeof quick[0]; i++) {
        ASSERT(quick_url(out, quick[i][0], strlen(quick[i][0])));
        ASSERT_STR_EQ(out, quick[i][1]);
    }
    for (size_t i = 0; i < sizeof slow / sizeof slow[0]; i++)
        if (quick_url(out, slow[i], strlen(slow[i])))
            FAIL("%s is quick", slow[i]);
}

TEST(fetch_input_url_is_quick_up_to_a_length)
{
    char text[QUICK_URL_SIZE];
    char out[QUICK_URL_SIZE];

    memset(text, 'a', sizeof text);
    memcpy(text, "h/", 2);
    ASSERT(quick_url(out, text, sizeof text - 16));
    ASSERT_EQ(strlen(out), sizeof text - 9);
    ASSERT(!quick_url(out, text, sizeof text - 15));
    memset(text, 'a', 254);
    ASSERT(quick_url(out, text, 253));
    ASSERT(!quick_url(out, text, 254));
}

static uint64_t state = 88172645463325252u;

/* A number of a generator (xorshift64) that always gives the same ones. */
static uint64_t random_below(uint64_t limit)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % limit;
}

/* Both give the same of whatever the quick one takes. */
static bool agree(const char *text, size_t size)
{
    char out[QUICK_URL_SIZE];
    struct url_text url;
    int rc;

    if (!quick_url(out, text, size))
        return false;
    rc = url_of_text(&url, text, size);
    if (rc < 0)
        FAIL("\"%.*s\" is quick, but: %s", (int)size, text, url.reason);
    ASSERT_STR_EQ(out, url.url);
    ASSERT_NULL(url.authorization);
    url_text_fini(&url);
    return true;
}

TEST(fetch_input_url_both_ways_agree)
{
    static const char *const pieces[] = {
        "http://", "https://", "h",   "H",         "a.b", ".", "..",
        "/",       "?",        ":80", ":443",      ":8",  "1", "0x1",
        "%2F",     "%2e",      "%41", "%",         "//",  "@", "#",
        "-",       "_",        "255", "0",         "[",   "~", "&=;",
        "xn--",    "\x80",     " ",   "127.0.0.1", "%e2", ":", "ftp:",
    };
    size_t taken = 0;

    for (size_t i = 0; i < sizeof quick / sizeof quick[0]; i++)
        ASSERT(agree(quick[i][0], strlen(quick[i][0])));
    for (unsigned run = 0; run < 200000; run++) {
        char text[200] = "";

        for (uint64_t k = random_below(7); k > 0; k--)
            strcat(text,
                   pieces[random_below(sizeof pieces / sizeof pieces[0])]);
        taken += agree(text, strlen(text));
    }
    ASSERT_GT(taken, 5000);
}

static void refused(const char *text, size_t size, const char *reason)
{
    struct url_text url;

    ASSERT_EQ(url_of_text(&url, text, size), -EINVAL);
    ASSERT_STR_EQ(url.reason, reason);
    ASSERT_NULL(url.url);
    ASSERT_NULL(url.authorization);
}

TEST(fetch_input_url_reasons)
{
    refused("", 0, "the text is empty");
    refused(" \t", 2, "the text is empty");
    refused("h\0", 2, "the text has a NUL, as UTF-16 has many");
    refused("http://h:x/", 11, "this is not a URL");
    refused("http:h", 6, "the URL has no host");
    refused("file:///etc/passwd", 18, "the scheme is neither http nor https");
    refused("http://[v1.x]/", 14,
            "an address of this kind cannot be fetched from");
    refused("http://a%00:b@h/", 16,
            "the user or the password in the URL cannot be sent");
}
