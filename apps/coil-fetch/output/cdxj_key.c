/* SPDX-License-Identifier: MIT */
#include "output/cdxj_key.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* A part of a URL. */
struct part {
    char *at;
    size_t size;
};

/* ---- escapes -------------------------------------------------------------------- */

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Returns whether there was anything to decode. */
static bool decode_once(struct part *part)
{
    size_t to = 0;

    for (size_t from = 0; from < part->size; from++, to++) {
        char c = part->at[from];

        if (c == '%' && part->size - from > 2 &&
            digit_of(part->at[from + 1]) >= 0 &&
            digit_of(part->at[from + 2]) >= 0) {
            c = (char)(digit_of(part->at[from + 1]) << 4 |
                       digit_of(part->at[from + 2]));
            from += 2;
        }
        part->at[to] = c;
    }
    if (to == part->size)
        return false;
    part->size = to;
    return true;
}

/* Lower case with escapes: what is not printable, "#", "%" and blanks. */
static void add_escaped(struct text *text, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)bytes[i];

        if (c > 32 && c < 127 && c != '#' && c != '%')
            text_add_char(text, (char)tolower(c));
        else
            text_add_format(text, "%%%02x", c);
    }
}

/* ---- host ------------------------------------------------------------------------ */

static void add_reversed(struct text *text, const char *host, size_t size)
{
    while (size > 0) {
        size_t label = size;

        while (label > 0 && host[label - 1] != '.')
            label--;
        add_escaped(text, host + label, size - label);
        size = label > 0 ? label - 1 : 0;
        if (label > 0)
            text_add_char(text, ',');
    }
}

static size_t www_size(const char *host, size_t size)
{
    size_t i = 3;

    if (size < 4 || strncasecmp(host, "www", 3) != 0)
        return 0;
    while (i < size && host[i] >= '0' && host[i] <= '9')
        i++;
    return i < size && host[i] == '.' ? i + 1 : 0;
}

static bool is_default_port(const char *url, const struct part *port)
{
    bool is_https = strncasecmp(url, "https:", 6) == 0;

    return port->size == 0 ||
           (is_https ? port->size == 3 && memcmp(port->at, "443", 3) == 0
                     : port->size == 2 && memcmp(port->at, "80", 2) == 0);
}

static void add_host(struct text *text, const char *url, struct part host)
{
    char *at = memrchr(host.at, '@', host.size);
    char *bracket;
    char *colon;
    struct part port = { NULL, 0 };

    if (at) {
        host.size -= (size_t)(at + 1 - host.at);
        host.at = at + 1;
    }
    bracket = memrchr(host.at, ']', host.size);
    colon = memrchr(host.at, ':', host.size);
    if (colon && (!bracket || colon > bracket)) {
        port.at = colon + 1;
        port.size = (size_t)(host.at + host.size - port.at);
        host.size = (size_t)(colon - host.at);
    }
    if (bracket) {
        add_escaped(text, host.at + 1, (size_t)(bracket - host.at) - 1);
    } else {
        size_t www;

        while (host.size > 0 && host.at[host.size - 1] == '.')
            host.size--;
        www = www_size(host.at, host.size);
        add_reversed(text, host.at + www, host.size - www);
    }
    if (!is_default_port(url, &port)) {
        text_add_char(text, ':');
        add_escaped(text, port.at, port.size);
    }
}

/* ---- path ------------------------------------------------------------------------- */

/* The path's segments are added to `text`; "..", from `first` on, takes one away. */
static void add_segment(struct text *text, size_t first, const char *at,
                        size_t size)
{
    if (size == 0 || (size == 1 && at[0] == '.'))
        return;
    if (size == 2 && at[0] == '.' && at[1] == '.') {
        while (text->size > first && text->bytes[text->size - 1] != '/')
            text->size--;
        if (text->size > first)
            text->size--;
        return;
    }
    text_add_char(text, '/');
    add_escaped(text, at, size);
}

static void add_path(struct text *text, struct part path)
{
    size_t first = text->size;
    char *end;

    while (decode_once(&path))
        continue;
    end = path.at + path.size;
    for (char *at = path.at; at < end;) {
        char *slash = memchr(at, '/', (size_t)(end - at));
        char *next = slash ? slash : end;

        add_segment(text, first, at, (size_t)(next - at));
        at = next + 1;
    }
    if (text->size == first)
        text_add_char(text, '/');
}

/* ---- arguments ---------------------------------------------------------------------- */

