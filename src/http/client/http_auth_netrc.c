/* SPDX-License-Identifier: MIT */
/* The file in which ftp, curl and others look up who to be. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <coil/http_auth.h>

#include "base/memory.h"
#include "http/wire/text.h"

enum { MAX_FILE = 1 << 20, MAX_WORD = 4096 };

struct netrc {
    const char *at;
    const char *end;
    char word[MAX_WORD + 1];
};

/* What is known of a machine. */
struct entry {
    bool is_wanted; /* its name is right */
    bool has_login;
    char login[MAX_WORD + 1];
    char password[MAX_WORD + 1];
};

/* ---- words ------------------------------------------------------------ */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_line(struct netrc *n)
{
    while (n->at < n->end && *n->at != '\n')
        n->at++;
}

static char unescaped(char c)
{
    switch (c) {
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return c;
    }
}

/* Take a word in quotes, without them.  Returns 1; -EINVAL. */
static int take_quoted(struct netrc *n)
{
    size_t size = 0;

    for (n->at++; n->at < n->end && *n->at != '"'; n->at++) {
        char c = *n->at;

        if (c == '\\' && n->end - n->at > 1)
            c = unescaped(*++n->at);
        if (size == MAX_WORD || c == '\0')
            return -EINVAL;
        n->word[size++] = c;
    }
    if (n->at == n->end)
        return -EINVAL;
    n->at++;
    n->word[size] = '\0';
    return 1;
}

/* Take the next word.  Returns 1; 0 at the end; -EINVAL. */
static int take_word(struct netrc *n)
{
    size_t size = 0;

    while (n->at < n->end && is_blank(*n->at))
        n->at++;
    if (n->at == n->end)
        return 0;
    if (*n->at == '"')
        return take_quoted(n);
    while (n->at < n->end && !is_blank(*n->at)) {
        if (size == MAX_WORD || *n->at == '\0')
            return -EINVAL;
        n->word[size++] = *n->at++;
    }
    n->word[size] = '\0';
    return 1;
}

/* The value behind a keyword.  Returns 1; -EINVAL. */
static int take_value(struct netrc *n)
{
    int rc = take_word(n);

    return rc == 0 ? -EINVAL : rc;
}

/* A macro ends with an empty line. */
static void skip_macro(struct netrc *n)
{
    skip_line(n);
    while (n->end - n->at > 1) {
        n->at++;
        if (*n->at == '\n' ||
            (*n->at == '\r' && n->end - n->at > 1 && n->at[1] == '\n'))
            return;
        skip_line(n);
    }
}

/* ---- machines --------------------------------------------------------- */

/* Whether this is the machine, and the user, that is looked for. */
static bool is_found(const struct entry *e, const char *user)
{
    return e->is_wanted &&
           (!user || (e->has_login && strcmp(e->login, user) == 0));
}

static void forget(struct entry *e)
{
    explicit_bzero(e, sizeof *e);
}

/* Take what belongs to a machine.  Returns 1 or an error. */
static int take_field(struct netrc *n, struct entry *e)
{
    bool is_login = strcmp(n->word, "login") == 0;
    bool is_password = strcmp(n->word, "password") == 0;
    int rc;

    if (n->word[0] == '#') {
        skip_line(n);
        return 1;
    }
    if (strcmp(n->word, "macdef") == 0) {
        skip_macro(n);
        return 1;
    }
    if (!is_login && !is_password && strcmp(n->word, "account") != 0)
        return 1;
    rc = take_value(n);
    if (rc < 0)
        return rc;
    if (is_login)
        strcpy(e->login, n->word);
    if (is_password)
        strcpy(e->password, n->word);
    e->has_login = e->has_login || is_login;
    return 1;
}

/* Returns 1 with the entry; 0; -EINVAL. */
static int find(struct netrc *n, struct entry *e, const char *host,
                const char *user)
{
    int rc;

    while ((rc = take_word(n)) > 0) {
        bool is_machine = strcmp(n->word, "machine") == 0;

        if (!is_machine && strcmp(n->word, "default") != 0) {
            rc = take_field(n, e);
            if (rc < 0)
                return rc;
            continue;
        }
        if (is_found(e, user))
            return 1;
        forget(e);
        if (is_machine && take_value(n) < 0)
            return -EINVAL;
        e->is_wanted = !is_machine || coil__http_equal(n->word, host);
    }
    return rc < 0 ? rc : is_found(e, user);
}

/* ---- logins ----------------------------------------------------------- */

static int give(struct coil_http_login *login, const struct entry *e)
{
    login->user = coil__strndup(e->login, strlen(e->login));
    login->password = coil__strndup(e->password, strlen(e->password));
    if (login->user && login->password)
        return 1;
    coil_http_login_free(login);
    return -ENOMEM;
}

int coil_http_netrc_read(struct coil_http_login *login, const char *text,
                         size_t size, const char *host, const char *user)
{
    struct netrc n = { .at = text, .end = text + size };
    struct entry *e = coil__alloc(sizeof *e);
    int rc;

    *login = (struct coil_http_login){ .user = NULL };
    if (!e)
        return -ENOMEM;
    rc = find(&n, e, host, user);
    if (rc > 0)
        rc = give(login, e);
    forget(e);
    explicit_bzero(n.word, sizeof n.word);
    coil__free(e);
    return rc;
}

static void wipe(char *text)
{
    if (!text)
        return;
    explicit_bzero(text, strlen(text));
    coil__free(text);
}

void coil_http_login_free(struct coil_http_login *login)
{
    wipe(login->user);
    wipe(login->password);
    *login = (struct coil_http_login){ .user = NULL };
}

/* ---- files ------------------------------------------------------------ */

/* Returns 0, -ENOENT, or -ENAMETOOLONG. */
static int find_file(char *path, size_t size)
{
    const char *file = getenv("NETRC");
    const char *home = getenv("HOME");
    int n;

    if (file && *file)
        n = snprintf(path, size, "%s", file);
    else if (home && *home)
        n = snprintf(path, size, "%s/.netrc", home);
    else
        return -ENOENT;
    return (size_t)n < size ? 0 : -ENAMETOOLONG;
}

/* Read at most `size` bytes.  Returns how many, or an error. */
static ssize_t read_file(int fd, char *text, size_t size)
{
    size_t got = 0;

    while (got < size) {
        ssize_t n = read(fd, text + got, size - got);

        if (n < 0 && errno != EINTR)
            return -errno;
        if (n == 0)
            break;
        if (n > 0)
            got += (size_t)n;
    }
    return (ssize_t)got;
}

static int look_up(struct coil_http_login *login, int fd, const char *host,
                   const char *user)
{
    char *text = coil__alloc(MAX_FILE + 1);
    ssize_t n;
    int rc;

    if (!text)
        return -ENOMEM;
    n = read_file(fd, text, MAX_FILE + 1);
    rc = n < 0 ? (int)n : n > MAX_FILE ? -EFBIG : 0;
    if (rc == 0)
        rc = coil_http_netrc_read(login, text, (size_t)n, host, user);
    if (n > 0)
        explicit_bzero(text, (size_t)n);
    coil__free(text);
    return rc;
}

int coil_http_netrc_load(struct coil_http_login *login, const char *file,
                         const char *host, const char *user)
{
    char path[4096];
    int rc;
    int fd;

    *login = (struct coil_http_login){ .user = NULL };
    if (!file) {
        rc = find_file(path, sizeof path);
        if (rc < 0)
            return rc;
        file = path;
    }
    fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    rc = look_up(login, fd, host, user);
    close(fd);
    return rc;
}
