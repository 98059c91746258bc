/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/*
 * The client and the web: bodies that come compressed, whole and in pieces, right
 * and wrong; and the cookies of its jar.
 */
#include <coil/http_cookies.h>
#include <coil/http_server.h>

#include "http/wire/encoder.h"
#include "http_client_test.h"

enum { SIZE = 300 * 1000 };

static struct coil_http_server *server;
static struct coil_task *serving;
static struct coil_http_client *client;
static struct coil_buffer body; /* what the server sends */
static const char *coding;
static const char *set_cookie;
static int status;
static bool is_chunked;
static char heard_accept[100];
static char heard_cookie[100];
static char url[64];
static unsigned char text[SIZE];

/* ---- a server --------------------------------------------------------- */

static void note(char *out, const char *value)
{
    snprintf(out, 100, "%s", value ? value : "");
}

static int answer(struct coil_http_exchange *x, void *arg)
{
    int rc = 0;

    (void)arg;
    note(heard_accept, coil_http_exchange_header(x, "Accept-Encoding"));
    note(heard_cookie, coil_http_exchange_header(x, "Cookie"));
    if (coding)
        rc = coil_http_respond_header(x, "Content-Encoding", coding);
    if (rc == 0 && set_cookie)
        rc = coil_http_respond_header(x, "Set-Cookie", set_cookie);
    if (rc == 0 && !is_chunked)
        return coil_http_respond(x, status, NULL, coil__buffer_bytes(&body),
                                 body.size);
    if (rc == 0)
        rc = coil_http_begin(x, status, NULL, COIL_HTTP_CHUNKED);
    for (size_t at = 0; rc == 0 && at < body.size; at += 1000)
        rc = coil_http_write(x, coil__buffer_bytes(&body) + at,
                             body.size - at < 1000 ? body.size - at : 1000);
    return rc;
}

static int move(struct coil_http_exchange *x, void *arg)
{
    int rc = coil_http_respond_header(x, "Location", "/a?b");

    (void)arg;
    if (rc == 0)
        rc = coil_http_respond_header(x, "Set-Cookie", "moved=1");
    return rc < 0 ? rc : coil_http_respond(x, 302, NULL, "", 0);
}

static int serve(void *arg)
{
    (void)arg;
    return coil_http_server_serve(server);
}

static void begin(const struct coil_http_client_options *options)
{
    struct coil_address address;

    body = (struct coil_buffer){ 0 };
    coding = NULL;
    set_cookie = NULL;
    status = 200;
    is_chunked = false;
    for (size_t i = 0; i < SIZE; i++)
        text[i] = (unsigned char)("a few words, and "[i % 17] + i / 5000);
    ASSERT_EQ(coil_http_server_new(&server, NULL), 0);
    ASSERT_EQ(coil_http_server_route(server, "GET", "/a", answer, NULL), 0);
    ASSERT_EQ(coil_http_server_route(server, "GET", "/moved", move, NULL), 0);
    ASSERT_EQ(coil_http_server_listen(server, "127.0.0.1", 0), 0);
    ASSERT_EQ(coil_http_server_address(server, &address), 0);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/a",
             coil_address_port(&address));
    serving = start(serve, NULL);
    ASSERT_EQ(coil_http_client_new(&client, options), 0);
}

static void end(void)
{
    coil_http_client_free(client);
    coil_task_cancel(serving);
    end_of(serving);
    coil_http_server_free(server);
    coil__buffer_fini(&body);
}

/* The server sends the text in this coding.  Returns whether it can. */
static bool pack(enum coil__http_coding kind, size_t size)
{
    struct coil__http_encoder *encoder;

    coil__buffer_consume(&body, body.size);
    if (!coil__http_has_coding(kind))
        return false;
    coding = coil__http_coding_name(kind);
    ASSERT_EQ(coil__http_encoder_new(&encoder, kind, 0), 0);
    ASSERT_EQ(
        coil__http_encoder_run(encoder, text, size, COIL__HTTP_PUSH_END, &body),
        0);
    coil__http_encoder_free(encoder);
    return true;
}

/* The server sends so many zeros. */
static bool pack_zeros(enum coil__http_coding kind, size_t size)
{
    struct coil__http_encoder *encoder;
    void *zeros;

    if (!pack(kind, 0))
        return false;
    coil__buffer_consume(&body, body.size);
    zeros = calloc(1, size);
    ASSERT_EQ(coil__http_encoder_new(&encoder, kind, 0), 0);
    ASSERT_EQ(coil__http_encoder_run(encoder, zeros, size, COIL__HTTP_PUSH_END,
                                     &body),
              0);
    coil__http_encoder_free(encoder);
    free(zeros);
    return true;
}

