/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "decode.h"

/* Part of a body or of a header; not terminated. */
struct span {
    const char *bytes;
    size_t size;
};

/* ---- UTF-8 ------------------------------------------------------------ */

/* How long the character at `s` is; 0 if it is not well formed. */
static size_t character_length(const unsigned char *s, size_t left)
{
    uint32_t code;
    size_t length;

    if (s[0] < 0x80)
        return 1;
    if (s[0] >= 0xc2 && s[0] <= 0xdf)
        length = 2;
    else if ((s[0] & 0xf0) == 0xe0)
        length = 3;
    else if (s[0] >= 0xf0 && s[0] <= 0xf4)
        length = 4;
    else
        return 0;
    if (length > left)
        return 0;

    code = s[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (s[i] & 0x3fu);
    }
    /* Neither longer than needed, nor a surrogate, nor beyond Unicode. */
    if (length == 3 && (code < 0x800 || (code >= 0xd800 && code <= 0xdfff)))
        return 0;
    if (length == 4 && (code < 0x10000 || code > 0x10ffff))
        return 0;
    return length;
}

static bool is_utf8(const char *bytes, size_t size)
{
    const unsigned char *s = (const unsigned char *)bytes;
    size_t length;

    for (size_t i = 0; i < size; i += length) {
        length = character_length(s + i, size - i);
        if (length == 0)
            return false;
    }
    return true;
}

json_t *decode_text(const char *bytes, size_t size)
{
    static const char replacement[] = "\xef\xbf\xbd";
    const unsigned char *s = (const unsigned char *)bytes;
    size_t used = 0;
    size_t length;
    json_t *text;
    char *clean;

    /* A byte grows to at most the three of the replacement. */
    clean = malloc(3 * size + 1);
    if (!clean)
        return NULL;
    for (size_t i = 0; i < size; i += length ? length : 1) {
        length = character_length(s + i, size - i);
        if (length > 0) {
            memcpy(clean + used, s + i, length);
            used += length;
        } else {
            memcpy(clean + used, replacement, 3);
            used += 3;
        }
    }
    text = json_stringn_nocheck(clean, used);
    free(clean);
    return text;
}

/* ---- bodies ----------------------------------------------------------- */

static char *encode_base64(char *out, const char *bytes, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *s = (const unsigned char *)bytes;

    for (size_t i = 0; i < size; i += 3) {
        size_t left = size - i;
        uint32_t group = (uint32_t)s[i] << 16;

        if (left > 1)
            group |= (uint32_t)s[i + 1] << 8;
        if (left > 2)
            group |= s[i + 2];
        *out++ = digits[group >> 18];
        *out++ = digits[group >> 12 & 63];
        *out++ = left > 1 ? digits[group >> 6 & 63] : '=';
        *out++ = left > 2 ? digits[group & 63] : '=';
    }
    return out;
}

json_t *decode_body(const char *bytes, size_t size, const char *type)
{
    size_t prefix;
    json_t *text;
    char *url;
    char *end;

    if (is_utf8(bytes, size))
        return json_stringn_nocheck(size > 0 ? bytes : "", size);

    if (!is_utf8(type, strlen(type)))
        type = "application/octet-stream";
    prefix = strlen("data:") + strlen(type) + strlen(";base64,");
    url = malloc(prefix + (size + 2) / 3 * 4 + 1);
    if (!url)
        return NULL;
    end = stpcpy(stpcpy(stpcpy(url, "data:"), type), ";base64,");
    end = encode_base64(end, bytes, size);
    text = json_stringn_nocheck(url, (size_t)(end - url));
    free(url);
    return text;
}

/* ---- a=1&b=2 ---------------------------------------------------------- */

/* Takes the reference to `value`, which may be NULL: no memory. */
static int add_pair(json_t *object, const char *key, size_t size, json_t *value)
{
    json_t *old = json_object_getn(object, key, size);
    json_t *list;

    if (!value)
        return -ENOMEM;
    if (!old)
        return json_object_setn_new_nocheck(object, key, size, value) < 0
                   ? -ENOMEM
                   : 0;
    if (json_is_array(old))
        return json_array_append_new(old, value) < 0 ? -ENOMEM : 0;

    list = json_array();
    if (!list || json_array_append_new(list, json_incref(old)) < 0) {
        json_decref(list);
        json_decref(value);
        return -ENOMEM;
    }
    if (json_array_append_new(list, value) < 0) {
        json_decref(list);
        return -ENOMEM;
    }
    return json_object_setn_new_nocheck(object, key, size, list) < 0 ? -ENOMEM
                                                                     : 0;
}

