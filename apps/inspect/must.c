/* SPDX-License-Identifier: MIT */
#include "must.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "target.h"

/* From here on, an array lies in large pages where the system has them. */
#define LARGE ((size_t)2 << 20)

static void *check(void *memory)
{
    if (memory)
        return memory;
    fprintf(stderr, "coil: %s\n", strerror(ENOMEM));
    exit(EXIT_OTHER);
}

void *must_calloc(size_t count, size_t size)
{
    return check(calloc(count ? count : 1, size));
}

void *must_realloc(void *old, size_t size)
{
    return check(realloc(old, size ? size : 1));
}

/* A page of 4 KiB costs a fault at its first use, which is dearer than the use. */
static void *large(size_t size)
{
    void *memory;

    size = (size + LARGE - 1) & ~(LARGE - 1);
    memory = check(aligned_alloc(LARGE, size));
    madvise(memory, size, MADV_HUGEPAGE);
    return memory;
}

void *must_have(size_t size)
{
    return size < LARGE ? must_realloc(NULL, size) : large(size);
}

void *must_reserve(void *array, size_t count, size_t *capacity, size_t wanted,
                   size_t size)
{
    void *larger;

    if (wanted <= *capacity)
        return array;
    larger = must_have(wanted * size);
    if (count > 0)
        memcpy(larger, array, count * size);
    free(array);
    *capacity = wanted;
    return larger;
}

void *must_grow(void *array, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return array;
    return must_reserve(array, count, capacity, *capacity ? 2 * *capacity : 64,
                        size);
}

/* ---- texts ---------------------------------------------------------------- */

struct text {
    struct text *next;
    char bytes[];
};

static struct {
    struct text **buckets;
    size_t size; /* a power of two, or 0 */
    size_t count;
} texts;

static size_t hash(const char *text)
{
    uint64_t h = 14695981039346656037u;

    while (*text)
        h = (h ^ (unsigned char)*text++) * 1099511628211u;
    return (size_t)(h ^ h >> 32);
}

static void rehash(void)
{
    size_t size = texts.size ? 2 * texts.size : 1024;
    struct text **buckets = must_calloc(size, sizeof buckets[0]);

    for (size_t i = 0; i < texts.size; i++) {
        while (texts.buckets[i]) {
            struct text *text = texts.buckets[i];
            struct text **to = &buckets[hash(text->bytes) & (size - 1)];

            texts.buckets[i] = text->next;
            text->next = *to;
            *to = text;
        }
    }
    free(texts.buckets);
    texts.buckets = buckets;
    texts.size = size;
}

const char *must_intern(const char *text)
{
    size_t length = strlen(text) + 1;
    struct text **to;
    struct text *new;

    if (texts.count >= texts.size)
        rehash();
    to = &texts.buckets[hash(text) & (texts.size - 1)];
    for (new = *to; new; new = new->next) {
        if (strcmp(new->bytes, text) == 0)
            return new->bytes;
    }
    new = must_calloc(1, sizeof *new + length);
    memcpy(new->bytes, text, length);
    new->next = *to;
    *to = new;
    texts.count++;
    return new->bytes;
}
