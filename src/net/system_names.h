/* SPDX-License-Identifier: MIT */
/*
 * net/system_names.h - getaddrinfo(), and the threads that call it
 */
#ifndef COIL_NET_SYSTEM_NAMES_H
#define COIL_NET_SYSTEM_NAMES_H

#include "net/answer.h"
#include "threads/pool.h"

enum { COIL__NAME_THREADS = 256 };

/* The threads for questions to the system. */
struct coil_pool *coil__system_names_pool(void);

/* How many threads there may be. */
void coil__system_names_limit(unsigned threads);

/*
 * Ask the system for a name; this blocks, possibly for long.  Returns the
 * answer, which may be an error.  NULL: no memory.
 */
struct coil__answer *coil__system_names_ask(const char *host, int family);

/*
 * What needs no question, at once: addresses in numbers; the loopback addresses
 * for localhost (RFC 6761, 6.3); the addresses to listen on, if `host` is NULL.
 * Returns 0 and an answer without an error; or an error,
 * COIL_ERESOLVE(EAI_NONAME) if `host` looks like numbers and is no address.
 * 1: `host` is a name.
 */
int coil__system_names_at_once(const char *host, int family,
                               struct coil__answer **answer);

#endif
