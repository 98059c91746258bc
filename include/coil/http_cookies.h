/* SPDX-License-Identifier: MIT */
/*
 * coil/http_cookies.h - a jar of cookies, as browsers keep them (RFC 6265bis)
 *
 *     struct coil_http_cookies *jar;
 *
 *     rc = coil_http_cookies_new(&jar, NULL);
 *     rc = coil_http_cookies_load(jar, "cookies.txt");
 *     rc = coil_http_cookies_set(jar, "https://example.org/", "a=b; Secure");
 *     rc = coil_http_cookies_header(jar, "https://example.org/", 0, &value);
 *
 * The rules are those of draft-ietf-httpbis-rfc6265bis: Domain, Path, Secure,
 * HttpOnly, SameSite, Max-Age and Expires, at most 400 days; the prefixes
 * __Secure- and __Host-, in any case; a server without TLS neither sets Secure
 * cookies nor hides one that is there.  What a cookie has that is not in RFC
 * 6265bis is ignored.
 *
 * Domain is checked against the list of public suffixes of libpsl, so that a
 * server cannot set cookies for all of "co.uk".  A build without libpsl guesses:
 * one label, or two of which the last has two letters, is taken for a public
 * suffix.  So "example.de" can set cookies for itself only, and "blogspot.com" is
 * not known to belong to many.
 *
 * Limits   A name and its value have at most 4096 bytes together, and a jar has
 *          so many cookies of a site, and in all, as its options say.  Beyond
 *          that those are dropped that have not been used for longest, in a site
 *          first those that have expired, and those without Secure.
 * Tabs     A name or value with a tab is refused, because no file could have it.
 * Time     is the clock of the wall, time(NULL).
 * Threads  A jar may be that of clients of several loops: all functions but new,
 *          free and next may be called in any thread.  The jar must stay as it is
 *          while its cookies are gone through by next.
 * asyncio  aiohttp's CookieJar.
 */
#ifndef COIL_HTTP_COOKIES_H
#define COIL_HTTP_COOKIES_H

#include <coil/base.h>
#include <coil/error.h>
#include <coil/http.h>

