/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/*
 * permessage-deflate: the cases 12 and 13 of Autobahn's list, written anew, the
 * examples of RFC 7692, and what hostile senders send.
 */
#include <stdlib.h>

#include <coil/websocket.h>

#include "websocket_test.h"

/* ---- a client and a server, connected --------------------------------- */

static struct coil_websocket *client;
static struct coil_websocket *server;
static struct coil_stream *ends[2];

static const struct coil_websocket_options quiet = {
    .ping_every = COIL_NEVER,
    .max_message = (size_t)4 * 1024 * 1024,
};

static void open_both(const struct coil__websocket_deflate_terms *terms,
                      const struct coil_websocket_options *options)
{
    struct coil__websocket_terms both = { .is_client = true,
                                          .is_deflated = true,
                                          .deflate = *terms };

    ASSERT_EQ(coil_stream_pair(ends), 0);
    client = coil__websocket_make(ends[0], &both, options);
    both.is_client = false;
    server = coil__websocket_make(ends[1], &both, options);
    ASSERT(client && server);
}

static void close_both(void)
{
    coil_websocket_free(client);
    coil_websocket_free(server);
    coil_stream_abort(ends[0]);
    coil_stream_abort(ends[1]);
}

static bool can_deflate(void)
{
    const struct coil_websocket_options options = { .ping_every = COIL_NEVER };
    struct coil__websocket_deflate_terms none = { 0 };
    bool is_there;

    open_both(&none, &options);
    is_there = coil_websocket_send(client, COIL_WEBSOCKET_TEXT, "x", 1) == 0;
    close_both();
    if (!is_there)
        SKIP("zlib is not built in");
    return is_there;
}

/* ---- round trips ------------------------------------------------------ */

/* Bytes that compress well, or not at all. */
static void make_message(unsigned char *out, size_t size, bool is_dense)
{
    uint32_t state = (uint32_t)size + 1;

    for (size_t i = 0; i < size; i++) {
        state = state * 1664525 + 1013904223;
        out[i] = is_dense ? (unsigned char)(state >> 24)
                          : (unsigned char)("coroutine"[i % 9] + i / 900 % 5);
    }
}

struct parcel {
    struct coil_websocket *ws;
    const unsigned char *bytes;
    size_t size;
    size_t piece; /* 0: in one */
};

static int send_parcel(void *arg)
{
    const struct parcel *p = arg;
    int rc = 0;

    if (p->piece == 0)
        return coil_websocket_send(p->ws, COIL_WEBSOCKET_BINARY, p->bytes,
                                   p->size);
    for (size_t at = 0; rc == 0 && at < p->size; at += p->piece) {
        size_t n = p->size - at < p->piece ? p->size - at : p->piece;

        rc = coil_websocket_write(p->ws, COIL_WEBSOCKET_BINARY, p->bytes + at,
                                  n, false);
    }
    return rc < 0 ? rc
                  : coil_websocket_write(p->ws, COIL_WEBSOCKET_BINARY, NULL, 0,
                                         true);
}

/* The other side reads by pieces of `room`, or whole if that is 0. */
static void pass(struct parcel *p, struct coil_websocket *to, size_t room)
{
    struct coil_task *sender = start(send_parcel, p);
    unsigned char *bytes = malloc(room + 1);
    enum coil_websocket_kind kind;
    struct coil_websocket_message m;
    bool is_end = false;
    size_t at = 0;

    ASSERT_NOT_NULL(bytes);
    if (room == 0) {
        ASSERT_EQ(coil_websocket_recv(to, &m), 0);
        ASSERT_EQ(m.size, p->size);
        ASSERT_EQ(memcmp(m.data, p->bytes, m.size), 0);
    }
    while (room > 0 && !is_end) {
        ptrdiff_t n = coil_websocket_read(to, bytes, room, &kind, &is_end);

        ASSERT_GE(n, 0);
        ASSERT(n > 0 || is_end);
        ASSERT_EQ(kind, COIL_WEBSOCKET_BINARY);
        ASSERT_EQ(memcmp(bytes, p->bytes + at, (size_t)n), 0);
        at += (size_t)n;
    }
    ASSERT(room == 0 || at == p->size);
    free(bytes);
    ASSERT_EQ(end_of(sender), 0);
}

