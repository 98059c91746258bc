/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * Messages as they may come from anybody: each input of the tables comes whole
 * and cut in two at every byte, and byte by byte, and must come to the same.
 */
#include <coil/error.h>
#include <coil/http.h>
#include <coil/task.h>

#include "base/memory.h"
#include "http/message.h"
#include "stream_test.h"

#define REQUEST_HOST "GET / HTTP/1.1\r\nHost: h\r\n"
#define OK_CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

struct example {
    const char *text;
    size_t size;
    int outcome;      /* 0: good, and what follows is compared */
    int answer;       /* of a server, to a bad request */
    const char *body; /* of a good one */
};

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

static const struct example requests[] = {
    GOOD(REQUEST_HOST "\r\n", ""),
    GOOD("\r\n\r\n" REQUEST_HOST "\r\n", ""),
    GOOD("GET / HTTP/1.0\r\n\r\n", ""),
    GOOD("GET / HTTP/1.1\r\nHost:\r\nA:\r\nB: \t \r\nC:  x \t\r\n\r\n", ""),
    GOOD("GET http://h/x HTTP/1.1\r\nHost: h\r\n\r\n", ""),
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
    BAD("GET / XTTP/1.1\r\nHost: h\r\n\r\n", 400),
    BAD("GET /\r\nHost: h\r\n\r\n", 505),
    BAD("GET /\r\n\r\n", 505),
    BAD("get / HTTP/1.1\r\nHost: h\r\n\r\n", 501),
    BAD("FETCH / HTTP/1.1\r\nHost: h\r\n\r\n", 501),
    BAD("PLAY / HTTP/1.1\r\nHost: h\r\n\r\n", 501),
    BAD("GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505),
    BAD("GET / HTTP/1.2\r\nHost: h\r\n\r\n", 505),
    BAD("GET / HTTP/0.9\r\nHost: h\r\n\r\n", 505),
    BAD("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
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
    BAD(REQUEST_HOST "Content-Length: +3\r\n\r\nabc", 400),
    BAD(REQUEST_HOST "Content-Length: -3\r\n\r\nabc", 400),
    BAD(REQUEST_HOST "Content-Length: 0x3\r\n\r\nabc", 400),
    BAD(REQUEST_HOST "Content-Length: 3 3\r\n\r\nabc", 400),
    BAD(REQUEST_HOST "Content-Length:\r\n\r\n", 400),
    BAD(REQUEST_HOST "Content-Length: 18446744073709551619\r\n\r\nabc", 400),
    BAD(REQUEST_HOST "Content-Length: 9223372036854775808\r\n\r\nabc", 400),
    BAD(REQUEST_HOST "Transfer-Encoding: gzip\r\n\r\n", 501),
    BAD(REQUEST_HOST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
    BAD(REQUEST_HOST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501),
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

static const struct example responses[] = {
    GOOD("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "abc"),
    GOOD("HTTP/1.1 200 \r\nContent-Length: 3\r\n\r\nabc", "abc"),
    GOOD("HTTP/1.1 200\r\nContent-Length: 3\r\n\r\nabc", "abc"),
    GOOD("HTTP/1.0 200 OK\r\n\r\nabc", "abc"),
    GOOD("HTTP/1.1 200 OK\r\n\r\n", ""),
    GOOD("HTTP/1.1 200 OK\r\nHost: a\r\nHost: b\r\n\r\n", ""),
    GOOD("HTTP/1.1 999 Odd\r\n\r\n", ""),

    /* chunks */
    GOOD(OK_CHUNKED "0\r\n\r\n", ""),
    GOOD(OK_CHUNKED "3\r\nabc\r\n0\r\n\r\n", "abc"),
    GOOD(OK_CHUNKED "1\r\na\r\n0002\r\nbc\r\n000\r\n\r\n", "abc"),
    GOOD(OK_CHUNKED "a\r\n0123456789\r\nB\r\n0123456789\n\r\n0\r\n\r\n",
         "01234567890123456789\n"),
    GOOD(OK_CHUNKED "3;a=b;c=\"d e\"\r\nabc\r\n0;x\r\n\r\n", "abc"),
    GOOD(OK_CHUNKED "3\r\nabc\r\n0\r\nX: y\r\nContent-Length: 7\r\n\r\n",
         "abc"),
    BAD(OK_CHUNKED "3\nabc\r\n0\r\n\r\n", 400),
    BAD(OK_CHUNKED "3\r\nabc\n0\r\n\r\n", 400),
    BAD(OK_CHUNKED "3\r\nabcXX0\r\n\r\n", 400),
    BAD(OK_CHUNKED "3\r\nabc\rX0\r\n\r\n", 400),
    BAD(OK_CHUNKED "3\r\nabcd\r\n0\r\n\r\n", 400),
    BAD(OK_CHUNKED "4\r\nabc\r\n0\r\n\r\n", 400),
    BAD(OK_CHUNKED "3 \r\nabc\r\n0\r\n\r\n", 400),
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
    BAD(OK_CHUNKED "0000000000000003\r\nabc\r\n0\r\n\r\n", 400),
    BAD(OK_CHUNKED "0\n\r\n", 400),
    BAD(OK_CHUNKED "0\r\n\n", 400),
    BAD(OK_CHUNKED "0\r\n\rX", 400),
    BAD(OK_CHUNKED "0\r\nX: y\n\r\n", 400),
    BAD(OK_CHUNKED "0\r\nX : y\r\n\r\n", 400),
    BAD(OK_CHUNKED "0\r\nX: y\r\n z\r\n\r\n", 400),
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
    BAD("HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n", 400),
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

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* ---- one message, in pieces ------------------------------------------- */

struct sender {
    struct coil_stream *stream;
    const struct example *example;
    size_t cut; /* where; 0: byte by byte; size: nowhere */
};

static int send_pieces(void *arg)
{
    const struct sender *s = arg;
    size_t at = 0;
    int rc;

    while (at < s->example->size) {
        size_t n = s->cut > at ? s->cut - at : s->example->size - at;

        if (s->cut == 0)
            n = 1;
        rc = coil_stream_write(s->stream, s->example->text + at, n);
        if (rc == 0)
            rc = coil_stream_flush(s->stream);
        if (rc == 0)
            rc = coil_sleep(COIL_MILLISECOND);
        if (rc < 0)
            return rc;
        at += n;
    }
    return coil_stream_shutdown(s->stream);
}

static ptrdiff_t read_piece(void *reader, void *buffer, size_t size)
{
    return coil__http_read(reader, buffer, size);
}

/* Read it all: the outcome, the answer, the body. */
static int receive(struct coil_stream *stream, enum coil__http_kind kind,
                   int *answer, struct coil_buffer *body)
{
    static const struct coil__http_layout layout = { .back = 1 };
    struct coil__http_block block = { 0 };
    struct coil__http_reader reader;
    struct coil__http_head head;
    int rc;

    coil__http_reader_init(&reader, kind, stream, 1024, 16);
    rc = coil__http_read_head(&reader, &block, &layout, &head, NULL, 0);
    *answer = head.answer;
    if (rc == 1) {
        coil__http_begin_body(&reader, &head, true);
        rc = coil__http_read_all(&reader, body, 1000, read_piece, &reader);
    }
    coil__http_reader_fini(&reader);
    coil__free(block.memory);
    return rc;
}

static const struct example *example;
static enum coil__http_kind kind;

static void say_example(void)
{
    fprintf(stderr, "with: %.*s\n", (int)example->size, example->text);
}

static void check(size_t cut)
{
    struct pair p = connected();
    struct sender sender = { p.a, example, cut };
    struct coil_task *task = start(send_pieces, &sender);
    struct coil_buffer body = { 0 };
    int answer;
    int rc = receive(p.b, kind, &answer, &body);

    if (rc != example->outcome)
        FAIL("cut at %zu: %d, not %d", cut, rc, example->outcome);
    if (rc == 0)
        ASSERT_STR_EQ((const char *)coil__buffer_bytes(&body), example->body);
    if (rc == COIL_EHTTP_MALFORMED && kind == COIL__HTTP_REQUEST)
        ASSERT_EQ(answer, example->answer);
    coil__buffer_fini(&body);
    coil_stream_abort(p.b);
    end_of(task);
    coil_stream_abort(p.a);
}

static int check_everywhere(void *arg)
{
    (void)arg;
    for (size_t cut = 0; cut <= example->size; cut++)
        check(cut);
    return 0;
}

static void check_all(const struct example *examples, size_t count,
                      enum coil__http_kind of)
{
    kind = of;
    test_on_failure = say_example;
    for (size_t i = 0; i < count; i++) {
        example = &examples[i];
        ASSERT_EQ(coil_test_run(check_everywhere, NULL, 0), 0);
        ASSERT_EQ(coil_test_run(check_everywhere, NULL, i + 1), 0);
    }
}

TEST(http_message_requests_come_to_the_same_wherever_they_are_cut)
{
    check_all(requests, COUNT(requests), COIL__HTTP_REQUEST);
}

TEST(http_message_responses_come_to_the_same_wherever_they_are_cut)
{
    check_all(responses, COUNT(responses), COIL__HTTP_RESPONSE);
}
