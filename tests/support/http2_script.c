/* SPDX-License-Identifier: MIT */
/* http2_script.c - what a client of HTTP/2 sends, and what must come of it, as text */
#include "http2_script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coil/http.h>
#include <nghttp2/nghttp2.h>

#include "http_server_test.h"

/* One case that is being played. */
struct play {
    const struct h2_case *row;
    struct h2_raw peer;
    char events[2000];
};

/* ---- events ----------------------------------------------------------- */

static void note(struct play *p, const char *what, uint32_t stream,
                 const char *how)
{
    size_t used = strlen(p->events);
    size_t room = sizeof p->events - used;

    if (stream > 0)
        snprintf(p->events + used, room, "%s@%u%s%s;", what, stream,
                 *how ? " " : "", how);
    else
        snprintf(p->events + used, room, "%s%s%s;", what, *how ? " " : "", how);
}

static bool is_ack(const struct h2_frame *f)
{
    return f->flags & NGHTTP2_FLAG_ACK;
}

static void note_frame(struct play *p)
{
    const struct h2_frame *f = &p->peer.frame;
    char status[8];

    if (f->type == NGHTTP2_RST_STREAM) {
        note(p, "rst", f->stream, h2_code_name(h2_number(f->payload)));
    } else if (f->type == NGHTTP2_GOAWAY) {
        note(p, "goaway", 0, h2_code_name(p->peer.goaway));
    } else if (f->type == NGHTTP2_HEADERS) {
        if (sscanf(p->peer.head, ":status: %3[0-9]", status) == 1)
            note(p, "status", f->stream, status);
    } else if (f->type == NGHTTP2_SETTINGS && is_ack(f)) {
        note(p, "ack", 0, "");
    } else if (f->type == NGHTTP2_PING && is_ack(f)) {
        bool is_mine = memcmp(f->payload, "is alive", 8) == 0;

        note(p, is_mine ? "alive" : "pong", 0, "");
    }
    if ((f->type == NGHTTP2_HEADERS || f->type == NGHTTP2_DATA) &&
        f->flags & NGHTTP2_FLAG_END_STREAM)
        note(p, "end", f->stream, "");
}

/* Read a frame, or the end of the connection.  Returns false at the end. */
static bool read_one(struct play *p)
{
    if (h2_read(&p->peer)) {
        note_frame(p);
        return true;
    }
    note(p, "closed", 0, "");
    return false;
}

/* Whether this has happened; `wanted` ends at " | ". */
static bool has_happened(const struct play *p, const char *wanted)
{
    char text[100];
    size_t size = strcspn(wanted, "|");

    while (size > 0 && wanted[size - 1] == ' ')
        size--;
    ASSERT_LT(size, sizeof text - 1);
    memcpy(text, wanted, size);
    strcpy(text + size, ";");
    return strstr(p->events, text) != NULL;
}

static bool is_as_expected(const struct play *p)
{
    const char *at = p->row->expected;

    while (at) {
        const char *bar = strstr(at, " | ");

        if (has_happened(p, at))
            return true;
        at = bar ? bar + 3 : NULL;
    }
    return false;
}

/* ---- payloads --------------------------------------------------------- */

static void put_hex(struct h2_block *b, const char *text, size_t size)
{
    for (size_t i = 0; i + 1 < size; i += 2) {
        char digits[3] = { text[i], text[i + 1], '\0' };
        unsigned char byte = (unsigned char)strtoul(digits, NULL, 16);

        h2_put(b, &byte, 1);
    }
}

static void put_many(struct h2_block *b, char byte, size_t count)
{
    while (count-- > 0)
        h2_put(b, &byte, 1);
}

static void put_text(struct h2_block *b, const char *field, size_t size)
{
    char name[200];
    char *value;

    ASSERT_LT(size, sizeof name);
    memcpy(name, field, size);
    name[size] = '\0';
    for (char *at = name; *at; at++)
        if (*at == '_')
            *at = ' ';
    value = strchr(name, '=');
    ASSERT_NOT_NULL(value);
    *value = '\0';
    h2_put_field(b, name, value + 1);
}

