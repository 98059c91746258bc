/* SPDX-License-Identifier: MIT */
/*
 * net/tcp_options.h - set the options of a connection
 */
#ifndef COIL_NET_TCP_OPTIONS_H
#define COIL_NET_TCP_OPTIONS_H

#include <coil/tcp_options.h>

#include "backend/backend.h"

/* 0, or -EINVAL. */
int coil__tcp_options_check(const struct coil_tcp_options *options);

/*
 * Set valid options of the socket `fd`: before it connects, or before it
 * listens, and then those who are accepted have them.  0 or an error.
 */
int coil__tcp_options_set(struct coil__backend *backend, int fd,
                          const struct coil_tcp_options *options);

#endif
