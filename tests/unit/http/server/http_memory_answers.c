/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * Answers, and connections, of a process that lacks memory for once: what is
 * said is true, nothing is said twice, and the next request is served.
 */
#include <coil/http_client.h>
#include <coil/http_server.h>

#include "http_server_test.h"

static void fail_nothing(void)
{
    coil_test_fail_allocation(0, false);
}

static size_t left_open; /* connections, before the client shut its own */

/* All that is said to a request, of which the n-th allocation fails. */
static const char *ask_short_of_memory(const char *request, size_t n)
{
    static char answer[4000];
    struct coil_stream *s = dial();
    int rc;

    send_text(s, request);
    ASSERT_EQ(coil_stream_flush(s), 0);
    coil_test_fail_allocation(n, false);
    settle();
    fail_nothing();
    left_open = coil_http_server_connections(server);
    rc = coil_stream_shutdown(s);
    ASSERT(rc == 0 || rc == -ENOTCONN); /* the server may be gone */
    read_rest(s, answer, sizeof answer);
    drop_dates(answer);
    coil_stream_abort(s);
    settle();
    return answer;
}

static void is_well(void)
{
    ASSERT_EQ(coil_http_server_connections(server), 0);
    ASSERT_STR_EQ(body_in(get("/hello")), "hello");
}

/* ---- methods that would do -------------------------------------------- */

/* With the size of the first one the list grows at another place. */
static void list_methods(size_t size)
{
    char method[300];
    char path[20];

    memset(method, 'M', size);
    method[size] = '\0';
    snprintf(path, sizeof path, "/%zu", size);
    ASSERT_EQ(coil_http_server_route(server, method, path, hello, ""), 0);
    ASSERT_EQ(coil_http_server_route(server, "GET", path, hello, ""), 0);
    ASSERT_EQ(coil_http_server_route(server, "POST", path, hello, ""), 0);
}

/* It is a list, though it may lack one or all, and not the client's fault. */
static void check_methods(const char *answer, size_t size)
{
    char list[300];
    const char *allow = strstr(answer, "\r\nAllow: ");

    if (status_in(answer) != 405)
        return;
    ASSERT_NOT_NULL(allow);
    snprintf(list, sizeof list, "%.*s", (int)strcspn(allow + 9, "\r"),
             allow + 9);
    for (char *at = list; at;) {
        char *end = strstr(at, ", ");

        if (end)
            *end = '\0';
        ASSERT(strcmp(at, "GET") == 0 || strcmp(at, "HEAD") == 0 ||
               strcmp(at, "POST") == 0 || strcmp(at, "OPTIONS") == 0 ||
               strspn(at, "M") == size);
        at = end ? end + 2 : NULL;
    }
}

/* Of what else it lacked: that is no fault of the server. */
static void expect_shortage(struct coil_loop *loop,
                            const struct coil_exception *exception, void *arg)
{
    (void)loop;
    (void)arg;
    ASSERT_EQ(exception->error, -ENOMEM);
}

static int lack_memory_for_methods(void *arg)
{
    int missing = 0;
    int whole = 0;

    (void)arg;
    simulated = true;
    serve_defaults();
    coil_loop_set_exception_handler(coil_loop_current(), expect_shortage, NULL);
    for (size_t size = 228; size < 260; size++) {
        char request[100];

        list_methods(size);
        snprintf(request, sizeof request,
                 "PUT /%zu HTTP/1.1\r\n" HOST CLOSE "\r\n", size);
        for (size_t n = 1; n < 12; n++) {
            const char *answer = ask_short_of_memory(request, n);

            ASSERT(status_in(answer) == 405 || status_in(answer) == 404 ||
                   status_in(answer) == 500 || answer[0] == '\0');
            check_methods(answer, size);
            if (status_in(answer) == 405) {
                missing += !strstr(answer, "GET, HEAD, POST, OPTIONS\r\n");
                whole += strstr(answer, "GET, HEAD, POST, OPTIONS\r\n") != NULL;
            }
            is_well();
        }
    }
    ASSERT_GT(missing, 0);
    ASSERT_GT(whole, 0);
    end_server();
    return 0;
}

