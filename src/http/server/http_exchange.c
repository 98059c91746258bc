/* SPDX-License-Identifier: MIT */
#include "http/server/http_exchange.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <coil/sleep.h>
#include <coil/timeout.h>

#include "base/memory.h"
#include "http/server/form.h"
#include "http/server/pattern.h"
#include "http/wire/text.h"
#include "http/wire/url.h"

enum { DISCARD = 256 * 1024 }; /* bytes of a body that no handler read */

/* ---- the target ------------------------------------------------------- */

/*
 * The host of the target is the host of the request, whatever the header Host
 * says (RFC 9112, 3.2.2): the header gets the host of the target.  A request of
 * HTTP/1.0 may be without the header; then it is added.
 */
void coil__http_set_host(struct coil__http_head *head, const char *host)
{
    struct coil_http_header *header = head->headers;
    struct coil_http_header *end = header + head->header_count;

    while (header < end && !coil__http_equal(header->name, "Host"))
        header++;
    if (header == end)
        head->header_count++;
    *header = (struct coil_http_header){ .name = "Host", .value = host };
    head->host = host;
}

/*
 * Take "http://host" off the target.  Returns the path, or NULL.  The bytes of
 * "http://" make room for the NUL after the host and for the "/" of an empty
 * path.
 */
static char *take_authority(struct coil__http_head *head)
{
    struct coil__http_url url;
    char *host = head->target;
    char *path;
    size_t size;

    if (coil__http_url_parse(&url, head->target) < 0 || url.is_secure)
        return NULL;
    path = head->target + (url.target - head->target);
    size = (size_t)(url.target - url.authority);
    memmove(host, url.authority, size);
    host[size] = '\0';
    if (*path != '/')
        *--path = '/';
    coil__http_set_host(head, host);
    return path;
}

/*
 * Split the target into path and query.  The target is "/path?query", perhaps
 * with "http://host" in front, as for a proxy; or it is "*".
 */
static bool split_target(struct coil_http_exchange *x)
{
    char *target = x->head.target;
    char *question;

    if (strchr(target, '#'))
        return false;
    if (target[0] != '/' && strcmp(target, "*") != 0)
        target = take_authority(&x->head);
    if (!target)
        return false;
    question = strchr(target, '?');
    x->query = "";
    if (question) {
        *question = '\0';
        x->query = question + 1;
    }
    x->path = target;
    return coil__http_is_encoded(x->path, strlen(x->path));
}

int coil__http_exchange_begin(struct coil_http_exchange *x,
                              struct coil__http_channel *c)
{
    memset(&x->channel, 0,
           sizeof *x - offsetof(struct coil_http_exchange, channel));
    x->channel = c;
    x->spare = c->block.spare;
    x->path = "";
    x->query = "";
    x->owes_continue = x->head.is_expecting && x->head.minor > 0;
    coil__http_channel_begin(c);
    coil__http_begin_body(&c->reader, &x->head, true);
    if (c->http2 && x->head.content_length < 0 &&
        !coil__http2_stream_is_read(c->http2)) {
        x->has_unknown_length = true;
        c->reader.body = COIL__HTTP_UNTIL_CLOSE;
    }
    c->is_asked_to_close = x->head.is_close;
    c->is_closing = x->head.is_close ||
                    (x->head.minor == 0 && !x->head.is_keep_alive) ||
                    c->server->is_stopping;
    /* The target of a plain CONNECT is no path: tunnel.h. */
    if (strcmp(x->head.method, "CONNECT") == 0 && !x->head.protocol)
        return 0;
    return split_target(x) ? 0 : 400;
}

void coil__http_exchange_fini(struct coil_http_exchange *x)
{
    coil__buffer_fini(&x->body);
    coil__buffer_fini(&x->headers);
    coil__buffer_fini(&x->allowed);
    coil__buffer_fini(&x->encoded);
    coil__http_encoder_free(x->encoder);
    x->encoder = NULL;
    coil__http_form_free(x->form);
    x->form = NULL;
    coil__free(x->multipart);
    x->multipart = NULL;
}

