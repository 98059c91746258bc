/* SPDX-License-Identifier: MIT */
#include "http/websocket/websocket.h"

#include <string.h>

#include <coil/error.h>

#include "base/memory.h"
#include "http/wire/defaults.h"

enum { OWN_BITS = 12 };

/* ---- options ---------------------------------------------------------- */

const struct coil_websocket_options *
coil__websocket_options_or(const struct coil_websocket_options *options)
{
    static const struct coil_websocket_options defaults;

    return options ? options : &defaults;
}

static bool is_window(int bits)
{
    return bits == 0 || (bits >= 9 && bits <= COIL__WEBSOCKET_BITS);
}

bool coil__websocket_check_options(const struct coil_websocket_options *options)
{
    const struct coil_websocket_deflate *deflate = &options->deflate;

    return is_window(deflate->window_bits) &&
           is_window(deflate->peer_window_bits) && deflate->level >= 0 &&
           deflate->level <= 9 && options->ping_every >= 0 &&
           options->pong_limit >= 0 && options->close_limit >= 0;
}

/* ---- making ----------------------------------------------------------- */

static void set_limits(struct coil_websocket *ws,
                       const struct coil_websocket_options *options)
{
    const struct coil_websocket_deflate *deflate = &options->deflate;

    ws->max_message =
        coil__http_size_or(options->max_message, COIL_WEBSOCKET_MAX_MESSAGE);
    ws->max_frame = coil__http_size_or(options->max_frame, SIZE_MAX);
    ws->max_ratio =
        coil__http_size_or(deflate->max_ratio, COIL_WEBSOCKET_MAX_RATIO);
    ws->close_limit =
        coil__http_time_or(options->close_limit, COIL_WEBSOCKET_CLOSE_LIMIT);
    ws->keep.every =
        coil__http_time_or(options->ping_every, COIL_WEBSOCKET_PING_EVERY);
    ws->keep.limit =
        coil__http_time_or(options->pong_limit, COIL_WEBSOCKET_PONG_LIMIT);
    ws->level = deflate->level;
    ws->pack_from = deflate->from;
}

/* A window of the terms, or `otherwise` if nothing was said. */
static unsigned char bits_or(int said, int otherwise)
{
    return (unsigned char)(said > 0 ? said : otherwise);
}

static void set_deflate(struct coil_websocket *ws,
                        const struct coil__websocket_terms *terms,
                        const struct coil_websocket_options *options)
{
    const struct coil__websocket_deflate_terms *t = &terms->deflate;
    const struct coil_websocket_deflate *own = &options->deflate;
    int most = own->window_bits ? own->window_bits : OWN_BITS;
    bool is_client = terms->is_client;

    ws->is_deflated = terms->is_deflated;
    ws->own_forgets =
        own->forget || (is_client ? t->client_forgets : t->server_forgets);
    ws->peer_forgets = is_client ? t->server_forgets : t->client_forgets;
    ws->own_bits = bits_or(is_client ? t->client_bits : t->server_bits,
                           COIL__WEBSOCKET_BITS);
    if (ws->own_bits > most)
        ws->own_bits = (unsigned char)most;
    ws->peer_bits = bits_or(is_client ? t->server_bits : t->client_bits,
                            COIL__WEBSOCKET_BITS);
}

struct coil_websocket *
coil__websocket_make(struct coil_stream *stream,
                     const struct coil__websocket_terms *terms,
                     const struct coil_websocket_options *options)
{
    const char *subprotocol = terms->subprotocol;
    size_t size = subprotocol ? strlen(subprotocol) + 1 : 0;
    struct coil_websocket *ws = coil__alloc(sizeof *ws + size);

    options = coil__websocket_options_or(options);
    if (!ws)
        return NULL;
    ws->stream = stream;
    ws->is_client = terms->is_client;
    set_limits(ws, options);
    set_deflate(ws, terms, options);
    if (subprotocol)
        ws->subprotocol = memcpy(ws + 1, subprotocol, size);
    coil_event_set(&ws->left);
    return ws;
}

/* ---- what is asked ---------------------------------------------------- */

const char *coil_websocket_subprotocol(const struct coil_websocket *ws)
{
    return ws->subprotocol;
}

bool coil_websocket_is_deflated(const struct coil_websocket *ws)
{
    return ws->is_deflated;
}

const struct coil_http_response *
coil_websocket_response(const struct coil_websocket *ws)
{
    return ws->response;
}

unsigned coil_websocket_close_code(const struct coil_websocket *ws)
{
    return ws->code;
}

const char *coil_websocket_close_reason(const struct coil_websocket *ws)
{
    return ws->reason;
}

coil_time coil_websocket_latency(const struct coil_websocket *ws)
{
    return ws->keep.latency;
}

size_t coil_websocket_unsent(const struct coil_websocket *ws)
{
    return coil_stream_unsent(ws->stream);
}

void coil_websocket_free(struct coil_websocket *ws)
{
    if (!ws)
        return;
    coil_handle_cancel(&ws->keep.timer);
    if (ws->in.coder.state)
        ws->in.coder.free(ws->in.coder.state);
    if (ws->out.coder.state)
        ws->out.coder.free(ws->out.coder.state);
    coil__buffer_fini(&ws->in.text);
    coil__buffer_fini(&ws->out.frame);
    coil__buffer_fini(&ws->out.packed);
    coil_http_response_free(ws->response);
    coil__free(ws);
}
