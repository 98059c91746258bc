/* SPDX-License-Identifier: MIT */
/*
 * net/stream_write.h - waking those who wait to write to a stream
 */
#ifndef COIL_NET_STREAM_WRITE_H
#define COIL_NET_STREAM_WRITE_H

struct coil_stream;

/* Wake everybody who waits to write, with `outcome`. */
void coil__stream_wake_writers(struct coil_stream *stream, int outcome);

#endif
