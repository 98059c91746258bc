/* SPDX-License-Identifier: MIT */
#include "output/warc_head.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <time.h>

/* ---- names of records, dates --------------------------------------------------- */

static int fill(struct warc_ids *ids)
{
    ssize_t n;

    do
        n = getrandom(ids->bytes, sizeof ids->bytes, 0);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    /* Up to 256 bytes come whole; the rest may be missing. */
    ids->left = (size_t)n / 16 * 16;
    return 0;
}

int warc_id_make(struct warc_ids *ids, char out[WARC_ID_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    static const char form[] =
        "<urn:uuid:xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx>";
    const unsigned char *bytes;
    size_t nibble = 0;

    if (ids->left == 0) {
        int rc = fill(ids);

        if (rc < 0)
            return rc;
    }
    ids->left -= 16;
    bytes = ids->bytes + ids->left;
    memcpy(out, form, sizeof form);
    for (char *c = out + 10; *c; c++) {
        unsigned value = bytes[nibble / 2 % 16] >> (nibble % 2 * 4) & 15;

        if (*c == 'y')
            value = (value & 3) | 8;
        else if (*c != 'x')
            continue;
        *c = digits[value];
        nibble++;
    }
    return 0;
}

void warc_date_write(char out[WARC_DATE_SIZE], int64_t unix_us)
{
    time_t seconds = (time_t)(unix_us / 1000000);
    struct tm tm;
    size_t size;

    gmtime_r(&seconds, &tm);
    size = strftime(out, WARC_DATE_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out + size, WARC_DATE_SIZE - size, ".%06dZ",
             (int)(unix_us % 1000000));
}

/* ---- URLs ----------------------------------------------------------------------- */

/* What follows "scheme://user:password@", and the length of "scheme://". */
static const char *find_host(const char *url, size_t *scheme)
{
    const char *host = strstr(url, "://");
    const char *at;
    size_t size;

    *scheme = 0;
    if (!host)
        return url;
    host += 3;
    *scheme = (size_t)(host - url);
    size = strcspn(host, "/?#");
    at = memrchr(host, '@', size);
    return at ? at + 1 : host;
}

static void add_uri_bytes(struct text *text, const char *from, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)from[i];

        if (c > 32 && c != 127 && c != '<' && c != '>' && c != '"')
            text_add_char(text, (char)c);
        else
            text_add_format(text, "%%%02X", c);
    }
}

void warc_uri_add(struct text *text, const char *url)
{
    size_t scheme;
    const char *host = find_host(url, &scheme);

    add_uri_bytes(text, url, scheme);
    add_uri_bytes(text, host, strcspn(host, "#"));
}

/* ---- messages --------------------------------------------------------------------- */

/* A line stays one line, whatever is in it. */
static void add_value(struct text *text, const char *value)
{
    size_t size = strcspn(value, "\r\n");

    text_add_bytes(text, value, size);
    for (; value[size]; size++)
        text_add_char(text, value[size] == '\r' || value[size] == '\n'
                                ? ' '
                                : value[size]);
}

static void add_line(struct text *text, const char *name, const char *value)
{
    if (!value || !value[0])
        return;
    text_add(text, name);
    text_add(text, ": ");
    add_value(text, value);
    text_add(text, "\r\n");
}

static void add_headers(struct text *text, const struct warc_message *message)
{
    for (size_t i = 0; i < message->header_count; i++) {
        const struct coil_http_header *header = &message->headers[i];

        if (strcasecmp(header->name, "Transfer-Encoding") == 0)
            text_add(text, "X-Orig-");
        add_value(text, header->name);
        text_add(text, ": ");
        add_value(text, header->value);
        text_add(text, "\r\n");
    }
    text_add(text, "\r\n");
}

void warc_request_add(struct text *text, const struct warc_message *request)
{
    size_t scheme;
    const char *host = find_host(request->url, &scheme);
    size_t size = strcspn(host, "/?#");

    add_value(text, request->method);
    text_add_char(text, ' ');
    if (host[size] != '/')
        text_add_char(text, '/');
    add_uri_bytes(text, host + size, strcspn(host + size, "#"));
    text_add(text, " HTTP/1.1\r\n");
    if (!coil_http_find_header(request->headers, request->header_count,
                               "Host")) {
        text_add(text, "Host: ");
        add_uri_bytes(text, host, size);
        text_add(text, "\r\n");
    }
    add_headers(text, request);
}

void warc_response_add(struct text *text, const struct warc_message *response)
{
    const char *reason = response->reason;

    if (!reason || !reason[0])
        reason = coil_http_reason(response->status);
    text_add_format(text, "HTTP/1.%d %03d ",
                    response->version == COIL_HTTP_1_0 ? 0 : 1,
                    response->status);
    add_value(text, reason);
    text_add(text, "\r\n");
    add_headers(text, response);
}

/* ---- records ------------------------------------------------------------------------ */

void warc_record_add(struct text *text, const struct warc_record *record)
{
    text_add(text, "WARC/1.1\r\n");
    add_line(text, "WARC-Type", record->type);
    add_line(text, "WARC-Record-ID", record->id);
    add_line(text, "WARC-Date", record->date);
    add_line(text, "WARC-Filename", record->filename);
    add_line(text, "WARC-Target-URI", record->uri);
    add_line(text, "WARC-IP-Address", record->address);
    if (record->is_http2)
        add_line(text, "WARC-Protocol", "h2");
    add_line(text, "WARC-Concurrent-To", record->concurrent_to);
    add_line(text, "WARC-Profile", record->profile);
    add_line(text, "WARC-Refers-To-Target-URI", record->refers_to_uri);
    add_line(text, "WARC-Refers-To-Date", record->refers_to_date);
    add_line(text, "WARC-Truncated", record->truncated);
    add_line(text, "Content-Type", record->content_type);
    add_line(text, "WARC-Payload-Digest", record->payload_digest);
    add_line(text, "WARC-Block-Digest", record->block_digest);
    text_add_format(text, "Content-Length: %" PRIu64 "\r\n\r\n",
                    record->length);
}
