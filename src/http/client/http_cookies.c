/* SPDX-License-Identifier: MIT */
#include <coil/time.h>

#include "http/client/http_cookies.h"

#include <string.h>
#include <time.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/mutex.h"
#include "http/wire/defaults.h"
#include "http/wire/suffix.h"
#include "http/wire/text.h"
#include "http/wire/url_host.h"

static struct coil__cookie *cookie_of(const struct coil_http_cookie *shown)
{
    return (struct coil__cookie *)(uintptr_t)shown;
}

static struct coil__cookie *in_used(struct coil_link *link)
{
    return link ? coil__container_of(link, struct coil__cookie, in_used) : NULL;
}

static struct coil__cookie *in_site(struct coil_link *link)
{
    return link ? coil__container_of(link, struct coil__cookie, in_site) : NULL;
}

/* ---- sites ------------------------------------------------------------ */

/* Addresses belong to nobody else. */
static const char *site_name(const char *host)
{
    if (strchr(host, ':') || coil__url_is_ipv4(host, strlen(host)))
        return host;
    return coil__http_site_of(host);
}

static size_t bucket_of(const char *name)
{
    return coil__hash_text(name) % COIL__COOKIE_BUCKETS;
}

static struct coil__cookie_site *find(const struct coil_http_cookies *jar,
                                      const char *name)
{
    struct coil__cookie_site *site = jar->sites[bucket_of(name)];

    while (site && strcmp(site->name, name) != 0)
        site = site->next;
    return site;
}

struct coil__cookie_site *
coil__cookies_find_site(const struct coil_http_cookies *jar, const char *host)
{
    return find(jar, site_name(host));
}

/* The site of a host, made if there is none; NULL without memory. */
static struct coil__cookie_site *site_of(struct coil_http_cookies *jar,
                                         const char *host)
{
    const char *name = site_name(host);
    struct coil__cookie_site *site = find(jar, name);
    size_t bucket = bucket_of(name);

    if (site)
        return site;
    site = coil__alloc(sizeof *site + strlen(name) + 1);
    if (!site)
        return NULL;
    strcpy(site->name, name);
    site->next = jar->sites[bucket];
    jar->sites[bucket] = site;
    return site;
}

static void drop_if_empty(struct coil_http_cookies *jar,
                          struct coil__cookie_site *site)
{
    struct coil__cookie_site **link = &jar->sites[bucket_of(site->name)];

    if (site->count > 0)
        return;
    while (*link != site)
        link = &(*link)->next;
    *link = site->next;
    coil__free(site);
}

/* ---- cookies ---------------------------------------------------------- */

bool coil__cookie_is_expired(const struct coil_http_cookie *cookie, int64_t now)
{
    return cookie->expires != 0 && cookie->expires <= now;
}

void coil__cookies_touch(struct coil_http_cookies *jar,
                         struct coil__cookie *cookie)
{
    coil__list_remove(&jar->used, &cookie->in_used);
    coil__list_prepend(&jar->used, &cookie->in_used);
    cookie->used = ++jar->clock;
}

/* The site stays, though it may have no cookies left. */
static void drop_cookie(struct coil_http_cookies *jar,
                        struct coil__cookie *cookie)
{
    coil__list_remove(&jar->used, &cookie->in_used);
    coil__list_remove(&cookie->site->cookies, &cookie->in_site);
    cookie->site->count--;
    jar->count--;
    coil__free(cookie);
}

static void drop(struct coil_http_cookies *jar, struct coil__cookie *cookie)
{
    struct coil__cookie_site *site = cookie->site;

    drop_cookie(jar, cookie);
    drop_if_empty(jar, site);
}

static struct coil__cookie *find_same(const struct coil__cookie_site *site,
                                      const struct coil_http_cookie *cookie)
{
    struct coil__cookie *c = in_site(site->cookies.head);

    while (c && (strcmp(c->shown.name, cookie->name) != 0 ||
                 strcmp(c->shown.domain, cookie->domain) != 0 ||
                 strcmp(c->shown.path, cookie->path) != 0 ||
                 c->shown.is_host_only != cookie->is_host_only))
        c = in_site(c->in_site.next);
    return c;
}