TEST(http_memory_that_lacked_leaves_a_list_of_methods)
{
    ASSERT_EQ(coil_test_run(lack_memory_for_methods, NULL, 0), 0);
}

/* ---- what is no request ----------------------------------------------- */

static int lack_memory_to_refuse(void *arg)
{
    int refused = 0;
    int silent = 0;

    (void)arg;
    simulated = true;
    serve_defaults();
    for (size_t n = 1; n < 12; n++) {
        const char *answer = ask_short_of_memory("\x16\x03\x01", n);

        if (answer[0])
            ASSERT_EQ(status_in(answer), 400);
        else
            ASSERT_EQ(left_open, 0);
        refused += answer[0] != '\0';
        silent += answer[0] == '\0';
        is_well();
    }
    ASSERT_GT(refused, 0);
    ASSERT_GT(silent, 0);
    end_server();
    return 0;
}

TEST(http_memory_that_lacked_to_refuse_ends_the_connection)
{
    for (seed = 0; seed < 10; seed++)
        ASSERT_EQ(coil_test_run(lack_memory_to_refuse, NULL, seed), 0);
}

/* ---- the end of the server --------------------------------------------- */

static int lack_memory_to_cancel(void *arg)
{
    int told = 0;
    int silent = 0;

    (void)arg;
    simulated = true;
    for (size_t n = 1; n < 8; n++) {
        struct coil_stream *s;
        char answer[400];

        serve_defaults();
        s = dial();
        send_text(s, "GET /slow HTTP/1.1\r\n" HOST "\r\n");
        ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
        coil_http_server_stop(server, 0);
        coil_test_fail_allocation(n, false);
        settle();
        fail_nothing();
        ASSERT_EQ(end_of(serving), 0);
        ASSERT_EQ(coil_http_server_connections(server), 0);
        read_rest(s, answer, sizeof answer);
        if (answer[0])
            ASSERT_EQ(status_in(answer), 503);
        told += answer[0] != '\0';
        silent += answer[0] == '\0';
        coil_stream_abort(s);
        coil_http_server_free(server);
    }
    ASSERT_GT(told, 0);
    ASSERT_GT(silent, 0);
    return 0;
}

TEST(http_memory_that_lacked_lets_a_server_end)
{
    ASSERT_EQ(coil_test_run(lack_memory_to_cancel, NULL, 0), 0);
}

/* ---- bodies in chunks ------------------------------------------------- */

static size_t failing;
static int failed;
static int served;

static char letter_at(size_t place)
{
    return (char)('a' + place % 26);
}

/* What a chunk needed and did not get, it gets the next time. */
static int write_nevertheless(struct coil_http_exchange *x, void *arg)
{
    char bytes[8000];
    size_t place = 0;
    int rc = coil_http_begin(x, 200, NULL, COIL_HTTP_CHUNKED);

    (void)arg;
    for (size_t size = 1; rc == 0 && size < sizeof bytes; size *= 2) {
        for (size_t i = 0; i < size; i++)
            bytes[i] = letter_at(place + i);
        coil_test_fail_allocation(failing, false);
        rc = coil_http_write(x, bytes, size);
        fail_nothing();
        if (rc == -ENOMEM) {
            failed++;
            rc = coil_http_write(x, bytes, size);
        }
        place += size;
    }
    return rc;
}

static bool is_whole(const char *answer)
{
    size_t size = strlen(answer);

    return size > 5 && strcmp(answer + size - 5, "0\r\n\r\n") == 0;
}

/* Take the chunks apart, in place.  The size of the body. */
static size_t join_chunks(char *text)
{
    char *out = text;
    char *at = text;
    size_t size;

    do {
        char *end;

        size = strtoul(at, &end, 16);
        ASSERT_MEM_EQ(end, "\r\n", 2);
        memmove(out, end + 2, size);
        out += size;
        at = end + 2 + size;
        ASSERT_MEM_EQ(at, "\r\n", 2);
        at += 2;
    } while (size > 0);
    return (size_t)(out - text);
}

