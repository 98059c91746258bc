/* SPDX-License-Identifier: MIT */
#include "http/http2/memory.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/list.h"
#include "base/memory.h"
#include "base/platform.h"

/* In front of each piece. */
struct piece {
    struct coil_link link;
    max_align_t bytes[];
};

static struct piece *piece_of(void *bytes)
{
    return coil__container_of(bytes, struct piece, bytes);
}

/* Change the size of a piece, or make one if `p` is NULL. */
static void *resize(struct coil__http2_memory *m, struct piece *p, size_t size)
{
    struct piece *changed;

    if (p)
        coil__list_remove(&m->pieces, &p->link);
    changed = coil__realloc(p, sizeof *p + size);
    if (!changed) {
        m->has_lacked = true;
        if (p)
            coil__list_append(&m->pieces, &p->link);
        return NULL;
    }
    coil__list_append(&m->pieces, &changed->link);
    return changed->bytes;
}

void *coil__http2_malloc(size_t size, void *memory)
{
    return resize(memory, NULL, size);
}

void *coil__http2_calloc(size_t count, size_t size, void *memory)
{
    void *bytes = resize(memory, NULL, count * size);

    if (bytes)
        memset(bytes, 0, count * size);
    return bytes;
}

void *coil__http2_realloc(void *bytes, size_t size, void *memory)
{
    return resize(memory, bytes ? piece_of(bytes) : NULL, size);
}

void coil__http2_free(void *bytes, void *memory)
{
    struct coil__http2_memory *m = memory;

    if (!bytes)
        return;
    coil__list_remove(&m->pieces, &piece_of(bytes)->link);
    coil__free(piece_of(bytes));
}

void coil__http2_memory_fini(struct coil__http2_memory *m)
{
    while (m->pieces.head)
        coil__free(coil__container_of(coil__list_take_first(&m->pieces),
                                      struct piece, link));
}
