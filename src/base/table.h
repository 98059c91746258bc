/* SPDX-License-Identifier: MIT */
/*
 * base/table.h - a hash table whose links lie in what it holds
 *
 * To add to it cannot fail: if there is no memory for a larger table, the chains get
 * longer.
 */
#ifndef COIL_BASE_TABLE_H
#define COIL_BASE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct coil__table_entry {
    struct coil__table_entry *next;
    uint32_t hash;
};

struct coil__table {
    struct coil__table_entry **slots;
    size_t capacity; /* a power of two */
    size_t count;
};

/* Returns 0 or -ENOMEM. */
int coil__table_init(struct coil__table *table);

/* Free the table, and each entry that is left by `release`; NULL: none is left. */
void coil__table_fini(struct coil__table *table,
                      void (*release)(struct coil__table_entry *entry));

void coil__table_add(struct coil__table *table, struct coil__table_entry *entry,
                     uint32_t hash);

/* `entry` must be in the table. */
void coil__table_remove(struct coil__table *table,
                        struct coil__table_entry *entry);

static inline struct coil__table_entry *
coil__table_from(struct coil__table_entry *entry, uint32_t hash)
{
    while (entry && entry->hash != hash)
        entry = entry->next;
    return entry;
}

/* The first entry with this hash, or NULL; and the next one after `entry`. */
static inline struct coil__table_entry *
coil__table_first(const struct coil__table *table, uint32_t hash)
{
    return coil__table_from(table->slots[hash & (table->capacity - 1)], hash);
}

static inline struct coil__table_entry *
coil__table_next(struct coil__table_entry *entry)
{
    return coil__table_from(entry->next, entry->hash);
}

#endif
