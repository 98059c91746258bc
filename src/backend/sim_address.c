/* SPDX-License-Identifier: MIT */
#include "backend/sim_address.h"

#include <netinet/in.h>
#include <string.h>

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

bool coil__sim_address_valid(const struct coil_address *address, int family)
{
    size_t length = family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                       : sizeof(struct sockaddr_in);

    return address->storage.ss_family == family && address->length >= length;
}

unsigned coil__sim_port(const struct coil_address *address)
{
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

static bool is_any(const struct coil_address *address)
{
    if (is_ipv6(address))
        return IN6_IS_ADDR_UNSPECIFIED(&ipv6(address)->sin6_addr);
    return ipv4(address)->sin_addr.s_addr == htonl(INADDR_ANY);
}

void coil__sim_make_specific(struct coil_address *address)
{
    struct sockaddr_storage *storage = &address->storage;

    if (!is_any(address))
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
    if (coil__sim_port(a) != coil__sim_port(b) || is_ipv6(a) != is_ipv6(b))
        return false;
    if (is_any(a) || is_any(b))
        return true;
    if (is_ipv6(a))
        return IN6_ARE_ADDR_EQUAL(&ipv6(a)->sin6_addr, &ipv6(b)->sin6_addr);
    return ipv4(a)->sin_addr.s_addr == ipv4(b)->sin_addr.s_addr;
}
