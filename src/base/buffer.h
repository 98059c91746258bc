/* SPDX-License-Identifier: MIT */
/*
 * base/buffer.h - a queue of bytes: appended at the end, consumed at the front
 *
 * The bytes are one piece, data[start … start+size-1].  An append may move
 * them, so a pointer into a buffer is invalid after an append.  A zeroed buffer
 * is empty.
 */
#ifndef COIL_BASE_BUFFER_H
#define COIL_BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct coil_buffer {
    unsigned char *data;
    size_t start;
    size_t size;
    size_t capacity;
    bool is_secret; /* its bytes are wiped before the memory is given back */
    size_t touched; /* of secret bytes: they have been in front of this */
};

/* As coil__buffer_fini(), for a buffer with memory. */
void coil__buffer_release(struct coil_buffer *buffer);

/* Free the memory.  The buffer is empty then, and as secret as before. */
static inline void coil__buffer_fini(struct coil_buffer *b)
{
    if (b->data)
        coil__buffer_release(b);
}

/* NULL until the buffer has had room for bytes. */
static inline unsigned char *coil__buffer_bytes(const struct coil_buffer *b)
{
    return b->data ? b->data + b->start : NULL;
}

/* Where the next bytes go, and how many fit there without growing. */
static inline unsigned char *coil__buffer_end(const struct coil_buffer *b)
{
    return b->data + b->start + b->size;
}

static inline size_t coil__buffer_room(const struct coil_buffer *b)
{
    return b->capacity - b->start - b->size;
}

/* As coil__buffer_reserve(), for more bytes than there is room for. */
int coil__buffer_extend(struct coil_buffer *buffer, size_t extra);

/* Make room for `extra` more bytes at the end.  0, or -ENOMEM. */
static inline int coil__buffer_reserve(struct coil_buffer *b, size_t extra)
{
    return extra <= coil__buffer_room(b) ? 0 : coil__buffer_extend(b, extra);
}

/* Count `size` bytes that were written at coil__buffer_end(). */
static inline void coil__buffer_grow(struct coil_buffer *buffer, size_t size)
{
    buffer->size += size;
}

/* Append a copy.  0, or -ENOMEM with nothing appended. */
int coil__buffer_append(struct coil_buffer *buffer, const void *data,
                        size_t size);

/*
 * The same where it is worth the code: the compiler counts and copies what is
 * written in the source.
 */
static inline int coil__buffer_append_inline(struct coil_buffer *b,
                                             const void *data, size_t size)
{
    int rc = coil__buffer_reserve(b, size);

    if (rc < 0 || size == 0)
        return rc;
    memcpy(coil__buffer_end(b), data, size);
    coil__buffer_grow(b, size);
    return 0;
}

/* Drop `size` bytes, at most all, at the front. */
void coil__buffer_consume(struct coil_buffer *buffer, size_t size);

/* Append formatted text.  0, or -ENOMEM with nothing appended. */
int coil__buffer_printf(struct coil_buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
