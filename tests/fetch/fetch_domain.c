/* SPDX-License-Identifier: MIT */
/* Whose server a URL is on. */
#include "fetch/domain.h"

#include <string.h>

#include <coil/url.h>

#include "test.h"

static const struct row {
    enum domain_by by;
    const char *url;
    const char *address;
    const char *key;
} rows[] = {
    { DOMAIN_BY_HOST, "http://WWW.Example.org:81/a", NULL, "www.example.org" },
    { DOMAIN_BY_HOST, "https://u:p@example.org./", "1.2.3.4:443",
      "example.org" },
    { DOMAIN_BY_HOST, "http://127.0.0.1:8080/", NULL, "127.0.0.1" },
    { DOMAIN_BY_HOST, "https://a-1.example.org/b:c@d", NULL,
      "a-1.example.org" },
    { DOMAIN_BY_HOST, "http://a.org:81/@b", NULL, "a.org" },
    { DOMAIN_BY_HOST, "http://u:81@a.org/", NULL, "a.org" },
    { DOMAIN_BY_HOST, "http://u@a.org/", NULL, "a.org" },
    { DOMAIN_BY_HOST, "http://a.org", NULL, "a.org" },
    { DOMAIN_BY_HOST, "http://a.org.:81/", NULL, "a.org" },
    { DOMAIN_BY_HOST, "http://[2001:DB8::1]:80/", NULL, "2001:db8::1" },
    { DOMAIN_BY_HOST, "http://[fe80::1%25eth0]/", NULL, "fe80::1%eth0" },
    { DOMAIN_BY_SITE, "http://a.b.example.org/", NULL, "example.org" },
    { DOMAIN_BY_SITE, "http://Example.org./", NULL, "example.org" },
    { DOMAIN_BY_SITE, "http://localhost:80/", NULL, "localhost" },
    { DOMAIN_BY_SITE, "http://127.0.0.1:8080/", NULL, "127.0.0.1" },
    { DOMAIN_BY_SITE, "http://[::1]/", NULL, "::1" },
    { DOMAIN_BY_ADDRESS, "http://a.org/", "93.184.216.34:80", "93.184.216.34" },
    { DOMAIN_BY_ADDRESS, "http://a.org/", "[2001:db8::1]:443", "2001:db8::1" },
    { DOMAIN_BY_ADDRESS, "http://a.org/", "/run/server:1", "/run/server:1" },
    { DOMAIN_BY_ADDRESS, "http://a.org/", "unnamed", "unnamed" },
    { DOMAIN_BY_ADDRESS, "http://A.org/", NULL, "a.org" },
};

TEST(fetch_domain_keys)
{
    struct text key = { 0 };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ASSERT_EQ(domain_key(&key, rows[i].by, rows[i].url, rows[i].address),
                  0);
        ASSERT_STR_EQ(key.bytes, rows[i].key);
        ASSERT_EQ(key.size, strlen(rows[i].key));
    }
    ASSERT_EQ(domain_key(&key, DOMAIN_BY_HOST, "mailto:a", NULL),
              COIL_EHTTP_BAD_URL);
    ASSERT_EQ(domain_key(&key, DOMAIN_BY_HOST, "http:// /", NULL),
              COIL_EHTTP_BAD_URL);
    text_fini(&key);
}

/* A build without libpsl says so, and takes two labels. */
TEST(fetch_domain_public_suffixes)
{
    bool knows = !domain_note();

    ASSERT_STR_EQ(domain_site("www.example.co.uk"),
                  knows ? "example.co.uk" : "co.uk");
    ASSERT_STR_EQ(domain_site("example.co.uk"),
                  knows ? "example.co.uk" : "co.uk");
    ASSERT_STR_EQ(domain_site("co.uk"), "co.uk");
    ASSERT_STR_EQ(domain_site("a.b.unheard-of"), "b.unheard-of");
    if (!knows)
        ASSERT_STR_CONTAINS(domain_note(), "libpsl");
}
