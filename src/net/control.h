/* SPDX-License-Identifier: MIT */
/*
 * net/control.h - what goes with a message: ancillary data
 */
#ifndef COIL_NET_CONTROL_H
#define COIL_NET_CONTROL_H

#include <string.h>
#include <sys/socket.h>

/*
 * Append to the ancillary data of `header`, of which `*used` bytes are written.
 * There is room, and it is zeroed.
 */
static inline void coil__control_put(struct msghdr *header, size_t *used,
                                     int level, int type, const void *data,
                                     size_t size)
{
    struct cmsghdr *c =
        (struct cmsghdr *)(void *)((char *)header->msg_control + *used);

    c->cmsg_level = level;
    c->cmsg_type = type;
    c->cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(c), data, size);
    *used += CMSG_SPACE(size);
}

#endif