static size_t run_of(const char *at, int (*is)(int c))
{
    size_t size = 0;

    while (is((unsigned char)at[size]))
        size++;
    return size;
}

static int is_value(int c)
{
    return c != '\0' && c != '&';
}

/* Each returns how long the session identifier at `at` is; 0: it is none. */
static size_t named_size(const char *at, const char *name)
{
    size_t size = strlen(name);

    if (strncmp(at, name, size) != 0 || run_of(at + size, isalnum) != 32)
        return 0;
    return size + 32;
}

static size_t asp_size(const char *at)
{
    if (strncmp(at, "aspsessionid", 12) != 0 || run_of(at + 12, isalpha) != 8 ||
        at[20] != '=' || run_of(at + 21, isalpha) != 24)
        return 0;
    return 45;
}

static size_t cold_fusion_size(const char *at)
{
    size_t size;
    size_t more;

    if (strncmp(at, "cfid=", 5) != 0)
        return 0;
    size = 5 + run_of(at + 5, is_value);
    if (size == 5 || strncmp(at + size, "&cftoken=", 9) != 0)
        return 0;
    more = run_of(at + size + 9, is_value);
    return more > 0 ? size + 9 + more : 0;
}

static size_t session_size(const char *at, int kind)
{
    static const char *const names[] = { "jsessionid=", "phpsessid=", "sid=" };

    if (kind < 3)
        return named_size(at, names[kind]);
    return kind == 3 ? asp_size(at) : cold_fusion_size(at);
}

/* Of each kind, the last one is taken out. */
static void strip_sessions(char *query)
{
    for (int kind = 0; kind < 5; kind++)
        for (char *at = query + strlen(query); at >= query; at--) {
            size_t size = session_size(at, kind);

            if (size == 0 || (at[size] != '\0' && at[size] != '&'))
                continue;
            size += at[size] == '&';
            memmove(at, at + size, strlen(at + size) + 1);
            break;
        }
}

/* By name; without "=" first; by value. */
static int compare(const void *x, const void *y)
{
    const char *a = *(const char *const *)x;
    const char *b = *(const char *const *)y;
    size_t a_name = strcspn(a, "=");
    size_t b_name = strcspn(b, "=");
    size_t common = a_name < b_name ? a_name : b_name;
    int order = memcmp(a, b, common);

    if (order == 0 && a_name != b_name)
        return a_name < b_name ? -1 : 1;
    return order ? order : strcmp(a + a_name, b + b_name);
}

static void add_sorted(struct text *text, char *query)
{
    size_t count = 1;
    char **arguments;
    size_t i = 0;

    for (const char *c = query; *c; c++)
        count += *c == '&';
    arguments = malloc(count * sizeof *arguments);
    if (!arguments) {
        text->has_failed = true;
        return;
    }
    for (char *at = query; at; i++)
        arguments[i] = strsep(&at, "&");
    qsort(arguments, count, sizeof *arguments, compare);
    for (i = 0; i < count; i++) {
        text_add_char(text, i == 0 ? '?' : '&');
        text_add(text, arguments[i]);
    }
    free(arguments);
}

static void add_query(struct text *text, struct part query)
{
    struct text escaped = { 0 };

    while (decode_once(&query))
        continue;
    add_escaped(&escaped, query.at, query.size);
    if (escaped.has_failed)
        text->has_failed = true;
    else if (escaped.size > 0) {
        strip_sessions(escaped.bytes);
        if (escaped.bytes[0])
            add_sorted(text, escaped.bytes);
    }
    text_fini(&escaped);
}

/* ---- all of it -------------------------------------------------------------------- */

static struct part part_of(char **at, const char *end_chars)
{
    struct part part = { *at, strcspn(*at, end_chars) };

    *at += part.size;
    return part;
}

void cdxj_key_add(struct text *text, const char *url)
{
    char *copy = strdup(url);
    char *at = copy ? strstr(copy, "://") : NULL;
    struct part host;
    struct part path;

    if (!copy)
        text->has_failed = true;
    if (!at) {
        if (copy)
            add_escaped(text, copy, strlen(copy));
        free(copy);
        return;
    }
    at += 3;
    host = part_of(&at, "/?#");
    path = part_of(&at, "?#");
    add_host(text, url, host);
    text_add_char(text, ')');
    add_path(text, path);
    if (*at == '?') {
        at++;
        add_query(text, part_of(&at, "#"));
    }
    free(copy);
}
