/* SPDX-License-Identifier: MIT */
#include <coil/time.h>

#include "http/server/log_line.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "http/server/date_text.h"
#include "http/wire/write.h"

/* A line in the making. */
struct line {
    struct coil__http_writer w;
    const char *escape; /* the format of a byte that cannot stand for itself */
};

static void put(struct line *l, const char *text)
{
    coil__http_put(&l->w, text);
}

static void put_number(struct line *l, uint64_t number)
{
    coil__http_put_number(&l->w, number, 10);
}

/* From the blank to the tilde. */
static bool is_printable(char byte)
{
    return (unsigned char)(byte - ' ') <= '~' - ' ';
}

/* How many bytes can stand for themselves in a string. */
static size_t count_plain(const char *text)
{
    size_t size = 0;

    while (is_printable(text[size]) && text[size] != '"' && text[size] != '\\')
        size++;
    return size;
}

/* Put what a client has sent: nothing in it can end the string or the line. */
static void put_foreign(struct line *l, const char *text)
{
    for (;;) {
        size_t size = count_plain(text);
        char escaped[8];

        coil__http_put_bytes(&l->w, text, size);
        text += size;
        if (!*text)
            return;
        snprintf(escaped, sizeof escaped, l->escape, (unsigned char)*text);
        put(l, escaped);
        text++;
    }
}

/* As "06/Nov/1994:08:49:37 +0000". */
static void put_log_time(struct line *l)
{
    char date[COIL__HTTP_DATE_SIZE]; /* "Sun, 06 Nov 1994 08:49:37 GMT" */
    char text[COIL__HTTP_DATE_SIZE];

    coil__http_date_text(date, coil_time_of_day() / COIL_SECOND);
    snprintf(text, sizeof text, "%.2s/%.3s/%.4s:%.8s +0000", date + 5, date + 8,
             date + 12, date + 17);
    put(l, text);
}

/* As "1994-11-06T08:49:37Z". */
static void put_iso_time(struct line *l)
{
    time_t now = coil_time_of_day() / COIL_SECOND;
    struct tm tm;
    char text[64];

    gmtime_r(&now, &tm);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    put(l, text);
}

/* The address without its port. */
static void put_peer(struct line *l, const struct coil_http_exchange *x)
{
    struct coil_address address;
    char text[COIL_ADDRESS_STRING];

    coil_http_exchange_peer(x, &address);
    coil_address_string(&address, text);
    if (address.length == 0 || !*text) {
        put(l, "-"); /* also for a Unix socket without a name */
        return;
    }
    if (coil_address_port(&address) > 0)
        *strrchr(text, ':') = '\0';
    put_foreign(l, text);
}

static void put_target(struct line *l, const struct coil_http_exchange *x)
{
    put_foreign(l, x->path);
    if (*x->query) {
        put(l, "?");
        put_foreign(l, x->query);
    }
}

static void put_header(struct line *l, const struct coil_http_exchange *x,
                       const char *name)
{
    const char *value = coil_http_exchange_header(x, name);

    put_foreign(l, value ? value : "-");
}

static uint64_t duration_of(const struct coil_http_exchange *x)
{
    return (uint64_t)(coil_now() - x->begun) / COIL_MILLISECOND;
}

static const char *version_of(const struct coil_http_exchange *x)
{
    if (x->head.is_http2)
        return "2.0";
    return x->head.minor == 0 ? "1.0" : "1.1";
}

static void put_combined(struct line *l, const struct coil_http_exchange *x)
{
    put_peer(l, x);
    put(l, " - - [");
    put_log_time(l);
    put(l, "] \"");
    put_foreign(l, x->head.method);
    put(l, " ");
    put_target(l, x);
    put(l, " HTTP/");
    put(l, version_of(x));
    put(l, "\" ");
    put_number(l, (uint64_t)x->status);
    put(l, " ");
    put_number(l, x->sent);
    put(l, " \"");
    put_header(l, x, "Referer");
    put(l, "\" \"");
    put_header(l, x, "User-Agent");
    put(l, "\" ");
    put_number(l, duration_of(x));
    put(l, "\n");
}

static void put_json(struct line *l, const struct coil_http_exchange *x)
{
    put(l, "{\"time\":\"");
    put_iso_time(l);
    put(l, "\",\"peer\":\"");
    put_peer(l, x);
    put(l, "\",\"method\":\"");
    put_foreign(l, x->head.method);
    put(l, "\",\"target\":\"");
    put_target(l, x);
    put(l, "\",\"version\":\"");
    put(l, version_of(x));
    put(l, "\",\"status\":");
    put_number(l, (uint64_t)x->status);
    put(l, ",\"bytes\":");
    put_number(l, x->sent);
    put(l, ",\"referer\":\"");
    put_header(l, x, "Referer");
    put(l, "\",\"agent\":\"");
    put_header(l, x, "User-Agent");
    put(l, "\",\"ms\":");
    put_number(l, duration_of(x));
    put(l, "}\n");
}

int coil__log_line(struct coil_buffer *out, const struct coil_http_exchange *x,
                   enum coil_http_access_log_format format)
{
    struct line l = { .w.out = out };

    if (format == COIL_HTTP_LOG_JSON) {
        l.escape = "\\u%04x";
        put_json(&l, x);
    } else {
        l.escape = "\\x%02x";
        put_combined(&l, x);
    }
    return l.w.rc;
}