static void pass_many(void)
{
    static const size_t sizes[] = { 0,    1,    15,    16,     64,    1000,
                                    4096, 5000, 65536, 131072, 300000 };
    static unsigned char bytes[300000];

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct parcel p = { .bytes = bytes, .size = sizes[i] };

        make_message(bytes, p.size, i % 3 == 2);
        p.ws = client;
        pass(&p, server, 0);
        pass(&p, server, 1000);
        p.ws = server;
        p.piece = p.size / 3 + 1;
        pass(&p, client, 0);
        pass(&p, client, 7777);
    }
}

CORE_TEST(websocket_deflate_carries_messages_of_all_sizes)
{
    if (!can_deflate())
        return;
    for (int bits = 8; bits <= 15; bits++) {
        for (int forgets = 0; forgets < 4; forgets++) {
            struct coil__websocket_deflate_terms terms = {
                .server_forgets = forgets & 1,
                .client_forgets = forgets & 2,
                .server_bits = bits,
                .client_bits = 23 - bits,
            };

            if (forgets > 0 && bits % 3 > 0)
                continue;
            open_both(&terms, &quiet);
            pass_many();
            close_both();
        }
    }
}

/* What was said before makes the next message small. */
CORE_TEST(websocket_deflate_remembers_unless_asked_not_to)
{
    static const char text[] = "a sentence that is said twice, word for word";
    struct coil__websocket_deflate_terms terms = { 0 };
    size_t sizes[2][2];

    if (!can_deflate())
        return;
    for (int forgets = 0; forgets < 2; forgets++) {
        terms.client_forgets = forgets;
        open_both(&terms, &quiet);
        for (int i = 0; i < 2; i++) {
            struct coil_websocket_message m;

            ASSERT_EQ(coil_websocket_send(client, COIL_WEBSOCKET_TEXT, text,
                                          sizeof text - 1),
                      0);
            sizes[forgets][i] = client->out.packed.size;
            ASSERT_EQ(coil_websocket_recv(server, &m), 0);
            ASSERT_STR_EQ(m.data, text);
        }
        close_both();
    }
    ASSERT(sizes[0][1] < sizes[0][0] / 2);
    ASSERT_EQ(sizes[1][1], sizes[1][0]);
}

CORE_TEST(websocket_deflate_leaves_short_messages_alone)
{
    struct coil_websocket_options options = quiet;
    struct coil__websocket_terms terms = { .is_deflated = true };
    struct raw raw;

    if (!can_deflate())
        return;
    options.deflate.from = 10;
    options.deflate.level = 9;
    raw_begin_with(&raw, &terms, &options);
    ASSERT_EQ(coil_websocket_send(raw.ws, COIL_WEBSOCKET_TEXT, "short", 5), 0);
    raw_expect(&raw, &FRAME(0x81, "short"));
    ASSERT_EQ(
        coil_websocket_send(raw.ws, COIL_WEBSOCKET_TEXT, "aaaaaaaaaaaaa", 13),
        0);
    {
        struct frame heard;

        ASSERT_EQ(raw_hear(&raw, &heard), 1);
        ASSERT_EQ(heard.first, 0xc1);
        ASSERT_LT(heard.size, 13);
    }
    raw_end(&raw);
}

/* ---- what others send ------------------------------------------------- */

static void begin_deflated(struct raw *raw,
                           const struct coil_websocket_options *options)
{
    struct coil__websocket_terms terms = { .is_deflated = true };

    raw_begin_with(raw, &terms, options ? options : &quiet);
}

static void expect_hello(struct raw *raw)
{
    struct coil_websocket_message m;

    ASSERT_EQ(coil_websocket_recv(raw->ws, &m), 0);
    ASSERT_STR_EQ(m.data, "Hello");
}

