/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <sys/random.h>

#include <coil/error.h>
#include <coil/history.h>
#include <coil/sleep.h>

#include "base/memory.h"
#include "http/client/http_request.h"
#include "http/websocket/agreement.h"
#include "http/websocket/keep.h"
#include "http/websocket/websocket.h"
#include "http/wire/text.h"
#include "http/wire/websocket_key.h"
#include "http/wire/websocket_url.h"

enum { OWN_HEADERS = 3 };

/* A handshake under way. */
struct handshake {
    const struct coil_websocket_options *options;
    struct coil_http_request request;
    struct coil_http_header *headers;
    struct coil_buffer text; /* of the URL, the subprotocols, the extensions */
    char key[COIL__WEBSOCKET_KEY_SIZE];
};

/* ---- what is asked ---------------------------------------------------- */

static bool is_own_header(const char *name)
{
    static const char prefix[] = "Sec-WebSocket-";
    size_t size = sizeof prefix - 1;

    return coil__http_equal(name, "Upgrade") ||
           coil__http_equal(name, "Connection") ||
           (strlen(name) >= size && coil__http_equal_n(name, prefix, size));
}

static int check(const struct coil_http_request *request,
                 const struct coil_websocket_options *options)
{
    if ((request->method && strcmp(request->method, "GET") != 0) ||
        request->body_size > 0 || request->source || request->trailer_count > 0)
        return -EINVAL;
    if (!coil__websocket_check_options(options))
        return -EINVAL;
    for (size_t i = 0; i < options->subprotocol_count; i++)
        if (!coil_http_is_token(options->subprotocols[i]))
            return COIL_EHTTP_BAD_HEADER;
    for (size_t i = 0; i < request->header_count; i++)
        if (is_own_header(request->headers[i].name))
            return COIL_EHTTP_BAD_HEADER;
    return 0;
}

static void put_url(struct coil__http_writer *w, const char *url)
{
    const char *rest = coil__websocket_url_behind_ws(url);

    coil__http_put(w, rest ? "http" : "");
    coil__http_put(w, rest ? rest : url);
    coil__http_put_bytes(w, "", 1);
}

/* Texts one behind the other, each with a NUL. */
static int put_texts(struct handshake *h)
{
    struct coil__http_writer w = coil__http_write_to(&h->text);
    const struct coil_websocket_options *options = h->options;
    struct coil__websocket_deflate_terms terms;

    put_url(&w, h->request.url);
    for (size_t i = 0; i < options->subprotocol_count; i++) {
        coil__http_put(&w, i > 0 ? ", " : "");
        coil__http_put(&w, options->subprotocols[i]);
    }
    coil__http_put_bytes(&w, "", 1);
    if (coil__websocket_can_deflate(&options->deflate)) {
        coil__websocket_offer(&options->deflate, &terms);
        coil__websocket_extension_put(&w, &terms);
    }
    coil__http_put_bytes(&w, "", 1);
    return w.rc;
}

static const char *behind(const char *text)
{
    return text + strlen(text) + 1;
}

static int put_headers(struct handshake *h)
{
    size_t count = h->request.header_count;
    struct coil_http_header *headers =
        coil__alloc((count + OWN_HEADERS) * sizeof *headers);
    const char *url = (const char *)coil__buffer_bytes(&h->text);
    const char *subprotocols = behind(url);
    const char *extensions = behind(subprotocols);

    if (!headers)
        return -ENOMEM;
    if (count > 0)
        memcpy(headers, h->request.headers, count * sizeof *headers);
    headers[count++] =
        (struct coil_http_header){ "Sec-WebSocket-Version", "13" };
    if (*subprotocols)
        headers[count++] =
            (struct coil_http_header){ "Sec-WebSocket-Protocol", subprotocols };
    if (*extensions)
        headers[count++] =
            (struct coil_http_header){ "Sec-WebSocket-Extensions", extensions };
    h->request.url = url;
    h->request.headers = h->headers = headers;
    h->request.header_count = count;
    return 0;
}

/* ---- what is answered ------------------------------------------------- */

/* The only header called `name`, or NULL.  Sets `*is_bad` if there are more. */
static const char *only(const struct coil_http_response *r, const char *name,
                        bool *is_bad)
{
    const char *value = NULL;

    for (size_t i = 0; i < r->header_count; i++) {
        if (!coil__http_equal(r->headers[i].name, name))
            continue;
        if (value)
            *is_bad = true;
        value = r->headers[i].value;
    }
    return value;
}

