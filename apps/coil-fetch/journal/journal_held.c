/* SPDX-License-Identifier: MIT */
#include "journal/journal_held.h"

#include <errno.h>
#include <stdlib.h>

static void take_out(struct journal_held_table *table,
                     struct journal_held **link)
{
    struct journal_held *held = *link;

    *link = held->next;
    table->count--;
    text_fini(&held->record);
    free(held);
}

void journal_held_fini(struct journal_held_table *table)
{
    for (size_t i = 0; i < JOURNAL_HELD_CHAINS; i++)
        while (table->chains[i])
            take_out(table, &table->chains[i]);
}

/* The link to a URL, or to the end of its chain. */
static struct journal_held **find(struct journal_held_table *table,
                                  uint64_t number)
{
    struct journal_held **link = &table->chains[number % JOURNAL_HELD_CHAINS];

    while (*link && (*link)->number != number)
        link = &(*link)->next;
    return link;
}

/* The one of this number, which is made if it is not there; NULL: no memory. */
static struct journal_held *get(struct journal_held_table *table,
                                uint64_t number)
{
    struct journal_held **link = find(table, number);

    if (*link)
        return *link;
    *link = calloc(1, sizeof **link);
    if (!*link)
        return NULL;
    (*link)->number = number;
    table->count++;
    return *link;
}

int journal_held_add(struct journal_held_table *table, uint64_t number,
                     const char *bytes, size_t size)
{
    struct journal_held *held = get(table, number);

    if (!held)
        return -ENOMEM;
    /* A later record of the same number counts instead of the earlier one. */
    if (held->is_over)
        text_clear(&held->record);
    held->is_over = false;
    text_add_bytes(&held->record, bytes, size);
    return held->record.has_failed ? -ENOMEM : 0;
}

int journal_held_end(struct journal_held_table *table, uint64_t number,
                     uint64_t key, enum outcome_class class, int status)
{
    struct journal_held *held = get(table, number);

    if (!held)
        return -ENOMEM;
    held->key = key;
    held->class = class;
    held->status = status;
    held->is_over = true;
    return 0;
}

void journal_held_forget(struct journal_held_table *table, uint64_t number)
{
    struct journal_held **link;

    if (table->count == 0)
        return;
    link = find(table, number);
    if (*link)
        take_out(table, link);
}

const struct journal_held *
journal_held_find(const struct journal_held_table *table, uint64_t number)
{
    const struct journal_held *held =
        table->chains[number % JOURNAL_HELD_CHAINS];

    while (held && held->number != number)
        held = held->next;
    return held && held->is_over ? held : NULL;
}
