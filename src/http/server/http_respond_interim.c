/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "http/server/http_respond.h"
#include "http/server/response_head.h"
#include "http/wire/text.h"
#include "http/wire/write.h"

/* Whether a header is one of the message, not of what it says. */
static bool is_framing(const char *name)
{
    return coil__http_equal(name, "Content-Length") ||
           coil__http_equal(name, "Transfer-Encoding") ||
           coil__http_equal(name, "Connection");
}

static int check(const struct coil_http_exchange *x, int status,
                 const struct coil_http_header *headers, size_t count)
{
    if (x->progress != COIL__HTTP_UNANSWERED)
        return -EALREADY;
    if (status < 100 || status > 199 || status == 101)
        return -EINVAL;
    for (size_t i = 0; i < count; i++)
        if (!coil_http_is_token(headers[i].name) ||
            !coil_http_is_value(headers[i].value) ||
            is_framing(headers[i].name))
            return COIL_EHTTP_BAD_HEADER;
    return 0;
}

static int send_head(struct coil_http_exchange *x, int status,
                     const struct coil_http_header *headers, size_t count)
{
    struct coil__http_channel *c = x->channel;
    struct coil__http_writer w = coil__http_write_to(&c->out);
    int rc;

    if (!c->http2)
        coil__http_put_status(&w, status);
    for (size_t i = 0; i < count; i++)
        coil__http_put_header(&w, headers[i].name, headers[i].value);
    coil__http_put(&w, "\r\n");
    if (w.rc < 0)
        return w.rc;
    rc = c->http2
             ? coil__http2_send_response(c->http2, status,
                                         (char *)coil__buffer_bytes(&c->out),
                                         c->out.size, 0)
             : coil__http_channel_write(c, coil__buffer_bytes(&c->out),
                                        c->out.size);
    if (rc == 0 && status == 100)
        x->owes_continue = false;
    return coil__http_exchange_blame(x, rc);
}

int coil_http_inform(struct coil_http_exchange *x, int status,
                     const struct coil_http_header *headers, size_t count)
{
    int rc = check(x, status, headers, count);

    if (rc == 0)
        rc = coil__http_exchange_blame(x, coil__http_channel_drain(x->channel));
    if (rc < 0)
        return rc;
    if (x->head.minor == 0 || (status == 100 && !x->owes_continue))
        return 0;
    return send_head(x, status, headers, count);
}