static bool is_word(const char *word, size_t size, const char *text)
{
    return strlen(text) == size && memcmp(word, text, size) == 0;
}

/* Put one piece of a payload.  Returns whether it is one. */
static bool put_piece(struct h2_block *b, const char *word, size_t size)
{
    if (is_word(word, size, "get"))
        h2_put_request(b, "GET", "/hello");
    else if (is_word(word, size, "post"))
        h2_put_request(b, "POST", "/look");
    else if (size < 2 || word[1] != ':')
        return false;
    else if (*word == 'x')
        put_hex(b, word + 2, size - 2);
    else if (*word == 't')
        h2_put(b, word + 2, size - 2);
    else if (*word == 'z')
        put_many(b, '\0', strtoul(word + 2, NULL, 10));
    else if (*word == 'a')
        put_many(b, 'a', strtoul(word + 2, NULL, 10));
    else if (*word == 'f')
        put_text(b, word + 2, size - 2);
    else
        return false;
    return true;
}

/* ---- steps ------------------------------------------------------------ */

struct step {
    unsigned type;
    unsigned flags;
    uint32_t stream;
    bool is_lie;
    uint32_t length;
    struct h2_block payload;
};

static unsigned type_of(const char *word, size_t size)
{
    static const char *const types[] = { "data", "headers",  "priority",
                                         "rst",  "settings", "push",
                                         "ping", "goaway",   "window",
                                         "cont" };

    for (unsigned i = 0; i < sizeof types / sizeof types[0]; i++)
        if (is_word(word, size, types[i]))
            return i;
    ASSERT_EQ(strncmp(word, "type:", 5), 0);
    return (unsigned)strtoul(word + 5, NULL, 10);
}

static unsigned flag_of(const char *word, size_t size)
{
    if (is_word(word, size, "+es") || is_word(word, size, "+ack"))
        return NGHTTP2_FLAG_END_STREAM;
    if (is_word(word, size, "+eh"))
        return NGHTTP2_FLAG_END_HEADERS;
    if (is_word(word, size, "+pad"))
        return NGHTTP2_FLAG_PADDED;
    if (is_word(word, size, "+prio"))
        return NGHTTP2_FLAG_PRIORITY;
    ASSERT_EQ(strncmp(word, "+f:", 3), 0);
    return (unsigned)strtoul(word + 3, NULL, 16);
}

static void take_word(struct step *s, const char *word, size_t size)
{
    if (*word == '+') {
        s->flags |= flag_of(word, size);
    } else if (*word == '@') {
        s->stream = (uint32_t)strtoul(word + 1, NULL, 10);
    } else if (strncmp(word, "len:", 4) == 0) {
        s->is_lie = true;
        s->length = (uint32_t)strtoul(word + 4, NULL, 10);
    } else {
        ASSERT(put_piece(&s->payload, word, size));
    }
}

static void send_step(struct play *p, const struct step *s)
{
    unsigned char head[4];

    if (!s->is_lie) {
        h2_send(&p->peer, s->type, s->flags, s->stream, s->payload.bytes,
                s->payload.size);
        return;
    }
    head[0] = (unsigned char)(s->length >> 16);
    head[1] = (unsigned char)(s->length >> 8);
    head[2] = (unsigned char)s->length;
    head[3] = (unsigned char)s->type;
    h2_send_bytes(&p->peer, head, sizeof head);
    head[0] = (unsigned char)s->flags;
    h2_send_bytes(&p->peer, head, 1);
    for (int i = 0; i < 4; i++)
        head[i] = (unsigned char)(s->stream >> (24 - 8 * i));
    h2_send_bytes(&p->peer, head, sizeof head);
    h2_send_bytes(&p->peer, s->payload.bytes, s->payload.size);
}

static void read_until(struct play *p, const char *event)
{
    while (!strstr(p->events, event) && read_one(p))
        ;
}

