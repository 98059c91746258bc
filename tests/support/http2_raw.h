/* SPDX-License-Identifier: MIT */
/*
 * http2_raw.h - a side of HTTP/2 that sends whatever bytes a test wants
 *
 *     struct h2_raw peer;
 *
 *     h2_meet(&peer, dial());
 *     h2_begin(&peer);
 *     h2_ask(&peer, 1, "GET", "/hello");
 *     ASSERT_EQ(h2_answer(&peer, 1), 200);
 *     ASSERT_STR_EQ(peer.body, "hello");
 *     h2_part(&peer);
 *
 * Nothing is checked of what is sent.  What comes is taken apart frame by frame.
 */
#ifndef COIL_TESTS_HTTP2_RAW_H
#define COIL_TESTS_HTTP2_RAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <coil/stream.h>
#include <nghttp2/nghttp2.h>

enum {
    H2_PAYLOAD = 16384, /* of a frame that may come */
    H2_HEAD = 8192,     /* of the text of a head */
    H2_BODY = 4096,     /* of a body that is kept */
};

struct h2_frame {
    size_t size;
    uint8_t type;
    uint8_t flags;
    uint32_t stream;
    unsigned char payload[H2_PAYLOAD];
};

struct h2_raw {
    struct coil_stream *stream;
    nghttp2_hd_inflater *inflater;
    bool is_quiet;      /* answers neither SETTINGS nor PING */
    int send_error;     /* what the first write that failed has returned */
    int64_t grants;     /* bytes of WINDOW_UPDATE for the connection */
    uint32_t last;      /* of the streams that h2_answer() has read */
    int goaway;         /* the code of the last GOAWAY; -1: none has come */
    uint32_t last_id;   /* in it */
    char head[H2_HEAD]; /* "name: value\n" of each field of the last head */
    char body[H2_BODY]; /* the first bytes of the body, and a NUL */
    uint64_t body_size; /* of all */
    struct h2_frame frame;
};

/* The stream is given. */
void h2_meet(struct h2_raw *peer, struct coil_stream *stream);

/* Close without a word. */
void h2_part(struct h2_raw *peer);

/* ---- heads ---- */

struct h2_block {
    unsigned char bytes[40000];
    size_t size;
};

void h2_put(struct h2_block *block, const void *bytes, size_t size);

/* An integer of RFC 7541, 5.1, of which `bits` are in the first byte. */
void h2_put_integer(struct h2_block *block, unsigned first, unsigned bits,
                    uint64_t value);

/* A literal field without indexing, neither name nor value in Huffman code. */
void h2_put_field(struct h2_block *block, const char *name, const char *value);

/* The fields that each request has. */
void h2_put_request(struct h2_block *block, const char *method,
                    const char *path);

/* ---- sending ---- */

/* Send, or find out that the other side has gone. */
void h2_send_bytes(struct h2_raw *peer, const void *bytes, size_t size);
void h2_send(struct h2_raw *peer, unsigned type, unsigned flags,
             uint32_t stream, const void *payload, size_t size);
void h2_send_block(struct h2_raw *peer, unsigned flags, uint32_t stream,
                   const struct h2_block *block);
void h2_grant(struct h2_raw *peer, uint32_t stream, uint32_t size);
void h2_reset(struct h2_raw *peer, uint32_t stream, uint32_t code);
void h2_set(struct h2_raw *peer, unsigned id, uint32_t value);

/* What a client begins with, and empty settings. */
void h2_begin(struct h2_raw *peer);

/* A request without a body, and the head of one with a body. */
void h2_ask(struct h2_raw *peer, uint32_t stream, const char *method,
            const char *path);
void h2_ask_with_body(struct h2_raw *peer, uint32_t stream, const char *path);

/* ---- reading ---- */

/*
 * Read the next frame into peer->frame.  Returns false at the end.  Unless it is
 * quiet, SETTINGS and PING are answered.  Heads are decoded; all of a
 * connection's must be read for that.
 */
bool h2_read(struct h2_raw *peer);

/* Read up to the next frame of this type; returns whether one came. */
bool h2_read_until(struct h2_raw *peer, unsigned type);

/*
 * Read until the stream has ended.  Frames of other streams are dropped.  Returns
 * the status of the response; -1 - code: the stream was reset before its end; or
 * -100: the connection has ended.
 */
int h2_answer(struct h2_raw *peer, uint32_t stream);

/* Read until the other side closes. */
void h2_read_away(struct h2_raw *peer);

/* Whether the other side reads and answers: a PING there and back. */
bool h2_is_alive(struct h2_raw *peer);

/* The name of a code of RFC 9113, 7, and the code of a name, or -1. */
const char *h2_code_name(int64_t code);
uint32_t h2_number(const unsigned char *bytes);

#endif
