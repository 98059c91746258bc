/* SPDX-License-Identifier: MIT */
/*
 * context/map.h - memory for many stacks at once
 */
#ifndef COIL_CONTEXT_MAP_H
#define COIL_CONTEXT_MAP_H

#include <stddef.h>

/* Map `size` bytes for stacks.  Returns NULL, with errno, if there is no room. */
char *coil__stack_map(size_t size);

#endif
