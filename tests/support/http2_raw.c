/* SPDX-License-Identifier: MIT */
/* http2_raw.c - a side of HTTP/2 that sends whatever bytes a test wants */
#include "http2_raw.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <coil/http.h>
#include <nghttp2/nghttp2.h>

#include "test.h"

enum { FRAME_HEAD = 9, SETTING = 6 };

void h2_meet(struct h2_raw *p, struct coil_stream *stream)
{
    memset(p, 0, sizeof *p);
    p->stream = stream;
    p->goaway = -1;
    ASSERT_EQ(nghttp2_hd_inflate_new(&p->inflater), 0);
}

void h2_part(struct h2_raw *p)
{
    nghttp2_hd_inflate_del(p->inflater);
    coil_stream_abort(p->stream);
    p->stream = NULL;
}

/* ---- heads ------------------------------------------------------------ */

void h2_put(struct h2_block *b, const void *bytes, size_t size)
{
    ASSERT_LE(b->size + size, sizeof b->bytes);
    if (size > 0)
        memcpy(b->bytes + b->size, bytes, size);
    b->size += size;
}

static void put_byte(struct h2_block *b, unsigned byte)
{
    unsigned char c = (unsigned char)byte;

    h2_put(b, &c, 1);
}

void h2_put_integer(struct h2_block *b, unsigned first, unsigned bits,
                    uint64_t value)
{
    unsigned most = (1u << bits) - 1;

    if (value < most) {
        put_byte(b, first | (unsigned)value);
        return;
    }
    put_byte(b, first | most);
    for (value -= most; value > 127; value >>= 7)
        put_byte(b, 128 | (unsigned)(value & 127));
    put_byte(b, (unsigned)value);
}

static void put_text(struct h2_block *b, const char *text)
{
    h2_put_integer(b, 0, 7, strlen(text));
    h2_put(b, text, strlen(text));
}

void h2_put_field(struct h2_block *b, const char *name, const char *value)
{
    put_byte(b, 0);
    put_text(b, name);
    put_text(b, value);
}

void h2_put_request(struct h2_block *b, const char *method, const char *path)
{
    h2_put_field(b, ":method", method);
    h2_put_field(b, ":scheme", "http");
    h2_put_field(b, ":authority", "h");
    h2_put_field(b, ":path", path);
}

/* What a test lets the network fail with, besides that it ends. */
static bool is_broken(int error)
{
    return error == -EPIPE || error == -ECONNRESET || error == -ETIMEDOUT;
}

/* ---- sending ---------------------------------------------------------- */

void h2_send_bytes(struct h2_raw *p, const void *bytes, size_t size)
{
    int rc;

    if (p->send_error < 0)
        return;
    rc = coil_stream_write(p->stream, bytes, size);
    if (rc == 0)
        rc = coil_stream_drain(p->stream);
    ASSERT(rc == 0 || rc == -ECANCELED || is_broken(rc));
    p->send_error = rc;
}

static void put_number(unsigned char *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (unsigned char)(value >> (24 - 8 * i));
}

uint32_t h2_number(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
           (uint32_t)at[2] << 8 | at[3];
}

void h2_send(struct h2_raw *p, unsigned type, unsigned flags, uint32_t stream,
             const void *payload, size_t size)
{
    unsigned char head[FRAME_HEAD];

    put_number(head, (uint32_t)size << 8 | type);
    head[4] = (unsigned char)flags;
    put_number(head + 5, stream);
    h2_send_bytes(p, head, sizeof head);
    if (size > 0)
        h2_send_bytes(p, payload, size);
}

void h2_send_block(struct h2_raw *p, unsigned flags, uint32_t stream,
                   const struct h2_block *block)
{
    h2_send(p, NGHTTP2_HEADERS, flags, stream, block->bytes, block->size);
}

static void send_number(struct h2_raw *p, unsigned type, uint32_t stream,
                        uint32_t value)
{
    unsigned char payload[4];

    put_number(payload, value);
    h2_send(p, type, 0, stream, payload, sizeof payload);
}

void h2_grant(struct h2_raw *p, uint32_t stream, uint32_t size)
{
    send_number(p, NGHTTP2_WINDOW_UPDATE, stream, size);
}

void h2_reset(struct h2_raw *p, uint32_t stream, uint32_t code)
{
    send_number(p, NGHTTP2_RST_STREAM, stream, code);
}

void h2_set(struct h2_raw *p, unsigned id, uint32_t value)
{
    unsigned char payload[SETTING];

    payload[0] = (unsigned char)(id >> 8);
    payload[1] = (unsigned char)id;
    put_number(payload + 2, value);
    h2_send(p, NGHTTP2_SETTINGS, 0, 0, payload, sizeof payload);
}

void h2_begin(struct h2_raw *p)
{
    static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

    h2_send_bytes(p, preface, sizeof preface - 1);
    h2_send(p, NGHTTP2_SETTINGS, 0, 0, NULL, 0);
}

void h2_ask(struct h2_raw *p, uint32_t stream, const char *method,
            const char *path)
{
    struct h2_block block = { .size = 0 };

    h2_put_request(&block, method, path);
    h2_send_block(p, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, stream,
                  &block);
}

void h2_ask_with_body(struct h2_raw *p, uint32_t stream, const char *path)
{
    struct h2_block block = { .size = 0 };

    h2_put_request(&block, "POST", path);
    h2_send_block(p, NGHTTP2_FLAG_END_HEADERS, stream, &block);
}

/* ---- reading ---------------------------------------------------------- */

