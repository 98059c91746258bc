/* SPDX-License-Identifier: MIT */
#include "http/websocket/agreement.h"

#include <coil/error.h>

#include "http/wire/coding_zlib.h"
#include "http/wire/text.h"

static const char extensions[] = "Sec-WebSocket-Extensions";

bool coil__websocket_lists(const struct coil_http_header *headers, size_t count,
                           const char *name, const char *item)
{
    for (size_t i = 0; i < count; i++)
        if (coil__http_equal(headers[i].name, name) &&
            coil__http_list_has(headers[i].value, item))
            return true;
    return false;
}

static bool has_exactly(const char *list, const char *word)
{
    size_t size = strlen(word);
    struct coil__http_slice item;

    do {
        item = coil__http_next_item(&list);
        if (item.size == size && memcmp(item.at, word, size) == 0)
            return true;
    } while (item.size > 0);
    return false;
}

bool coil__websocket_offers(const struct coil_http_header *headers,
                            size_t count, const char *subprotocol)
{
    for (size_t i = 0; i < count; i++)
        if (coil__http_equal(headers[i].name, "Sec-WebSocket-Protocol") &&
            has_exactly(headers[i].value, subprotocol))
            return true;
    return false;
}

bool coil__websocket_can_deflate(const struct coil_websocket_deflate *own)
{
    return !own->is_off && coil__http_zlib_version();
}

static int window_or_largest(int bits)
{
    return bits ? bits : COIL__WEBSOCKET_BITS;
}

/* ---- the client ------------------------------------------------------- */

void coil__websocket_offer(const struct coil_websocket_deflate *own,
                           struct coil__websocket_deflate_terms *terms)
{
    *terms = (struct coil__websocket_deflate_terms){
        .server_forgets = own->peer_forgets,
        .client_forgets = own->forget,
        .server_bits = own->peer_window_bits,
        .client_bits =
            own->window_bits ? own->window_bits : COIL__WEBSOCKET_SAID,
    };
}

/* Whether an answer is one to the offer (RFC 7692, 7.1). */
static bool is_answer(const struct coil_websocket_deflate *own,
                      const struct coil__websocket_extension *item)
{
    const struct coil__websocket_deflate_terms *t = &item->terms;

    if (!item->is_deflate || !item->is_good ||
        t->client_bits == COIL__WEBSOCKET_SAID)
        return false;
    if (own->peer_forgets && !t->server_forgets)
        return false;
    return !own->peer_window_bits ||
           (t->server_bits > 0 && t->server_bits <= own->peer_window_bits);
}

int coil__websocket_agree(const struct coil_websocket_deflate *own,
                          const struct coil_http_header *headers, size_t count,
                          struct coil__websocket_terms *terms)
{
    for (size_t i = 0; i < count; i++) {
        struct coil__websocket_extension item;
        const char *list = headers[i].value;
        int rc;

        if (!coil__http_equal(headers[i].name, extensions))
            continue;
        while ((rc = coil__websocket_extension_next(&list, &item)) > 0) {
            if (terms->is_deflated || !coil__websocket_can_deflate(own) ||
                !is_answer(own, &item))
                return COIL_EHTTP_MALFORMED;
            terms->is_deflated = true;
            terms->deflate = item.terms;
        }
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* ---- the server ------------------------------------------------------- */

/* Accept an offer, as far as it lets the server's own wishes through. */
static void accept_offer(const struct coil_websocket_deflate *own,
                         const struct coil__websocket_deflate_terms *offer,
                         struct coil__websocket_terms *terms)
{
    int window = window_or_largest(own->window_bits);
    int peer = window_or_largest(own->peer_window_bits);
    struct coil__websocket_deflate_terms *t = &terms->deflate;

    *t = *offer;
    t->server_forgets = offer->server_forgets || own->forget;
    t->client_forgets = offer->client_forgets || own->peer_forgets;
    if (offer->server_bits > window)
        t->server_bits = window;
    if (offer->client_bits == COIL__WEBSOCKET_SAID)
        t->client_bits = own->peer_window_bits;
    else if (offer->client_bits > peer)
        t->client_bits = peer;
    terms->is_deflated = true;
}

int coil__websocket_choose(const struct coil_websocket_deflate *own,
                           const struct coil_http_header *headers, size_t count,
                           struct coil__websocket_terms *terms)
{
    for (size_t i = 0; i < count; i++) {
        struct coil__websocket_extension item;
        const char *list = headers[i].value;
        int rc;

        if (!coil__http_equal(headers[i].name, extensions))
            continue;
        while ((rc = coil__websocket_extension_next(&list, &item)) > 0)
            if (!terms->is_deflated && item.is_deflate && item.is_good &&
                coil__websocket_can_deflate(own))
                accept_offer(own, &item.terms, terms);
        if (rc < 0)
            return rc;
    }
    return 0;
}
