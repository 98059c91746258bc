/* SPDX-License-Identifier: MIT */
#include "fetch/cache_line.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { VALIDATOR_MAX_SIZE = 1024 };

/* ---- text ---- */

static void write_field(struct text *text, const char *field, char end)
{
    static const char special[] = "\t\n\r\\";
    static const char names[] = "tnr\\";

    for (;;) {
        size_t n = strcspn(field, special);

        text_add_bytes(text, field, n);
        field += n;
        if (*field == '\0')
            break;
        text_add_char(text, '\\');
        text_add_char(text, names[strchr(special, *field++) - special]);
    }
    text_add_char(text, end);
}

void cache_line_write_key(struct text *text, const char *url,
                          const char *variant)
{
    write_field(text, url, '\t');
    write_field(text, variant, '\t');
}

size_t cache_line_key_size(const char *line, size_t size)
{
    const char *first = memchr(line, '\t', size);
    const char *second;

    if (!first || first == line)
        return 0;
    first++;
    second = memchr(first, '\t', size - (size_t)(first - line));
    return second ? (size_t)(second - line) + 1 : 0;
}

bool cache_line_is_empty(const char *line, size_t size, size_t key_size)
{
    return size - key_size >= 2 && memcmp(line + key_size, "\t\t", 2) == 0;
}

void cache_line_write(struct text *text, const struct cache_line *line)
{
    cache_line_write_key(text, line->url, line->variant);
    write_field(text, line->etag, '\t');
    write_field(text, line->last_modified, '\t');
    text_add_format(text, "%lld\t%lld\t", (long long)line->size,
                    (long long)line->changed_at);
    write_field(text, line->file, '\n');
}

/* Undo write_field(), in place. */
static void unescape(char *field)
{
    char *out = strchr(field, '\\');

    if (!out)
        return;
    for (const char *at = out; *at; at++) {
        if (*at == '\\' && at[1] != '\0') {
            at++;
            *out++ = *at == 't'   ? '\t'
                     : *at == 'n' ? '\n'
                     : *at == 'r' ? '\r'
                                  : *at;
        } else {
            *out++ = *at;
        }
    }
    *out = '\0';
}

static bool read_number(int64_t *out, const char *field)
{
    char *end;

    *out = strtoll(field, &end, 10);
    return end > field && *end == '\0';
}

bool cache_line_read(struct cache_line *out, char *line)
{
    enum { FIELDS = 7 };
    char *fields[FIELDS];

    for (int i = 0; i < FIELDS; i++) {
        fields[i] = line;
        line += strcspn(line, "\t");
        if ((*line == '\0') != (i == FIELDS - 1))
            return false;
        *line++ = '\0';
        unescape(fields[i]);
    }
    *out = (struct cache_line){
        .url = fields[0],
        .variant = fields[1],
        .etag = fields[2],
        .last_modified = fields[3],
        .file = fields[6],
    };
    return fields[0][0] != '\0' && read_number(&out->size, fields[4]) &&
           read_number(&out->changed_at, fields[5]);
}

/* ---- responses ---- */

/* Whether `what` is true of one member of a list with commas, of all such headers. */
static bool any_member(const struct coil_http_header *headers, size_t count,
                       const char *name,
                       bool (*what)(const char *at, size_t size))
{
    for (size_t i = 0; i < count; i++) {
        const char *at = headers[i].value;

        if (strcasecmp(headers[i].name, name) != 0)
            continue;
        while (*at) {
            size_t size;

            at += strspn(at, ", \t");
            size = strcspn(at, ", \t");
            if (size > 0 && what(at, size))
                return true;
            at += size;
        }
    }
    return false;
}

static bool is_word(const char *at, size_t size, const char *word)
{
    return strlen(word) == size && strncasecmp(at, word, size) == 0;
}

static bool is_no_store(const char *at, size_t size)
{
    return is_word(at, size, "no-store");
}

static bool is_star(const char *at, size_t size)
{
    return is_word(at, size, "*");
}

/* A header of requests that is not the same for all of a variant. */
static bool is_uncovered(const char *at, size_t size)
{
    static const char *const covered[] = {
        "accept", "accept-encoding", "accept-language", "user-agent", "origin",
    };

    for (size_t i = 0; i < sizeof covered / sizeof covered[0]; i++)
        if (is_word(at, size, covered[i]))
            return false;
    return true;
}

/* RFC 9110, 8.8.3: entity-tag. */
static bool is_etag(const char *value)
{
    size_t size = strlen(value);

    if (strncmp(value, "W/", 2) == 0) {
        value += 2;
        size -= 2;
    }
    if (size < 2 || size > VALIDATOR_MAX_SIZE || value[0] != '"' ||
        value[size - 1] != '"')
        return false;
    for (size_t i = 1; i < size - 1; i++) {
        unsigned char c = (unsigned char)value[i];

        if (c <= 0x20 || c == '"' || c == 0x7f)
            return false;
    }
    return true;
}

bool cache_line_take(struct cache_line *out,
                     const struct coil_http_header *headers, size_t count)
{
    const char *etag = coil_http_find_header(headers, count, "ETag");
    const char *date = coil_http_find_header(headers, count, "Last-Modified");
    bool is_strong;

    out->etag = etag && is_etag(etag) ? etag : "";
    out->last_modified = date && strlen(date) <= 64 ? date : "";
    is_strong = out->etag[0] == '"';
    if (any_member(headers, count, "Cache-Control", is_no_store) ||
        any_member(headers, count, "Vary", is_star) ||
        (!is_strong && any_member(headers, count, "Vary", is_uncovered)))
        return false;
    return out->etag[0] != '\0' || out->last_modified[0] != '\0';
}