static bool is_offered(const struct coil_websocket_options *options,
                       const char *subprotocol)
{
    for (size_t i = 0; i < options->subprotocol_count; i++)
        if (strcmp(options->subprotocols[i], subprotocol) == 0)
            return true;
    return false;
}

/* Whether an answer of HTTP/1.1 says that the protocol is another one now. */
static bool is_switched(const struct handshake *h,
                        const struct coil_http_response *r)
{
    char expected[COIL__WEBSOCKET_ACCEPT_SIZE];
    bool is_bad = false;
    const char *upgrade = only(r, "Upgrade", &is_bad);
    const char *accept = only(r, "Sec-WebSocket-Accept", &is_bad);

    coil__websocket_answer(expected, h->key);
    return !is_bad && upgrade && coil__http_equal(upgrade, "websocket") &&
           coil__websocket_lists(r->headers, r->header_count, "Connection",
                                 "upgrade") &&
           accept && strcmp(accept, expected) == 0;
}

/* Check an answer that says yes, and take the terms from it. */
static int read_answer(const struct handshake *h,
                       const struct coil_http_response *r,
                       struct coil__websocket_terms *terms)
{
    bool is_bad = false;
    const char *subprotocol = only(r, "Sec-WebSocket-Protocol", &is_bad);

    if (is_bad || (subprotocol && !is_offered(h->options, subprotocol)) ||
        (r->version != COIL_HTTP_2 && !is_switched(h, r)))
        return COIL_EHTTP_MALFORMED;
    *terms = (struct coil__websocket_terms){ .is_client = true,
                                             .subprotocol = subprotocol };
    return coil__websocket_agree(&h->options->deflate, r->headers,
                                 r->header_count, terms);
}

static int take_answer(const struct handshake *h, struct coil_http_response *r,
                       struct coil_websocket **out)
{
    struct coil__websocket_terms terms;
    struct coil_websocket *ws;
    int rc;

    if (r->status != (r->version == COIL_HTTP_2 ? 200 : 101))
        return COIL_EWEBSOCKET_REFUSED;
    rc = read_answer(h, r, &terms);
    if (rc < 0)
        return rc;
    ws = coil__websocket_make(coil__http_switched(r), &terms, h->options);
    if (!ws)
        return -ENOMEM;
    ws->response = r;
    coil__websocket_keep_begin(ws);
    *out = ws;
    return 0;
}

static int shake_hands(struct handshake *h, struct coil_http_client *client,
                       struct coil_websocket **out)
{
    const struct coil__http_upgrade upgrade = {
        .protocol = "websocket",
        .key = { "Sec-WebSocket-Key", h->key },
        .tries_http2 = h->options->http2,
    };
    unsigned char nonce[COIL__WEBSOCKET_NONCE] = { 0 };
    struct coil_http_response *response;
    int rc;

    (void)!getrandom(nonce, sizeof nonce, 0);
    coil_history_remember(nonce, sizeof nonce);
    coil__websocket_key(h->key, nonce);
    rc = put_texts(h);
    if (rc == 0)
        rc = put_headers(h);
    if (rc == 0)
        rc = coil__http_upgrade(client, &h->request, &upgrade, &response);
    if (rc < 0)
        return rc;
    rc = take_answer(h, response, out);
    if (rc == COIL_EWEBSOCKET_REFUSED && h->options->refusal)
        *h->options->refusal = response;
    else if (rc < 0)
        coil_http_response_free(response);
    return rc;
}

int coil_websocket_connect(struct coil_websocket **out,
                           struct coil_http_client *client,
                           const struct coil_http_request *request,
                           const struct coil_websocket_options *options)
{
    struct handshake h = {
        .options = coil__websocket_options_or(options),
        .request = *request,
    };
    int rc = coil_checkpoint();

    *out = NULL;
    if (h.options->refusal)
        *h.options->refusal = NULL;
    if (rc == 0)
        rc = check(request, h.options);
    if (rc < 0)
        return rc;
    rc = shake_hands(&h, client, out);
    coil__free(h.headers);
    coil__buffer_fini(&h.text);
    return rc;
}
