/* SPDX-License-Identifier: MIT */
/*
 * http/wire/websocket_key.h - what client and server of a WebSocket show each
 * other: that both mean a WebSocket, and neither an old answer (RFC 6455, 4.2.2)
 */
#ifndef COIL_HTTP_WIRE_WEBSOCKET_KEY_H
#define COIL_HTTP_WIRE_WEBSOCKET_KEY_H

#include <stdbool.h>

/* Texts, with a NUL. */
enum {
    COIL__WEBSOCKET_NONCE = 16,
    COIL__WEBSOCKET_KEY_SIZE = 25,
    COIL__WEBSOCKET_ACCEPT_SIZE = 29,
};

/* The client's key of these random bytes. */
void coil__websocket_key(char out[COIL__WEBSOCKET_KEY_SIZE],
                         const unsigned char nonce[COIL__WEBSOCKET_NONCE]);

/* Whether `text` is 16 bytes in base64, in the one way in which to write them. */
bool coil__websocket_is_key(const char *text);

/* The server's answer to a key, which is one. */
void coil__websocket_answer(char out[COIL__WEBSOCKET_ACCEPT_SIZE],
                            const char *key);

#endif
