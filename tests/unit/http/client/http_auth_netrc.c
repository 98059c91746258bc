/* SPDX-License-Identifier: MIT */
/* WRAPS: read */
/*
 * The odd parts of netrc: escapes, macros, names of files, and files that cannot
 * be read.
 */
#include <coil/http_auth.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <coil/testing.h>

#include "test.h"

enum { MAX_WORD = 4096, MAX_FILE = 1 << 20 };

static int read_error; /* of each call; EINTR: of one */

ssize_t __real_read(int fd, void *bytes, size_t size);
ssize_t __wrap_read(int fd, void *bytes, size_t size);

ssize_t __wrap_read(int fd, void *bytes, size_t size)
{
    int error = read_error;

    if (!error)
        return __real_read(fd, bytes, size);
    if (error == EINTR)
        read_error = 0;
    errno = error;
    return -1;
}

/* The login of "h" is `user` and `password`; NULL: there is none. */
static void expect_bytes(const char *text, size_t size, const char *asked,
                         const char *user, const char *password)
{
    struct coil_http_login login;
    int rc = coil_http_netrc_read(&login, text, size, "h", asked);

    if (rc != (user != NULL))
        FAIL("\"%s\" gives %d", text, rc);
    if (user) {
        ASSERT_STR_EQ(login.user, user);
        ASSERT_STR_EQ(login.password, password);
    }
    coil_http_login_free(&login);
}

static void expect(const char *text, const char *user, const char *password)
{
    expect_bytes(text, strlen(text), NULL, user, password);
}

TEST(http_auth_netrc_has_escapes)
{
    expect("machine h login \"a\\n\\r\\t\\\\b\\\"\\q\" password p",
           "a\n\r\t\\b\"q", "p");
}

TEST(http_auth_netrc_has_macros_and_comments)
{
    expect("macdef m\n a\n b\n\nmachine h login u password p", "u", "p");
    expect("macdef m\r\n a\r\n\r\nmachine h login u password p", "u", "p");
    expect("macdef m\n \rmachine h login no\n\nmachine h login u", "u", "");
    expect("macdef m\n\r machine h login no\n\nmachine h login u", "u", "");
    expect("machine h login u password p macdef m\n", "u", "p");
    expect("machine h login u password p macdef m\na", "u", "p");
    expect("machine h login u password p macdef m\na\n\r", "u", "p");
    expect("machine h login u password p # the end", "u", "p");
    expect("machine h port 5 login u account a password p", "u", "p");
}

TEST(http_auth_netrc_of_one_user)
{
    static const char text[] = "machine h password no machine h login v "
                               "password q machine h login u password p";

    expect_bytes(text, sizeof text - 1, "u", "u", "p");
    expect_bytes(text, sizeof text - 1, "w", NULL, NULL);
}

TEST(http_auth_netrc_words_have_a_size)
{
    char *text = malloc(2 * MAX_WORD);
    struct coil_http_login login;

    for (int extra = 0; extra < 2; extra++) {
        for (int quoted = 0; quoted < 2; quoted++) {
            int size = sprintf(text, "machine h login %s", quoted ? "\"" : "");
            int rc;

            memset(text + size, 'a', MAX_WORD + (size_t)extra);
            size += MAX_WORD + extra;
            if (quoted)
                text[size++] = '"';
            rc = coil_http_netrc_read(&login, text, (size_t)size, "h", NULL);
            ASSERT_EQ(rc, extra ? -EINVAL : 1);
            coil_http_login_free(&login);
        }
    }
    free(text);
}

TEST(http_auth_netrc_with_broken_words_is_told)
{
    static const struct {
        const char *text;
        size_t size;
    } bad[] = {
        { "machine h login \"a\0\"", 19 },
        { "machine h login a\0b", 19 },
        { "machine h login \"a\\", 19 },
        { "\"", 1 },
        { "machine \"h", 10 },
        { "a\0b", 3 },
    };
    struct coil_http_login login;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ASSERT_EQ(
            coil_http_netrc_read(&login, bad[i].text, bad[i].size, "h", NULL),
            -EINVAL);
        ASSERT_NULL(login.user);
    }
}

/* ---- files ------------------------------------------------------------ */

static char name[] = "/tmp/coil-netrc-odd-XXXXXX";

static void write_file(const char *text, size_t size)
{
    FILE *file = fopen(name, "w");

    ASSERT_NOT_NULL(file);
    ASSERT_EQ(fwrite(text, 1, size, file), size);
    fclose(file);
}

static void make_file(const char *text)
{
    strcpy(name + strlen(name) - 6, "XXXXXX");
    close(mkstemp(name));
    write_file(text, strlen(text));
}

static int load(const char *file)
{
    struct coil_http_login login;
    int rc = coil_http_netrc_load(&login, file, "h", NULL);

    coil_http_login_free(&login);
    return rc;
}

TEST(http_auth_netrc_is_where_the_environment_says)
{
    char *longest = malloc(5000);

    memset(longest, 'x', 5000);
    longest[0] = '/';
    longest[4999] = '\0';
    make_file("machine h login u");
    ASSERT_EQ(setenv("NETRC", name, 1), 0);
    ASSERT_EQ(load(NULL), 1);
    ASSERT_EQ(setenv("NETRC", longest, 1), 0);
    ASSERT_EQ(load(NULL), -ENAMETOOLONG);
    ASSERT_EQ(setenv("NETRC", "", 1), 0);
    ASSERT_EQ(setenv("HOME", "/nowhere", 1), 0);
    ASSERT_EQ(load(NULL), -ENOENT);
    ASSERT_EQ(setenv("HOME", longest, 1), 0);
    ASSERT_EQ(load(NULL), -ENAMETOOLONG);
    ASSERT_EQ(setenv("HOME", "", 1), 0);
    ASSERT_EQ(load(NULL), -ENOENT);
    ASSERT_EQ(unsetenv("HOME"), 0);
    ASSERT_EQ(unsetenv("NETRC"), 0);
    ASSERT_EQ(load(NULL), -ENOENT);
    ASSERT_EQ(unlink(name), 0);
    free(longest);
}

TEST(http_auth_netrc_that_cannot_be_read_is_told)
{
    char *much = calloc(1, MAX_FILE + 1);

    memset(much, ' ', MAX_FILE + 1);
    make_file("machine h login u");
    read_error = EINTR;
    ASSERT_EQ(load(name), 1);
    read_error = EIO;
    ASSERT_EQ(load(name), -EIO);
    read_error = 0;
    ASSERT_EQ(load("/tmp"), -EISDIR);
    coil_test_fail_allocation(1, false);
    ASSERT_EQ(load(name), -ENOMEM);
    coil_test_fail_allocation(0, false);
    write_file(much, 0);
    ASSERT_EQ(load(name), 0);
    write_file(much, MAX_FILE);
    ASSERT_EQ(load(name), 0);
    write_file(much, MAX_FILE + 1);
    ASSERT_EQ(load(name), -EFBIG);
    ASSERT_EQ(unlink(name), 0);
    free(much);
}