static void expect_text(size_t size)
{
    struct coil_http_response *r = fetch(client, url);

    ASSERT_EQ(r->body_size, size);
    ASSERT_EQ(memcmp(r->body, text, size), 0);
    ASSERT_EQ(r->body[size], '\0');
    coil_http_response_free(r);
    ASSERT_EQ(coil_http_client_idle(client), 1);
}

/* The error of a request, after which the client goes on. */
static int error_of_request(void)
{
    struct coil_http_response *r;
    int rc = coil_http_get(client, url, &r);

    ASSERT_LT(rc, 0);
    ASSERT_NULL(r);
    ASSERT_EQ(coil_http_client_connections(client),
              coil_http_client_idle(client));
    return rc;
}

/* ---- what comes compressed -------------------------------------------- */

static const enum coil__http_coding all[] = { COIL__HTTP_GZIP,
                                              COIL__HTTP_DEFLATE, COIL__HTTP_BR,
                                              COIL__HTTP_ZSTD };

STREAM_TEST(http_client_web_decompresses_whole_bodies)
{
    begin(NULL);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (!pack(all[i], SIZE))
            continue;
        is_chunked = false;
        expect_text(SIZE);
        ASSERT(strstr(heard_accept, coding));
        is_chunked = true;
        expect_text(SIZE);
        ASSERT(pack(all[i], 5));
        expect_text(5);
        is_chunked = false;
        expect_text(5);
        ASSERT(pack(all[i], 0));
        expect_text(0);
        coil__buffer_consume(&body, body.size);
        expect_text(0);
    }
    end();
}

STREAM_TEST(http_client_web_decompresses_in_pieces)
{
    static const size_t rooms[] = { 1000, 100 * 1000, SIZE };
    struct coil_http_request request = { .url = url };
    static unsigned char room[SIZE];

    begin(NULL);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        for (size_t j = 0; j < sizeof rooms / sizeof rooms[0]; j++) {
            struct coil_http_response *r;
            size_t size = 0;
            ptrdiff_t n = 1;

            if (!pack(all[i], SIZE))
                continue;
            is_chunked = (i + j) % 2 == 0;
            ASSERT_EQ(coil_http_open(client, &request, &r), 0);
            ASSERT_EQ(coil_http_read(r, room, 0), 0);
            while (n > 0) {
                n = coil_http_read(r, room, rooms[j]);
                ASSERT_GE(n, 0);
                ASSERT_EQ(memcmp(room, text + size, (size_t)n), 0);
                size += (size_t)n;
            }
            ASSERT_EQ(size, SIZE);
            ASSERT_EQ(coil_http_read(r, room, 1), 0);
            coil_http_response_free(r);
            ASSERT_EQ(coil_http_client_idle(client), 1);
        }
    }
    end();
}

/* All has come, and not all is decoded: the connection is free already. */
STREAM_TEST(http_client_web_closes_what_is_not_decoded_yet)
{
    struct coil_http_request request = { .url = url };
    struct coil_http_response *r;
    char room[10];

    begin(NULL);
    if (pack(COIL__HTTP_GZIP, SIZE)) {
        ASSERT_EQ(coil_http_open(client, &request, &r), 0);
        ASSERT_EQ(coil_http_read(r, room, 10), 10);
        coil_http_response_close(r);
        ASSERT_EQ(coil_http_read(r, room, 10), -EBADF);
        ASSERT(coil_task_cancel(coil_current_task()));
        ASSERT_EQ(coil_http_read(r, room, 10), -ECANCELED);
        ASSERT_EQ(coil_http_read(r, room, 10), -EBADF);
        coil_http_response_free(r);
    }
    end();
}

/* The victim reads what is there already, and sees that it is cancelled. */
static int read_cancelled(void *arg)
{
    struct coil_http_response *r = arg;
    char room[10];
    int rc;

    ASSERT_EQ(coil_http_read(r, room, 10), 10);
    ASSERT_EQ(memcmp(room, text, 10), 0);
    coil_task_cancel(coil_current_task());
    ASSERT_EQ(coil_http_read(r, room, 10), -ECANCELED);
    ASSERT_EQ(coil_http_read(r, room, 10), 10);
    rc = memcmp(room, text + 10, 10);
    ASSERT_EQ(rc, 0);
    return 0;
}

STREAM_TEST(http_client_web_loses_nothing_when_it_is_cancelled)
{
    struct coil_http_request request = { .url = url };
    struct coil_http_response *r;

    begin(NULL);
    if (pack(COIL__HTTP_GZIP, SIZE)) {
        ASSERT_EQ(coil_http_open(client, &request, &r), 0);
        ASSERT_EQ(end_of(start(read_cancelled, r)), 0);
        coil_http_response_free(r);
    }
    end();
}

