/* SPDX-License-Identifier: MIT */
#include "http/wire/websocket_extension.h"

#include <coil/error.h>

#include "http/wire/text.h"

static const char deflate[] = "permessage-deflate";

/* ---- words ------------------------------------------------------------ */

static void skip_blanks(const char **at)
{
    *at += strspn(*at, " \t");
}

static struct coil__http_slice take_token(const char **at)
{
    struct coil__http_slice token = { .at = *at };

    while (coil__http_is(**at, COIL__HTTP_TOKEN))
        (*at)++;
    token.size = (size_t)(*at - token.at);
    return token;
}

/* A value is a token, or a token in quotation marks. */
static struct coil__http_slice take_value(const char **at)
{
    struct coil__http_slice value;
    bool is_quoted = **at == '"';

    *at += is_quoted;
    value = take_token(at);
    if (is_quoted && **at != '"')
        value.size = 0;
    else
        *at += is_quoted;
    return value;
}

/* ---- parameters ------------------------------------------------------- */

/* "8" … "15", without a zero in front; 0: something else. */
static int bits_of(const struct coil__http_slice *value)
{
    const char *at = value->at;

    if (value->size == 1 && (at[0] == '8' || at[0] == '9'))
        return at[0] - '0';
    if (value->size == 2 && at[0] == '1' && at[1] >= '0' && at[1] <= '5')
        return 10 + at[1] - '0';
    return 0;
}

static bool take_flag(bool *flag, bool has_value)
{
    bool is_good = !*flag && !has_value;

    *flag = true;
    return is_good;
}

static bool take_bits(int *bits, const struct coil__http_slice *value,
                      bool may_be_bare)
{
    bool is_first = *bits == COIL__WEBSOCKET_UNSAID;

    *bits = value->at ? bits_of(value) : COIL__WEBSOCKET_SAID;
    return is_first && (value->at ? *bits > 0 : may_be_bare);
}

/* `value->at` is NULL if there is none.  Returns whether the parameter is good. */
static bool take_parameter(struct coil__websocket_deflate_terms *terms,
                           const struct coil__http_slice *name,
                           const struct coil__http_slice *value)
{
    if (coil__http_slice_is(*name, "server_no_context_takeover"))
        return take_flag(&terms->server_forgets, value->at);
    if (coil__http_slice_is(*name, "client_no_context_takeover"))
        return take_flag(&terms->client_forgets, value->at);
    if (coil__http_slice_is(*name, "server_max_window_bits"))
        return take_bits(&terms->server_bits, value, false);
    if (coil__http_slice_is(*name, "client_max_window_bits"))
        return take_bits(&terms->client_bits, value, true);
    return false;
}

/* ---- items ------------------------------------------------------------ */

static int take_parameters(const char **at,
                           struct coil__websocket_extension *item)
{
    while (**at == ';') {
        struct coil__http_slice value = { .at = NULL };
        struct coil__http_slice name;

        (*at)++;
        skip_blanks(at);
        name = take_token(at);
        if (name.size == 0)
            return COIL_EHTTP_MALFORMED;
        skip_blanks(at);
        if (**at == '=') {
            (*at)++;
            skip_blanks(at);
            value = take_value(at);
            if (value.size == 0)
                return COIL_EHTTP_MALFORMED;
            skip_blanks(at);
        }
        if (!take_parameter(&item->terms, &name, &value))
            item->is_good = false;
    }
    return 0;
}

int coil__websocket_extension_next(const char **list,
                                   struct coil__websocket_extension *item)
{
    struct coil__http_slice name;
    int rc;

    *list += strspn(*list, " \t,");
    if (!**list)
        return 0;
    name = take_token(list);
    if (name.size == 0)
        return COIL_EHTTP_MALFORMED;
    *item = (struct coil__websocket_extension){
        .is_deflate = coil__http_slice_is(name, deflate),
        .is_good = true,
    };
    skip_blanks(list);
    rc = take_parameters(list, item);
    if (rc == 0 && **list && **list != ',')
        rc = COIL_EHTTP_MALFORMED;
    return rc < 0 ? rc : 1;
}

static void put_bits(struct coil__http_writer *w, const char *name, int bits)
{
    if (bits == COIL__WEBSOCKET_UNSAID)
        return;
    coil__http_put(w, name);
    if (bits == COIL__WEBSOCKET_SAID)
        return;
    coil__http_put(w, "=");
    coil__http_put_number(w, (uint64_t)bits, 10);
}

void coil__websocket_extension_put(
    struct coil__http_writer *w,
    const struct coil__websocket_deflate_terms *terms)
{
    coil__http_put(w, deflate);
    if (terms->server_forgets)
        coil__http_put(w, "; server_no_context_takeover");
    if (terms->client_forgets)
        coil__http_put(w, "; client_no_context_takeover");
    put_bits(w, "; server_max_window_bits", terms->server_bits);
    put_bits(w, "; client_max_window_bits", terms->client_bits);
}
