/* SPDX-License-Identifier: MIT */
#include "input/details.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct job_details *details_new(void)
{
    struct job_details *details = malloc(sizeof *details);

    if (details)
        *details = (struct job_details){ .expected_size = -1 };
    return details;
}

static char *copy_of(const char *bytes, size_t size)
{
    char *copy = malloc(size + 1);

    if (!copy)
        return NULL;
    if (size > 0)
        memcpy(copy, bytes, size);
    copy[size] = '\0';
    return copy;
}

int details_set(char **field, const char *bytes, size_t size)
{
    char *copy = copy_of(bytes, size);

    if (!copy)
        return -ENOMEM;
    free(*field);
    *field = copy;
    return 0;
}

/* ---- headers ---- */

static const char *fault_of(const char *name, const char *value)
{
    if (!coil_http_is_token(name))
        return "this is not the name of a header";
    if (!coil_http_is_value(value))
        return "the value of a header has a control character, or a blank at an "
               "end";
    if (strcasecmp(name, "Content-Length") == 0 ||
        strcasecmp(name, "Transfer-Encoding") == 0)
        return "the length of the body is not for the list to say";
    if (strcasecmp(name, "Connection") == 0 && strcasecmp(value, "close") != 0)
        return "the header Connection can only be \"close\"";
    if (strcasecmp(name, "Host") == 0 && value[0] == '\0')
        return "the header Host is empty";
    return NULL;
}

/* At each power of two. */
static int make_room(struct job_details *details)
{
    size_t count = details->header_count;
    struct coil_http_header *headers;

    if ((count & (count - 1)) != 0)
        return 0;
    headers =
        realloc(details->headers, (count ? 2 * count : 1) * sizeof *headers);
    if (!headers)
        return -ENOMEM;
    details->headers = headers;
    return 0;
}

int details_add_header(struct job_details *details, const char *name,
                       const char *value, const char **reason)
{
    struct coil_http_header header;

    *reason = fault_of(name, value);
    if (!*reason && strcasecmp(name, "Host") == 0 &&
        details_have_header(details, name))
        *reason = "the header Host is there twice";
    if (*reason)
        return -EINVAL;
    if (make_room(details) < 0)
        return -ENOMEM;
    header.name = copy_of(name, strlen(name));
    header.value = copy_of(value, strlen(value));
    if (!header.name || !header.value) {
        free((char *)header.name);
        free((char *)header.value);
        return -ENOMEM;
    }
    details->headers[details->header_count++] = header;
    return 0;
}

bool details_have_header(const struct job_details *details, const char *name)
{
    return coil_http_find_header(details->headers, details->header_count, name);
}

/* ---- checksums ---- */

static const struct {
    const char *name;
    enum checksum_kind kind;
    size_t size;
} kinds[] = {
    { "md5", CHECKSUM_MD5, 16 },        { "sha1", CHECKSUM_SHA1, 20 },
    { "sha-1", CHECKSUM_SHA1, 20 },     { "sha224", CHECKSUM_SHA224, 28 },
    { "sha-224", CHECKSUM_SHA224, 28 }, { "sha256", CHECKSUM_SHA256, 32 },
    { "sha-256", CHECKSUM_SHA256, 32 }, { "sha384", CHECKSUM_SHA384, 48 },
    { "sha-384", CHECKSUM_SHA384, 48 }, { "sha512", CHECKSUM_SHA512, 64 },
    { "sha-512", CHECKSUM_SHA512, 64 },
};

/* -1: none. */
static int value_of_hex(char c)
{
    static const char digits[] = "00112233445566778899aAbBcCdDeEfF";
    const char *digit = c != '\0' ? strchr(digits, c) : NULL;

    return digit ? (int)(digit - digits) / 2 : -1;
}

static bool decode(unsigned char *bytes, size_t size, const char *hex)
{
    if (strlen(hex) != 2 * size)
        return false;
    for (size_t i = 0; i < size; i++) {
        int high = value_of_hex(hex[2 * i]);
        int low = value_of_hex(hex[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        bytes[i] = (unsigned char)(16 * high + low);
    }
    return true;
}

int details_set_checksum(struct job_details *details, const char *text,
                         const char **reason)
{
    const char *equals = strchr(text, '=');
    size_t length = equals ? (size_t)(equals - text) : 0;

    *reason =
        "the checksum's kind is none of md5, sha1, sha224, sha256, sha384 "
        "and sha512";
    for (size_t i = 0; equals && i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strlen(kinds[i].name) != length ||
            strncasecmp(kinds[i].name, text, length) != 0)
            continue;
        *reason = "the checksum has not as many hexadecimal digits as its kind "
                  "has";
        if (!decode(details->checksum, kinds[i].size, equals + 1))
            return -EINVAL;
        details->checksum_kind = kinds[i].kind;
        return 0;
    }
    return -EINVAL;
}
