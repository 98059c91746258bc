/* SPDX-License-Identifier: MIT */
#include "backend/sim_address.h"

#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/un.h>

/*
 * Copies: the members of sockaddr_storage are of other types, and the compiler may
 * take it that nothing is read as what it is not.
 */
static struct sockaddr_in ipv4(const struct coil_address *address)
{
    struct sockaddr_in in;

    memcpy(&in, &address->storage, sizeof in);
    return in;
}

static struct sockaddr_in6 ipv6(const struct coil_address *address)
{
    struct sockaddr_in6 in6;

    memcpy(&in6, &address->storage, sizeof in6);
    return in6;
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
    struct sockaddr_in6 in6 = ipv6(address);

    if (is_ipv6(address))
        return IN6_IS_ADDR_MULTICAST(&in6.sin6_addr);
    return !is_unix(address) &&
           IN_MULTICAST(ntohl(ipv4(address).sin_addr.s_addr));
}

bool coil__sim_is_broadcast(const struct coil_address *address)
{
    return address->storage.ss_family == AF_INET &&
           ipv4(address).sin_addr.s_addr == htonl(INADDR_BROADCAST);
}

/* A name of AF_UNIX needs no port to be chosen. */
unsigned coil__sim_port(const struct coil_address *address)
{
    if (is_unix(address))
        return 1;
    return is_ipv6(address) ? ntohs(ipv6(address).sin6_port)
                            : ntohs(ipv4(address).sin_port);
}

void coil__sim_set_port(struct coil_address *address, unsigned port)
{
    size_t at = is_ipv6(address) ? offsetof(struct sockaddr_in6, sin6_port)
                                 : offsetof(struct sockaddr_in, sin_port);
    in_port_t number = htons((uint16_t)port);

    memcpy((char *)&address->storage + at, &number, sizeof number);
}

bool coil__sim_is_any(const struct coil_address *address)
{
    struct sockaddr_in6 in6 = ipv6(address);

    if (is_ipv6(address))
        return IN6_IS_ADDR_UNSPECIFIED(&in6.sin6_addr);
    return ipv4(address).sin_addr.s_addr == htonl(INADDR_ANY);
}

void coil__sim_make_specific(struct coil_address *address)
{
    struct sockaddr_in in = ipv4(address);
    struct sockaddr_in6 in6 = ipv6(address);

    if (is_unix(address) || !coil__sim_is_any(address))
        return;
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    in6.sin6_addr = in6addr_loopback;
    if (is_ipv6(address))
        memcpy(&address->storage, &in6, sizeof in6);
    else
        memcpy(&address->storage, &in, sizeof in);
}

/* As with IPV6_V6ONLY, "all addresses" of IPv6 do not include those of IPv4. */
bool coil__sim_overlap(const struct coil_address *a,
                       const struct coil_address *b)
{
    struct sockaddr_in6 in6[2] = { ipv6(a), ipv6(b) };

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
        return IN6_ARE_ADDR_EQUAL(&in6[0].sin6_addr, &in6[1].sin6_addr);
    return ipv4(a).sin_addr.s_addr == ipv4(b).sin_addr.s_addr;
}
