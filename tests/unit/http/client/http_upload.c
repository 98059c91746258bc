/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * Bodies that are sent: from memory, a source, a stream, a file; and servers
 * that answer before they have all of it.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <coil/http_client.h>
#include <coil/http_server.h>
#include <coil/stream_pair.h>
#include <coil/testing.h>

#include "http_server_test.h"

enum { LARGE = 700 * 1000 };

static struct coil_http_client *client;
static char url[64], early_url[64], slow_url[64];
static size_t got;
static unsigned long sum;
static char framing[64];

static unsigned long add(unsigned long to, const unsigned char *bytes,
                         size_t size)
{
    for (size_t i = 0; i < size; i++)
        to = to * 31 + bytes[i];
    return to;
}

/* Take the body in, and say what it was. */
static int take(struct coil_http_exchange *x, void *arg)
{
    const char *length = coil_http_exchange_header(x, "Content-Length");
    const char *coding = coil_http_exchange_header(x, "Transfer-Encoding");
    unsigned char piece[5000];
    ptrdiff_t n;

    snprintf(framing, sizeof framing, "%s", length ? length : coding);
    got = 0;
    sum = 0;
    do {
        if (arg && coil_sleep(10 * COIL_MILLISECOND) < 0)
            return -ECANCELED;
        n = coil_http_exchange_read(x, piece, sizeof piece);
        if (n > 0) {
            sum = add(sum, piece, (size_t)n);
            got += (size_t)n;
        }
    } while (n > 0);
    return n < 0 ? (int)n : coil_http_respond(x, 200, NULL, "ok", 2);
}

/* Answer without having looked at the body. */
static int refuse(struct coil_http_exchange *x, void *arg)
{
    (void)arg;
    return coil_http_respond(x, 403, NULL, "no", 2);
}

static void begin_upload(void)
{
    unsigned port;

    serve_defaults();
    ASSERT_EQ(coil_http_server_route(server, "PUT", "/take", take, NULL), 0);
    ASSERT_EQ(coil_http_server_route(server, "PUT", "/slow", take, &got), 0);
    ASSERT_EQ(coil_http_server_route(server, "PUT", "/early", refuse, NULL), 0);
    port = coil_address_port(&address);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/take", port);
    snprintf(early_url, sizeof early_url, "http://127.0.0.1:%u/early", port);
    snprintf(slow_url, sizeof slow_url, "http://127.0.0.1:%u/slow", port);
    ASSERT_EQ(coil_http_client_new(&client, NULL), 0);
}

static void end_upload(void)
{
    ASSERT_EQ(coil_http_client_connections(client),
              coil_http_client_idle(client));
    coil_http_client_free(client);
    end_server();
}

static int put(struct coil_http_request request, int status)
{
    struct coil_http_response *r;
    int rc;

    request.method = "PUT";
    if (!request.url)
        request.url = url;
    rc = coil_http_request(client, &request, &r);
    if (rc < 0)
        return rc;
    ASSERT_EQ(r->status, status);
    coil_http_response_free(r);
    return 0;
}

/* ---- a source of a test -------------------------------------------------- */

struct made {
    struct coil_http_source source;
    const unsigned char *bytes;
    size_t size;
    size_t at;
    int error; /* at the end */
    int rewound;
    coil_time pause;
};

static ptrdiff_t read_made(void *arg, void *buffer, size_t size)
{
    struct made *made = arg;
    size_t left = made->size - made->at;
    int rc;

    if (made->pause > 0) {
        rc = coil_sleep(made->pause);
        if (rc < 0)
            return rc;
    }
    if (left == 0)
        return made->error;
    if (size > 30000)
        size = 30000;
    if (size > left)
        size = left;
    memcpy(buffer, made->bytes + made->at, size);
    made->at += size;
    return (ptrdiff_t)size;
}

static int rewind_made(void *arg)
{
    struct made *made = arg;

    made->at = 0;
    made->rewound++;
    return 0;
}

static void supply(struct made *made, const unsigned char *bytes, size_t size,
                   int64_t said)
{
    *made = (struct made){ .bytes = bytes, .size = size };
    made->source = (struct coil_http_source){
        .read = read_made, .rewind = rewind_made, .arg = made, .size = said
    };
}

/* ---- what arrives ------------------------------------------------------- */

STREAM_TEST(http_upload_from_memory)
{
    static const size_t sizes[] = { 1, 16384, 16385, 65536, 65537, LARGE };
    unsigned char *bytes = make_bytes(LARGE);

    begin_upload();
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        ASSERT_EQ(put((struct coil_http_request){ .body = bytes,
                                                  .body_size = sizes[i] },
                      200),
                  0);
        ASSERT_EQ(got, sizes[i]);
        ASSERT_EQ(sum, add(0, bytes, sizes[i]));
        ASSERT_EQ((size_t)atol(framing), sizes[i]);
        ASSERT_EQ(coil_http_client_idle(client), 1);
    }
    end_upload();
    free(bytes);
}

