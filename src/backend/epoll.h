/* SPDX-License-Identifier: MIT */
/*
 * backend/epoll.h - the kernel, by epoll(7)
 */
#ifndef COIL_BACKEND_EPOLL_H
#define COIL_BACKEND_EPOLL_H

#include "backend/backend.h"

/* 0, or -ENOMEM, -EMFILE … */
int coil__epoll_open(struct coil__backend **out);

#endif
