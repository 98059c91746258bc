/* SPDX-License-Identifier: MIT */
#include "io/stream.h"

#include "base/memory.h"

int coil_tcp_connect_address(struct coil_stream **out,
                             const struct coil_address *address)
{
    static const struct coil_wait_reason reason = { .name = "connect" };
    struct coil_poll *poll;
    struct coil_stream *s;
    struct coil_op op;
    int fd;
    int rc;

    *out = NULL;
    rc = coil__checkpoint();
    if (rc < 0)
        return rc;
    poll = coil__poll_current();
    if (!poll)
        return -ENOTSUP;

    s = coil__stream_new(poll);
    if (!s)
        return -ENOMEM;
    s->peer = *address;
    fd = poll->ops->socket(poll, address->storage.ss_family);
    if (fd < 0) {
        rc = fd;
        goto free_stream;
    }

    op = (struct coil_op){ .kind = COIL_OP_CONNECT,
                           .fd = fd,
                           .address = &s->peer };
    rc = (int)coil__operate(poll, &op, &reason, s);
    if (rc < 0)
        goto close_socket;

    coil__stream_open(s, fd);
    *out = s;
    return 0;

close_socket:
    poll->ops->close_socket(poll, fd);
free_stream:
    coil__stream_release(s);
    return rc;
}

/* Whether the next address might do better than the one that gave `rc`. */
static bool is_worth_another(int rc)
{
    return rc < 0 && rc != -ECANCELED && rc != -EMFILE && rc != -ENFILE &&
           rc != -ENOMEM;
}

int coil_tcp_connect(struct coil_stream **out, const char *host, uint16_t port)
{
    struct coil_address *addresses;
    size_t count;
    int rc;

    *out = NULL;
    rc = coil_resolve(host, port, &addresses, &count);
    if (rc < 0)
        return rc;

    rc = coil_tcp_connect_address(out, &addresses[0]);
    for (size_t i = 1; i < count && is_worth_another(rc); i++)
        rc = coil_tcp_connect_address(out, &addresses[i]);

    coil_addresses_free(addresses);
    return rc;
}
