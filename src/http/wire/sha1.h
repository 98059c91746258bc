/* SPDX-License-Identifier: MIT */
/*
 * http/wire/sha1.h - the sum that a WebSocket's handshake asks for (RFC 3174)
 *
 * It protects no secret there, and has to be had without OpenSSL, too.
 */
#ifndef COIL_HTTP_WIRE_SHA1_H
#define COIL_HTTP_WIRE_SHA1_H

#include <stddef.h>

enum {
    COIL__SHA1_SIZE = 20,
    COIL__SHA1_MOST = 119, /* bytes of a text that fits */
};

/* The sum of a short text: at most COIL__SHA1_MOST bytes. */
void coil__sha1(unsigned char out[COIL__SHA1_SIZE], const void *bytes,
                size_t size);

#endif
