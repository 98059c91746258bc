/* SPDX-License-Identifier: MIT */
/*
 * http/websocket/websocket.h - a WebSocket, however its stream was opened
 *
 * A WebSocket is open until it has ended: `end` is then what everybody gets who
 * receives.  It ends when the other side's close frame has come, or by an error.
 *
 * inflow.h takes frames apart, packing.h compresses, outflow.h puts frames
 * together, keep.h sends pings by a timer, ending.h ends it all.
 */
#ifndef COIL_HTTP_WEBSOCKET_WEBSOCKET_H
#define COIL_HTTP_WEBSOCKET_WEBSOCKET_H

#include <coil/event.h>
#include <coil/lock.h>
#include <coil/loop.h>
#include <coil/stream.h>
#include <coil/timeout.h>
#include <coil/websocket.h>

#include "base/buffer.h"
#include "base/list.h"
#include "http/wire/coder.h"
#include "http/wire/utf8.h"
#include "http/wire/websocket_extension.h"
#include "http/wire/websocket_frame.h"

/* What has come, and is not a whole message yet. */
struct coil__websocket_in {
    unsigned char head[COIL__WEBSOCKET_HEAD];
    unsigned char head_size;
    bool has_frame; /* its head is here, and the payload is not at its end */
    bool is_compressed; /* the message under way */
    unsigned char kind; /* of the message under way; 0: none */
    bool is_read;       /* coil_websocket_read() has begun the message */
    bool is_delivered;  /* the message in `text` has been received */
    bool has_tail;      /* of a compressed message: all bytes are in `raw` */
    unsigned char control_size;
    unsigned char control[COIL__WEBSOCKET_CONTROL];
    struct coil__websocket_frame frame;
    uint64_t left; /* of the payload */
    uint64_t size; /* of the message, as it was before it was compressed */
    uint64_t packed_size;
    struct coil__utf8 utf8;
    struct coil_buffer text; /* of coil_websocket_recv() */

    struct coil__http_coder coder; /* made with the first compressed message */
    size_t raw_at;                 /* what is to be decompressed */
    size_t raw_size;
    unsigned char raw[1024];
};

/* What goes out. */
struct coil__websocket_out {
    struct coil_lock turn; /* held while a message is put together */
    uint64_t writer;       /* the task that sends piece by piece; 0: none */
    bool is_begun;         /* a piece of its message has been sent */
    unsigned char kind;
    bool is_compressed;
    struct coil__utf8 utf8;
    struct coil_buffer frame;
    struct coil_buffer packed;
    struct coil__http_coder coder;
    /* The pong that is owed: while too many are unsent, it is the last alone. */
    bool owes_pong;
    unsigned char pong_size;
    unsigned char pong[COIL__WEBSOCKET_CONTROL];
    size_t pongs_kept; /* bytes of pongs since all was sent */
    /* Keys for masks, which are taken from the end. */
    size_t key_count;
    unsigned char keys[32][4];
};

/* Pings by a timer. */
struct coil__websocket_keep {
    struct coil_handle timer;
    coil_time every;
    coil_time limit;
    bool is_asked;     /* a ping is not answered yet */
    uint64_t received; /* when it was sent */
    uint32_t number;
    /* The last ping, the timer's or the program's. */
    coil_time sent_at;
    bool is_open;
    unsigned char size;
    unsigned char bytes[COIL__WEBSOCKET_CONTROL];
    coil_time latency;
};

struct coil_websocket {
    struct coil_stream *stream;          /* borrowed */
    struct coil_http_response *response; /* of a client: it has the stream */
    struct coil_http_exchange *exchange; /* of a server; borrowed */
    bool is_client;
    bool is_receiving;
    bool is_dropping; /* who receives is coil_websocket_close() */
    bool is_close_sent;
    bool is_close_received;
    bool is_deflated;
    unsigned char own_bits; /* of the windows */
    unsigned char peer_bits;
    bool own_forgets;
    bool peer_forgets;
    int level;
    size_t pack_from;
    size_t max_ratio;
    size_t max_message;
    size_t max_frame;
    coil_time close_limit;
    const char *subprotocol; /* in this piece of memory, or NULL */

    int end;       /* 0: open */
    unsigned code; /* that was received */
    char reason[COIL__WEBSOCKET_CONTROL - 1];
    uint64_t received; /* bytes */
    struct coil_list waits;
    struct coil_event left; /* set while nobody receives */
    struct coil__websocket_in in;
    struct coil__websocket_out out;
    struct coil__websocket_keep keep;
};

/* What has been agreed on. */
struct coil__websocket_terms {
    bool is_client;
    bool is_deflated;
    struct coil__websocket_deflate_terms deflate;
    const char *subprotocol; /* copied; NULL: none */
};

/* Whether the options are in range. */
bool coil__websocket_check_options(
    const struct coil_websocket_options *options);

/*
 * Make a WebSocket over `stream`, which is borrowed.  `options` may be NULL.  NULL without memory.
 */
struct coil_websocket *
coil__websocket_make(struct coil_stream *stream,
                     const struct coil__websocket_terms *terms,
                     const struct coil_websocket_options *options);

/* The options, or those of NULL. */
const struct coil_websocket_options *
coil__websocket_options_or(const struct coil_websocket_options *options);

#endif
