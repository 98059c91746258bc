/* SPDX-License-Identifier: MIT */
/*
 * coil/resolve.h - host names to addresses
 *
 * getaddrinfo() in threads of its own (at most 8), so that every source of
 * names the system knows is asked and nothing slow can hold up file work.
 * Numeric addresses need no thread and no descriptor, and tasks that ask for one
 * name at one time share one look-up.
 *
 * "localhost" and the names below it are the loopback addresses of this machine.
 * Neither a table of hosts nor a name server is asked for them (RFC 6761, 6.3).
 *
 * asyncio  loop.getaddrinfo().
 */
#ifndef COIL_RESOLVE_H
#define COIL_RESOLVE_H

#include <coil/address.h>
#include <coil/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Resolve `host` (a name, or an IPv4 or IPv6 address; NULL: all local
 * addresses, to listen on) and `port` into stream addresses, in the order of
 * preference.  `*out`, an array of `*count`, is returned: release it with
 * coil_addresses_free().
 *
 * Returns 0, else
 *   -ECANCELED  the look-up goes on in its thread and is dropped
 *   a resolver error, COIL_ERESOLVE(EAI_NONAME) above all; see coil_strerror()
 *   -EMFILE, -ENFILE, -ENOBUFS  no descriptor was left to ask with; the name
 *               may be asked for again
 *   -ENOMEM, -EAGAIN  no memory, or no thread can be made
 *   -EOWNERDEAD  a module of the name service ended the thread
 *   -EINVAL     `host` is empty or longer than 253 bytes
 *   -ENOTSUP    on a user's scheduler
 */
COIL_API int coil_resolve(const char *host, uint16_t port,
                          struct coil_address **out, size_t *count)
    COIL_SUSPENDS;

/* Release what coil_resolve() returned; NULL is allowed. */
COIL_API void coil_addresses_free(struct coil_address *addresses);

#ifdef __cplusplus
}
#endif

#endif
