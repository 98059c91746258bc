/* SPDX-License-Identifier: MIT */
/*
 * warc_entry.c - a request and its response, from the head to the records
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "output/warc_archive.h"

struct warc_entry {
    struct warc *warc;
    struct text request; /* blocks, without bodies that are in the spool */
    struct text response;
    struct warc_spool body;
    struct warc_digest *payload_digest;
    struct warc_digest *block_digest;
    struct text uri;
    struct text address;
    struct text method;
    struct text mime;
    char date[WARC_DATE_SIZE];
    int status;
    bool is_http2;
    bool is_dense;
};

/* The two records of an entry, as they are being made. */
struct records {
    char response_id[WARC_ID_SIZE];
    char request_id[WARC_ID_SIZE];
    char payload_digest[WARC_DIGEST_SIZE];
    char response_digest[WARC_DIGEST_SIZE];
    char request_digest[WARC_DIGEST_SIZE];
    const char *truncated;
    struct cdxj_found original; /* url: it is a revisit */
    uint64_t length;            /* of the first record in the file */
};

/* ---- the heads ------------------------------------------------------------------ */

/* "192.0.2.1" of "192.0.2.1:80", "2001:db8::1" of "[2001:db8::1]:80". */
static void add_address(struct text *text, const char *address)
{
    const char *colon;

    if (!address)
        return;
    if (address[0] == '[') {
        text_add_bytes(text, address + 1, strcspn(address + 1, "]"));
        return;
    }
    colon = strchr(address, ':');
    if (colon && !strchr(colon + 1, ':'))
        text_add_bytes(text, address, (size_t)(colon - address));
    else
        text_add(text, address);
}

/* Whether the body is compressed, so that compressing it again is in vain. */
static bool is_dense(const struct warc_capture *capture)
{
    static const char *const types[] = {
        "image/", "video/",          "audio/",
        "font/",  "application/zip", "application/gzip"
    };
    const char *coding = coil_http_find_header(
        capture->headers, capture->header_count, "Content-Encoding");
    const char *type = coil_http_find_header(
        capture->headers, capture->header_count, "Content-Type");

    if (coding && strcasecmp(coding, "identity") != 0)
        return true;
    if (!type || strncasecmp(type, "image/svg", 9) == 0)
        return false;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strncasecmp(type, types[i], strlen(types[i])) == 0)
            return true;
    return false;
}

static void add_texts(struct warc_entry *entry,
                      const struct warc_capture *capture)
{
    const char *type = coil_http_find_header(
        capture->headers, capture->header_count, "Content-Type");

    warc_request_add(&entry->request,
                     &(struct warc_message){
                         .method = capture->method,
                         .url = capture->url,
                         .headers = capture->request_headers,
                         .header_count = capture->request_header_count });
    text_add_bytes(&entry->request, capture->request_body,
                   capture->request_body_size);
    warc_response_add(
        &entry->response,
        &(struct warc_message){ .version = capture->version,
                                .status = capture->status,
                                .reason = capture->reason,
                                .headers = capture->headers,
                                .header_count = capture->header_count });
    warc_uri_add(&entry->uri, capture->url);
    add_address(&entry->address, capture->address);
    text_add(&entry->method, capture->method);
    text_add(&entry->mime, type ? type : "");
}

static int begin(struct warc_entry *entry, const struct warc_capture *capture)
{
    add_texts(entry, capture);
    warc_date_write(entry->date, capture->unix_us);
    if (entry->request.has_failed || entry->response.has_failed ||
        entry->uri.has_failed || entry->address.has_failed ||
        entry->method.has_failed || entry->mime.has_failed)
        return -ENOMEM;
    entry->payload_digest = warc_digest_new();
    entry->block_digest = warc_digest_new();
    if (!entry->payload_digest || !entry->block_digest)
        return -ENOMEM;
    return warc_digest_add(entry->block_digest, entry->response.bytes,
                           entry->response.size);
}

int warc_entry_begin(struct warc_entry **out, struct warc *warc,
                     const struct warc_capture *capture)
{
    struct warc_entry *entry = malloc(sizeof *entry);
    int rc;

    *out = NULL;
    if (!entry)
        return -ENOMEM;
    *entry = (struct warc_entry){
        .warc = warc,
        .status = capture->status,
        .is_http2 = capture->version == COIL_HTTP_2,
        .is_dense = is_dense(capture),
    };
    warc_spool_init(&entry->body, &warc->memory);
    rc = begin(entry, capture);
    if (rc < 0)
        warc_entry_abandon(entry);
    else
        *out = entry;
    return rc;
}

void warc_entry_abandon(struct warc_entry *entry)
{
    if (!entry)
        return;
    warc_spool_fini(&entry->body);
    warc_digest_free(entry->payload_digest);
    warc_digest_free(entry->block_digest);
    text_fini(&entry->request);
    text_fini(&entry->response);
    text_fini(&entry->uri);
    text_fini(&entry->address);
    text_fini(&entry->method);
    text_fini(&entry->mime);
    free(entry);
}

int warc_entry_add(struct warc_entry *entry, const void *bytes, size_t size)
{
    int rc = warc_spool_add(&entry->body, bytes, size);

    if (rc == 0)
        rc = warc_digest_add(entry->payload_digest, bytes, size);
    if (rc == 0)
        rc = warc_digest_add(entry->block_digest, bytes, size);
    return rc;
}

/* ---- the records ------------------------------------------------------------------ */