CORE_TEST(websocket_deflate_takes_the_examples_of_the_rfc)
{
    struct raw raw;

    if (!can_deflate())
        return;
    begin_deflated(&raw, NULL);
    raw_send(&raw, &FRAME(0xc1, "\xf2\x48\xcd\xc9\xc9\x07\x00"));
    expect_hello(&raw);
    raw_send(&raw, &FRAME(0xc1, "\xf2\x00\x11\x00\x00")); /* by the window */
    expect_hello(&raw);
    raw_send(&raw, &FRAME(0x41, "\xf2\x48\xcd"));
    raw_send(&raw, &FRAME(0x80, "\xc9\xc9\x07\x00"));
    expect_hello(&raw);
    raw_send(&raw, &FRAME(0xc1, "\x00\x05\x00\xfa\xff"
                                "Hello\x00"));
    expect_hello(&raw);
    raw_send(&raw, &FRAME(0xc1, "\xf3\x48\xcd\xc9\xc9\x07\x00\x00"));
    expect_hello(&raw);
    raw_send(&raw,
             &FRAME(0xc1, "\xf2\x00\x11\x00\x00")); /* beyond a last block */
    expect_hello(&raw);
    raw_send(&raw, &FRAME(0xc1, "\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9"
                                "\x07\x00"));
    expect_hello(&raw);
    /* A last block that is empty, and one with more behind it. */
    raw_send(&raw, &FRAME(0xc1, "\x03\x00\xf2\x48\xcd\xc9\xc9\x07\x00"));
    expect_hello(&raw);
    raw_send(&raw, &FRAME(0xc1, "\xf3\x48\x05\x00\xca\xc9\xc9\x07\x00"));
    expect_hello(&raw);
    raw_send(&raw, &FRAME(0x41, "\xf3\x48\xcd\xc9\xc9\x07\x00"));
    raw_send(&raw, &FRAME(0x80, "\x00"));
    expect_hello(&raw);
    raw_send(&raw, &FRAME(0x81, "Hello")); /* not compressed at all */
    expect_hello(&raw);
    raw_end(&raw);
}

/*
 * To begin anew behind a last block needs memory for a moment.  For want of it the
 * WebSocket ends, or the message can be received later.
 */
CORE_TEST(websocket_deflate_may_end_for_want_of_memory)
{
    size_t ended = 0;
    size_t tried = 0;

    if (!can_deflate())
        return;
    for (size_t n = 1; n < 12; n++) {
        struct coil_websocket_message m;
        struct raw raw;
        int rc;

        begin_deflated(&raw, NULL);
        raw_send(&raw, &FRAME(0xc1, "\xf3\x48\xcd\xc9\xc9\x07\x00\x00"));
        coil_test_fail_allocation(n, false);
        rc = coil_websocket_recv(raw.ws, &m);
        coil_test_fail_allocation(0, false);
        if (rc < 0) {
            ASSERT_EQ(rc, -ENOMEM);
            tried++;
            rc = coil_websocket_recv(raw.ws, &m);
        }
        if (rc < 0) {
            ASSERT_EQ(rc, -ENOMEM);
            raw_expect(&raw, &FRAME(0x88, "\x03\xf3no memory"));
            ended++;
        } else {
            ASSERT_STR_EQ(m.data, "Hello");
        }
        raw_end(&raw);
    }
    ASSERT_GT(ended, 0);
    ASSERT_GT(tried, ended);
}

static void expect_end(struct raw *raw, int rc, const struct frame *close)
{
    struct coil_websocket_message m;

    ASSERT_EQ(coil_websocket_recv(raw->ws, &m), rc);
    raw_expect(raw, close);
    ASSERT_EQ(coil_websocket_recv(raw->ws, &m), rc);
    raw_end(raw);
}

