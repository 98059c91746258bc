/* SPDX-License-Identifier: MIT */
/*
 * backend/direct.h - the system calls of each message, without the C library
 *
 * In a program with threads, the C library's recv() and send() turn the
 * cancellation of the thread on and off around each call.  These calls never
 * wait, so there is nothing to cancel.  They are made directly where the
 * processor is known.  A sanitizer must see what the kernel reads and writes:
 * there, and on other processors, the C library makes the calls.
 *
 * They return a count of bytes, or a negative errno value; errno stays, or not.
 */
#ifndef COIL_BACKEND_DIRECT_H
#define COIL_BACKEND_DIRECT_H

#include <stddef.h>

/* As recv() and send(), on descriptors that do not block or with MSG_DONTWAIT. */
ptrdiff_t coil__direct_recv(int fd, void *data, size_t size, int flags);
ptrdiff_t coil__direct_send(int fd, const void *data, size_t size, int flags);

#endif
