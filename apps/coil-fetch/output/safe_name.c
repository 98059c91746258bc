/* SPDX-License-Identifier: MIT */
#include "output/safe_name.h"

#include <errno.h>
#include <string.h>

#include "output/digest.h"

enum { HASH_DIGITS = 16 };

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that "%41" at `at` stands for; -1: it is no escape. */
static int escaped(const char *at, const char *end)
{
    if (end - at < 3 || at[0] != '%' || digit(at[1]) < 0 || digit(at[2]) < 0)
        return -1;
    return digit(at[1]) << 4 | digit(at[2]);
}

static void add_escaped(struct text *text, unsigned char byte)
{
    static const char digits[] = "0123456789ABCDEF";
    const char escape[3] = { '%', digits[byte >> 4], digits[byte & 15] };

    text_add_bytes(text, escape, sizeof escape);
}

/* How many bytes the character of UTF-8 that begins so has; 0: none. */
static size_t length_of(unsigned char first)
{
    return first < 0x80   ? 1
           : first < 0xc2 ? 0
           : first < 0xe0 ? 2
           : first < 0xf0 ? 3
           : first < 0xf5 ? 4
                          : 0;
}

/*
 * Whether `length` bytes are one character that may stand in a name: neither a
 * control character, nor one of U+200E, U+200F, U+2028 to U+202E, U+2066 to U+2069,
 * U+FEFF.
 */
static bool is_harmless(const unsigned char *at, size_t length)
{
    unsigned long c = length == 2 ? at[0] & 0x1f : at[0] & (0xff >> length);

    if (length == 1)
        return at[0] >= 0x20 && at[0] != 0x7f;
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return false;
        c = c << 6 | (at[i] & 0x3f);
    }
    if ((length == 3 && c < 0x800) || (length == 4 && c < 0x10000) ||
        c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return false;
    return c >= 0xa0 && c != 0x200e && c != 0x200f && c != 0xfeff &&
           !(c >= 0x2028 && c <= 0x202e) && !(c >= 0x2066 && c <= 0x2069);
}

/*
 * The character at `at`, before `end`, decoded into `bytes`; returns how much of the
 * text it takes.  `*length` is 0 if it may not stand in a name: then it is one byte.
 */
static size_t take(const char *at, const char *end, bool decodes,
                   unsigned char bytes[4], size_t *length)
{
    const char *from = at;
    size_t count = 0;
    size_t wanted = 1;

    *length = 0;
    do {
        int byte = decodes ? escaped(at, end) : -1;

        at += byte < 0 ? 1 : 3;
        bytes[count] = byte < 0 ? (unsigned char)at[-1] : (unsigned char)byte;
        if (count++ == 0) {
            /* Decoded, these would mean something else. */
            if (byte == '/' || byte == '%')
                return (size_t)(at - from);
            wanted = length_of(bytes[0]);
            if (wanted == 0)
                return (size_t)(at - from);
        }
    } while (count < wanted && at < end);
    if (count == wanted && is_harmless(bytes, count)) {
        *length = count;
        return (size_t)(at - from);
    }
    return decodes && escaped(from, end) >= 0 ? 3 : 1;
}

static void add_name(struct text *text, const char *at, const char *end,
                     bool decodes, bool keeps_slashes)
{
    while (at < end) {
        unsigned char bytes[4];
        size_t length;

        at += take(at, end, decodes, bytes, &length);
        if (length == 0 || (bytes[0] == '/' && !keeps_slashes))
            add_escaped(text, bytes[0]);
        else
            text_add_bytes(text, bytes, length);
    }
}

void safe_name_add(struct text *text, const char *bytes, size_t size,
                   bool keeps_slashes)
{
    add_name(text, bytes, bytes + size, true, keeps_slashes);
}

void safe_name_add_plain(struct text *text, const char *bytes, size_t size,
                         bool keeps_slashes)
{
    add_name(text, bytes, bytes + size, false, keeps_slashes);
}

int safe_name_hash(char out[17], const char *bytes, size_t size)
{
    unsigned char sum[32];
    int rc = digest_sha256(sum, bytes, size);

    if (rc == 0)
        digest_hex(out, sum, HASH_DIGITS / 2);
    return rc;
}

static bool ends_with(const char *at, size_t size, const char *end)
{
    size_t length = strlen(end);

    return size >= length && memcmp(at + size - length, end, length) == 0;
}

/* Whether the name's first dot must not stand there. */
static bool has_bad_dot(const char *at, size_t size)
{
    if (at[0] != '.')
        return false;
    return size == 1 || (size == 2 && at[1] == '.') ||
           ends_with(at, size, ".part") || ends_with(at, size, ".meta");
}

/* At most `most` bytes, and no half character. */
static size_t cut(const char *at, size_t most)
{
    while (most > 0 && ((unsigned char)at[most] & 0xc0) == 0x80)
        most--;
    return most;
}

static int add_component(struct text *out, const char *at, size_t size)
{
    char hash[HASH_DIGITS + 1];
    int rc;

    if (size <= SAFE_COMPONENT) {
        bool is_bad = has_bad_dot(at, size);

        if (is_bad)
            text_add(out, size == 2 ? "%2E%2E" : "%2E");
        if (!is_bad || size > 2)
            text_add_bytes(out, at + is_bad, size - is_bad);
        return 0;
    }
    rc = safe_name_hash(hash, at, size);
    if (rc < 0)
        return rc;
    text_add_bytes(out, at, cut(at, SAFE_COMPONENT - 1 - HASH_DIGITS));
    text_add_char(out, '~');
    text_add(out, hash);
    return 0;
}

/* Too long as a whole: whole components, and a hash. */
static int shorten(struct text *out, size_t begin)
{
    char hash[HASH_DIGITS + 1];
    size_t size = SAFE_PATH;
    int rc = safe_name_hash(hash, out->bytes + begin, out->size - begin);

    if (rc < 0)
        return rc;
    while (size > 0 && out->bytes[begin + size - 1] != '/')
        size--;
    out->size = begin + size;
    text_add_char(out, '~');
    text_add(out, hash);
    return 0;
}

int safe_name_finish(struct text *out, const char *path)
{
    size_t begin = out->size;
    size_t size = strlen(path);
    int rc = 0;

    for (const char *at = path; rc == 0 && *at != '\0';) {
        size_t length = strcspn(at, "/");

        if (length > 0) {
            if (out->size > begin)
                text_add_char(out, '/');
            rc = add_component(out, at, length);
        }
        at += length;
        at += *at == '/';
    }
    if (size == 0 || path[size - 1] == '/') {
        if (out->size > begin)
            text_add_char(out, '/');
        text_add(out, "index.html");
    }
    if (rc == 0 && !out->has_failed && out->size - begin > SAFE_PATH)
        rc = shorten(out, begin);
    return rc < 0 ? rc : out->has_failed ? -ENOMEM : 0;
}