static int lack_memory_for_chunks(void *arg)
{
    (void)arg;
    simulated = true;
    serve_defaults();
    ASSERT_EQ(coil_http_server_route(server, "GET", "/chunks",
                                     write_nevertheless, NULL),
              0);
    for (failing = 1; failing < 4; failing++) {
        const char *answer = get("/chunks");
        char *body = strstr(answer, "\r\n\r\n");

        if (!is_whole(answer)) /* it lacked what the connection needed */
            continue;
        ASSERT_EQ(join_chunks(body + 4), 8191);
        for (size_t i = 0; i < 8191; i++)
            ASSERT_EQ(body[4 + i], letter_at(i));
        served++;
    }
    ASSERT_EQ(report_count, 0);
    end_server();
    return 0;
}

TEST(http_memory_that_lacked_loses_nothing_of_a_body_in_chunks)
{
    failed = 0;
    served = 0;
    for (seed = 0; seed < 10; seed++)
        ASSERT_EQ(coil_test_run(lack_memory_for_chunks, NULL, seed), 0);
    ASSERT_GT(failed, 10);
    ASSERT_GT(served, 20);
}

/* ---- who waits to go on ----------------------------------------------- */

/* The call that lacked memory is made again. */
static int read_at_last(struct coil_http_exchange *x, void *arg)
{
    const char *body;
    size_t size;
    int rc;

    (void)arg;
    coil_test_fail_allocation(failing, false);
    rc = coil_http_exchange_body(x, &body, &size);
    fail_nothing();
    if (rc == -ENOMEM) {
        failed++;
        rc = coil_http_exchange_body(x, &body, &size);
    }
    if (rc < 0)
        return rc;
    return coil_http_respond(x, 200, NULL, body, size);
}

static int lack_memory_to_go_on(void *arg)
{
    (void)arg;
    simulated = true;
    serve_defaults();
    ASSERT_EQ(
        coil_http_server_route(server, "PUT", "/wait", read_at_last, NULL), 0);
    for (failing = 1; failing < 4; failing++) {
        struct coil_stream *s = dial();
        char answer[1000];
        size_t size;
        int rc;

        send_text(s, "PUT /wait HTTP/1.1\r\n" HOST CLOSE
                     "Expect: 100-continue\r\nContent-Length: 4\r\n\r\n");
        rc = coil_stream_read_until(s, "\r\n\r\n", 4, answer, sizeof answer - 1,
                                    &size);
        if (rc < 0) { /* it lacked what the connection needed */
            coil_stream_abort(s);
            continue;
        }
        answer[size] = '\0';
        ASSERT_EQ(status_in(answer), 100);
        send_text(s, "body");
        read_rest(s, answer, sizeof answer);
        ASSERT_EQ(status_in(answer), 200);
        ASSERT_STR_EQ(body_in(answer), "body");
        coil_stream_abort(s);
        served++;
    }
    ASSERT_EQ(report_count, 0);
    end_server();
    return 0;
}

TEST(http_memory_that_lacked_lets_nobody_wait_to_go_on)
{
    failed = 0;
    served = 0;
    for (seed = 0; seed < 10; seed++)
        ASSERT_EQ(coil_test_run(lack_memory_to_go_on, NULL, seed), 0);
    ASSERT_GT(failed, 10);
    ASSERT_GT(served, 20);
}

/* ---- what an idle connection keeps ------------------------------------ */

static char long_text[70 * 1024];

static int answer_with_much(struct coil_http_exchange *x, void *arg)
{
    int rc = coil_http_respond_header(x, "X-Long", long_text);

    (void)arg;
    return rc < 0 ? rc : coil_http_respond(x, 200, NULL, "much", 4);
}

static void ask_in_place(struct coil_stream *s, const char *request,
                         const char *end)
{
    static char answer[100 * 1024];
    size_t got = 0;

    send_text(s, request);
    do {
        ptrdiff_t n = coil_stream_read(s, answer + got, sizeof answer - got);

        ASSERT_GT(n, 0);
        got += (size_t)n;
    } while (got < 4 || memcmp(answer + got - 4, end, 4) != 0);
    settle();
}