STREAM_TEST(http_upload_from_a_source)
{
    unsigned char *bytes = make_bytes(LARGE);
    struct made made;

    begin_upload();
    for (int is_chunked = 0; is_chunked < 2; is_chunked++) {
        supply(&made, bytes, LARGE, is_chunked ? COIL_HTTP_CHUNKED : LARGE);
        ASSERT_EQ(
            put((struct coil_http_request){ .source = &made.source }, 200), 0);
        ASSERT_EQ(got, LARGE);
        ASSERT_EQ(sum, add(0, bytes, LARGE));
        ASSERT_EQ(strcmp(framing, "chunked") == 0, is_chunked);
        ASSERT_EQ(coil_http_client_idle(client), 1);
    }
    supply(&made, bytes, 0, 0);
    ASSERT_EQ(put((struct coil_http_request){ .source = &made.source }, 200),
              0);
    ASSERT_EQ(got, 0);
    supply(&made, bytes, 0, COIL_HTTP_CHUNKED);
    ASSERT_EQ(put((struct coil_http_request){ .source = &made.source }, 200),
              0);
    ASSERT_EQ(got, 0);
    ASSERT_EQ(coil_http_client_idle(client), 1);
    end_upload();
    free(bytes);
}

static int feed(void *arg)
{
    struct coil_stream *stream = arg;
    unsigned char *bytes = make_bytes(LARGE);
    int rc = 0;

    for (size_t at = 0; rc == 0 && at < LARGE; at += 10000) {
        rc = coil_stream_write(stream, bytes + at, 10000);
        if (rc == 0)
            rc = coil_stream_drain(stream);
    }
    free(bytes);
    return rc < 0 ? rc : coil_stream_shutdown(stream);
}

STREAM_TEST(http_upload_from_a_stream)
{
    unsigned char *bytes = make_bytes(LARGE);
    struct coil_http_source source;
    struct coil_stream *ends[2];
    struct coil_task *feeder;

    begin_upload();
    ASSERT_EQ(coil_stream_pair(ends), 0);
    feeder = start(feed, ends[0]);
    source = coil_http_source_of_stream(ends[1], COIL_HTTP_CHUNKED);
    ASSERT_EQ(put((struct coil_http_request){ .source = &source }, 200), 0);
    ASSERT_EQ(end_of(feeder), 0);
    ASSERT_EQ(got, LARGE);
    ASSERT_EQ(sum, add(0, bytes, LARGE));
    coil_stream_abort(ends[0]);
    coil_stream_abort(ends[1]);
    end_upload();
    free(bytes);
}

KERNEL_TEST(http_upload_from_a_file)
{
    char name[] = "/tmp/coil-upload-XXXXXX";
    unsigned char *bytes = make_bytes(LARGE);
    struct coil_http_source source;
    struct coil_http_file file;
    int fd = mkstemp(name);
    int pipes[2];

    ASSERT_GE(fd, 0);
    unlink(name);
    ASSERT_EQ(write(fd, bytes, LARGE), LARGE);
    begin_upload();
    ASSERT_EQ(coil_http_file_init(&file, fd, 0, COIL_HTTP_TO_THE_END), 0);
    ASSERT_EQ(put((struct coil_http_request){ .source = &file.source }, 200),
              0);
    ASSERT_EQ(got, LARGE);
    ASSERT_EQ(sum, add(0, bytes, LARGE));
    ASSERT_EQ(coil_http_file_init(&file, fd, 1000, 5000), 0);
    ASSERT_EQ(put((struct coil_http_request){ .source = &file.source }, 200),
              0);
    ASSERT_EQ(got, 5000);
    ASSERT_EQ(sum, add(0, bytes + 1000, 5000));

    /* The size of a source is its user's: chunks, and less of it by a copy. */
    ASSERT_EQ(coil_http_file_init(&file, fd, 1000, COIL_HTTP_TO_THE_END), 0);
    source = file.source;
    file.source.size = COIL_HTTP_CHUNKED;
    ASSERT_EQ(put((struct coil_http_request){ .source = &file.source }, 200),
              0);
    ASSERT_EQ(got, LARGE - 1000);
    ASSERT_EQ(sum, add(0, bytes + 1000, LARGE - 1000));
    ASSERT_EQ(coil_http_file_init(&file, fd, 1000, COIL_HTTP_TO_THE_END), 0);
    source.size = 3000;
    ASSERT_EQ(put((struct coil_http_request){ .source = &source }, 200), 0);
    ASSERT_EQ(got, 3000);
    ASSERT_EQ(sum, add(0, bytes + 1000, 3000));

    ASSERT_EQ(coil_http_file_init(&file, fd, LARGE, COIL_HTTP_TO_THE_END), 0);
    ASSERT_EQ(coil_http_file_init(&file, fd, LARGE + 1, COIL_HTTP_TO_THE_END),
              -EINVAL);
    ASSERT_EQ(coil_http_file_init(&file, fd, -1, 1), -EINVAL);
    ASSERT_EQ(coil_http_file_init(&file, fd, 1, LARGE), -EINVAL);
    ASSERT_EQ(coil_http_file_init(&file, -1, 0, 1), -EBADF);
    ASSERT_EQ(pipe(pipes), 0);
    ASSERT_EQ(coil_http_file_init(&file, pipes[0], 0, COIL_HTTP_TO_THE_END),
              -EINVAL);
    close(pipes[0]);
    close(pipes[1]);

    /* The file has become shorter meanwhile. */
    ASSERT_EQ(coil_http_file_init(&file, fd, 0, COIL_HTTP_TO_THE_END), 0);
    ASSERT_EQ(ftruncate(fd, 100), 0);
    ASSERT_EQ(put((struct coil_http_request){ .source = &file.source }, 200),
              COIL_EHTTP_SHORT_SOURCE);
    end_upload();
    close(fd);
    free(bytes);
}

