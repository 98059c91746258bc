/* SPDX-License-Identifier: MIT */
/*
 * http/client/http_cookies.h - how cookies are kept
 *
 * The cookies of a site (suffix.h) are a list, and the sites are in a table of
 * hashes.  All cookies are in the list `used` besides, the one used last first.
 *
 * The mutex guards all of it.  A function whose name begins with `coil__` is called
 * while it is held.
 */
#ifndef COIL_HTTP_CLIENT_HTTP_COOKIES_H
#define COIL_HTTP_CLIENT_HTTP_COOKIES_H

#include <coil/http_cookies.h>

#include "base/list.h"
#include "base/platform.h"

struct coil__cookie {
    struct coil_http_cookie shown; /* first: users have a pointer to it */
    struct coil__cookie_site *site;
    struct coil_link in_site;
    struct coil_link in_used;
    uint64_t created; /* both count up */
    uint64_t used;
};

struct coil__cookie_site {
    struct coil__cookie_site *next; /* in its bucket */
    struct coil_list cookies;
    size_t count;
    char name[];
};

#define COIL__COOKIE_BUCKETS 512

struct coil_http_cookies {
    unsigned mutex;
    size_t max;
    size_t max_per_site;
    size_t count;
    uint64_t clock; /* of `created` and `used` */
    struct coil_list used;
    struct coil__cookie_site *sites[COIL__COOKIE_BUCKETS];
};

/* coil_http_cookies_add(). */
int coil__cookies_add(struct coil_http_cookies *jar,
                      const struct coil_http_cookie *cookie);

/* The site to which a host belongs, or NULL. */
struct coil__cookie_site *
coil__cookies_find_site(const struct coil_http_cookies *jar, const char *host);

/* Note that a cookie is used. */
void coil__cookies_touch(struct coil_http_cookies *jar,
                         struct coil__cookie *cookie);

/* Whether its time is over. */
bool coil__cookie_is_expired(const struct coil_http_cookie *cookie,
                             int64_t now);

#endif
