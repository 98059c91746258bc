/* SPDX-License-Identifier: MIT */
/*
 * scope/combinators.h - a wait for many, as tools that look at it need to know it
 */
#ifndef COIL_SCOPE_COMBINATORS_H
#define COIL_SCOPE_COMBINATORS_H

#include <stdint.h>

/* How far the count of a wait for many is from its waiter. */
extern const int32_t coil__futures_count;

#endif
