/* SPDX-License-Identifier: MIT */
/*
 * http/http2/flood.h - frames that make work and bring nothing
 *
 * A few of them are normal.  Somebody who sends thousands wants to keep this side
 * busy: with streams that are begun and reset (CVE-2023-44487), settings and
 * pings (CVE-2019-9512, 9515), empty frames (CVE-2019-9518), or a head of endless
 * CONTINUATION frames (CVE-2024-27316).
 *
 * So there is an account.  Each such frame costs, time and useful frames pay in,
 * and who has spent all is told to calm down.
 */
#ifndef COIL_HTTP_HTTP2_FLOOD_H
#define COIL_HTTP_HTTP2_FLOOD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <coil/time.h>

struct coil__http2_flood {
    int64_t balance;    /* in costs of one idle frame */
    coil_time paid_in;  /* when time has paid last */
    size_t head_size;   /* bytes of the head that is being received */
    size_t head_pieces; /* frames CONTINUATION of it */
};

void coil__http2_flood_begin(struct coil__http2_flood *flood);

/*
 * A frame begins, with the type, flags and length of RFC 9113, 4.1.  Heads larger
 * than `max_head` bytes are too much.  Returns whether the frame is too much.
 */
bool coil__http2_flood_frame(struct coil__http2_flood *flood, uint8_t type,
                             uint8_t flags, size_t length, size_t max_head);

/* This side had to reset a stream.  Returns whether that is too much. */
bool coil__http2_flood_reset(struct coil__http2_flood *flood);

/*
 * A frame of a response was sent to the other side, which asked for it, with so
 * many bytes of a body.
 */
void coil__http2_flood_answer(struct coil__http2_flood *flood, size_t size);

#endif
