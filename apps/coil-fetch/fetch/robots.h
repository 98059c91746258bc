/* SPDX-License-Identifier: MIT */
/*
 * robots.h - robots.txt (RFC 9309), as one crawler reads it
 *
 *     rc = robots_parse(&robots, text, size, "coil-fetch");
 *     if (rc == 0 && robots_allows(robots, "/a?b=c") > 0)
 *         ...
 *     robots_free(robots);
 *
 * Lines end with CR, LF or both.  What the RFC does not have is left out: words
 * with a typing error, lines without a colon.  "Crawl-delay: 1.5" is an extension
 * of the RFC, and is read; Sitemap and other lines are ignored, and end no group.
 */
#ifndef COIL_FETCH_FETCH_ROBOTS_H
#define COIL_FETCH_FETCH_ROBOTS_H

#include <stddef.h>

#include <coil/time.h>

struct robots;

/* What is beyond it is not read, nor the line that it cuts. */
#define ROBOTS_MAX_SIZE ((size_t)500 * 1024)

/* A longer Crawl-delay is taken for this one. */
#define ROBOTS_MAX_DELAY (24 * 60 * COIL_MINUTE)

/*
 * Read the file for a crawler, which is named by its product token: letters, "-"
 * and "_".  What is behind these in `agent` ("coil-fetch/1.0") is ignored.  All
 * groups that name it count, in any case; if none does, those for "*".
 *
 * `*out` is returned: release it with robots_free().  Returns 0; -ENOMEM.
 */
int robots_parse(struct robots **out, const char *bytes, size_t size,
                 const char *agent);

/* NULL is allowed. */
void robots_free(struct robots *robots);

/*
 * Whether the crawler may fetch `path`: that of a URL, with its query.
 * "/robots.txt" itself may always be fetched.  Returns 1; 0, and also if hostile
 * rules would take too long to try; -ENOMEM.
 */
int robots_allows(const struct robots *robots, const char *path);

/* The time between two requests; 0: none is asked for. */
coil_time robots_delay(const struct robots *robots);

/* The bytes of memory that it takes. */
size_t robots_size(const struct robots *robots);

#endif
