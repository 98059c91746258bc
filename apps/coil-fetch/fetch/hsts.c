/* SPDX-License-Identifier: MIT */
#include "fetch/hsts.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <coil/error.h>
#include <coil/file.h>
#include <coil/url.h>

#include "common/table.h"
#include "fetch/hsts_text.h"
#include "fetch/file_lines.h"

enum { NAME_MAX_SIZE = 253 };

struct hsts_host {
    struct table_entry entry;
    int64_t expires; /* HSTS_FOREVER */
    bool has_subdomains;
    char name[]; /* in lower case, without a dot at the end */
};

struct hsts {
    struct table hosts;
    size_t max_hosts;
};

int hsts_new(struct hsts **out, size_t max_hosts)
{
    struct hsts *hsts = malloc(sizeof *hsts);
    int rc;

    *out = NULL;
    if (!hsts)
        return -ENOMEM;
    hsts->max_hosts = max_hosts > 0 ? max_hosts : HSTS_MAX_HOSTS;
    rc = table_init(&hsts->hosts);
    if (rc < 0) {
        free(hsts);
        return rc;
    }
    *out = hsts;
    return 0;
}

static void drop(struct hsts *hsts, struct hsts_host *host)
{
    table_remove(&hsts->hosts, &host->entry);
    free(host);
}

void hsts_free(struct hsts *hsts)
{
    if (!hsts)
        return;
    while (hsts->hosts.oldest)
        drop(hsts, (struct hsts_host *)hsts->hosts.oldest);
    table_fini(&hsts->hosts);
    free(hsts);
}

size_t hsts_count(const struct hsts *hsts)
{
    return hsts->hosts.count;
}

/* ---- names ---- */

/*
 * The name as it stands in the list, without a NUL.  Returns its length; 0: it is
 * none.
 */
static size_t put_name(char name[NAME_MAX_SIZE], const char *host, size_t size)
{
    if (size > 0 && host[size - 1] == '.')
        size--;
    if (size > NAME_MAX_SIZE)
        return 0;
    for (size_t i = 0; i < size; i++)
        name[i] = (char)tolower((unsigned char)host[i]);
    return size;
}

static struct hsts_host *find(struct hsts *hsts, const char *name, size_t size)
{
    struct table_entry *entry = table_find(&hsts->hosts, name, size);

    if (entry)
        table_use(&hsts->hosts, entry);
    return (struct hsts_host *)entry;
}

static int add(struct hsts *hsts, const char *name, size_t size,
               struct hsts_host **out)
{
    struct hsts_host *host = calloc(1, sizeof *host + size + 1);
    int rc;

    if (!host)
        return -ENOMEM;
    memcpy(host->name, name, size);
    rc = table_add(&hsts->hosts, &host->entry, host->name, size);
    if (rc < 0) {
        free(host);
        return rc;
    }
    if (hsts->hosts.count > hsts->max_hosts)
        drop(hsts, (struct hsts_host *)hsts->hosts.oldest);
    *out = host;
    return 0;
}

/* ---- by the rules ---- */

static bool is_scheme(const struct coil_url *url, const char *scheme)
{
    return url->scheme.size == strlen(scheme) &&
           strncasecmp(url->scheme.at, scheme, url->scheme.size) == 0;
}

int hsts_take(struct hsts *hsts, const char *url, const char *value,
              int64_t now)
{
    char name[NAME_MAX_SIZE];
    struct hsts_value policy;
    struct coil_url parts;
    struct hsts_host *host;
    size_t size;

    if (coil_url_parse(&parts, url) < 0 || !is_scheme(&parts, "https") ||
        parts.host_kind != COIL_URL_NAME || !hsts_value_read(&policy, value))
        return 0;
    size = put_name(name, parts.host.at, parts.host.size);
    if (size == 0)
        return 0;
    host = find(hsts, name, size);
    if (policy.max_age == 0) {
        if (host)
            drop(hsts, host);
        return 1;
    }
    if (!host && add(hsts, name, size, &host) < 0)
        return -ENOMEM;
    host->expires = policy.max_age < HSTS_FOREVER - now ? now + policy.max_age
                                                        : HSTS_FOREVER;
    host->has_subdomains = policy.has_subdomains;
    return 1;
}

