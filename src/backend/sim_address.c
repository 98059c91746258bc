/* SPDX-License-Identifier: MIT */
#include "backend/sim_address.h"

#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/un.h>

static const struct sockaddr_in *ipv4(const struct coil_address *address)
{
    return (const struct sockaddr_in *)&address->storage;
}

static const struct sockaddr_in6 *ipv6(const struct coil_address *address)
{
    return (const struct sockaddr_in6 *)&address->storage;
}

static bool is_ipv6(const struct coil_address *address)
{
    return address->storage.ss_family == AF_INET6;
}

socklen_t coil__sim_address_length(int family)
{
    switch (family) {
    case AF_INET6:
        return sizeof(struct sockaddr_in6);
    case AF_INET:
        return sizeof(struct sockaddr_in);
    default:
        return offsetof(struct sockaddr_un, sun_path);
    }
}

bool coil__sim_address_valid(const struct coil_address *address, int family)
{
    return address->storage.ss_family == family &&
           address->length >= coil__sim_address_length(family);
}

static bool is_unix(const struct coil_address *address)
{
    return address->storage.ss_family == AF_UNIX;
}

bool coil__sim_is_path(const struct coil_address *address)
{
    size_t offset = offsetof(struct sockaddr_un, sun_path);

    return is_unix(address) && ((const char *)&address->storage)[offset] != 0;
}

bool coil__sim_is_multicast(const struct coil_address *address)
{
    if (is_ipv6(address))
        return IN6_IS_ADDR_MULTICAST(&ipv6(address)->sin6_addr);
    return !is_unix(address) &&
           IN_MULTICAST(ntohl(ipv4(address)->sin_addr.s_addr));
}

bool coil__sim_is_broadcast(const struct coil_address *address)
{
    return address->storage.ss_family == AF_INET &&
           ipv4(address)->sin_addr.s_addr == htonl(INADDR_BROADCAST);
}

/* A name of AF_UNIX needs no port to be chosen. */
unsigned coil__sim_port(const struct coil_address *address)
{
    if (is_unix(address))
        return 1;
    return is_ipv6(address) ? ntohs(ipv6(address)->sin6_port)
                            : ntohs(ipv4(address)->sin_port);
}

void coil__sim_set_port(struct coil_address *address, unsigned port)
{
    struct sockaddr_storage *storage = &address->storage;

    if (is_ipv6(address))
        ((struct sockaddr_in6 *)storage)->sin6_port = htons((uint16_t)port);
    else
        ((struct sockaddr_in *)storage)->sin_port = htons((uint16_t)port);
}

bool coil__sim_is_any(const struct coil_address *address)
{
    if (is_ipv6(address))
        return IN6_IS_ADDR_UNSPECIFIED(&ipv6(address)->sin6_addr);
    return ipv4(address)->sin_addr.s_addr == htonl(INADDR_ANY);
}

void coil__sim_make_specific(struct coil_address *address)
{
    struct sockaddr_storage *storage = &address->storage;

    if (is_unix(address) || !coil__sim_is_any(address))
        return;
    if (is_ipv6(address))
        ((struct sockaddr_in6 *)storage)->sin6_addr = in6addr_loopback;
    else
        ((struct sockaddr_in *)storage)->sin_addr.s_addr =
            htonl(INADDR_LOOPBACK);
}

/* As with IPV6_V6ONLY, "all addresses" of IPv6 do not include those of IPv4. */
bool coil__sim_overlap(const struct coil_address *a,
                       const struct coil_address *b)
{
    if (coil__sim_port(a) != coil__sim_port(b) ||
        a->storage.ss_family != b->storage.ss_family)
        return false;
    if (is_unix(a))
        return a->length == b->length &&
               a->length > coil__sim_address_length(AF_UNIX) &&
               memcmp(&a->storage, &b->storage, a->length) == 0;
    if (coil__sim_is_any(a) || coil__sim_is_any(b))
        return true;
    if (is_ipv6(a))
        return IN6_ARE_ADDR_EQUAL(&ipv6(a)->sin6_addr, &ipv6(b)->sin6_addr);
    return ipv4(a)->sin_addr.s_addr == ipv4(b)->sin_addr.s_addr;
}
