/* SPDX-License-Identifier: MIT */
#include "net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

/* Copy an address out of sockaddr_storage before reading it: no aliasing. */

/* Returns where it ends. */
static char *print_number(char *at, unsigned number)
{
    if (number >= 10)
        at = print_number(at, number / 10);
    *at = (char)('0' + number % 10);
    return at + 1;
}

/* Without inet_ntop() and snprintf(): a client may ask it for each request. */
static void print_ipv4(const struct coil_address *address, char *buffer)
{
    unsigned char bytes[4];
    struct sockaddr_in in;

    memcpy(&in, &address->storage, sizeof in);
    memcpy(bytes, &in.sin_addr, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++) {
        buffer = print_number(buffer, bytes[i]);
        *buffer++ = i < 3 ? '.' : ':';
    }
    *print_number(buffer, ntohs(in.sin_port)) = '\0';
}

static void print_ipv6(const struct coil_address *address, char *buffer)
{
    char host[INET6_ADDRSTRLEN];
    char scope[16] = "";
    struct sockaddr_in6 in6;

    memcpy(&in6, &address->storage, sizeof in6);
    inet_ntop(AF_INET6, &in6.sin6_addr, host, sizeof host);
    if (in6.sin6_scope_id)
        snprintf(scope, sizeof scope, "%%%u", (unsigned)in6.sin6_scope_id);
    snprintf(buffer, COIL_ADDRESS_STRING, "[%s%s]:%u", host, scope,
             ntohs(in6.sin6_port));
}

/* A path may lack its NUL.  An abstract name begins with one: print "@name". */
static void print_unix(const struct coil_address *address, char *buffer)
{
    struct sockaddr_un un;
    size_t offset = offsetof(struct sockaddr_un, sun_path);
    size_t length;

    memcpy(&un, &address->storage, sizeof un);
    length = address->length > offset ? address->length - offset : 0;
    if (length > sizeof un.sun_path)
        length = sizeof un.sun_path;
    if (length > 0 && !un.sun_path[0])
        un.sun_path[0] = '@';
    snprintf(buffer, COIL_ADDRESS_STRING, "%.*s", (int)length, un.sun_path);
}

const char *coil_address_string(const struct coil_address *address,
                                char buffer[COIL_ADDRESS_STRING])
{
    int family = address->storage.ss_family;

    if (address->length == 0)
        snprintf(buffer, COIL_ADDRESS_STRING, "no address");
    else if (family == AF_INET)
        print_ipv4(address, buffer);
    else if (family == AF_INET6)
        print_ipv6(address, buffer);
    else if (family == AF_UNIX)
        print_unix(address, buffer);
    else
        snprintf(buffer, COIL_ADDRESS_STRING, "address family %d", family);
    return buffer;
}

uint16_t coil_address_port(const struct coil_address *address)
{
    struct sockaddr_in in;
    struct sockaddr_in6 in6;

    switch (address->storage.ss_family) {
    case AF_INET:
        memcpy(&in, &address->storage, sizeof in);
        return ntohs(in.sin_port);
    case AF_INET6:
        memcpy(&in6, &address->storage, sizeof in6);
        return ntohs(in6.sin6_port);
    default:
        return 0;
    }
}

void coil__address_set_port(struct coil_address *address, uint16_t port)
{
    struct sockaddr_storage *storage = &address->storage;
    size_t at = storage->ss_family == AF_INET6
                    ? offsetof(struct sockaddr_in6, sin6_port)
                    : offsetof(struct sockaddr_in, sin_port);

    port = htons(port);
    memcpy((char *)storage + at, &port, sizeof port);
}
