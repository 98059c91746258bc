/* SPDX-License-Identifier: MIT */
/*
 * md5.h - MD5 (RFC 1321), which passwords in /digest-auth go by
 *
 * It protects nothing.  The library has no hash of its own, and OpenSSL need not
 * be there.
 */
#ifndef COIL_HTTPBIN_MD5_H
#define COIL_HTTPBIN_MD5_H

#include <stdint.h>

enum { MD5_HEX = 33 };

struct md5 {
    uint32_t state[4];
    uint64_t size; /* of what came, in bytes */
    unsigned char block[64];
};

void md5_begin(struct md5 *md5);
void md5_add(struct md5 *md5, const char *text);

/* The digest in hexadecimal digits. */
void md5_end(struct md5 *md5, char hex[MD5_HEX]);

#endif
