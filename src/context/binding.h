/* SPDX-License-Identifier: MIT */
/*
 * context/binding.h - whether calls are bound before they are made
 *
 * A program that is bound lazily enters the loader at the first call of each
 * function of another object.  The loader saves all registers, which takes more
 * than a small stack has.  Linking with -Wl,-z,now avoids that.
 */
#ifndef COIL_CONTEXT_BINDING_H
#define COIL_CONTEXT_BINDING_H

#include <stdbool.h>
#include <stdint.h>

/* Whether the object that `address` lies in calls others without the loader. */
bool coil__binding_is_done(uintptr_t address);

#endif
