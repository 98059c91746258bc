/* SPDX-License-Identifier: MIT */
/*
 * address_info.h - a getaddrinfo() of the test's own
 *
 * The program is linked so that the library's calls come here, and says what is
 * answered:
 *
 *     WRAPS: getaddrinfo freeaddrinfo
 *
 *     const answer_fn answer_names = answer_with_one;
 */
#ifndef COIL_TESTS_ADDRESS_INFO_H
#define COIL_TESTS_ADDRESS_INFO_H

#include <netdb.h>

/* The address in `text`, in front of `next`; `next` if there is no address. */
struct addrinfo *make_info(const char *text, struct addrinfo *next);

/* The result of getaddrinfo(); the list is NULL before. */
typedef int (*answer_fn)(const char *name, const struct addrinfo *hints,
                         struct addrinfo **list);

/* The test defines this one. */
extern const answer_fn answer_names;

#endif
