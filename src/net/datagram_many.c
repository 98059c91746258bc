/* SPDX-License-Identifier: MIT */
/*
 * datagram_many.c - many messages by one system call, and what comes with them
 *
 * A batch lies on the stack.  A message with descriptors needs more room than the
 * others, and so it is a batch of its own.
 */
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>

#include <coil/error.h>

#include "loop/operation.h"
#include "net/control.h"
#include "net/datagram.h"
#include "net/descriptors.h"

enum {
    BATCH = 32,
    UNITS_MESSAGE = 4, /* of the budget, for each but the first */
    SEGMENT_MAX = 65535,
};

/* The ancillary data of a message without descriptors. */
#define CONTROL                                                                \
    (CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(int)))

struct batch {
    struct mmsghdr headers[BATCH];
    struct iovec pieces[BATCH];
    union {
        size_t align;
        char each[BATCH][CONTROL];
        char of_first[COIL__DESCRIPTORS_ROOM + CONTROL];
    } control;
};

/* How many of the messages are in one batch. */
static size_t count_batch(const struct coil_datagram *d, size_t count)
{
    size_t n = 0;

    if (count > 0 && d[0].fd_count > 0)
        return 1;
    while (n < count && n < BATCH && d[n].fd_count == 0)
        n++;
    return n;
}

static void prepare(struct batch *b, struct coil_datagram *d, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        b->pieces[i] =
            (struct iovec){ .iov_base = d[i].data, .iov_len = d[i].size };
        b->headers[i] = (struct mmsghdr){
            .msg_hdr = { .msg_name = &d[i].peer.storage,
                         .msg_namelen = sizeof d[i].peer.storage,
                         .msg_iov = &b->pieces[i],
                         .msg_iovlen = 1,
                         .msg_control = b->control.each[i],
                         .msg_controllen = CONTROL },
        };
    }
    if (d[0].fd_count > 0)
        b->headers[0].msg_hdr.msg_controllen = sizeof b->control.of_first;
}

/* Messages cost less than calls, but not nothing. */
static void burn(ptrdiff_t count)
{
    if (count > 1)
        coil__burn((size_t)(count - 1) * UNITS_MESSAGE);
}

/* ---- receiving -------------------------------------------------------- */

static void read_ipv4(const struct cmsghdr *c, struct coil_datagram *d)
{
    struct in_pktinfo info;
    struct sockaddr_in in = { .sin_family = AF_INET };

    memcpy(&info, CMSG_DATA(c), sizeof info);
    in.sin_addr = info.ipi_addr;
    memcpy(&d->local.storage, &in, sizeof in);
    d->local.length = sizeof in;
    d->interface = (unsigned)info.ipi_ifindex;
}

static void read_ipv6(const struct cmsghdr *c, struct coil_datagram *d)
{
    struct in6_pktinfo info;
    struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };

    memcpy(&info, CMSG_DATA(c), sizeof info);
    in6.sin6_addr = info.ipi6_addr;
    memcpy(&d->local.storage, &in6, sizeof in6);
    d->local.length = sizeof in6;
    d->interface = info.ipi6_ifindex;
}

/* Only what was asked for comes. */
static void read_control(struct msghdr *header, struct coil_datagram *d)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c;
         c = CMSG_NXTHDR(header, c)) {
        int segment;

        switch (c->cmsg_level) {
        case IPPROTO_IP:
            read_ipv4(c, d);
            break;
        case IPPROTO_IPV6:
            read_ipv6(c, d);
            break;
        case IPPROTO_UDP:
            memcpy(&segment, CMSG_DATA(c), sizeof segment);
            d->segment = (size_t)segment;
            break;
        default: /* descriptors */
            break;
        }
    }
}

static void read_message(struct mmsghdr *m, struct coil_datagram *d)
{
    d->length = m->msg_len; /* with MSG_TRUNC, of the whole message */
    d->peer.length = m->msg_hdr.msg_namelen;
    d->local.length = 0;
    d->interface = 0;
    d->segment = 0;
    read_control(&m->msg_hdr, d);
    d->fd_count =
        coil__descriptors_get(&m->msg_hdr, d->fds, d->fd_count, &d->lost_fds);
}