#ifdef __cplusplus
extern "C" {
#endif

struct coil_http_cookies;

#define COIL_HTTP_MAX_COOKIES ((size_t)3000)
#define COIL_HTTP_MAX_COOKIES_PER_SITE ((size_t)180)
#define COIL_HTTP_MAX_COOKIE_SIZE ((size_t)4096)

/* Zeroed is the default of everything. */
struct coil_http_cookies_options {
    size_t max_cookies;          /* 0: 3000 */
    size_t max_cookies_per_site; /* 0: 180 */
};

enum coil_http_same_site {
    COIL_HTTP_SAME_SITE_UNSET,
    COIL_HTTP_SAME_SITE_NONE,
    COIL_HTTP_SAME_SITE_LAX,
    COIL_HTTP_SAME_SITE_STRICT,
};

/* A cookie.  It belongs to its jar, and is valid until the jar changes. */
struct coil_http_cookie {
    const char *name; /* may be "" */
    const char *value;
    const char *domain; /* a host in lower case, without a dot in front */
    const char *path;
    int64_t expires;   /* seconds since 1970; 0: when the session ends */
    bool is_host_only; /* not for hosts below `domain` */
    bool is_secure;
    bool is_http_only;
    enum coil_http_same_site same_site;
};

/*
 * Make a jar.  `options` may be NULL.  `*out` is returned: release it with
 * coil_http_cookies_free().  Returns 0; -ENOMEM.
 */
COIL_API int
coil_http_cookies_new(struct coil_http_cookies **out,
                      const struct coil_http_cookies_options *options)
    COIL_MUST_CHECK;

/* Free a jar; NULL is allowed. */
COIL_API void coil_http_cookies_free(struct coil_http_cookies *jar);

/* ---- by the rules ------------------------------------------------------ */

/*
 * Take the value of one Set-Cookie header that came from `url`.  A cookie that
 * has expired takes an older one away, and is not kept.
 *
 * Returns 1 if it was kept or has expired; 0 if the rules refuse it, and the jar
 * is as it was;
 * COIL_EHTTP_BAD_URL; -ENOMEM, with the jar as it was.
 */
COIL_API int coil_http_cookies_set(struct coil_http_cookies *jar,
                                   const char *url, const char *set_cookie)
    COIL_MUST_CHECK;

/*
 * Take all Set-Cookie headers of a response to a request for `url`.  Returns how
 * many were taken; COIL_EHTTP_BAD_URL; -ENOMEM, with some of them taken.
 */
COIL_API int coil_http_cookies_take(struct coil_http_cookies *jar,
                                    const char *url,
                                    const struct coil_http_header *headers,
                                    size_t count) COIL_MUST_CHECK;

/* What a request is, for SameSite.  0 is a request for the same site. */
enum coil_http_cookies_use {
    COIL_HTTP_COOKIES_CROSS_SITE = 1, /* another site asks for it */
    COIL_HTTP_COOKIES_NAVIGATION = 2, /* … as a link does, with GET or HEAD */
    COIL_HTTP_COOKIES_NO_HTTP = 4,    /* no HttpOnly: it is not for a request */
};

/*
 * The value of the header Cookie for a request for `url`: "a=b; c=d", those with
 * the longest path first, or NULL if there are none.  `*out` is returned: release
 * it with coil_http_cookies_free_text().
 *
 * Returns 0; COIL_EHTTP_BAD_URL; -ENOMEM.
 */
COIL_API int coil_http_cookies_header(struct coil_http_cookies *jar,
                                      const char *url, unsigned use, char **out)
    COIL_MUST_CHECK;

/* NULL is allowed. */
COIL_API void coil_http_cookies_free_text(char *text);

/* ---- by hand ----------------------------------------------------------- */

/* How many there are, with those that have expired meanwhile. */
COIL_API size_t coil_http_cookies_count(const struct coil_http_cookies *jar);

/*
 * The cookie after `cookie`, NULL: the first, in no order.  NULL after the last.
 */
COIL_API const struct coil_http_cookie *
coil_http_cookies_next(const struct coil_http_cookies *jar,
                       const struct coil_http_cookie *cookie);

/*
 * Add a copy of `cookie`, whoever it is from; one with the same name, domain and
 * path is replaced.  The prefixes and the limits count here, too.
 *
 * Returns 1; 0 if it is refused, or has expired; -ENOMEM.
 */
COIL_API int coil_http_cookies_add(struct coil_http_cookies *jar,
                                   const struct coil_http_cookie *cookie)
    COIL_MUST_CHECK;

/* Drop all, those that have expired, or those that end with a session. */
COIL_API void coil_http_cookies_clear(struct coil_http_cookies *jar);
COIL_API void coil_http_cookies_clear_expired(struct coil_http_cookies *jar);
COIL_API void coil_http_cookies_clear_session(struct coil_http_cookies *jar);

/* ---- files ------------------------------------------------------------- */

/*
 * Add what a text has in the format of Netscape, which curl, wget and browsers
 * read and write: a line a cookie, seven fields with tabs between.  What is no
 * cookie is left out.  The format has no SameSite.
 *
 * Returns how many were added; -ENOMEM, with some of them added.
 */
COIL_API int coil_http_cookies_read(struct coil_http_cookies *jar,
                                    const char *text, size_t size)
    COIL_MUST_CHECK;

/*
 * Write that format, for all that has not expired.  `*out` is returned: release
 * it with coil_http_cookies_free_text().  Returns 0; -ENOMEM.
 */
COIL_API int coil_http_cookies_write(struct coil_http_cookies *jar, char **out)
    COIL_MUST_CHECK;

/*
 * The same from and to a file.  These functions block while the file is read and
 * written.  A file is written beside the one that it replaces, and is the user's
 * alone (mode 600).
 *
 * coil_http_cookies_load() returns as coil_http_cookies_read(), and what open()
 * and read() return; -EFBIG for more than 16 MiB.  coil_http_cookies_save()
 * returns 0; what open(), write(), fsync() and rename() return, with the old file
 * as it was; -ENOMEM.
 */
COIL_API int coil_http_cookies_load(struct coil_http_cookies *jar,
                                    const char *file) COIL_MUST_CHECK;
COIL_API int coil_http_cookies_save(struct coil_http_cookies *jar,
                                    const char *file) COIL_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
