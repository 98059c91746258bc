/* SPDX-License-Identifier: MIT */
#include "http/wire/websocket_url.h"

#include <stdbool.h>
#include <string.h>

#include "http/wire/text.h"

static bool begins_with(const char *text, const char *word)
{
    size_t size = strlen(word);

    return strlen(text) >= size && coil__http_equal_n(text, word, size);
}

const char *coil__websocket_url_behind_ws(const char *url)
{
    bool is_one = begins_with(url, "ws:") || begins_with(url, "wss:");

    return is_one ? url + 2 : NULL;
}
