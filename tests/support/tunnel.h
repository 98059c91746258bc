/* SPDX-License-Identifier: MIT */
/*
 * tunnel.h - a proxy and the origin behind it, on one connection
 *
 *     options.prepare = be_connect_proxy;
 *
 * A server of coil/http_server.h plays both: a connection begins with what is
 * said to a proxy, and what follows is said to the origin.
 */
#ifndef COIL_TESTS_TUNNEL_H
#define COIL_TESTS_TUNNEL_H

#include <stddef.h>

struct coil_stream;

/* What the last connection was asked for: the head, or "name:port". */
extern char tunnel_heard[512];
/* How many connections there were. */
extern size_t tunnel_count;
/* What is said instead of "200"; NULL: it connects. */
extern const char *tunnel_refusal;

/* Answer CONNECT, and a client of SOCKS5 that names its origin. */
int be_connect_proxy(struct coil_stream *stream, void *unused);
int be_socks_proxy(struct coil_stream *stream, void *unused);

#endif
