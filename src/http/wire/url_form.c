/* SPDX-License-Identifier: MIT */
#include "http/wire/url_form.h"

#include <string.h>

#include "base/memory.h"
#include "http/wire/text.h"
#include "http/wire/url_chars.h"
#include "http/wire/url_text.h"

/* ---- writing ---------------------------------------------------------- */

/* There is room for three times the bytes. */
static char *put(char *at, const char *bytes, size_t size, const char *space)
{
    for (size_t i = 0; i < size; i++) {
        if (coil__url_may_be(bytes[i], COIL__URL_UNRESERVED))
            *at++ = bytes[i];
        else if (bytes[i] == ' ' && space[0] == '+')
            *at++ = '+';
        else
            at = coil__url_put_escape(at, (unsigned char)bytes[i]);
    }
    return at;
}

static int put_pair(struct coil_buffer *out, const struct coil_url_pair *pair,
                    const char *space)
{
    size_t name_size = strlen(pair->name);
    size_t value_size = pair->value ? strlen(pair->value) : 0;
    int rc = coil__buffer_reserve(out, 3 * (name_size + value_size) + 2);
    char *begin;
    char *at;

    if (rc < 0)
        return rc;
    begin = (char *)coil__buffer_end(out);
    at = begin;
    if (out->size > 0)
        *at++ = '&';
    at = put(at, pair->name, name_size, space);
    if (pair->value) {
        *at++ = '=';
        at = put(at, pair->value, value_size, space);
    }
    coil__buffer_grow(out, (size_t)(at - begin));
    return 0;
}

int coil__url_put_pairs(struct coil_buffer *out,
                        const struct coil_url_pair *pairs, size_t count,
                        const char *space)
{
    int rc = 0;

    for (size_t i = 0; i < count && rc == 0; i++)
        rc = put_pair(out, &pairs[i], space);
    return rc;
}

/* The bytes of a buffer as a text, which releases the buffer. */
static int give(char **out, struct coil_buffer *buffer, int rc)
{
    *out = NULL;
    if (rc == 0)
        *out = coil__strndup((const char *)coil__buffer_bytes(buffer),
                             buffer->size);
    coil__buffer_fini(buffer);
    return rc < 0 ? rc : *out ? 0 : -ENOMEM;
}

int coil_url_form(char **out, const struct coil_url_pair *pairs, size_t count)
{
    struct coil_buffer buffer = { 0 };
    int rc = coil__buffer_reserve(&buffer, 1);

    if (rc == 0)
        rc = coil__url_put_pairs(&buffer, pairs, count, "+");
    return give(out, &buffer, rc);
}

int coil_url_escape(char **out, const void *bytes, size_t size)
{
    struct coil_buffer buffer = { 0 };
    int rc = coil__buffer_reserve(&buffer, 3 * size + 1);
    char *begin;

    if (rc == 0) {
        begin = (char *)coil__buffer_end(&buffer);
        coil__buffer_grow(&buffer,
                          (size_t)(put(begin, bytes, size, "%20") - begin));
    }
    return give(out, &buffer, rc);
}

/* ---- reading ---------------------------------------------------------- */

int coil_url_unescape(char **out, size_t *out_size, const char *text,
                      size_t size)
{
    char *copy = coil__alloc(size + 1);
    size_t length = 0;
    size_t i = 0;

    *out = NULL;
    if (!copy)
        return -ENOMEM;
    while (i < size) {
        if (text[i] != '%') {
            copy[length++] = text[i++];
            continue;
        }
        if (!coil__url_is_escape(text + i, size - i))
            goto refuse;
        copy[length++] = (char)coil__url_escaped(text + i);
        i += 3;
    }
    if (!out_size && memchr(copy, '\0', length))
        goto refuse;
    copy[length] = '\0';
    if (out_size)
        *out_size = length;
    *out = copy;
    return 0;

refuse:
    coil__free(copy);
    return COIL_EHTTP_BAD_URL;
}

/* The size of what stands before the next "&". */
static size_t pair_size(const char *at, const char *end)
{
    const char *and = memchr(at, '&', (size_t)(end - at));

    return (size_t)((and? and : end) - at);
}

static size_t count_pairs(const char *at, const char *end)
{
    size_t count = 0;

    while (at < end) {
        size_t size = pair_size(at, end);

        count += size > 0;
        at += size + 1;
    }
    return count;
}

/* Decode a pair into the text behind the pairs.  Returns the end of the text. */
static char *take_pair(struct coil_url_pair *pair, char *text, const char *at,
                       size_t size)
{
    const char *equals = memchr(at, '=', size);
    size_t name_size = equals ? (size_t)(equals - at) : size;

    coil__http_decode(text, at, name_size, true);
    pair->name = text;
    pair->value = NULL;
    text += name_size + 1;
    if (!equals)
        return text;
    coil__http_decode(text, equals + 1, size - name_size - 1, true);
    pair->value = text;
    return text + (size - name_size);
}

int coil_url_pairs(struct coil_url_pair **pairs, size_t *count,
                   const char *query, size_t size)
{
    const char *at = query;
    const char *end = query + size;
    struct coil_url_pair *made;
    size_t n = count_pairs(at, end);
    char *text;

    *pairs = NULL;
    *count = 0;
    if (n > COIL_URL_MAX_PAIRS)
        return COIL_EHTTP_BAD_URL;
    made = coil__alloc((n + 1) * sizeof *made + size + n);
    if (!made)
        return -ENOMEM;
    text = (char *)(made + n + 1);
    n = 0;
    while (at < end) {
        size_t one = pair_size(at, end);

        if (one > 0)
            text = take_pair(&made[n++], text, at, one);
        at += one + 1;
    }
    *pairs = made;
    *count = n;
    return 0;
}

void coil_url_pairs_free(struct coil_url_pair *pairs)
{
    coil__free(pairs);
}

const char *coil_url_pairs_find(const struct coil_url_pair *pairs, size_t count,
                                const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(pairs[i].name, name) == 0)
            return pairs[i].value ? pairs[i].value : "";
    return NULL;
}
