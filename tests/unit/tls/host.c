/* SPDX-License-Identifier: MIT */
/*
 * What a server must prove: a name, or an address.
 */
#include <coil/tls.h>

#include <errno.h>
#include <string.h>

#include "tls/host.h"

#include "test.h"

/* Letters of a label, and then those of a name that is 253 long. */
#define TEN "abcdefghij"
#define SIXTY TEN TEN TEN TEN TEN TEN
#define LABEL SIXTY "klm"
#define LONGEST LABEL "." LABEL "." LABEL "." SIXTY "k"

static void check_host(const char *text, const char *expected, bool is_address)
{
    struct coil__tls_host host;

    ASSERT_EQ(coil__tls_host_parse(&host, text), 0);
    ASSERT_STR_EQ(host.text, expected);
    ASSERT_EQ(host.is_address, is_address);
}

TEST(host_is_a_name)
{
    check_host("example.org", "example.org", false);
    check_host("EXAMPLE.Org.", "EXAMPLE.Org", false);
    check_host("xn--4ca.a-1_b.Z9", "xn--4ca.a-1_b.Z9", false);
    check_host("localhost", "localhost", false);
    check_host(LABEL ".org", LABEL ".org", false);
    ASSERT_EQ(strlen(LONGEST), COIL__TLS_MAX_HOST);
    check_host(LONGEST, LONGEST, false);
    check_host(LONGEST ".", LONGEST, false);
}

TEST(host_is_an_address)
{
    check_host("127.0.0.1", "127.0.0.1", true);
    check_host("::1", "::1", true);
    check_host("fe80::1%eth0", "fe80::1", true);
}

TEST(host_that_is_none_is_refused)
{
    static const char *const texts[] = {
        "",      ".",     "..",          ".org",      "a..b",
        "a b",   "a/b",   "a:b",         "a@b",       "a[b",
        "a`b",   "a{b",   "a%eth0",      "a.b%3",     "\xc3\xa4.org",
        "a:b%1", "1:2%x", LABEL "n.org", LONGEST "l", LONGEST ".a",
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct coil__tls_host host;

        ASSERT_EQ(coil__tls_host_parse(&host, texts[i]), -EINVAL);
    }
}
