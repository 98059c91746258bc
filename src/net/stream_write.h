/* SPDX-License-Identifier: MIT */
/*
 * net/stream_write.h - what the end of a stream needs of its writing
 */
#ifndef COIL_NET_STREAM_WRITE_H
#define COIL_NET_STREAM_WRITE_H

struct coil_stream;

/* Wake everybody who waits to write, with `outcome`. */
void coil__stream_wake_writers(struct coil_stream *stream, int outcome);

/*
 * Let nobody else write until coil__stream_end_sending(): a task sends past the
 * buffers.  Returns 0, and the stream is held; -EBUSY: another task does;
 * -EPIPE: the stream is shut.
 */
int coil__stream_begin_sending(struct coil_stream *stream);
void coil__stream_end_sending(struct coil_stream *stream);

/*
 * Say that nothing more comes, and wait until that is sent.  Everything else was
 * sent before.  0; -ECANCELED; -EBADF: closed meanwhile; or an error of the
 * transport.
 */
int coil__stream_shut(struct coil_stream *stream);

#endif