static int add_text(json_t *object, struct span key, json_t *value)
{
    json_t *name = decode_text(key.bytes, key.size);
    int rc;

    if (!name) {
        json_decref(value);
        return -ENOMEM;
    }
    rc = add_pair(object, json_string_value(name), json_string_length(name),
                  value);
    json_decref(name);
    return rc;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* In place; an escape that is none stays as it is.  Returns the new size. */
static size_t unescape(char *bytes, size_t size)
{
    size_t used = 0;

    for (size_t i = 0; i < size; i++) {
        char c = bytes[i] == '+' ? ' ' : bytes[i];

        if (c == '%' && i + 2 < size && hex_digit(bytes[i + 1]) >= 0 &&
            hex_digit(bytes[i + 2]) >= 0) {
            c = (char)(hex_digit(bytes[i + 1]) << 4 | hex_digit(bytes[i + 2]));
            i += 2;
        }
        bytes[used++] = c;
    }
    return used;
}

static int add_escaped(json_t *object, char *pair, size_t size)
{
    char *equals = memchr(pair, '=', size);
    size_t key_size = equals ? (size_t)(equals - pair) : size;
    char *value = equals ? equals + 1 : pair + size;
    size_t value_size = (size_t)(pair + size - value);
    struct span key;

    key = (struct span){ pair, unescape(pair, key_size) };
    value_size = unescape(value, value_size);
    return add_text(object, key, decode_text(value, value_size));
}

int decode_urlencoded(json_t *object, const char *bytes, size_t size)
{
    char *copy;
    char *pair;
    char *end;
    int rc = 0;

    copy = malloc(size + 1);
    if (!copy)
        return -ENOMEM;
    if (size > 0)
        memcpy(copy, bytes, size);
    end = copy + size;
    for (pair = copy; rc == 0 && pair < end;) {
        char *next = memchr(pair, '&', (size_t)(end - pair));
        size_t length = (size_t)((next ? next : end) - pair);

        if (length > 0)
            rc = add_escaped(object, pair, length);
        pair += length + 1;
    }
    free(copy);
    return rc;
}

/* ---- multipart/form-data ---------------------------------------------- */

/* Where `needle` begins in `text`; NULL if it does not. */
static const char *find(struct span text, struct span needle)
{
    const char *at = text.bytes;
    const char *end = text.bytes + text.size;

    while (needle.size <= (size_t)(end - at)) {
        at = memchr(at, needle.bytes[0], (size_t)(end - at) - needle.size + 1);
        if (!at || memcmp(at, needle.bytes, needle.size) == 0)
            return at;
        at++;
    }
    return NULL;
}

/* Cut `text` after the first `separator`; what is before it is `*before`. */
static bool cut(struct span *text, struct span separator, struct span *before)
{
    const char *at = find(*text, separator);

    if (!at)
        return false;
    *before = (struct span){ text->bytes, (size_t)(at - text->bytes) };
    text->size -= before->size + separator.size;
    text->bytes = at + separator.size;
    return true;
}

/* The value of `name=value` or `name="value"` in `form-data; name="value"`. */
static bool get_parameter(struct span header, const char *name,
                          struct span *value)
{
    const char *at = header.bytes;
    const char *end = header.bytes + header.size;
    size_t size = strlen(name);

    for (;;) {
        bool found;

        at = memchr(at, ';', (size_t)(end - at));
        if (!at)
            return false;
        at++;
        while (at < end && (*at == ' ' || *at == '\t'))
            at++;
        found = (size_t)(end - at) > size && at[size] == '=' &&
                strncasecmp(at, name, size) == 0;
        while (at < end && *at != '=' && *at != ';')
            at++;
        if (at == end || *at == ';')
            continue;
        at++;
        *value = (struct span){ at, 0 };
        if (at < end && *at == '"') {
            const char *quote = memchr(at + 1, '"', (size_t)(end - at - 1));

            if (!quote)
                return false;
            *value = (struct span){ at + 1, (size_t)(quote - at - 1) };
            at = quote + 1;
        } else {
            while (at < end && *at != ';' && *at != ' ')
                at++;
            value->size = (size_t)(at - value->bytes);
        }
        if (found)
            return true;
    }
}

/* The value of header `name` among the header lines of a part. */
static bool get_header(struct span headers, const char *name,
                       struct span *value)
{
    const struct span newline = { "\r\n", 2 };
    size_t size = strlen(name);
    struct span line;

    while (cut(&headers, newline, &line)) {
        if (line.size <= size || line.bytes[size] != ':' ||
            strncasecmp(line.bytes, name, size) != 0)
            continue;
        line.bytes += size + 1;
        line.size -= size + 1;
        while (line.size > 0 && *line.bytes == ' ') {
            line.bytes++;
            line.size--;
        }
        *value = line;
        return true;
    }
    return false;
}

/* `headers` is what stands before the empty line, each with its newline. */
static int add_part(json_t *form, json_t *files, struct span headers,
                    struct span content)
{
    struct span type = { "application/octet-stream", 24 };
    struct span disposition;
    struct span filename;
    struct span name;
    char type_string[128];

    if (!get_header(headers, "Content-Disposition", &disposition) ||
        !get_parameter(disposition, "name", &name))
        return 0;
    if (!get_parameter(disposition, "filename", &filename))
        return add_text(form, name, decode_text(content.bytes, content.size));

    get_header(headers, "Content-Type", &type);
    if (type.size >= sizeof type_string)
        type.size = sizeof type_string - 1;
    memcpy(type_string, type.bytes, type.size);
    type_string[type.size] = '\0';
    return add_text(files, name,
                    decode_body(content.bytes, content.size, type_string));
}

int decode_multipart(json_t *form, json_t *files, const char *type,
                     const char *bytes, size_t size)
{
    const struct span empty_line = { "\r\n\r\n", 4 };
    struct span body = { bytes, size };
    struct span delimiter;
    struct span boundary;
    struct span headers;
    struct span content;
    char text[4 + 70]; /* the longest boundary there may be */
    int rc = 0;

    if (!get_parameter((struct span){ type, strlen(type) }, "boundary",
                       &boundary) ||
        boundary.size == 0 || boundary.size > 70)
        return 0;
    memcpy(text, "\r\n--", 4);
    memcpy(text + 4, boundary.bytes, boundary.size);
    delimiter = (struct span){ text, 4 + boundary.size };

    /* The first delimiter has no line before it to end. */
    if (!cut(&body, (struct span){ text + 2, 2 + boundary.size }, &content))
        return 0;
    while (rc == 0 && body.size >= 2 && memcmp(body.bytes, "\r\n", 2) == 0) {
        if (!cut(&body, empty_line, &headers) ||
            !cut(&body, delimiter, &content))
            return 0;
        headers.size += 2; /* the newline of the last one */
        rc = add_part(form, files, headers, content);
    }
    return rc;
}
