/* SPDX-License-Identifier: MIT */
/* priority.h - "5<TAB>" in front of a URL */
#ifndef COIL_FETCH_INPUT_PRIORITY_H
#define COIL_FETCH_INPUT_PRIORITY_H

#include <stddef.h>
#include <stdint.h>

/*
 * Take a whole number and its TAB off the text.  Returns 1; 0: there is none, and
 * nothing is changed; -ERANGE: it is beyond 64 bits.
 */
int priority_take(int64_t *priority, const char **text, size_t *size);

#endif