STREAM_TEST(http_client_web_leaves_alone_what_it_is_not_to_decompress)
{
    static const struct coil_http_header own = { "accept-encoding", "br" };
    static const struct coil_http_header range = { "Range", "bytes=0-" };
    struct coil_http_request request = { .url = url, .keep_encoded = true };
    struct coil_http_response *r;

    begin(NULL);
    if (!pack(COIL__HTTP_GZIP, 1000)) {
        end();
        return;
    }
    r = send_request(client, &request);
    ASSERT_STR_EQ(heard_accept, "");
    ASSERT_EQ(r->body_size, body.size);
    coil_http_response_free(r);

    request = (struct coil_http_request){ .url = url,
                                          .headers = &own,
                                          .header_count = 1 };
    r = send_request(client, &request);
    ASSERT_STR_EQ(heard_accept, "br");
    ASSERT_EQ(r->body_size, 1000);
    coil_http_response_free(r);

    status = 206;
    request.headers = &range;
    r = send_request(client, &request);
    ASSERT_STR_EQ(heard_accept, "");
    ASSERT_EQ(r->body_size, body.size);
    coil_http_response_free(r);

    status = 200;
    coding = "sdch";
    r = send_request(client, &(struct coil_http_request){ .url = url });
    ASSERT_EQ(r->body_size, body.size);
    coil_http_response_free(r);
    end();
}

STREAM_TEST(http_client_web_tells_what_is_wrong_with_a_compressed_body)
{
    begin(NULL);
    for (int i = 0; i < 2; i++) {
        is_chunked = i > 0;
        if (!pack(COIL__HTTP_GZIP, SIZE))
            break;
        body.size--;
        ASSERT_EQ(error_of_request(), COIL_EHTTP_TRUNCATED);
        body.size++;
        coil__buffer_bytes(&body)[body.size / 2] ^= 1;
        ASSERT_EQ(error_of_request(), COIL_EHTTP_BAD_CODING);
        ASSERT(pack(COIL__HTTP_GZIP, SIZE));
        expect_text(SIZE);
    }
    end();
}

/* Read to the error; no more than `most` bytes come before it. */
static void expect_bomb(size_t most)
{
    struct coil_http_request request = { .url = url };
    struct coil_http_response *r;
    static char room[100 * 1000];
    ptrdiff_t n = 1;
    size_t size = 0;

    ASSERT_EQ(coil_http_open(client, &request, &r), 0);
    while (n > 0) {
        n = coil_http_read(r, room, sizeof room);
        size += n > 0 ? (size_t)n : 0;
    }
    ASSERT_EQ(n, COIL_EHTTP_BOMB);
    ASSERT_LT(size, most);
    ASSERT_EQ(coil_http_read(r, room, 1), COIL_EHTTP_BOMB);
    coil_http_response_free(r);
    ASSERT_EQ(coil_http_client_connections(client),
              coil_http_client_idle(client));
}

STREAM_TEST(http_client_web_bounds_what_becomes_of_a_body)
{
    static const struct coil_http_client_options options = { .max_body_size =
                                                                 100 * 1000,
                                                             .max_ratio = 10 };

    begin(&options);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (!pack(all[i], SIZE))
            continue;
        ASSERT_EQ(error_of_request(), COIL_EHTTP_BODY_TOO_LARGE);
        ASSERT(pack(all[i], 100 * 1000));
        expect_text(100 * 1000);
        ASSERT(pack_zeros(all[i], 3 << 20));
        expect_bomb(2 << 20);
        /* It is too large before it is out of proportion. */
        ASSERT_EQ(error_of_request(), COIL_EHTTP_BODY_TOO_LARGE);
        ASSERT(pack(all[i], 1000));
        expect_text(1000);
    }
    end();
}

/* A few bytes that become a large body, which becomes a huge one. */
static void pack_again(enum coil__http_coding kind)
{
    struct coil__http_encoder *encoder;
    struct coil_buffer outer = { 0 };

    ASSERT_EQ(coil__http_encoder_new(&encoder, kind, 0), 0);
    ASSERT_EQ(coil__http_encoder_run(encoder, coil__buffer_bytes(&body),
                                     body.size, COIL__HTTP_PUSH_END, &outer),
              0);
    coil__http_encoder_free(encoder);
    coil__buffer_fini(&body);
    body = outer;
}

