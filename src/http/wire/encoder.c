/* SPDX-License-Identifier: MIT */
#include "http/wire/encoder.h"

#include <errno.h>

#include "base/memory.h"

enum { ROOM = 4096 }; /* for what comes out at once */

struct coil__http_encoder {
    struct coil__http_coder coder;
};

int coil__http_encoder_new(struct coil__http_encoder **out,
                           enum coil__http_coding coding, int level)
{
    struct coil__http_encoder *encoder = coil__alloc(sizeof *encoder);
    int rc;

    *out = NULL;
    if (!encoder)
        return -ENOMEM;
    rc = coil__http_make_encoder(&encoder->coder, coding, level);
    if (rc < 0) {
        coil__free(encoder);
        return rc;
    }
    *out = encoder;
    return 0;
}

void coil__http_encoder_free(struct coil__http_encoder *encoder)
{
    if (!encoder)
        return;
    encoder->coder.free(encoder->coder.state);
    coil__free(encoder);
}

int coil__http_encoder_run(struct coil__http_encoder *encoder, const void *data,
                           size_t size, enum coil__http_push push,
                           struct coil_buffer *out)
{
    struct coil__http_coder_io io = { .in = data, .in_size = size };
    const struct coil__http_coder *coder = &encoder->coder;
    int rc = 0;

    if (size == 0 && push == COIL__HTTP_PUSH_NONE)
        return 0;
    while (rc == 0) {
        size_t room;

        rc = coil__buffer_reserve(out, ROOM);
        if (rc < 0)
            return rc;
        room = coil__buffer_room(out);
        io.out = coil__buffer_end(out);
        io.out_size = room;
        rc = coder->run(coder->state, &io, push);
        coil__buffer_grow(out, room - io.out_size);
    }
    return rc < 0 ? rc : 0;
}