CORE_TEST(websocket_deflate_refuses_what_is_broken)
{
    struct raw raw;

    if (!can_deflate())
        return;
    begin_deflated(&raw, NULL);
    raw_send(&raw, &FRAME(0xc1, "\xff\xff\xff\xff"));
    expect_end(&raw, COIL_EHTTP_BAD_CODING,
               &FRAME(0x88, "\x03\xefnot deflate"));

    begin_deflated(&raw, NULL);
    raw_send(&raw, &FRAME(0xc1, "\xf2\x00\x11\x00\x00")); /* no window yet */
    expect_end(&raw, COIL_EHTTP_BAD_CODING,
               &FRAME(0x88, "\x03\xefnot deflate"));

    begin_deflated(&raw, NULL);
    raw_send(&raw, &FRAME(0x41, "\xf2\x48\xcd"));
    raw_send(&raw, &FRAME(0xc0, "\xc9\xc9\x07\x00"));
    expect_end(&raw, COIL_EHTTP_MALFORMED,
               &FRAME(0x88, "\x03\xea"
                            "a reserved bit"));

    /* A stored block that is no text. */
    begin_deflated(&raw, NULL);
    raw_send(&raw, &FRAME(0xc1, "\x00\x02\x00\xfd\xff"
                                "a\xff\x00"));
    expect_end(&raw, COIL_EHTTP_MALFORMED, &FRAME(0x88, "\x03\xefnot UTF-8"));
}

/* Zeroes, very many of them. */
static void send_bomb(struct raw *raw, size_t size)
{
    struct coil__websocket_deflate_terms none = { 0 };
    unsigned char *zeroes = calloc(1, size);

    ASSERT_NOT_NULL(zeroes);
    open_both(&none, &quiet);
    ASSERT_EQ(coil_websocket_send(client, COIL_WEBSOCKET_BINARY, zeroes, size),
              0);
    raw_send(raw,
             &(struct frame){ 0xc2, coil__buffer_bytes(&client->out.packed),
                              client->out.packed.size });
    close_both();
    free(zeroes);
}

CORE_TEST(websocket_deflate_survives_bombs)
{
    struct coil_websocket_options options = quiet;
    struct coil_websocket_message m;
    struct raw raw;

    if (!can_deflate())
        return;
    begin_deflated(&raw, &options);
    send_bomb(&raw, 3000000);
    expect_end(&raw, COIL_EHTTP_BOMB, &FRAME(0x88, "\x03\xf1too large"));

    options.deflate.max_ratio = SIZE_MAX;
    begin_deflated(&raw, &options);
    send_bomb(&raw, 3000000);
    ASSERT_EQ(coil_websocket_recv(raw.ws, &m), 0);
    ASSERT_EQ(m.size, 3000000);
    raw_end(&raw);

    options.max_message = 1000000;
    begin_deflated(&raw, &options);
    send_bomb(&raw, 1000000);
    ASSERT_EQ(coil_websocket_recv(raw.ws, &m), 0);
    send_bomb(&raw, 1000001);
    expect_end(&raw, COIL_EHTTP_BODY_TOO_LARGE,
               &FRAME(0x88, "\x03\xf1too large"));
}

/* A message that was compressed and not sent leaves no trace. */
CORE_TEST(websocket_deflate_goes_on_after_a_lack_of_memory)
{
    static const char text[] = "said once, said again, and said once more";
    struct coil__websocket_deflate_terms none = { 0 };
    struct coil_websocket_message m;

    if (!can_deflate())
        return;
    for (size_t n = 1; n < 12; n++) {
        int rc;

        open_both(&none, &quiet);
        coil_test_fail_allocation(n, false);
        rc = coil_websocket_send(client, COIL_WEBSOCKET_TEXT, text,
                                 sizeof text - 1);
        coil_test_fail_allocation(0, false);
        if (rc == 0) {
            ASSERT_EQ(coil_websocket_recv(server, &m), 0);
            ASSERT_STR_EQ(m.data, text);
        } else {
            ASSERT_EQ(rc, -ENOMEM);
        }
        for (int i = 0; i < 2; i++) {
            ASSERT_EQ(coil_websocket_send(client, COIL_WEBSOCKET_TEXT, text,
                                          sizeof text - 1),
                      0);
            ASSERT_EQ(coil_websocket_recv(server, &m), 0);
            ASSERT_STR_EQ(m.data, text);
        }
        close_both();
    }
}
