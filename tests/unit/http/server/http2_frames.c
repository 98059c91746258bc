/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * What a server says to frames as they should be, and to others: the cases of
 * h2spec for RFC 9113, 3 to 7, written anew.
 */
#include <coil/http_server.h>
#include <nghttp2/nghttp2.h>

#include "http2_script.h"
#include "http_server_test.h"

#define GET "headers +es +eh @1 get"
#define POST "headers +eh @1 post"

/* ---- RFC 9113, 3: the beginning --------------------------------------- */

SOCKET_TEST(http2_frames_at_the_beginning)
{
    static const struct h2_case rows[] = {
        { "preface, settings and a request", "raw; preface; settings; " GET,
          "status@1 200" },
        { "all in one piece",
          "raw; bytes t:PRI x:20 t:* x:20 t:HTTP/2.0 x:0d0a0d0a t:SM "
          "x:0d0a0d0a000000040000000000; " GET,
          "status@1 200" },
        { "the settings are acknowledged", "raw; preface; settings", "ack" },
        { "no settings", "raw; preface; ping z:8", "goaway PROTOCOL_ERROR" },
        { "a request before the settings", "raw; preface; " GET,
          "goaway PROTOCOL_ERROR" },
        { "an acknowledgement first", "raw; preface; settings +ack",
          "goaway PROTOCOL_ERROR" },
    };

    H2_PLAY_ALL(rows);
}

SOCKET_TEST(http2_frames_behind_another_preface_are_not_http2)
{
    serve_defaults();
    ASSERT_STR_CONTAINS(ask("PRI * HTTP/2.0\r\n\r\nSN\r\n\r\n"),
                        "HTTP/1.1 505");
    ASSERT_STR_CONTAINS(ask("PRI * HTTP/2.0\r\n\r\n"), "HTTP/1.1 ");
    ASSERT_STR_CONTAINS(ask("PRI / HTTP/2.0\r\n\r\nSM\r\n\r\n"),
                        "HTTP/1.1 505");
    ASSERT_STR_EQ(body_in(get("/hello")), "hello");
    end_server();
}

/* ---- RFC 9113, 4: frames ---------------------------------------------- */

SOCKET_TEST(http2_frames_of_any_form)
{
    static const struct h2_case rows[] = {
        { "4.1: an unknown type", "type:22 z:8; " GET, "status@1 200" },
        { "4.1: an unknown type, on a stream", POST "; type:22 @1 z:8",
          "alive" },
        { "4.1: flags without a meaning", "ping +f:fe z:8", "pong" },
        { "4.1: the reserved bit", "ping @2147483648 z:8", "pong" },
        { "4.2: 16,384 bytes", POST "; data +es @1 a:16384", "status@1 200" },
        { "4.2: DATA is larger", POST "; data +es @1 a:16385",
          "goaway FRAME_SIZE_ERROR" },
        { "4.2: HEADERS is larger", "headers +es +eh @1 get z:16385",
          "goaway FRAME_SIZE_ERROR" },
        { "4.2: an unknown type is larger", "type:22 z:16385",
          "goaway FRAME_SIZE_ERROR" },
        { "4.2: SETTINGS is larger", "settings z:16386",
          "goaway FRAME_SIZE_ERROR" },
        { "4.3: a head that cannot be decoded", "headers +es +eh @1 x:ff",
          "goaway COMPRESSION_ERROR" },
        { "4.3: the head ends within a field",
          "headers +es +eh @1 get x:0005616263", "goaway COMPRESSION_ERROR" },
        { "4.3: PRIORITY within a head",
          "headers +es @1 get; priority @1 z:5; cont +eh @1",
          "goaway PROTOCOL_ERROR" },
        { "4.3: another stream within a head",
          "headers +es @1 get; headers +es +eh @3 get",
          "goaway PROTOCOL_ERROR" },
        { "4.3: an unknown type within a head",
          "headers +es @1 get; type:22 z:8; cont +eh @1",
          "goaway PROTOCOL_ERROR" },
    };

    H2_PLAY_ALL(rows);
}

/* ---- RFC 9113, 5: streams --------------------------------------------- */

#define HALF                                                                   \
    "headers +es +eh @1 f::method=GET f::scheme=http f::authority=h f::path=/slow"