bool hsts_upgrades(struct hsts *hsts, const char *host, size_t size,
                   int64_t now)
{
    char name[NAME_MAX_SIZE];
    const char *at = name;
    const char *end;

    if (hsts->hosts.count == 0)
        return false;
    size = put_name(name, host, size);
    for (end = name + size; at < end; at++) {
        struct hsts_host *found = find(hsts, at, (size_t)(end - at));

        if (found && found->expires <= now) {
            drop(hsts, found);
            found = NULL;
        }
        if (found && (at == name || found->has_subdomains))
            return true;
        at = memchr(at, '.', (size_t)(end - at));
        if (!at)
            return false;
    }
    return false;
}

/* The same URL with https, and without a port if that was 80. */
static int make_https(const struct coil_url *url, char **out)
{
    struct coil_url secure = *url;

    secure.scheme = (struct coil_url_part){ "https", 5 };
    if (url->port == 80)
        secure.digits = (struct coil_url_part){ NULL, 0 };
    return coil_url_write(out, &secure);
}

int hsts_rewrite(struct hsts *hsts, const char *url, int64_t now, char **out)
{
    struct coil_url parts;
    int rc;

    *out = NULL;
    if (hsts->hosts.count == 0)
        return 0;
    rc = coil_url_parse(&parts, url);
    if (rc < 0)
        return rc;
    if (!is_scheme(&parts, "http") || parts.host_kind != COIL_URL_NAME ||
        !hsts_upgrades(hsts, parts.host.at, parts.host.size, now))
        return 0;
    rc = make_https(&parts, out);
    return rc < 0 ? rc : 1;
}

/* ---- the file ---- */

struct loading {
    struct hsts *hsts;
    int64_t now;
};

static int take_line(void *arg, char *line, size_t size, int64_t offset)
{
    struct loading *loading = arg;
    char name[NAME_MAX_SIZE];
    struct hsts_host *host;
    struct hsts_line read;

    (void)offset;
    if (!hsts_line_read(&read, line, size) || read.expires <= loading->now)
        return 0;
    size = put_name(name, read.name, read.name_size);
    if (size == 0)
        return 0;
    host = find(loading->hsts, name, size);
    if (!host && add(loading->hsts, name, size, &host) < 0)
        return -ENOMEM;
    if (read.expires > host->expires) {
        host->expires = read.expires;
        host->has_subdomains = read.has_subdomains;
    }
    return 0;
}

int hsts_load(struct hsts *hsts, const char *file, int64_t now)
{
    struct loading loading = { hsts, now };
    struct file_lines lines = { take_line, &loading, .takes_torn = true };
    struct coil_file *opened;
    int rc = coil_file_open(&opened, file, O_RDONLY, 0);

    if (rc < 0)
        return rc == -ENOENT ? 0 : rc;
    rc = file_lines_read(&lines, opened);
    coil_file_abort(opened);
    return rc;
}

int hsts_save(struct hsts *hsts, const char *file, int64_t now)
{
    struct table_entry *entry = hsts->hosts.oldest;
    struct text text = { 0 };
    int rc = -ENOMEM;

    text_add(&text, "# HSTS cache, as curl's: https://curl.se/docs/hsts.html\n"
                    "# coil-fetch writes this file anew.\n");
    for (; entry; entry = entry->newer) {
        const struct hsts_host *host = (const struct hsts_host *)entry;

        if (host->expires > now)
            hsts_line_write(&text, &(struct hsts_line){
                                       host->name, entry->key_size,
                                       host->has_subdomains, host->expires });
    }
    if (!text.has_failed)
        rc = coil_file_replace(file, text.bytes, text.size, 0600);
    text_fini(&text);
    return rc;
}
