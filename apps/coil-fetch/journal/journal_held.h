/* SPDX-License-Identifier: MIT */
/* journal_held.h - URLs that are over, whose records wait for their turn (--ordered) */
#ifndef COIL_FETCH_JOURNAL_JOURNAL_HELD_H
#define COIL_FETCH_JOURNAL_JOURNAL_HELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/text.h"
#include "job/outcome.h"

struct journal_held {
    uint64_t number;
    uint64_t key;
    enum outcome_class class;
    int status;
    bool is_over; /* else only a part of its record is there */
    struct text record;
    struct journal_held *next;
};

enum { JOURNAL_HELD_CHAINS = 1 << 10 };

/* Zeroed, it is empty. */
struct journal_held_table {
    struct journal_held *chains[JOURNAL_HELD_CHAINS]; /* by number */
    size_t count;
};

void journal_held_fini(struct journal_held_table *table);

/* A further piece of the record of this number.  Returns 0; -ENOMEM. */
int journal_held_add(struct journal_held_table *table, uint64_t number,
                     const char *bytes, size_t size);

/* The URL is over, and its record whole.  Returns 0; -ENOMEM. */
int journal_held_end(struct journal_held_table *table, uint64_t number,
                     uint64_t key, enum outcome_class class, int status);

/* It waits no longer. */
void journal_held_forget(struct journal_held_table *table, uint64_t number);

/* NULL: it does not wait. */
const struct journal_held *
journal_held_find(const struct journal_held_table *table, uint64_t number);

#endif
