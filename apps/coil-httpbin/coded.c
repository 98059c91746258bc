/* SPDX-License-Identifier: MIT */
/*
 * Bodies in a coding, whatever the client accepts: /gzip and its like.
 *
 * A server compresses by coil/http_compress.h, which asks the client first.  Here
 * the formats matter, not the size, so the bytes stand in them as they are.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "echo.h"
#include "request.h"

enum { PIECE = 65535, ROOM = 64, ROOM_OF_PIECE = 5 };

static unsigned char *put_bytes(unsigned char *out, const void *bytes,
                                size_t size)
{
    memcpy(out, bytes, size);
    return out + size;
}

/* The lowest byte first. */
static unsigned char *put_number(unsigned char *out, uint32_t number, int bytes)
{
    for (int i = 0; i < bytes; i++)
        *out++ = (unsigned char)(number >> 8 * i);
    return out;
}

static unsigned char *put_big_number(unsigned char *out, uint32_t number)
{
    for (int i = 3; i >= 0; i--)
        *out++ = (unsigned char)(number >> 8 * i);
    return out;
}

/* Blocks that are stored: RFC 1951, 3.2.4. */
static unsigned char *put_stored(unsigned char *out, const unsigned char *body,
                                 size_t size)
{
    while (size > 0) {
        size_t piece = size < PIECE ? size : PIECE;

        *out++ = piece == size;
        out = put_number(out, (uint32_t)piece, 2);
        out = put_number(out, ~(uint32_t)piece, 2);
        out = put_bytes(out, body, piece);
        body += piece;
        size -= piece;
    }
    return out;
}

static uint32_t crc32(const unsigned char *bytes, size_t size)
{
    uint32_t crc = 0xffffffff;

    while (size-- > 0) {
        crc ^= *bytes++;
        for (int i = 0; i < 8; i++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return ~crc;
}

static uint32_t adler32(const unsigned char *bytes, size_t size)
{
    uint32_t a = 1;
    uint32_t b = 0;

    while (size-- > 0) {
        a = (a + *bytes++) % 65521;
        b = (b + a) % 65521;
    }
    return b << 16 | a;
}

/* RFC 1952. */
static unsigned char *put_gzip(unsigned char *out, const unsigned char *body,
                               size_t size)
{
    out = put_bytes(out, "\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
    out = put_stored(out, body, size);
    out = put_number(out, crc32(body, size), 4);
    return put_number(out, (uint32_t)size, 4);
}

/* "deflate" is zlib's format: RFC 1950. */
static unsigned char *put_deflate(unsigned char *out, const unsigned char *body,
                                  size_t size)
{
    out = put_bytes(out, "\x78\x01", 2);
    out = put_stored(out, body, size);
    return put_big_number(out, adler32(body, size));
}

/*
 * Meta-blocks that are not compressed: RFC 7932, 9.2.  The first bit of all is
 * the size of the window.
 */
static unsigned char *put_brotli(unsigned char *out, const unsigned char *body,
                                 size_t size)
{
    int shift = 1;

    while (size > 0) {
        size_t piece = size < PIECE ? size : PIECE;
        uint32_t head = (uint32_t)(piece - 1) << 3 | 1u << 19;

        out = put_number(out, head << shift, 3);
        out = put_bytes(out, body, piece);
        body += piece;
        size -= piece;
        shift = 0;
    }
    return put_number(out, 3, 1);
}

/* Raw blocks in a frame that says its size: RFC 8878, 3.1.1. */
static unsigned char *put_zstd(unsigned char *out, const unsigned char *body,
                               size_t size)
{
    out = put_number(out, 0xfd2fb528, 4);
    out = put_number(out, 0xa0, 1);
    out = put_number(out, (uint32_t)size, 4);
    while (size > 0) {
        size_t piece = size < PIECE ? size : PIECE;

        out = put_number(out, (uint32_t)piece << 3 | (piece == size), 3);
        out = put_bytes(out, body, piece);
        body += piece;
        size -= piece;
    }
    return out;
}

struct coding {
    const char *name;
    const char *member; /* of the object that is told */
    unsigned char *(*put)(unsigned char *out, const unsigned char *body,
                          size_t size);
};

COIL_SUSPENDS static int respond_coded(struct request *request,
                                       const struct coding *coding,
                                       const char *text)
{
    size_t size = strlen(text);
    unsigned char *coded = malloc(size + ROOM + size / PIECE * ROOM_OF_PIECE);
    unsigned char *end;
    int rc;

    if (!coded)
        return -ENOMEM;
    end = coding->put(coded, (const unsigned char *)text, size);
    rc = coil_http_respond_header(request->exchange, "Content-Encoding",
                                  coding->name);
    if (rc == 0)
        rc = respond(request, 200, "application/json", coded,
                     (size_t)(end - coded));
    free(coded);
    return rc;
}

COIL_SUSPENDS static int answer_coded(struct request *request,
                                      const struct coding *coding)
{
    json_t *object;
    char *text = NULL;
    int rc = echo_request(request->exchange,
                          ECHO_HEADERS | ECHO_METHOD | ECHO_ORIGIN, &object);

    if (rc < 0)
        return rc;
    if (json_object_set_new(object, coding->member, json_true()) == 0)
        text = json_dumps(object,
                          JSON_COMPACT | JSON_SORT_KEYS | JSON_ENSURE_ASCII);
    json_decref(object);
    if (!text)
        return -ENOMEM;
    rc = respond_coded(request, coding, text);
    free(text);
    return rc;
}

int answer_gzip(struct request *request)
{
    return answer_coded(request,
                        &(struct coding){ "gzip", "gzipped", put_gzip });
}

int answer_deflate(struct request *request)
{
    return answer_coded(request,
                        &(struct coding){ "deflate", "deflated", put_deflate });
}

int answer_brotli(struct request *request)
{
    return answer_coded(request,
                        &(struct coding){ "br", "brotli", put_brotli });
}

int answer_zstd(struct request *request)
{
    return answer_coded(request, &(struct coding){ "zstd", "zstd", put_zstd });
}
