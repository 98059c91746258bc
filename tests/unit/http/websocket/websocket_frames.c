/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/*
 * What a WebSocket makes of frames: the list of cases of Autobahn's test suite
 * (1 to 7 and 10), written anew.  Each is played as server and as client, with the
 * bytes whole, cut at each place, and one by one.  An echo is behind it.
 */
#include <coil/websocket.h>

#include "test_table.h"
#include "websocket_test.h"

enum { MOST = 8 };

struct row {
    const char *name;
    struct frame in[MOST];
    struct frame out[MOST];
    int rc; /* of receiving */
};

/* First bytes. */
#define TEXT 0x81
#define BYTES 0x82
#define TEXT_ON 0x01 /* the message goes on */
#define BYTES_ON 0x02
#define MORE 0x00
#define LAST 0x80
#define CLOSE 0x88
#define PING 0x89
#define PONG 0x8a

#define F(first, text)                                                         \
    {                                                                          \
        first, text, sizeof(text) - 1                                          \
    }

#define NORMAL F(CLOSE, "\x03\xe8")

#define TEN "0123456789"
#define FIFTY TEN TEN TEN TEN TEN
#define HUNDRED FIFTY FIFTY
#define N125 HUNDRED TEN TEN "01234"
#define N126 N125 "5"
#define N127 N126 "6"
#define N128 N127 "7"
#define REASON HUNDRED TEN TEN "012"

/* The reasons that go with what is refused. */
#define REFUSES(text) F(CLOSE, "\x03\xea" text)
#define BAD_TEXT F(CLOSE, "\x03\xefnot UTF-8")

#define GOOD(id, first, text)                                                  \
    {                                                                          \
        id, { F(first, text), NORMAL }, { F(first, text), NORMAL }, -EPIPE     \
    }
#define WRONG(id, reason, ...)                                                 \
    {                                                                          \
        id, { __VA_ARGS__ }, { REFUSES(reason) }, COIL_EHTTP_MALFORMED         \
    }
#define WRONG_TEXT(id, ...)                                                    \
    {                                                                          \
        id, { __VA_ARGS__ }, { BAD_TEXT }, COIL_EHTTP_MALFORMED                \
    }

