/* SPDX-License-Identifier: MIT */
#include "output/cdxj.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "output/cdxj_key.h"

/* ---- writing ------------------------------------------------------------------- */

/* "20261129104427" of "2026-11-29T10:44:27.123456Z". */
static void add_timestamp(struct text *text, const char *date)
{
    for (size_t i = 0; date[i] && date[i] != '.'; i++)
        if (date[i] >= '0' && date[i] <= '9')
            text_add_char(text, date[i]);
}

static void add_member(struct text *text, const char *name, const char *value)
{
    text_json_name(text, name);
    text_json(text, value, strlen(value));
}

static void add_number(struct text *text, const char *name, uint64_t number)
{
    text_json_name(text, name);
    text_add_format(text, "\"%" PRIu64 "\"", number);
}

void cdxj_add(struct text *text, const struct cdxj_entry *entry)
{
    cdxj_key_add(text, entry->url);
    text_add_char(text, ' ');
    add_timestamp(text, entry->date);
    text_add(text, " {");
    add_member(text, "url", entry->url);
    if (entry->mime && entry->mime[0]) {
        text_json_name(text, "mime");
        text_json(text, entry->mime, strcspn(entry->mime, "; \t"));
    }
    add_number(text, "status", (uint64_t)entry->status);
    if (entry->method && strcmp(entry->method, "GET") != 0)
        add_member(text, "method", entry->method);
    add_member(text, "digest", entry->digest);
    add_number(text, "length", entry->length);
    add_number(text, "offset", entry->offset);
    add_member(text, "filename", entry->filename);
    add_member(text, "date", entry->date);
    if (entry->truncated)
        add_member(text, "truncated", entry->truncated);
    text_add(text, "}\n");
}

/* ---- reading ------------------------------------------------------------------- */

static const char *string_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

/* The date, or what of it the timestamp says. */
static char *date_of(const json_t *object, const char *timestamp)
{
    const char *date = string_of(object, "date");
    struct text text = { 0 };

    if (date)
        return strdup(date);
    text_add_format(&text, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", timestamp,
                    timestamp + 4, timestamp + 6, timestamp + 8, timestamp + 10,
                    timestamp + 12);
    return text_take(&text);
}

/* Older indexes have the letters alone, which are of SHA-1. */
static char *digest_of(const char *digest)
{
    struct text text = { 0 };

    if (!strchr(digest, ':'))
        text_add(&text, "sha1:");
    text_add(&text, digest);
    return text_take(&text);
}

static int read_object(struct cdxj_found *out, const json_t *object,
                       const char *timestamp)
{
    const char *url = string_of(object, "url");
    const char *digest = string_of(object, "digest");

    if (!url || !digest)
        return -EBADMSG;
    *out = (struct cdxj_found){
        .url = strdup(url),
        .date = date_of(object, timestamp),
        .digest = digest_of(digest),
    };
    if (out->url && out->date && out->digest)
        return 0;
    cdxj_found_fini(out);
    return -ENOMEM;
}

/* The JSON of a line, and the timestamp before it, which has 14 digits. */
static const char *find_json(const char *line, size_t size,
                             const char **timestamp)
{
    const char *blank = memchr(line, ' ', size);
    const char *json;

    if (!blank)
        return NULL;
    *timestamp = blank + 1;
    size -= (size_t)(blank + 1 - line);
    json = memchr(*timestamp, ' ', size);
    if (!json || json - *timestamp < 14)
        return NULL;
    for (int i = 0; i < 14; i++)
        if ((*timestamp)[i] < '0' || (*timestamp)[i] > '9')
            return NULL;
    return json + 1;
}

int cdxj_read(struct cdxj_found *out, const char *line, size_t size)
{
    const char *timestamp = NULL;
    const char *json = find_json(line, size, &timestamp);
    json_t *object;
    int rc;

    if (!json)
        return -EBADMSG;
    object = json_loadb(json, size - (size_t)(json - line),
                        JSON_DISABLE_EOF_CHECK, NULL);
    if (!object)
        return -EBADMSG;
    rc = read_object(out, object, timestamp);
    json_decref(object);
    return rc;
}

void cdxj_found_fini(struct cdxj_found *found)
{
    free(found->url);
    free(found->date);
    free(found->digest);
    *found = (struct cdxj_found){ 0 };
}