/* Memory that one request needed is not kept until the next. */
static int keep_little(void *arg)
{
    struct coil_stream *s;
    char *request = malloc(40 * 1024);
    size_t usual;
    size_t size;

    (void)arg;
    simulated = true;
    serve_defaults();
    memset(long_text, 'v', sizeof long_text - 1);
    ASSERT_EQ(
        coil_http_server_route(server, "GET", "/much", answer_with_much, NULL),
        0);
    s = dial();
    ask_in_place(s, "GET / HTTP/1.1\r\n" HOST "\r\n", "root");
    ask_in_place(s, "GET / HTTP/1.1\r\n" HOST "\r\n", "root");
    usual = coil_test_live_allocations();
    ask_in_place(s, "GET / HTTP/1.1\r\n" HOST "\r\n", "root");
    ASSERT_EQ(coil_test_live_allocations(), usual);

    /* A long head, then a long answer: each leaves a buffer less behind. */
    size = (size_t)sprintf(request, "GET / HTTP/1.1\r\n" HOST "X: ");
    memset(request + size, 'x', 20 * 1024);
    strcpy(request + size + 20 * 1024, "\r\n\r\n");
    ask_in_place(s, request, "root");
    ASSERT_LT(coil_test_live_allocations(), usual);
    ask_in_place(s, "GET / HTTP/1.1\r\n" HOST "\r\n", "root");
    ASSERT_LE(coil_test_live_allocations(), usual);
    usual = coil_test_live_allocations();
    /* That of the stream, and that of the server. */
    ask_in_place(s, "GET /much HTTP/1.1\r\n" HOST "\r\n", "much");
    ASSERT_LT(coil_test_live_allocations(), usual - 1);
    ask_in_place(s, "GET / HTTP/1.1\r\n" HOST "\r\n", "root");
    coil_stream_abort(s);
    end_server();
    free(request);
    return 0;
}

TEST(http_memory_of_a_long_request_is_not_kept)
{
    ASSERT_EQ(coil_test_run(keep_little, NULL, 0), 0);
}

/* ---- the client ------------------------------------------------------- */

static int get_at(struct coil_http_client *client, int n)
{
    struct coil_http_response *response;
    char url[64];
    int rc;

    snprintf(url, sizeof url, "http://127.0.0.%d:%u/hello", n,
             coil_address_port(&address));
    rc = coil_http_get(client, url, &response);
    if (rc < 0)
        return rc;
    ASSERT_STR_EQ(response->body, "hello");
    coil_http_response_free(response);
    return 0;
}

/* Its table of origins cannot grow, and finds them all the same. */
static int lack_memory_for_origins(void *arg)
{
    struct coil_http_client *client;

    (void)arg;
    simulated = true;
    serve_defaults();
    end_server();
    ASSERT_EQ(coil_http_server_new(&server, NULL), 0);
    ASSERT_EQ(coil_http_server_route(server, "GET", "/hello", hello, "hello"),
              0);
    ASSERT_EQ(coil_http_server_listen(server, NULL, 0), 0);
    ASSERT_EQ(coil_http_server_address(server, &address), 0);
    serving = start(serve, server);
    ASSERT_EQ(coil_http_client_new(&client, NULL), 0);
    for (int i = 1; i <= 16; i++)
        ASSERT_EQ(get_at(client, i), 0);
    /* The second allocation for a new origin is that of the wider table. */
    for (size_t n = 2; n < 9; n++) {
        int i = 15 + (int)n;
        int rc;

        coil_test_fail_allocation(n, false);
        rc = get_at(client, i);
        fail_nothing();
        ASSERT(rc == 0 || rc == -ENOMEM || rc == COIL_EHTTP_TRUNCATED);
        ASSERT_EQ(get_at(client, i), 0);
        ASSERT_EQ(coil_http_client_idle(client), i);
    }
    for (int i = 1; i <= 23; i++)
        ASSERT_EQ(get_at(client, i), 0);
    ASSERT_EQ(coil_http_client_connections(client), 23);
    coil_http_client_free(client);
    end_server();
    return 0;
}

TEST(http_memory_that_lacked_loses_no_origin)
{
    for (seed = 0; seed < 10; seed++)
        ASSERT_EQ(coil_test_run(lack_memory_for_origins, NULL, seed), 0);
}
