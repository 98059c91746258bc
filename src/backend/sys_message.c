/* SPDX-License-Identifier: MIT */
#include "backend/sys_message.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

/*
 * A sandbox may forbid the calls for many messages.  One that is allowed looks at
 * the descriptor first.
 */
static bool can_receive_many(struct mmsghdr *m)
{
    (void)!recvmmsg(-1, m, 1, MSG_DONTWAIT, NULL);
    return errno == EBADF;
}

static bool can_send_many(struct mmsghdr *m)
{
    (void)!sendmmsg(-1, m, 1, MSG_DONTWAIT);
    return errno == EBADF;
}

ptrdiff_t coil__sys_receive(const struct coil_op *op)
{
    struct mmsghdr *m = op->data;
    int flags = (int)op->events | MSG_DONTWAIT | MSG_CMSG_CLOEXEC;
    ssize_t n = -1;
    int error;

    if (op->size > 1) {
        do
            n = recvmmsg(op->fd, m, (unsigned)op->size, flags, NULL);
        while (n < 0 && errno == EINTR);
        error = errno;
        if (n >= 0)
            return n;
        if (error == EAGAIN || can_receive_many(m))
            return -error;
    }
    do
        n = recvmsg(op->fd, &m->msg_hdr, flags);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    m->msg_len = (unsigned)n;
    return 1;
}

ptrdiff_t coil__sys_send(const struct coil_op *op)
{
    struct mmsghdr *m = op->data;
    int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
    ssize_t n = -1;
    int error;

    if (op->size > 1) {
        do
            n = sendmmsg(op->fd, m, (unsigned)op->size, flags);
        while (n < 0 && errno == EINTR);
        error = errno;
        if (n >= 0)
            return n;
        if (error == EAGAIN || can_send_many(m))
            return -error;
    }
    do
        n = sendmsg(op->fd, &m->msg_hdr, flags);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    m->msg_len = (unsigned)n;
    return 1;
}

int coil__sys_multicast(int fd, const struct coil_address *group,
                        unsigned interface, enum coil_multicast what)
{
    struct group_req request = { .gr_interface = interface };
    int level =
        group->storage.ss_family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP;
    int name =
        what == COIL_MULTICAST_JOIN ? MCAST_JOIN_GROUP : MCAST_LEAVE_GROUP;

    memcpy(&request.gr_group, &group->storage, sizeof request.gr_group);
    return setsockopt(fd, level, name, &request, sizeof request) ? -errno : 0;
}
