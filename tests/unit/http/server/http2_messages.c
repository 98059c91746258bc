/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * What a server says to requests of HTTP/2, and to heads that are none: the cases of
 * h2spec for RFC 9113, 8, and for RFC 7541, written anew.
 */
#include <coil/http_server.h>
#include <nghttp2/nghttp2.h>

#include "http2_script.h"
#include "http_server_test.h"

#define POST "headers +eh @1 post"

/* ---- RFC 9113, 8: messages -------------------------------------------- */

#define METHOD "f::method=GET "
#define SCHEME "f::scheme=http "
#define HOST_IS "f::authority=h "
#define PATH "f::path=/hello "
#define ALL METHOD SCHEME HOST_IS PATH
#define HEAD "headers +es +eh @1 "
#define FAULT "rst@1 PROTOCOL_ERROR"

SOCKET_TEST(http2_messages_of_every_kind)
{
    static const struct h2_case rows[] = {
        { "GET", HEAD ALL, "status@1 200" },
        { "HEAD", HEAD "f::method=HEAD " SCHEME HOST_IS PATH, "end@1" },
        { "POST", POST "; data +es @1 t:body", "status@1 200" },
        { "an empty POST", "headers +eh +es @1 post", "status@1 200" },
        { "trailers", POST "; data @1 t:body; headers +es +eh @1 f:x=y",
          "status@1 200" },
        { "trailers alone", POST "; headers +es +eh @1 f:x=y", "status@1 200" },
        { "trailers without a field",
          POST "; data @1 t:body; headers +es +eh @1", "status@1 200" },
        { "a stream before those that were left out",
          "headers +eh @1 post; headers +es +eh @5 get; data +es @1 t:body",
          "status@1 200" },
        { "a host instead of an authority", HEAD METHOD SCHEME PATH "f:host=h",
          "status@1 200" },
        { "both, and they agree", HEAD ALL "f:host=h", "status@1 200" },
        { "both, and they differ", HEAD ALL "f:host=other", "status@1 400" },
        { "an asterisk", HEAD "f::method=OPTIONS " SCHEME HOST_IS "f::path=*",
          "status@1 204" },
        { "an asterisk for GET", HEAD METHOD SCHEME HOST_IS "f::path=*",
          FAULT " | status@1 400 | status@1 404" },
        { "an unknown method", HEAD "f::method=FETCH " SCHEME HOST_IS PATH,
          "status@1 405 | status@1 501" },
        { "CONNECT", "headers +eh @1 f::method=CONNECT f::authority=h:1",
          "status@1 501" },
        { "CONNECT without a port",
          "headers +eh @1 f::method=CONNECT f::authority=h", "status@1 400" },
        { "CONNECT without an authority", HEAD "f::method=CONNECT", FAULT },
        { "CONNECT with a path", HEAD "f::method=CONNECT " HOST_IS PATH,
          FAULT },
        { "cookies in pieces", HEAD ALL "f:cookie=a=1 f:cookie=b=2",
          "status@1 200" },
        { "TE is trailers", HEAD ALL "f:te=trailers", "status@1 200" },
    };

    H2_PLAY_ALL(rows);
}

/* ---- RFC 8441: CONNECT for a protocol --------------------------------- */

#define EXTENDED(protocol)                                                     \
    "headers +eh @1 f::method=CONNECT f::protocol=" protocol " " SCHEME HOST_IS

SOCKET_TEST(http2_messages_that_ask_for_a_protocol)
{
    static const struct h2_case rows[] = {
        { "one that is not known", EXTENDED("p") PATH, "status@1 501" },
        { "none at all", EXTENDED("") PATH, "status@1 501 | " FAULT },
        { "a page, which is no WebSocket", EXTENDED("websocket") PATH,
          "status@1 501" },
        { "nothing that is there", EXTENDED("websocket") "f::path=/none",
          "status@1 404" },
        { "without CONNECT", HEAD ALL "f::protocol=websocket", FAULT },
        { "without a path", EXTENDED("websocket"), FAULT },
        { "without a scheme",
          "headers +eh @1 f::method=CONNECT f::protocol=websocket " HOST_IS
              PATH,
          FAULT },
        { "without an authority",
          "headers +eh @1 f::method=CONNECT f::protocol=websocket " SCHEME PATH
          "f:host=h",
          FAULT },
        { "twice", EXTENDED("websocket") "f::protocol=websocket " PATH, FAULT },
        { "with the words of HTTP/1.1",
          EXTENDED("websocket") PATH "f:upgrade=websocket", FAULT },
    };

    H2_PLAY_ALL(rows);
}

