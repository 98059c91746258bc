/* SPDX-License-Identifier: MIT */
/*
 * warc_check.h - a strict reader of archives, written from ISO 28500:2017 alone, and of
 * their indexes; for the tests of apps/coil-fetch/output/warc.h
 *
 *     struct checked archive = check_archive(path);      // every record is right
 *     check_index(&archive, index_path);                 // and found by its offset
 *     free_archive(&archive);
 */
#ifndef COIL_TESTS_FETCH_WARC_CHECK_H
#define COIL_TESTS_FETCH_WARC_CHECK_H

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <openssl/evp.h>
#include <zlib.h>

#include "test.h"

/* A record, with NULs behind head and block. */
struct record {
    size_t offset; /* in the file */
    size_t length;
    char *head; /* its lines, each with "\r\n" */
    char *block;
    size_t block_size;
    const char *payload; /* in the block */
    size_t payload_size;
    char type[16];
};

struct checked {
    struct record *records;
    size_t count;
};

/* ---- bytes ---------------------------------------------------------------------- */

static inline char *read_whole(const char *path, size_t *size)
{
    FILE *f = fopen(path, "r");
    char *bytes = malloc(1);
    size_t n;

    if (!f)
        FAIL("%s is missing", path);
    *size = 0;
    do {
        bytes = realloc(bytes, *size + 65536 + 1);
        n = fread(bytes + *size, 1, 65536, f);
        *size += n;
    } while (n > 0);
    fclose(f);
    bytes[*size] = '\0';
    return bytes;
}

/* One member of gzip, and nothing else.  Returns how long it is in the file. */
static inline size_t inflate_member(const char *bytes, size_t size, char **out,
                                    size_t *out_size)
{
    z_stream stream = { .next_in = (unsigned char *)bytes,
                        .avail_in = (unsigned)size };
    int rc;

    *out = NULL;
    *out_size = 0;
    ASSERT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
    do {
        *out = realloc(*out, *out_size + 65536 + 1);
        stream.next_out = (unsigned char *)*out + *out_size;
        stream.avail_out = 65536;
        rc = inflate(&stream, Z_NO_FLUSH);
        *out_size += 65536 - stream.avail_out;
    } while (rc == Z_OK);
    ASSERT_EQ(rc, Z_STREAM_END);
    (*out)[*out_size] = '\0';
    inflateEnd(&stream);
    return size - stream.avail_in;
}

/* RFC 4648, 6: five bits a letter. */
static inline void digest_text(const void *bytes, size_t size, char out[38])
{
    unsigned char hash[EVP_MAX_MD_SIZE];

    ASSERT_EQ(EVP_Digest(bytes, size, hash, NULL, EVP_sha1(), NULL), 1);
    strcpy(out, "sha1:");
    for (int i = 0; i < 32; i++) {
        int bit = i * 5;
        unsigned pair = (unsigned)hash[bit / 8] << 8;

        if (bit / 8 + 1 < 20)
            pair |= hash[bit / 8 + 1];
        out[5 + i] =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[pair >> (11 - bit % 8) & 31];
    }
    out[37] = '\0';
}

/* ---- a record's head ------------------------------------------------------------- */

/* The value of the only line of this name, in a buffer that the next 8 calls keep. */
static inline const char *field(const struct record *r, const char *name)
{
    static char values[8][4096];
    static size_t next;
    char *value = values[next++ % 8];
    const char *found = NULL;

    for (const char *line = r->head; *line; line = strstr(line, "\r\n") + 2)
        if (strncasecmp(line, name, strlen(name)) == 0 &&
            line[strlen(name)] == ':') {
            ASSERT_NULL(found);
            found = line + strlen(name) + 2;
        }
    if (!found)
        return NULL;
    snprintf(value, sizeof values[0], "%.*s",
             (int)(strstr(found, "\r\n") - found), found);
    return value;
}

static inline bool fits(const char *text, const char *form)
{
    for (; *form; text++, form++) {
        unsigned char c = (unsigned char)*text;

        if (*form == '9'   ? !isdigit(c)
            : *form == 'x' ? !isxdigit(c) || isupper(c)
            : *form == 'y' ? !strchr("89ab", c) || !c
                           : c != (unsigned char)*form)
            return false;
    }
    return *text == '\0';
}

/* "Name: value", without control characters or blanks at the ends. */
static inline void check_line(const char *line, size_t size)
{
    size_t name = strcspn(line, ":");

    ASSERT(name > 0 && name < size - 2);
    for (size_t i = 0; i < name; i++)
        ASSERT(isalnum((unsigned char)line[i]) || line[i] == '-');
    ASSERT_EQ(line[name + 1], ' ');
    ASSERT(line[name + 2] != ' ' && line[size - 1] != ' ');
    for (size_t i = name + 2; i < size; i++)
        ASSERT((unsigned char)line[i] >= 32 && line[i] != 127);
}

