/* SPDX-License-Identifier: MIT */
#include "redis/target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <coil/error.h>

#include "base/memory.h"
#include "redis/words.h"

enum { PORT = 6379, PORT_MAX = 65535, DB_MAX = 99999999 };

/* A part of the URL, decoded: the target's memory until the commands are made. */
struct parts {
    char *user;
    char *password;
    char *db;
};

static void wipe(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    coil__free(text);
}

/* ---- the URL -------------------------------------------------------------- */

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* A copy with each %XX decoded. */
static int decode(char **out, const char *text, size_t size)
{
    char *to = coil__strndup(text, size);
    const char *end = text + size;

    *out = to;
    if (!to)
        return -ENOMEM;
    for (; text < end; text++) {
        int high = 0, low = 0;

        if (*text != '%') {
            *to++ = *text;
            continue;
        }
        high = end - text > 2 ? hex(text[1]) : -1;
        low = high >= 0 ? hex(text[2]) : -1;
        if (low < 0 || high + low == 0)
            return COIL_EREDIS_BAD_URL;
        *to++ = (char)(high * 16 + low);
        text += 2;
    }
    *to = '\0';
    return 0;
}

/* "user:password@" up to `end`; returns what is behind it. */
static int take_user(const char **at, const char *end, struct parts *parts)
{
    const char *last = memrchr(*at, '@', (size_t)(end - *at));
    const char *colon;
    int rc = 0;

    if (!last)
        return 0;
    colon = memchr(*at, ':', (size_t)(last - *at));
    if (colon)
        rc = decode(&parts->password, colon + 1, (size_t)(last - colon - 1));
    if (rc == 0 && (colon ? colon : last) > *at)
        rc = decode(&parts->user, *at, (size_t)((colon ? colon : last) - *at));
    *at = last + 1;
    return rc;
}

static int take_number(const char *text, size_t size, long most, long *number)
{
    *number = 0;
    if (size == 0)
        return COIL_EREDIS_BAD_URL;
    for (size_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9' || *number > most)
            return COIL_EREDIS_BAD_URL;
        *number = *number * 10 + (text[i] - '0');
    }
    return *number > most ? COIL_EREDIS_BAD_URL : 0;
}

/* "host", "host:port", "[::1]:port" up to `end`. */
static int take_host(struct coil__redis_target *target, const char *at,
                     const char *end)
{
    const char *host_end = at < end && *at == '['
                               ? memchr(at, ']', (size_t)(end - at))
                               : memchr(at, ':', (size_t)(end - at));
    const char *port = NULL;
    long number = PORT;

    if (at < end && *at == '[') {
        if (!host_end)
            return COIL_EREDIS_BAD_URL;
        at++;
        port = host_end + 1;
    } else {
        host_end = host_end ? host_end : end;
        port = host_end;
    }
    if (host_end == at || (port < end && *port != ':') ||
        (port < end && take_number(port + 1, (size_t)(end - port - 1), PORT_MAX,
                                   &number) < 0))
        return COIL_EREDIS_BAD_URL;
    target->port = (uint16_t)number;
    return decode(&target->host, at, (size_t)(host_end - at));
}

static int take_db(struct parts *parts, const char *text, size_t size)
{
    long number;

    if (take_number(text, size, DB_MAX, &number) < 0)
        return COIL_EREDIS_BAD_URL;
    if (number == 0)
        return 0;
    parts->db = coil__strndup(text, size);
    return parts->db ? 0 : -ENOMEM;
}

/* "user@/path?db=1" */
static int parse_unix(struct coil__redis_target *target, const char *at,
                      struct parts *parts)
{
    const char *slash = strchr(at, '/');
    const char *query;
    int rc;

    if (!slash)
        return COIL_EREDIS_BAD_URL;
    rc = take_user(&at, slash, parts);
    if (rc < 0)
        return rc;
    query = strchrnul(slash, '?');
    if (at != slash || query - slash < 2)
        return COIL_EREDIS_BAD_URL;
    rc = decode(&target->path, slash, (size_t)(query - slash));
    if (rc < 0 || !*query)
        return rc;
    if (strncmp(query, "?db=", 4) != 0)
        return COIL_EREDIS_BAD_URL;
    return take_db(parts, query + 4, strlen(query + 4));
}

/* "user@host:port/db" */
static int parse_tcp(struct coil__redis_target *target, const char *at,
                     struct parts *parts)
{
    const char *end = at + strcspn(at, "/?#");
    int rc = take_user(&at, end, parts);

    if (rc == 0)
        rc = take_host(target, at, end);
    if (rc < 0 || !*end || strcmp(end, "/") == 0)
        return rc;
    return *end == '/' ? take_db(parts, end + 1, strlen(end + 1))
                       : COIL_EREDIS_BAD_URL;
}

static int parse(struct coil__redis_target *target, const char *url,
                 struct parts *parts)
{
    if (strncasecmp(url, "redis://", 8) == 0)
        return parse_tcp(target, url + 8, parts);
    if (strncasecmp(url, "rediss://", 9) == 0) {
        target->is_secure = true;
        return parse_tcp(target, url + 9, parts);
    }
    if (strncasecmp(url, "unix://", 7) == 0)
        return parse_unix(target, url + 7, parts);
    return COIL_EREDIS_BAD_URL;
}

/* ---- what the server is told ---------------------------------------------- */

static int say(struct coil__redis_target *target, const char *const *words,
               size_t count)
{
    const struct coil__redis_words none = { NULL, 0 };

    return coil__redis_put(&target->hello, words, count, &none);
}

static int say_hello(struct coil__redis_target *target, const char *user,
                     const char *password, const char *db, const char *name)
{
    const char *auth[] = { "AUTH", user ? user : password, password };
    const char *select[] = { "SELECT", db };
    const char *set_name[] = { "CLIENT", "SETNAME", name };
    const char *ping[] = { "PING" };
    int rc = 0;

    target->hello.is_secret = true;
    if (password) {
        rc = say(target, auth, user ? 3 : 2);
        target->needed++;
    }
    if (rc == 0 && db) {
        rc = say(target, select, 2);
        target->needed++;
    }
    if (rc == 0 && name) {
        rc = say(target, set_name, 3);
        target->has_name = true;
    }
    return rc < 0 ? rc : say(target, ping, 1);
}

/* A name of printable characters without a space, as the server demands. */
static bool is_name(const char *name)
{
    for (; *name; name++)
        if (*name < '!' || *name > '~')
            return false;
    return true;
}

int coil__redis_target_init(struct coil__redis_target *target, const char *url,
                            const struct coil_redis_options *options)
{
    struct parts parts = { NULL, NULL, NULL };
    const char *name = options->name && *options->name ? options->name : NULL;
    int rc = parse(target, url, &parts);

    if (rc == 0 && ((name && !is_name(name)) || options->connect_limit < 0))
        rc = -EINVAL;
    if (rc == 0)
        rc = say_hello(target, options->user ? options->user : parts.user,
                       options->password ? options->password : parts.password,
                       parts.db, name);
    target->tls = options->tls;
    target->connect_limit =
        options->connect_limit ? options->connect_limit : 10 * COIL_SECOND;
    target->max_reply =
        options->max_reply ? options->max_reply : (size_t)512 << 20;
    wipe(parts.user);
    wipe(parts.password);
    coil__free(parts.db);
    if (rc < 0)
        coil__redis_target_fini(target);
    return rc;
}

void coil__redis_target_fini(struct coil__redis_target *target)
{
    coil__free(target->host);
    coil__free(target->path);
    coil__buffer_fini(&target->hello);
    *target = (struct coil__redis_target){ .host = NULL };
}