SOCKET_TEST(http2_messages_with_fields_that_must_not_be)
{
    static const struct h2_case rows[] = {
        { "8.1: a second head without the end", POST "; headers +eh @1 f:x=y",
          FAULT " | goaway PROTOCOL_ERROR" },
        { "8.1: a head behind DATA, without the end",
          POST "; data @1 t:body; headers +eh @1 f:x=y",
          FAULT " | goaway PROTOCOL_ERROR" },
        { "8.2: a name in upper case", HEAD ALL "f:X-Test=y", FAULT },
        { "8.2: a name with a blank", HEAD ALL "f:x_y=z", FAULT },
        { "8.2: a name with a colon", HEAD ALL "f:x:y=z", FAULT },
        { "8.2: no name", HEAD ALL "f:=z", FAULT },
        { "8.2: a value with a line", HEAD ALL "x:00 x:0178 x:03 x:610a62",
          FAULT },
        { "8.2: a value with a NUL", HEAD ALL "x:00 x:0178 x:03 x:610062",
          FAULT },
        { "8.2: a blank before a value", HEAD ALL "f:x=_y", FAULT },
        { "8.2: a blank behind a value", HEAD ALL "f:x=y_", FAULT },
        { "8.2.2: connection", HEAD ALL "f:connection=keep-alive", FAULT },
        { "8.2.2: keep-alive", HEAD ALL "f:keep-alive=timeout=5", FAULT },
        { "8.2.2: proxy-connection", HEAD ALL "f:proxy-connection=close",
          FAULT },
        { "8.2.2: transfer-encoding", HEAD ALL "f:transfer-encoding=chunked",
          FAULT },
        { "8.2.2: upgrade", HEAD ALL "f:upgrade=websocket", FAULT },
        { "8.2.2: TE is another", HEAD ALL "f:te=gzip", FAULT },
        { "8.2.2: TE is another as well", HEAD ALL "f:te=trailers,_gzip",
          FAULT },
        { "8.3: an unknown pseudo-field", HEAD ALL "f::test=y", FAULT },
        { "8.3: of a response", HEAD ALL "f::status=200", FAULT },
        { "8.3: in trailers",
          POST "; data @1 t:body; headers +es +eh @1 f::method=GET", FAULT },
        { "8.3: behind others", HEAD METHOD SCHEME HOST_IS "f:x=y " PATH,
          FAULT },
        { "8.3: twice", HEAD ALL METHOD, FAULT },
        { "8.3: two schemes", HEAD ALL SCHEME, FAULT },
        { "8.3: two paths", HEAD ALL PATH, FAULT },
        { "8.3: two authorities", HEAD ALL HOST_IS, FAULT },
        { "8.3.1: an empty path",
          HEAD METHOD SCHEME HOST_IS "f::path=", FAULT },
        { "8.3.1: a path without a slash",
          HEAD METHOD SCHEME HOST_IS "f::path=hello", FAULT },
        { "8.3.1: no method", HEAD SCHEME HOST_IS PATH, FAULT },
        { "8.3.1: an empty method", HEAD "f::method= " SCHEME HOST_IS PATH,
          FAULT },
        { "8.3.1: no scheme", HEAD METHOD HOST_IS PATH, FAULT },
        { "8.3.1: no path", HEAD METHOD SCHEME HOST_IS, FAULT },
        { "8.3.1: no host", HEAD METHOD SCHEME PATH, FAULT },
        { "nothing at all", HEAD, FAULT },
        { "two hosts", HEAD METHOD SCHEME PATH "f:host=h f:host=h",
          FAULT " | status@1 400" },
    };

    H2_PLAY_ALL(rows);
}

SOCKET_TEST(http2_messages_whose_length_is_a_lie)
{
    static const struct h2_case rows[] = {
        { "true", "headers +eh @1 post f:content-length=4; data +es @1 t:body",
          "status@1 200" },
        { "true, in two frames",
          "headers +eh @1 post f:content-length=4; data @1 t:bo; "
          "data +es @1 t:dy",
          "status@1 200" },
        { "too small",
          "headers +eh @1 post f:content-length=1; data +es @1 t:body", FAULT },
        { "too large",
          "headers +eh @1 post f:content-length=9; data +es @1 t:body", FAULT },
        { "the sum of two is too small",
          "headers +eh @1 post f:content-length=1; data @1 t:bo; "
          "data +es @1 t:dy",
          FAULT },
        { "a length, and no body", "headers +es +eh @1 post f:content-length=1",
          FAULT },
        { "a length that trailers end",
          "headers +eh @1 post f:content-length=9; headers +es +eh @1 f:x=y",
          FAULT },
        { "twice", "headers +eh @1 post f:content-length=4 f:content-length=4",
          FAULT },
        { "no number", "headers +eh @1 post f:content-length=4x", FAULT },
        { "below 0", "headers +eh @1 post f:content-length=-4", FAULT },
        { "more than there are numbers",
          "headers +eh @1 post f:content-length=18446744073709551616", FAULT },
    };

    H2_PLAY_ALL(rows);
}

