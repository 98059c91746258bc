/* SPDX-License-Identifier: MIT */
/*
 * Bodies that do not change, of which a client may have a part, or all: /etag,
 * /cache, /range.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "echo.h"
#include "request.h"

#define MAX_RANGE (100 * 1024) /* as httpbin */
#define PIECE (10 * 1024)

static const char *header_or_none(struct request *request, const char *name)
{
    const char *value = coil_http_exchange_header(request->exchange, name);

    return value ? value : "";
}

/* An ETag is sent in quotes: RFC 9110, 8.8.3. */
COIL_MUST_CHECK static int set_etag(struct request *request, const char *tag)
{
    char *quoted = malloc(strlen(tag) + 3);
    int rc;

    if (!quoted)
        return -ENOMEM;
    stpcpy(stpcpy(stpcpy(quoted, "\""), tag), "\"");
    rc = coil_http_respond_header(request->exchange, "ETag", quoted);
    free(quoted);
    return rc;
}

static bool is_tag(const char *text)
{
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c <= ' ' || *c == '"' || *c == 0x7f || *c == ',')
            return false;
    return true;
}

/* Whether a list has `tag` or a star.  As for httpbin, weak is as good. */
static bool has_tag(const char *list, const char *tag)
{
    size_t length = strlen(tag);

    while (*list) {
        size_t size;

        list += strspn(list, " \t,");
        if (strncmp(list, "W/", 2) == 0)
            list += 2;
        list += strspn(list, "\"");
        size = strcspn(list, "\", \t");
        if ((size == length && memcmp(list, tag, size) == 0) ||
            (size == 1 && *list == '*'))
            return true;
        list += size;
        list += strspn(list, "\"");
    }
    return false;
}

int answer_etag(struct request *request)
{
    const char *tag = coil_http_exchange_segment(request->exchange, 0);
    const char *none_match = header_or_none(request, "If-None-Match");
    const char *match = header_or_none(request, "If-Match");
    int rc;

    if (!is_tag(tag))
        return respond_text(request, 400, "This cannot be an ETag\n");
    rc = set_etag(request, tag);
    if (rc < 0)
        return rc;
    if (*none_match && has_tag(none_match, tag))
        return respond_text(request, 304, "");
    if (!*none_match && *match && !has_tag(match, tag))
        return respond_text(request, 412, "");
    return respond_echo(request, ECHO_OF_GET);
}

int answer_cache(struct request *request)
{
    time_t now = time(NULL);
    char date[64];
    char tag[32];
    struct tm parts;
    int rc;

    if (coil_http_exchange_header(request->exchange, "If-Modified-Since") ||
        coil_http_exchange_header(request->exchange, "If-None-Match"))
        return respond_text(request, 304, "");
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT",
             gmtime_r(&now, &parts));
    snprintf(tag, sizeof tag, "%llx", (unsigned long long)coil_now());
    rc = coil_http_respond_header(request->exchange, "Last-Modified", date);
    if (rc == 0)
        rc = set_etag(request, tag);
    return rc < 0 ? rc : respond_echo(request, ECHO_OF_GET);
}

int answer_cache_control(struct request *request)
{
    char value[64];
    int seconds;
    int rc;

    if (!get_count(request, &seconds))
        return respond_text(request, 400, "N must be a number\n");
    snprintf(value, sizeof value, "public, max-age=%d", seconds);
    rc = coil_http_respond_header(request->exchange, "Cache-Control", value);
    return rc < 0 ? rc : respond_echo(request, ECHO_OF_GET);
}

/* ---- parts ------------------------------------------------------------ */

struct part {
    int first; /* both included */
    int last;
};

/* "a-b", "a-" or "-b".  False: it is none, or several. */
static bool parse_part(const char *text, int size, struct part *part)
{
    char copy[32];
    char *dash;
    int count;

    snprintf(copy, sizeof copy, "%s", text);
    dash = strchr(copy, '-');
    if (!dash)
        return false;
    *dash++ = '\0';
    if (copy[0]) {
        if (*dash && !parse_count(dash, &part->last))
            return false;
        return parse_count(copy, &part->first);
    }
    if (!parse_count(dash, &count))
        return false;
    part->first = count < size ? size - count : 0;
    return true;
}

