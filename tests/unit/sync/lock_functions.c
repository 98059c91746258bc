/* SPDX-License-Identifier: MIT */
/*
 * lock_functions.c - the tests of lock.c, of the functions in the library
 *
 * In an optimised program the header has fast paths: coil/running.h.
 */
#define COIL_NO_FAST_PATHS
#include "lock.c"
