/* SPDX-License-Identifier: MIT */
/*
 * table.h - things found by a text, and which of them was not used for longest
 *
 *     struct host {
 *         struct table_entry entry;
 *         char name[];
 *     };
 *
 *     rc = table_init(&hosts);
 *     host = (struct host *)table_find(&hosts, name, size);
 *
 * An entry is the first member of a thing that the user makes and frees.
 */
#ifndef COIL_FETCH_COMMON_TABLE_H
#define COIL_FETCH_COMMON_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "common/hash.h"

/* The fields are private, but for the key, which lives as long as the entry. */
struct table_entry {
    const char *key;
    size_t key_size;
    uint64_t hash;
    struct table_entry *next;  /* at the same place */
    struct table_entry *newer; /* added or used later */
    struct table_entry *older;
};

struct table {
    struct table_entry **places;
    size_t room; /* of `places`, a power of two; 0: none yet */
    size_t count;
    struct table_entry *newest;
    struct table_entry *oldest;
    struct hash_key hash_key;
};

/* Make an empty one.  Returns 0; an error of hash_key_make(). */
int table_init(struct table *table);

/* Free what the table has made.  The entries are the user's, as before. */
void table_fini(struct table *table);

/* The entry with this key, or NULL. */
struct table_entry *table_find(const struct table *table, const char *key,
                               size_t size);

/* It counts as used now, later than all others. */
void table_use(struct table *table, struct table_entry *entry);

/*
 * Add an entry whose key, which is kept as long as the entry, is not there yet.
 * It counts as used now.  Returns 0; -ENOMEM, and the table is as it was.
 */
int table_add(struct table *table, struct table_entry *entry, const char *key,
              size_t size);

/* Take an entry out, which is there. */
void table_remove(struct table *table, struct table_entry *entry);

#endif
