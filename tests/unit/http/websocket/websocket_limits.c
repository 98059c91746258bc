/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * Large messages and many: the cases 9 of Autobahn's list, those of 1 with large
 * frames, and 10, written anew.  Each is echoed by a server and by a client.
 */
#include <stdlib.h>

#include <coil/websocket.h>

#include "test_table.h"
#include "websocket_test.h"

#define KIB ((size_t)1024)
#define MIB (1024 * KIB)

enum { TEXT = 1, BYTES = 2, LAST = 0x80 };

struct load {
    const char *name;
    unsigned char opcode;
    size_t size;  /* of a message */
    size_t frame; /* of how many bytes the frames are; 0: one frame */
    size_t chop;  /* how many bytes come at a time; 0: all */
    int count;    /* of messages */
};

#define BOTH(number, text, bytes, ...)                                         \
    { text "_" number, TEXT, __VA_ARGS__ },                                    \
    {                                                                          \
        bytes "_" number, BYTES, __VA_ARGS__                                   \
    }

static const struct load loads[] = {
    BOTH("6", "1_1", "1_2", 65535, 0, 0, 1),
    BOTH("7", "1_1", "1_2", 65536, 0, 0, 1),
    BOTH("8", "1_1", "1_2", 65536, 0, 997, 1),

    BOTH("1", "9_1", "9_2", 64 * KIB, 0, 0, 1),
    BOTH("2", "9_1", "9_2", 256 * KIB, 0, 0, 1),
    BOTH("3", "9_1", "9_2", 1 * MIB, 0, 0, 1),
    BOTH("4", "9_1", "9_2", 4 * MIB, 0, 0, 1),
    BOTH("5", "9_1", "9_2", 8 * MIB, 0, 0, 1),
    BOTH("6", "9_1", "9_2", 16 * MIB, 0, 0, 1),

    BOTH("1", "9_3", "9_4", 4 * MIB, 64, 0, 1),
    BOTH("2", "9_3", "9_4", 4 * MIB, 256, 0, 1),
    BOTH("3", "9_3", "9_4", 4 * MIB, 1 * KIB, 0, 1),
    BOTH("4", "9_3", "9_4", 4 * MIB, 4 * KIB, 0, 1),
    BOTH("5", "9_3", "9_4", 4 * MIB, 16 * KIB, 0, 1),
    BOTH("6", "9_3", "9_4", 4 * MIB, 64 * KIB, 0, 1),
    BOTH("7", "9_3", "9_4", 4 * MIB, 256 * KIB, 0, 1),
    BOTH("8", "9_3", "9_4", 4 * MIB, 1 * MIB, 0, 1),
    BOTH("9", "9_3", "9_4", 4 * MIB, 4 * MIB, 0, 1),

    BOTH("1", "9_5", "9_6", 1 * MIB, 0, 64, 1),
    BOTH("2", "9_5", "9_6", 1 * MIB, 0, 128, 1),
    BOTH("3", "9_5", "9_6", 1 * MIB, 0, 256, 1),
    BOTH("4", "9_5", "9_6", 1 * MIB, 0, 512, 1),
    BOTH("5", "9_5", "9_6", 1 * MIB, 0, 1024, 1),
    BOTH("6", "9_5", "9_6", 1 * MIB, 0, 2048, 1),

    BOTH("1", "9_7", "9_8", 0, 0, 0, 1000),
    BOTH("2", "9_7", "9_8", 16, 0, 0, 1000),
    BOTH("3", "9_7", "9_8", 64, 0, 0, 1000),
    BOTH("4", "9_7", "9_8", 256, 0, 0, 1000),
    BOTH("5", "9_7", "9_8", 1024, 0, 0, 1000),
    BOTH("6", "9_7", "9_8", 4096, 0, 0, 1000),
};

/* ---- playing ---------------------------------------------------------- */

/* Text, of characters of all lengths. */
static void fill(unsigned char *bytes, size_t size)
{
    static const char pattern[] = "a\xc3\xb6\xe2\x82\xac\xf0\x9f\x98\x80";
    size_t step = sizeof pattern - 1;
    size_t at = 0;

    for (; size - at >= step; at += step)
        memcpy(bytes + at, pattern, step);
    memset(bytes + at, 'z', size - at);
}

/* The message as it is sent: frames, one behind the other. */
static size_t put_frames(unsigned char *out, const struct load *load,
                         const unsigned char *bytes, bool is_masked)
{
    size_t step = load->frame ? load->frame : load->size;
    size_t size = 0;
    size_t at = 0;

    do {
        size_t n = load->size - at < step ? load->size - at : step;
        struct frame frame = { .payload = bytes + at, .size = n };

        frame.first = at == 0 ? load->opcode : 0;
        at += n;
        if (at == load->size)
            frame.first |= LAST;
        size += raw_put(out + size, &frame, is_masked);
    } while (at < load->size);
    return size;
}

