/* SPDX-License-Identifier: MIT */
/* Set-Cookie: RFC 6265bis, 5.6 and 5.7. */
#include <string.h>
#include <time.h>

#include <coil/time.h>

#include "base/mutex.h"
#include "http/client/cookie_place.h"
#include "http/client/http_cookies.h"
#include "http/wire/date.h"
#include "http/wire/suffix.h"
#include "http/wire/text.h"

enum { MAX_ATTRIBUTE = 1024, MAX_DAYS = 400, DAY = 24 * 60 * 60 };

/* A cookie that is being read, and the texts that it points to. */
struct draft {
    struct coil_http_cookie cookie;
    bool has_max_age; /* which goes before Expires */
    char pair[COIL_HTTP_MAX_COOKIE_SIZE + 2];
    char domain[MAX_ATTRIBUTE + 1];
    char path[MAX_ATTRIBUTE + 1];
};

static struct coil__http_slice trim(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    while (end > at && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    return (struct coil__http_slice){ .at = at, .size = (size_t)(end - at) };
}

/* Split at the first "=". */
static struct coil__http_slice split(struct coil__http_slice *value,
                                     const char *at, const char *end,
                                     bool *has_equals)
{
    const char *equals = memchr(at, '=', (size_t)(end - at));

    *has_equals = equals;
    *value = equals ? trim(equals + 1, end) : trim(end, end);
    return trim(at, equals ? equals : end);
}

static const char *put(char *out, struct coil__http_slice text)
{
    memcpy(out, text.at, text.size);
    out[text.size] = '\0';
    return out;
}

/* "name=value".  Without "=" it is a value. */
static bool take_pair(struct draft *draft, const char *at, const char *end)
{
    struct coil__http_slice value;
    bool has_equals;
    struct coil__http_slice name = split(&value, at, end, &has_equals);

    if (!has_equals) {
        value = name;
        name.size = 0;
    }
    if (name.size + value.size > COIL_HTTP_MAX_COOKIE_SIZE)
        return false;
    draft->cookie.name = put(draft->pair, name);
    draft->cookie.value = put(draft->pair + name.size + 1, value);
    return true;
}

/* ---- attributes ------------------------------------------------------- */

/* No cookie lives for longer than 400 days. */
static int64_t limit_time(int64_t expires, int64_t now)
{
    int64_t most = now + (int64_t)MAX_DAYS * DAY;

    if (expires > most)
        return most;
    return expires > 0 ? expires : 1; /* 0 is a session's */
}

static void take_expires(struct draft *draft, struct coil__http_slice value,
                         int64_t now)
{
    int64_t expires;

    if (!draft->has_max_age &&
        coil__http_parse_date(&expires, value.at, value.size))
        draft->cookie.expires = limit_time(expires, now);
}

static void take_max_age(struct draft *draft, struct coil__http_slice value,
                         int64_t now)
{
    const int64_t most = (int64_t)MAX_DAYS * DAY;
    bool is_negative = value.size > 0 && value.at[0] == '-';
    int64_t seconds = 0;

    if (value.size == is_negative)
        return;
    for (size_t i = is_negative; i < value.size; i++) {
        if (value.at[i] < '0' || value.at[i] > '9')
            return;
        if (seconds <= most)
            seconds = seconds * 10 + (value.at[i] - '0');
    }
    draft->has_max_age = true;
    draft->cookie.expires = 1;
    if (!is_negative && seconds > 0)
        draft->cookie.expires = limit_time(now + seconds, now);
}

static void take_domain(struct draft *draft, struct coil__http_slice value)
{
    if (value.size > 0 && value.at[0] == '.') {
        value.at++;
        value.size--;
    }
    for (size_t i = 0; i < value.size; i++)
        draft->domain[i] = coil__http_lower(value.at[i]);
    draft->domain[value.size] = '\0';
}

static void take_same_site(struct draft *draft, struct coil__http_slice value)
{
    draft->cookie.same_site = COIL_HTTP_SAME_SITE_UNSET;
    if (coil__http_slice_is(value, "None"))
        draft->cookie.same_site = COIL_HTTP_SAME_SITE_NONE;
    else if (coil__http_slice_is(value, "Lax"))
        draft->cookie.same_site = COIL_HTTP_SAME_SITE_LAX;
    else if (coil__http_slice_is(value, "Strict"))
        draft->cookie.same_site = COIL_HTTP_SAME_SITE_STRICT;
}

static void take_attribute(struct draft *draft, const char *at, const char *end,
                           int64_t now)
{
    struct coil__http_slice value;
    bool has_equals;
    struct coil__http_slice name = split(&value, at, end, &has_equals);

    if (value.size > MAX_ATTRIBUTE)
        return;
    if (coil__http_slice_is(name, "Expires"))
        take_expires(draft, value, now);
    else if (coil__http_slice_is(name, "Max-Age"))
        take_max_age(draft, value, now);
    else if (coil__http_slice_is(name, "Domain"))
        take_domain(draft, value);
    else if (coil__http_slice_is(name, "Path"))
        put(draft->path, value);
    else if (coil__http_slice_is(name, "Secure"))
        draft->cookie.is_secure = true;
    else if (coil__http_slice_is(name, "HttpOnly"))
        draft->cookie.is_http_only = true;
    else if (coil__http_slice_is(name, "SameSite"))
        take_same_site(draft, value);
}

/* ---- where it belongs ------------------------------------------------- */

static bool find_domain(struct draft *draft,
                        const struct coil__cookie_place *place)
{
    struct coil_http_cookie *c = &draft->cookie;

    c->domain = draft->domain;
    c->is_host_only = true;
    if (!draft->domain[0]) {
        strcpy(draft->domain, place->host);
        return true;
    }
    /* What many have must not be set for all of them. */
    if (coil__http_is_public_suffix(draft->domain))
        return strcmp(draft->domain, place->host) == 0;
    c->is_host_only = false;
    return coil__cookie_domain_matches(place->host, place->is_address,
                                       draft->domain);
}

/* The folder of the URL, unless there is a good Path (RFC 6265, 5.1.4). */
static bool find_path(struct draft *draft,
                      const struct coil__cookie_place *place)
{
    static const char host[] = "__Host-";
    size_t size = place->path_size;

    draft->cookie.path = draft->path;
    if (draft->path[0] == '/')
        return true;
    /* That of such a cookie must be said. */
    if (coil__http_equal_n(draft->cookie.name, host, sizeof host - 1))
        return false;
    while (size > 1 && place->path[size - 1] != '/')
        size--;
    if (size > 1)
        size--;
    if (size > MAX_ATTRIBUTE)
        return false;
    put(draft->path,
        (struct coil__http_slice){ .at = place->path, .size = size });
    return true;
}

/* Whether a cookie from a server without TLS would stand in for a Secure one. */
static bool hides_secure(const struct coil_http_cookies *jar,
                         const struct coil_http_cookie *cookie)
{
    const struct coil__cookie_site *site =
        coil__cookies_find_site(jar, cookie->domain);
    const struct coil_link *link = site ? site->cookies.head : NULL;

    for (; link; link = link->next) {
        const struct coil_http_cookie *old =
            &coil__container_of(link, const struct coil__cookie, in_site)
                 ->shown;

        if (old->is_secure && strcmp(old->name, cookie->name) == 0 &&
            (coil__cookie_domain_matches(old->domain, false, cookie->domain) ||
             coil__cookie_domain_matches(cookie->domain, false, old->domain)) &&
            coil__cookie_path_matches(cookie->path, strlen(cookie->path),
                                      old->path))
            return true;
    }
    return false;
}

/* ---- all of it -------------------------------------------------------- */

static bool has_control(const char *text)
{
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;

        if ((byte < ' ' && byte != '\t') || byte == 127)
            return true;
    }
    return false;
}

