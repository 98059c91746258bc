/* SPDX-License-Identifier: MIT */
/*
 * coil/connect.h - connect to another machine
 */
#ifndef COIL_CONNECT_H
#define COIL_CONNECT_H

#include <coil/address.h>
#include <coil/base.h>
#include <coil/tcp_options.h>

#ifdef __cplusplus
extern "C" {
#endif

struct coil_stream;


/*
 * Connect to `host` and `port`.  The next of the host's addresses is tried when
 * one has failed, or has not answered for 250 ms; IPv6 and IPv4 take turns, and
 * the first to answer is taken (RFC 8305, by coil_staggered_race()).  If that is
 * not the first of the host's addresses, it is tried first for ten minutes,
 * unless coil_resolver_flush() is called.  `*out` is returned: release it with
 * coil_stream_close() or coil_stream_abort().
 *
 * Returns 0, else, with nothing left open:
 *   -ECANCELED    cancelled
 *   -ECONNREFUSED, -ETIMEDOUT, -ENETUNREACH …  of the first that failed; those
 *                 of all: struct coil_tcp_connect_options
 *   what coil_resolve() returns
 *   -EMFILE, -ENFILE, -ENOBUFS, -ENOMEM  the process or the system had no
 *                 descriptor or no memory left for one address at least,
 *                 whatever the others gave
 *   -ENOTSUP      on a user's scheduler
 * asyncio: open_connection().
 */
COIL_API int coil_tcp_connect(struct coil_stream **out, const char *host,
                              uint16_t port) COIL_SUSPENDS;

/* An address that has failed, and why. */
struct coil_connect_failure {
    struct coil_address address;
    int error;
};

/* Zeroed is the default of everything. */
struct coil_tcp_connect_options {
    struct coil_tcp_options tcp;
    /*
     * The address to connect from, which must be this machine's; its port may
     * be 0.  An address of another family cannot be reached then:
     * -EADDRNOTAVAIL.  NULL: the system chooses.  asyncio: local_addr.
     */
    const struct coil_address *local;
    int family; /* AF_UNSPEC (0): all; AF_INET, AF_INET6 */
    /*
     * How long an address may take before the next is tried as well; 0 is 250
     * ms; COIL_NEVER tries the next only when one has failed.  asyncio:
     * happy_eyeballs_delay.
     */
    coil_time head_start;
    /*
     * Where to store which addresses have failed, in the order in which they were
     * tried, whether or not another one has answered: at most `failures_max`.
     * `*failure_count` is always set: how many have failed, which may be more.
     * NULL: nobody asks.  asyncio: all_errors.
     */
    struct coil_connect_failure *failures;
    size_t failures_max;
    size_t *failure_count;
    void *reserved[1];
};

/*
 * As coil_tcp_connect(), with options, which may be NULL.  Besides: -EINVAL for
 * an option out of range; -EADDRNOTAVAIL or -EADDRINUSE for the local address.
 */
COIL_API int
coil_tcp_connect_with(struct coil_stream **out, const char *host, uint16_t port,
                      const struct coil_tcp_connect_options *options)
    COIL_SUSPENDS;

/*
 * The same with addresses that coil_resolve() has returned for `host`, or some
 * of them.  The array is put in another order.  `host` may be NULL: then the
 * address that answers is not remembered.  -EINVAL if `count` is 0.
 */
COIL_API int coil_tcp_connect_any(struct coil_stream **out, const char *host,
                                  struct coil_address *addresses, size_t count)
    COIL_SUSPENDS;

/*
 * Connect to one address, without a look-up; as coil_tcp_connect() otherwise.
 */
COIL_API int coil_tcp_connect_address(struct coil_stream **out,
                                      const struct coil_address *address)
    COIL_SUSPENDS;

#ifdef __cplusplus
}
#endif

#endif
