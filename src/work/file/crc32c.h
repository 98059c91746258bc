/* SPDX-License-Identifier: MIT */
/*
 * work/file/crc32c.h - the checksum of a frame: CRC-32C (Castagnoli), as in iSCSI and
 * ext4, eight bytes at a time by tables (Kounavis and Berry, 2005)
 */
#ifndef COIL_WORK_CRC32C_H
#define COIL_WORK_CRC32C_H

#include <stddef.h>
#include <stdint.h>

struct coil__crc32c {
    uint32_t salt; /* bytes have another checksum in another file */
    uint32_t table[8][256];
};

/* All but the salt. */
void coil__crc32c_init(struct coil__crc32c *crc);

uint32_t coil__crc32c(const struct coil__crc32c *crc, const void *data,
                      size_t size);

#endif
