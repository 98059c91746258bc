/* SPDX-License-Identifier: MIT */
/*
 * scope/timeout.h - whose time an armed timer limits
 */
#ifndef COIL_SCOPE_TIMEOUT_H
#define COIL_SCOPE_TIMEOUT_H

#include <coil/handle.h>
#include <coil/timeout.h>

/* The task in whose scope the timer ends a wait; NULL: it is no timeout's. */
const struct coil_task *coil__timeout_task(const struct coil_handle *handle);

#endif