#define RESET POST "; rst @1 x:00000008"
#define DONE GET "; await @1"

SOCKET_TEST(http2_frames_on_streams_in_each_state)
{
    static const struct h2_case rows[] = {
        { "idle: DATA", "data @1 t:test", "goaway PROTOCOL_ERROR" },
        { "idle: RST_STREAM", "rst @1 x:00000008", "goaway PROTOCOL_ERROR" },
        { "idle: WINDOW_UPDATE", "window @1 x:00000064",
          "goaway PROTOCOL_ERROR" },
        { "idle: CONTINUATION", "cont +eh @1 get", "goaway PROTOCOL_ERROR" },
        { "idle: PRIORITY", "priority @1 x:0000000010; " GET, "status@1 200" },
        { "half-closed: DATA", HALF "; data +es @1 t:test",
          "rst@1 STREAM_CLOSED | goaway STREAM_CLOSED" },
        { "half-closed: HEADERS", HALF "; headers +es +eh @1 get",
          "rst@1 STREAM_CLOSED | goaway STREAM_CLOSED" },
        { "half-closed: CONTINUATION", HALF "; cont +eh @1 get",
          "goaway PROTOCOL_ERROR" },
        { "half-closed: WINDOW_UPDATE", HALF "; window @1 x:00000064",
          "alive" },
        { "half-closed: PRIORITY", HALF "; priority @1 x:0000000010", "alive" },
        { "half-closed: RST_STREAM", HALF "; rst @1 x:00000008", "alive" },
        { "closed by RST_STREAM: DATA", RESET "; data +es @1 t:test",
          "rst@1 STREAM_CLOSED | goaway STREAM_CLOSED | alive" },
        { "closed by RST_STREAM: HEADERS", RESET "; headers +es +eh @1 get",
          "rst@1 STREAM_CLOSED | goaway STREAM_CLOSED | alive" },
        { "closed by RST_STREAM: CONTINUATION", RESET "; cont +eh @1 get",
          "goaway PROTOCOL_ERROR" },
        { "closed by END_STREAM: DATA", DONE "; data +es @1 t:test",
          "goaway STREAM_CLOSED" },
        { "closed by END_STREAM: HEADERS", DONE "; headers +es +eh @1 get",
          "goaway STREAM_CLOSED | goaway PROTOCOL_ERROR" },
        { "closed by END_STREAM: CONTINUATION", DONE "; cont +eh @1 get",
          "goaway PROTOCOL_ERROR" },
        { "closed: PRIORITY", DONE "; priority @1 x:0000000010", "alive" },
        { "closed: WINDOW_UPDATE", DONE "; window @1 x:00000064", "alive" },
        { "closed: RST_STREAM", DONE "; rst @1 x:00000008", "alive" },
    };

    H2_PLAY_ALL(rows);
}

SOCKET_TEST(http2_frames_on_streams_with_odd_numbers)
{
    static const struct h2_case rows[] = {
        { "5.1.1: an even number", "headers +es +eh @2 get",
          "goaway PROTOCOL_ERROR" },
        { "5.1.1: a smaller number",
          "headers +es +eh @5 get; headers +es +eh @3 get",
          "goaway PROTOCOL_ERROR | goaway STREAM_CLOSED" },
        { "5.1.1: the largest number", "headers +es +eh @2147483647 get",
          "status@2147483647 200" },
        { "5.1.2: too many at a time", "again 101 headers +eh @1 post",
          "rst@201 REFUSED_STREAM | goaway PROTOCOL_ERROR" },
        { "5.1.2: as many as there may be",
          "again 100 headers +eh @1 post; data +es @199 t:b",
          "status@199 200" },
        { "5.1.2: too many, before the settings are acknowledged",
          "raw; preface; settings; again 101 headers +eh @1 post",
          "rst@201 REFUSED_STREAM" },
        { "5.3.1: HEADERS depends on itself",
          "headers +es +eh +prio @1 x:00000001ff get",
          "rst@1 PROTOCOL_ERROR | goaway PROTOCOL_ERROR | status@1 200" },
        { "5.3.1: PRIORITY depends on itself", "priority @1 x:0000000110",
          "rst@1 PROTOCOL_ERROR | goaway PROTOCOL_ERROR | alive" },
        { "5.4.1: after an error the connection is closed", "ping @1 z:8",
          "closed" },
        { "5.4.1: and is told so before", "ping @1 z:8",
          "goaway PROTOCOL_ERROR" },
    };

    H2_PLAY_ALL(rows);
}

