/* SPDX-License-Identifier: MIT */
#include "file/watched.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/memory.h"

/* Where `number` is, or would be. */
static size_t place_of(const struct coil__watched_paths *paths, int number)
{
    size_t low = 0;
    size_t high = paths->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (paths->items[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct coil__watched_path *
coil__watched_find(const struct coil__watched_paths *paths, int number)
{
    size_t i = place_of(paths, number);

    if (i == paths->count || paths->items[i].number != number)
        return NULL;
    return &paths->items[i];
}

static int make_room(struct coil__watched_paths *paths)
{
    size_t capacity = paths->capacity ? 2 * paths->capacity : 16;
    struct coil__watched_path *items;

    if (paths->count < paths->capacity)
        return 0;
    items = coil__realloc(paths->items, capacity * sizeof *items);
    if (!items)
        return -ENOMEM;
    paths->items = items;
    paths->capacity = capacity;
    return 0;
}

int coil__watched_add(struct coil__watched_paths *paths, int number,
                      const char *path, unsigned flags)
{
    struct coil__watched_path *known = coil__watched_find(paths, number);
    char *copy = coil__strndup(path, strlen(path));
    size_t i = place_of(paths, number);

    if (copy && known) {
        coil__free(known->path);
        known->path = copy;
        known->flags |= flags;
        return 0;
    }
    if (!copy || make_room(paths) < 0) {
        coil__free(copy);
        return -ENOMEM;
    }
    memmove(paths->items + i + 1, paths->items + i,
            (paths->count - i) * sizeof *paths->items);
    paths->items[i] = (struct coil__watched_path){ .number = number,
                                                   .flags = flags,
                                                   .path = copy };
    paths->count++;
    return 0;
}

void coil__watched_remove(struct coil__watched_paths *paths, int number)
{
    struct coil__watched_path *known = coil__watched_find(paths, number);
    size_t i;

    if (!known)
        return;
    i = (size_t)(known - paths->items);
    coil__free(known->path);
    memmove(known, known + 1, (paths->count - i - 1) * sizeof *known);
    paths->count--;
}

static bool is_below(const char *path, const char *above)
{
    size_t length = strlen(above);

    return strncmp(path, above, length) == 0 &&
           (path[length] == '\0' || path[length] == '/');
}

int coil__watched_below(const struct coil__watched_paths *paths,
                        const char *path)
{
    for (size_t i = 0; i < paths->count; i++)
        if (is_below(paths->items[i].path, path))
            return paths->items[i].number;
    return -1;
}

void coil__watched_fini(struct coil__watched_paths *paths)
{
    for (size_t i = 0; i < paths->count; i++)
        coil__free(paths->items[i].path);
    coil__free(paths->items);
    *paths = (struct coil__watched_paths){ .count = 0 };
}
