/* SPDX-License-Identifier: MIT */
#include "backend/sim_data.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "backend/sim_message.h"

static void activate(struct sim_network *net, struct sim_socket *socket)
{
    coil__sim_activate(&net->active, &net->chance, socket);
}

static int take_error(struct sim_socket *socket)
{
    int error = socket->error;

    socket->error = 0;
    return error;
}

ptrdiff_t coil__sim_read(struct sim_network *net, struct sim_socket *socket,
                         const struct coil_op *op)
{
    size_t size = socket->received.size;

    if (size > 0) {
        size = coil__sim_cut(&net->chance, size < op->size ? size : op->size);
        if (size > 0)
            memcpy(op->data, coil__buffer_bytes(&socket->received), size);
        coil__buffer_consume(&socket->received, size);
        coil__sim_pass_messages(socket, size);
        if (socket->peer)
            activate(net, socket->peer);
        return (ptrdiff_t)size;
    }
    if (socket->ended)
        return 0;
    if (socket->error)
        return -take_error(socket);
    if (socket->broken)
        return 0;
    return socket->state == SIM_STATE_CONNECTED ? -EAGAIN : -ENOTCONN;
}

ptrdiff_t coil__sim_peek(const struct sim_socket *socket)
{
    if (socket->received.size > 0 || socket->ended || socket->error ||
        socket->broken)
        return 0;
    return socket->state == SIM_STATE_CONNECTED ? -EAGAIN : -ENOTCONN;
}

ptrdiff_t coil__sim_write(struct sim_network *net, struct sim_socket *socket,
                          const struct coil_op *op)
{
    struct sim_socket *peer = socket->peer;
    size_t size;
    int rc;

    if (socket->error)
        return -take_error(socket);
    if (socket->state != SIM_STATE_CONNECTED || socket->shut || socket->broken)
        return -EPIPE;
    if (!peer) {
        /* The peer answers with a reset. */
        socket->broken = true;
        socket->error = EPIPE;
        activate(net, socket);
        return (ptrdiff_t)op->size;
    }
    size = SIM_PIPE_SIZE - peer->received.size;
    if (size == 0 && op->size > 0)
        return -EAGAIN;
    size = coil__sim_cut(&net->chance, size < op->size ? size : op->size);
    rc = coil__buffer_append(&peer->received, op->data, size);
    if (rc < 0)
        return rc;
    activate(net, peer);
    return (ptrdiff_t)size;
}

ptrdiff_t coil__sim_send_file(struct sim_network *net,
                              struct sim_socket *socket,
                              const struct coil_op *op)
{
    const struct coil_file_part *part = op->data;
    struct coil_op write = *op;
    char bytes[2048];
    ssize_t n;

    n = pread(part->fd, bytes,
              op->size < sizeof bytes ? op->size : sizeof bytes,
              (off_t)part->at);
    if (n <= 0)
        return n < 0 ? -errno : 0;
    write.data = bytes;
    write.size = (size_t)n;
    return coil__sim_write(net, socket, &write);
}
