/* SPDX-License-Identifier: MIT */
/*
 * http/websocket/outflow.h - put frames together and write them
 *
 * Nothing here waits.  A frame is written whole, or not at all.
 */
#ifndef COIL_HTTP_WEBSOCKET_OUTFLOW_H
#define COIL_HTTP_WEBSOCKET_OUTFLOW_H

#include "http/websocket/websocket.h"

/* A frame without its payload: what is not said here follows from the WebSocket. */
struct coil__websocket_kind_of_frame {
    unsigned char opcode;
    bool is_last;
    bool is_compressed;
};

/* Returns 0, else as coil_stream_write(), or -ENOMEM: nothing was written. */
int coil__websocket_put_frame(struct coil_websocket *ws,
                              const struct coil__websocket_kind_of_frame *kind,
                              const void *data, size_t size);

/* The same for a control frame, of at most COIL__WEBSOCKET_CONTROL bytes. */
int coil__websocket_put_control(struct coil_websocket *ws, unsigned opcode,
                                const void *data, size_t size);

/*
 * A ping has come: answer it.  While the other side does not take the answers,
 * only the last one is kept (RFC 6455, 5.5.3).
 */
void coil__websocket_owe_pong(struct coil_websocket *ws, const void *data,
                              size_t size);

/* Send the pong that is owed, if there is one and it may go out. */
void coil__websocket_pay_pong(struct coil_websocket *ws);

/* Send a close frame, unless one was sent.  As put_frame(). */
int coil__websocket_put_close(struct coil_websocket *ws, unsigned code,
                              const char *reason);

/* End the WebSocket because of `error`, and tell the other side by `code`. */
int coil__websocket_fail(struct coil_websocket *ws, int error, unsigned code,
                         const char *reason);

/* Reading has failed.  Ends the WebSocket, unless reading may be tried again. */
int coil__websocket_fail_to_read(struct coil_websocket *ws, int error);

#endif
