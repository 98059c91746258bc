/* SPDX-License-Identifier: MIT */
/*
 * http_examples.c - messages as anybody may send them, and their meaning
 */
#include "http_examples.h"

#include <coil/error.h>

#define REQUEST_HOST "GET / HTTP/1.1\r\nHost: h\r\n"
#define REQUEST_CHUNKED REQUEST_HOST "Transfer-Encoding: chunked\r\n\r\n"
#define OK_CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

#define GOOD(text, body)                                                       \
    {                                                                          \
        text, sizeof(text) - 1, 0, 0, body                                     \
    }
#define BAD(text, answer)                                                      \
    {                                                                          \
        text, sizeof(text) - 1, COIL_EHTTP_MALFORMED, answer, NULL             \
    }
#define CUT(text)                                                              \
    {                                                                          \
        text, sizeof(text) - 1, COIL_EHTTP_TRUNCATED, 0, NULL                  \
    }

const struct example http_requests[] = {
    GOOD(REQUEST_HOST "\r\n", ""),
    GOOD("\r\n\r\n" REQUEST_HOST "\r\n", ""),
    GOOD("GET / HTTP/1.0\r\n\r\n", ""),
    GOOD("GET / HTTP/1.1\r\nHost:\r\nA:\r\nB: \t \r\nC:  x \t\r\n\r\n", ""),
    GOOD("GET http://h/x HTTP/1.1\r\nHost: h\r\n\r\n", ""),
    GOOD("get / HTTP/1.1\r\nHost: h\r\n\r\n", ""),
    GOOD("PLAY * HTTP/1.0\r\n\r\n", ""),
    GOOD("!#$%&'*+-.^_`|~1aZ /a?b HTTP/1.1\r\nHost: h\r\n"
         "Content-Length: 3\r\n\r\nabc",
         "abc"),
    GOOD("OPTIONS * HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", ""),
    GOOD("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc", "abc"),
    GOOD("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 003\r\n\r\nabc", "abc"),
    GOOD("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", ""),
    GOOD("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n"
         "3\r\nabc\r\n0\r\n\r\n",
         "abc"),
    GOOD("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n"
         "Connection: keep-alive, Upgrade\r\nUpgrade: x\r\n\r\n"
         "3\r\nabc\r\n0\r\n\r\n",
         "abc"),
    GOOD("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
         "Connection: keep-alive\r\n\r\n",
         ""),
    GOOD("GET / HTTP/1.1\r\nHost: h\r\nX: \xc3\xa4\r\n\r\n", ""),

    /* blanks around a value, and zeros in front of a length */
    GOOD(REQUEST_HOST "Content-Length:3\r\n\r\nabc", "abc"),
    GOOD(REQUEST_HOST "Content-Length: 3 \r\n\r\nabc", "abc"),
    GOOD(REQUEST_HOST "Content-Length: 3\t\r\n\r\nabc", "abc"),
    GOOD(REQUEST_HOST "Content-Length:\t \t3 \t \r\n\r\nabc", "abc"),
    GOOD(REQUEST_HOST "Content-Length: 000000000000000000000000000003\r\n\r\n"
                      "abc",
         "abc"),
    GOOD(REQUEST_HOST "Transfer-Encoding:\tchunked \t\r\n\r\n"
                      "3\r\nabc\r\n0\r\n\r\n",
         "abc"),
    GOOD("GET / HTTP/1.1\r\nHost:\th\t\r\nConnection:\tclose\t,\tx\r\n\r\n",
         ""),

    /* chunks */
    GOOD(REQUEST_CHUNKED "0000000000000000000003\r\nabc\r\n000\r\n\r\n", "abc"),
    GOOD(REQUEST_CHUNKED "3 \t \r\nabc\r\n0  \r\n\r\n", "abc"),
    GOOD(REQUEST_CHUNKED "3 ; a = b \r\nabc\r\n0\t;c=\"d;e\"\r\n\r\n", "abc"),
    GOOD(REQUEST_CHUNKED "3\r\nabc\r\n0\r\nX: \t y \t\r\n\r\n", "abc"),
    BAD(REQUEST_CHUNKED " 3\r\nabc\r\n0\r\n\r\n", 400),
    BAD(REQUEST_CHUNKED "\t3\r\nabc\r\n0\r\n\r\n", 400),
    BAD(REQUEST_CHUNKED "3 3\r\nabc\r\n0\r\n\r\n", 400),
    BAD(REQUEST_CHUNKED "3 x\r\nabc\r\n0\r\n\r\n", 400),
    BAD(REQUEST_CHUNKED "3 \nabc\r\n0\r\n\r\n", 400),
    BAD(REQUEST_CHUNKED "3\v\r\nabc\r\n0\r\n\r\n", 400),
    BAD(REQUEST_CHUNKED " \r\nabc\r\n0\r\n\r\n", 400),
    BAD(REQUEST_CHUNKED "0\r\nX: y\r\n z\r\n\r\n", 400),
    BAD(REQUEST_CHUNKED "0\r\n z: y\r\n\r\n", 400),
    BAD(REQUEST_CHUNKED "10000000000000003\r\nabc\r\n0\r\n\r\n", 400),
    BAD(REQUEST_CHUNKED "0010000000000000003\r\nabc\r\n0\r\n\r\n", 400),

    /* lines */
    BAD("GET / HTTP/1.1\nHost: h\n\n", 400),
    BAD("GET / HTTP/1.1\r\nHost: h\n\r\n", 400),
    BAD("GET / HTTP/1.1\r\nHost: h\r\n\n", 400),
    BAD("\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    BAD("GET / HTTP/1.1\rHost: h\r\r", 400),
    BAD("GET / HTTP/1.1\r\r\nHost: h\r\n\r\n", 400),
    BAD(REQUEST_HOST "X: a\rb\r\n\r\n", 400),
    BAD(REQUEST_HOST "\rX: y\r\n\r\n", 400),
    BAD(REQUEST_HOST "X: a\r\n b\r\n\r\n", 400),
    BAD(REQUEST_HOST "X: a\r\n\tb\r\n\r\n", 400),
    BAD("GET / HTTP/1.1\r\n Host: h\r\n\r\n", 400),
    BAD(" GET / HTTP/1.1\r\nHost: h\r\n\r\n", 400),

    /* header fields */
    BAD(REQUEST_HOST "X : y\r\n\r\n", 400),
    BAD(REQUEST_HOST "X\t: y\r\n\r\n", 400),
    BAD(REQUEST_HOST "X y: z\r\n\r\n", 400),
    BAD(REQUEST_HOST ": y\r\n\r\n", 400),
    BAD(REQUEST_HOST "X\r\n\r\n", 400),
    BAD(REQUEST_HOST "X: a\0b\r\n\r\n", 400),
    BAD(REQUEST_HOST "X\0: a\r\n\r\n", 400),
    BAD(REQUEST_HOST "X: a\001b\r\n\r\n", 400),
    BAD(REQUEST_HOST "X: a\177b\r\n\r\n", 400),
    BAD(REQUEST_HOST "X\xc3\xa4: a\r\n\r\n", 400),
    BAD(REQUEST_HOST "(X): a\r\n\r\n", 400),

    /* the host */
    BAD("GET / HTTP/1.1\r\n\r\n", 400),
    BAD(REQUEST_HOST "Host: h\r\n\r\n", 400),
    BAD(REQUEST_HOST "hOST: i\r\n\r\n", 400),
    BAD("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    BAD("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
    BAD("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
    BAD("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400),
    BAD("GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", 400),
    BAD("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400),

    /* the first line */
    BAD("GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    BAD("GET /  HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    BAD("GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    BAD("GET / HTTP/1.1 \r\nHost: h\r\n\r\n", 505),
    BAD("GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    BAD("GET /\001 HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    BAD("GET /\0 HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    BAD("GET /\t HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    BAD("GET /\xc3\xa4 HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    BAD("GET HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    BAD("FE(TCH / HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    BAD("FETCH  / HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    BAD("FETCH /  HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    BAD("FETCH /\t HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    BAD("FETCH /\0 HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    BAD("FETCH / HTTP/1.1 \r\nHost: h\r\n\r\n", 400),
    BAD("FETCH / HTTP/1.2\r\nHost: h\r\n\r\n", 505),
    BAD("FETCH / HTTP/2.0\r\nHost: h\r\n\r\n", 505),
    BAD("FETCH / HTTP/1.10\r\nHost: h\r\n\r\n", 400),
    BAD("FETCH / XTTP/1.1\r\nHost: h\r\n\r\n", 400),
    BAD("FETCH /\r\nHost: h\r\n\r\n", 400),
    BAD("FETCH\r\nHost: h\r\n\r\n", 400),
    BAD("GET / XTTP/1.1\r\nHost: h\r\n\r\n", 400),
    BAD("GET /\r\nHost: h\r\n\r\n", 505),
    BAD("GET /\r\n\r\n", 505),
    BAD("GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505),
    BAD("GET / HTTP/1.2\r\nHost: h\r\n\r\n", 505),
    BAD("GET / HTTP/0.9\r\nHost: h\r\n\r\n", 505),
    BAD("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    BAD("PLAY / RTSP/1.0\r\nHost: h\r\n\r\n", 400),
    BAD("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),

    /* lengths */
    BAD(REQUEST_HOST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
                     "0\r\n\r\n",
        400),
    BAD(REQUEST_HOST "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"
                     "0\r\n\r\n",
        400),
    BAD(REQUEST_HOST "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400),
    BAD(REQUEST_HOST "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400),
    BAD(REQUEST_HOST "Content-Length: 3, 3\r\n\r\nabc", 400),
    BAD(REQUEST_HOST "Content-Length: 3,\r\n\r\nabc", 400),
    BAD(REQUEST_HOST "Content-Length: ,3\r\n\r\nabc", 400),
    BAD(REQUEST_HOST "Content-Length: \r\n 3\r\n\r\nabc", 400),
    BAD(REQUEST_HOST "Content-Length: 3\r\n 3\r\n\r\nabc", 400),
    BAD(REQUEST_HOST "Content-Length: 3\v\r\n\r\nabc", 400),
    BAD(REQUEST_HOST "Content-Length : 3\r\n\r\nabc", 400),
    BAD(REQUEST_HOST "Content-Length: +3\r\n\r\nabc", 400),
    BAD(REQUEST_HOST "Content-Length: -3\r\n\r\nabc", 400),
    BAD(REQUEST_HOST "Content-Length: 0x3\r\n\r\nabc", 400),
    BAD(REQUEST_HOST "Content-Length: 3 3\r\n\r\nabc", 400),
    BAD(REQUEST_HOST "Content-Length:\r\n\r\n", 400),
    BAD(REQUEST_HOST "Content-Length: 18446744073709551619\r\n\r\nabc", 400),
    BAD(REQUEST_HOST "Content-Length: 9223372036854775808\r\n\r\nabc", 400),
    BAD(REQUEST_HOST "Transfer-Encoding: gzip\r\n\r\n", 501),
    BAD(REQUEST_HOST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
    BAD(REQUEST_HOST "Transfer-Encoding: chunkex\r\n\r\n0\r\n\r\n", 501),
    BAD(REQUEST_HOST "Transfer-Encoding: chunkedx\r\n\r\n0\r\n\r\n", 501),
    BAD(REQUEST_HOST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501),
    BAD(REQUEST_HOST "Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n", 501),
    BAD(REQUEST_HOST "Transfer-Encoding: identity\r\n\r\n0\r\n\r\n", 501),
    BAD(REQUEST_HOST "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
        400),
    BAD(REQUEST_HOST "Transfer-Encoding: chunked,\r\n\r\n0\r\n\r\n", 400),
    BAD(REQUEST_HOST "Transfer-Encoding: , chunked\r\n\r\n0\r\n\r\n", 400),
    BAD(REQUEST_HOST "Transfer-Encoding:\r\n\r\n0\r\n\r\n", 400),
    BAD(REQUEST_HOST "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", 400),
    BAD(REQUEST_HOST "Transfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n", 400),
    BAD(REQUEST_HOST "Transfer-Encoding: chunked\r\n"
                     "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400),
    BAD("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),

    CUT("GET / HTTP/1.1\r\nHost: h\r\n"),
    CUT("GET / HTTP/1.1\r\nHost: h\r\n\r"),
    CUT("G"),
    CUT("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nabc"),
    CUT("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"),
};

const size_t http_request_count =
    sizeof http_requests / sizeof http_requests[0];

const struct example http_responses[] = {
    GOOD("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "abc"),
    GOOD("HTTP/1.1 200 \r\nContent-Length: 3\r\n\r\nabc", "abc"),
    GOOD("HTTP/1.1 200\r\nContent-Length: 3\r\n\r\nabc", "abc"),
    GOOD("HTTP/1.0 200 OK\r\n\r\nabc", "abc"),
    GOOD("HTTP/1.1 200 OK\r\n\r\n", ""),
    GOOD("HTTP/1.1 200 OK\r\nHost: a\r\nHost: b\r\n\r\n", ""),
    GOOD("HTTP/1.1 999 Odd\r\n\r\n", ""),

    /* lengths: blanks, zeros, equal ones */
    GOOD("HTTP/1.1 200 OK\r\nContent-Length:2\r\n\r\nok", "ok"),
    GOOD("HTTP/1.1 200 OK\r\nContent-Length: 2 \r\n\r\nok", "ok"),
    GOOD("HTTP/1.1 200 OK\r\nContent-Length: 2\t\r\n\r\nok", "ok"),
    GOOD("HTTP/1.1 200 OK\r\nContent-Length:\t2 \t \r\n\r\nok", "ok"),
    GOOD("HTTP/1.1 200 OK\r\nContent-Length: 0000000000000000000002\r\n\r\nok",
         "ok"),
    GOOD("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok",
         "ok"),
    GOOD("HTTP/1.1 200 OK\r\nContent-Length: 2\r\ncontent-length:\t02\t\r\n"
         "\r\nok",
         "ok"),
    GOOD("HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok", "ok"),
    GOOD("HTTP/1.1 200 OK\r\nContent-Length: 2,2\t,\t2\r\n\r\nok", "ok"),
    GOOD("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2 , 2\r\n\r\n"
         "ok",
         "ok"),
    BAD("HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\nok", 400),
    BAD("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2, 3\r\n\r\nok",
        400),
    BAD("HTTP/1.1 200 OK\r\nContent-Length: 2,\r\n\r\nok", 400),
    BAD("HTTP/1.1 200 OK\r\nContent-Length: ,2\r\n\r\nok", 400),
    BAD("HTTP/1.1 200 OK\r\nContent-Length: 2 2\r\n\r\nok", 400),
    BAD("HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok", 400),
    BAD("HTTP/1.1 200 OK\r\nContent-Length: 2;\r\n\r\nok", 400),
    BAD("HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\nok", 400),
    BAD("HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775808\r\n\r\nok",
        400),
    BAD("HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551618\r\n\r\nok",
        400),

    /* codings: a list with empty items is still a list */
    GOOD("HTTP/1.1 200 OK\r\nTransfer-Encoding:\tChunked \t\r\n\r\n"
         "2\r\nok\r\n0\r\n\r\n",
         "ok"),
    GOOD("HTTP/1.1 200 OK\r\nTransfer-Encoding: , chunked\t,\r\n\r\n"
         "2\r\nok\r\n0\r\n\r\n",
         "ok"),
    BAD("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n"
        "0\r\n\r\n",
        400),
    BAD("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
        "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400),
    BAD("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
        400),
    BAD("HTTP/1.1 200 OK\r\nTransfer-Encoding:\r\n\r\n0\r\n\r\n", 400),
    BAD("HTTP/1.1 200 OK\r\nTransfer-Encoding: ,\r\n\r\n0\r\n\r\n", 400),
    BAD("HTTP/1.1 200 OK\r\nTransfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n",
        400),
    BAD("HTTP/1.1 200 OK\r\nTransfer-Encoding: chun ked\r\n\r\n0\r\n\r\n", 400),

    /* folded lines */
    GOOD("HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 2\r\n\r\nok", "ok"),
    GOOD("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: a\r\n\t b\r\n\r\nok",
         "ok"),
    GOOD("HTTP/1.1 200 OK\r\nX: a\r\n b\r\n  c\r\n\t\r\nContent-Length: 2\r\n"
         "\r\nok",
         "ok"),
    GOOD("HTTP/1.1 200 OK\r\nContent-Length:\r\n 2\r\n\r\nok", "ok"),
    GOOD("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n \r\n\r\nok", "ok"),
    GOOD("HTTP/1.1 200 OK\r\nContent-Length: 2,\r\n 2\r\n\r\nok", "ok"),
    GOOD(
        "HTTP/1.1 200 OK\r\nX: a\r\n Content-Length: 9\r\nContent-Length: 2\r\n"
        "\r\nok",
        "ok"),
    GOOD("HTTP/1.1 200 OK\r\nTransfer-Encoding:\r\n chunked\r\n\r\n"
         "2\r\nok\r\n0\r\n\r\n",
         "ok"),
    BAD("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n 2\r\n\r\nok", 400),
    BAD("HTTP/1.1 200 OK\r\nTransfer-Encoding: chun\r\n ked\r\n\r\n0\r\n\r\n",
        400),

    /* chunks */
    GOOD(OK_CHUNKED "0\r\n\r\n", ""),
    GOOD(OK_CHUNKED "3\r\nabc\r\n0\r\n\r\n", "abc"),
    GOOD(OK_CHUNKED "1\r\na\r\n0002\r\nbc\r\n000\r\n\r\n", "abc"),
    GOOD(OK_CHUNKED "a\r\n0123456789\r\nB\r\n0123456789\n\r\n0\r\n\r\n",
         "01234567890123456789\n"),
    GOOD(OK_CHUNKED "3;a=b;c=\"d e\"\r\nabc\r\n0;x\r\n\r\n", "abc"),
    GOOD(OK_CHUNKED "3\r\nabc\r\n0\r\nX: y\r\nContent-Length: 7\r\n\r\n",
         "abc"),
    GOOD(OK_CHUNKED "3 \r\nabc\r\n0\r\n\r\n", "abc"),
    GOOD(OK_CHUNKED "3\t\r\nabc\r\n0\t\r\n\r\n", "abc"),
    GOOD(OK_CHUNKED "3     \r\nabc\r\n0      \r\n\r\n", "abc"),
    GOOD(OK_CHUNKED "0000000000000003\r\nabc\r\n0\r\n\r\n", "abc"),
    GOOD(OK_CHUNKED "3\r\nabc\r\n00000000000000000000000000000000\r\n\r\n",
         "abc"),
    GOOD(OK_CHUNKED "00000000000000000003 ;x\r\nabc\r\n0\r\n\r\n", "abc"),
    GOOD(OK_CHUNKED "3 \t;\ta \t=\t b \t; c\r\nabc\r\n0 ; d\r\n\r\n", "abc"),
    GOOD(OK_CHUNKED "3;\r\nabc\r\n0\r\n\r\n", "abc"),
    GOOD(OK_CHUNKED "0\r\nX: y\r\n z\r\n\r\n", ""),
    GOOD(OK_CHUNKED "0\r\nX:\r\n\tz\r\n \r\nY: z\r\n\r\n", ""),
    GOOD(OK_CHUNKED "0\r\nX:y\r\nY:\r\n\r\n", ""),
    BAD(OK_CHUNKED "0\r\n X: y\r\n\r\n", 400),
    BAD(OK_CHUNKED "0\r\nX: y\r\n\001\r\n\r\n", 400),
    BAD(OK_CHUNKED "0\r\nX: y\r\n z\001\r\n\r\n", 400),
    BAD(OK_CHUNKED "3 3\r\nabc\r\n0\r\n\r\n", 400),
    BAD(OK_CHUNKED "3 x\r\nabc\r\n0\r\n\r\n", 400),
    BAD(OK_CHUNKED "3 \nabc\r\n0\r\n\r\n", 400),
    BAD(OK_CHUNKED " \r\nabc\r\n0\r\n\r\n", 400),
    BAD(OK_CHUNKED "3\v\r\nabc\r\n0\r\n\r\n", 400),
    BAD(OK_CHUNKED "0010000000000000003\r\nabc\r\n0\r\n\r\n", 400),
    BAD(OK_CHUNKED "3\nabc\r\n0\r\n\r\n", 400),
    BAD(OK_CHUNKED "3\r\nabc\n0\r\n\r\n", 400),
    BAD(OK_CHUNKED "3\r\nabcXX0\r\n\r\n", 400),
    BAD(OK_CHUNKED "3\r\nabc\rX0\r\n\r\n", 400),
    BAD(OK_CHUNKED "3\r\nabcd\r\n0\r\n\r\n", 400),
    BAD(OK_CHUNKED "4\r\nabc\r\n0\r\n\r\n", 400),
    BAD(OK_CHUNKED " 3\r\nabc\r\n0\r\n\r\n", 400),
    BAD(OK_CHUNKED "0x3\r\nabc\r\n0\r\n\r\n", 400),
    BAD(OK_CHUNKED "+3\r\nabc\r\n0\r\n\r\n", 400),
    BAD(OK_CHUNKED "-3\r\nabc\r\n0\r\n\r\n", 400),
    BAD(OK_CHUNKED "g\r\nabc\r\n0\r\n\r\n", 400),
    BAD(OK_CHUNKED "\r\nabc\r\n0\r\n\r\n", 400),
    BAD(OK_CHUNKED ";a=b\r\nabc\r\n0\r\n\r\n", 400),
    BAD(OK_CHUNKED "3\rXabc\r\n0\r\n\r\n", 400),
    BAD(OK_CHUNKED "3;a\nabc\r\n0\r\n\r\n", 400),
    BAD(OK_CHUNKED "3;\001\r\nabc\r\n0\r\n\r\n", 400),
    BAD(OK_CHUNKED "3;\0\r\nabc\r\n0\r\n\r\n", 400),
    BAD(OK_CHUNKED "ffffffffffffffff\r\nabc\r\n0\r\n\r\n", 400),
    BAD(OK_CHUNKED "10000000000000003\r\nabc\r\n0\r\n\r\n", 400),
    BAD(OK_CHUNKED "3\r\nabc\r\n\r\n\r\n", 400),
    BAD(OK_CHUNKED "3\r\nabc\r\n;x\r\n\r\n", 400),
    BAD(OK_CHUNKED "3\r\nabc\r\n \r\n\r\n", 400),
    BAD(OK_CHUNKED "0\n\r\n", 400),
    BAD(OK_CHUNKED "0\r\n\n", 400),
    BAD(OK_CHUNKED "0\r\n\rX", 400),
    BAD(OK_CHUNKED "0\r\nX: y\n\r\n", 400),
    BAD(OK_CHUNKED "0\r\nX : y\r\n\r\n", 400),
    BAD(OK_CHUNKED "0\r\nXy\r\n\r\n", 400),
    BAD(OK_CHUNKED "0\r\n: y\r\n\r\n", 400),
    BAD(OK_CHUNKED "0\r\nX: a\0b\r\n\r\n", 400),

    /* heads */
    BAD("HTTP/1.1 200 OK\nContent-Length: 0\n\n", 400),
    BAD("\r\nHTTP/1.1 200 OK\r\n\r\n", 400),
    BAD("HTTP/1.1  200 OK\r\n\r\n", 400),
    BAD("HTTP/1.1 20 OK\r\n\r\n", 400),
    BAD("HTTP/1.1 099 OK\r\n\r\n", 400),
    BAD("HTTP/1.1 2000 OK\r\n\r\n", 400),
    BAD("HTTP/1.1 2x0 OK\r\n\r\n", 400),
    BAD("HTTP/1.1 200OK\r\n\r\n", 400),
    BAD("HTTP/1.1 200 O\001K\r\n\r\n", 400),
    BAD("HTTP/1.1 200 O\0K\r\n\r\n", 400),
    BAD("HTTP/1.1 \r\n\r\n", 400),
    BAD("HTTP/1.1\r\n\r\n", 400),
    BAD("HTTP/2.0 200 OK\r\n\r\n", 400),
    BAD("HTTP/1.2 200 OK\r\n\r\n", 400),
    BAD("http/1.1 200 OK\r\n\r\n", 400),
    BAD("ICY 200 OK\r\n\r\n", 400),
    BAD("SSH-2.0-OpenSSH\r\n", 400),
    BAD("HTTP/1.1 200 OK\r\n X: a\r\n\r\n", 400),
    BAD("HTTP/1.1 200 OK\r\n\tX: a\r\nY: b\r\n\r\n", 400),
    BAD("HTTP/1.1 200 OK\r\n \r\n\r\n", 400),
    BAD("HTTP/1.1 200 OK\r\nX: a\r\n \001\r\n\r\n", 400),
    BAD("HTTP/1.1 200 OK\r\nX: a\n b\r\n\r\n", 400),
    BAD("HTTP/1.1 200 OK\r\nX\r\n : a\r\n\r\n", 400),
    BAD("HTTP/1.1 200 OK\r\nX : a\r\n\r\n", 400),
    BAD("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n"
        "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400),
    BAD("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
        400),
    BAD("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
    BAD("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 400),

    CUT("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc"),
    CUT("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n"),
    CUT("HTTP/1."),
    CUT(OK_CHUNKED),
    CUT(OK_CHUNKED "3\r\nab"),
    CUT(OK_CHUNKED "3\r\nabc\r\n"),
    CUT(OK_CHUNKED "3\r\nabc\r\n0\r\n"),
    CUT(OK_CHUNKED "3\r\nabc\r\n0\r\n\r"),
};

const size_t http_response_count =
    sizeof http_responses / sizeof http_responses[0];
