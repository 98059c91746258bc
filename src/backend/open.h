/* SPDX-License-Identifier: MIT */
/*
 * backend/open.h - who owns an open socket, for the report of what was left open
 */
#ifndef COIL_BACKEND_OPEN_H
#define COIL_BACKEND_OPEN_H

#include "backend/backend.h"
#include "base/list.h"

struct coil_open {
    struct coil_hook hook;
    const char *kind; /* "stream" */
    int fd;
};

static inline void coil__open_add(struct coil__backend *backend,
                                  struct coil_open *open)
{
    coil__hook_push(&backend->open, &open->hook);
}

static inline void coil__open_remove(struct coil_open *open)
{
    coil__hook_remove(&open->hook);
}

#endif
