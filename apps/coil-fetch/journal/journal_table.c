/* SPDX-License-Identifier: MIT */
#include "journal/journal_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void take_out(struct journal_file **link)
{
    struct journal_file *file = *link;

    *link = file->next;
    free(file);
}

void journal_table_fini(struct journal_table *table)
{
    for (size_t i = 0; i < table->page_count; i++)
        free(table->pages[i]);
    free(table->pages);
    for (size_t i = 0; i < JOURNAL_CHAINS; i++)
        while (table->files[i])
            take_out(&table->files[i]);
    journal_held_fini(&table->held);
    *table = (struct journal_table){ 0 };
}

uint16_t journal_print(uint64_t key)
{
    return (uint16_t)(1 + key % 65535);
}

/* ---- URLs ------------------------------------------------------------------ */

const struct journal_page *journal_table_page(const struct journal_table *table,
                                              uint64_t number, size_t *place)
{
    uint64_t page = number / JOURNAL_PAGE;

    *place = (size_t)(number % JOURNAL_PAGE);
    return page < table->page_count ? table->pages[page] : NULL;
}

static int make_room(struct journal_table *table, size_t page)
{
    size_t count = table->page_count ? table->page_count : 64;
    struct journal_page **pages;

    while (count <= page)
        count *= 2;
    pages = realloc(table->pages, count * sizeof *pages);
    if (!pages)
        return -ENOMEM;
    memset(pages + table->page_count, 0,
           (count - table->page_count) * sizeof *pages);
    table->pages = pages;
    table->page_count = count;
    return 0;
}

static struct journal_page *page_for(struct journal_table *table, size_t page)
{
    if (page >= table->page_count && make_room(table, page) < 0)
        return NULL;
    if (!table->pages[page])
        table->pages[page] = calloc(1, sizeof *table->pages[page]);
    return table->pages[page];
}

/* The link to the file of a URL, or to the end of its chain. */
static struct journal_file **find_file(struct journal_table *table,
                                       uint64_t number)
{
    struct journal_file **link = &table->files[number % JOURNAL_CHAINS];

    while (*link && (*link)->number != number)
        link = &(*link)->next;
    return link;
}

static void forget_file(struct journal_table *table, uint64_t number)
{
    struct journal_file **link = find_file(table, number);

    if (!*link)
        return;
    take_out(link);
    table->file_count--;
}

int journal_table_set(struct journal_table *table, uint64_t number,
                      uint64_t key, enum outcome_class class)
{
    size_t place = (size_t)(number % JOURNAL_PAGE);
    struct journal_page *page =
        page_for(table, (size_t)(number / JOURNAL_PAGE));

    if (!page)
        return -ENOMEM;
    if (page->prints[place])
        table->counts[page->classes[place]]--;
    page->prints[place] = journal_print(key);
    page->classes[place] = (uint8_t) class;
    table->counts[class]++;
    if (table->file_count > 0)
        forget_file(table, number);
    journal_held_forget(&table->held, number);
    return 0;
}

/* ---- files ----------------------------------------------------------------- */

/*
 * Only URLs that were under way when a run ended have a file and are not done, so
 * they are few, and a line of a file is soon followed by that of its URL.
 */
int journal_table_set_file(struct journal_table *table, uint64_t number,
                           const char *path, size_t size)
{
    struct journal_file *file = malloc(sizeof *file + size + 1);
    struct journal_file **chain = &table->files[number % JOURNAL_CHAINS];

    if (!file)
        return -ENOMEM;
    forget_file(table, number);
    *file = (struct journal_file){ .next = *chain, .number = number };
    memcpy(file->path, path, size);
    file->path[size] = '\0';
    *chain = file;
    table->file_count++;
    return 0;
}

const char *journal_table_file(const struct journal_table *table,
                               uint64_t number)
{
    const struct journal_file *file = table->files[number % JOURNAL_CHAINS];

    while (file && file->number != number)
        file = file->next;
    return file ? file->path : NULL;
}
