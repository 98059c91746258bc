/* SPDX-License-Identifier: MIT */
#include "http/wire/url_host.h"

#include <arpa/inet.h>
#include <string.h>

#include "http/wire/text.h"
#include "http/wire/url_chars.h"

enum { MAX_NAME = 253, MAX_NUMBERS = 4 };

/* inet_pton() of text that has no NUL behind it. */
static bool convert(void *address, const char *text, size_t size)
{
    char copy[INET6_ADDRSTRLEN];

    if (size == 0 || size >= sizeof copy || memchr(text, '\0', size))
        return false;
    memcpy(copy, text, size);
    copy[size] = '\0';
    return inet_pton(AF_INET6, copy, address) == 1;
}

bool coil__url_is_ipv6(const char *text, size_t size)
{
    unsigned char address[16];

    return convert(address, text, size);
}

void coil__url_ipv6_bytes(unsigned char bytes[16], const char *text,
                          size_t size)
{
    if (!convert(bytes, text, size))
        memset(bytes, 0, 16);
}

/* Leading zeros are refused, since some read them as octal. */
static bool is_byte(unsigned value, unsigned digits)
{
    static const unsigned char least[] = { 0, 0, 10, 100 };

    return digits >= 1 && digits <= 3 && value <= 255 && value >= least[digits];
}

/* Every request has a host: inet_pton() and a copy would be slower. */
bool coil__url_is_ipv4(const char *text, size_t size)
{
    unsigned dots = 0;
    unsigned digits = 0;
    unsigned value = 0;

    for (const char *at = text; at < text + size; at++) {
        unsigned digit = (unsigned)(*at - '0');

        if (digit <= 9) {
            value = 10 * value + digit;
            digits++;
        } else {
            if (*at != '.' || !is_byte(value, digits))
                return false;
            dots++;
            digits = value = 0;
        }
    }
    return dots == 3 && is_byte(value, digits);
}

bool coil__url_is_future(const char *text, size_t size)
{
    const char *dot = memchr(text, '.', size);
    size_t digits = dot ? (size_t)(dot - text) - 1 : 0;

    if (size < 4 || coil__http_lower(text[0]) != 'v' || !dot || digits == 0 ||
        dot + 1 == text + size ||
        !coil__http_all(text + 1, digits, COIL__HTTP_HEX))
        return false;
    for (const char *at = dot + 1; at < text + size; at++)
        if (!coil__url_may_be(*at, COIL__URL_USER))
            return false;
    return true;
}

bool coil__url_is_name(const char *text, size_t size)
{
    return size > 0 && size <= MAX_NAME &&
           coil__http_all(text, size, COIL__HTTP_HOST);
}

/* ---- numbers that some take for an address ---- */

/* A number in the way of inet_aton(): "0x" is hexadecimal, "0" octal. */
static bool take_number(uint64_t *number, const char *text, size_t size)
{
    unsigned base = 10;

    *number = 0;
    if (size == 0)
        return false;
    if (size >= 2 && text[0] == '0' && coil__http_lower(text[1]) == 'x') {
        base = 16;
        text += 2;
        size -= 2;
    } else if (size >= 2 && text[0] == '0') {
        base = 8;
    }
    for (size_t i = 0; i < size; i++) {
        unsigned digit = coil__http_is(text[i], COIL__HTTP_HEX)
                             ? coil__http_hex(text[i])
                             : base;

        if (digit >= base)
            return false;
        /* It stays beyond all that is taken, and does not overflow. */
        if (*number <= UINT32_MAX)
            *number = *number * base + digit;
    }
    return true;
}

static bool is_decimal(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (text[i] < '0' || text[i] > '9')
            return false;
    return size > 0;
}

bool coil__url_ends_in_number(const char *text, size_t size)
{
    uint64_t number;
    size_t begin;

    if (text[size - 1] == '.')
        size--;
    begin = size;
    while (begin > 0 && text[begin - 1] != '.')
        begin--;
    return is_decimal(text + begin, size - begin) ||
           take_number(&number, text + begin, size - begin);
}

/* The numbers between the dots.  Returns how many, 0 if they are none. */
static size_t split_numbers(uint64_t numbers[MAX_NUMBERS], const char *text,
                            size_t size)
{
    size_t count = 0;

    for (;;) {
        const char *dot = memchr(text, '.', size);
        size_t length = dot ? (size_t)(dot - text) : size;

        if (count == MAX_NUMBERS || !take_number(&numbers[count], text, length))
            return 0;
        count++;
        if (!dot)
            return count;
        text += length + 1;
        size -= length + 1;
    }
}

bool coil__url_number(uint32_t *address, const char *text, size_t size)
{
    uint64_t numbers[MAX_NUMBERS];
    size_t count;
    uint64_t value = 0;

    if (text[size - 1] == '.')
        size--;
    count = split_numbers(numbers, text, size);
    if (count == 0)
        return false;
    for (size_t i = 0; i + 1 < count; i++) {
        if (numbers[i] > 255)
            return false;
        value |= numbers[i] << (24 - 8 * i);
    }
    if (numbers[count - 1] > UINT32_MAX >> (8 * (count - 1)))
        return false;
    *address = (uint32_t)(value | numbers[count - 1]);
    return true;
}
