/* SPDX-License-Identifier: MIT */
/*
 * scope/combinators.h - where other tools find the futures of a wait for many
 */
#ifndef COIL_SCOPE_COMBINATORS_H
#define COIL_SCOPE_COMBINATORS_H

#include <stdint.h>

/* The offset of the number of futures from the waiter. */
extern const int32_t coil__futures_count;

#endif
