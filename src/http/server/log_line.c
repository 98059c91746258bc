/* SPDX-License-Identifier: MIT */
#include "http/server/log_line.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* A line in the making. */
struct line {
    struct coil_buffer *out;
    const char *escape; /* the format of a byte that cannot stand for itself */
    int rc;
};

static void put(struct line *l, const char *text)
{
    if (l->rc == 0)
        l->rc = coil__buffer_append(l->out, text, strlen(text));
}

static void put_number(struct line *l, long long number)
{
    if (l->rc == 0)
        l->rc = coil__buffer_printf(l->out, "%lld", number);
}

/* Put what a client has sent: nothing in it can end the string or the line. */
static void put_foreign(struct line *l, const char *text)
{
    for (; *text && l->rc == 0; text++) {
        unsigned char c = (unsigned char)*text;

        if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\')
            l->rc = coil__buffer_printf(l->out, l->escape, c);
        else
            l->rc = coil__buffer_append(l->out, text, 1);
    }
}

static void put_time(struct line *l, const char *format)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t now = time(NULL);
    struct tm tm;
    char text[64];

    gmtime_r(&now, &tm);
    /* %b depends on the locale. */
    if (!format)
        snprintf(text, sizeof text, "%02d/%.3s/%04d:%02d:%02d:%02d +0000",
                 tm.tm_mday, months + 3 * tm.tm_mon, tm.tm_year + 1900,
                 tm.tm_hour, tm.tm_min, tm.tm_sec);
    else
        strftime(text, sizeof text, format, &tm);
    put(l, text);
}

/* The address without its port. */
static void put_peer(struct line *l, const struct coil_http_exchange *x)
{
    struct coil_address address;
    char text[COIL_ADDRESS_STRING];
    char *colon;

    coil_http_exchange_peer(x, &address);
    if (address.length == 0) {
        put(l, "-");
        return;
    }
    coil_address_string(&address, text);
    colon = strrchr(text, ':');
    if (colon && coil_address_port(&address) > 0)
        *colon = '\0';
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

static long long duration_of(const struct coil_http_exchange *x)
{
    return (coil_now() - x->begun) / COIL_MILLISECOND;
}

static void put_combined(struct line *l, const struct coil_http_exchange *x)
{
    put_peer(l, x);
    put(l, " - - [");
    put_time(l, NULL);
    put(l, "] \"");
    put_foreign(l, x->head.method);
    put(l, " ");
    put_target(l, x);
    put(l, x->head.minor == 0 ? " HTTP/1.0\" " : " HTTP/1.1\" ");
    put_number(l, x->status);
    put(l, " ");
    put_number(l, (long long)x->sent);
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
    put_time(l, "%Y-%m-%dT%H:%M:%SZ");
    put(l, "\",\"peer\":\"");
    put_peer(l, x);
    put(l, "\",\"method\":\"");
    put_foreign(l, x->head.method);
    put(l, "\",\"target\":\"");
    put_target(l, x);
    put(l, x->head.minor == 0 ? "\",\"version\":\"1.0\",\"status\":"
                              : "\",\"version\":\"1.1\",\"status\":");
    put_number(l, x->status);
    put(l, ",\"bytes\":");
    put_number(l, (long long)x->sent);
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
    struct line l = { .out = out };

    if (format == COIL_HTTP_LOG_JSON) {
        l.escape = "\\u%04x";
        put_json(&l, x);
    } else {
        l.escape = "\\x%02x";
        put_combined(&l, x);
    }
    return l.rc;
}
