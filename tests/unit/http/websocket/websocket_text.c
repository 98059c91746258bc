/* SPDX-License-Identifier: MIT */
/*
 * Which text is UTF-8: the cases 6 of Autobahn's list, written anew.  Each is sent to
 * a server and to a client, in one frame, in a frame a byte, and byte by byte: what is
 * wrong is refused at its first wrong byte.
 */
#include <coil/websocket.h>

#include "test_table.h"
#include "websocket_test.h"

enum { GOOD = -1, CUT = -2 }; /* CUT: it ends within a character */

struct text {
    const char *name;
    const char *bytes;
    size_t size;
    int wrong_at; /* the first wrong byte */
};

#define T(name, bytes, wrong_at)                                               \
    {                                                                          \
        name, bytes, sizeof(bytes) - 1, wrong_at                               \
    }

#define KOSME "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5"

static const struct text texts[] = {
    T("6_2", "Hello-\xc2\xb5@\xc3\x9f\xc3\xb6\xc3\xa4\xc3\xbc\xc3\xa0-UTF-8!!",
      GOOD),
    T("6_3_surrogate_behind_good_text",
      KOSME "\xed\xa0\x80"
            "edited",
      12),
    T("6_4_beyond_behind_good_text",
      KOSME "\xf4\x90\x80\x80"
            "edited",
      12),
    T("6_5_1", "\xc2\xb5\xe2\x82\xac\xf0\x9f\x98\x80", GOOD),
    T("6_5_ascii", "01234567 89abcdef\x7f\x01", GOOD),

    /* The first and the last character of each length. */
    T("6_7_1", "\0", GOOD),
    T("6_7_2", "\xc2\x80", GOOD),
    T("6_7_3", "\xe0\xa0\x80", GOOD),
    T("6_7_4", "\xf0\x90\x80\x80", GOOD),
    T("6_8_1", "\xf8\x88\x80\x80\x80", 0),
    T("6_8_2", "\xfc\x84\x80\x80\x80\x80", 0),
    T("6_9_1", "\x7f", GOOD),
    T("6_9_2", "\xdf\xbf", GOOD),
    T("6_9_3", "\xef\xbf\xbf", GOOD),
    T("6_9_4", "\xf4\x8f\xbf\xbf", GOOD),
    T("6_10_1", "\xf7\xbf\xbf\xbf", 0),
    T("6_10_2", "\xfb\xbf\xbf\xbf\xbf", 0),
    T("6_10_3", "\xfd\xbf\xbf\xbf\xbf\xbf", 0),
    T("6_11_1", "\xed\x9f\xbf", GOOD),
    T("6_11_2", "\xee\x80\x80", GOOD),
    T("6_11_3", "\xef\xbf\xbd", GOOD),
    T("6_11_4", "\xf3\xbf\xbf\xbf", GOOD),
    T("6_11_5", "\xf4\x90\x80\x80", 1),

    /* Continuations that continue nothing. */
    T("6_12_1", "\x80", 0),
    T("6_12_2", "\xbf", 0),
    T("6_12_3", "\x80\xbf", 0),
    T("6_12_4", "\x80\xbf\x80", 0),
    T("6_12_5_behind_ascii", "01234567\xbf", 8),
    T("6_12_6_behind_a_character", "\xc2\x80\x80", 2),
    T("6_12_7", "\xe1\x80\x80\x80", 3),
    T("6_12_8", "\xf1\x80\x80\x80\x80", 4),

    /* Beginnings that are not continued. */
    T("6_13_1_c0", "\xc0 \xc1 ", 0),
    T("6_13_1_c2", "\xc2 \xc3 ", 1),
    T("6_13_1_df", "\xdf\xc2", 1),
    T("6_13_2", "\xe0 \xe1 ", 1),
    T("6_13_3", "\xf0 \xf1 ", 1),
    T("6_13_4", "\xf8 \xf9 ", 0),
    T("6_13_5", "\xfc \xfd ", 0),
    T("6_14_1", "\xc0", 0),
    T("6_14_2", "\xe0\x80", 1),
    T("6_14_2_good_so_far", "\xe0\xa0", CUT),
    T("6_14_3", "\xf0\x80\x80", 1),
    T("6_14_3_good_so_far", "\xf0\x90\x80", CUT),
    T("6_14_4", "\xf8\x80\x80\x80", 0),
    T("6_14_5", "\xfc\x80\x80\x80\x80", 0),
    T("6_14_6", "\xdf", CUT),
    T("6_14_7", "\xef\xbf", CUT),
    T("6_14_8", "\xf7\xbf\xbf", 0),
    T("6_14_8_good_so_far", "\xf4\x8f", CUT),
    T("6_14_9", "\xfb\xbf\xbf\xbf", 0),
    T("6_14_10", "\xfd\xbf\xbf\xbf\xbf", 0),
    T("6_15", "\xdf\xef\xbf\xf3\xbf\xbf", 1),
    T("6_15_three", "\xef\xbf\xdf", 2),
    T("6_15_four", "\xf3\xbf\xbf ", 3),

    /* Bytes that are in no text. */
    T("6_16_1", "\xfe", 0),
    T("6_16_2", "\xff", 0),
    T("6_16_3", "\xfe\xfe\xff\xff", 0),

    /* Too long a form: of "/", of the last that is shorter, of NUL. */
    T("6_17_1", "\xc0\xaf", 0),
    T("6_17_2", "\xe0\x80\xaf", 1),
    T("6_17_3", "\xf0\x80\x80\xaf", 1),
    T("6_17_4", "\xf8\x80\x80\x80\xaf", 0),
    T("6_17_5", "\xfc\x80\x80\x80\x80\xaf", 0),
    T("6_18_1", "\xc1\xbf", 0),
    T("6_18_2", "\xe0\x9f\xbf", 1),
    T("6_18_3", "\xf0\x8f\xbf\xbf", 1),
    T("6_18_4", "\xf8\x87\xbf\xbf\xbf", 0),
    T("6_18_5", "\xfc\x83\xbf\xbf\xbf\xbf", 0),
    T("6_19_1", "\xc0\x80", 0),
    T("6_19_2", "\xe0\x80\x80", 1),
    T("6_19_3", "\xf0\x80\x80\x80", 1),
    T("6_19_4", "\xf8\x80\x80\x80\x80", 0),
    T("6_19_5", "\xfc\x80\x80\x80\x80\x80", 0),

    /* Surrogates, alone and in pairs. */
    T("6_20_1", "\xed\xa0\x80", 1),
    T("6_20_2", "\xed\xad\xbf", 1),
    T("6_20_3", "\xed\xae\x80", 1),
    T("6_20_4", "\xed\xaf\xbf", 1),
    T("6_20_5", "\xed\xb0\x80", 1),
    T("6_20_6", "\xed\xbe\x80", 1),
    T("6_20_7", "\xed\xbf\xbf", 1),
    T("6_21_1", "\xed\xa0\x80\xed\xb0\x80", 1),
    T("6_21_2", "\xed\xa0\x80\xed\xbf\xbf", 1),
    T("6_21_3", "\xed\xad\xbf\xed\xb0\x80", 1),
    T("6_21_4", "\xed\xad\xbf\xed\xbf\xbf", 1),
    T("6_21_5", "\xed\xae\x80\xed\xb0\x80", 1),
    T("6_21_6", "\xed\xae\x80\xed\xbf\xbf", 1),
    T("6_21_7", "\xed\xaf\xbf\xed\xb0\x80", 1),
    T("6_21_8", "\xed\xaf\xbf\xed\xbf\xbf", 1),

    /* Interlinear annotations, and what stands for others. */
    T("6_23_1", "\xef\xbf\xb9", GOOD),
    T("6_23_2", "\xef\xbf\xba", GOOD),
    T("6_23_3", "\xef\xbf\xbb", GOOD),
    T("6_23_4", "\xef\xbf\xbc", GOOD),
    T("6_23_5", "\xef\xbf\xbd", GOOD),
    T("6_23_6", "\xef\xbf\xbe", GOOD),
    T("6_23_7", "\xef\xbf\xbf", GOOD),
};

