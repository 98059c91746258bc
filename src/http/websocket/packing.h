/* SPDX-License-Identifier: MIT */
/*
 * http/websocket/packing.h - permessage-deflate (RFC 7692, 7.2)
 */
#ifndef COIL_HTTP_WEBSOCKET_PACKING_H
#define COIL_HTTP_WEBSOCKET_PACKING_H

#include "http/websocket/websocket.h"

/*
 * Compress a piece of a message to the end of ws->out.packed, which is emptied
 * first.  Returns 0; -ENOMEM: nothing has happened.
 */
int coil__websocket_pack(struct coil_websocket *ws, const void *data,
                         size_t size, bool is_end);

/* A message has ended, or what was compressed was not sent: forget the window. */
void coil__websocket_pack_anew(struct coil_websocket *ws);

/* Get ready to decompress.  Returns 0; -ENOMEM. */
int coil__websocket_unpack_begin(struct coil_websocket *ws);

/*
 * Decompress what is in ws->in.raw.  Returns how many bytes; 0: all that there is
 * has been decompressed; COIL_EHTTP_BAD_CODING, -ENOMEM: final.
 */
ptrdiff_t coil__websocket_unpack(struct coil_websocket *ws, unsigned char *out,
                                 size_t room);

/* All of a message has come: the bytes that the sender has left out follow. */
void coil__websocket_unpack_tail(struct coil_websocket *ws);

/* The message has been decompressed. */
void coil__websocket_unpack_end(struct coil_websocket *ws);

#endif
