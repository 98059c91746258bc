/* SPDX-License-Identifier: MIT */
/*
 * backend/epoll.h - the kernel, by epoll(7)
 */
#ifndef COIL_BACKEND_EPOLL_H
#define COIL_BACKEND_EPOLL_H

#include "backend/backend.h"
#include "backend/epoll_slot.h"

#define EPOLL_BATCH 256

struct epoll_backend {
    struct coil__backend backend;
    struct epoll_table table;
    bool coarse; /* the kernel waits in milliseconds only */
    uint64_t random;
    struct epoll_event events[EPOLL_BATCH];
};

/* 0, or -ENOMEM, -EMFILE … */
int coil__epoll_open(struct coil__backend **out);

#endif
