/* SPDX-License-Identifier: MIT */
#include "http/client/public_only.h"

#include <netinet/in.h>
#include <string.h>

/* The first `bits` bits of an address. */
struct block {
    unsigned char bytes[16];
    unsigned bits;
};

/* IPv4: the registry of special-purpose addresses, multicast and class E. */
static const struct block special_v4[] = {
    { { 0 }, 8 },             /* "this network" */
    { { 10 }, 8 },            /* private */
    { { 100, 64 }, 10 },      /* shared, behind a carrier's NAT */
    { { 127 }, 8 },           /* loopback */
    { { 169, 254 }, 16 },     /* link-local; a cloud's metadata */
    { { 172, 16 }, 12 },      /* private */
    { { 192, 0, 0 }, 24 },    /* protocol assignments */
    { { 192, 0, 2 }, 24 },    /* documentation */
    { { 192, 88, 99 }, 24 },  /* 6to4 relays, which are gone */
    { { 192, 168 }, 16 },     /* private */
    { { 198, 18 }, 15 },      /* benchmarks */
    { { 198, 51, 100 }, 24 }, /* documentation */
    { { 203, 0, 113 }, 24 },  /* documentation */
    { { 224 }, 4 },           /* multicast */
    { { 240 }, 4 },           /* reserved, and broadcast */
};

/* IPv6: what lies within 2000::/3, outside of which nothing is public. */
static const struct block special_v6[] = {
    { { 0x20, 0x01, 0x00 }, 23 },             /* protocol assignments, Teredo */
    { { 0x20, 0x01, 0x0d, 0xb8 }, 32 },       /* documentation */
    { { 0x20, 0x02 }, 16 },                   /* 6to4 */
    { { 0x26, 0x20, 0x00, 0x4f, 0x80 }, 48 }, /* AS112, answers nothing */
    { { 0x3f, 0xff, 0x00 }, 20 },             /* documentation */
    { { 0x3f, 0xfe }, 16 },                   /* 6bone, which is gone */
};

static const struct block global_v6 = { { 0x20 }, 3 };

/* Where an IPv4 address lies within an IPv6 address of these blocks. */
static const struct {
    struct block block;
    size_t at;
} carriers[] = {
    { { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff }, 96 }, 12 }, /* mapped */
    { { { 0x00, 0x64, 0xff, 0x9b }, 96 }, 12 },                   /* NAT64 */
};

static bool is_in(const unsigned char *bytes, const struct block *block)
{
    size_t whole = block->bits / 8;
    unsigned rest = block->bits % 8;

    if (memcmp(bytes, block->bytes, whole) != 0)
        return false;
    return rest == 0 || (bytes[whole] ^ block->bytes[whole]) >> (8 - rest) == 0;
}

static bool is_in_any(const unsigned char *bytes, const struct block *blocks,
                      size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_in(bytes, &blocks[i]))
            return true;
    return false;
}

static bool is_public_v4(const unsigned char *bytes)
{
    return !is_in_any(bytes, special_v4,
                      sizeof special_v4 / sizeof *special_v4);
}

static bool is_public_v6(const unsigned char *bytes)
{
    for (size_t i = 0; i < sizeof carriers / sizeof *carriers; i++)
        if (is_in(bytes, &carriers[i].block))
            return is_public_v4(bytes + carriers[i].at);
    return is_in(bytes, &global_v6) &&
           !is_in_any(bytes, special_v6,
                      sizeof special_v6 / sizeof *special_v6);
}

bool coil__http_is_public(const struct coil_address *address)
{
    const struct sockaddr_in *in = (const void *)&address->storage;
    const struct sockaddr_in6 *in6 = (const void *)&address->storage;

    if (address->storage.ss_family == AF_INET)
        return is_public_v4((const unsigned char *)&in->sin_addr);
    if (address->storage.ss_family == AF_INET6)
        return is_public_v6((const unsigned char *)&in6->sin6_addr);
    return false;
}

size_t coil__http_keep_public(struct coil_address *addresses, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++)
        if (coil__http_is_public(&addresses[i]))
            addresses[kept++] = addresses[i];
    return kept;
}
