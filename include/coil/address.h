/* SPDX-License-Identifier: MIT */
/*
 * coil/address.h - where a socket is: an IP address and a port
 */
#ifndef COIL_ADDRESS_H
#define COIL_ADDRESS_H

#include <sys/socket.h>

#include <coil/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct coil_address {
    struct sockaddr_storage storage;
    socklen_t length;
};

/* Room for an address in words: "[::1]:65535", or a path. */
#define COIL_ADDRESS_STRING 128

/* Write the address in words, "127.0.0.1:80", into `buffer`; returns it. */
COIL_API const char *coil_address_string(const struct coil_address *address,
                                         char buffer[COIL_ADDRESS_STRING]);

/* The port, or 0 for what has none. */
COIL_API uint16_t coil_address_port(const struct coil_address *address);

#ifdef __cplusplus
}
#endif

#endif
