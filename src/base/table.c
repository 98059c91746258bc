/* SPDX-License-Identifier: MIT */
#include "base/table.h"

#include <errno.h>

#include "base/memory.h"

enum { TABLE_FIRST = 16 };

int coil__table_init(struct coil__table *table)
{
    *table = (struct coil__table){ .capacity = TABLE_FIRST };
    table->slots = coil__alloc(TABLE_FIRST * sizeof *table->slots);
    return table->slots ? 0 : -ENOMEM;
}

void coil__table_fini(struct coil__table *table,
                      void (*release)(struct coil__table_entry *entry))
{
    for (size_t i = 0; table->slots && i < table->capacity; i++) {
        struct coil__table_entry *entry = table->slots[i];

        while (entry) {
            struct coil__table_entry *next = entry->next;

            release(entry);
            entry = next;
        }
    }
    coil__free(table->slots);
    *table = (struct coil__table){ .slots = NULL };
}

static void link_entry(struct coil__table_entry **slots, size_t capacity,
                       struct coil__table_entry *entry)
{
    struct coil__table_entry **slot = &slots[entry->hash & (capacity - 1)];

    entry->next = *slot;
    *slot = entry;
}

static void grow(struct coil__table *table)
{
    size_t capacity = 2 * table->capacity;
    struct coil__table_entry **slots = coil__alloc(capacity * sizeof *slots);

    if (!slots)
        return;
    for (size_t i = 0; i < table->capacity; i++) {
        struct coil__table_entry *entry = table->slots[i];

        while (entry) {
            struct coil__table_entry *next = entry->next;

            link_entry(slots, capacity, entry);
            entry = next;
        }
    }
    coil__free(table->slots);
    table->slots = slots;
    table->capacity = capacity;
}

void coil__table_add(struct coil__table *table, struct coil__table_entry *entry,
                     uint32_t hash)
{
    if (table->count >= table->capacity)
        grow(table);
    entry->hash = hash;
    link_entry(table->slots, table->capacity, entry);
    table->count++;
}

void coil__table_remove(struct coil__table *table,
                        struct coil__table_entry *entry)
{
    struct coil__table_entry **at =
        &table->slots[entry->hash & (table->capacity - 1)];

    while (*at != entry)
        at = &(*at)->next;
    *at = entry->next;
    table->count--;
}
