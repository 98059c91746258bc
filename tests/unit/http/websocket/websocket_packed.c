/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * Compression as both sides have agreed on it: the cases 12 (kinds and sizes of
 * messages) and 13 (offers) of Autobahn's list, written anew.  A client and a server
 * shake hands over a simulated network, and the server sends everything back.
 */
#include <stdlib.h>

#include <coil/http_versions.h>
#include <coil/websocket.h>

#include "test_table.h"
#include "websocket_server_test.h"

/* ---- what is sent ------------------------------------------------------- */

enum kind { JSON, NOISE, PROSE, PAGE, FAR, KINDS };

static uint32_t chance;

static uint32_t next_chance(uint32_t limit)
{
    chance = chance * 1664525 + 1013904223;
    return (chance >> 8) % limit;
}

/* Words of a kind of text. */
static const char *next_word(enum kind kind)
{
    static const char *const words[][8] = {
        [JSON] = { "{\"id\": ", "\"name\": ", "true", "null, ", "[1, 2, ", "}",
                   "\"\xc3\xa4\xc3\xb6\", ", "3.14159" },
        [PROSE] = { "the ", "loop ", "waits ", "for ", "whoever ", "comes. ",
                    "\xe2\x80\x94 ", "And " },
        [PAGE] = { "<p>", "</p>\n", "<a href=\"", "\">", "</a>",
                   "<div class=", "\"x\">", "</div>\n" },
    };

    return words[kind][next_chance(8)];
}

/* FAR: noise that comes again, farther back than a small window reaches. */
static void fill(unsigned char *bytes, size_t size, enum kind kind)
{
    enum { PERIOD = 5000 };
    size_t at = 0;

    chance = (uint32_t)size + (uint32_t)kind;
    if (kind == NOISE || kind == FAR) {
        for (; at < size; at++)
            bytes[at] = kind == FAR && at >= PERIOD
                            ? bytes[at - PERIOD]
                            : (unsigned char)next_chance(256);
        return;
    }
    while (at < size) {
        const char *word = next_word(kind);
        size_t n = strlen(word);

        if (n > size - at) {
            memset(bytes + at, ' ', size - at);
            return;
        }
        memcpy(bytes + at, word, n);
        at += n;
    }
}

static enum coil_websocket_kind kind_of(enum kind kind)
{
    return kind == NOISE || kind == FAR ? COIL_WEBSOCKET_BINARY
                                        : COIL_WEBSOCKET_TEXT;
}

/* In frames of `frame` bytes; 0: in one. */
static int send_in_frames(struct coil_websocket *ws, enum kind kind,
                          const unsigned char *bytes, size_t size, size_t frame)
{
    size_t at = 0;
    int rc = 0;

    while (rc == 0 && frame > 0 && size - at > frame) {
        rc = coil_websocket_write(ws, kind_of(kind), bytes + at, frame, false);
        at += frame;
    }
    return rc < 0 ? rc
                  : coil_websocket_write(ws, kind_of(kind), bytes + at,
                                         size - at, true);
}

static void pass(struct coil_websocket *ws, enum kind kind,
                 const unsigned char *bytes, size_t size, size_t frame)
{
    struct coil_websocket_message m;

    ASSERT_EQ(send_in_frames(ws, kind, bytes, size, frame), 0);
    ASSERT_EQ(coil_websocket_recv(ws, &m), 0);
    ASSERT_EQ(m.kind, kind_of(kind));
    ASSERT_EQ(m.size, size);
    ASSERT_EQ(memcmp(m.data, bytes, size), 0);
}

static bool can_deflate(void)
{
    struct coil_http_versions versions;

    coil_http_versions(&versions);
    return versions.zlib[0];
}

static void on_the_simulator(void (*body)(void))
{
    if (!can_deflate())
        SKIP("zlib is not built in");
    simulated = true;
    ASSERT_EQ(coil_test_run(run_body, &body, 0), 0);
}

/* ---- 12: kinds and sizes ------------------------------------------------ */

static const struct load {
    const char *number;
    size_t size;
    size_t frame;
} loads[] = {
    { "1", 16, 0 },         { "2", 64, 0 },         { "3", 256, 0 },
    { "4", 1024, 0 },       { "5", 4096, 0 },       { "6", 8192, 0 },
    { "7", 16384, 0 },      { "8", 32768, 0 },      { "9", 65536, 0 },
    { "10", 131072, 0 },    { "11", 8192, 256 },    { "12", 16384, 256 },
    { "13", 32768, 256 },   { "14", 65536, 256 },   { "15", 131072, 256 },
    { "16", 131072, 1024 }, { "17", 131072, 4096 }, { "18", 131072, 32768 },
    { "empty", 0, 0 },
};

enum { LOADS = sizeof loads / sizeof loads[0], VOLUME = 400000, MOST = 1000 };

struct case_12 {
    enum kind kind;
    const struct load *load;
};

static const struct case_12 *playing_12;

