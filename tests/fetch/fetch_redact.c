/* SPDX-License-Identifier: MIT */
/* What of a command line may be shown to others. */
#include "show/redact.h"

#include <string.h>

#include "test.h"

TEST(fetch_redact_urls)
{
    static const char *const urls[][2] = {
        { "http://h/a?b=c#d", "http://h/a?b=c#d" },
        { "http://me:pw@h:81/a@b", "http://***@h:81/a@b" },
        { "http://me@h", "http://***@h" },
        { "me:pw@proxy:3128", "***@proxy:3128" },
        { "me@example.org", "me@example.org" },
        { "http://h/?token=1&x=2&API_KEY=3;sid=4#access_token=5",
          "http://h/?token=***&x=2&API_KEY=***;sid=***#access_token=***" },
        { "http://h/?keyword=1&author=2&auth=3&x-auth=4",
          "http://h/?keyword=1&author=2&auth=***&x-auth=***" },
        { "http://h/?%74oke%6e=1&a", "http://h/?%74oke%6e=***&a" },
        { "http://h/?token", "http://h/?token" },
        { "http://h", "http://h" },
        { "", "" },
    };

    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        struct text text = { 0 };

        redact_url(&text, urls[i][0]);
        ASSERT_STR_EQ(text.bytes, urls[i][1]);
        text_fini(&text);
    }
}

/* A name that is too long to be looked at is a secret. */
TEST(fetch_redact_does_not_trust_long_names)
{
    char url[400] = "http://h/?";
    struct text text = { 0 };

    memset(url + 10, 'a', 300);
    memcpy(url + 310, "=hush", 6);
    redact_url(&text, url);
    ASSERT_STR_CONTAINS(text.bytes, "aaa=***");
    text_fini(&text);
}

static void expect_command(const char *const *words, const char *want)
{
    struct text text = { 0 };
    int argc = 0;

    while (words[argc])
        argc++;
    redact_command(&text, argc, (char *const *)words);
    ASSERT_STR_EQ(text.bytes, want);
    text_fini(&text);
}

#define COMMAND(...)                                                           \
    (const char *const[])                                                      \
    {                                                                          \
        __VA_ARGS__, NULL                                                      \
    }

TEST(fetch_redact_commands)
{
    expect_command(COMMAND("coil-fetch", "-c", "8", "a b", "", "it's"),
                   "coil-fetch -c 8 'a b' '' 'it'\\''s'");
    expect_command(COMMAND("x", "-u", "me:pw", "-ume:pw", "--user", "me:pw",
                           "--user=me:pw", "--us=me:pw", "-u", "me"),
                   "x -u 'me:***' '-ume:***' --user 'me:***' '--user=me:***' "
                   "'--us=me:***' -u me");
    expect_command(COMMAND("x", "-H", "Authorization: Bearer a", "-HCookie: b",
                           "--header", "X-Api-Key: c", "-H", "Accept: d", "-H",
                           "X-Empty-Token;", "-H", "Token"),
                   "x -H 'Authorization: ***' '-HCookie: ***' --header "
                   "'X-Api-Key: ***' -H 'Accept: d' -H 'X-Empty-Token: ***' -H "
                   "Token");
    expect_command(COMMAND("x", "-b", "a=b", "-b", "jar.txt", "--cookie=c=d",
                           "-d", "secret", "-d", "@file", "--data=secret", "-E",
                           "cert.pem:pw", "--cert", "cert.pem"),
                   "x -b '***' -b jar.txt '--cookie=***' -d '***' -d @file "
                   "'--data=***' -E 'cert.pem:***' --cert cert.pem");
    expect_command(COMMAND("x", "-svu", "me:pw", "-sume:pw", "-kc8", "-x",
                           "http://me:pw@proxy:1", "--proxy=me:pw@proxy:1"),
                   "x -svu 'me:***' '-sume:***' -kc8 -x 'http://***@proxy:1' "
                   "'--proxy=***@proxy:1'");
    expect_command(COMMAND("x", "-", "--", "-ume:pw", "http://a:b@h/"),
                   "x - -- -ume:pw 'http://***@h/'");
    expect_command(COMMAND("x", "--user-agent", "a:b", "--per-host=4"),
                   "x --user-agent a:b --per-host=4");
}
