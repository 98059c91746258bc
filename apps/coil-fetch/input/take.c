/* SPDX-License-Identifier: MIT */
#include "input/take.h"

#include <stdlib.h>

#include "input/json_line.h"
#include "job/job.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* {"…, {}, or { alone: a template may begin with a brace, too. */
static bool begins_object(const char *text, size_t size)
{
    size_t i = 1;

    if (size == 0 || text[0] != '{')
        return false;
    while (i < size && is_blank(text[i]))
        i++;
    return i == size || text[i] == '"' || text[i] == '}';
}

static void trim(struct line *line)
{
    while (line->size > 0 && is_blank(line->text[line->size - 1]))
        line->size--;
    line->text[line->size] = '\0';
}

/* The line behind the current one does not belong to it, as far as is there. */
static bool stands_alone(const struct take *take)
{
    int next = lines_peek(&take->lines);

    return next > ' ' && next != '#';
}

/* What an entry has become: plain, until it has options. */
int take_entry(struct take *take)
{
    struct aria2_entry *entry = &take->entry;
    int rc;

    take->at_line = entry->line;
    if (take->kind == ARIA2)
        return aria2_end(entry, &take->request);
    rc = plain_take(&take->plain, &take->request, entry->uris.bytes,
                    entry->uris.size);
    if (rc == 0)
        aria2_clear(entry);
    return rc;
}

/* An indented line that can be an option. */
static int take_option(struct take *take, const char *text, size_t size)
{
    if (take->entry.is_there) {
        take->kind = ARIA2;
        return aria2_option(&take->entry, text, size, &take->ignored);
    }
    return request_refuse(
        &take->request, text, size,
        take->kind == HASTY ? "an option came too late after its URL; name the "
                              "format aria2"
                            : "an option has no URL above it");
}

/* A line that may be the first of an entry. */
static int take_first(struct take *take, const char *text, size_t size)
{
    if (take->kind == MIXED && aria2_is_entry(text, size))
        take->kind = ARIA2;
    if (take->kind == ARIA2 || !stands_alone(take))
        return aria2_begin(&take->entry, text, size, take->line.number);
    return plain_take(&take->plain, &take->request, text, size);
}

/* Returns 1: an entry has ended, and the line is still to be taken. */
static int take_text(struct take *take, const char *text, size_t size)
{
    bool is_indented = text > take->line.text;
    int rc;

    take->at_line = take->line.number;
    switch (take->kind) {
    case JSONL:
        return json_line(&take->request, text, size);
    case PLAIN:
        return plain_take(&take->plain, &take->request, text, size);
    case HASTY:
        if (is_indented && aria2_is_option(text, size))
            return take_option(take, text, size);
        return plain_take(&take->plain, &take->request, text, size);
    default:
        if (is_indented && (take->kind == ARIA2 || aria2_is_option(text, size)))
            return take_option(take, text, size);
        if (!take->entry.is_there)
            return take_first(take, text, size);
        rc = take_entry(take);
        return rc < 0 ? rc : 1;
    }
}

static int take_long_line(struct take *take)
{
    int rc;

    if (take->entry.is_there) {
        rc = take_entry(take);
        return rc < 0 ? rc : 1;
    }
    take->at_line = take->line.number;
    return request_refuse(&take->request, take->line.text, take->line.size,
                          "the line has more than 1 MiB");
}

/* Take the current line, as far as a request comes of it. */
int take_line(struct take *take)
{
    const char *text = take->line.text;
    const char *end;
    int rc;

    trim(&take->line);
    end = text + take->line.size;
    while (text < end && is_blank(*text))
        text++;
    if (text == end || *text == '#') {
        take->has_line = false;
        return 0;
    }
    if (take->kind == UNKNOWN)
        take->kind = begins_object(text, (size_t)(end - text)) ? JSONL : MIXED;
    rc = take->line.is_too_long ? take_long_line(take)
                                : take_text(take, text, (size_t)(end - text));
    if (rc < 0)
        return rc;
    take->has_line = rc > 0;
    return 0;
}

void take_fini(struct take *take)
{
    lines_fini(&take->lines);
    plain_fini(&take->plain);
    aria2_fini(&take->entry);
    request_fini(&take->request);
    free(take->ignored.example);
}
