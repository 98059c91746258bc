/* SPDX-License-Identifier: MIT */
/* journal_table.h - which URLs are done, 3 bytes each, and which files are meant */
#ifndef COIL_FETCH_JOURNAL_JOURNAL_TABLE_H
#define COIL_FETCH_JOURNAL_JOURNAL_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "job/outcome.h"
#include "journal/journal_held.h"

/* The highest number that a line may have. */
#define JOURNAL_MOST_URLS ((uint64_t)1 << 36)

enum { JOURNAL_PAGE = 1 << 16 };

struct journal_page {
    uint16_t prints[JOURNAL_PAGE]; /* of the keys; 0: not done */
    uint8_t classes[JOURNAL_PAGE];
};

/* A file of a URL that is not done. */
struct journal_file {
    struct journal_file *next;
    uint64_t number;
    char path[];
};

enum { JOURNAL_CHAINS = 1 << 10 };

/* Zeroed, it is empty. */
struct journal_table {
    struct journal_page **pages;
    size_t page_count;
    uint64_t counts[OUTCOME_CLASSES];
    struct journal_file *files[JOURNAL_CHAINS]; /* by number */
    size_t file_count;
    struct journal_held_table held; /* over, and not in the pages yet */
};

void journal_table_fini(struct journal_table *table);

/* `number` is at most JOURNAL_MOST_URLS.  Returns 0; -ENOMEM. */
int journal_table_set(struct journal_table *table, uint64_t number,
                      uint64_t key, enum outcome_class class);

/* The page and the place of a URL; NULL: its page is empty. */
const struct journal_page *journal_table_page(const struct journal_table *table,
                                              uint64_t number, size_t *place);

/* What stands for a key; never 0. */
uint16_t journal_print(uint64_t key);

/* The URL has this file, which is copied.  Returns 0; -ENOMEM. */
int journal_table_set_file(struct journal_table *table, uint64_t number,
                           const char *path, size_t size);

/* NULL: none. */
const char *journal_table_file(const struct journal_table *table,
                               uint64_t number);

#endif
