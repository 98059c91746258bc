/* SPDX-License-Identifier: MIT */
/*
 * seen.c - open addressing in 256 tables
 *
 * The top byte of a key names its table, and the 32 bits behind it its place, as a
 * fraction of the table: keys are hashes, so both are spread evenly, and a table
 * may have any size.  A key lies at its place or behind it, with no gap between.  A
 * table that is 7/8 full is made half as large again, so it is never less than
 * 7/12 full: 8 * 12/7 bytes a key.
 */
#include "input/seen.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* A first table is a page. */
enum { TABLES = 256, FIRST_SIZE = 512, PAGE = 512 };

struct table {
    uint64_t *keys; /* 0: free */
    size_t size;
    size_t count;
};

struct seen {
    struct table tables[TABLES];
    size_t bytes;
    bool has_zero;
};

/* Pages, and not malloc(): what is given back is the system's at once. */
static uint64_t *keys_new(size_t size)
{
    void *keys = mmap(NULL, size * sizeof(uint64_t), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return keys == MAP_FAILED ? NULL : keys;
}

static void keys_free(uint64_t *keys, size_t size)
{
    if (keys)
        munmap(keys, size * sizeof *keys);
}

int seen_new(struct seen **out)
{
    *out = calloc(1, sizeof **out);
    if (!*out)
        return -ENOMEM;
    (*out)->bytes = sizeof **out;
    return 0;
}

void seen_free(struct seen *seen)
{
    if (!seen)
        return;
    for (size_t i = 0; i < TABLES; i++)
        keys_free(seen->tables[i].keys, seen->tables[i].size);
    free(seen);
}

/* Where the key is, or the gap where it belongs. */
static size_t place_of(const struct table *table, uint64_t key)
{
    uint64_t fraction = key >> 24 & UINT32_MAX;
    size_t at = (size_t)(fraction * table->size >> 32);

    while (table->keys[at] != 0 && table->keys[at] != key)
        at = at + 1 < table->size ? at + 1 : 0;
    return at;
}

static int grow(struct seen *seen, struct table *table)
{
    struct table larger = { .count = table->count };

    larger.size = table->size + table->size / 2;
    larger.size -= larger.size % PAGE;
    if (larger.size < 2 * FIRST_SIZE)
        larger.size = table->size + FIRST_SIZE;
    larger.keys = keys_new(larger.size);
    if (!larger.keys)
        return -ENOMEM;
    for (size_t i = 0; i < table->size; i++)
        if (table->keys[i] != 0)
            larger.keys[place_of(&larger, table->keys[i])] = table->keys[i];
    keys_free(table->keys, table->size);
    seen->bytes += (larger.size - table->size) * sizeof(uint64_t);
    *table = larger;
    return 0;
}

int seen_add(struct seen *seen, uint64_t key)
{
    struct table *table = &seen->tables[key >> 56];
    size_t at;
    int rc;

    if (key == 0) {
        rc = seen->has_zero ? 0 : 1;
        seen->has_zero = true;
        return rc;
    }
    at = table->size > 0 ? place_of(table, key) : 0;
    if (table->size > 0 && table->keys[at] == key)
        return 0;
    if (table->count >= table->size / 8 * 7) {
        rc = grow(seen, table);
        if (rc < 0)
            return rc;
        at = place_of(table, key);
    }
    table->keys[at] = key;
    table->count++;
    return 1;
}

size_t seen_size_in_bytes(const struct seen *seen)
{
    return seen->bytes;
}
