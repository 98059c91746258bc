/* SPDX-License-Identifier: MIT */
#include "backend/wakeup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

int coil__wakeup_open(struct coil_wakeup *wakeup)
{
    int ends[2];

    wakeup->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    wakeup->sender = wakeup->fd;
    if (wakeup->fd >= 0)
        return 0;
    if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
        return -errno;

    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
        return -errno;
    wakeup->fd = ends[0];
    wakeup->sender = ends[1];
    return 0;
}

void coil__wakeup_close(struct coil_wakeup *wakeup)
{
    if (coil__wakeup_is_pipe(wakeup))
        close(wakeup->sender);
    close(wakeup->fd);
    wakeup->fd = -1;
    wakeup->sender = -1;
}

void coil__wakeup_send(struct coil_wakeup *wakeup)
{
    const uint64_t one = 1;
    int saved = errno;
    ssize_t n;

    if (atomic_exchange(&wakeup->under_way, true))
        return;
    do
        n = write(wakeup->sender, &one, sizeof one);
    while (n < 0 && errno == EINTR);
    errno = saved;
}

void coil__wakeup_drain(struct coil_wakeup *wakeup)
{
    char bytes[256];
    ssize_t n;

    /* While `under_way` is set nobody sends: only a few wake-ups are left. */
    do
        n = read(wakeup->fd, bytes, sizeof bytes);
    while (n < 0 && errno == EINTR);
}
