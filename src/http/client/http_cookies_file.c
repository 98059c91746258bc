/* SPDX-License-Identifier: MIT */
/* Cookies as lines with tabs: the format of Netscape. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <coil/time.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/mutex.h"
#include "http/client/http_cookies.h"
#include "http/wire/text.h"

enum { FIELDS = 7, MAX_LINE = 8192, MAX_FILE = 16 << 20 };

static const char http_only[] = "#HttpOnly_";

/* ---- reading ---------------------------------------------------------- */

/* Split a line at its tabs.  Returns how many fields there are, at most 7. */
static size_t split(char *fields[FIELDS], char *line)
{
    size_t count = 0;

    while (line && count < FIELDS) {
        char *tab = strchr(line, '\t');

        fields[count++] = line;
        if (tab)
            *tab++ = '\0';
        line = tab;
    }
    return line ? 0 : count;
}

static bool take_flag(bool *flag, const char *text)
{
    *flag = coil__http_equal(text, "TRUE");
    return *flag || coil__http_equal(text, "FALSE");
}

/* Seconds since 1970.  What has no end is that of the greatest number. */
static bool take_seconds(int64_t *seconds, const char *text)
{
    *seconds = 0;
    if (!*text)
        return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return false;
        if (*seconds < INT64_MAX / 100)
            *seconds = *seconds * 10 + (*text - '0');
    }
    return true;
}

/*
 * Domain, whether hosts below it get the cookie, path, Secure, when it expires,
 * name, and value, which may be missing.
 */
static int add_line(struct coil_http_cookies *jar, char *line)
{
    struct coil_http_cookie cookie = { .value = "" };
    char *fields[FIELDS];
    bool is_for_all;
    size_t count;

    if (strncmp(line, http_only, sizeof http_only - 1) == 0) {
        cookie.is_http_only = true;
        line += sizeof http_only - 1;
    }
    if (line[0] == '#')
        return 0;
    count = split(fields, line);
    if (count < FIELDS - 1 || !take_flag(&is_for_all, fields[1]) ||
        !take_flag(&cookie.is_secure, fields[3]) ||
        !take_seconds(&cookie.expires, fields[4]))
        return 0;
    cookie.domain = fields[0] + (fields[0][0] == '.');
    for (char *at = fields[0]; *at; at++)
        *at = coil__http_lower(*at);
    cookie.is_host_only = !is_for_all;
    cookie.path = fields[2];
    cookie.name = fields[5];
    if (count == FIELDS)
        cookie.value = fields[6];
    return coil_http_cookies_add(jar, &cookie);
}

int coil_http_cookies_read(struct coil_http_cookies *jar, const char *text,
                           size_t size)
{
    const char *end = text + size;
    char line[MAX_LINE];
    int added = 0;

    while (text < end) {
        const char *next = memchr(text, '\n', (size_t)(end - text));
        size_t length = (size_t)((next ? next : end) - text);
        int rc = 0;

        if (length > 0 && text[length - 1] == '\r')
            length--;
        if (length < sizeof line && !memchr(text, '\0', length)) {
            memcpy(line, text, length);
            line[length] = '\0';
            rc = add_line(jar, line);
        }
        if (rc < 0)
            return rc;
        added += rc;
        text = next ? next + 1 : end;
    }
    return added;
}

