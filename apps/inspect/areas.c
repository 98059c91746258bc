/* SPDX-License-Identifier: MIT */
#include "areas.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "must.h"

enum {
    PAGE = 4096,  /* pagemap has the process's pages, which may be larger */
    ENTRIES = 64, /* of pagemap, at a time */
};

/* Entries of pagemap: the page has memory, or is swapped out. */
#define PAGE_IS_THERE ((uint64_t)3 << 62)

/* ---- what is mapped ------------------------------------------------------- */

/* False: nothing of it is the program's alone to write. */
static bool parse(struct area *area, const char *line, uintptr_t *static_end)
{
    unsigned long long from;
    unsigned long long to;
    char rights[5];
    unsigned long inode;
    int name = 0;

    if (sscanf(line, "%llx-%llx %4s %*x %*s %lu %n", &from, &to, rights, &inode,
               &name) != 4)
        return false;
    *area = (struct area){ .from = (uintptr_t)from, .to = (uintptr_t)to };
    if (rights[1] != 'w' || rights[3] != 'p') {
        /* A file's zeroed data follows what is read only, too. */
        *static_end = inode ? area->to : 0;
        return false;
    }
    area->kind = AREA_OTHER;
    if (strncmp(line + name, "[heap]", 6) == 0) {
        area->is_brk = true;
    } else if (strncmp(line + name, "[stack]", 7) == 0) {
        area->kind = AREA_STACK;
        area->is_main = true;
    } else if (inode || area->from == *static_end) {
        area->kind = AREA_STATIC;
    }
    *static_end = inode ? area->to : 0;
    return true;
}

/* What sbrk() has given before and after a fork() is mapped in two pieces. */
static void add(struct areas *areas, const struct area *area)
{
    struct area *last = areas->count ? &areas->all[areas->count - 1] : NULL;

    if (last && last->is_brk && area->is_brk && last->to == area->from) {
        last->to = area->to;
        return;
    }
    areas->all = must_grow(areas->all, areas->count, &areas->capacity,
                           sizeof areas->all[0]);
    areas->all[areas->count++] = *area;
}

bool areas_read(struct areas *areas, const struct target *target)
{
    char line[4352];
    uintptr_t static_end = 0;
    FILE *maps;
    bool is_empty = true;

    *areas = (struct areas){ .count = 0 };
    snprintf(line, sizeof line, "/proc/%d/maps", (int)target->pid);
    maps = fopen(line, "re");
    if (!maps)
        return false;
    while (fgets(line, sizeof line, maps)) {
        struct area area;

        is_empty = false;
        if (parse(&area, line, &static_end))
            add(areas, &area);
    }
    fclose(maps);
    return !is_empty;
}

void areas_free(struct areas *areas)
{
    free(areas->all);
}

struct area *areas_find(const struct areas *areas, uintptr_t address)
{
    size_t low = 0;
    size_t high = areas->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (address < areas->all[middle].from)
            high = middle;
        else if (address >= areas->all[middle].to)
            low = middle + 1;
        else
            return &areas->all[middle];
    }
    return NULL;
}

/* ---- pages ---------------------------------------------------------------- */

/* Without a file that says which pages have memory, all of them do. */
static void read_entries(int pagemap, uintptr_t from, uint64_t *entries,
                         size_t count)
{
    size_t size = count * sizeof entries[0];
    off_t at = (off_t)(from / PAGE * sizeof entries[0]);

    if (pagemap < 0 || pread(pagemap, entries, size, at) != (ssize_t)size)
        memset(entries, 0xff, size);
}

static void each_run(const struct target *target, uintptr_t from, size_t count,
                     const uint64_t *entries, areas_fn *fn, void *arg)
{
    static unsigned char bytes[ENTRIES * PAGE];

    for (size_t i = 0; i < count;) {
        size_t end = i;

        while (end < count && entries[end] & PAGE_IS_THERE)
            end++;
        if (end > i &&
            target_read(target, from + i * PAGE, bytes, (end - i) * PAGE))
            fn(arg, from + i * PAGE, bytes, (end - i) * PAGE);
        i = end > i ? end : i + 1;
    }
}

void areas_each_page(const struct target *target, uintptr_t from, uintptr_t to,
                     areas_fn *fn, void *arg)
{
    uint64_t entries[ENTRIES];
    char path[64];
    int pagemap;

    snprintf(path, sizeof path, "/proc/%d/pagemap", (int)target->pid);
    pagemap = open(path, O_RDONLY | O_CLOEXEC);
    from &= ~(uintptr_t)(PAGE - 1);
    while (from < to) {
        size_t count = (to - from + PAGE - 1) / PAGE;

        if (count > ENTRIES)
            count = ENTRIES;
        read_entries(pagemap, from, entries, count);
        each_run(target, from, count, entries, fn, arg);
        from += count * PAGE;
    }
    if (pagemap >= 0)
        close(pagemap);
}
