/* SPDX-License-Identifier: MIT */
#include <coil/http_events.h>

#include <coil/sleep.h>

#include <errno.h>
#include <string.h>

#include <coil/http_respond.h>

#include "base/buffer.h"
#include "base/platform.h"

int coil_http_begin_events(struct coil_http_exchange *x)
{
    int rc = coil_checkpoint();

    if (rc == 0)
        rc = coil_http_respond_header(x, "Cache-Control", "no-store");
    if (rc < 0)
        return rc;
    return coil__keep_frame(
        coil_http_begin(x, 200, "text/event-stream", COIL_HTTP_CHUNKED));
}

static bool is_line(const char *text)
{
    return !text || !text[strcspn(text, "\r\n")];
}

/* Put each line of the data behind "data: ". */
static int put_data(struct coil_buffer *out, const char *data)
{
    for (;;) {
        size_t size = strcspn(data, "\r\n");
        int rc = coil__buffer_printf(out, "data: %.*s\n", (int)size, data);

        if (rc < 0)
            return rc;
        data += size;
        if (!*data)
            return 0;
        data += data[0] == '\r' && data[1] == '\n' ? 2 : 1;
    }
}

static int put_event(struct coil_buffer *out,
                     const struct coil_http_sent_event *e)
{
    int rc = 0;

    if (e->name)
        rc = coil__buffer_printf(out, "event: %s\n", e->name);
    if (rc == 0 && e->id)
        rc = coil__buffer_printf(out, "id: %s\n", e->id);
    if (rc == 0 && e->retry > 0)
        rc = coil__buffer_printf(out, "retry: %lld\n",
                                 (long long)(e->retry / COIL_MILLISECOND));
    if (rc == 0 && e->data)
        rc = put_data(out, e->data);
    if (rc == 0 && out->size == 0)
        rc = coil__buffer_append(out, ":\n", 2);
    if (rc == 0)
        rc = coil__buffer_append(out, "\n", 1);
    return rc;
}

int coil_http_send_event(struct coil_http_exchange *x,
                         const struct coil_http_sent_event *event)
{
    struct coil_buffer out = { 0 };
    int rc;

    if (!is_line(event->name) || !is_line(event->id))
        return -EINVAL;
    rc = put_event(&out, event);
    if (rc == 0)
        rc = coil_http_write(x, coil__buffer_bytes(&out), out.size);
    coil__buffer_fini(&out);
    return rc;
}
