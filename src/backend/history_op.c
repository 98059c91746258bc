/* SPDX-License-Identifier: MIT */
#include "backend/history_op.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include "backend/sys.h"

void coil__history_put_address(struct coil_history *h,
                               const struct coil_address *address)
{
    coil__history_put(h, address->length);
    coil__history_put_bytes(h, &address->storage, address->length);
}

static socklen_t get_length(struct coil_history *h, size_t most)
{
    uint64_t length = coil__history_get(h);

    return (socklen_t)(length < most ? length : most);
}

void coil__history_get_address(struct coil_history *h,
                               struct coil_address *address)
{
    *address = (struct coil_address){ .length = 0 };
    address->length = get_length(h, sizeof address->storage);
    coil__history_get_bytes(h, &address->storage, address->length);
}

/* ---- messages ------------------------------------------------------------- */

static void put_message(struct coil_history *h, const struct mmsghdr *m)
{
    const struct iovec *piece = m->msg_hdr.msg_iov;
    size_t size = m->msg_len < piece->iov_len ? m->msg_len : piece->iov_len;

    coil__history_put(h, m->msg_len);
    coil__history_put(h, (unsigned)m->msg_hdr.msg_flags);
    coil__history_put(h, m->msg_hdr.msg_namelen);
    coil__history_put(h, m->msg_hdr.msg_controllen);
    coil__history_put_bytes(h, piece->iov_base, size);
    coil__history_put_bytes(h, m->msg_hdr.msg_name, m->msg_hdr.msg_namelen);
    coil__history_put_bytes(h, m->msg_hdr.msg_control,
                            m->msg_hdr.msg_controllen);
}

static void get_message(struct coil_history *h, struct mmsghdr *m)
{
    const struct iovec *piece = m->msg_hdr.msg_iov;
    size_t size;

    m->msg_len = (unsigned)coil__history_get(h);
    m->msg_hdr.msg_flags = (int)coil__history_get(h);
    m->msg_hdr.msg_namelen = get_length(h, m->msg_hdr.msg_namelen);
    m->msg_hdr.msg_controllen = get_length(h, m->msg_hdr.msg_controllen);
    size = m->msg_len < piece->iov_len ? m->msg_len : piece->iov_len;
    coil__history_get_bytes(h, piece->iov_base, size);
    coil__history_get_bytes(h, m->msg_hdr.msg_name, m->msg_hdr.msg_namelen);
    coil__history_get_bytes(h, m->msg_hdr.msg_control,
                            m->msg_hdr.msg_controllen);
}

/* ---- operations ----------------------------------------------------------- */

static void put_accepted(struct coil_history *h, const struct coil_op *op)
{
    struct coil_address local = { .length = 0 };

    (void)!coil__sys_local_address((int)op->result, &local);
    coil__history_put(h, local.storage.ss_family);
    if (op->address)
        coil__history_put_address(h, op->address);
}

/* A socket that is connected to nobody has the number of the one that came. */
static void get_accepted(struct coil_history *h, struct coil_op *op)
{
    int family = (int)coil__history_get(h);

    if (op->address)
        coil__history_get_address(h, op->address);
    op->result = coil__sys_socket(family, SOCK_STREAM);
}

void coil__history_put_op(struct coil_history *h, const struct coil_op *op)
{
    coil__history_put_signed(h, op->result);
    if (op->result < 0)
        return;
    if (op->kind == COIL_OP_READ || op->kind == COIL_OP_READ_FD)
        coil__history_put_bytes(h, op->data, (size_t)op->result);
    else if (op->kind == COIL_OP_ACCEPT)
        put_accepted(h, op);
    for (ptrdiff_t i = 0; op->kind == COIL_OP_RECEIVE && i < op->result; i++)
        put_message(h, (struct mmsghdr *)op->data + i);
}

void coil__history_get_op(struct coil_history *h, struct coil_op *op)
{
    op->result = coil__history_get_signed(h);
    if (op->result < 0)
        return;
    if (op->kind != COIL_OP_ACCEPT && (size_t)op->result > op->size && op->data)
        op->result = (ptrdiff_t)op->size;
    if (op->kind == COIL_OP_READ || op->kind == COIL_OP_READ_FD)
        coil__history_get_bytes(h, op->data, (size_t)op->result);
    else if (op->kind == COIL_OP_ACCEPT)
        get_accepted(h, op);
    for (ptrdiff_t i = 0; op->kind == COIL_OP_RECEIVE && i < op->result; i++)
        get_message(h, (struct mmsghdr *)op->data + i);
}
