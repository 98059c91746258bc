/* SPDX-License-Identifier: MIT */
/*
 * redis/errors.h - what the errors of a server mean
 */
#ifndef COIL_REDIS_ERRORS_H
#define COIL_REDIS_ERRORS_H

#include <stdbool.h>
#include <stddef.h>

/* The code of an error by its first word: "NOAUTH Authentication required." */
int coil__redis_error_of(const char *text, size_t size);

/* Whether an attempt to connect that failed so may succeed a little later. */
bool coil__redis_is_passing(int error);

#endif
