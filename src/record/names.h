/* SPDX-License-Identifier: MIT */
/*
 * record/names.h - texts in the file of a recorder, each of which has a number
 */
#ifndef COIL_RECORD_NAMES_H
#define COIL_RECORD_NAMES_H

#include <stdbool.h>
#include <stdint.h>

struct coil_recorder;
struct coil_record_names;

/* NULL: there is no memory. */
struct coil_record_names *coil__record_names_new(void);

/* The number of `text`; 0: there is no room for it, or it is NULL. */
unsigned coil__record_name(struct coil_recorder *r, const char *text);

/*
 * Whether the number of a text that stays as it is for ever is at hand, and if so,
 * the number.
 */
bool coil__record_name_at_hand(const struct coil_recorder *r, const char *text,
                               unsigned *number);

/* The same as coil__record_name() for such a text. */
unsigned coil__record_name_static(struct coil_recorder *r, const char *text);

#endif
