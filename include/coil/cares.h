/* SPDX-License-Identifier: MIT */
/*
 * coil/cares.h - names by c-ares, on the loop, without threads
 *
 * A program with an HTTP client has this source by default
 * (coil/http_client.h).  Any other program sets it:
 *
 *     rc = coil_resolver_configure(&(struct coil_resolver_options){
 *         .source = coil_cares_source(),
 *     });
 *
 * The library is libcoil-cares.  With it, what the system would ask a name
 * server is asked by c-ares, on the loop of whoever asks: any number of names at
 * one time, answers are kept as long as their servers say, and a question that
 * is cancelled ends at once and leaves nothing behind.  /etc/hosts, the search
 * domains and the options `ndots`, `timeout`, `attempts` and `rotate` of
 * /etc/resolv.conf are as for getaddrinfo(), and so is the order of addresses
 * (RFC 6724).  The files are read for each question.
 *
 * Some names only the system knows, and getaddrinfo() is asked for them as if
 * c-ares was not there: those that the line `hosts:` of /etc/nsswitch.conf gives
 * to others than `files` and `dns`.  `mdns…` is taken to know names that end in
 * `.local`, `resolve` those and names without a dot, `myhostname` names without
 * a dot; any other service is taken to know all.  The system is asked for all
 * names where that line does not name `dns`, and on the simulator.
 *
 * The system is asked for all names, too,
 *   where systemd-resolved runs, that line names `resolve`, and
 *       /etc/resolv.conf does not name 127.0.0.53: systemd-resolved may know
 *       other servers, such as those of a private network;
 *   where /etc/resolv.conf or RES_OPTIONS has an option that is none of those
 *       above, `edns0`, `trust-ad`, `no-reload` or `debug`, such as `use-vc` and
 *       `single-request`, or where a server has an address with a zone;
 *   where /etc/hosts is larger than 64 KiB: reading it would stop the loop;
 *   where one of these files is there and cannot be opened.
 * With servers of its own (coil_cares_init()) a source asks the system for names
 * of the simulator alone.
 *
 * getaddrinfo() that a library in LD_PRELOAD has put into the place of that of
 * libc, as torsocks and proxychains do, is not called for other names.  A program
 * that is run so chooses coil_resolver_system().
 */
#ifndef COIL_CARES_H
#define COIL_CARES_H

#include <coil/base.h>
#include <coil/resolver.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The source for coil_resolver_configure(), of static storage. */
COIL_API const struct coil_resolver_source *coil_cares_source(void)
    COIL_ANY_THREAD;

/* A source with servers of its own: the caller's memory. */
struct coil_cares {
    struct coil_resolver_source source;
    const char *servers; /* from here on private */
    void *reserved[4];
};

/*
 * A source that asks `servers`, such as "192.0.2.1,[2001:db8::1]:5353", and not
 * those of /etc/resolv.conf, for all names that are not in /etc/hosts, whatever
 * /etc/nsswitch.conf says.  `cares` and `servers` are kept as long as the source
 * is.  Returns &cares->source.  A look-up returns -EINVAL if `servers` is no
 * such list.
 */
COIL_API const struct coil_resolver_source *
coil_cares_init(struct coil_cares *cares, const char *servers);

/* The version of c-ares that runs, "1.18.1". */
COIL_API const char *coil_cares_version(void) COIL_ANY_THREAD;

#ifdef __cplusplus
}
#endif

#endif
