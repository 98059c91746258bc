/* SPDX-License-Identifier: MIT */
#include "http/client/proxy_exceptions.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "http/wire/text.h"

enum { ENTRY_MAX = 256 };

/* ---- addresses -------------------------------------------------------- */

/* Sets the bytes; returns how many bits there are, or 0: it is no address. */
static unsigned address_of(unsigned char bytes[16], const char *text)
{
    if (inet_pton(AF_INET, text, bytes) == 1)
        return 32;
    return inet_pton(AF_INET6, text, bytes) == 1 ? 128 : 0;
}

static bool is_within(const unsigned char *a, const unsigned char *b,
                      unsigned bits)
{
    unsigned rest = bits % 8;

    if (memcmp(a, b, bits / 8) != 0)
        return false;
    return rest == 0 || (a[bits / 8] ^ b[bits / 8]) >> (8 - rest) == 0;
}

/* Whether `host` is an address in the block "10.0.0.0/8", or is "10.0.0.1". */
static bool is_in_block(char *entry, const char *host)
{
    unsigned char block[16];
    unsigned char address[16];
    char *slash = strchr(entry, '/');
    unsigned bits;
    unsigned width = address_of(address, host);
    char *end;

    if (slash)
        *slash = '\0';
    bits = address_of(block, entry);
    if (width == 0 || bits != width)
        return false;
    if (slash) {
        unsigned long wanted = strtoul(slash + 1, &end, 10);

        if (!slash[1] || *end || wanted > width)
            return false;
        bits = (unsigned)wanted;
    }
    return is_within(block, address, bits);
}

/* ---- names ------------------------------------------------------------ */

/* Whether `host` is `name`, or below it.  A dot at the end is no difference. */
static bool is_below(const char *host, const char *name)
{
    size_t size = strlen(host);
    size_t name_size;

    name += *name == '.';
    name_size = strlen(name);
    if (name_size > 0 && name[name_size - 1] == '.')
        name_size--;
    if (size > 0 && host[size - 1] == '.')
        size--;
    if (name_size == 0 || size < name_size ||
        !coil__http_equal_n(host + size - name_size, name, name_size))
        return false;
    return size == name_size || host[size - name_size - 1] == '.';
}

/* ---- entries ---------------------------------------------------------- */

/*
 * Take ":port" and brackets off an entry.  Returns what is left, or NULL if the
 * port is another one.
 */
static char *take_port(char *entry, uint16_t port)
{
    char *colon = strrchr(entry, ':');
    char *end;

    if (entry[0] == '[') {
        end = strchr(++entry, ']');
        if (!end)
            return NULL;
        colon = end[1] == ':' ? end + 1 : NULL;
        memmove(end, end + 1, strlen(end)); /* "::/0" may follow */
        colon = colon ? colon - 1 : NULL;
    } else if (colon && strchr(entry, ':') != colon) {
        colon = NULL; /* of an IPv6 address */
    }
    if (!colon)
        return entry;
    *colon = '\0';
    return strtoul(colon + 1, NULL, 10) == port ? entry : NULL;
}

static bool is_entry(const char *text, size_t size, const char *host,
                     uint16_t port)
{
    unsigned char bytes[16];
    char entry[ENTRY_MAX];
    char *rest;

    if (size == 0 || size >= sizeof entry)
        return false;
    memcpy(entry, text, size);
    entry[size] = '\0';
    rest = take_port(entry, port);
    if (!rest)
        return false;
    if (strcmp(rest, "*") == 0 || is_in_block(rest, host))
        return true;
    /* A name is not below an address, nor an address below a name. */
    return address_of(bytes, host) == 0 && address_of(bytes, rest) == 0 &&
           is_below(host, rest);
}

bool coil__http_is_exception(const char *list, const char *host, uint16_t port)
{
    static const char between[] = ", \t";

    while (*list) {
        size_t size = strcspn(list, between);

        if (is_entry(list, size, host, port))
            return true;
        list += size;
        list += strspn(list, between);
    }
    return false;
}
