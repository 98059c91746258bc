/* SPDX-License-Identifier: MIT */
#include "http/wire/challenge.h"

#include <string.h>

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, " \t");
}

/* A quoted string, with a backslash before what stands for itself. */
static const char *take_quoted(char *value, const char *at)
{
    size_t size = 0;

    for (at++; *at != '"'; at++) {
        if (*at == '\\')
            at++;
        if (!*at || size == COIL__HTTP_MAX_PARAM)
            return NULL;
        value[size++] = *at;
    }
    value[size] = '\0';
    return at + 1;
}

static const char *take_token(char *value, const char *at)
{
    size_t size = 0;

    while (coil__http_is(*at, COIL__HTTP_TOKEN) || *at == '/' || *at == '=' ||
           *at == ':') {
        if (size == COIL__HTTP_MAX_PARAM)
            return NULL;
        value[size++] = *at++;
    }
    value[size] = '\0';
    return at;
}

/* What is behind a scheme and is no parameter: "Negotiate YII=". */
static const char *skip_token68(const char *at)
{
    const char *end = at;

    while (coil__http_is(*end, COIL__HTTP_TOKEN) || *end == '/')
        end++;
    while (*end == '=')
        end++;
    return *skip_blanks(end) == ',' || !*skip_blanks(end) ? end : at;
}

bool coil__http_challenges_next(struct coil__http_challenges *c)
{
    const char *at = c->at + strspn(c->at, " \t,");
    const char *end = at;
    const char *sign;

    while (coil__http_is(*end, COIL__HTTP_TOKEN))
        end++;
    c->name = (struct coil__http_slice){ at, (size_t)(end - at) };
    if (end == at)
        return false;
    sign = skip_blanks(end);
    c->is_scheme = *sign != '=';
    if (c->is_scheme) {
        c->at = skip_token68(sign);
        return true;
    }
    sign = skip_blanks(sign + 1);
    sign =
        *sign == '"' ? take_quoted(c->value, sign) : take_token(c->value, sign);
    if (!sign)
        return false;
    c->at = sign;
    return true;
}