/*
 * What the client wants of `size` bytes: the whole if it does not say, or knows
 * something older (If-Range).
 */
static struct part choose_part(struct request *request, int size,
                               const char *tag)
{
    const char *range = header_or_none(request, "Range");
    const char *condition = header_or_none(request, "If-Range");
    struct part whole = { 0, size - 1 };
    struct part part = whole;

    if (strncmp(range, "bytes=", 6) != 0 || !parse_part(range + 6, size, &part))
        return whole;
    if (*condition && !has_tag(condition, tag))
        return whole;
    /* Who wants more gets what there is: RFC 9110, 14.1.2. */
    if (part.last >= size)
        part.last = size - 1;
    return part;
}

/* Bytes of the alphabet in pieces, and a pause behind each but the last. */
COIL_SUSPENDS static int write_part(struct request *request, struct part part,
                                    int piece, double pause)
{
    char *bytes = malloc((size_t)piece);
    int rc = bytes ? 0 : -ENOMEM;

    while (rc == 0 && part.first <= part.last) {
        int size = 0;

        while (size < piece && part.first <= part.last)
            bytes[size++] = (char)('a' + part.first++ % 26);
        if (part.first > part.last)
            request_is_served(request);
        rc = coil_http_write(request->exchange, bytes, (size_t)size);
        if (rc == 0 && part.first <= part.last)
            rc = coil_sleep((coil_time)(pause * size));
    }
    free(bytes);
    return rc;
}

static int begin_part(struct request *request, struct part part, int size)
{
    bool is_whole = part.first == 0 && part.last == size - 1;
    char range[64];
    int rc = 0;

    snprintf(range, sizeof range, "bytes %d-%d/%d", part.first, part.last,
             size);
    if (!is_whole)
        rc =
            coil_http_respond_header(request->exchange, "Content-Range", range);
    if (rc < 0)
        return rc;
    return coil_http_begin(request->exchange, is_whole ? 200 : 206,
                           "application/octet-stream",
                           part.last - part.first + 1);
}

static int refuse_part(struct request *request, int size)
{
    char range[32];
    int rc;

    snprintf(range, sizeof range, "bytes */%d", size);
    rc = coil_http_respond_header(request->exchange, "Content-Range", range);
    return rc < 0 ? rc : respond_text(request, 416, "");
}

COIL_SUSPENDS static int respond_part(struct request *request, int size,
                                      int piece, coil_time duration)
{
    char tag[32];
    struct part part;
    int rc;

    snprintf(tag, sizeof tag, "range%d", size);
    rc = set_etag(request, tag);
    if (rc == 0)
        rc = coil_http_respond_header(request->exchange, "Accept-Ranges",
                                      "bytes");
    if (rc < 0)
        return rc;
    part = choose_part(request, size, tag);
    if (part.first > part.last)
        return refuse_part(request, size);
    rc = begin_part(request, part, size);
    if (rc < 0)
        return rc;
    return write_part(request, part, piece < size ? piece : size,
                      (double)duration / size);
}

int answer_range(struct request *request)
{
    coil_time duration = 0;
    int piece = PIECE;
    int size;

    if (!get_count(request, &size) || size == 0 || size > MAX_RANGE)
        return respond_text(
            request, 404, "number of bytes must be in the range (0, 102400]\n");
    if (!parse_seconds(argument_or(request, "duration", "0"), MAX_DURATION,
                       &duration))
        return respond_text(request, 400, "Not a number of seconds\n");
    if (!parse_count(argument_or(request, "chunk_size", "10240"), &piece) ||
        piece == 0)
        return respond_text(request, 400, "chunk_size must be positive\n");
    return respond_part(request, size, piece, duration);
}
