/* SPDX-License-Identifier: MIT */
#include "fetch/links_text.h"

#include <string.h>
#include <strings.h>

#define BLANKS " \t\n\f\r"

/* ---- srcset ---- */

/* Behind the descriptors: a comma outside of parentheses. */
static const char *skip_descriptors(const char *at)
{
    for (bool is_inside = false; *at; at++) {
        if (*at == '(')
            is_inside = true;
        else if (*at == ')')
            is_inside = false;
        else if (*at == ',' && !is_inside)
            return at;
    }
    return at;
}

int links_of_srcset(const char *text, links_take_fn take, void *arg)
{
    int rc = 0;

    while (rc >= 0) {
        size_t size;
        size_t commas = 0;

        text += strspn(text, BLANKS ",");
        size = strcspn(text, BLANKS);
        if (size == 0)
            return 0;
        while (commas < size && text[size - commas - 1] == ',')
            commas++;
        rc = take(arg, text, size - commas);
        text += size;
        if (commas == 0)
            text = skip_descriptors(text);
    }
    return rc;
}

/* ---- meta refresh ---- */

/* Behind "url =", if that is there. */
static const char *skip_url_word(const char *at)
{
    const char *c = at;

    if (strncasecmp(c, "url", 3) != 0)
        return at;
    c += 3;
    c += strspn(c, BLANKS);
    if (*c != '=')
        return at;
    return c + 1 + strspn(c + 1, BLANKS);
}

int links_of_refresh(const char *text, links_take_fn take, void *arg)
{
    const char *at = text + strspn(text, BLANKS);
    size_t digits = strspn(at, "0123456789");
    size_t size;

    if (digits == 0 && *at != '.')
        return 0;
    at += digits;
    at += strspn(at, "0123456789.");
    if (*at != '\0' && !strchr(BLANKS ";,", *at))
        return 0;
    at += strspn(at, BLANKS);
    at += *at == ';' || *at == ',';
    at += strspn(at, BLANKS);
    at = skip_url_word(at);
    if (*at == '"' || *at == '\'') {
        const char *end = strchr(at + 1, *at);

        at++;
        size = end ? (size_t)(end - at) : strlen(at);
    } else {
        size = strlen(at);
    }
    return size > 0 ? take(arg, at, size) : 0;
}

/* ---- the header Link ---- */

bool links_rel_is_hint(const char *rel, size_t size)
{
    static const char *const hints[] = { "preconnect", "dns-prefetch" };
    const char *end = rel + size;

    while (rel < end) {
        size_t n = 0;

        while (rel + n < end && !strchr(BLANKS, rel[n]))
            n++;
        for (size_t i = 0; i < sizeof hints / sizeof hints[0]; i++)
            if (n == strlen(hints[i]) && strncasecmp(rel, hints[i], n) == 0)
                return true;
        rel += n + 1;
    }
    return false;
}

/* The value at `at`, without its quotes.  Returns what is behind it. */
static const char *read_value(const char *at, const char **value, size_t *size)
{
    bool is_quoted = *at == '"';

    at += is_quoted;
    *value = at;
    while (*at && !(is_quoted ? *at == '"' : strchr(";, \t", *at) != NULL))
        at += is_quoted && at[0] == '\\' && at[1] != '\0' ? 2 : 1;
    *size = (size_t)(at - *value);
    return at + (is_quoted && *at == '"');
}

/* Read the parameters; only the first rel counts.  Returns what is behind them. */
static const char *read_parameters(const char *at, bool *is_hint)
{
    bool has_rel = false;

    *is_hint = false;
    for (;;) {
        const char *name;
        const char *value;
        size_t name_size;
        size_t size;

        at += strspn(at, " \t;");
        if (*at == ',' || *at == '\0')
            return at;
        name = at;
        name_size = strcspn(at, "=;, \t");
        at += name_size;
        at += strspn(at, " \t");
        if (*at != '=')
            continue;
        at++;
        at = read_value(at + strspn(at, " \t"), &value, &size);
        if (name_size != 3 || strncasecmp(name, "rel", 3) != 0 || has_rel)
            continue;
        has_rel = true;
        *is_hint = links_rel_is_hint(value, size);
    }
}

int links_of_header(const char *text, links_take_fn take, void *arg)
{
    int rc = 0;

    while (rc >= 0) {
        const char *url;
        const char *end;
        bool is_hint;

        text += strspn(text, " \t,");
        url = text + 1;
        end = *text == '<' ? strchr(url, '>') : NULL;
        if (!end)
            return 0;
        text = read_parameters(end + 1, &is_hint);
        if (!is_hint)
            rc = take(arg, url, (size_t)(end - url));
    }
    return rc;
}
