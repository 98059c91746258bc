/* SPDX-License-Identifier: MIT */
/*
 * secrets.h - who the user is at each host, by his file netrc: -n, --netrc-file
 *
 *     rc = secrets_open(&secrets, NULL);
 *     rc = secrets_find(secrets, url, &authorization);
 *     if (rc > 0)
 *         ... Authorization: authorization
 *     coil_http_auth_free_text(authorization);
 *
 * The file is read once, and looked through once for each host.
 */
#ifndef COIL_FETCH_FETCH_SECRETS_H
#define COIL_FETCH_FETCH_SECRETS_H

#include <coil/base.h>

struct secrets;

/*
 * Read a file; NULL: that which the environment's NETRC names, or .netrc in the
 * folder HOME, which need not be there.  `*out` is returned: release it with
 * secrets_close().
 *
 * Returns 0; -EFBIG for more than 1 MiB; -ENOMEM; -ECANCELED; an error of
 * coil_file_open() or coil_file_pread().
 */
int secrets_open(struct secrets **out, const char *file) COIL_SUSPENDS;

/* Wipe and free all; NULL is allowed. */
void secrets_close(struct secrets *secrets);

/*
 * What Authorization says to the host of a URL, by Basic.  A user in the URL chooses
 * among several at one host; a URL with a password has its own secret.  `*out` is
 * returned: release it with coil_http_auth_free_text().
 *
 * Returns 1; 0 with NULL: there is no entry; COIL_EHTTP_BAD_URL; -EINVAL: the file
 * is not well formed up to there; COIL_EHTTP_BAD_HEADER: user or password cannot be
 * sent; -ENOMEM.
 */
int secrets_find(struct secrets *secrets, const char *url, char **out);

#endif
