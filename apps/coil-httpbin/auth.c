/* SPDX-License-Identifier: MIT */
/*
 * Pages for those who say who they are: /basic-auth, /bearer.
 */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include <coil/http_auth.h>

#include "decode.h"
#include "request.h"

int respond_user(struct request *request, const char *key, const char *text)
{
    json_t *object = json_object();

    if (!object ||
        json_object_set_new(object, "authenticated", json_true()) < 0 ||
        json_object_set_new(object, key, decode_text(text, strlen(text))) < 0) {
        json_decref(object);
        return -ENOMEM;
    }
    return respond_json(request, object);
}

static const char *authorization(struct request *request)
{
    const char *value =
        coil_http_exchange_header(request->exchange, "Authorization");

    return value ? value : "";
}

/* 1: the client is who the path says; 0: it is not; or -ENOMEM. */
static int is_expected(struct request *request)
{
    const char *sent = authorization(request);
    char *expected;
    int rc = coil_http_auth_basic(
        &expected, coil_http_exchange_segment(request->exchange, 0),
        coil_http_exchange_segment(request->exchange, 1));

    /* Nobody can have such a name. */
    if (rc == COIL_EHTTP_BAD_HEADER)
        return 0;
    if (rc < 0)
        return rc;
    rc = strncasecmp(sent, "Basic ", 6) == 0 &&
         strcmp(sent + 6, expected + 6) == 0;
    coil_http_auth_free_text(expected);
    return rc;
}

COIL_SUSPENDS static int refuse(struct request *request, const char *challenge)
{
    int rc = coil_http_respond_header(request->exchange, "WWW-Authenticate",
                                      challenge);

    return rc < 0 ? rc : respond_text(request, 401, "");
}

int answer_basic_auth(struct request *request)
{
    int rc = is_expected(request);

    if (rc < 0)
        return rc;
    if (rc == 0)
        return refuse(request, "Basic realm=\"Fake Realm\"");
    return respond_user(request, "user",
                        coil_http_exchange_segment(request->exchange, 0));
}

int answer_hidden_basic_auth(struct request *request)
{
    int rc = is_expected(request);

    if (rc < 0)
        return rc;
    if (rc == 0)
        return respond_text(request, 404, "");
    return respond_user(request, "user",
                        coil_http_exchange_segment(request->exchange, 0));
}

int answer_bearer(struct request *request)
{
    const char *sent = authorization(request);

    if (strncasecmp(sent, "Bearer ", 7) != 0)
        return refuse(request, "Bearer");
    return respond_user(request, "token", sent + 7);
}
