/* SPDX-License-Identifier: MIT */
/*
 * backend/sim_message.h - one message between sockets of the simulator
 */
#ifndef COIL_BACKEND_SIM_MESSAGE_H
#define COIL_BACKEND_SIM_MESSAGE_H

#include <stdbool.h>

#include "backend/sim_socket.h"

enum { SIM_FDS = 253 }; /* in one message, as in Linux */

struct sim_message {
    struct coil_link link;
    struct coil_address from; /* of length 0: a socket without a name */
    struct coil_address to;
    size_t ahead; /* in a stream: bytes in front of it */
    size_t size;
    size_t fd_count;
    int *fds; /* duplicates, which belong to the message */
    unsigned char data[];
};

/*
 * What the ancillary data of a message that is sent asks for.  It is descriptors
 * or segments; and each message is of one piece.
 */
struct sim_wishes {
    const int *fds;
    size_t fd_count;
    size_t segment; /* UDP_SEGMENT; 0: it is sent whole */
};
struct sim_wishes coil__sim_wishes(const struct msghdr *header);

/*
 * A message of `size` bytes of `header`, from byte `at` on, with duplicates of
 * its descriptors.  NULL: no memory, or no descriptor.
 */
struct sim_message *coil__sim_message_new(const struct msghdr *header,
                                          size_t at, size_t size,
                                          const struct sim_wishes *wishes);
struct sim_message *coil__sim_message_copy(const struct sim_message *message);

/* Free a message, and close the descriptors that nobody has taken. */
void coil__sim_message_free(struct sim_message *message);

/* Store the message in `header`.  Returns the length for it. */
size_t coil__sim_message_take(struct sim_message *message,
                              struct msghdr *header, bool tells_target);

/* `size` bytes of a stream were read: so are the descriptors among them. */
void coil__sim_pass_messages(struct sim_socket *socket, size_t size);

/* Free all messages that wait in the socket. */
void coil__sim_forget_messages(struct sim_socket *socket);

#endif
