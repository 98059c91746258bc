/* SPDX-License-Identifier: MIT */
/*
 * domain.h - whose server a URL is on: the key of a group that is treated politely
 *
 *     rc = domain_key(&key, DOMAIN_BY_SITE, "https://www.example.co.uk/a", NULL);
 *                                                            "example.co.uk"
 */
#ifndef COIL_FETCH_FETCH_DOMAIN_H
#define COIL_FETCH_FETCH_DOMAIN_H

#include "common/text.h"

enum domain_by {
    DOMAIN_BY_HOST,    /* the host's name or address, whatever the port */
    DOMAIN_BY_SITE,    /* the registrable domain; of an address: itself */
    DOMAIN_BY_ADDRESS, /* where the connection leads */
};

/*
 * Write the key for a URL into `key`, which is emptied first.  `address` is what
 * coil_address_string() says of the peer, for DOMAIN_BY_ADDRESS; NULL: it is not
 * known, and the host is the key.
 *
 * Returns 0; COIL_EHTTP_BAD_URL, also if the URL has no host; -ENOMEM.
 */
int domain_key(struct text *key, enum domain_by by, const char *url,
               const char *address);

/*
 * The registrable domain within a name, which is in lower case: a public suffix,
 * and one label more.  The name itself if it has no more than that.
 */
const char *domain_site(const char *name);

/*
 * NULL; or, in a build without libpsl, a sentence that says so: then the last two
 * labels are taken, and all of "co.uk" is one site.
 */
const char *domain_note(void);

#endif