/* ---- RFC 7541: the compression of heads ------------------------------- */

#define BROKEN "goaway COMPRESSION_ERROR"

SOCKET_TEST(http2_messages_in_every_representation)
{
    static const struct h2_case rows[] = {
        { "6.1: an index of the static table", HEAD "x:828684 f::authority=h",
          "status@1 200" },
        { "6.2.1: kept, with a name of the table", HEAD "x:828684 x:4101 t:h",
          "status@1 200" },
        { "6.2.1: kept, with a name of its own", HEAD ALL "x:40 x:0178 x:0179",
          "status@1 200" },
        { "6.2.1: kept, and used again",
          "headers +eh +es @1 x:828684 x:4101 t:h; await @1; "
          "headers +es +eh @3 x:828684 x:be",
          "status@3 200" },
        { "6.2.2: not kept, with a name of the table", HEAD ALL "x:0f0d x:0130",
          "status@1 200" },
        { "6.2.3: never kept", HEAD ALL "x:10 x:0178 x:0179", "status@1 200" },
        { "6.2.3: never kept, with a name of the table",
          HEAD ALL "x:1f0d x:0130", "status@1 200" },
        { "5.2: in Huffman code", HEAD "x:828684 x:4188 x:25a849e95ba97d7f",
          "status@1 200" },
        { "6.3: the table becomes smaller", HEAD "x:20 " ALL, "status@1 200" },
        { "6.3: the table becomes smaller, and larger",
          HEAD "x:20 x:3fe11f " ALL, "status@1 200" },
        { "2.3.2: what does not fit into the table empties it",
          HEAD "x:20 x:828684 x:4101 t:h", "status@1 200" },
    };

    H2_PLAY_ALL(rows);
}

SOCKET_TEST(http2_messages_that_cannot_be_decoded)
{
    static const struct h2_case rows[] = {
        { "6.1: index 0", HEAD ALL "x:80", BROKEN },
        { "2.3.3: an index beyond the tables", HEAD ALL "x:c6", BROKEN },
        { "2.3.3: a name beyond the tables", HEAD ALL "x:7f00 x:0179", BROKEN },
        { "2.3.3: an entry that was dropped",
          "headers +es +eh @1 x:828684 x:4101 t:h; await @1; "
          "headers +es +eh @3 x:20 x:828684 x:be",
          BROKEN },
        { "4.2: the table changes at the end", HEAD ALL "x:3fe11f", BROKEN },
        { "4.2: the table changes in the middle", HEAD "x:82 x:20 x:8684",
          BROKEN },
        { "6.3: a table larger than the settings say", HEAD "x:3fe21f " ALL,
          BROKEN },
        { "6.3: a table of 2^32 bytes", HEAD "x:3fe1ffffff0f " ALL, BROKEN },
        { "5.1: a number of 2^64", HEAD "x:ffffffffffffffffffff7f", BROKEN },
        { "5.1: a number with endless zeros",
          HEAD ALL "x:ff808080808080808080808080808080808001", BROKEN },
        { "5.1: a name of 2^28 bytes", HEAD ALL "x:00 x:7f80ffff7f", BROKEN },
        { "5.2: a name longer than the head", HEAD ALL "x:00 x:7f00 t:name",
          BROKEN },
        { "5.2: padding of more than 7 bits",
          HEAD "x:828684 x:4189 x:25a849e95ba97d7fff", BROKEN },
        { "5.2: padding of zeros", HEAD "x:828684 x:4188 x:25a849e95ba97d00",
          BROKEN },
        { "5.2: the end of a text within", HEAD "x:828684 x:4184 x:ffffffff",
          BROKEN },
    };

    H2_PLAY_ALL(rows);
}

/* ---- what the handler gets -------------------------------------------- */

/* Ask for /look with such a head; the handler has noted what it got. */
static void look_at(const struct h2_block *block, const char *body)
{
    struct h2_raw p;

    h2_meet(&p, dial());
    h2_begin(&p);
    h2_send_block(&p, NGHTTP2_FLAG_END_HEADERS, 1, block);
    h2_send(&p, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1, body, strlen(body));
    ASSERT_EQ(h2_answer(&p, 1), 200);
    ASSERT_STR_EQ(p.body, "seen");
    h2_part(&p);
}

SOCKET_TEST(http2_messages_come_to_the_handler_as_they_are)
{
    struct h2_block block = { .size = 0 };

    serve_defaults();
    h2_put_request(&block, "PUT", "/look?a=b&c");
    h2_put_field(&block, "x-a", "one");
    look_at(&block, "the body");
    ASSERT_STR_EQ(seen, "PUT|/look|a=b&c|one|-|the body");
    end_server();
}