static void play_12(void)
{
    static unsigned char bytes[131072];
    const struct load *load = playing_12->load;
    struct coil_websocket *ws;
    size_t count = VOLUME / (load->size + 1) + 1;

    ws_world_open(NULL, NULL);
    ASSERT_EQ(ws_connect(&ws, NULL), 0);
    ASSERT(ws_world.is_deflated);
    fill(bytes, load->size, playing_12->kind);
    for (size_t i = 0; i < count && i < MOST; i++) {
        if (load->size > 0)
            bytes[0] = (unsigned char)('a' + i % 26);
        pass(ws, playing_12->kind, bytes, load->size, load->frame);
    }
    ws_finish(ws);
    ws_world_close();
}

static void play_case_12(const void *subject)
{
    playing_12 = subject;
    on_the_simulator(play_12);
}

/* ---- 13: offers --------------------------------------------------------- */

/* What one side wants; in each combination with what the other wants. */
static const struct coil_websocket_deflate wishes[] = {
    { .window_bits = 0 },
    { .window_bits = 9 },
    { .window_bits = 15 },
    { .peer_window_bits = 9 },
    { .peer_window_bits = 15 },
    { .forget = true },
    { .peer_forgets = true },
    { .forget = true, .peer_forgets = true },
    { .window_bits = 9, .peer_window_bits = 9 },
    { .window_bits = 15, .peer_window_bits = 15, .level = 9 },
    { .forget = true, .window_bits = 9, .level = 1 },
    { .peer_forgets = true, .peer_window_bits = 10 },
    { .forget = true,
      .peer_forgets = true,
      .window_bits = 15,
      .peer_window_bits = 9,
      .from = 20 },
};

enum { WISHES = sizeof wishes / sizeof wishes[0] };

/* The number of a parameter in the server's answer; 0: it is not there. */
static int bits_in(const char *answer, const char *name)
{
    const char *at = strstr(answer, name);

    return at ? atoi(at + strlen(name)) : 0;
}

/* What was wished for is in the answer. */
static void check_terms(const char *answer,
                        const struct coil_websocket_deflate *client,
                        const struct coil_websocket_deflate *server)
{
    int server_bits = bits_in(answer, "server_max_window_bits=");
    int client_bits = bits_in(answer, "client_max_window_bits=");

    if (client->peer_forgets || server->forget)
        ASSERT_STR_CONTAINS(answer, "server_no_context_takeover");
    if (client->forget || server->peer_forgets)
        ASSERT_STR_CONTAINS(answer, "client_no_context_takeover");
    if (client->peer_window_bits > 0) {
        ASSERT_GT(server_bits, 0);
        ASSERT_LE(server_bits, client->peer_window_bits);
        ASSERT(server->window_bits == 0 || server_bits <= server->window_bits);
    }
    if (server->peer_window_bits > 0) {
        ASSERT_GT(client_bits, 0);
        ASSERT_LE(client_bits, server->peer_window_bits);
    }
}

static void play_wishes(const struct coil_websocket_deflate *client,
                        const struct coil_websocket_deflate *server)
{
    static unsigned char bytes[20000];
    const struct coil_websocket_options options = { .deflate = *client };
    const struct coil_websocket_options others = { .deflate = *server };
    struct coil_websocket *ws;

    ws_world.options = &others;
    ASSERT_EQ(ws_connect(&ws, &options), 0);
    ASSERT(coil_websocket_is_deflated(ws) && ws_world.is_deflated);
    check_terms(coil_http_response_header(coil_websocket_response(ws),
                                          "Sec-WebSocket-Extensions"),
                client, server);
    for (enum kind kind = 0; kind < KINDS; kind++) {
        fill(bytes, sizeof bytes, kind);
        pass(ws, kind, bytes, 10, 0);
        pass(ws, kind, bytes, sizeof bytes, 0);
        pass(ws, kind, bytes, sizeof bytes, 3000);
    }
    ws_finish(ws);
}

static const struct coil_websocket_deflate *playing_13;

static void play_13(void)
{
    ws_world_open(NULL, NULL);
    for (int i = 0; i < WISHES; i++)
        play_wishes(playing_13, &wishes[i]);
    ws_world_close();
}

static void play_case_13(const void *subject)
{
    playing_13 = subject;
    on_the_simulator(play_13);
}

__attribute__((constructor)) static void make_tests(void)
{
    static struct case_12 cases[KINDS * LOADS];
    char name[32];

    for (size_t i = 0; i < KINDS * LOADS; i++) {
        cases[i] =
            (struct case_12){ (enum kind)(i / LOADS), &loads[i % LOADS] };
        snprintf(name, sizeof name, "12_%zu_%s", i / LOADS + 1,
                 loads[i % LOADS].number);
        add_test(__FILE__, "websocket_packed", name, play_case_12, &cases[i]);
    }
    for (int i = 0; i < WISHES; i++) {
        snprintf(name, sizeof name, "13_%d", i + 1);
        add_test(__FILE__, "websocket_packed", name, play_case_13, &wishes[i]);
    }
}
