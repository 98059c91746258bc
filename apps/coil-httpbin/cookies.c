/* SPDX-License-Identifier: MIT */
/*
 * What the client has to keep for us: /cookies.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode.h"
#include "request.h"

#define GONE "; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0"

/* ---- showing ---------------------------------------------------------- */

/* One "a=b", perhaps in quotes.  The first of a name counts. */
static int add_cookie(json_t *cookies, const char *text, size_t size)
{
    const char *equals = memchr(text, '=', size);
    const char *value;
    size_t length;
    char *name;
    int rc = 0;

    if (!equals)
        return 0;
    value = equals + 1;
    length = (size_t)(text + size - value);
    if (length >= 2 && value[0] == '"' && value[length - 1] == '"') {
        value++;
        length -= 2;
    }
    name = malloc((size_t)(equals - text) + 1);
    if (!name)
        return -ENOMEM;
    memcpy(name, text, (size_t)(equals - text));
    name[equals - text] = '\0';
    if (!json_object_get(cookies, name))
        rc = json_object_set_new(cookies, name, decode_text(value, length));
    free(name);
    return rc < 0 ? -ENOMEM : 0;
}

static int add_cookies(json_t *cookies, const char *header)
{
    int rc = 0;

    while (rc == 0 && *header) {
        size_t size;

        header += strspn(header, "; \t");
        size = strcspn(header, ";");
        rc = add_cookie(cookies, header, size);
        header += size;
    }
    return rc;
}

int answer_cookies(struct request *request)
{
    const char *header = coil_http_exchange_header(request->exchange, "Cookie");
    json_t *cookies = json_object();

    if (cookies && header && add_cookies(cookies, header) < 0) {
        json_decref(cookies);
        return -ENOMEM;
    }
    return respond_pair(request, "cookies", cookies);
}

/* ---- setting ---------------------------------------------------------- */

/* What RFC 6265, 4.1.1 allows, so that nobody gives a cookie more attributes. */
static bool is_plain(const char *text, const char *without)
{
    for (const char *c = text; *c; c++)
        if (*c <= ' ' || *c == 0x7f || strchr(without, *c))
            return false;
    return true;
}

/* 1; 0: no such cookie can be; or an error. */
COIL_MUST_CHECK static int set_cookie(struct request *request, const char *name,
                                      const char *value, const char *attributes)
{
    char *text;
    int rc;

    if (!*name || !is_plain(name, "()<>@,;:\\\"/[]?={}") ||
        !is_plain(value, "\",;\\"))
        return 0;
    text = malloc(strlen(name) + strlen(value) + strlen(attributes) + 16);
    if (!text)
        return -ENOMEM;
    sprintf(text, "%s=%s%s; Path=/", name, value, attributes);
    rc = coil_http_respond_header(request->exchange, "Set-Cookie", text);
    free(text);
    return rc < 0 ? rc : 1;
}

/* `rc` is what set_cookie() has returned. */
COIL_SUSPENDS static int show_cookies(struct request *request, int rc)
{
    if (rc == 0)
        return respond_text(request, 400, "This cannot be a cookie\n");
    if (rc > 0)
        rc =
            coil_http_respond_header(request->exchange, "Location", "/cookies");
    return rc < 0 ? rc : respond_text(request, 302, "");
}

int answer_set_cookie(struct request *request)
{
    const char *name = coil_http_exchange_segment(request->exchange, 0);
    const char *value = coil_http_exchange_segment(request->exchange, 1);

    return show_cookies(request, set_cookie(request, name, value, ""));
}

/* One for each argument, with the value of the argument, or gone. */
COIL_SUSPENDS static int set_cookies(struct request *request, bool are_gone)
{
    int rc = 1;

    for (size_t i = 0; rc > 0; i++) {
        const char *value;
        const char *name =
            coil_http_exchange_argument_at(request->exchange, i, &value);

        if (!name)
            break;
        rc = set_cookie(request, name, are_gone ? "" : value,
                        are_gone ? GONE : "");
    }
    return show_cookies(request, rc);
}

int answer_set_cookies(struct request *request)
{
    return set_cookies(request, false);
}

int answer_delete_cookies(struct request *request)
{
    return set_cookies(request, true);
}