ptrdiff_t coil_datagram_receive_many(struct coil_datagram_socket *s,
                                     struct coil_datagram *d, size_t count)
{
    static const struct coil_wait_reason reason = { .name = "datagram" };
    struct batch b;
    struct coil_op op = { .kind = COIL_OP_RECEIVE,
                          .fd = s->open.fd,
                          .data = b.headers,
                          .size = count_batch(d, count),
                          .events = MSG_TRUNC };
    ptrdiff_t n = coil__checkpoint();

    coil__datagram_check(s);
    if (n < 0 || count == 0)
        return n;
    prepare(&b, d, op.size);
    n = coil__operate(s->backend, &op, &reason, s);
    for (ptrdiff_t i = 0; i < n; i++)
        read_message(&b.headers[i], &d[i]);
    burn(n);
    return n;
}

/* ---- sending ---------------------------------------------------------- */

/* Where it is sent from. */
static void put_source(struct msghdr *header, size_t *used, int family,
                       const struct coil_datagram *d)
{
    if (family == AF_INET6) {
        struct in6_pktinfo info = { .ipi6_ifindex = d->interface };
        struct sockaddr_in6 in6;

        memcpy(&in6, &d->local.storage, sizeof in6);
        if (d->local.length > 0)
            info.ipi6_addr = in6.sin6_addr;
        coil__control_put(header, used, IPPROTO_IPV6, IPV6_PKTINFO, &info,
                          sizeof info);
    } else {
        struct in_pktinfo info = { .ipi_ifindex = (int)d->interface };
        struct sockaddr_in in;

        memcpy(&in, &d->local.storage, sizeof in);
        if (d->local.length > 0)
            info.ipi_spec_dst = in.sin_addr;
        coil__control_put(header, used, IPPROTO_IP, IP_PKTINFO, &info,
                          sizeof info);
    }
}

static bool is_valid(const struct coil_datagram *d, int family)
{
    return d->segment <= SEGMENT_MAX && d->fd_count <= COIL__DESCRIPTORS_MAX &&
           (d->local.length == 0 || d->local.storage.ss_family == family);
}

static void write_control(struct msghdr *header, int family,
                          const struct coil_datagram *d)
{
    uint16_t segment = (uint16_t)d->segment;
    size_t used = 0;

    header->msg_namelen = d->peer.length;
    if (d->peer.length == 0)
        header->msg_name = NULL;
    memset(header->msg_control, 0, header->msg_controllen);
    if (d->local.length > 0 || d->interface > 0)
        put_source(header, &used, family, d);
    if (segment > 0)
        coil__control_put(header, &used, IPPROTO_UDP, UDP_SEGMENT, &segment,
                          sizeof segment);
    if (d->fd_count > 0)
        coil__control_put(header, &used, SOL_SOCKET, SCM_RIGHTS, d->fds,
                          d->fd_count * sizeof *d->fds);
    header->msg_controllen = used;
}

ptrdiff_t coil_datagram_send_many(struct coil_datagram_socket *s,
                                  struct coil_datagram *d, size_t count)
{
    static const struct coil_wait_reason reason = { .name = "datagram room" };
    struct batch b;
    struct coil_op op = { .kind = COIL_OP_SEND,
                          .fd = s->open.fd,
                          .data = b.headers,
                          .size = count_batch(d, count) };
    ptrdiff_t n = coil__checkpoint();

    coil__datagram_check(s);
    if (n < 0 || count == 0)
        return n;
    for (size_t i = 0; i < op.size; i++)
        if (!is_valid(&d[i], s->family))
            return -EINVAL;
    prepare(&b, d, op.size);
    for (size_t i = 0; i < op.size; i++)
        write_control(&b.headers[i].msg_hdr, s->family, &d[i]);
    n = coil__operate(s->backend, &op, &reason, s);
    burn(n);
    return n;
}
