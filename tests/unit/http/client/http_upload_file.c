/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * The file of an upload: it grows, shrinks, is sent twice, and meets servers that
 * are slow, in a hurry, or silent.
 */
#include <unistd.h>

#include <coil/http_client.h>
#include <coil/http_server.h>

#include "http_server_test.h"

enum { SIZE = 200 * 1000 };

static struct coil_http_client *client;
static char url[64];
static size_t got; /* by the handler */
static int file;
static coil_time pause_between; /* the handler's reads */

/* Take the body in, which has the byte of each place. */
static int take(struct coil_http_exchange *x, void *arg)
{
    unsigned char piece[5000];
    size_t at = 0; /* the handler before may not have ended */
    ptrdiff_t n;

    (void)arg;
    do {
        if (pause_between > 0 && coil_sleep(pause_between) < 0)
            return -ECANCELED;
        n = coil_http_exchange_read(x, piece, sizeof piece);
        if (n > 0)
            check_bytes(piece, at, (size_t)n);
        at += n > 0 ? (size_t)n : 0;
    } while (n > 0);
    got = at;
    return n < 0 ? (int)n : coil_http_respond(x, 200, NULL, "ok", 2);
}

/* Answer without having looked at the body. */
static int refuse(struct coil_http_exchange *x, void *arg)
{
    (void)arg;
    return coil_http_respond(x, 403, NULL, "no", 2);
}

/* Never answer. */
static int ignore(struct coil_http_exchange *x, void *arg)
{
    (void)x;
    (void)arg;
    return coil_sleep(COIL_NEVER);
}

static void begin_upload(void)
{
    char name[] = "/tmp/coil-upload-XXXXXX";
    unsigned char *bytes = make_bytes(SIZE);

    file = mkstemp(name);
    ASSERT_GE(file, 0);
    unlink(name);
    ASSERT_EQ(write(file, bytes, SIZE), SIZE);
    free(bytes);

    pause_between = 0;
    serve_defaults();
    ASSERT_EQ(coil_http_server_route(server, "PUT", "/take", take, NULL), 0);
    ASSERT_EQ(coil_http_server_route(server, "PUT", "/early", refuse, NULL), 0);
    ASSERT_EQ(coil_http_server_route(server, "PUT", "/deaf", ignore, NULL), 0);
    ASSERT_EQ(coil_http_client_new(&client, NULL), 0);
}

static void end_upload(void)
{
    coil_http_client_free(client);
    end_server();
    close(file);
}

/* Returns the status, or an error. */
static int put_file(const char *path, struct coil_http_file *source,
                    coil_time idle_limit)
{
    struct coil_http_request request = { .method = "PUT",
                                         .url = url,
                                         .source = &source->source,
                                         .idle_limit = idle_limit };
    struct coil_http_response *r;
    int rc;

    snprintf(url, sizeof url, "http://127.0.0.1:%u%s",
             coil_address_port(&address), path);
    rc = coil_http_request(client, &request, &r);
    if (rc < 0)
        return rc;
    rc = r->status;
    coil_http_response_free(r);
    return rc;
}

STREAM_TEST(http_upload_file_is_as_long_as_was_announced)
{
    struct coil_http_file source;

    begin_upload();
    ASSERT_EQ(coil_http_file_init(&source, file, 0, SIZE / 2), 0);
    ASSERT_EQ(put_file("/take", &source, 0), 200);
    ASSERT_EQ(got, SIZE / 2);
    /* It is used again from its beginning. */
    ASSERT_EQ(coil_http_file_init(&source, file, 0, COIL_HTTP_TO_THE_END), 0);
    ASSERT_EQ(write(file, "more", 4), 4);
    ASSERT_EQ(put_file("/take", &source, 0), 200);
    ASSERT_EQ(got, SIZE);
    ASSERT_EQ(coil_http_client_idle(client), 1);
    ASSERT_EQ(ftruncate(file, SIZE / 4), 0);
    source.source.rewind(&source);
    ASSERT_EQ(put_file("/take", &source, 0), COIL_EHTTP_SHORT_SOURCE);
    settle();
    ASSERT_EQ(coil_http_client_connections(client), 0);
    end_upload();
}

/* As long as bytes move, the limit is not reached. */
STREAM_TEST(http_upload_file_to_a_slow_server)
{
    struct coil_http_file source;
    coil_time began = coil_now();

    begin_upload();
    pause_between = 5 * COIL_MILLISECOND;
    ASSERT_EQ(coil_http_file_init(&source, file, 0, COIL_HTTP_TO_THE_END), 0);
    ASSERT_EQ(put_file("/take", &source, 150 * COIL_MILLISECOND), 200);
    ASSERT_EQ(got, SIZE);
    ASSERT_GE(coil_now() - began, 200 * COIL_MILLISECOND);
    end_upload();
}

static int upload_to_the_deaf(void *arg)
{
    struct coil_http_file source;
    coil_time began = coil_now();

    (void)arg;
    begin_upload();
    ASSERT_EQ(coil_http_file_init(&source, file, 0, COIL_HTTP_TO_THE_END), 0);
    ASSERT_EQ(put_file("/deaf", &source, COIL_SECOND), COIL_EHTTP_IDLE_TIMEOUT);
    ASSERT_LE(coil_now() - began, 2 * COIL_SECOND);
    ASSERT_EQ(coil_http_client_connections(client), 0);
    end_upload();
    return 0;
}

/* Time is the simulator's. */
TEST(http_upload_file_to_a_server_that_takes_nothing)
{
    simulated = true;
    for (seed = 0; seed < 20; seed++)
        ASSERT_EQ(coil_test_run(upload_to_the_deaf, NULL, seed), 0);
}

STREAM_TEST(http_upload_file_ends_when_the_server_answers_early)
{
    struct coil_http_file source;

    begin_upload();
    ASSERT_EQ(coil_http_file_init(&source, file, 0, COIL_HTTP_TO_THE_END), 0);
    ASSERT_EQ(put_file("/early", &source, 0), 403);
    ASSERT_EQ(coil_http_file_init(&source, file, 0, COIL_HTTP_TO_THE_END), 0);
    ASSERT_EQ(put_file("/take", &source, 0), 200);
    ASSERT_EQ(got, SIZE);
    end_upload();
}

static int put_it(void *arg)
{
    return put_file("/take", arg, 0);
}

STREAM_TEST(http_upload_file_is_cancelled_anywhere)
{
    struct coil_http_file source;

    begin_upload();
    for (int i = 0; i < 60; i++) {
        struct coil_task *task;

        ASSERT_EQ(coil_http_file_init(&source, file, 0, COIL_HTTP_TO_THE_END),
                  0);
        task = start(put_it, &source);
        for (int j = 0; j < i; j++)
            turn();
        coil_task_cancel(task);
        (void)!coil_task_await(task);
        coil_task_release(task);
    }
    ASSERT_EQ(coil_http_file_init(&source, file, 0, COIL_HTTP_TO_THE_END), 0);
    ASSERT_EQ(put_file("/take", &source, 0), 200);
    ASSERT_EQ(got, SIZE);
    end_upload();
}
