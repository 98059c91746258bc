/* SPDX-License-Identifier: MIT */
/* Cookie: RFC 6265bis, 5.8. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <coil/time.h>

#include "base/memory.h"
#include "base/mutex.h"
#include "http/client/cookie_place.h"
#include "http/client/http_cookies.h"

struct coil__cookie_wish {
    const struct coil__cookie_place *place;
    unsigned use;
    int64_t now;
};

static bool is_allowed_by_site(const struct coil_http_cookie *cookie,
                               unsigned use)
{
    if (!(use & COIL_HTTP_COOKIES_CROSS_SITE))
        return true;
    if (cookie->same_site == COIL_HTTP_SAME_SITE_NONE)
        return true;
    return cookie->same_site != COIL_HTTP_SAME_SITE_STRICT &&
           use & COIL_HTTP_COOKIES_NAVIGATION;
}

static bool is_wanted(const struct coil_http_cookie *cookie,
                      const struct coil__cookie_wish *wish)
{
    const struct coil__cookie_place *place = wish->place;

    if (cookie->is_host_only
            ? strcmp(cookie->domain, place->host) != 0
            : !coil__cookie_domain_matches(place->host, place->is_address,
                                           cookie->domain))
        return false;
    return coil__cookie_path_matches(place->path, place->path_size,
                                     cookie->path) &&
           (place->is_secure || !cookie->is_secure) &&
           !(cookie->is_http_only && wish->use & COIL_HTTP_COOKIES_NO_HTTP) &&
           !coil__cookie_is_expired(cookie, wish->now) &&
           is_allowed_by_site(cookie, wish->use);
}

/* Those with the longest path first, and of equal ones the oldest. */
static int compare(const void *a, const void *b)
{
    const struct coil__cookie *one = *(struct coil__cookie *const *)a;
    const struct coil__cookie *two = *(struct coil__cookie *const *)b;
    size_t one_size = strlen(one->shown.path);
    size_t two_size = strlen(two->shown.path);

    if (one_size != two_size)
        return one_size > two_size ? -1 : 1;
    return one->created < two->created ? -1 : 1;
}

/* Collect what is wanted.  Returns how many. */
static size_t collect(struct coil__cookie **found,
                      const struct coil__cookie_site *site,
                      const struct coil__cookie_wish *wish)
{
    size_t count = 0;

    for (struct coil_link *link = site->cookies.head; link; link = link->next) {
        struct coil__cookie *c =
            coil__container_of(link, struct coil__cookie, in_site);

        if (is_wanted(&c->shown, wish))
            found[count++] = c;
    }
    qsort(found, count, sizeof *found, compare);
    return count;
}

static char *join(struct coil__cookie *const *cookies, size_t count)
{
    size_t size = 1;
    char *text;
    char *at;

    for (size_t i = 0; i < count; i++)
        size += strlen(cookies[i]->shown.name) +
                strlen(cookies[i]->shown.value) + 3;
    text = coil__alloc(size);
    if (!text)
        return NULL;
    at = text;
    for (size_t i = 0; i < count; i++) {
        const struct coil_http_cookie *c = &cookies[i]->shown;

        if (i > 0)
            at = stpcpy(at, "; ");
        at = stpcpy(at, c->name);
        if (c->name[0])
            at = stpcpy(at, "=");
        at = stpcpy(at, c->value);
    }
    return text;
}

/* The mutex is held. */
static int write_header(struct coil_http_cookies *jar,
                        const struct coil__cookie_wish *wish, char **out)
{
    const struct coil__cookie_site *site =
        coil__cookies_find_site(jar, wish->place->host);
    struct coil__cookie **found;
    size_t count;
    int rc = 0;

    if (!site)
        return 0;
    found = coil__alloc(site->count * sizeof *found);
    if (!found)
        return -ENOMEM;
    count = collect(found, site, wish);
    if (count > 0) {
        *out = join(found, count);
        rc = *out ? 0 : -ENOMEM;
    }
    for (size_t i = 0; i < count && rc == 0; i++)
        coil__cookies_touch(jar, found[i]);
    coil__free(found);
    return rc;
}

int coil_http_cookies_header(struct coil_http_cookies *jar, const char *url,
                             unsigned use, char **out)
{
    struct coil__cookie_place place;
    const struct coil__cookie_wish wish = { &place, use,
                                            coil_time_of_day() / COIL_SECOND };
    int rc = coil__cookie_place(&place, url);

    *out = NULL;
    if (rc < 0)
        return rc;
    coil__mutex_lock(&jar->mutex);
    rc = write_header(jar, &wish, out);
    coil__mutex_unlock(&jar->mutex);
    return rc;
}