static void send_bombs_within(void)
{
    static const char *const codings[] = { "gzip, gzip", "deflate, gzip",
                                           "br, gzip", "zstd, gzip" };

    begin(NULL);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (!coil__http_has_coding(COIL__HTTP_GZIP) ||
            !pack_zeros(all[i], 32 << 20))
            continue;
        pack_again(COIL__HTTP_GZIP);
        coding = codings[i];
        ASSERT_LT(body.size, 64 * 1024);
        expect_bomb(16 << 20);
        ASSERT(pack(all[i], 1000));
        expect_text(1000);
    }
    end();
}

TEST(http_client_web_finds_a_bomb_within_a_body)
{
    run_on_kernel(send_bombs_within);
}

/* Other tasks run while much is decoded. */
static int ticks;

static int tick(void *arg)
{
    int rc = 0;

    (void)arg;
    while (rc == 0) {
        ticks++;
        rc = coil_yield();
    }
    return 0;
}

STREAM_TEST(http_client_web_gives_way_while_it_decompresses)
{
    static const struct coil_http_client_options options = { .max_ratio =
                                                                 SIZE_MAX };
    struct coil_http_request request = { .url = url };
    struct coil_http_response *r;
    struct coil_task *other;
    static char room[4000];
    int before;

    begin(&options);
    if (pack_zeros(COIL__HTTP_BR, 4 << 20)) {
        ASSERT_LT(body.size, 16 * 1024);
        ASSERT_EQ(coil_http_open(client, &request, &r), 0);
        ASSERT_EQ(coil_http_read(r, room, 1), 1);
        other = start(tick, NULL);
        before = ticks;
        while (coil_http_read(r, room, sizeof room) > 0)
            continue;
        ASSERT_GE(ticks - before, 10);
        coil_task_cancel(other);
        end_of(other);
        coil_http_response_free(r);
    }
    end();
}

/* ---- cookies ---------------------------------------------------------- */

STREAM_TEST(http_client_web_keeps_cookies)
{
    static const struct coil_http_header own = { "Cookie", "own=1" };
    struct coil_http_client_options options = { 0 };
    char moved[80];

    ASSERT_EQ(coil_http_cookies_new(&options.cookies, NULL), 0);
    begin(&options);
    set_cookie = "a=b; Path=/";
    coil_http_response_free(fetch(client, url));
    ASSERT_STR_EQ(heard_cookie, "");
    set_cookie = "c=d; Secure";
    coil_http_response_free(fetch(client, url));
    ASSERT_STR_EQ(heard_cookie, "a=b");
    set_cookie = NULL;
    ASSERT_EQ(coil_http_cookies_count(options.cookies), 1);

    snprintf(moved, sizeof moved, "%.*smoved", (int)strlen(url) - 1, url);
    coil_http_response_free(fetch(client, moved));
    ASSERT_STR_EQ(heard_cookie, "a=b; moved=1");

    coil_http_response_free(send_request(
        client, &(struct coil_http_request){
                    .url = url, .headers = &own, .header_count = 1 }));
    ASSERT_STR_EQ(heard_cookie, "own=1");
    set_cookie = "a=; Max-Age=0; Path=/";
    coil_http_response_free(fetch(client, url));
    set_cookie = NULL;
    coil_http_response_free(fetch(client, url));
    ASSERT_STR_EQ(heard_cookie, "moved=1");
    end();
    coil_http_cookies_free(options.cookies);
}

/* A request that would lack its cookies is not sent. */
static int fetch_with_little_memory(void *arg)
{
    struct coil_http_client_options options = { 0 };
    size_t n = 0;
    int rc;

    (void)arg;
    simulated = true;
    ASSERT_EQ(coil_http_cookies_new(&options.cookies, NULL), 0);
    begin(&options);
    set_cookie = "a=b; Path=/";
    coil_http_response_free(fetch(client, url));
    set_cookie = NULL;
    do {
        struct coil_http_response *r;

        heard_cookie[0] = '\0';
        coil_http_client_close_idle(client);
        coil_test_fail_allocation(++n, false);
        rc = coil_http_get(client, url, &r);
        coil_test_fail_allocation(0, false);
        ASSERT(rc == 0 || heard_cookie[0] == '\0' ||
               strcmp(heard_cookie, "a=b") == 0);
        if (rc == 0 && r->status == 200)
            ASSERT_STR_EQ(heard_cookie, "a=b");
        if (rc == 0)
            coil_http_response_free(r);
    } while (n < 80);
    ASSERT_EQ(rc, 0);
    end();
    coil_http_cookies_free(options.cookies);
    return 0;
}

TEST(http_client_web_sends_cookies_or_nothing)
{
    ASSERT_EQ(coil_test_run(fetch_with_little_memory, NULL, 0), 0);
}
