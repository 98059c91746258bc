/* SPDX-License-Identifier: MIT */
#include "output/part.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void part_fini(struct part *part)
{
    free(part->etag);
    free(part->modified);
    *part = (struct part){ .total = -1 };
}

bool part_has_validator(const struct part *part)
{
    return part->etag || part->modified;
}

/* NULL: there is none. */
static const char *find(const struct coil_http_header *headers, size_t count,
                        const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(headers[i].name, name) == 0)
            return headers[i].value;
    return NULL;
}

/* Weak ones say nothing of single bytes (RFC 9110, 8.8.1). */
static bool is_strong(const char *etag)
{
    size_t size = strlen(etag);

    return size >= 2 && etag[0] == '"' && etag[size - 1] == '"';
}

static bool is_one_line(const char *text)
{
    return !strpbrk(text, "\r\n");
}

int part_from_response(struct part *part,
                       const struct coil_http_header *headers, size_t count,
                       int64_t size, bool is_decoded)
{
    const char *etag = find(headers, count, "ETag");
    const char *modified = find(headers, count, "Last-Modified");
    const char *date = find(headers, count, "Date");

    *part = (struct part){ .total = is_decoded ? -1 : size };
    if (is_decoded)
        return 0;
    if (etag && is_strong(etag) && is_one_line(etag)) {
        part->etag = strdup(etag);
        return part->etag ? 0 : -ENOMEM;
    }
    /*
     * A body may change twice within a second.  Dates have seconds, so one that
     * is not the response's own is at least a second older (RFC 9110, 8.8.2.2).
     */
    if (!modified || !date || strcmp(modified, date) == 0 ||
        !is_one_line(modified))
        return 0;
    part->modified = strdup(modified);
    return part->modified ? 0 : -ENOMEM;
}

static void add_line(struct text *text, const char *name, const char *value)
{
    text_add(text, name);
    text_add_char(text, ' ');
    text_add(text, value ? value : "");
    text_add_char(text, '\n');
}

void part_write(struct text *text, const struct part *part, const char *url)
{
    add_line(text, "coil-fetch", "1");
    add_line(text, "url", url);
    add_line(text, "etag", part->etag);
    add_line(text, "modified", part->modified);
    text_add_format(text, "total %" PRId64 "\n", part->total);
    add_line(text, "end", NULL);
}

/* The rest of the next line, which begins with `name`; NULL: it does not. */
static char *take_line(char **at, const char *name)
{
    size_t length = strlen(name);
    char *value = *at;
    char *end = strchr(value, '\n');

    if (!end || strncmp(value, name, length) != 0 || value[length] != ' ')
        return NULL;
    *end = '\0';
    *at = end + 1;
    return value + length + 1;
}

/* An empty value is none. */
static int take_value(char **at, const char *name, char **out)
{
    const char *value = take_line(at, name);

    if (!value)
        return -EINVAL;
    if (*value == '\0')
        return 0;
    *out = strdup(value);
    return *out ? 0 : -ENOMEM;
}

static int parse(struct part *part, char *at, const char *url)
{
    const char *version = take_line(&at, "coil-fetch");
    const char *of = take_line(&at, "url");
    const char *total;
    int rc;

    if (!version || strcmp(version, "1") != 0 || !of || strcmp(of, url) != 0)
        return -EINVAL;
    rc = take_value(&at, "etag", &part->etag);
    if (rc == 0)
        rc = take_value(&at, "modified", &part->modified);
    total = take_line(&at, "total");
    if (rc < 0 || !total || !take_line(&at, "end"))
        return rc < 0 ? rc : -EINVAL;
    part->total = strtoll(total, NULL, 10);
    return 0;
}

int part_read(struct part *part, const char *bytes, size_t size,
              const char *url)
{
    char *copy = strndup(bytes, size);
    int rc;

    *part = (struct part){ .total = -1 };
    if (!copy)
        return -ENOMEM;
    rc = parse(part, copy, url);
    free(copy);
    if (rc < 0)
        part_fini(part);
    return rc;
}

/* A decimal number, and what is behind it; -1: there is none. */
static int64_t take_number(const char **at)
{
    char *end;
    int64_t number;

    if (**at < '0' || **at > '9')
        return -1;
    errno = 0;
    number = strtoll(*at, &end, 10);
    *at = end;
    return errno == 0 ? number : -1;
}

/* "bytes 5-9/10" or "bytes 5-9/ *" as RFC 9110, 14.4 has it.  False: another. */
static bool take_range(const char *text, int64_t *first, int64_t *last,
                       int64_t *total)
{
    if (!text || strncasecmp(text, "bytes ", 6) != 0)
        return false;
    text += 6;
    *first = take_number(&text);
    if (*first < 0 || *text++ != '-')
        return false;
    *last = take_number(&text);
    if (*last < *first || *text++ != '/')
        return false;
    if (strcmp(text, "*") == 0) {
        *total = -1;
        return true;
    }
    *total = take_number(&text);
    return *total > *last && *text == '\0';
}

static enum part_verdict judge_rest(const struct part *part, int64_t have,
                                    const struct coil_http_header *headers,
                                    size_t count)
{
    const char *etag = find(headers, count, "ETag");
    int64_t first;
    int64_t last;
    int64_t total;

    if (!take_range(find(headers, count, "Content-Range"), &first, &last,
                    &total) ||
        first != have)
        return PART_AGAIN;
    if (part->total >= 0 && total >= 0 && total != part->total)
        return PART_AGAIN;
    /* Only a part of the rest would end as a whole file. */
    if (total >= 0 && last != total - 1)
        return PART_AGAIN;
    if (part->etag && etag && strcmp(part->etag, etag) != 0)
        return PART_AGAIN;
    return PART_REST;
}

/* "bytes * /10", with no space: that many there are. */
static bool is_whole(const struct part *part, int64_t have,
                     const struct coil_http_header *headers, size_t count)
{
    const char *text = find(headers, count, "Content-Range");
    const char *etag = find(headers, count, "ETag");
    int64_t total;

    if (part->total >= 0 && part->total != have)
        return false;
    if (part->etag && etag && strcmp(part->etag, etag) != 0)
        return false;
    if (!text || strncasecmp(text, "bytes */", 8) != 0)
        return false;
    text += 8;
    total = take_number(&text);
    return total == have && *text == '\0';
}

enum part_verdict part_judge(const struct part *part, int64_t have, int status,
                             const struct coil_http_header *headers,
                             size_t count)
{
    if (status == 206)
        return judge_rest(part, have, headers, count);
    if (status == 416 && is_whole(part, have, headers, count))
        return PART_WHOLE;
    return status == 416 || status == 412 ? PART_AGAIN : PART_ANEW;
}