/* The words of a step that is no frame.  Returns whether it is one of them. */
static bool play_other(struct play *p, const char *word, size_t size)
{
    char event[40];

    if (is_word(word, size, "settle")) {
        settle();
    } else if (is_word(word, size, "wait")) {
        int rc =
            coil_sleep(strtol(word + size + 2, NULL, 10) * COIL_MILLISECOND);

        (void)rc; /* what comes next shows it */
    } else if (is_word(word, size, "preface")) {
        h2_send_bytes(&p->peer, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24);
    } else if (is_word(word, size, "await")) {
        snprintf(event, sizeof event, "end@%lu;",
                 strtoul(word + size + 2, NULL, 10));
        read_until(p, event);
    } else {
        return false;
    }
    return true;
}

/* Play words[0 … size-1], `times` times. */
static void play_step(struct play *p, const char *words, size_t size,
                      unsigned long times)
{
    struct step *s = calloc(1, sizeof *s);
    size_t first = strcspn(words, " ;");
    bool is_frame = !is_word(words, first, "bytes");

    ASSERT_NOT_NULL(s);
    if (play_other(p, words, first)) {
        free(s);
        return;
    }
    if (is_frame)
        s->type = type_of(words, first);
    for (size_t at = first; at < size;) {
        size_t length;

        at += words[at] == ' ';
        length = strcspn(words + at, " ;");
        if (length > 0)
            take_word(s, words + at, length);
        at += length;
    }
    for (; times > 0; times--, s->stream += 2) {
        if (is_frame)
            send_step(p, s);
        else
            h2_send_bytes(&p->peer, s->payload.bytes, s->payload.size);
    }
    free(s);
}

static void play_script(struct play *p, const char *script)
{
    while (*script) {
        size_t size = strcspn(script, ";");
        unsigned long times = 1;

        if (strncmp(script, "again ", 6) == 0) {
            char *end;

            times = strtoul(script + 6, &end, 10);
            size -= (size_t)(end + 1 - script);
            script = end + 1;
        }
        play_step(p, script, size, times);
        script += size;
        script += *script == ';';
        script += *script == ' ';
    }
}

/* ---- cases ------------------------------------------------------------ */

static void begin(struct play *p)
{
    h2_begin(&p->peer);
    read_until(p, "ack;");
    ASSERT_STR_EQ(p->events, "ack;");
    ASSERT(h2_is_alive(&p->peer)); /* and it has my acknowledgement */
    p->events[0] = '\0';
}

static bool is_error(const char *expected)
{
    return strstr(expected, "goaway") || strstr(expected, "rst") ||
           strstr(expected, "closed");
}

/* Play the case against the server behind the stream, which is given. */
static void play_case(const struct h2_case *row, struct coil_stream *stream)
{
    static struct play p;
    const char *script = row->script;

    p.row = row;
    p.events[0] = '\0';
    h2_meet(&p.peer, stream);
    if (strncmp(script, "raw; ", 5) == 0)
        script += 5;
    else
        begin(&p);
    play_script(&p, script);
    h2_send(&p.peer, NGHTTP2_PING, 0, 0, "is alive", 8);
    while (!is_as_expected(&p) && read_one(&p))
        ;
    if (!is_as_expected(&p))
        fprintf(stderr, "%s: expected %s, but came %s\n", row->name,
                row->expected, p.events);
    ASSERT(is_as_expected(&p));
    if (!is_error(row->expected) && is_error(p.events))
        ASSERT_STR_EQ(p.events, row->expected);
    h2_part(&p.peer);
}

void h2_play(struct h2_raw *peer, const char *script)
{
    struct play *p = calloc(1, sizeof *p);

    ASSERT_NOT_NULL(p);
    p->peer = *peer;
    play_script(p, script);
    *peer = p->peer;
    free(p);
}

void h2_play_all(const struct h2_case *rows, size_t count)
{
    serve_defaults();
    for (size_t i = 0; i < count; i++) {
        play_case(&rows[i], dial());
        ASSERT_STR_EQ(body_in(get("/hello")), "hello");
    }
    end_server();
}