static const char *end_of(const char *at)
{
    return at + strcspn(at, ";");
}

static int set(struct coil_http_cookies *jar,
               const struct coil__cookie_place *place, const char *text)
{
    int64_t now = coil_time_of_day() / COIL_SECOND;
    struct draft draft = { .has_max_age = false };
    const char *end = end_of(text);
    int rc;

    if (has_control(text) || !take_pair(&draft, text, end))
        return 0;
    while (*end) {
        const char *at = end + 1;

        end = end_of(at);
        take_attribute(&draft, at, end, now);
    }
    if (!find_domain(&draft, place) || !find_path(&draft, place))
        return 0;
    if (!place->is_secure &&
        (draft.cookie.is_secure || hides_secure(jar, &draft.cookie)))
        return 0;
    rc = coil__cookies_add(jar, &draft.cookie);
    if (rc == 0 && coil__cookie_is_expired(&draft.cookie, now))
        return 1;
    return rc;
}

int coil_http_cookies_set(struct coil_http_cookies *jar, const char *url,
                          const char *set_cookie)
{
    struct coil__cookie_place place;
    int rc = coil__cookie_place(&place, url);

    if (rc < 0)
        return rc;
    coil__mutex_lock(&jar->mutex);
    rc = set(jar, &place, set_cookie);
    coil__mutex_unlock(&jar->mutex);
    return rc;
}

int coil_http_cookies_take(struct coil_http_cookies *jar, const char *url,
                           const struct coil_http_header *headers, size_t count)
{
    struct coil__cookie_place place;
    int taken = 0;
    int rc = coil__cookie_place(&place, url);

    for (size_t i = 0; i < count && rc >= 0; i++) {
        if (!coil__http_equal(headers[i].name, "Set-Cookie"))
            continue;
        coil__mutex_lock(&jar->mutex);
        rc = set(jar, &place, headers[i].value);
        coil__mutex_unlock(&jar->mutex);
        taken += rc > 0;
    }
    return rc < 0 ? rc : taken;
}