static inline void check_id(const char *id)
{
    ASSERT_NOT_NULL(id);
    ASSERT(fits(id, "<urn:uuid:xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx>"));
}

static inline void check_date(const char *date)
{
    ASSERT_NOT_NULL(date);
    ASSERT(fits(date, "9999-99-99T99:99:99.999999Z"));
}

static inline void check_uri(const char *uri)
{
    ASSERT_NOT_NULL(uri);
    ASSERT(strncmp(uri, "http://", 7) == 0 || strncmp(uri, "https://", 8) == 0);
    ASSERT_NULL(strpbrk(uri, "<>\" #"));
}

static inline void check_digest(const struct record *r, const char *name,
                                const void *bytes, size_t size)
{
    const char *found = field(r, name);
    char digest[38];

    digest_text(bytes, size, digest);
    ASSERT_NOT_NULL(found);
    ASSERT_STR_EQ(found, digest);
}

/* ---- the kinds of records ---------------------------------------------------------- */

/* The payload of a message is what follows its empty line. */
static inline void check_message(struct record *r, const char *type)
{
    const char *end = strstr(r->block, "\r\n\r\n");

    ASSERT_STR_EQ(field(r, "Content-Type"), type);
    check_uri(field(r, "WARC-Target-URI"));
    ASSERT_NULL(field(r, "WARC-Filename"));
    ASSERT_NOT_NULL(end);
    r->payload = end + 4;
    r->payload_size = (size_t)(r->block + r->block_size - r->payload);
    /* Bodies have no chunks. */
    for (const char *c = r->block; c < end; c = strstr(c, "\r\n") + 2)
        ASSERT_NE(strncasecmp(c, "Transfer-Encoding:", 18), 0);
}

static inline void check_response(struct record *r)
{
    ASSERT(strncmp(r->block, "HTTP/1.", 7) == 0);
    ASSERT(fits((char[]){ r->block[8], r->block[9], r->block[10], r->block[11],
                          r->block[12], 0 },
                " 999 "));
    check_message(r, "application/http;msgtype=response");
}

static inline void check_revisit(struct record *r)
{
    check_response(r);
    ASSERT_EQ(r->payload_size, 0);
    ASSERT_STR_EQ(field(r, "WARC-Profile"),
                  "http://netpreserve.org/warc/1.1/revisit/"
                  "identical-payload-digest");
    ASSERT_STR_EQ(field(r, "WARC-Truncated"), "length");
    ASSERT_NOT_NULL(field(r, "WARC-Payload-Digest"));
    ASSERT_NOT_NULL(field(r, "WARC-Refers-To-Date"));
    check_uri(field(r, "WARC-Refers-To-Target-URI"));
}

static inline void check_type(struct record *r)
{
    if (strcmp(r->type, "warcinfo") == 0) {
        ASSERT_STR_EQ(field(r, "Content-Type"), "application/warc-fields");
        ASSERT_NULL(field(r, "WARC-Target-URI"));
        ASSERT_STR_CONTAINS(r->block, "software: ");
        ASSERT_STR_CONTAINS(r->block, "format: WARC file version 1.1\r\n");
    } else if (strcmp(r->type, "request") == 0) {
        check_message(r, "application/http;msgtype=request");
        check_id(field(r, "WARC-Concurrent-To"));
    } else if (strcmp(r->type, "revisit") == 0) {
        check_revisit(r);
    } else {
        ASSERT_STR_EQ(r->type, "response");
        check_response(r);
        check_digest(r, "WARC-Payload-Digest", r->payload, r->payload_size);
    }
}

/* ---- records ------------------------------------------------------------------------- */

/* A record at `bytes`.  Returns how long it is. */
static inline size_t check_record(struct record *r, const char *bytes,
                                  size_t size)
{
    const char *end = strstr(bytes, "\r\n\r\n");
    const char *length;
    size_t head_size;

    ASSERT(size > 12 && strncmp(bytes, "WARC/1.1\r\n", 10) == 0);
    ASSERT_NOT_NULL(end);
    head_size = (size_t)(end + 2 - bytes) - 10;
    r->head = strndup(bytes + 10, head_size);
    for (const char *line = r->head; *line;) {
        const char *next = strstr(line, "\r\n");

        check_line(line, (size_t)(next - line));
        line = next + 2;
    }
    length = field(r, "Content-Length");
    ASSERT_NOT_NULL(length);
    r->block_size = strtoull(length, NULL, 10);
    ASSERT_LE(r->block_size + 4, size - (size_t)(end + 4 - bytes));
    r->block = malloc(r->block_size + 1);
    memcpy(r->block, end + 4, r->block_size);
    r->block[r->block_size] = '\0';
    ASSERT_EQ(memcmp(end + 4 + r->block_size, "\r\n\r\n", 4), 0);
    snprintf(r->type, sizeof r->type, "%s", field(r, "WARC-Type"));
    check_id(field(r, "WARC-Record-ID"));
    check_date(field(r, "WARC-Date"));
    check_digest(r, "WARC-Block-Digest", r->block, r->block_size);
    check_type(r);
    return (size_t)(end + 4 - bytes) + r->block_size + 4;
}