/* ---- RFC 9113, 6: types of frames ------------------------------------- */

SOCKET_TEST(http2_frames_of_data)
{
    static const struct h2_case rows[] = {
        { "one", POST "; data +es @1 t:test", "status@1 200" },
        { "two", POST "; data @1 t:te; data +es @1 t:st", "status@1 200" },
        { "padded", POST "; data +es +pad @1 x:05 t:test z:5", "status@1 200" },
        { "padding alone", POST "; data +es +pad @1 x:05 z:5", "status@1 200" },
        { "empty", POST "; data @1; data +es @1", "status@1 200" },
        { "6.1: on stream 0", "data @0 t:test", "goaway PROTOCOL_ERROR" },
        { "6.1: as much padding as there is payload",
          POST "; data +es +pad @1 x:07 t:test z:2", "goaway PROTOCOL_ERROR" },
        { "6.1: more padding than payload",
          POST "; data +es +pad @1 x:ff t:test", "goaway PROTOCOL_ERROR" },
        { "6.1: without the length of the padding", POST "; data +es +pad @1",
          "goaway PROTOCOL_ERROR | goaway FRAME_SIZE_ERROR" },
    };

    H2_PLAY_ALL(rows);
}

SOCKET_TEST(http2_frames_of_heads)
{
    static const struct h2_case rows[] = {
        { "one", GET, "status@1 200" },
        { "padded", "headers +es +eh +pad @1 x:05 get z:5", "status@1 200" },
        { "with a priority", "headers +es +eh +prio @1 x:0000000010 get",
          "status@1 200" },
        { "padded and with a priority",
          "headers +es +eh +prio +pad @1 x:05 x:0000000010 get z:5",
          "status@1 200" },
        { "continued", "headers +es @1 get; cont +eh @1 f:a=b",
          "status@1 200" },
        { "continued twice", "headers +es @1 get; cont @1 f:a=b; cont +eh @1",
          "status@1 200" },
        { "continued within a field",
          "headers +es @1 get x:0001; cont +eh @1 x:61 x:0162",
          "status@1 200" },
        { "nothing in the first", "headers +es @1; cont +eh @1 get",
          "status@1 200" },
        { "6.2: on stream 0", "headers +es +eh @0 get",
          "goaway PROTOCOL_ERROR" },
        { "6.2: more padding than payload", "headers +es +eh +pad @1 x:ff get",
          "goaway PROTOCOL_ERROR" },
        { "6.2: padded, without a length", "headers +es +eh +pad @1",
          "goaway PROTOCOL_ERROR | goaway FRAME_SIZE_ERROR" },
        { "6.2: a priority that is cut", "headers +es +eh +prio @1 x:00000000",
          "goaway PROTOCOL_ERROR | goaway FRAME_SIZE_ERROR" },
        { "6.10: on stream 0", "headers +es @1 get; cont +eh @0 f:a=b",
          "goaway PROTOCOL_ERROR" },
        { "6.10: of another stream", "headers +es @1 get; cont +eh @3 f:a=b",
          "goaway PROTOCOL_ERROR" },
        { "6.10: without HEADERS", "cont +eh @1 get", "goaway PROTOCOL_ERROR" },
        { "6.10: behind the end of a head", POST "; cont +eh @1 f:a=b",
          "goaway PROTOCOL_ERROR" },
        { "6.10: behind the end of a continued head",
          "headers @1 post; cont +eh @1 f:a=b; cont +eh @1 f:a=b",
          "goaway PROTOCOL_ERROR" },
        { "6.10: behind DATA", POST "; data @1 t:test; cont +eh @1 f:a=b",
          "goaway PROTOCOL_ERROR" },
        { "6.6: PUSH_PROMISE", POST "; push +eh @1 x:00000002 get",
          "goaway PROTOCOL_ERROR" },
    };

    H2_PLAY_ALL(rows);
}