/* ---- what goes wrong ---------------------------------------------------- */

STREAM_TEST(http_upload_ends_with_the_error_of_its_source)
{
    unsigned char *bytes = make_bytes(LARGE);
    struct coil_http_report report;
    struct made made;

    begin_upload();
    for (int is_chunked = 0; is_chunked < 2; is_chunked++) {
        supply(&made, bytes, LARGE / 2, is_chunked ? COIL_HTTP_CHUNKED : LARGE);
        made.error = -EIO;
        ASSERT_EQ(put((struct coil_http_request){ .source = &made.source,
                                                  .report = &report },
                      200),
                  -EIO);
        ASSERT(coil_http_was_sent(&report));
        ASSERT_EQ(coil_http_client_connections(client), 0);
    }
    supply(&made, bytes, LARGE / 2, LARGE);
    ASSERT_EQ(put((struct coil_http_request){ .source = &made.source }, 200),
              COIL_EHTTP_SHORT_SOURCE);
    ASSERT_EQ(put((struct coil_http_request){ .source = &made.source,
                                              .body = bytes,
                                              .body_size = 1 },
                  200),
              -EINVAL);
    /* The client is as if nothing had been. */
    ASSERT_EQ(
        put((struct coil_http_request){ .body = bytes, .body_size = 9 }, 200),
        0);
    end_upload();
    free(bytes);
}

static ptrdiff_t boast(void *arg, void *buffer, size_t size)
{
    (void)arg;
    memset(buffer, 'a', size);
    return (ptrdiff_t)size + 100;
}

/* A source that ends its own task, and fails. */
static ptrdiff_t give_all_up(void *arg, void *buffer, size_t size)
{
    (void)arg;
    (void)buffer;
    (void)size;
    coil_task_cancel(coil_current_task());
    return -EIO;
}

static int upload_and_give_up(void *arg)
{
    struct coil_http_source source = { .read = give_all_up, .size = 10 };

    (void)arg;
    return put((struct coil_http_request){ .source = &source }, 200);
}

/* The cancellation is told, as nobody else would. */
STREAM_TEST(http_upload_of_a_source_that_cancels_its_task)
{
    begin_upload();
    ASSERT_EQ(end_of(start(upload_and_give_up, NULL)), -ECANCELED);
    ASSERT_EQ(coil_http_client_connections(client), 0);
    ASSERT_EQ(
        put((struct coil_http_request){ .body = "b", .body_size = 1 }, 200), 0);
    end_upload();
}

