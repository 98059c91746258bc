/* SPDX-License-Identifier: MIT */
#include "http/wire/websocket_key.h"

#include <string.h>

#include "http/wire/base64.h"
#include "http/wire/sha1.h"

enum { KEY = COIL__WEBSOCKET_KEY_SIZE - 1 };

void coil__websocket_key(char out[COIL__WEBSOCKET_KEY_SIZE],
                         const unsigned char nonce[COIL__WEBSOCKET_NONCE])
{
    *coil__http_base64(out, nonce, COIL__WEBSOCKET_NONCE) = '\0';
}

bool coil__websocket_is_key(const char *text)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz0123456789+/";

    /* The last letter has four bits that must be zero. */
    return strlen(text) == KEY && strspn(text, letters) == KEY - 2 &&
           strcmp(text + KEY - 2, "==") == 0 && strchr("AQgw", text[KEY - 3]);
}

void coil__websocket_answer(char out[COIL__WEBSOCKET_ACCEPT_SIZE],
                            const char *key)
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    char text[KEY + sizeof guid];
    unsigned char sum[COIL__SHA1_SIZE];

    memcpy(text, key, KEY);
    memcpy(text + KEY, guid, sizeof guid);
    coil__sha1(sum, text, strlen(text));
    *coil__http_base64(out, sum, sizeof sum) = '\0';
}
