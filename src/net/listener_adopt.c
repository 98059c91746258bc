/* SPDX-License-Identifier: MIT */
/*
 * listener_adopt.c - a listener of sockets from elsewhere
 */
#include "net/listener_open.h"

#include <coil/error.h>

#include "base/memory.h"

/* Whether there are any, and each of them once. */
static bool is_set(const int *fds, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t n = 0; n < i; n++)
            if (fds[n] == fds[i])
                return false;
    return count > 0;
}

int coil_listener_adopt(struct coil_listener **out, const int *fds,
                        size_t count)
{
    struct coil__backend *backend = coil__backend_current();
    struct coil_listener *l;
    int rc;

    *out = NULL;
    if (!backend)
        return -ENOTSUP;
    if (!is_set(fds, count))
        return -EINVAL;
    l = coil__listener_new(count);
    if (!l)
        return -ENOMEM;
    rc = backend->ops->adopt(backend, fds, count);
    if (rc < 0) {
        coil__free(l);
        return rc;
    }
    for (size_t i = 0; i < count; i++)
        l->sockets[l->count++].open.fd = fds[i];
    coil__listener_enter(l);
    *out = l;
    return 0;
}