/* The server is there, and takes nothing. */
static int upload_to_nobody(void *arg)
{
    unsigned char *bytes = make_bytes(LARGE);
    struct coil_address silent;
    struct coil_listener *listener = listening(&silent);
    struct made made;
    coil_time began;

    (void)arg;
    begin_upload();
    snprintf(slow_url, sizeof slow_url, "http://127.0.0.1:%u/",
             coil_address_port(&silent));
    for (int is_source = 0; is_source < 2; is_source++) {
        struct coil_http_request request = { .url = slow_url,
                                             .idle_limit = COIL_SECOND };

        supply(&made, bytes, LARGE, LARGE);
        request.source = is_source ? &made.source : NULL;
        request.body = is_source ? NULL : bytes;
        request.body_size = is_source ? 0 : LARGE;
        began = coil_now();
        ASSERT_EQ(put(request, 200), COIL_EHTTP_IDLE_TIMEOUT);
        ASSERT_GE(coil_now() - began, COIL_SECOND);
        ASSERT_LE(coil_now() - began, 3 * COIL_SECOND);
        ASSERT_EQ(coil_http_client_connections(client), 0);
    }
    ASSERT_EQ(
        put((struct coil_http_request){ .body = "b", .body_size = 1 }, 200), 0);
    coil_listener_close(listener);
    end_upload();
    free(bytes);
    return 0;
}

TEST(http_upload_to_a_server_that_takes_nothing_ends)
{
    simulated = true;
    for (seed = 0; seed < 10; seed++)
        ASSERT_EQ(coil_test_run(upload_to_nobody, NULL, seed), 0);
}

/* The limit is for a pause, not for a piece that takes its time. */
static int upload_slowly(void *arg)
{
    unsigned char *bytes = make_bytes(LARGE);

    (void)arg;
    begin_upload();
    ASSERT_EQ(
        put((struct coil_http_request){ .url = slow_url,
                                        .body = bytes,
                                        .body_size = LARGE,
                                        .idle_limit = 35 * COIL_MILLISECOND },
            200),
        0);
    ASSERT_EQ(got, LARGE);
    ASSERT_EQ(sum, add(0, bytes, LARGE));
    end_upload();
    free(bytes);
    return 0;
}

TEST(http_upload_to_a_slow_server_has_no_limit)
{
    simulated = true;
    for (seed = 0; seed < 10; seed++)
        ASSERT_EQ(coil_test_run(upload_slowly, NULL, seed), 0);
}

/* A source that says that it gave more than it was asked for. */
STREAM_TEST(http_upload_takes_no_more_than_was_asked_for)
{
    struct coil_http_source source = { .read = boast, .size = 1000 };

    begin_upload();
    ASSERT_EQ(put((struct coil_http_request){ .source = &source }, 200), 0);
    ASSERT_EQ(got, 1000);
    end_upload();
}

STREAM_TEST(http_upload_ends_when_the_server_answers_early)
{
    unsigned char *bytes = make_bytes(LARGE);
    coil_time began = coil_now();
    struct made made;

    begin_upload();
    supply(&made, bytes, LARGE, COIL_HTTP_CHUNKED);
    made.pause = simulated ? COIL_MINUTE : COIL_MILLISECOND;
    ASSERT_EQ(put((struct coil_http_request){ .url = early_url,
                                              .source = &made.source },
                  403),
              0);
    ASSERT_LT(made.at, LARGE);
    ASSERT(!simulated || coil_now() - began < COIL_MINUTE);
    settle();
    ASSERT_EQ(coil_http_client_connections(client), 0);
    ASSERT_EQ(
        put((struct coil_http_request){ .body = bytes, .body_size = LARGE },
            200),
        0);
    end_upload();
    free(bytes);
}

/* ---- Expect ------------------------------------------------------------- */

static int expect_in(void *arg)
{
    unsigned char *bytes = make_bytes(LARGE);
    coil_time began = coil_now();
    struct made made;

    (void)arg;
    simulated = true;
    begin_upload();
    supply(&made, bytes, LARGE, LARGE);
    ASSERT_EQ(put((struct coil_http_request){ .source = &made.source,
                                              .expect_continue = true },
                  200),
              0);
    ASSERT_EQ(got, LARGE);
    ASSERT_EQ(coil_now(), began); /* 100 came */
    ASSERT_EQ(coil_http_client_idle(client), 1);

    /* A server that refuses the body gets nothing of it. */
    supply(&made, bytes, LARGE, LARGE);
    ASSERT_EQ(put((struct coil_http_request){ .url = early_url,
                                              .source = &made.source,
                                              .expect_continue = true },
                  403),
              0);
    ASSERT_EQ(made.at, 0);
    ASSERT_EQ(put((struct coil_http_request){ .url = early_url,
                                              .body = "abc",
                                              .body_size = 3,
                                              .expect_continue = true },
                  403),
              0);

    /* There is nothing to be expected without a body. */
    ASSERT_EQ(put((struct coil_http_request){ .expect_continue = true }, 200),
              0);
    end_upload();
    free(bytes);
    return 0;
}

TEST(http_upload_waits_for_100)
{
    for (seed = 0; seed < 10; seed++)
        ASSERT_EQ(coil_test_run(expect_in, NULL, seed), 0);
}
