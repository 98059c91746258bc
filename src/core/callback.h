/* SPDX-License-Identifier: MIT */
/*
 * core/callback.h - call a function of the program's in the middle of one's own
 *
 * Such a function must not throw, as the code around the call would be left half
 * done: it is called through a guard.  What the loop calls needs none, for the
 * loop runs behind one; nor does a task's function, below which nobody catches.
 */
#ifndef COIL_CORE_CALLBACK_H
#define COIL_CORE_CALLBACK_H

#include "context/guard.h"

#endif
