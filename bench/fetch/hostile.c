/* SPDX-License-Identifier: MIT */
#include "hostile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coil/sleep.h>
#include <coil/stream.h>

#define OK "HTTP/1.1 200 OK\r\n"
#define CHUNKED OK "Transfer-Encoding: chunked\r\n\r\n"

enum { PIECE = 64 * 1024 };

enum manner {
    ONCE,     /* the head, and the end */
    SILENT,   /* the head, and then nothing for good */
    REPEATED, /* the head, and then `more` again and again */
    TRICKLED, /* the same, one at a time, a few in a second */
    BOMB,     /* the head, and then zeros, compressed */
};

static const struct hostile {
    const char *kind;
    enum manner manner;
    const char *head;
    const char *more;
} kinds[] = {
    { "hangup", ONCE, "", NULL },
    { "malformed", ONCE, "HTTP/1.1 fine\r\nContent-Length: 0\r\n\r\n", NULL },
    { "not-http", ONCE, "220 mail.example ESMTP\r\n250 fine\r\n", NULL },
    { "nul", ONCE, OK "X: a\1b\r\nContent-Length: 0\r\n\r\n", NULL },
    { "two-lengths", ONCE,
      OK "Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc", NULL },
    { "negative-length", ONCE, OK "Content-Length: -1\r\n\r\nabc", NULL },
    { "huge-length", ONCE, OK "Content-Length: 99999999999999999999\r\n\r\nabc",
      NULL },
    { "too-short", ONCE, OK "Content-Length: 100\r\n\r\nabc", NULL },
    { "too-long", ONCE, OK "Content-Length: 3\r\n\r\nabcdefghi", NULL },
    { "bad-chunk", ONCE, CHUNKED "zz\r\nabc\r\n0\r\n\r\n", NULL },
    { "cut-chunk", ONCE, CHUNKED "8\r\nabc", NULL },
    { "huge-chunk", ONCE, CHUNKED "ffffffffffffffffffff\r\nabc", NULL },
    { "not-gzip", ONCE,
      OK "Content-Encoding: gzip\r\nContent-Length: 9\r\n\r\nnot gzip!", NULL },
    { "silent", SILENT, "", NULL },
    { "silent-body", SILENT, OK "Content-Length: 100\r\n\r\nabc", NULL },
    { "endless-body", REPEATED, CHUNKED, "10\r\n0123456789abcdef\r\n" },
    { "endless-length", REPEATED,
      OK "Content-Length: 9000000000000000000\r\n\r\n", "0123456789abcdef" },
    { "endless-close", REPEATED, OK "Connection: close\r\n\r\n",
      "0123456789abcdef" },
    { "endless-headers", REPEATED, OK, "X-More: 0123456789abcdef\r\n" },
    { "endless-header", REPEATED, OK "X-Long: ", "0123456789abcdef" },
    { "endless-status", REPEATED, "HTTP/1.1 200 ", "0123456789abcdef" },
    { "endless-interim", REPEATED, "", "HTTP/1.1 102 Processing\r\n\r\n" },
    { "endless-cookies", REPEATED, OK, "Set-Cookie: a=0123456789abcdef\r\n" },
    { "endless-trailers", REPEATED, CHUNKED "0\r\n", "X-More: 0123456789\r\n" },
    { "endless-extension", REPEATED, CHUNKED "3;", "a=0123456789abcdef;" },
    { "trickled-body", TRICKLED, CHUNKED, "1\r\na\r\n" },
    { "trickled-headers", TRICKLED, OK, "X: a\r\n" },
    { "bomb", BOMB, OK "Content-Encoding: gzip\r\nConnection: close\r\n\r\n",
      NULL },
    { "redirects", REPEATED, NULL, NULL },
};

static int repeat(struct coil_stream *stream, const char *text)
{
    char *piece = malloc(PIECE);
    size_t size = strlen(text);
    size_t filled = 0;
    int rc = piece ? 0 : -ENOMEM;

    for (; piece && filled + size <= PIECE; filled += size)
        memcpy(piece + filled, text, size);
    while (rc == 0) {
        rc = coil_stream_write(stream, piece, filled);
        if (rc == 0)
            rc = coil_stream_drain(stream);
    }
    free(piece);
    return rc;
}

static int trickle(struct coil_stream *stream, const char *text)
{
    int rc = 0;

    while (rc == 0) {
        rc = coil_stream_write(stream, text, strlen(text));
        if (rc == 0)
            rc = coil_stream_flush(stream);
        if (rc == 0)
            rc = coil_sleep(100 * COIL_MILLISECOND);
    }
    return rc;
}

/* Bits are stored from the lowest bit of a byte up. */
static void put_bits(unsigned char *out, size_t *at, const char *bits)
{
    for (; *bits; bits++, ++*at) {
        if (*bits == '1')
            out[*at / 8] |= (unsigned char)(1u << (*at % 8));
    }
}

/*
 * A member of gzip whose one block never ends: a zero, and then "repeat the last
 * byte 258 times" in 13 bits each, so that eight of them are whole bytes.
 */
static int explode(struct coil_stream *stream)
{
    unsigned char begin[] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0 };
    static unsigned char piece[13 * 4096];
    size_t at = 80;
    int rc;

    memset(piece, 0, sizeof piece);
    /* The last block, fixed codes, literals of 0: 3 + 8 + 13 bits. */
    put_bits(begin, &at,
             "110"
             "00110000"
             "11000101"
             "00000");
    at = 0;
    while (at < sizeof piece * 8)
        put_bits(piece, &at,
                 "11000101"
                 "00000");
    rc = coil_stream_write(stream, begin, sizeof begin);
    while (rc == 0) {
        rc = coil_stream_write(stream, piece, sizeof piece);
        if (rc == 0)
            rc = coil_stream_drain(stream);
    }
    return rc;
}

/* To itself, each time by another name. */
static int redirect(struct coil_http_exchange *exchange)
{
    const char *text = coil_http_exchange_argument(exchange, "n");
    char target[64];
    int rc;

    snprintf(target, sizeof target, "/hostile/redirects?n=%ld",
             (text ? atol(text) : 0) + 1);
    rc = coil_http_respond_header(exchange, "Location", target);
    return rc < 0 ? rc : coil_http_respond(exchange, 302, NULL, "", 0);
}

static int answer_as(struct coil_stream *stream, const struct hostile *hostile)
{
    int rc = coil_stream_write(stream, hostile->head, strlen(hostile->head));

    if (rc < 0)
        return rc;
    switch (hostile->manner) {
    case REPEATED:
        return repeat(stream, hostile->more);
    case TRICKLED:
        return trickle(stream, hostile->more);
    case BOMB:
        return explode(stream);
    case SILENT:
        rc = coil_stream_flush(stream);
        while (rc == 0 && !coil_stream_has_ended(stream))
            rc = coil_sleep(100 * COIL_MILLISECOND);
        return rc;
    case ONCE:
    default:
        return coil_stream_flush(stream);
    }
}

void hostile_print_kinds(void)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        puts(kinds[i].kind);
}

int hostile_answer(struct coil_http_exchange *exchange, void *unused)
{
    const char *kind = coil_http_exchange_parameter(exchange, "kind");
    int rc;

    (void)unused;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(kinds[i].kind, kind) != 0)
            continue;
        if (!kinds[i].head)
            return redirect(exchange);
        rc = answer_as(coil_http_exchange_hijack(exchange), &kinds[i]);
        /* That the client goes is expected. */
        return rc == -ECANCELED ? rc : 0;
    }
    return coil_http_respond(exchange, 404, NULL, "", 0);
}
