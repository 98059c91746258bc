/* SPDX-License-Identifier: MIT */
/*
 * Large files, which the stream sends: whole, and to clients that are slow.
 */
#include <coil/http_files.h>
#include <coil/http_server.h>

#include <unistd.h>

#include "http_server_test.h"

enum { SIZE = 400000 };

static char root[64];
static char path[80];
static struct coil_http_files *files;

static void begin(const struct coil_http_server_options *options)
{
    unsigned char *bytes = make_bytes(SIZE);
    FILE *file;

    strcpy(root, "/tmp/coil-file-XXXXXX");
    ASSERT_NOT_NULL(mkdtemp(root));
    snprintf(path, sizeof path, "%s/a", root);
    file = fopen(path, "w");
    ASSERT_NOT_NULL(file);
    ASSERT_EQ(fwrite(bytes, 1, SIZE, file), SIZE);
    ASSERT_EQ(fclose(file), 0);
    free(bytes);
    serve_with(options);
    ASSERT_EQ(coil_http_files_new(&files, root, NULL), 0);
    ASSERT_EQ(coil_http_server_route(server, "GET", "/f/*",
                                     coil_http_files_serve, files),
              0);
}

static void end(void)
{
    end_server();
    coil_http_files_free(files);
    unlink(path);
    rmdir(root);
}

static size_t ask_for_file(const char *lines, char *answer, size_t size)
{
    struct coil_stream *s = dial();
    size_t got;

    send_text(s, "GET /f/a HTTP/1.1\r\n" HOST);
    send_text(s, lines);
    send_text(s, "\r\n");
    got = read_rest(s, answer, size);
    coil_stream_abort(s);
    return got;
}

STREAM_TEST(http_respond_file_is_whole)
{
    static char answer[2 * SIZE];
    const unsigned char *body;

    begin(NULL);
    ask_for_file(CLOSE, answer, sizeof answer);
    ASSERT_STR_CONTAINS(answer, "Content-Length: 400000\r\n");
    check_bytes((const unsigned char *)body_in(answer), 0, SIZE);
    ask_for_file(CLOSE "Range: bytes=1000-350000\r\n", answer, sizeof answer);
    ASSERT_EQ(status_in(answer), 206);
    check_bytes((const unsigned char *)body_in(answer), 1000, 349001);
    /* Twice over one connection. */
    ask_for_file("Range: bytes=0-99999\r\n\r\n"
                 "GET /f/a HTTP/1.1\r\n" HOST CLOSE "Range: bytes=1-\r\n",
                 answer, sizeof answer);
    body = (const unsigned char *)body_in(answer);
    check_bytes(body, 0, 100000);
    ASSERT_MEM_EQ(body + 100000, "HTTP/1.1 206", 12);
    ASSERT_EQ(report_count, 0);
    end();
}

/* Ask, read nothing, and see after how long the server has given up. */
static coil_time wait_until_closed(void)
{
    coil_time begun = coil_now();
    struct coil_stream *s = dial();

    send_text(s, "GET /f/a HTTP/1.1\r\n" HOST "\r\n");
    do
        ASSERT_EQ(coil_sleep(COIL_SECOND / 2), 0);
    while (coil_http_server_connections(server) > 0);
    coil_stream_abort(s);
    return coil_now() - begun;
}

static void try_has_a_least_rate(void)
{
    static const struct coil_http_server_options slow = {
        .min_rate = 1000000, .transfer_timeout = 20 * COIL_SECOND
    };
    static const struct coil_http_server_options any = {
        .min_rate = COIL_HTTP_UNLIMITED, .transfer_timeout = 20 * COIL_SECOND
    };
    coil_time took;

    begin(&slow);
    took = wait_until_closed();
    ASSERT_GE(took, 4 * COIL_SECOND);
    ASSERT_LE(took, 8 * COIL_SECOND);
    ASSERT_EQ(report_count, 0);
    end();
    begin(&any);
    took = wait_until_closed();
    ASSERT_GE(took, 19 * COIL_SECOND);
    ASSERT_LE(took, 23 * COIL_SECOND);
    end();
}

TEST(http_respond_file_has_a_least_rate)
{
    run_simulated(try_has_a_least_rate);
}

/* A client that reads now and then gets all, however long it takes. */
static void try_goes_to_one_who_reads_at_last(void)
{
    static const struct coil_http_server_options any = {
        .min_rate = COIL_HTTP_UNLIMITED, .transfer_timeout = 20 * COIL_SECOND
    };
    static char answer[SIZE + 1000];
    struct coil_stream *s;
    size_t got = 0;

    begin(&any);
    s = dial();
    send_text(s, "GET /f/a HTTP/1.1\r\n" HOST CLOSE "\r\n");
    for (;;) {
        ptrdiff_t n;

        ASSERT_EQ(coil_sleep(3 * COIL_SECOND), 0);
        n = coil_stream_read(
            s, answer + got,
            got + 80000 < sizeof answer - 1 ? 80000 : sizeof answer - 1 - got);
        ASSERT_GE(n, 0);
        if (n == 0)
            break;
        got += (size_t)n;
    }
    coil_stream_abort(s);
    answer[got] = '\0';
    check_bytes((const unsigned char *)body_in(answer), 0, SIZE);
    end();
}

TEST(http_respond_file_goes_to_one_who_reads_at_last)
{
    run_simulated(try_goes_to_one_who_reads_at_last);
}

/* The file is cut while it is sent: the client gets less than was announced. */
static void try_that_gets_shorter(void)
{
    static char answer[SIZE + 1000];
    struct coil_stream *s;

    begin(NULL);
    s = dial();
    send_text(s, "GET /f/a HTTP/1.1\r\n" HOST CLOSE "\r\n");
    ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    ASSERT_EQ(truncate(path, 300000), 0);
    ASSERT_LE(read_rest(s, answer, sizeof answer), 301000);
    coil_stream_abort(s);
    ASSERT_UNSEEN(-EIO);
    end();
}

TEST(http_respond_file_that_gets_shorter)
{
    run_simulated(try_that_gets_shorter);
}
