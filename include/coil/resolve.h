/* SPDX-License-Identifier: MIT */
/*
 * coil/resolve.h - host names to addresses
 *
 * Addresses in numbers (also "127.1", and IPv6 with a zone, "fe80::1%eth0") are
 * taken as they are.  "localhost" and the names below it are this machine (RFC
 * 6761).  For neither is anybody asked.  All other names are asked of the
 * resolver's source; coil/resolver.h says what that is and how long answers are
 * kept.  In a program without HTTP it is getaddrinfo() by default, in threads of
 * its own: every source of names that the system knows, with its search domains.
 * A name with a dot at the end is complete: no search domain is tried.
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
 * preference: that of RFC 6724, by the system.  `*out`, an array of `*count`, is
 * returned: release it with coil_addresses_free().
 *
 * Returns 0, else
 *   -ECANCELED  at once; a thread that asks the system goes on until that
 *               answers, and the answer is kept for whoever asks next
 *   a resolver error, COIL_ERESOLVE(EAI_NONAME) above all; see coil_strerror()
 *   -EMFILE, -ENFILE, -ENOBUFS  no descriptor was left to ask with; the name
 *               may be asked for again
 *   -ENOMEM, -EAGAIN  no memory, or no thread can be made
 *   -EOWNERDEAD  a module of the name service ended the thread
 *   -EINVAL     `host` is empty or longer than 253 bytes, without a dot at the
 *               end
 *   -ENOTSUP    on a user's scheduler
 *   what else the source returns
 */
COIL_API int coil_resolve(const char *host, uint16_t port,
                          struct coil_address **out, size_t *count)
    COIL_SUSPENDS;

/* What is wanted of coil_getaddrinfo().  Zeroed is the default. */
struct coil_getaddrinfo_options {
    int family;        /* AF_UNSPEC (0): all; AF_INET, AF_INET6 */
    bool numeric_only; /* a name is an error: COIL_ERESOLVE(EAI_NONAME) */
    bool fresh;        /* ask, whatever is kept; the answer is kept */
    void *reserved[4];
};

/*
 * As coil_resolve(), with options, which may be NULL.  -EINVAL also for another
 * family.  asyncio: loop.getaddrinfo().
 */
COIL_API int coil_getaddrinfo(const char *host, uint16_t port,
                              const struct coil_getaddrinfo_options *options,
                              struct coil_address **out, size_t *count)
    COIL_SUSPENDS;

/* Release what coil_resolve() or coil_getaddrinfo() returned; NULL is allowed. */
COIL_API void coil_addresses_free(struct coil_address *addresses);

#ifdef __cplusplus
}
#endif

#endif