/* ---- what the request says -------------------------------------------- */

const char *coil_http_exchange_method(const struct coil_http_exchange *x)
{
    return x->head.method;
}

const char *coil_http_exchange_path(const struct coil_http_exchange *x)
{
    return x->path;
}

const char *coil_http_exchange_query(const struct coil_http_exchange *x)
{
    return x->query;
}

const char *coil_http_exchange_segment(const struct coil_http_exchange *x,
                                       size_t i)
{
    return i < x->capture_count ? x->captures[i].value : NULL;
}

const char *coil_http_exchange_parameter(const struct coil_http_exchange *x,
                                         const char *name)
{
    size_t size = strlen(name);

    for (size_t i = 0; i < x->capture_count; i++) {
        const struct coil__http_slice *own = &x->captures[i].name;

        if (size > 0 && own->size == size && memcmp(own->at, name, size) == 0)
            return x->captures[i].value;
    }
    return NULL;
}

int coil_http_exchange_parameter_int(const struct coil_http_exchange *x,
                                     const char *name, int64_t *value)
{
    const char *text = coil_http_exchange_parameter(x, name);

    if (!text)
        return -ENOENT;
    if (!coil__http_is_integer(text, strlen(text)))
        return -EINVAL;
    *value = strtoll(text, NULL, 10);
    return 0;
}

const struct coil_http_header *
coil_http_exchange_headers(const struct coil_http_exchange *x, size_t *count)
{
    *count = x->head.header_count;
    return x->head.headers;
}

const char *coil_http_exchange_header(const struct coil_http_exchange *x,
                                      const char *name)
{
    return coil_http_find_header(x->head.headers, x->head.header_count, name);
}

void coil_http_exchange_peer(const struct coil_http_exchange *x,
                             struct coil_address *address)
{
    coil_stream_peer_address(x->channel->stream, address);
}

/* Decode "a=1&b=2" to the strings "a", "1", "b", "2", one behind the other. */
static void decode_arguments(struct coil_http_exchange *x)
{
    const char *at = x->query;
    char *out = x->spare;

    x->arguments = out;
    while (*at) {
        size_t size = strcspn(at, "&");
        size_t name = strcspn(at, "=&");
        size_t value = size > name ? size - name - 1 : 0;

        if (size > 0) {
            coil__http_decode(out, at, name, true);
            out += strlen(out) + 1;
            coil__http_decode(out, at + size - value, value, true);
            out += strlen(out) + 1;
            x->argument_count++;
        }
        at += size + (at[size] == '&');
    }
}

const char *coil_http_exchange_argument_at(struct coil_http_exchange *x,
                                           size_t i, const char **value)
{
    const char *at;

    if (!x->arguments)
        decode_arguments(x);
    if (i >= x->argument_count)
        return NULL;
    at = x->arguments;
    while (i-- > 0) {
        at += strlen(at) + 1;
        at += strlen(at) + 1;
    }
    *value = at + strlen(at) + 1;
    return at;
}

const char *coil_http_exchange_argument(struct coil_http_exchange *x,
                                        const char *name)
{
    const char *at;
    const char *value;

    for (size_t i = 0; (at = coil_http_exchange_argument_at(x, i, &value)); i++)
        if (strcmp(at, name) == 0)
            return value;
    return NULL;
}

int64_t coil_http_exchange_content_length(const struct coil_http_exchange *x)
{
    if (x->head.is_chunked || x->has_unknown_length)
        return -1;
    return x->head.content_length < 0 ? 0 : x->head.content_length;
}

/* ---- its body --------------------------------------------------------- */

/* Tell a client that asked whether it may send the body. */
static int send_continue(struct coil_http_exchange *x)
{
    static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
    int rc;

    if (!x->owes_continue)
        return 0;
    rc = x->channel->http2
             ? coil__http2_send_response(x->channel->http2, 100, NULL, 0, 0)
             : coil__http_channel_write(x->channel, text, sizeof text - 1);
    if (rc == 0)
        x->owes_continue = false;
    return rc;
}

