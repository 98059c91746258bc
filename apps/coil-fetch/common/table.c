/* SPDX-License-Identifier: MIT */
#include "common/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 64 };

int table_init(struct table *table)
{
    *table = (struct table){ .room = 0 };
    return hash_key_make(&table->hash_key);
}

void table_fini(struct table *table)
{
    free(table->places);
    *table = (struct table){ .room = 0 };
}

static struct table_entry **place_of(const struct table *table, uint64_t hash)
{
    return &table->places[hash & (table->room - 1)];
}

/* Out of the order of use. */
static void forget_use(struct table *table, struct table_entry *entry)
{
    if (entry->newer)
        entry->newer->older = entry->older;
    else
        table->newest = entry->older;
    if (entry->older)
        entry->older->newer = entry->newer;
    else
        table->oldest = entry->newer;
}

static void note_use(struct table *table, struct table_entry *entry)
{
    entry->newer = NULL;
    entry->older = table->newest;
    if (table->newest)
        table->newest->newer = entry;
    else
        table->oldest = entry;
    table->newest = entry;
}

void table_use(struct table *table, struct table_entry *entry)
{
    forget_use(table, entry);
    note_use(table, entry);
}

struct table_entry *table_find(const struct table *table, const char *key,
                               size_t size)
{
    uint64_t hash;
    struct table_entry *entry;

    if (table->count == 0)
        return NULL;
    hash = hash_bytes(&table->hash_key, key, size);
    entry = *place_of(table, hash);
    while (entry && (entry->hash != hash || entry->key_size != size ||
                     memcmp(entry->key, key, size) != 0))
        entry = entry->next;
    return entry;
}

static void put(struct table *table, struct table_entry *entry)
{
    struct table_entry **place = place_of(table, entry->hash);

    entry->next = *place;
    *place = entry;
}

/* A table that does not grow is slower, and right. */
static void grow(struct table *table)
{
    size_t room = table->room ? 2 * table->room : FIRST_ROOM;
    struct table_entry **places = calloc(room, sizeof *places);

    if (!places)
        return;
    free(table->places);
    table->places = places;
    table->room = room;
    for (struct table_entry *entry = table->newest; entry; entry = entry->older)
        put(table, entry);
}

int table_add(struct table *table, struct table_entry *entry, const char *key,
              size_t size)
{
    if (table->count >= table->room)
        grow(table);
    if (table->room == 0)
        return -ENOMEM;
    entry->key = key;
    entry->key_size = size;
    entry->hash = hash_bytes(&table->hash_key, key, size);
    put(table, entry);
    note_use(table, entry);
    table->count++;
    return 0;
}

void table_remove(struct table *table, struct table_entry *entry)
{
    struct table_entry **link = place_of(table, entry->hash);

    while (*link != entry)
        link = &(*link)->next;
    *link = entry->next;
    forget_use(table, entry);
    table->count--;
}