/* Whether `a` is to go rather than `b`. */
static bool is_worse(const struct coil__cookie *a, const struct coil__cookie *b,
                     int64_t now)
{
    bool a_is_over = coil__cookie_is_expired(&a->shown, now);

    if (a_is_over != coil__cookie_is_expired(&b->shown, now))
        return a_is_over;
    if (a->shown.is_secure != b->shown.is_secure)
        return !a->shown.is_secure;
    return a->used < b->used;
}

/* Make room for one more in the site, and in all. */
static void make_room(struct coil_http_cookies *jar,
                      struct coil__cookie_site *site, int64_t now)
{
    while (site->count >= jar->max_per_site) {
        struct coil__cookie *worst = in_site(site->cookies.head);
        struct coil__cookie *c = worst;

        while (c) {
            if (is_worse(c, worst, now))
                worst = c;
            c = in_site(c->in_site.next);
        }
        drop_cookie(jar, worst);
    }
    while (jar->count >= jar->max) {
        struct coil__cookie *worst = in_used(jar->used.tail);

        if (worst->site == site)
            drop_cookie(jar, worst);
        else
            drop(jar, worst);
    }
}

static const char *put(char **at, const char *text)
{
    char *begin = *at;
    size_t size = strlen(text) + 1;

    memcpy(begin, text, size);
    *at += size;
    return begin;
}

static struct coil__cookie *copy_of(const struct coil_http_cookie *cookie)
{
    size_t size = strlen(cookie->name) + strlen(cookie->value) +
                  strlen(cookie->domain) + strlen(cookie->path) + 4;
    struct coil__cookie *copy = coil__alloc(sizeof *copy + size);
    char *text;

    if (!copy)
        return NULL;
    text = (char *)(copy + 1);
    copy->shown = *cookie;
    copy->shown.name = put(&text, cookie->name);
    copy->shown.value = put(&text, cookie->value);
    copy->shown.domain = put(&text, cookie->domain);
    copy->shown.path = put(&text, cookie->path);
    return copy;
}

/* ---- what may be added ------------------------------------------------ */

/* Whether the text could stand in a header, and in a line of a file. */
static bool is_text(const char *text, const char *forbidden)
{
    size_t size = strlen(text);

    if (size == 0)
        return true;
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)text[i];

        if (byte < ' ' || byte == 127)
            return false;
    }
    return text[0] != ' ' && text[size - 1] != ' ' && !strpbrk(text, forbidden);
}

static bool is_domain(const char *domain)
{
    size_t size = strlen(domain);

    for (size_t i = 0; i < size; i++)
        if (coil__http_lower(domain[i]) != domain[i])
            return false;
    return coil__url_is_name(domain, size) || coil__url_is_ipv6(domain, size);
}

static bool has_prefix(const char *text, const char *prefix)
{
    size_t size = strlen(prefix);

    return strlen(text) >= size && coil__http_equal_n(text, prefix, size);
}

/* A name must not promise what is not so (RFC 6265bis, 4.1.3). */
static bool keeps_promise(const struct coil_http_cookie *c)
{
    if (!c->name[0])
        return !has_prefix(c->value, "__Secure-") &&
               !has_prefix(c->value, "__Host-");
    if (has_prefix(c->name, "__Secure-"))
        return c->is_secure;
    if (has_prefix(c->name, "__Host-"))
        return c->is_secure && c->is_host_only && strcmp(c->path, "/") == 0;
    return true;
}

static bool may_be(const struct coil_http_cookie *c)
{
    enum { MAX_PATH = 1024 };

    return (c->name[0] || c->value[0]) &&
           strlen(c->name) + strlen(c->value) <= COIL_HTTP_MAX_COOKIE_SIZE &&
           is_text(c->name, "=;") && is_text(c->value, ";") &&
           is_domain(c->domain) && c->path[0] == '/' && is_text(c->path, ";") &&
           strlen(c->path) <= MAX_PATH && keeps_promise(c) &&
           (c->same_site != COIL_HTTP_SAME_SITE_NONE || c->is_secure);
}