static int make_ids(struct warc_entry *entry, struct records *records)
{
    struct warc_ids *ids = &entry->warc->ids;
    int rc = warc_id_make(ids, records->response_id);

    return rc < 0 ? rc : warc_id_make(ids, records->request_id);
}

/* Also whether it is a revisit, whose block is the head alone. */
static int make_digests(struct warc_entry *entry, struct records *records)
{
    uint64_t size = warc_spool_size(&entry->body);
    int rc = warc_digest_end(entry->payload_digest, records->payload_digest);

    if (rc == 0)
        rc = warc_digest_of(entry->request.bytes, entry->request.size,
                            records->request_digest);
    if (rc == 0 && size > 0 && !records->truncated)
        rc = warc_index_find(entry->warc->index, &records->original,
                             records->payload_digest);
    if (rc < 0)
        return rc;
    return records->original.url
               ? warc_digest_of(entry->response.bytes, entry->response.size,
                                records->response_digest)
               : warc_digest_end(entry->block_digest, records->response_digest);
}

static void add_response_head(struct text *text, const struct warc_entry *entry,
                              const struct records *records)
{
    bool is_revisit = records->original.url;
    struct warc_record record = {
        .type = is_revisit ? "revisit" : "response",
        .id = records->response_id,
        .date = entry->date,
        .uri = entry->uri.bytes,
        .address = entry->address.bytes,
        .is_http2 = entry->is_http2,
        .truncated = records->truncated,
        .content_type = "application/http;msgtype=response",
        .payload_digest = records->payload_digest,
        .block_digest = records->response_digest,
        .length = entry->response.size,
    };

    if (is_revisit) {
        record.profile = "http://netpreserve.org/warc/1.1/revisit/"
                         "identical-payload-digest";
        record.refers_to_uri = records->original.url;
        record.refers_to_date = records->original.date;
        record.truncated = "length";
    } else {
        record.length += warc_spool_size(&entry->body);
    }
    warc_record_add(text, &record);
    text_add_bytes(text, entry->response.bytes, entry->response.size);
}

static int add_to_file(void *arg, const void *bytes, size_t size)
{
    return warc_file_add(arg, bytes, size);
}

static int write_response(struct warc_entry *entry, struct records *records)
{
    struct warc_file *file = entry->warc->file;
    struct text text = { 0 };
    int rc;

    add_response_head(&text, entry, records);
    warc_file_begin(file, entry->is_dense);
    rc = text.has_failed ? -ENOMEM : warc_file_add(file, text.bytes, text.size);
    text_fini(&text);
    if (rc == 0 && !records->original.url)
        rc = warc_spool_give(&entry->body, add_to_file, file);
    if (rc == 0)
        rc = warc_file_add(file, "\r\n\r\n", 4);
    if (rc == 0)
        rc = warc_file_end(file);
    records->length = warc_file_offset(file) - entry->warc->place.offset;
    return rc;
}

/* No task runs between the end of this record and the moment at which it counts. */
static int write_request(struct warc_entry *entry, struct records *records)
{
    struct warc_file *file = entry->warc->file;
    struct text text = { 0 };
    int rc = -ENOMEM;

    warc_record_add(&text,
                    &(struct warc_record){
                        .type = "request",
                        .id = records->request_id,
                        .date = entry->date,
                        .uri = entry->uri.bytes,
                        .address = entry->address.bytes,
                        .is_http2 = entry->is_http2,
                        .concurrent_to = records->response_id,
                        .content_type = "application/http;msgtype=request",
                        .block_digest = records->request_digest,
                        .length = entry->request.size });
    text_add_bytes(&text, entry->request.bytes, entry->request.size);
    text_add(&text, "\r\n\r\n");
    if (!text.has_failed) {
        warc_file_begin(file, false);
        rc = warc_file_add(file, text.bytes, text.size);
    }
    text_fini(&text);
    return rc < 0 ? rc : warc_file_end(file);
}

static int add_to_index(struct warc_entry *entry, const struct records *records)
{
    struct warc *warc = entry->warc;
    bool is_revisit = records->original.url;

    return warc_index_add(
        warc->index,
        &(struct cdxj_entry){
            .url = entry->uri.bytes,
            .date = entry->date,
            .method = entry->method.bytes,
            .mime = is_revisit ? "warc/revisit" : entry->mime.bytes,
            .status = entry->status,
            .digest = records->payload_digest,
            .length = records->length,
            .offset = warc->place.offset,
            .filename = warc_archive_filename(warc, warc->place.file),
            .truncated = records->truncated },
        !is_revisit && warc_spool_size(&entry->body) > 0);
}

static int write_records(struct warc_entry *entry, struct records *records)
{
    struct warc *warc = entry->warc;
    int rc = warc_archive_prepare(warc);

    if (rc == 0)
        rc = make_ids(entry, records);
    if (rc == 0)
        rc = make_digests(entry, records);
    if (rc < 0)
        return rc;
    rc = write_response(entry, records);
    if (rc == 0)
        rc = write_request(entry, records);
    if (rc == 0)
        rc = add_to_index(entry, records);
    if (rc == 0)
        warc->place.offset = warc_file_offset(warc->file);
    else
        warc_file_cut(warc->file, warc->place.offset);
    return rc;
}

int warc_entry_end(struct warc_entry *entry, const char *truncated)
{
    struct records records = { .truncated = truncated };
    struct coil_lock *lock = &entry->warc->lock;
    int rc = coil_lock_acquire(lock);

    if (rc == 0) {
        rc = write_records(entry, &records);
        (void)!coil_lock_release(lock);
    }
    cdxj_found_fini(&records.original);
    warc_entry_abandon(entry);
    return rc;
}
