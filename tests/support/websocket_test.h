/* SPDX-License-Identifier: MIT */
/*
 * websocket_test.h - the other side of a WebSocket, byte by byte
 *
 *     struct raw raw;
 *
 *     raw_begin(&raw, false);                    // raw.ws is a server
 *     raw_send(&raw, &FRAME(0x81, "hello"));
 *     ...
 *     ASSERT_EQ(raw_hear(&raw, &heard), 1);      // a frame that raw.ws has sent
 *     raw_end(&raw);
 */
#ifndef COIL_TESTS_WEBSOCKET_TEST_H
#define COIL_TESTS_WEBSOCKET_TEST_H

#include <coil/stream_pair.h>
#include <coil/websocket.h>

#include "http/websocket/websocket.h"
#include "simulated.h"

struct frame {
    unsigned char first; /* its first byte: FIN, reserved bits, opcode */
    const void *payload; /* NULL: no frame */
    size_t size;
};

#define FRAME(first, text)                                                     \
    (struct frame)                                                             \
    {                                                                          \
        first, text, sizeof(text) - 1                                          \
    }

struct raw {
    struct coil_websocket *ws;
    struct coil_stream *near;
    struct coil_stream *far;
    bool masks; /* the far side, a client, does */
};

/* Without pings, and as far as `options` says nothing else. */
void raw_begin_with(struct raw *raw, const struct coil__websocket_terms *terms,
                    const struct coil_websocket_options *options);
void raw_begin(struct raw *raw, bool is_client);
void raw_end(struct raw *raw);

/* Write a frame to `out`, which has room.  Returns how many bytes. */
size_t raw_put(unsigned char *out, const struct frame *frame, bool is_masked);

void raw_send(struct raw *raw, const struct frame *frame);

/*
 * Read the next frame that the WebSocket has sent, unmasked; its payload lives
 * until the next call.  Returns 1, or 0 at the end.
 */
int raw_hear(struct raw *raw, struct frame *heard);

/* The same, and the frame is this. */
void raw_expect(struct raw *raw, const struct frame *expected);

/* Receive and send back until that fails.  `arg` is the WebSocket. */
int echo_messages(void *arg);

#endif
