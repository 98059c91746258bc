/* SPDX-License-Identifier: MIT */
/* datagram_test.h - sockets of messages: where they are bound, what they receive */
#ifndef COIL_TESTS_DATAGRAM_TEST_H
#define COIL_TESTS_DATAGRAM_TEST_H

#include <coil/udp.h>

#include "stream_test.h"

/* A socket of UDP at a port that nobody has; `options` may be NULL. */
struct coil_datagram_socket *bound_to(const char *host,
                                      struct coil_address *address,
                                      const struct coil_udp_options *options);

/* The next message is this word. */
void expect_word(struct coil_datagram_socket *s, const char *word);

#endif
