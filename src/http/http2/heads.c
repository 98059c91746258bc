/* SPDX-License-Identifier: MIT */
#include "http/http2/heads.h"

#include "base/platform.h"

/* RFC 9113, 7. */
enum { REFUSED_STREAM = 0x7, HTTP_1_1_REQUIRED = 0xd };

struct coil__http2_head *
coil__http2_stream_await_head(struct coil__http2_stream *s, int *error)
{
    int rc = 0;

    while (rc == 0 && !s->heads.head && !s->is_at_end && s->error == 0) {
        coil_event_clear(&s->news);
        rc = coil_event_wait(&s->news);
    }
    *error = rc;
    if (rc < 0)
        return NULL;
    if (s->heads.head)
        return coil__container_of(coil__list_take_first(&s->heads),
                                  struct coil__http2_head, link);
    *error = s->error;
    return NULL;
}

int coil__http2_set_trailers(struct coil__http2_stream *s, const void *lines,
                             size_t size)
{
    return coil__buffer_append(&s->trailing, lines, size);
}

bool coil__http2_stream_is_refused(const struct coil__http2_stream *s)
{
    return s->error < 0 && s->code == REFUSED_STREAM;
}

bool coil__http2_stream_is_downgraded(const struct coil__http2_stream *s)
{
    return s->error < 0 && s->code == HTTP_1_1_REQUIRED;
}
