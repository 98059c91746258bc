/* SPDX-License-Identifier: MIT */
#include "base/buffer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

/* Remember how far the bytes go, before they are dropped or moved. */
static void note_end(struct coil_buffer *b)
{
    size_t end = b->start + b->size;

    if (b->touched < end)
        b->touched = end;
}

static void release(struct coil_buffer *b)
{
    if (b->is_secret && b->data) {
        note_end(b);
        explicit_bzero(b->data, b->touched);
    }
    coil__free(b->data);
}

void coil__buffer_release(struct coil_buffer *b)
{
    release(b);
    *b = (struct coil_buffer){ .is_secret = b->is_secret };
}

/* Resize the memory.  realloc() would leave a copy of a secret behind. */
static unsigned char *resize(struct coil_buffer *b, size_t capacity)
{
    unsigned char *data;

    if (!b->is_secret)
        return coil__realloc(b->data, capacity);
    data = coil__realloc(NULL, capacity);
    if (!data)
        return NULL;
    if (b->size > 0)
        memcpy(data + b->start, b->data + b->start, b->size);
    release(b);
    b->touched = 0;
    return data;
}

int coil__buffer_extend(struct coil_buffer *b, size_t extra)
{
    size_t capacity;
    unsigned char *data;

    if (b->size > SIZE_MAX / 2 || extra > SIZE_MAX / 2 - b->size)
        return -ENOMEM;

    /* Moves at most half as many bytes as become free: appends stay cheap. */
    if (b->start >= b->size && extra <= b->capacity - b->size) {
        note_end(b);
        memmove(b->data, b->data + b->start, b->size);
        b->start = 0;
        return 0;
    }

    capacity = b->capacity < 256 ? 256 : b->capacity;
    while (capacity < b->start + b->size + extra)
        capacity *= 2;
    data = resize(b, capacity);
    if (!data)
        return -ENOMEM;
    b->data = data;
    b->capacity = capacity;
    return 0;
}

int coil__buffer_append(struct coil_buffer *b, const void *data, size_t size)
{
    return coil__buffer_append_inline(b, data, size);
}

void coil__buffer_consume(struct coil_buffer *b, size_t size)
{
    if (b->is_secret)
        note_end(b);
    if (size >= b->size) {
        b->start = 0;
        b->size = 0;
        return;
    }
    b->start += size;
    b->size -= size;
}

int coil__buffer_printf(struct coil_buffer *b, const char *format, ...)
{
    va_list args;
    int length;
    int rc;

    va_start(args, format);
    length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0)
        return -EINVAL;
    rc = coil__buffer_reserve(b, (size_t)length + 1);
    if (rc < 0)
        return rc;
    va_start(args, format);
    vsnprintf((char *)coil__buffer_end(b), (size_t)length + 1, format, args);
    va_end(args);
    b->size += (size_t)length;
    return 0;
}
