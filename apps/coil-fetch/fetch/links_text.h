/* SPDX-License-Identifier: MIT */
/*
 * links_text.h - where there are URLs in a text: srcset, meta refresh, a header Link
 *
 * A function is called for each; what it returns, if negative, ends the reading and
 * is returned.
 */
#ifndef COIL_FETCH_FETCH_LINKS_TEXT_H
#define COIL_FETCH_FETCH_LINKS_TEXT_H

#include <stdbool.h>
#include <stddef.h>

typedef int (*links_take_fn)(void *arg, const char *url, size_t size);

/* "a.png 1x, b.png 2x": the HTML Standard, 4.8.4.2.2. */
int links_of_srcset(const char *text, links_take_fn take, void *arg);

/* "5; url=next": the HTML Standard, 4.2.5.3. */
int links_of_refresh(const char *text, links_take_fn take, void *arg);

/* "<next>; rel=next, <x>; rel=\"a b\"": RFC 8288, 3. */
int links_of_header(const char *text, links_take_fn take, void *arg);

/* Whether rel says that a link leads to no resource: preconnect, dns-prefetch. */
bool links_rel_is_hint(const char *rel, size_t size);

#endif
