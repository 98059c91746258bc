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

/* The address that `text` says, before `next`; `next` if it says none. */
struct addrinfo *make_info(const char *text, struct addrinfo *next);

/* What getaddrinfo() returns; the list is NULL before. */
typedef int (*answer_fn)(const char *name, const struct addrinfo *hints,
                         struct addrinfo **list);

/* This is of the test. */
extern const answer_fn answer_names;

#endif
