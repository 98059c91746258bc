/* SPDX-License-Identifier: MIT */
#include "input/quick_url.h"

#include <string.h>

/* What may stand where: RFC 3986, 2 and 3. */
enum { HOST = 1, PATH = 2, QUERY = 4, UNRESERVED = 8 };

/* clang-format off */
static const unsigned char classes[256] = {
     0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,
     0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,
     0,  6,  0,  0,  6,  0,  6,  6,  6,  6,  6,  6,  6, 15, 15,  6,
    15, 15, 15, 15, 15, 15, 15, 15, 15, 15,  6,  6,  0,  6,  0,  4,
     6, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15,
    15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15,  0,  0,  0,  0, 15,
     0, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15,
    15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15,  0,  0,  0, 14,  0,
};
/* clang-format on */

struct pass {
    const char *at;
    const char *end;
    char *out;
};

static bool may_be(char c, unsigned class)
{
    return classes[(unsigned char)c] & class;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static void put(struct pass *p, const char *bytes, size_t size)
{
    memcpy(p->out, bytes, size);
    p->out += size;
}

/* Returns the port of the scheme. */
static unsigned take_scheme(struct pass *p)
{
    size_t left = (size_t)(p->end - p->at);

    if (left > 8 && memcmp(p->at, "https://", 8) == 0) {
        put(p, p->at, 8);
        p->at += 8;
        return 443;
    }
    if (left > 7 && memcmp(p->at, "http://", 7) == 0)
        p->at += 7;
    put(p, "http://", 7);
    return 80;
}

/* Four decimal numbers, without zeros in front, and nothing else. */
static bool is_ipv4(const char *at, const char *end)
{
    unsigned dots = 0;

    for (;;) {
        const char *number = at;
        unsigned value = 0;

        while (at < end && is_digit(*at) && at - number < 3)
            value = 10 * value + (unsigned)(*at++ - '0');
        if (at == number || value > 255 || (*number == '0' && at - number > 1))
            return false;
        if (at == end)
            return dots == 3;
        if (*at++ != '.')
            return false;
        dots++;
    }
}

/* A name whose last label begins with a letter is not a number. */
static bool take_host(struct pass *p)
{
    char *host = p->out;
    const char *label = host;

    for (; p->at < p->end && may_be(*p->at, HOST); p->at++) {
        *p->out++ = lower(*p->at);
        if (*p->at == '.')
            label = p->out;
    }
    if (p->out == host || p->out - host > 253)
        return false;
    if (label < p->out && *label >= 'a' && *label <= 'z')
        return true;
    return is_ipv4(host, p->out);
}

static bool take_port(struct pass *p, unsigned usual)
{
    const char *digits = p->at + 1;
    unsigned value = 0;

    if (p->at == p->end || *p->at != ':')
        return true;
    for (p->at++; p->at < p->end && is_digit(*p->at) && value < 10000; p->at++)
        value = 10 * value + (unsigned)(*p->at - '0');
    if (p->at == digits || *digits == '0' || value > 65535)
        return false;
    if (value != usual)
        put(p, digits - 1, (size_t)(p->at - digits) + 1);
    return true;
}

/* -1: none. */
static int value_of_hex(char c)
{
    char small = lower(c);

    if (is_digit(c))
        return c - '0';
    return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

/* What need not be encoded would be decoded. */
static bool take_escape(struct pass *p)
{
    static const char digits[] = "0123456789ABCDEF";
    int high, low;

    if (p->end - p->at < 3)
        return false;
    high = value_of_hex(p->at[1]);
    low = value_of_hex(p->at[2]);
    if (high < 0 || low < 0 || may_be((char)(16 * high + low), UNRESERVED))
        return false;
    *p->out++ = '%';
    *p->out++ = digits[high];
    *p->out++ = digits[low];
    p->at += 3;
    return true;
}

/* Whether "/." at `at` may begin a segment of dots. */
static bool begins_dots(const char *at, const char *end)
{
    return end - at < 3 || !may_be(at[2], UNRESERVED) || at[2] == '.';
}

static bool take_part(struct pass *p, unsigned class)
{
    while (p->at < p->end) {
        if (*p->at == '%') {
            if (!take_escape(p))
                return false;
            continue;
        }
        if (!may_be(*p->at, class))
            break;
        if (*p->at == '/' && class == PATH && p->end - p->at > 1 &&
            p->at[1] == '.' && begins_dots(p->at, p->end))
            return false;
        *p->out++ = *p->at++;
    }
    return true;
}

bool quick_url(char out[QUICK_URL_SIZE], const char *text, size_t size)
{
    struct pass p = { text, text + size, out };
    unsigned usual;

    /* "http://" and "/" may be added. */
    if (size > QUICK_URL_SIZE - 16)
        return false;
    usual = take_scheme(&p);
    if (!take_host(&p) || !take_port(&p, usual))
        return false;
    if (p.at < p.end && *p.at != '/' && *p.at != '?')
        return false;
    if (p.at == p.end || *p.at == '?')
        put(&p, "/", 1);
    if (!take_part(&p, PATH))
        return false;
    if (p.at < p.end && *p.at == '?' && !take_part(&p, QUERY))
        return false;
    *p.out = '\0';
    return p.at == p.end;
}
