/* SPDX-License-Identifier: MIT */
#include <string.h>

#include <coil/error.h>
#include <coil/http_respond.h>

#include "http/server/http_exchange.h"
#include "http/server/http_respond.h"
#include "http/server/http_respond_tunnel.h"
#include "http/server/response_head.h"
#include "http/websocket/agreement.h"
#include "http/websocket/keep.h"
#include "http/websocket/websocket.h"
#include "http/wire/text.h"
#include "http/wire/websocket_key.h"
#include "http/wire/write.h"

/* ---- what is asked ---------------------------------------------------- */

static bool lists(const struct coil_http_exchange *x, const char *name,
                  const char *item)
{
    return coil__websocket_lists(x->head.headers, x->head.header_count, name,
                                 item);
}

static bool is_http2(const struct coil_http_exchange *x)
{
    return x->tunnel == COIL__HTTP_WEBSOCKET_TUNNEL;
}

bool coil_websocket_is_asked_for(const struct coil_http_exchange *x)
{
    if (is_http2(x))
        return true;
    return lists(x, "Upgrade", "websocket") &&
           lists(x, "Connection", "upgrade");
}

static size_t count_of(const struct coil_http_exchange *x, const char *name)
{
    size_t count = 0;

    for (size_t i = 0; i < x->head.header_count; i++)
        count += coil__http_equal(x->head.headers[i].name, name);
    return count;
}

/* HTTP/2 needs no key: the protocol is asked for by a field of its own. */
static bool has_good_key(const struct coil_http_exchange *x)
{
    const char *key = coil_http_exchange_header(x, "Sec-WebSocket-Key");

    if (is_http2(x))
        return true;
    return count_of(x, "Sec-WebSocket-Key") == 1 && coil__websocket_is_key(key);
}

/* Returns 0, or the status that refuses the request (RFC 6455, 4.2.1). */
static int check(const struct coil_http_exchange *x)
{
    const char *version = coil_http_exchange_header(x, "Sec-WebSocket-Version");

    if (strcmp(x->head.method, "GET") != 0 || x->head.minor == 0)
        return 400;
    if (!coil_websocket_is_asked_for(x) || !version ||
        strcmp(version, "13") != 0)
        return 426;
    if (!has_good_key(x) || count_of(x, "Sec-WebSocket-Version") != 1 ||
        x->head.is_chunked || x->head.content_length > 0)
        return 400;
    return 0;
}

static int refuse(struct coil_http_exchange *x, int status)
{
    int rc = 0;

    x->channel->is_closing = true;
    if (status == 426) {
        rc = coil_http_respond_header(x, "Upgrade", "websocket");
        if (rc == 0)
            rc = coil_http_respond_header(x, "Sec-WebSocket-Version", "13");
    }
    if (rc == 0)
        rc = coil__http_respond_status(x, status);
    return rc < 0 ? rc : coil__http_exchange_blame(x, COIL_EHTTP_MALFORMED);
}

/* The first of the server's subprotocols that the client has offered, or NULL. */
static const char *
choose_subprotocol(const struct coil_http_exchange *x,
                   const struct coil_websocket_options *options)
{
    for (size_t i = 0; i < options->subprotocol_count; i++)
        if (coil__websocket_offers(x->head.headers, x->head.header_count,
                                   options->subprotocols[i]))
            return options->subprotocols[i];
    return NULL;
}

/* ---- what is answered ------------------------------------------------- */

static void put_terms(struct coil__http_writer *w,
                      const struct coil__websocket_terms *terms)
{
    if (terms->subprotocol)
        coil__http_put_header(w, "Sec-WebSocket-Protocol", terms->subprotocol);
    if (!terms->is_deflated)
        return;
    coil__http_put(w, "Sec-WebSocket-Extensions: ");
    coil__websocket_extension_put(w, &terms->deflate);
    coil__http_put(w, "\r\n");
}

/* Over HTTP/2: 200, without a word about the upgrade (RFC 8441, 5). */
static int answer_2(struct coil_http_exchange *x,
                    const struct coil__websocket_terms *terms)
{
    struct coil_buffer lines = { .size = 0 };
    struct coil__http_writer w = { .out = &lines };
    int rc;

    put_terms(&w, terms);
    rc = w.rc < 0 ? w.rc : coil__http_tunnel_open(x, &lines);
    coil__buffer_fini(&lines);
    return rc;
}

static int answer(struct coil_http_exchange *x,
                  const struct coil__websocket_terms *terms)
{
    struct coil__http_channel *c = x->channel;
    struct coil__http_writer w = coil__http_write_to(&c->out);
    char accept[COIL__WEBSOCKET_ACCEPT_SIZE];
    int rc;

    coil__websocket_answer(accept,
                           coil_http_exchange_header(x, "Sec-WebSocket-Key"));
    coil__http_put_status(&w, 101);
    coil__http_put(&w, "Upgrade: websocket\r\nConnection: Upgrade\r\n");
    coil__http_put_header(&w, "Sec-WebSocket-Accept", accept);
    put_terms(&w, terms);
    coil__http_put_bytes(&w, coil__buffer_bytes(&x->headers), x->headers.size);
    coil__http_put(&w, "\r\n");
    if (w.rc < 0)
        return w.rc;
    rc = coil__http_channel_write(c, coil__buffer_bytes(&c->out), c->out.size);
    if (rc < 0)
        return rc;
    x->status = 101;
    coil_http_exchange_hijack(x);
    return 0;
}

static int take_over(struct coil_websocket **out, struct coil_http_exchange *x,
                     const struct coil__websocket_terms *terms,
                     const struct coil_websocket_options *options)
{
    struct coil_websocket *ws =
        coil__websocket_make(x->channel->stream, terms, options);
    int rc;

    if (!ws)
        return -ENOMEM;
    rc = is_http2(x) ? answer_2(x, terms) : answer(x, terms);
    if (rc < 0) {
        coil_websocket_free(ws);
        return coil__http_exchange_blame(x, rc);
    }
    ws->exchange = x;
    coil__websocket_keep_begin(ws);
    *out = ws;
    return 0;
}

int coil_websocket_accept(struct coil_websocket **out,
                          struct coil_http_exchange *x,
                          const struct coil_websocket_options *options)
{
    struct coil__websocket_terms terms = { .is_client = false };
    int status;
    int rc = coil__http_exchange_blame(x, coil__http_channel_drain(x->channel));

    *out = NULL;
    options = coil__websocket_options_or(options);
    if (rc < 0)
        return rc;
    if (!coil__websocket_check_options(options))
        return -EINVAL;
    if (x->progress != COIL__HTTP_UNANSWERED)
        return -EALREADY;
    status = check(x);
    if (status == 0 &&
        coil__websocket_choose(&options->deflate, x->head.headers,
                               x->head.header_count, &terms) < 0)
        status = 400;
    if (status != 0)
        return refuse(x, status);
    terms.subprotocol = choose_subprotocol(x, options);
    return take_over(out, x, &terms, options);
}