/* Each name once. */
static inline void check_ids(const struct checked *archive)
{
    for (size_t i = 0; i < archive->count && i < 200; i++)
        for (size_t k = 0; k < i; k++)
            ASSERT_NE(strcmp(field(&archive->records[i], "WARC-Record-ID"),
                             field(&archive->records[k], "WARC-Record-ID")),
                      0);
}

/* Each request follows its response, of which it says the same. */
static inline void check_pairs(const struct checked *archive)
{
    ASSERT_STR_EQ(archive->records[0].type, "warcinfo");
    ASSERT_EQ(archive->count % 2, 1);
    for (size_t i = 1; i < archive->count; i += 2) {
        const struct record *response = &archive->records[i];
        const struct record *request = &archive->records[i + 1];

        ASSERT_STR_EQ(request->type, "request");
        ASSERT_NE(strcmp(response->type, "request"), 0);
        ASSERT_STR_EQ(field(request, "WARC-Concurrent-To"),
                      field(response, "WARC-Record-ID"));
        ASSERT_STR_EQ(field(request, "WARC-Target-URI"),
                      field(response, "WARC-Target-URI"));
        ASSERT_STR_EQ(field(request, "WARC-Date"),
                      field(response, "WARC-Date"));
    }
}

static inline struct checked check_archive(const char *path)
{
    struct checked archive = { NULL, 0 };
    bool is_gzip = strcmp(path + strlen(path) - 3, ".gz") == 0;
    size_t size;
    char *bytes = read_whole(path, &size);
    size_t at = 0;

    while (at < size) {
        struct record r = { .offset = at };
        char *plain = NULL;
        size_t plain_size;

        if (is_gzip) {
            r.length =
                inflate_member(bytes + at, size - at, &plain, &plain_size);
            /* One record, and nothing else. */
            ASSERT_EQ(check_record(&r, plain, plain_size), plain_size);
        } else {
            r.length = check_record(&r, bytes + at, size - at);
        }
        free(plain);
        at += r.length;
        archive.records =
            realloc(archive.records, (archive.count + 1) * sizeof r);
        archive.records[archive.count++] = r;
    }
    free(bytes);
    ASSERT_GT(archive.count, 0);
    check_ids(&archive);
    check_pairs(&archive);
    return archive;
}

static inline void free_archive(struct checked *archive)
{
    for (size_t i = 0; i < archive->count; i++) {
        free(archive->records[i].head);
        free(archive->records[i].block);
    }
    free(archive->records);
}

/* ---- the index ------------------------------------------------------------------------ */

static inline const char *text_of(json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    if (!text)
        FAIL("the index says nothing of %s", name);
    return text;
}

/* A line says what the record at its offset says. */
static inline void check_index_line(const struct checked *archive,
                                    const char *line)
{
    const char *timestamp = strchr(line, ' ') + 1;
    json_t *object = json_loads(strchr(timestamp, ' ') + 1, 0, NULL);
    size_t offset;
    const struct record *r = NULL;
    const char *date;
    char digits[15];

    ASSERT_NOT_NULL(object);
    offset = strtoull(text_of(object, "offset"), NULL, 10);
    for (size_t i = 0; i < archive->count; i++)
        if (archive->records[i].offset == offset)
            r = &archive->records[i];
    ASSERT_NOT_NULL(r);
    ASSERT_EQ(r->length, strtoull(text_of(object, "length"), NULL, 10));
    ASSERT_STR_EQ(text_of(object, "url"), field(r, "WARC-Target-URI"));
    ASSERT_STR_EQ(text_of(object, "digest"), field(r, "WARC-Payload-Digest"));
    ASSERT_EQ(strncmp(text_of(object, "status"), r->block + 9, 3), 0);
    if (strcmp(r->type, "revisit") == 0)
        ASSERT_STR_EQ(text_of(object, "mime"), "warc/revisit");
    else
        ASSERT_STR_EQ(r->type, "response");
    date = field(r, "WARC-Date");
    snprintf(digits, sizeof digits, "%.4s%.2s%.2s%.2s%.2s%.2s", date, date + 5,
             date + 8, date + 11, date + 14, date + 17);
    ASSERT_EQ(strncmp(timestamp, digits, 14), 0);
    json_decref(object);
}

/* The lines of `filename`, sorted; one for each response and revisit. */
static inline void check_index(const struct checked *archive, const char *path,
                               const char *filename)
{
    size_t size;
    size_t count = 0;
    char *text = read_whole(path, &size);
    char *last = NULL;

    for (char *at = text, *line; (line = strsep(&at, "\n")) && *line;
         last = line) {
        ASSERT(!last || strcmp(last, line) <= 0);
        if (!strstr(line, filename))
            continue;
        check_index_line(archive, line);
        count++;
    }
    ASSERT_EQ(count, archive->count / 2);
    free(text);
}

#endif
