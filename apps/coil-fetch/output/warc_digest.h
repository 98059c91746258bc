/* SPDX-License-Identifier: MIT */
/*
 * warc_digest.h - digests as archives write them
 *
 * They are SHA-1 in base 32, "sha1:" and 32 letters, as wget, Heritrix, warcio,
 * pywb and browsertrix write them.  Readers compare these texts to find equal
 * payloads, also those of other crawls; a better hash would find nothing there.  It
 * protects nothing: whoever can change a record can change its digest.
 */
#ifndef COIL_FETCH_OUTPUT_WARC_DIGEST_H
#define COIL_FETCH_OUTPUT_WARC_DIGEST_H

#include <stddef.h>

struct warc_digest; /* one that is being computed */

/* "sha1:", 32 letters and a NUL. */
enum { WARC_DIGEST_SIZE = 5 + 32 + 1 };

/* NULL: no memory, or OpenSSL cannot be loaded. */
struct warc_digest *warc_digest_new(void);
void warc_digest_free(struct warc_digest *digest);

/* These return 0 or -ENOMEM, which libcrypto may need at any time. */
int warc_digest_add(struct warc_digest *digest, const void *bytes, size_t size);
int warc_digest_end(struct warc_digest *digest, char out[WARC_DIGEST_SIZE]);
int warc_digest_of(const void *bytes, size_t size, char out[WARC_DIGEST_SIZE]);

#endif
