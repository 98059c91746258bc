/* SPDX-License-Identifier: MIT */
#include "poll/wakeup.h"

#include <errno.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

int coil__wakeup_open(struct coil_wakeup *wakeup)
{
    wakeup->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return wakeup->fd < 0 ? -errno : 0;
}

void coil__wakeup_close(struct coil_wakeup *wakeup)
{
    close(wakeup->fd);
    wakeup->fd = -1;
}

void coil__wakeup_send(struct coil_wakeup *wakeup)
{
    const uint64_t one = 1;
    int saved = errno;
    ssize_t n;

    if (atomic_exchange(&wakeup->under_way, true))
        return;
    do
        n = write(wakeup->fd, &one, sizeof one);
    while (n < 0 && errno == EINTR);
    errno = saved;
}