/* Read a piece of the body within the time that a client may take for one. */
static ptrdiff_t read_in_time(void *arg, void *buffer, size_t size)
{
    struct coil_http_exchange *x = arg;
    struct coil__http_channel *c = x->channel;
    const struct coil__http_pace_rules *rules = &c->server->pace;
    coil_time begun = coil_now();
    struct coil_timeout limit;
    ptrdiff_t n;
    int rc;

    if (coil__http_is_read(&c->reader))
        return coil_checkpoint();
    rc = send_continue(x);
    if (rc == 0)
        rc = coil_timeout_begin(&limit, c->reading.patience);
    if (rc < 0)
        return rc;
    n = coil__http_read(&c->reader, buffer, size);
    coil__http_pace_waited(&c->reading, rules, coil_now() - begun);
    rc = coil_timeout_end(&limit, n < 0 ? (int)n : 0);
    if (n > 0) {
        c->read += (uint64_t)n;
        coil__http_pace_moved(&c->reading, rules, c->read);
    }
    return rc < 0 ? rc : n;
}

ptrdiff_t coil_http_exchange_read(struct coil_http_exchange *x, void *buffer,
                                  size_t size)
{
    ptrdiff_t n;

    x->is_body_streamed = true;
    if (size == 0)
        return coil_checkpoint();
    n = read_in_time(x, buffer, size);
    return n < 0 ? coil__http_exchange_blame(x, (int)n) : n;
}

int coil_http_exchange_body(struct coil_http_exchange *x, const char **body,
                            size_t *size)
{
    struct coil__http_channel *c = x->channel;
    int rc;

    if (x->is_body_streamed)
        return -EBUSY;
    if (x->is_body_whole)
        rc = coil_checkpoint();
    else
        rc = coil__http_exchange_blame(
            x, coil__http_read_all(&c->reader, &x->body,
                                   c->server->max_body_size, read_in_time, x));
    if (rc < 0)
        return rc;
    x->is_body_whole = true;
    *body = (const char *)coil__buffer_bytes(&x->body);
    *size = x->body.size;
    return 0;
}

bool coil__http_exchange_is_too_long(const struct coil_http_exchange *x)
{
    const struct coil__http_reader *r = &x->channel->reader;

    return r->body == COIL__HTTP_SIZED && r->left > DISCARD;
}

int coil__http_exchange_discard(struct coil_http_exchange *x)
{
    char piece[4096];
    size_t size = 0;

    while (!coil__http_is_read(&x->channel->reader)) {
        ptrdiff_t n = read_in_time(x, piece, sizeof piece);

        if (n < 0)
            return (int)n;
        size += (size_t)n;
        if (size > DISCARD)
            return COIL_EHTTP_BODY_TOO_LARGE;
    }
    return 0;
}

/* ---- its connection --------------------------------------------------- */

bool coil_http_exchange_is_gone(struct coil_http_exchange *x)
{
    const struct coil__http_channel *c = x->channel;

    return c->http2 ? coil__http2_stream_is_gone(c->http2)
                    : coil_stream_has_ended(c->stream);
}

int coil_http_exchange_cancel_when_gone(struct coil_http_exchange *x)
{
    if (!coil__http_is_read(&x->channel->reader))
        return -EBUSY;
    return coil__http_absence_begin(&x->absence, x->channel->stream,
                                    x->channel->http2);
}

struct coil_stream *
coil_http_exchange_stream(const struct coil_http_exchange *x)
{
    return x->channel->stream;
}

struct coil_stream *coil_http_exchange_hijack(struct coil_http_exchange *x)
{
    coil__http_absence_end(&x->absence);
    x->progress = COIL__HTTP_HIJACKED;
    x->channel->is_closing = true;
    return x->channel->stream;
}
