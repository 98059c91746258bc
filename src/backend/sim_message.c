/* SPDX-License-Identifier: MIT */
#include "backend/sim_message.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <unistd.h>

#include "base/list.h"
#include "base/memory.h"

/* ---- what is sent ----------------------------------------------------- */

struct sim_wishes coil__sim_wishes(const struct msghdr *header)
{
    struct sim_wishes wishes = { .fds = NULL };
    const struct cmsghdr *c;
    uint16_t segment;

    for (c = CMSG_FIRSTHDR(header); c;
         c = CMSG_NXTHDR((struct msghdr *)header, (struct cmsghdr *)c)) {
        if (c->cmsg_level == SOL_SOCKET) {
            wishes.fds = (const int *)(const void *)CMSG_DATA(c);
            wishes.fd_count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        }
        if (c->cmsg_level == IPPROTO_UDP) {
            memcpy(&segment, CMSG_DATA(c), sizeof segment);
            wishes.segment = segment;
        }
    }
    return wishes;
}

static bool duplicate(struct sim_message *m, const int *fds, size_t count)
{
    while (m->fd_count < count) {
        int fd = fcntl(fds[m->fd_count], F_DUPFD_CLOEXEC, 0);

        if (fd < 0)
            return false;
        m->fds[m->fd_count++] = fd;
    }
    return true;
}

/* Room for a message, and behind its bytes for descriptors. */
static struct sim_message *new_message(size_t size, size_t fd_count)
{
    size_t room = (size + sizeof(int) - 1) / sizeof(int) * sizeof(int);
    struct sim_message *m =
        coil__alloc(sizeof *m + room + fd_count * sizeof *m->fds);

    if (m)
        m->fds = (int *)(void *)(m->data + room);
    return m;
}

struct sim_message *coil__sim_message_new(const struct msghdr *header,
                                          size_t at, size_t size,
                                          const struct sim_wishes *wishes)
{
    struct sim_message *m = new_message(size, wishes->fd_count);

    if (!m)
        return NULL;
    m->size = size;
    if (size > 0)
        memcpy(m->data, (const char *)header->msg_iov->iov_base + at, size);
    if (duplicate(m, wishes->fds, wishes->fd_count))
        return m;
    coil__sim_message_free(m);
    return NULL;
}

struct sim_message *coil__sim_message_copy(const struct sim_message *message)
{
    struct sim_message *m = new_message(message->size, 0);

    if (!m)
        return NULL;
    m->from = message->from;
    m->to = message->to;
    m->size = message->size;
    memcpy(m->data, message->data, m->size);
    return m;
}

void coil__sim_message_free(struct sim_message *m)
{
    while (m->fd_count > 0)
        close(m->fds[--m->fd_count]);
    coil__free(m);
}

/* ---- what is received ------------------------------------------------- */

/* Append ancillary data.  False: there is no room. */
static bool put(struct msghdr *header, size_t *used, int level, int type,
                const void *data, size_t size)
{
    struct cmsghdr *c =
        (struct cmsghdr *)(void *)((char *)header->msg_control + *used);

    if (header->msg_controllen < *used + CMSG_SPACE(size)) {
        header->msg_flags |= MSG_CTRUNC;
        return false;
    }
    memset(c, 0, CMSG_SPACE(size));
    c->cmsg_level = level;
    c->cmsg_type = type;
    c->cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(c), data, size);
    *used += CMSG_SPACE(size);
    return true;
}

static void put_target(struct msghdr *header, size_t *used,
                       const struct coil_address *to)
{
    if (to->storage.ss_family == AF_INET6) {
        struct in6_pktinfo info = { .ipi6_ifindex = 1 };
        struct sockaddr_in6 in6;

        memcpy(&in6, &to->storage, sizeof in6);
        info.ipi6_addr = in6.sin6_addr;
        put(header, used, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
    } else {
        struct in_pktinfo info = { .ipi_ifindex = 1 };
        struct sockaddr_in in;

        memcpy(&in, &to->storage, sizeof in);
        info.ipi_addr = in.sin_addr;
        info.ipi_spec_dst = in.sin_addr;
        put(header, used, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
    }
}

static void copy_bytes(const struct sim_message *m, struct msghdr *header)
{
    const struct iovec *piece = header->msg_iov;
    size_t size = m->size < piece->iov_len ? m->size : piece->iov_len;

    if (size > 0)
        memcpy(piece->iov_base, m->data, size);
    if (size < m->size)
        header->msg_flags |= MSG_TRUNC;
}

size_t coil__sim_message_take(struct sim_message *m, struct msghdr *header,
                              bool tells_target)
{
    size_t used = 0;

    header->msg_flags = 0;
    copy_bytes(m, header);
    if (header->msg_name)
        memcpy(header->msg_name, &m->from.storage, m->from.length);
    header->msg_namelen = m->from.length;
    if (tells_target)
        put_target(header, &used, &m->to);
    if (m->fd_count > 0 && put(header, &used, SOL_SOCKET, SCM_RIGHTS, m->fds,
                               m->fd_count * sizeof *m->fds))
        m->fd_count = 0; /* they belong to the receiver now */
    header->msg_controllen = used;
    return m->size;
}

void coil__sim_pass_messages(struct sim_socket *socket, size_t size)
{
    struct coil_link *link = socket->messages.head;

    while (link) {
        struct sim_message *m = (void *)link;

        link = link->next;
        if (m->ahead >= size) {
            m->ahead -= size;
            continue;
        }
        coil__list_remove(&socket->messages, &m->link);
        coil__sim_message_free(m);
    }
}

void coil__sim_forget_messages(struct sim_socket *socket)
{
    while (socket->messages.head) {
        struct sim_message *m = (void *)socket->messages.head;

        coil__list_remove(&socket->messages, &m->link);
        coil__sim_message_free(m);
    }
    socket->message_bytes = 0;
}