static const struct row rows[] = {
    /* Framing: text and bytes of all kinds of sizes. */
    GOOD("1_1_1", TEXT, ""),
    GOOD("1_1_2", TEXT, N125),
    GOOD("1_1_3", TEXT, N126),
    GOOD("1_1_4", TEXT, N127),
    GOOD("1_1_5", TEXT, N128),
    GOOD("1_2_1", BYTES, ""),
    GOOD("1_2_2", BYTES, N125),
    GOOD("1_2_3", BYTES, "\xfe\xfe\x00\x00" N126),
    GOOD("1_2_4", BYTES, N127),
    GOOD("1_2_5", BYTES, N128),

    /* Pings and pongs. */
    { "2_1", { F(PING, ""), NORMAL }, { F(PONG, ""), NORMAL }, -EPIPE },
    { "2_2", { F(PING, "hi"), NORMAL }, { F(PONG, "hi"), NORMAL }, -EPIPE },
    { "2_3",
      { F(PING, "\x00\xff\xfe\xfd"), NORMAL },
      { F(PONG, "\x00\xff\xfe\xfd"), NORMAL },
      -EPIPE },
    { "2_4", { F(PING, N125), NORMAL }, { F(PONG, N125), NORMAL }, -EPIPE },
    WRONG("2_5", "not a frame", F(PING, N126)),
    { "2_7", { F(PONG, ""), NORMAL }, { NORMAL }, -EPIPE },
    { "2_8", { F(PONG, "unasked"), NORMAL }, { NORMAL }, -EPIPE },
    { "2_9",
      { F(PONG, "unasked"), F(PING, "asked"), NORMAL },
      { F(PONG, "asked"), NORMAL },
      -EPIPE },
    { "2_10",
      { F(PING, "1"), F(PING, "2"), F(PING, "3"), NORMAL },
      { F(PONG, "1"), F(PONG, "2"), F(PONG, "3"), NORMAL },
      -EPIPE },

    { "2_11_ten",
      { F(PING, "1234567890"), F(PING, ""), F(PING, N125), NORMAL },
      { F(PONG, "1234567890"), F(PONG, ""), F(PONG, N125), NORMAL },
      -EPIPE },

    /* Reserved bits. */
    WRONG("3_1", "a reserved bit", F(TEXT | 0x40, "text")),
    WRONG("3_2_bit_2", "not a frame", F(TEXT | 0x20, "text")),
    WRONG("3_3_bit_3", "not a frame", F(TEXT | 0x10, "text")),
    WRONG("3_4_bits_1_and_2", "not a frame", F(TEXT | 0x60, "text")),
    WRONG("3_5_bytes", "a reserved bit", F(BYTES | 0x40, "text")),
    WRONG("3_6_ping", "a reserved bit", F(PING | 0x40, "text")),
    WRONG("3_7_close", "a reserved bit", F(CLOSE | 0x40, "\x03\xe8")),
    { "3_8_after_a_good_one",
      { F(TEXT, "good"), F(TEXT | 0x70, "bad"), F(PING, "") },
      { F(TEXT, "good"), REFUSES("not a frame") },
      COIL_EHTTP_MALFORMED },

    /* Opcodes. */
    WRONG("4_1_1", "not a frame", F(0x83, "")),
    WRONG("4_1_2", "not a frame", F(0x84, "text")),
    WRONG("4_1_3", "not a frame", F(0x05, "text")),
    WRONG("4_1_4", "not a frame", F(0x86, "text")),
    WRONG("4_1_5", "not a frame", F(0x87, "text")),
    WRONG("4_2_1", "not a frame", F(0x8b, "")),
    WRONG("4_2_2", "not a frame", F(0x8c, "text")),
    WRONG("4_2_3", "not a frame", F(0x8d, "text")),
    WRONG("4_2_4", "not a frame", F(0x8e, "text")),
    WRONG("4_2_5", "not a frame", F(0x8f, "text")),

    { "4_1_behind_a_good_one",
      { F(TEXT, "good"), F(0x85, "bad"), F(PING, "") },
      { F(TEXT, "good"), REFUSES("not a frame") },
      COIL_EHTTP_MALFORMED },
    { "4_2_within_a_message",
      { F(TEXT_ON, "1"), F(0x8d, "bad"), F(LAST, "2") },
      { REFUSES("not a frame") },
      COIL_EHTTP_MALFORMED },

    /* Fragments. */
    WRONG("5_1_ping_in_two", "not a frame", F(0x09, "1"), F(LAST, "2")),
    WRONG("5_2_pong_in_two", "not a frame", F(0x0a, "1"), F(LAST, "2")),
    { "5_3",
      { F(TEXT_ON, "one, "), F(LAST, "two"), NORMAL },
      { F(TEXT, "one, two"), NORMAL },
      -EPIPE },
    { "5_6_ping_between",
      { F(TEXT_ON, "one, "), F(PING, "p"), F(LAST, "two"), NORMAL },
      { F(PONG, "p"), F(TEXT, "one, two"), NORMAL },
      -EPIPE },
    { "5_8_pings_around_and_between",
      { F(PING, "a"), F(BYTES_ON, "1"), F(PING, "b"), F(PONG, "c"),
        F(LAST, "2"), F(PING, "d"), NORMAL },
      { F(PONG, "a"), F(PONG, "b"), F(BYTES, "12"), F(PONG, "d"), NORMAL },
      -EPIPE },
    WRONG("5_9", "nothing to continue", F(LAST, "text")),
    WRONG("5_12", "nothing to continue", F(MORE, "text"), F(TEXT, "text")),
    { "5_15_behind_a_message",
      { F(TEXT_ON, "1"), F(LAST, "2"), F(MORE, "3"), F(TEXT, "4") },
      { F(TEXT, "12"), REFUSES("nothing to continue") },
      COIL_EHTTP_MALFORMED },
    WRONG("5_17_behind_a_last_one", "nothing to continue", F(LAST, "1"),
          F(TEXT_ON, "2"), F(LAST, "3")),
    WRONG("5_18", "a message within a message", F(TEXT_ON, "1"), F(TEXT, "2")),
    WRONG("5_18_bytes_in_text", "a message within a message", F(TEXT_ON, "1"),
          F(BYTES_ON, "2")),
    { "5_19",
      { F(TEXT_ON, "1"), F(MORE, "2"), F(PING, "a"), F(MORE, "3"), F(MORE, "4"),
        F(PING, "b"), F(LAST, "5"), NORMAL },
      { F(PONG, "a"), F(PONG, "b"), F(TEXT, "12345"), NORMAL },
      -EPIPE },
    { "5_empty",
      { F(BYTES_ON, ""), F(MORE, ""), F(LAST, ""), NORMAL },
      { F(BYTES, ""), NORMAL },
      -EPIPE },

    /* Text; websocket_text.c has which text is good. */
    { "6_1_1_empty", { F(TEXT, ""), NORMAL }, { F(TEXT, ""), NORMAL }, -EPIPE },
    { "6_1_2",
      { F(TEXT_ON, ""), F(MORE, ""), F(LAST, ""), NORMAL },
      { F(TEXT, ""), NORMAL },
      -EPIPE },
    { "6_1_3",
      { F(TEXT_ON, ""), F(MORE, "middle"), F(LAST, ""), NORMAL },
      { F(TEXT, "middle"), NORMAL },
      -EPIPE },
    { "6_2_cut_in_characters",
      { F(TEXT_ON, "\xce"), F(MORE, "\xba\xe1\xbd"), F(LAST, "\xb9"), NORMAL },
      { F(TEXT, "\xce\xba\xe1\xbd\xb9"), NORMAL },
      -EPIPE },
    { "6_2_ping_in_a_character",
      { F(TEXT_ON, "\xce"), F(PING, "\xff"), F(LAST, "\xba"), NORMAL },
      { F(PONG, "\xff"), F(TEXT, "\xce\xba"), NORMAL },
      -EPIPE },
    WRONG_TEXT("6_4_at_once", F(TEXT_ON, "\xce\xba\xf4"), F(MORE, "\x90")),
    WRONG_TEXT("6_6_ends_cut", F(TEXT_ON, "\xce"), F(LAST, "")),
    { "6_6_cut_text_and_a_new_one",
      { F(TEXT, "\xce\xba"), F(TEXT, "\xce"), F(TEXT, "\xba") },
      { F(TEXT, "\xce\xba"), BAD_TEXT },
      COIL_EHTTP_MALFORMED },
    GOOD("6_bytes_are_not_checked", BYTES, "\xff\xfe\xc0"),

    /* Closing. */
    { "7_1_1", { F(TEXT, "x"), NORMAL }, { F(TEXT, "x"), NORMAL }, -EPIPE },
    { "7_1_2_twice", { NORMAL, NORMAL }, { NORMAL }, -EPIPE },
    { "7_1_3_ping_behind", { NORMAL, F(PING, "") }, { NORMAL }, -EPIPE },
    { "7_1_4_text_behind", { NORMAL, F(TEXT, "x") }, { NORMAL }, -EPIPE },
    { "7_1_5_within_a_message",
      { F(TEXT_ON, "1"), NORMAL, F(LAST, "2") },
      { NORMAL },
      -EPIPE },
    { "7_1_6_text_before_and_behind",
      { F(TEXT, N128), NORMAL, F(PING, "p"), F(TEXT, "x") },
      { F(TEXT, N128), NORMAL },
      -EPIPE },
    { "7_3_1", { F(CLOSE, "") }, { F(CLOSE, "") }, -EPIPE },
    WRONG("7_3_2", "half a code", F(CLOSE, "\x03")),
    { "7_3_3", { NORMAL }, { NORMAL }, -EPIPE },
    { "7_3_4_reason", { F(CLOSE, "\x03\xe8why") }, { NORMAL }, -EPIPE },
    { "7_3_5", { F(CLOSE, "\x03\xe8" REASON) }, { NORMAL }, -EPIPE },
    WRONG("7_3_6", "not a frame", F(CLOSE, "\x03\xe8" REASON "4")),
    WRONG_TEXT("7_5_1", F(CLOSE, "\x03\xe8\xce\xba\xed\xa0\x80")),
    WRONG_TEXT("7_5_cut", F(CLOSE, "\x03\xe8\xce")),
    WRONG("7_9_0", "no such code", F(CLOSE, "\0\0")),
    WRONG("7_9_999", "no such code", F(CLOSE, "\x03\xe7")),
    WRONG("7_9_1004", "no such code", F(CLOSE, "\x03\xec")),
    WRONG("7_9_1005", "no such code", F(CLOSE, "\x03\xed")),
    WRONG("7_9_1006", "no such code", F(CLOSE, "\x03\xee")),
    WRONG("7_9_1015", "no such code", F(CLOSE, "\x03\xf7")),
    WRONG("7_9_1100", "no such code", F(CLOSE, "\x04\x4c")),
    WRONG("7_9_1016", "no such code", F(CLOSE, "\x03\xf8")),
    WRONG("7_9_2000", "no such code", F(CLOSE, "\x07\xd0")),
    WRONG("7_9_2999", "no such code", F(CLOSE, "\x0b\xb7")),
    WRONG("7_13_5000", "no such code", F(CLOSE, "\x13\x88")),
    WRONG("7_13_65535", "no such code", F(CLOSE, "\xff\xff")),
};

