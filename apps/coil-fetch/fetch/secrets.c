/* SPDX-License-Identifier: MIT */
#include "fetch/secrets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <coil/error.h>
#include <coil/file.h>
#include <coil/http_auth.h>
#include <coil/url.h>

#include "common/table.h"
#include "common/text.h"

enum { FILE_MAX_SIZE = 1 << 20, MAX_HOSTS = 1000 };

/* What is known of a host. */
struct secret {
    struct table_entry entry; /* of "host user" */
    int rc;                   /* of coil_http_netrc_read() */
    struct coil_http_login login;
    char name[];
};

struct secrets {
    char *text;
    size_t size;
    struct table table;
    struct text name; /* that is looked for */
};

/* ---- the file ---- */

static int read_file(struct secrets *secrets, struct coil_file *file)
{
    for (;;) {
        ptrdiff_t n = coil_file_pread(file, secrets->text + secrets->size,
                                      FILE_MAX_SIZE + 1 - secrets->size,
                                      (int64_t)secrets->size);

        if (n <= 0)
            return (int)n;
        secrets->size += (size_t)n;
        if (secrets->size > FILE_MAX_SIZE)
            return -EFBIG;
    }
}

static int load(struct secrets *secrets, const char *path)
{
    struct coil_file *file;
    int rc = coil_file_open(&file, path, O_RDONLY, 0);

    if (rc < 0)
        return rc;
    secrets->text = malloc(FILE_MAX_SIZE + 1);
    rc = secrets->text ? read_file(secrets, file) : -ENOMEM;
    coil_file_abort(file);
    return rc;
}

static int load_default(struct secrets *secrets)
{
    const char *named = getenv("NETRC");
    const char *home = getenv("HOME");
    struct text path = { 0 };
    int rc;

    if (named)
        return load(secrets, named);
    if (!home)
        return 0;
    text_add_format(&path, "%s/.netrc", home);
    rc = path.bytes ? load(secrets, path.bytes) : -ENOMEM;
    text_fini(&path);
    return rc == -ENOENT ? 0 : rc;
}

int secrets_open(struct secrets **out, const char *file)
{
    struct secrets *secrets = calloc(1, sizeof *secrets);
    int rc;

    *out = NULL;
    if (!secrets)
        return -ENOMEM;
    rc = table_init(&secrets->table);
    if (rc == 0)
        rc = file ? load(secrets, file) : load_default(secrets);
    if (rc < 0) {
        secrets_close(secrets);
        return rc;
    }
    *out = secrets;
    return 0;
}

static void drop(struct secrets *secrets, struct secret *secret)
{
    table_remove(&secrets->table, &secret->entry);
    coil_http_login_free(&secret->login);
    free(secret);
}

void secrets_close(struct secrets *secrets)
{
    if (!secrets)
        return;
    while (secrets->table.oldest)
        drop(secrets, (struct secret *)secrets->table.oldest);
    table_fini(&secrets->table);
    if (secrets->text)
        explicit_bzero(secrets->text, secrets->size);
    free(secrets->text);
    text_fini(&secrets->name);
    free(secrets);
}

/* ---- hosts ---- */

/* secrets->name is "host", a NUL, and "user", which may be empty. */
static int remember(struct secrets *secrets, struct secret **out)
{
    const struct text *name = &secrets->name;
    const char *user = name->bytes + strlen(name->bytes) + 1;
    struct secret *secret = calloc(1, sizeof *secret + name->size);
    int rc;

    if (!secret)
        return -ENOMEM;
    memcpy(secret->name, name->bytes, name->size);
    if (secrets->size > 0)
        secret->rc =
            coil_http_netrc_read(&secret->login, secrets->text, secrets->size,
                                 name->bytes, *user ? user : NULL);
    rc = secret->rc == -ENOMEM ? -ENOMEM
                               : table_add(&secrets->table, &secret->entry,
                                           secret->name, name->size);
    if (rc < 0) {
        coil_http_login_free(&secret->login);
        free(secret);
        return rc;
    }
    if (secrets->table.count > MAX_HOSTS)
        drop(secrets, (struct secret *)secrets->table.oldest);
    *out = secret;
    return 0;
}

static int name_host(struct secrets *secrets, const struct coil_url *url)
{
    struct text *name = &secrets->name;
    char *user = NULL;
    int rc = 0;

    if (url->user.at)
        rc = coil_url_unescape(&user, NULL, url->user.at, url->user.size);
    if (rc < 0)
        return rc;
    text_clear(name);
    text_add_bytes(name, url->host.at, url->host.size);
    text_add_char(name, '\0');
    text_add(name, user ? user : "");
    text_add_char(name, '\0');
    coil_url_free(user);
    return name->has_failed ? -ENOMEM : 0;
}

int secrets_find(struct secrets *secrets, const char *url, char **out)
{
    struct coil_url parts;
    struct secret *secret;
    int rc = coil_url_parse(&parts, url);

    *out = NULL;
    if (rc < 0 || parts.host.size == 0 || parts.password.at)
        return rc;
    rc = name_host(secrets, &parts);
    if (rc < 0)
        return rc;
    secret = (struct secret *)table_find(&secrets->table, secrets->name.bytes,
                                         secrets->name.size);
    if (!secret) {
        rc = remember(secrets, &secret);
        if (rc < 0)
            return rc;
    }
    table_use(&secrets->table, &secret->entry);
    if (secret->rc <= 0)
        return secret->rc;
    rc = coil_http_auth_basic(out, secret->login.user, secret->login.password);
    return rc < 0 ? rc : 1;
}