/* ---- writing ---------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    const struct coil__cookie *one = *(struct coil__cookie *const *)a;
    const struct coil__cookie *two = *(struct coil__cookie *const *)b;

    return one->created < two->created ? -1 : 1;
}

static int put_line(struct coil_buffer *out, const struct coil_http_cookie *c)
{
    return coil__buffer_printf(out, "%s%s%s\t%s\t%s\t%s\t%lld\t%s\t%s\n",
                               c->is_http_only ? http_only : "",
                               c->is_host_only ? "" : ".", c->domain,
                               c->is_host_only ? "FALSE" : "TRUE", c->path,
                               c->is_secure ? "TRUE" : "FALSE",
                               (long long)c->expires, c->name, c->value);
}

/* The oldest first, so that their order is the same when they are read. */
static int put_all(struct coil_buffer *out, struct coil__cookie *const *cookies,
                   size_t count)
{
    static const char head[] = "# Netscape HTTP Cookie File\n";
    int64_t now = coil_time_of_day() / COIL_SECOND;
    int rc = coil__buffer_append(out, head, sizeof head - 1);

    for (size_t i = 0; i < count && rc == 0; i++)
        if (!coil__cookie_is_expired(&cookies[i]->shown, now))
            rc = put_line(out, &cookies[i]->shown);
    return rc;
}

/* The mutex is held. */
static int put_jar(struct coil_buffer *out, const struct coil_http_cookies *jar)
{
    struct coil__cookie **all = coil__alloc((jar->count + 1) * sizeof *all);
    size_t n = 0;
    int rc;

    if (!all)
        return -ENOMEM;
    for (struct coil_link *link = jar->used.head; link; link = link->next)
        all[n++] = coil__container_of(link, struct coil__cookie, in_used);
    qsort(all, n, sizeof *all, compare);
    rc = put_all(out, all, n);
    coil__free(all);
    return rc;
}

static int put_jar_locked(struct coil_buffer *out,
                          struct coil_http_cookies *jar)
{
    int rc;

    coil__mutex_lock(&jar->mutex);
    rc = put_jar(out, jar);
    coil__mutex_unlock(&jar->mutex);
    return rc;
}

int coil_http_cookies_write(struct coil_http_cookies *jar, char **out)
{
    struct coil_buffer buffer = { 0 };
    int rc = put_jar_locked(&buffer, jar);

    *out = NULL;
    if (rc == 0) {
        *out = coil__strndup((const char *)coil__buffer_bytes(&buffer),
                             buffer.size);
        rc = *out ? 0 : -ENOMEM;
    }
    coil__buffer_fini(&buffer);
    return rc;
}

/* ---- files ------------------------------------------------------------ */

int coil_http_cookies_load(struct coil_http_cookies *jar, const char *file)
{
    struct coil_buffer text = { 0 };
    int rc = coil__file_read(file, MAX_FILE, &text);

    if (rc == 0)
        rc = coil_http_cookies_read(
            jar, (const char *)coil__buffer_bytes(&text), text.size);
    coil__buffer_fini(&text);
    return rc;
}

static int write_all(int fd, const struct coil_buffer *text)
{
    const unsigned char *at = coil__buffer_bytes(text);
    size_t left = text->size;

    while (left > 0) {
        ssize_t n = write(fd, at, left);

        if (n < 0 && errno != EINTR)
            return -errno;
        if (n > 0) {
            at += n;
            left -= (size_t)n;
        }
    }
    return fsync(fd) < 0 ? -errno : 0;
}

/* Write to `beside`, and put that in the place of the file. */
static int replace(const char *file, char *beside,
                   const struct coil_buffer *text)
{
    int fd = mkostemp(beside, O_CLOEXEC);
    int rc;

    if (fd < 0)
        return -errno;
    rc = write_all(fd, text);
    if (close(fd) < 0 && rc == 0)
        rc = -errno;
    if (rc == 0 && rename(beside, file) < 0)
        rc = -errno;
    if (rc < 0)
        unlink(beside);
    return rc;
}

int coil_http_cookies_save(struct coil_http_cookies *jar, const char *file)
{
    static const char suffix[] = ".XXXXXX";
    struct coil_buffer text = { 0 };
    char *beside = coil__alloc(strlen(file) + sizeof suffix);
    int rc = -ENOMEM;

    if (beside) {
        strcpy(stpcpy(beside, file), suffix);
        rc = put_jar_locked(&text, jar);
    }
    if (rc == 0)
        rc = replace(file, beside, &text);
    coil__buffer_fini(&text);
    coil__free(beside);
    return rc;
}
