/* SPDX-License-Identifier: MIT */
/*
 * Pages for those who know a password without saying it: /digest-auth (RFC 7616
 * with MD5, and qop "auth" or none).  A nonce is good for ever.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "md5.h"
#include "request.h"

#define REALM "coil-httpbin"

/* What the client says of itself; what is not there is "". */
struct answer {
    char username[256];
    char realm[64];
    char nonce[64];
    char uri[1024];
    char qop[16];
    char nc[16];
    char cnonce[256];
    char response[64];
};

struct field {
    const char *name;
    char *value;
    size_t size;
};

/* Read `value`, to its end or the next comma; returns what is behind it. */
static const char *read_value(const char *text, const struct field *field)
{
    bool is_quoted = *text == '"';
    size_t size;

    text += is_quoted;
    size = strcspn(text, is_quoted ? "\"" : ", ");
    if (size < field->size) {
        memcpy(field->value, text, size);
        field->value[size] = '\0';
    }
    text += size;
    return text + (*text == '"');
}

static const struct field *find_field(const struct field *fields,
                                      const char *name, size_t size)
{
    while (fields->size > 1 && (strncasecmp(fields->name, name, size) != 0 ||
                                fields->name[size] != '\0'))
        fields++;
    return fields;
}

/* The last of `fields` is for what nobody asks for. */
static void read_fields(const char *text, const struct field *fields)
{
    while (*text) {
        const char *name = text += strspn(text, ", ");
        size_t size = strcspn(text, "=, ");

        text += size;
        if (*text == '=')
            text = read_value(text + 1, find_field(fields, name, size));
    }
}

static void read_answer(struct answer *a, const char *text)
{
    char other[1];
    const struct field fields[] = {
        { "username", a->username, sizeof a->username },
        { "realm", a->realm, sizeof a->realm },
        { "nonce", a->nonce, sizeof a->nonce },
        { "uri", a->uri, sizeof a->uri },
        { "qop", a->qop, sizeof a->qop },
        { "nc", a->nc, sizeof a->nc },
        { "cnonce", a->cnonce, sizeof a->cnonce },
        { "response", a->response, sizeof a->response },
        { "", other, sizeof other },
    };

    *a = (struct answer){ .qop = "" };
    read_fields(text, fields);
}

/* Texts, up to a NULL, with colons between. */
static void hash(char hex[MD5_HEX], const char *const *texts)
{
    struct md5 md5;

    md5_begin(&md5);
    for (size_t i = 0; texts[i]; i++) {
        if (i > 0)
            md5_add(&md5, ":");
        md5_add(&md5, texts[i]);
    }
    md5_end(&md5, hex);
}

static bool is_right(const struct answer *a, const char *method,
                     const char *user, const char *password)
{
    char who[MD5_HEX];
    char what[MD5_HEX];
    char expected[MD5_HEX];

    hash(who, (const char *const[]){ user, a->realm, password, NULL });
    hash(what, (const char *const[]){ method, a->uri, NULL });
    if (a->qop[0])
        hash(expected, (const char *const[]){ who, a->nonce, a->nc, a->cnonce,
                                              a->qop, what, NULL });
    else
        hash(expected, (const char *const[]){ who, a->nonce, what, NULL });
    return strcmp(a->username, user) == 0 && strcmp(a->realm, REALM) == 0 &&
           strcmp(a->response, expected) == 0;
}

COIL_SUSPENDS static int challenge(struct request *request)
{
    const char *qop = coil_http_exchange_segment(request->exchange, 0);
    char text[160];
    int rc;

    snprintf(text, sizeof text,
             "Digest realm=\"" REALM "\", nonce=\"%llx\"%s, algorithm=MD5",
             (unsigned long long)coil_now(),
             strcmp(qop, "auth") == 0 ? ", qop=\"auth\"" : "");
    rc = coil_http_respond_header(request->exchange, "WWW-Authenticate", text);
    return rc < 0 ? rc : respond_text(request, 401, "");
}

int answer_digest_auth(struct request *request)
{
    struct coil_http_exchange *exchange = request->exchange;
    const char *user = coil_http_exchange_segment(exchange, 1);
    const char *sent = coil_http_exchange_header(exchange, "Authorization");
    struct answer answer;

    if (!sent || strncasecmp(sent, "Digest ", 7) != 0)
        return challenge(request);
    read_answer(&answer, sent + 7);
    if (!is_right(&answer, coil_http_exchange_method(exchange), user,
                  coil_http_exchange_segment(exchange, 2)))
        return challenge(request);
    return respond_user(request, "user", user);
}
