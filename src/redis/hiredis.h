/* SPDX-License-Identifier: MIT */
/*
 * redis/hiredis.h - hiredis's parser and formatter, of Debian 12 (0.14) and later
 *
 * Only redisReader…() and redisFormat…() are called, which are pure functions.
 */
#ifndef COIL_REDIS_HIREDIS_H
#define COIL_REDIS_HIREDIS_H

#include <hiredis/hiredis.h>

/* How createArray() is told how many elements there will be. */
#if HIREDIS_MAJOR < 1
typedef int coil__hiredis_count;
#else
typedef size_t coil__hiredis_count;
#endif

#endif
