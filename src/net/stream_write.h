/* SPDX-License-Identifier: MIT */
/*
 * net/stream_write.h - who waits to write to a stream
 */
#ifndef COIL_NET_STREAM_WRITE_H
#define COIL_NET_STREAM_WRITE_H

struct coil_stream;

/* Tell those who wait to write that there is nothing to wait for any more. */
void coil__stream_wake_writers(struct coil_stream *stream, int outcome);

#endif