/* Codes that may be sent, which are echoed: 7.7 of the list. */
static const unsigned good_codes[] = { 1000, 1001, 1002, 1003, 1007, 1008,
                                       1009, 1010, 1011, 1012, 1013, 1014,
                                       3000, 3999, 4000, 4999 };

/* ---- playing ---------------------------------------------------------- */

static size_t put_all(unsigned char *out, const struct frame *frames,
                      bool is_masked)
{
    size_t size = 0;

    for (int i = 0; i < MOST && frames[i].payload; i++)
        size += raw_put(out + size, &frames[i], is_masked);
    return size;
}

/* The echo has ended: it has sent these frames, and nothing else. */
static void check_sent(struct raw *raw, const struct frame *frames)
{
    for (int i = 0; i < MOST && frames[i].payload; i++)
        raw_expect(raw, &frames[i]);
    ASSERT_EQ(coil_stream_read_nowait(raw->far, &(char){ 0 }, 1), 0);
    ASSERT(!coil_stream_is_stale(raw->far));
}

/* Send the frames in pieces of `piece` bytes, of which the first has `first`. */
static void play_cut(const struct row *row, bool is_client, size_t first,
                     size_t piece)
{
    unsigned char bytes[2048];
    struct coil_task *echo;
    struct raw raw;
    size_t size;
    size_t at = 0;

    raw_begin(&raw, is_client);
    size = put_all(bytes, row->in, raw.masks);
    echo = start_waiting(echo_messages, raw.ws);
    for (size_t n = first; at < size; at += n, n = piece) {
        if (n > size - at)
            n = size - at;
        ASSERT_EQ(coil_stream_write(raw.far, bytes + at, n), 0);
        for (int i = 0; i < 4; i++)
            turn();
    }
    ASSERT_EQ(end_of(echo), row->rc);
    check_sent(&raw, row->out);
    ASSERT_EQ(coil_websocket_send(raw.ws, COIL_WEBSOCKET_TEXT, "x", 1),
              row->rc);
    raw_end(&raw);
}

