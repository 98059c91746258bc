/* SPDX-License-Identifier: MIT */
#include "testing/choices.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

/* Enough for small schedules, which are many. */
enum { INITIAL_CAPACITY = 1024 };

int coil__choices_init(struct coil_choices *choices)
{
    *choices = (struct coil_choices){ .capacity = INITIAL_CAPACITY };
    choices->path = coil__alloc(INITIAL_CAPACITY * sizeof choices->path[0]);
    return choices->path ? 0 : -ENOMEM;
}

void coil__choices_fini(struct coil_choices *choices)
{
    coil__free(choices->path);
    choices->path = NULL;
}

static int append(struct coil_choices *choices, struct coil_choice choice)
{
    size_t capacity = choices->capacity * 2;
    struct coil_choice *path;

    if (choices->length == choices->capacity) {
        path = coil__realloc(choices->path, capacity * sizeof *path);
        if (!path)
            return -ENOMEM;
        choices->path = path;
        choices->capacity = capacity;
    }
    choices->path[choices->length++] = choice;
    return 0;
}

int coil__choices_parse(struct coil_choices *choices, const char *text)
{
    unsigned long chosen;
    char *end;
    int rc;

    for (; *text; text = *end ? end + 1 : end) {
        chosen = strtoul(text, &end, 10);
        if (end == text || chosen >= UINT32_MAX || (*end && *end != '.'))
            return -EINVAL;
        rc = append(choices, (struct coil_choice){ (uint32_t)chosen, 0 });
        if (rc < 0)
            return rc;
    }
    return 0;
}

/*
 * A given path may come from another program, or from another version of this
 * one.  A choice that is impossible becomes one that is possible.
 */
static uint64_t repeat(struct coil_choice *choice, uint64_t limit)
{
    choice->limit = (uint32_t)limit;
    if (choice->chosen >= limit)
        choice->chosen = (uint32_t)limit - 1;
    return choice->chosen;
}

uint64_t coil__choices_next(struct coil_choices *choices, uint64_t limit)
{
    if (limit > UINT32_MAX)
        limit = UINT32_MAX;
    if (choices->depth < choices->length)
        return repeat(&choices->path[choices->depth++], limit);
    if (append(choices, (struct coil_choice){ 0, (uint32_t)limit }) < 0)
        choices->failed = true;
    else
        choices->depth++;
    return 0;
}

bool coil__choices_advance(struct coil_choices *choices)
{
    struct coil_choice *last;

    choices->length = choices->depth;
    choices->depth = 0;
    while (choices->length > 0) {
        last = &choices->path[choices->length - 1];
        if (++last->chosen < last->limit)
            return true;
        choices->length--;
    }
    return false;
}

void coil__choices_dump(const struct coil_choices *choices, int fd)
{
    size_t length = choices->depth;

    /* Choices that are missing at the end are the first alternative. */
    while (length > 1 && choices->path[length - 1].chosen == 0)
        length--;
    if (length == 0)
        dprintf(fd, "0");
    for (size_t i = 0; i < length; i++)
        dprintf(fd, "%s%u", i > 0 ? "." : "", choices->path[i].chosen);
}
