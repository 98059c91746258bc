/* SPDX-License-Identifier: MIT */
/*
 * net/answer.h - what a source has said of a name
 *
 * An answer never changes once somebody else can see it.  It is shared by
 * references, between threads as well; whoever gives back the last one frees
 * it.
 */
#ifndef COIL_NET_ANSWER_H
#define COIL_NET_ANSWER_H

#include <netdb.h>
#include <stdatomic.h>
#include <stddef.h>

#include <coil/address.h>
#include <coil/time.h>

struct coil__answer {
    atomic_uint refs;
    int error;     /* 0: there are addresses */
    coil_time ttl; /* less than 0: unknown */
    size_t count;
    struct coil_address addresses[];
};

/* A copy of `count` addresses, or an error without any.  NULL: no memory. */
struct coil__answer *
coil__answer_new(int error, const struct coil_address *addresses, size_t count);

/* The same of what getaddrinfo() has found. */
struct coil__answer *coil__answer_of(const struct addrinfo *list);

struct coil__answer *coil__answer_retain(struct coil__answer *answer);
void coil__answer_release(struct coil__answer *answer); /* NULL is allowed */

#endif
