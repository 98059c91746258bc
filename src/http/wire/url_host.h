/* SPDX-License-Identifier: MIT */
/*
 * http/wire/url_host.h - what a host in a URL can be
 */
#ifndef COIL_HTTP_WIRE_URL_HOST_H
#define COIL_HTTP_WIRE_URL_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether the text is an IPv6 address, without brackets and zone. */
bool coil__url_is_ipv6(const char *text, size_t size);

/* The 16 bytes of such an address. */
void coil__url_ipv6_bytes(unsigned char bytes[16], const char *text,
                          size_t size);

/* Whether the text is four decimal numbers without leading zeros. */
bool coil__url_is_ipv4(const char *text, size_t size);

/* Whether the text may stand in brackets as an address of the future. */
bool coil__url_is_future(const char *text, size_t size);

/*
 * Whether a name may be that of a machine: letters, digits, "-", "." and "_",
 * 1 to 253 of them.
 */
bool coil__url_is_name(const char *text, size_t size);

/*
 * Whether the last label of a name is a number, as in "127.1" and "a.0x7".  Some
 * programs take such a name for an address, and others do not.  No name is empty.
 */
bool coil__url_ends_in_number(const char *text, size_t size);

/*
 * The address for which a name that ends in a number stands: one to four
 * numbers, decimal, octal or hexadecimal, the last of which fills what is left.
 * Returns whether it stands for one.
 */
bool coil__url_number(uint32_t *address, const char *text, size_t size);

#endif
