/* SPDX-License-Identifier: MIT */
/*
 * links.h - the links of a page that comes in pieces, as absolute URLs
 *
 *     rc = links_begin(links, url, "text/html; charset=utf-8");
 *     rc = links_take_header(links, "</next>; rel=next");
 *     while (... more bytes of the body ...)
 *         rc = links_feed(links, bytes, size);
 *     rc = links_finish(links);
 *     urls = links_list(links, &count);
 *
 * Pages   HTML and XHTML: what a, area, link, img, script, iframe and their like
 *         name, srcset, a form's action, meta refresh, by <base href>.  Sitemaps
 *         (XML): <loc>.  robots.txt: Sitemap.  Others have no links.
 * URLs    http and https, normalised and without a fragment, each once, in the
 *         order in which they came.  What leads to a place of the page itself, and
 *         what only prepares a connection (rel=preconnect, dns-prefetch), is left out.
 * Limits  of links, and of their bytes; see below.  A URL beyond 8 KiB is left
 *         out.  All else that is kept of a page is one tag.
 *
 * One struct links serves one page after another.
 */
#ifndef COIL_FETCH_FETCH_LINKS_H
#define COIL_FETCH_FETCH_LINKS_H

#include <stdbool.h>
#include <stddef.h>

#define LINKS_MAX_COUNT ((size_t)10000)
#define LINKS_MAX_SIZE ((size_t)1024 * 1024) /* of all URLs of a page */
#define LINKS_MAX_URL ((size_t)8 * 1024)

struct links;

/* `*out` is returned: links_free().  Returns 0; -ENOMEM; an error of getrandom(). */
int links_new(struct links **out);

/* NULL is allowed. */
void links_free(struct links *links);

/*
 * Begin a page; what was found in the last one is gone.  `url` is where it came
 * from, `type` its Content-Type, which may be NULL.  Returns 0; -ENOMEM.
 */
int links_begin(struct links *links, const char *url, const char *type);

/* Take the value of a header Link (RFC 8288), of any page.  Returns 0; -ENOMEM. */
int links_take_header(struct links *links, const char *value);

/*
 * Take some bytes of the body, decoded if it was compressed.  After the limit
 * nothing is done.  Returns 0; -ENOMEM.
 */
int links_feed(struct links *links, const void *bytes, size_t size);

/* The body has ended.  Returns 0; -ENOMEM. */
int links_finish(struct links *links);

/* What was found so far; valid until the next call with `links`. */
const char *const *links_list(const struct links *links, size_t *count);

/* Whether there were more links than the limits allow. */
bool links_are_cut(const struct links *links);

#endif
