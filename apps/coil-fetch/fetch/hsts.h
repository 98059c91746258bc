/* SPDX-License-Identifier: MIT */
/*
 * hsts.h - hosts that are spoken to over https only (RFC 6797)
 *
 *     rc = hsts_take(hsts, "https://example.org/", header, time(NULL));
 *     if (hsts_rewrite(hsts, "http://www.example.org/", time(NULL), &url) > 0)
 *         ...                          "https://www.example.org/"
 *
 * The file is that of curl's --hsts.  Time is the wall clock, in seconds since 1970.
 * Beyond the limit the host is forgotten that was not seen or asked for longest.
 */
#ifndef COIL_FETCH_FETCH_HSTS_H
#define COIL_FETCH_FETCH_HSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <coil/base.h>

struct hsts;

#define HSTS_MAX_HOSTS ((size_t)10000)

/*
 * Make a list of at most `max_hosts`; 0: 10,000.  `*out` is returned: release it
 * with hsts_free().  Returns 0; -ENOMEM; an error of getrandom().
 */
int hsts_new(struct hsts **out, size_t max_hosts);

/* NULL is allowed. */
void hsts_free(struct hsts *hsts);

/* How many hosts are in it, with those that have expired meanwhile. */
size_t hsts_count(const struct hsts *hsts);

/*
 * Take the value of the first Strict-Transport-Security header of a response.
 * `url` is the one that has answered; the certificate of its server was checked,
 * and good.  "max-age=0" makes the host an ordinary one.
 *
 * Returns 1; 0 if nothing was taken, because the URL is not https, or its host an
 * address, or the value is not well formed; -ENOMEM, with the list as it was.
 */
int hsts_take(struct hsts *hsts, const char *url, const char *value,
              int64_t now);

/* Whether a host, a name in any case, is spoken to over https only. */
bool hsts_upgrades(struct hsts *hsts, const char *host, size_t size,
                   int64_t now);

/*
 * Make a URL https if its host asks for it: port 80 becomes 443, another one that
 * is given stays.  `*out` is returned: release it with coil_url_free().
 *
 * Returns 1; 0 if the URL is to be used as it is, `*out` is NULL then;
 * COIL_EHTTP_BAD_URL; -ENOMEM.
 */
int hsts_rewrite(struct hsts *hsts, const char *url, int64_t now, char **out);

/*
 * Add what a file has; lines that are not of the format are passed over.  Of two
 * lines for one host the one that lasts longer counts.  A file that is not there is
 * an empty one.
 *
 * Returns 0; an error of coil_file_open() or coil_file_pread(); -ENOMEM and
 * -ECANCELED, with some of the lines added.
 */
int hsts_load(struct hsts *hsts, const char *file, int64_t now) COIL_SUSPENDS;

/*
 * Replace the file as a whole; what has expired is left out.  The file is its
 * owner's alone (mode 600).  Returns as coil_file_replace(), with the old file as it was.
 */
int hsts_save(struct hsts *hsts, const char *file, int64_t now) COIL_SUSPENDS;

#endif
