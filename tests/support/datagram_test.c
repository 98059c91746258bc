/* SPDX-License-Identifier: MIT */
/* datagram_test.c - sockets of messages: where they are bound, what they receive */
#include "datagram_test.h"

struct coil_datagram_socket *bound_to(const char *host,
                                      struct coil_address *address,
                                      const struct coil_udp_options *options)
{
    struct coil_datagram_socket *s;

    ASSERT_EQ(coil_udp_bind(&s, host, 0, options), 0);
    coil_datagram_local_address(s, address);
    ASSERT_NE(coil_address_port(address), 0);
    return s;
}

void expect_word(struct coil_datagram_socket *s, const char *word)
{
    char text[64];
    ptrdiff_t n = coil_datagram_receive(s, text, sizeof text);

    ASSERT_EQ(n, (ptrdiff_t)strlen(word));
    ASSERT_MEM_EQ(text, word, (size_t)n);
}