static const struct row *playing;

static void play_all(void)
{
    unsigned char bytes[2048];

    for (int client = 0; client < 2; client++) {
        size_t size = put_all(bytes, playing->in, !client);

        for (size_t first = 1; first <= size; first++)
            play_cut(playing, client, first, size);
        play_cut(playing, client, 1, 1);
        play_cut(playing, client, 2, 3);
    }
}

static void play(const void *subject)
{
    const struct simulation simulation = { NULL, play_all, NULL };

    playing = subject;
    simulate(&simulation, 0, 0);
}

__attribute__((constructor)) static void make_tests(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        add_test(__FILE__, "websocket_frames", rows[i].name, play, &rows[i]);
}

CORE_TEST(websocket_frames_7_7_codes)
{
    for (size_t i = 0; i < sizeof good_codes / sizeof good_codes[0]; i++) {
        unsigned char code[2] = { (unsigned char)(good_codes[i] >> 8),
                                  (unsigned char)good_codes[i] };
        struct row row = {
            "code", { { CLOSE, code, 2 } }, { { CLOSE, code, 2 } }, -EPIPE
        };

        play_cut(&row, false, 1, 100);
        play_cut(&row, true, 1, 100);
    }
}

CORE_TEST(websocket_frames_close_code_and_reason_are_told)
{
    struct raw raw;
    struct coil_websocket_message m;

    raw_begin(&raw, false);
    ASSERT_EQ(coil_websocket_close_code(raw.ws), 0);
    raw_send(&raw, &FRAME(CLOSE, "\x0f\xa0"
                                 "bye"));
    ASSERT_EQ(coil_websocket_recv(raw.ws, &m), -EPIPE);
    ASSERT_EQ(coil_websocket_recv(raw.ws, &m), -EPIPE);
    ASSERT_EQ(coil_websocket_close_code(raw.ws), 4000);
    ASSERT_STR_EQ(coil_websocket_close_reason(raw.ws), "bye");
    ASSERT_EQ(coil_websocket_close(raw.ws, COIL_WEBSOCKET_NORMAL, NULL), 0);
    raw_end(&raw);
}

