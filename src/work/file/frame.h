/* SPDX-License-Identifier: MIT */
/*
 * work/file/frame.h - what a journal is made of
 *
 * A journal is "coil-work 1", a newline and four random bytes, the salt, and then
 * frames.  A frame is what one write has appended: a head of 40 bytes, and records
 * (record.h).  Numbers are little-endian.  Checksums are CRC-32C whose first value is
 * ~salt: the body of a job cannot look like a frame.
 *
 *     at   bytes
 *      0   4      checksum of the rest of the head
 *      4   4      checksum of the records
 *      8   8      how many bytes the records have
 *     16   8      the number of the frame in this file: 1, 2, 3 …
 *     24   8      when it was made: CLOCK_REALTIME in nanoseconds
 *     32   4      flags: 1: what was before it may not have been on the disk
 *     36   4      0
 *
 * A frame is written when all before it is on the disk, unless its flag says
 * otherwise.  So only the last one can be torn.  A frame that is not whole, behind
 * which there is none that is whole and without the flag, is torn: nobody was told
 * that it is there.  It is cut off.  Any other one is damaged.
 */
#ifndef COIL_WORK_FRAME_H
#define COIL_WORK_FRAME_H

#include <stdbool.h>

#include "work/file/crc32c.h"

enum {
    COIL__FILE_MAGIC_SIZE = 12,
    COIL__FILE_HEAD_SIZE = 16, /* with the salt */
    COIL__FRAME_HEAD_SIZE = 40,
    COIL__FRAME_IS_UNSYNCED = 1, /* a flag */
};

/* Read the salt.  0; -ENOTSUP: it is of another version; -EBADMSG. */
int coil__file_head_read(struct coil__crc32c *crc,
                         const unsigned char head[COIL__FILE_HEAD_SIZE]);
void coil__file_head_write(const struct coil__crc32c *crc,
                           unsigned char head[COIL__FILE_HEAD_SIZE]);


struct coil__frame {
    uint64_t size; /* of the records */
    uint64_t number;
    int64_t wall; /* when it was made */
    uint32_t flags;
    uint32_t crc; /* of the records */
};

/* The head of the records behind it, of which `size` bytes are there. */
void coil__frame_write(const struct coil__crc32c *crc,
                       unsigned char head[COIL__FRAME_HEAD_SIZE],
                       const struct coil__frame *frame);

/* Whether it is a head. */
bool coil__frame_read(const struct coil__crc32c *crc,
                      const unsigned char head[COIL__FRAME_HEAD_SIZE],
                      struct coil__frame *frame);

#endif
