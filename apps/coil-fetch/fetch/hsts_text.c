/* SPDX-License-Identifier: MIT */
#include "fetch/hsts_text.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* ---- the header ---- */

/* A directive: a name and, if it has one, its value. */
struct directive {
    const char *name;
    size_t name_size;
    const char *value; /* NULL: none */
    size_t value_size;
};

static size_t blanks(const char *at)
{
    return strspn(at, " \t");
}

/* The length of a token (RFC 9110, 5.6.2). */
static size_t token(const char *at)
{
    return strspn(at, "!#$%&'*+-.^_`|~0123456789"
                      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
}

/* The length of a quoted string, with its quotes; 0: it has no end. */
static size_t quoted(const char *at)
{
    size_t n = 1;

    while (at[n] != '"' && at[n] != '\0')
        n += at[n] == '\\' && at[n + 1] != '\0' ? 2 : 1;
    return at[n] == '"' ? n + 1 : 0;
}

/* Read one at `at`.  Returns what is behind it, or NULL. */
static const char *read_directive(struct directive *out, const char *at)
{
    *out = (struct directive){ .name = at, .name_size = token(at) };
    if (out->name_size == 0)
        return NULL;
    at += out->name_size;
    at += blanks(at);
    if (*at != '=')
        return at;
    at++;
    at += blanks(at);
    out->value = at;
    out->value_size = *at == '"' ? quoted(at) : token(at);
    if (out->value_size == 0)
        return NULL;
    at += out->value_size;
    if (*out->value == '"') {
        out->value++;
        out->value_size -= 2;
    }
    return at + blanks(at);
}

static bool is_named(const struct directive *d, const char *name)
{
    return d->name_size == strlen(name) &&
           strncasecmp(d->name, name, d->name_size) == 0;
}

static bool read_seconds(int64_t *out, const struct directive *d)
{
    int64_t seconds = 0;

    if (!d->value || d->value_size == 0)
        return false;
    for (size_t i = 0; i < d->value_size; i++) {
        int digit = d->value[i] - '0';

        if (digit < 0 || digit > 9)
            return false;
        seconds = seconds > (HSTS_FOREVER - digit) / 10 ? HSTS_FOREVER
                                                        : seconds * 10 + digit;
    }
    *out = seconds;
    return true;
}

/* Returns false if the directive spoils the value. */
static bool take_directive(struct hsts_value *out, const struct directive *d)
{
    if (is_named(d, "max-age"))
        return out->max_age < 0 && read_seconds(&out->max_age, d);
    if (is_named(d, "includeSubDomains")) {
        if (out->has_subdomains || d->value)
            return false;
        out->has_subdomains = true;
    }
    return true;
}

bool hsts_value_read(struct hsts_value *out, const char *value)
{
    *out = (struct hsts_value){ .max_age = -1 };
    for (;;) {
        struct directive d;

        value += blanks(value);
        if (*value != ';' && *value != '\0') {
            value = read_directive(&d, value);
            if (!value || !take_directive(out, &d))
                return false;
        }
        if (*value == '\0')
            return out->max_age >= 0;
        if (*value++ != ';')
            return false;
    }
}

/* ---- the line ---- */

static bool read_time(int64_t *out, const char *text)
{
    struct tm tm = { 0 };
    int end = 0;

    if (strncmp(text, "unlimited\"", 10) == 0) {
        *out = HSTS_FOREVER;
        return true;
    }
    if (sscanf(text, "%4d%2d%2d %2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon,
               &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &end) != 6 ||
        end != 17 || text[end] != '"')
        return false;
    tm.tm_year -= 1900;
    tm.tm_mon--;
    *out = timegm(&tm);
    return true;
}

/* A name may stand in the list, an address may not. */
static bool is_name(const char *at, size_t size)
{
    bool has_letter = false;

    for (size_t i = 0; i < size; i++) {
        char c = at[i];

        if (((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_')
            has_letter = true;
        else if ((c < '0' || c > '9') && c != '-' && c != '.')
            return false;
    }
    return has_letter;
}

bool hsts_line_read(struct hsts_line *out, const char *line, size_t size)
{
    const char *blank = memchr(line, ' ', size);
    char text[32];
    size_t rest;

    if (!blank)
        return false;
    *out =
        (struct hsts_line){ .name = line, .name_size = (size_t)(blank - line) };
    if (*line == '.') {
        out->has_subdomains = true;
        out->name++;
        out->name_size--;
    }
    rest = size - (size_t)(blank + 1 - line);
    if (rest == 0 || blank[1] != '"' || !is_name(out->name, out->name_size))
        return false;
    rest--;
    if (rest >= sizeof text)
        return false;
    memcpy(text, blank + 2, rest);
    text[rest] = '\0';
    return read_time(&out->expires, text);
}

void hsts_line_write(struct text *text, const struct hsts_line *line)
{
    time_t seconds = (time_t)line->expires;
    struct tm tm;

    text_add(text, line->has_subdomains ? "." : "");
    text_add_bytes(text, line->name, line->name_size);
    if (!gmtime_r(&seconds, &tm) || tm.tm_year > 9999 - 1900) {
        text_add(text, " \"unlimited\"\n");
        return;
    }
    text_add_format(text, " \"%04d%02d%02d %02d:%02d:%02d\"\n",
                    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
                    tm.tm_min, tm.tm_sec);
}