SOCKET_TEST(http2_frames_of_priority_and_reset)
{
    static const struct h2_case rows[] = {
        { "weight 1", "priority @1 x:0000000000; " GET, "status@1 200" },
        { "weight 256", "priority @1 x:00000000ff; " GET, "status@1 200" },
        { "depends on another", "priority @1 x:0000000310; " GET,
          "status@1 200" },
        { "exclusive", "priority @1 x:8000000310; " GET, "status@1 200" },
        { "of a stream that a later one skips",
          "priority @3 x:0000000010; headers +es +eh @5 get", "status@5 200" },
        { "9218: a priority", "type:16 @0 x:00000001 t:u=1; " GET,
          "status@1 200" },
        { "9218: a priority of no stream", "type:16 @0 x:00000000 t:u=1",
          "goaway PROTOCOL_ERROR" },
        { "9218: a priority on a stream", GET "; type:16 @1 x:00000001 t:u=1",
          "goaway PROTOCOL_ERROR" },
        { "9218: a priority that is cut", "type:16 @0 x:0000",
          "goaway FRAME_SIZE_ERROR" },
        { "6.3: on stream 0", "priority @0 x:0000000010",
          "goaway PROTOCOL_ERROR" },
        { "6.3: 4 bytes", POST "; priority @1 x:00000000",
          "rst@1 FRAME_SIZE_ERROR | goaway FRAME_SIZE_ERROR" },
        { "6.3: 6 bytes", POST "; priority @1 x:000000000010",
          "rst@1 FRAME_SIZE_ERROR | goaway FRAME_SIZE_ERROR" },
        { "reset", POST "; rst @1 x:00000008", "alive" },
        { "reset with an unknown code", POST "; rst @1 x:00ff00ff", "alive" },
        { "6.4: on stream 0", "rst @0 x:00000008", "goaway PROTOCOL_ERROR" },
        { "6.4: 3 bytes", POST "; rst @1 x:000008", "goaway FRAME_SIZE_ERROR" },
        { "6.4: 5 bytes", POST "; rst @1 x:0000000008",
          "goaway FRAME_SIZE_ERROR" },
    };

    H2_PLAY_ALL(rows);
}

SOCKET_TEST(http2_frames_of_settings)
{
    static const struct h2_case rows[] = {
        { "empty", "settings", "ack" },
        { "an unknown one", "settings x:00ff00000001", "ack" },
        { "several", "settings x:000100000000 x:000400000001", "ack" },
        { "6.5: acknowledged with a payload", "settings +ack x:000100000000",
          "goaway FRAME_SIZE_ERROR" },
        { "6.5: on a stream", "settings @1", "goaway PROTOCOL_ERROR" },
        { "6.5: 5 bytes", "settings x:0003000000", "goaway FRAME_SIZE_ERROR" },
        { "6.5.2: push is 2", "settings x:000200000002",
          "goaway PROTOCOL_ERROR" },
        { "6.5.2: push is 1", "settings x:000200000001", "ack" },
        { "6.5.2: a window of 2^31 bytes", "settings x:000480000000",
          "goaway FLOW_CONTROL_ERROR" },
        { "6.5.2: frames of less than 16 KiB", "settings x:000500003fff",
          "goaway PROTOCOL_ERROR" },
        { "6.5.2: frames of 16 MiB", "settings x:000501000000",
          "goaway PROTOCOL_ERROR" },
        { "8441: CONNECT_PROTOCOL is 2", "settings x:000800000002",
          "goaway PROTOCOL_ERROR | ack" },
        { "9218: NO_RFC7540_PRIORITIES is 2", "settings x:000900000002",
          "goaway PROTOCOL_ERROR" },
        { "6.5.3: the last of several counts",
          "settings x:000400000000 x:000400000064; " GET, "end@1" },
    };

    H2_PLAY_ALL(rows);
}

