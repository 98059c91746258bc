/* SPDX-License-Identifier: MIT */
/* Who the user is at each host, by his file netrc. */
#include "fetch/secrets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coil/error.h>
#include <coil/http_auth.h>

#include "file_test.h"

/* The header for a URL, or "". */
static const char *told(struct secrets *secrets, const char *url)
{
    static char text[256];
    char *value;
    int rc = secrets_find(secrets, url, &value);

    ASSERT_OK(rc);
    ASSERT_EQ(rc, value ? 1 : 0);
    snprintf(text, sizeof text, "%s", value ? value : "");
    coil_http_auth_free_text(value);
    return text;
}

FILE_TEST(fetch_secrets_by_host)
{
    struct secrets *secrets;

    put_file("n", "machine a.org login me password secret\n"
                  "machine b.org login x password 1\n"
                  "machine b.org login y password 2\n");
    ASSERT_EQ(secrets_open(&secrets, in_directory("n")), 0);
    for (int i = 0; i < 2; i++) {
        ASSERT_STR_EQ(told(secrets, "http://a.org/x"), "Basic bWU6c2VjcmV0");
        ASSERT_STR_EQ(told(secrets, "https://A.org:8443/"),
                      "Basic bWU6c2VjcmV0");
        ASSERT_STR_EQ(told(secrets, "http://b.org/"), "Basic eDox");
        ASSERT_STR_EQ(told(secrets, "http://y@b.org/"), "Basic eToy");
        ASSERT_STR_EQ(told(secrets, "http://%79@b.org/"), "Basic eToy");
        ASSERT_STR_EQ(told(secrets, "http://z@b.org/"), "");
        ASSERT_STR_EQ(told(secrets, "http://y:3@b.org/"), "");
        ASSERT_STR_EQ(told(secrets, "http://c.org/"), "");
    }
    secrets_close(secrets);
    secrets_close(NULL);
}

FILE_TEST(fetch_secrets_of_a_file_that_is_wrong)
{
    struct secrets *secrets;
    char *value;

    put_file("n", "machine a.org login a:b password c\nmachine \"b.org");
    ASSERT_EQ(secrets_open(&secrets, in_directory("n")), 0);
    ASSERT_EQ(secrets_find(secrets, "http://a.org/", &value),
              COIL_EHTTP_BAD_HEADER);
    ASSERT_NULL(value);
    ASSERT_EQ(secrets_find(secrets, "http://b.org/", &value), -EINVAL);
    ASSERT_EQ(secrets_find(secrets, "http://b.org/", &value), -EINVAL);
    ASSERT_NULL(value);
    ASSERT_EQ(secrets_find(secrets, "http:// /", &value), COIL_EHTTP_BAD_URL);
    ASSERT_EQ(secrets_find(secrets, "http://%zz@b.org/", &value),
              COIL_EHTTP_BAD_URL);
    secrets_close(secrets);
}

FILE_TEST(fetch_secrets_files)
{
    char *large = calloc(1, (1 << 20) + 2);
    struct secrets *secrets;

    ASSERT_NOT_NULL(large);
    ASSERT_EQ(secrets_open(&secrets, in_directory("n")), -ENOENT);
    ASSERT_NULL(secrets);
    memset(large, ' ', (1 << 20) + 1);
    put_file("n", large);
    ASSERT_EQ(secrets_open(&secrets, in_directory("n")), -EFBIG);
    large[1 << 20] = '\0';
    put_file("n", large);
    ASSERT_EQ(secrets_open(&secrets, in_directory("n")), 0);
    ASSERT_STR_EQ(told(secrets, "http://a.org/"), "");
    secrets_close(secrets);
    free(large);

    ASSERT_EQ(unsetenv("NETRC"), 0);
    ASSERT_EQ(setenv("HOME", in_directory("."), 1), 0);
    ASSERT_EQ(secrets_open(&secrets, NULL), 0);
    ASSERT_STR_EQ(told(secrets, "http://a.org/"), "");
    secrets_close(secrets);
    put_file(".netrc", "machine a.org login x password 1\n");
    ASSERT_EQ(secrets_open(&secrets, NULL), 0);
    ASSERT_STR_EQ(told(secrets, "http://a.org/"), "Basic eDox");
    secrets_close(secrets);
    put_file("m", "default login y password 2\n");
    ASSERT_EQ(setenv("NETRC", in_directory("m"), 1), 0);
    ASSERT_EQ(secrets_open(&secrets, NULL), 0);
    ASSERT_STR_EQ(told(secrets, "http://a.org/"), "Basic eToy");
    secrets_close(secrets);
    ASSERT_EQ(unsetenv("NETRC"), 0);
    ASSERT_EQ(unsetenv("HOME"), 0);
    ASSERT_EQ(secrets_open(&secrets, NULL), 0);
    secrets_close(secrets);
}

/* More hosts than are remembered. */
FILE_TEST(fetch_secrets_of_many_hosts)
{
    struct secrets *secrets;
    char url[64];

    put_file("n", "machine h7 login x password 1\n");
    ASSERT_EQ(secrets_open(&secrets, in_directory("n")), 0);
    for (int i = 0; i < 1100; i++) {
        snprintf(url, sizeof url, "http://h%d/", i);
        ASSERT_STR_EQ(told(secrets, url), i == 7 ? "Basic eDox" : "");
    }
    ASSERT_STR_EQ(told(secrets, "http://h7/"), "Basic eDox");
    secrets_close(secrets);
}
