/* SPDX-License-Identifier: MIT */
#include "work/file/frame.h"

#include <errno.h>
#include <string.h>

#include "work/file/bytes.h"

static const char magic[COIL__FILE_MAGIC_SIZE + 1] = "coil-work 1\n";

int coil__file_head_read(struct coil__crc32c *crc,
                         const unsigned char head[COIL__FILE_HEAD_SIZE])
{
    crc->salt = (uint32_t)coil__bytes_read(head + COIL__FILE_MAGIC_SIZE, 4);
    if (memcmp(head, magic, COIL__FILE_MAGIC_SIZE) == 0)
        return 0;
    return memcmp(head, magic, strlen("coil-work ")) == 0 ? -ENOTSUP : -EBADMSG;
}

void coil__file_head_write(const struct coil__crc32c *crc,
                           unsigned char head[COIL__FILE_HEAD_SIZE])
{
    memcpy(head, magic, COIL__FILE_MAGIC_SIZE);
    coil__bytes_write(head + COIL__FILE_MAGIC_SIZE, crc->salt, 4);
}

void coil__frame_write(const struct coil__crc32c *crc,
                       unsigned char head[COIL__FRAME_HEAD_SIZE],
                       const struct coil__frame *frame)
{
    const unsigned char *records = head + COIL__FRAME_HEAD_SIZE;

    coil__bytes_write(head + 4, coil__crc32c(crc, records, frame->size), 4);
    coil__bytes_write(head + 8, frame->size, 8);
    coil__bytes_write(head + 16, frame->number, 8);
    coil__bytes_write(head + 24, (uint64_t)frame->wall, 8);
    coil__bytes_write(head + 32, frame->flags, 4);
    coil__bytes_write(head + 36, 0, 4);
    coil__bytes_write(
        head, coil__crc32c(crc, head + 4, COIL__FRAME_HEAD_SIZE - 4), 4);
}

bool coil__frame_read(const struct coil__crc32c *crc,
                      const unsigned char head[COIL__FRAME_HEAD_SIZE],
                      struct coil__frame *frame)
{
    *frame = (struct coil__frame){
        .crc = (uint32_t)coil__bytes_read(head + 4, 4),
        .size = coil__bytes_read(head + 8, 8),
        .number = coil__bytes_read(head + 16, 8),
        .wall = (int64_t)coil__bytes_read(head + 24, 8),
        .flags = (uint32_t)coil__bytes_read(head + 32, 4),
    };
    return coil__bytes_read(head, 4) ==
           coil__crc32c(crc, head + 4, COIL__FRAME_HEAD_SIZE - 4);
}
