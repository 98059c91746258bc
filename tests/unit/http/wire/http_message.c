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
#include "http/wire/message.h"
#include "http_examples.h"
#include "stream_test.h"


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
    check_all(http_requests, http_request_count, COIL__HTTP_REQUEST);
}

TEST(http_message_responses_come_to_the_same_wherever_they_are_cut)
{
    check_all(http_responses, http_response_count, COIL__HTTP_RESPONSE);
}