/* Sizes that are written with more bytes than they need, or with too many. */
CORE_TEST(websocket_frames_sizes_are_written_in_one_way)
{
    static const struct {
        const char *bytes;
        size_t size;
    } wrong[] = {
        { "\x82\xfe\x00\x7d", 4 },
        { "\x82\xff\0\0\0\0\0\0\xff\xff", 10 },
        { "\x82\xff\x80\0\0\0\0\0\0\0", 10 },
        { "\x89\xfe", 2 },
    };

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct coil_websocket_message m;
        struct raw raw;

        raw_begin(&raw, false);
        ASSERT_EQ(coil_stream_write(raw.far, wrong[i].bytes, wrong[i].size), 0);
        ASSERT_EQ(coil_websocket_recv(raw.ws, &m), COIL_EHTTP_MALFORMED);
        raw_expect(&raw, &FRAME(CLOSE, "\x03\xeanot a frame"));
        raw_end(&raw);
    }
}

/* A client masks, and a server does not (RFC 6455, 5.1). */
CORE_TEST(websocket_frames_are_masked_by_the_client_alone)
{
    struct coil_websocket_message m;
    struct raw raw;

    raw_begin(&raw, false);
    raw.masks = false;
    raw_send(&raw, &FRAME(TEXT, "x"));
    ASSERT_EQ(coil_websocket_recv(raw.ws, &m), COIL_EHTTP_MALFORMED);
    raw.masks = true;
    raw_expect(&raw, &FRAME(CLOSE, "\x03\xeanot masked"));
    ASSERT_EQ(coil_websocket_close_code(raw.ws), COIL_WEBSOCKET_ABNORMAL);
    raw_end(&raw);

    raw_begin(&raw, true);
    raw.masks = true;
    raw_send(&raw, &FRAME(TEXT, "x"));
    ASSERT_EQ(coil_websocket_recv(raw.ws, &m), COIL_EHTTP_MALFORMED);
    raw.masks = false;
    raw_expect(&raw, &FRAME(CLOSE, "\x03\xeamasked"));
    raw_end(&raw);
}
