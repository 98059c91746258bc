/* SPDX-License-Identifier: MIT */
#include <coil/http_text.h>

#include <stdbool.h>
#include <string.h>

#include <coil/error.h>
#include <coil/http_client.h>

#include "http/wire/text.h"

const struct coil_http_header coil_http_json_header = { "Content-Type",
                                                        "application/json" };

int coil_http_post_json(struct coil_http_client *client, const char *url,
                        const char *text, struct coil_http_response **response)
{
    const struct coil_http_header headers[] = {
        { "Content-Type", "application/json" },
        { "Accept", "application/json" },
    };
    const struct coil_http_request request = { .method = "POST",
                                               .url = url,
                                               .headers = headers,
                                               .header_count = 2,
                                               .body = text,
                                               .body_size = strlen(text) };

    return coil_http_request(client, &request, response);
}

/* ---- the type --------------------------------------------------------- */

/* The value of a parameter, perhaps in double quotes; size 0: there is none. */
static struct coil__http_slice find_parameter(const char *type,
                                              const char *name)
{
    size_t size = strlen(name);
    const char *at = strchr(type, ';');

    for (; at; at = strchr(at, ';')) {
        bool is_quoted;
        const char *value;

        at += 1 + strspn(at + 1, " \t");
        if (strlen(at) <= size || !coil__http_equal_n(at, name, size) ||
            at[size] != '=')
            continue;
        value = at + size + 1;
        is_quoted = *value == '"';
        value += is_quoted;
        return (struct coil__http_slice){
            value, strcspn(value, is_quoted ? "\"" : "; \t")
        };
    }
    return (struct coil__http_slice){ "", 0 };
}

static bool has_good_charset(const char *type)
{
    struct coil__http_slice charset = find_parameter(type, "charset");

    return charset.size == 0 || coil__http_slice_is(charset, "utf-8") ||
           coil__http_slice_is(charset, "utf8") ||
           coil__http_slice_is(charset, "us-ascii");
}

static bool is_json(const char *type)
{
    static const char end[] = "+json";
    struct coil__http_slice name = { type, strcspn(type, "; \t") };

    if (coil__http_slice_is(name, "application/json"))
        return true;
    return name.size > sizeof end - 1 &&
           coil__http_equal_n(type + name.size - (sizeof end - 1), end,
                              sizeof end - 1);
}

/* ---- the text --------------------------------------------------------- */

/* How many bytes follow the first one of a character, or -1. */
static int tail_of(unsigned char byte)
{
    if (byte < 0x80)
        return 0;
    if (byte >= 0xc2 && byte < 0xe0)
        return 1;
    if (byte >= 0xe0 && byte < 0xf0)
        return 2;
    return byte >= 0xf0 && byte < 0xf5 ? 3 : -1;
}

/* Whether the second byte of a character does not make it overlong or wrong. */
static bool is_second(unsigned char first, unsigned char byte)
{
    if (first == 0xe0)
        return byte >= 0xa0;
    if (first == 0xed)
        return byte < 0xa0; /* no surrogates */
    if (first == 0xf0)
        return byte >= 0x90;
    return first != 0xf4 || byte < 0x90;
}

/* Without a NUL.  One follows the text. */
static bool is_utf8(const char *text, size_t size)
{
    const unsigned char *at = (const unsigned char *)text;
    const unsigned char *end = at + size;

    while (at < end) {
        unsigned char first = *at++;
        int tail = tail_of(first);

        if (first == 0 || tail < 0 || (tail > 0 && !is_second(first, *at)))
            return false;
        for (; tail > 0; tail--)
            if ((*at++ & 0xc0) != 0x80)
                return false;
    }
    return true;
}

int coil_http_response_text(const struct coil_http_response *response,
                            const char **text, size_t *size)
{
    static const char mark[] = "\xef\xbb\xbf";
    const char *type = coil_http_response_header(response, "Content-Type");
    const char *body = response->body;
    size_t body_size = response->body_size;

    if (type && !has_good_charset(type))
        return -EPROTOTYPE;
    if (!is_utf8(body, body_size))
        return COIL_EHTTP_MALFORMED;
    if (strncmp(body, mark, 3) == 0) {
        body += 3;
        body_size -= 3;
    }
    *text = body;
    *size = body_size;
    return 0;
}

int coil_http_response_json(const struct coil_http_response *response,
                            const char **text, size_t *size)
{
    const char *type = coil_http_response_header(response, "Content-Type");

    if (!type || !is_json(type))
        return -EPROTOTYPE;
    return coil_http_response_text(response, text, size);
}
