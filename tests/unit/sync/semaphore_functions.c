/* SPDX-License-Identifier: MIT */
/*
 * semaphore_functions.c - the tests of semaphore.c, of the functions in the library
 *
 * In an optimised program the header has fast paths: coil/running.h.
 */
#define COIL_NO_FAST_PATHS
#include "semaphore.c"