static void send_chopped(struct raw *raw, const unsigned char *bytes,
                         size_t size, size_t chop)
{
    if (chop == 0)
        chop = size;
    for (size_t at = 0; at < size; at += chop) {
        size_t n = size - at < chop ? size - at : chop;

        ASSERT_EQ(coil_stream_write(raw->far, bytes + at, n), 0);
        turn();
    }
}

static void play_load(const struct load *load, bool is_client)
{
    static const struct coil_websocket_options options = {
        .ping_every = COIL_NEVER, .max_message = 16 * MIB
    };
    const struct coil__websocket_terms terms = { .is_client = is_client };
    size_t frames = load->frame ? load->size / load->frame + 1 : 1;
    unsigned char *bytes = malloc(load->size + 1);
    unsigned char *sent = malloc(load->size + frames * 14);
    struct coil_task *echo;
    struct raw raw;
    size_t size;

    ASSERT(bytes && sent);
    fill(bytes, load->size);
    raw_begin_with(&raw, &terms, &options);
    size = put_frames(sent, load, bytes, raw.masks);
    echo = start(echo_messages, raw.ws);
    for (int i = 0; i < load->count; i++) {
        send_chopped(&raw, sent, size, load->chop);
        raw_expect(&raw,
                   &(struct frame){ load->opcode | LAST, bytes, load->size });
    }
    raw_send(&raw, &FRAME(0x88, ""));
    raw_expect(&raw, &FRAME(0x88, ""));
    ASSERT_EQ(end_of(echo), -EPIPE);
    raw_end(&raw);
    free(sent);
    free(bytes);
}

static const struct load *playing;

static void play_both(void)
{
    play_load(playing, false);
    play_load(playing, true);
}

static void play(const void *subject)
{
    const struct simulation simulation = { NULL, play_both, NULL };

    playing = subject;
    simulate(&simulation, 0, 0);
}

__attribute__((constructor)) static void make_tests(void)
{
    for (size_t i = 0; i < sizeof loads / sizeof loads[0]; i++)
        add_test(__FILE__, "websocket_limits", loads[i].name, play, &loads[i]);
}

/* ---- what is sent in frames ------------------------------------------- */

/* A message of 64 KiB in frames of 1300 bytes, and what else may go between. */
CORE_TEST(websocket_limits_10_1_1_frames_of_a_size)
{
    enum { FRAME_SIZE = 1300 };
    static unsigned char bytes[65536];
    struct raw raw;

    fill(bytes, sizeof bytes);
    for (int is_client = 0; is_client < 2; is_client++) {
        raw_begin(&raw, is_client);
        for (size_t at = 0; at < sizeof bytes; at += FRAME_SIZE) {
            size_t n = sizeof bytes - at;
            bool is_end = n <= FRAME_SIZE;
            unsigned char first = at == 0 ? TEXT : 0;

            if (!is_end)
                n = FRAME_SIZE;
            ASSERT_EQ(coil_websocket_write(raw.ws, COIL_WEBSOCKET_TEXT,
                                           bytes + at, n, is_end),
                      0);
            raw_expect(&raw, &(struct frame){ is_end ? first | LAST : first,
                                              bytes + at, n });
        }
        raw_end(&raw);
    }
}

/* ---- what is kept ----------------------------------------------------- */

/* After a large message as much memory is kept as after a small one. */
CORE_TEST(websocket_limits_large_messages_leave_nothing_behind)
{
    static unsigned char bytes[900000];
    struct coil_websocket_message m;
    struct raw raw;

    raw_begin(&raw, false);
    raw_send(&raw, &(struct frame){ 0x82, bytes, sizeof bytes });
    ASSERT_EQ(coil_websocket_recv(raw.ws, &m), 0);
    ASSERT_EQ(m.size, sizeof bytes);
    ASSERT_EQ(coil_websocket_send(raw.ws, m.kind, m.data, m.size), 0);
    raw_expect(&raw, &(struct frame){ 0x82, bytes, sizeof bytes });
    ASSERT_EQ(raw.ws->out.frame.capacity, 0);
    raw_send(&raw, &FRAME(0x81, "small"));
    ASSERT_EQ(coil_websocket_recv(raw.ws, &m), 0);
    ASSERT_STR_EQ(m.data, "small");
    ASSERT_LE(raw.ws->in.text.capacity, 8192);
    raw_end(&raw);
}