SOCKET_TEST(http2_frames_of_ping_goaway_and_windows)
{
    static const struct h2_case rows[] = {
        { "ping", "ping t:12345678", "pong" },
        { "6.7: an acknowledgement is not answered", "ping +ack t:12345678",
          "alive" },
        { "6.7: on a stream", "ping @1 z:8", "goaway PROTOCOL_ERROR" },
        { "6.7: 6 bytes", "ping z:6", "goaway FRAME_SIZE_ERROR" },
        { "6.7: 9 bytes", "ping z:9", "goaway FRAME_SIZE_ERROR" },
        { "goaway", "goaway x:0000000000000000", "closed" },
        { "goaway with an unknown code", "goaway x:00000000000000ff",
          "closed" },
        { "goaway, and what was asked is answered",
          GET "; goaway x:0000000000000000 t:bye", "end@1" },
        { "6.8: on a stream", "goaway @1 z:8", "goaway PROTOCOL_ERROR" },
        { "6.8: 7 bytes", "goaway z:7", "goaway FRAME_SIZE_ERROR" },
        { "window", "window x:00000001", "alive" },
        { "window of a stream", POST "; window @1 x:00000001", "alive" },
        { "6.9: 0 bytes", "window x:00000000", "goaway PROTOCOL_ERROR" },
        { "6.9: 0 bytes, on a stream", POST "; window @1 x:00000000",
          "rst@1 PROTOCOL_ERROR | goaway PROTOCOL_ERROR" },
        { "6.9: a frame of 3 bytes", "window z:3", "goaway FRAME_SIZE_ERROR" },
        { "6.9.1: a window of 2^31 bytes",
          "window x:7fffffff; window x:7fffffff", "goaway FLOW_CONTROL_ERROR" },
        { "6.9.1: the same of a stream",
          POST "; window @1 x:7fffffff; window @1 x:7fffffff",
          "rst@1 FLOW_CONTROL_ERROR" },
        { "6.9.1: made so by settings",
          "settings x:000400000001; headers +eh @1 post; "
          "window @1 x:7ffffffe; settings x:000400000002",
          "rst@1 FLOW_CONTROL_ERROR | goaway FLOW_CONTROL_ERROR" },
    };

    H2_PLAY_ALL(rows);
}

/* ---- windows that are obeyed ------------------------------------------ */

/* The next frame DATA has so many bytes. */
static void expect_data(struct h2_raw *p, size_t size)
{
    ASSERT(h2_read_until(p, NGHTTP2_DATA));
    ASSERT_EQ(p->frame.size, size);
}

SOCKET_TEST(http2_frames_stay_within_the_window)
{
    struct h2_raw p;

    serve_defaults();
    h2_meet(&p, dial());
    h2_begin(&p);

    /* One byte at a time. */
    h2_set(&p, NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1);
    h2_ask(&p, 1, "GET", "/hello");
    expect_data(&p, 1);
    ASSERT(h2_is_alive(&p));
    h2_grant(&p, 1, 1);
    expect_data(&p, 1);

    /* The window of what is being sent becomes larger, and less than nothing. */
    h2_set(&p, NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 2);
    expect_data(&p, 1);
    h2_set(&p, NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0);
    h2_grant(&p, 1, 2);
    ASSERT(h2_is_alive(&p));
    ASSERT_EQ(p.frame.type, NGHTTP2_PING);
    h2_grant(&p, 1, 1);
    expect_data(&p, 1);
    h2_grant(&p, 1, 100);
    expect_data(&p, 1);
    ASSERT(p.frame.flags & NGHTTP2_FLAG_END_STREAM);
    h2_part(&p);
    end_server();
}

/* What the other side may send is told in time, and no more than that is taken. */
SOCKET_TEST(http2_frames_beyond_the_window_are_refused)
{
    static char bytes[16384];
    struct h2_block block = { .size = 0 };
    struct h2_raw p;
    size_t sent = 0;

    serve_defaults();
    h2_meet(&p, dial());
    h2_begin(&p);
    h2_put_request(&block, "GET", "/slow");
    h2_send_block(&p, NGHTTP2_FLAG_END_HEADERS, 1, &block);
    while (sent < 8u << 20 && p.send_error == 0) {
        h2_send(&p, NGHTTP2_DATA, 0, 1, bytes, sizeof bytes);
        sent += sizeof bytes;
    }
    ASSERT_EQ(h2_answer(&p, 1), -1 - NGHTTP2_FLOW_CONTROL_ERROR);
    h2_part(&p);
    ASSERT_STR_EQ(body_in(get("/hello")), "hello");
    end_server();
}