int coil__cookies_add(struct coil_http_cookies *jar,
                      const struct coil_http_cookie *cookie)
{
    int64_t now = coil_time_of_day() / COIL_SECOND;
    bool is_expired = coil__cookie_is_expired(cookie, now);
    struct coil__cookie_site *site;
    struct coil__cookie *copy;
    struct coil__cookie *old;

    if (!may_be(cookie))
        return 0;
    site = coil__cookies_find_site(jar, cookie->domain);
    old = site ? find_same(site, cookie) : NULL;
    if (is_expired) {
        if (old)
            drop(jar, old);
        return 0;
    }
    copy = copy_of(cookie);
    if (!copy)
        return -ENOMEM;
    site = site_of(jar, cookie->domain);
    if (!site) {
        coil__free(copy);
        return -ENOMEM;
    }
    copy->created = old ? old->created : ++jar->clock;
    if (old)
        drop_cookie(jar, old);
    make_room(jar, site, now);
    copy->site = site;
    copy->used = ++jar->clock;
    coil__list_append(&site->cookies, &copy->in_site);
    coil__list_prepend(&jar->used, &copy->in_used);
    site->count++;
    jar->count++;
    return 1;
}

int coil_http_cookies_add(struct coil_http_cookies *jar,
                          const struct coil_http_cookie *cookie)
{
    int rc;

    coil__mutex_lock(&jar->mutex);
    rc = coil__cookies_add(jar, cookie);
    coil__mutex_unlock(&jar->mutex);
    return rc;
}

/* ---- jars ------------------------------------------------------------- */

int coil_http_cookies_new(struct coil_http_cookies **out,
                          const struct coil_http_cookies_options *options)
{
    static const struct coil_http_cookies_options none = { 0 };
    const struct coil_http_cookies_options *o = options ? options : &none;
    struct coil_http_cookies *jar = coil__alloc(sizeof *jar);

    *out = jar;
    if (!jar)
        return -ENOMEM;
    jar->max = coil__http_size_or(o->max_cookies, COIL_HTTP_MAX_COOKIES);
    jar->max_per_site = coil__http_size_or(o->max_cookies_per_site,
                                           COIL_HTTP_MAX_COOKIES_PER_SITE);
    return 0;
}

void coil_http_cookies_free(struct coil_http_cookies *jar)
{
    if (!jar)
        return;
    coil_http_cookies_clear(jar);
    coil__free(jar);
}

void coil_http_cookies_free_text(char *text)
{
    coil__free(text);
}

size_t coil_http_cookies_count(const struct coil_http_cookies *jar)
{
    unsigned *mutex = (unsigned *)(uintptr_t)&jar->mutex;
    size_t count;

    coil__mutex_lock(mutex);
    count = jar->count;
    coil__mutex_unlock(mutex);
    return count;
}

const struct coil_http_cookie *
coil_http_cookies_next(const struct coil_http_cookies *jar,
                       const struct coil_http_cookie *cookie)
{
    struct coil__cookie *next =
        in_used(cookie ? cookie_of(cookie)->in_used.next : jar->used.head);

    return next ? &next->shown : NULL;
}

/* Drop those for which `must_go` holds. */
static void sweep(struct coil_http_cookies *jar,
                  bool (*must_go)(const struct coil_http_cookie *cookie,
                                  int64_t now))
{
    int64_t now = coil_time_of_day() / COIL_SECOND;
    struct coil__cookie *cookie;

    coil__mutex_lock(&jar->mutex);
    cookie = in_used(jar->used.head);
    while (cookie) {
        struct coil__cookie *next = in_used(cookie->in_used.next);

        if (must_go(&cookie->shown, now))
            drop(jar, cookie);
        cookie = next;
    }
    coil__mutex_unlock(&jar->mutex);
}

static bool is_any(const struct coil_http_cookie *cookie, int64_t now)
{
    (void)cookie;
    (void)now;
    return true;
}

static bool is_of_session(const struct coil_http_cookie *cookie, int64_t now)
{
    (void)now;
    return cookie->expires == 0;
}

void coil_http_cookies_clear(struct coil_http_cookies *jar)
{
    sweep(jar, is_any);
}

void coil_http_cookies_clear_expired(struct coil_http_cookies *jar)
{
    sweep(jar, coil__cookie_is_expired);
}

void coil_http_cookies_clear_session(struct coil_http_cookies *jar)
{
    sweep(jar, is_of_session);
}