static bool read_exactly(struct h2_raw *p, void *bytes, size_t size)
{
    int rc = coil_stream_read_exactly(p->stream, bytes, size, NULL);

    ASSERT(rc == 0 || is_broken(rc));
    return rc == 0;
}

static void decode(struct h2_raw *p, const unsigned char *at, size_t size,
                   bool is_last)
{
    size_t used = strlen(p->head);
    int flags = 0;

    do {
        nghttp2_nv nv;
        ssize_t n =
            nghttp2_hd_inflate_hd2(p->inflater, &nv, &flags, at, size, is_last);

        ASSERT_GE(n, 0);
        at += n;
        size -= (size_t)n;
        if (flags & NGHTTP2_HD_INFLATE_EMIT)
            used += (size_t)snprintf(p->head + used, sizeof p->head - used,
                                     "%.*s: %.*s\n", (int)nv.namelen,
                                     (const char *)nv.name, (int)nv.valuelen,
                                     (const char *)nv.value);
        ASSERT_LT(used, sizeof p->head);
    } while (flags & NGHTTP2_HD_INFLATE_EMIT || size > 0);
    if (is_last)
        nghttp2_hd_inflate_end_headers(p->inflater);
}

/* What every side does with some frames. */
static void note(struct h2_raw *p)
{
    const struct h2_frame *f = &p->frame;
    bool is_ack = f->flags & NGHTTP2_FLAG_ACK;

    switch (f->type) {
    case NGHTTP2_HEADERS:
        p->head[0] = '\0';
        /* fall through */
    case NGHTTP2_CONTINUATION:
        decode(p, f->payload, f->size, f->flags & NGHTTP2_FLAG_END_HEADERS);
        break;
    case NGHTTP2_GOAWAY:
        p->last_id = h2_number(f->payload);
        p->goaway = (int)h2_number(f->payload + 4);
        break;
    case NGHTTP2_WINDOW_UPDATE:
        if (f->stream == 0)
            p->grants += h2_number(f->payload);
        break;
    case NGHTTP2_SETTINGS:
        if (!is_ack && !p->is_quiet)
            h2_send(p, NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, 0, NULL, 0);
        break;
    case NGHTTP2_PING:
        if (!is_ack && !p->is_quiet)
            h2_send(p, NGHTTP2_PING, NGHTTP2_FLAG_ACK, 0, f->payload, f->size);
        break;
    default:
        break;
    }
}

bool h2_read(struct h2_raw *p)
{
    unsigned char head[FRAME_HEAD];

    if (!read_exactly(p, head, sizeof head))
        return false;
    p->frame.size = h2_number(head) >> 8;
    p->frame.type = head[3];
    p->frame.flags = head[4];
    p->frame.stream = h2_number(head + 5) & 0x7fffffff;
    ASSERT_LE(p->frame.size, sizeof p->frame.payload);
    if (!read_exactly(p, p->frame.payload, p->frame.size))
        return false;
    note(p);
    return true;
}

bool h2_read_until(struct h2_raw *p, unsigned type)
{
    do {
        if (!h2_read(p))
            return false;
    } while (p->frame.type != type);
    return true;
}

static void keep_body(struct h2_raw *p)
{
    const struct h2_frame *f = &p->frame;
    size_t room = p->body_size < sizeof p->body - 1
                      ? sizeof p->body - 1 - (size_t)p->body_size
                      : 0;
    size_t size = f->size < room ? f->size : room;

    if (size > 0) {
        memcpy(p->body + p->body_size, f->payload, size);
        p->body[p->body_size + size] = '\0';
    }
    p->body_size += f->size;
}

static int status_in(const char *head)
{
    int status = 0;

    sscanf(head, ":status: %3d", &status);
    return status;
}

int h2_answer(struct h2_raw *p, uint32_t stream)
{
    const struct h2_frame *f = &p->frame;
    int status = 0;

    p->body[0] = '\0';
    p->body_size = 0;
    do {
        do {
            if (!h2_read(p))
                return -100;
        } while (f->stream != stream);
        if (f->type == NGHTTP2_RST_STREAM)
            return -1 - (int)h2_number(f->payload);
        if (f->type == NGHTTP2_HEADERS && status_in(p->head) > 0)
            status = status_in(p->head);
        if (f->type == NGHTTP2_DATA)
            keep_body(p);
    } while ((f->type != NGHTTP2_HEADERS && f->type != NGHTTP2_DATA) ||
             !(f->flags & NGHTTP2_FLAG_END_STREAM));
    p->last = stream;
    return status;
}

void h2_read_away(struct h2_raw *p)
{
    while (h2_read(p))
        ;
}

bool h2_is_alive(struct h2_raw *p)
{
    h2_send(p, NGHTTP2_PING, 0, 0, "is alive", 8);
    do {
        if (!h2_read_until(p, NGHTTP2_PING))
            return false;
    } while (!(p->frame.flags & NGHTTP2_FLAG_ACK));
    return true;
}

const char *h2_code_name(int64_t code)
{
    static const char *const names[] = {
        "NO_ERROR",
        "PROTOCOL_ERROR",
        "INTERNAL_ERROR",
        "FLOW_CONTROL_ERROR",
        "SETTINGS_TIMEOUT",
        "STREAM_CLOSED",
        "FRAME_SIZE_ERROR",
        "REFUSED_STREAM",
        "CANCEL",
        "COMPRESSION_ERROR",
        "CONNECT_ERROR",
        "ENHANCE_YOUR_CALM",
        "INADEQUATE_SECURITY",
        "HTTP_1_1_REQUIRED",
    };

    return code >= 0 && code < (int64_t)(sizeof names / sizeof names[0])
               ? names[code]
               : "?";
}
