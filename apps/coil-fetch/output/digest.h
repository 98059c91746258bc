/* SPDX-License-Identifier: MIT */
/*
 * digest.h - checksums of what comes in pieces, by OpenSSL
 *
 *     struct digest digest = { 0 };
 *
 *     rc = digest_begin(&digest, CHECKSUM_SHA256);
 *     digest_add(&digest, bytes, size);
 *     size = digest_end(&digest, sum);
 *     digest_fini(&digest);
 */
#ifndef COIL_FETCH_OUTPUT_DIGEST_H
#define COIL_FETCH_OUTPUT_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#include "job/job.h"

enum { DIGEST_MAX_SIZE = 64 };

/* Zeroed, it is empty.  One that has ended can begin again, and is cheaper. */
struct digest {
    void *context;
    enum checksum_kind kind;
    bool has_failed;
};

/*
 * Returns 0; -ENOMEM; -ENOTSUP: OpenSSL cannot be loaded, or has no such
 * checksum, or `kind` is CHECKSUM_NONE.  After an error digest_end() returns 0.
 */
int digest_begin(struct digest *digest, enum checksum_kind kind);

/* Of a digest that has not begun, this does nothing. */
void digest_add(struct digest *digest, const void *bytes, size_t size);

/* Returns the size of the checksum; 0: OpenSSL has failed, or it had not begun. */
size_t digest_end(struct digest *digest, unsigned char sum[DIGEST_MAX_SIZE]);

void digest_fini(struct digest *digest);

/* How many bytes such a checksum has; 0: none. */
size_t digest_size(enum checksum_kind kind);

/* "sha256"; static. */
const char *digest_name(enum checksum_kind kind);

/* SHA-256 of bytes in memory.  Returns 0; -ENOMEM; -ENOTSUP. */
int digest_sha256(unsigned char sum[32], const void *bytes, size_t size);

/* 2 × size lower case hexadecimal digits and a NUL. */
void digest_hex(char *out, const unsigned char *bytes, size_t size);

#endif