/* ---- playing ---------------------------------------------------------- */

static struct raw raw;

static int receive(void *arg)
{
    return coil_websocket_recv(raw.ws, arg);
}

/* What is refused is told, and stays refused. */
static void check_refused(void)
{
    struct coil_websocket_message m;

    raw_expect(&raw, &FRAME(0x88, "\x03\xefnot UTF-8"));
    ASSERT_EQ(receive(&m), COIL_EHTTP_MALFORMED);
    ASSERT_EQ(coil_websocket_send(raw.ws, COIL_WEBSOCKET_TEXT, "x", 1),
              COIL_EHTTP_MALFORMED);
    ASSERT_EQ(coil_websocket_close_code(raw.ws), COIL_WEBSOCKET_ABNORMAL);
}

/* All of the message has been sent. */
static void check_message(const struct text *t)
{
    struct coil_websocket_message m;

    if (t->wrong_at != GOOD) {
        ASSERT_EQ(receive(&m), COIL_EHTTP_MALFORMED);
        check_refused();
        return;
    }
    ASSERT_EQ(receive(&m), 0);
    ASSERT_EQ(m.kind, COIL_WEBSOCKET_TEXT);
    ASSERT_EQ(m.size, t->size);
    ASSERT_EQ(memcmp(m.data, t->bytes, m.size), 0);
    ASSERT_EQ(coil_websocket_send(raw.ws, m.kind, m.data, m.size), 0);
    raw_expect(&raw, &(struct frame){ 0x81, t->bytes, t->size });
}

