/* SPDX-License-Identifier: MIT */
/* work/file/bytes.h - numbers of a journal: little-endian, without gaps */
#ifndef COIL_WORK_BYTES_H
#define COIL_WORK_BYTES_H

#include <stdint.h>

static inline void coil__bytes_write(unsigned char *at, uint64_t value,
                                     int size)
{
    for (int i = 0; i < size; i++)
        at[i] = (unsigned char)(value >> 8 * i);
}

static inline uint64_t coil__bytes_read(const unsigned char *at, int size)
{
    uint64_t value = 0;

    for (int i = 0; i < size; i++)
        value |= (uint64_t)at[i] << 8 * i;
    return value;
}

#endif