static void play_whole(const struct text *t, bool is_client)
{
    raw_begin(&raw, is_client);
    raw_send(&raw, &(struct frame){ 0x81, t->bytes, t->size });
    check_message(t);
    raw_end(&raw);
}

/* A frame a byte, between empty ones. */
static void play_frames(const struct text *t, bool is_client)
{
    raw_begin(&raw, is_client);
    raw_send(&raw, &FRAME(0x01, ""));
    for (size_t i = 0; i < t->size; i++)
        raw_send(&raw, &(struct frame){ 0x00, t->bytes + i, 1 });
    raw_send(&raw, &FRAME(0x80, ""));
    check_message(t);
    raw_end(&raw);
}

/* Byte by byte; the frame has more than is ever sent. */
static void play_bytes(const struct text *t, bool is_client)
{
    unsigned char bytes[300] = { 0 };
    unsigned char frame[320];
    struct coil_websocket_message m;
    struct coil_task *receiver;
    size_t head;

    raw_begin(&raw, is_client);
    memcpy(bytes, t->bytes, t->size);
    head = raw_put(frame, &(struct frame){ 0x81, bytes, sizeof bytes },
                   raw.masks) -
           sizeof bytes;
    ASSERT_EQ(coil_stream_write(raw.far, frame, head), 0);
    receiver = start_waiting(receive, &m);
    for (size_t i = 0; i < t->size && !coil_task_is_done(receiver); i++) {
        ASSERT_EQ(coil_stream_write(raw.far, frame + head + i, 1), 0);
        for (int n = 0; n < 4; n++)
            turn();
        ASSERT_EQ(coil_task_is_done(receiver), (int)i == t->wrong_at);
    }
    if (t->wrong_at < 0) {
        ASSERT_EQ(end_by_cancelling(receiver), -ECANCELED);
    } else {
        ASSERT_EQ(end_of(receiver), COIL_EHTTP_MALFORMED);
        check_refused();
    }
    raw_end(&raw);
}

static void play_both(const struct text *t)
{
    for (int is_client = 0; is_client < 2; is_client++) {
        play_whole(t, is_client);
        play_frames(t, is_client);
        play_bytes(t, is_client);
    }
}

static const struct text *playing;

static void play_it(void)
{
    play_both(playing);
}

static void play(const void *subject)
{
    const struct simulation simulation = { NULL, play_it, NULL };

    playing = subject;
    simulate(&simulation, 0, 0);
}

__attribute__((constructor)) static void make_tests(void)
{
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        add_test(__FILE__, "websocket_text", texts[i].name, play, &texts[i]);
}

/* ---- many of a kind --------------------------------------------------- */

/* A word that ends after each of its bytes. */
CORE_TEST(websocket_text_6_6_ends_between_characters)
{
    static const char ends[] = { 0, 2, 5, 7, 9, 11 };

    for (size_t size = 0; size <= sizeof KOSME - 1; size++)
        play_both(&(struct text){
            .bytes = KOSME,
            .size = size,
            .wrong_at = memchr(ends, (int)size, sizeof ends) ? GOOD : CUT,
        });
}

/* Characters that mean nothing outside of a program are text all the same. */
CORE_TEST(websocket_text_6_22_takes_noncharacters)
{
    for (unsigned plane = 1; plane <= 16; plane++) {
        for (unsigned last = 0xbe; last <= 0xbf; last++) {
            const char bytes[] = {
                (char)(0xf0 | plane >> 2),
                (char)(0x8f | (plane & 3) << 4),
                (char)0xbf,
                (char)last,
            };

            play_both(&(struct text){
                .bytes = bytes, .size = sizeof bytes, .wrong_at = GOOD });
        }
    }
}
