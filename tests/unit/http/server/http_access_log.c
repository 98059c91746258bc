/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/* WRAPS: pthread_create */
/*
 * The access log: what a line says, and that nobody waits for it.
 */
#include <coil/http_access_log.h>
#include <coil/http_server.h>

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "http_server_test.h"

static int thread_error;

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
                          void *(*fn)(void *), void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
                          void *(*fn)(void *), void *arg);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
                          void *(*fn)(void *), void *arg)
{
    return thread_error ? thread_error
                        : __real_pthread_create(thread, attr, fn, arg);
}

static int ends[2];
static struct coil_http_access_log *access_log;

static void begin(const struct coil_http_access_log_options *options)
{
    ASSERT_EQ(pipe(ends), 0);
    ASSERT_EQ(coil_http_access_log_new(&access_log, ends[1], options), 0);
    serve_defaults();
    ASSERT_EQ(coil_http_router_use(coil_http_server_router(server),
                                   coil_http_access_log, access_log),
              0);
}

/* All that was logged. */
static char *end(void)
{
    static char text[64 * 1024];
    size_t size = 0;
    ssize_t n;

    end_server();
    coil_http_access_log_free(access_log);
    close(ends[1]);
    while ((n = read(ends[0], text + size, sizeof text - 1 - size)) > 0)
        size += (size_t)n;
    text[size] = '\0';
    close(ends[0]);
    return text;
}

/* Replace what is between `from` and `to` by "?". */
static void hide(char *text, const char *from, const char *to)
{
    char *at = text;

    while ((at = strstr(at, from))) {
        char *begin = at + strlen(from);
        char *end = strstr(begin, to);

        ASSERT_NOT_NULL(end);
        *begin = '?';
        memmove(begin + 1, end, strlen(end) + 1);
        at = begin;
    }
}

KERNEL_TEST(http_access_log_has_a_line_for_each_request)
{
    char *text;

    begin(NULL);
    get("/hello?a=b");
    ask("POST /echo HTTP/1.1\r\n" HOST CLOSE "Content-Length: 3\r\n"
        "User-Agent: x \"y\" \\ \t\xc3\xa4\r\nReferer: http://r/\r\n\r\nabc");
    get("/nowhere");
    get("/fail");
    text = end();
    hide(text, "[", "]");
    hide(text, "\"-\" ", "\n");
    hide(text, "\\xa4\" ", "\n");
    ASSERT_STR_EQ(
        text, "127.0.0.1 - - [?] \"GET /hello?a=b HTTP/1.1\" 200 5 \"-\" ?\n"
              "127.0.0.1 - - [?] \"POST /echo HTTP/1.1\" 200 3 \"http://r/\" "
              "\"x \\x22y\\x22 \\x5c \\x09\\xc3\\xa4\" ?\n"
              "127.0.0.1 - - [?] \"GET /nowhere HTTP/1.1\" 404 14 \"-\" ?\n"
              "127.0.0.1 - - [?] \"GET /fail HTTP/1.1\" 500 26 \"-\" ?\n");
}

KERNEL_TEST(http_access_log_can_be_json)
{
    char *text;

    begin(
        &(struct coil_http_access_log_options){ .format = COIL_HTTP_LOG_JSON });
    ask("GET /hello HTTP/1.0\r\nUser-Agent: a\"b\\c\xff\r\n\r\n");
    text = end();
    hide(text, "\"time\":\"", "\"");
    hide(text, "\"ms\":", "}");
    ASSERT_STR_EQ(text,
                  "{\"time\":\"?\",\"peer\":\"127.0.0.1\",\"method\":\"GET\","
                  "\"target\":\"/hello\",\"version\":\"1.0\",\"status\":200,"
                  "\"bytes\":5,\"referer\":\"-\","
                  "\"agent\":\"a\\u0022b\\u005cc\\u00ff\",\"ms\":?}\n");
}

KERNEL_TEST(http_access_log_says_which_version_was_spoken)
{
    char *text;

    begin(NULL);
    ask("GET /hello HTTP/1.0\r\n\r\n");
    text = end();
    ASSERT_STR_CONTAINS(text, "\"GET /hello HTTP/1.0\" 200 5");
    begin(
        &(struct coil_http_access_log_options){ .format = COIL_HTTP_LOG_JSON });
    get("/hello");
    text = end();
    ASSERT_STR_CONTAINS(text, "\"version\":\"1.1\",\"status\":200");
}

/* A line that is larger than all that may be kept. */
KERNEL_TEST(http_access_log_drops_what_is_too_large)
{
    begin(&(struct coil_http_access_log_options){ .max_buffered = 20 });
    ASSERT_STR_EQ(body_in(get("/hello")), "hello");
    ASSERT_EQ(coil_http_access_log_dropped(access_log), 1);
    ASSERT_STR_EQ(end(), "");
}

TEST(http_access_log_needs_memory_and_a_thread)
{
    struct coil_http_access_log *log;

    for (size_t n = 1; n <= 2; n++) {
        coil_test_fail_allocation(n, false);
        ASSERT_EQ(coil_http_access_log_new(&log, 2, NULL), -ENOMEM);
        coil_test_fail_allocation(0, false);
    }
    thread_error = EAGAIN;
    ASSERT_EQ(coil_http_access_log_new(&log, 2, NULL), -EAGAIN);
    thread_error = 0;
    ASSERT_EQ(coil_http_access_log_new(&log, 2, NULL), 0);
    coil_http_access_log_free(log);
    coil_http_access_log_free(NULL);
}

static size_t failing;

/* The n-th allocation fails after the handler: that of the line. */
static int answer_and_fail(struct coil_http_exchange *x, void *arg)
{
    int rc = coil_http_respond(x, 200, NULL, "ok", 2);

    (void)arg;
    coil_test_fail_allocation(failing, false);
    return rc;
}

KERNEL_TEST(http_access_log_drops_a_line_without_memory)
{
    static const char *const said[] = { "# 1 lines were dropped\n",
                                        "{\"dropped\":1}\n" };
    size_t dropped = 0;

    for (failing = 1; failing <= 6; failing++) {
        const struct coil_http_access_log_options options = {
            .format = failing % 2 ? COIL_HTTP_LOG_COMBINED : COIL_HTTP_LOG_JSON
        };
        const char *text;
        bool is_dropped;

        begin(&options);
        ASSERT_EQ(
            coil_http_server_route(server, "GET", "/ok", answer_and_fail, NULL),
            0);
        ASSERT_EQ(status_in(get("/ok")), 200);
        coil_test_fail_allocation(0, false);
        is_dropped = coil_http_access_log_dropped(access_log) == 1;
        ASSERT_STR_EQ(body_in(get("/hello")), "hello");
        ASSERT_EQ(coil_http_access_log_dropped(access_log), is_dropped);
        text = end();
        ASSERT_EQ(strstr(text, "/ok") == NULL, is_dropped);
        ASSERT_EQ(strstr(text, said[failing % 2 == 0]) != NULL, is_dropped);
        ASSERT_STR_CONTAINS(text, "/hello");
        dropped += is_dropped;
    }
    ASSERT_GE(dropped, 2);
}

/* Nobody reads the pipe: requests are answered all the same. */
KERNEL_TEST(http_access_log_never_waits)
{
    char filler[4096];
    char *text;
    size_t dropped;
    size_t lines = 0;

    begin(&(struct coil_http_access_log_options){ .max_buffered = 500 });
    ASSERT_EQ(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
    memset(filler, '.', sizeof filler);
    while (write(ends[1], filler, sizeof filler) > 0)
        ;
    for (int i = 0; i < 20; i++)
        ASSERT_STR_EQ(body_in(get("/hello")), "hello");
    dropped = coil_http_access_log_dropped(access_log);
    ASSERT_GE(dropped, 10);
    ASSERT_LT(dropped, 20);

    /* Somebody reads, and there is room again. */
    for (size_t size = 0; size < 64 * 1024;) {
        ssize_t n = read(ends[0], filler, sizeof filler);

        ASSERT_GT(n, 0);
        size += (size_t)n;
    }
    do {
        dropped = coil_http_access_log_dropped(access_log);
        ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
        get("/hello");
    } while (coil_http_access_log_dropped(access_log) > dropped);
    text = end();
    for (const char *at = text; (at = strstr(at, "\"GET /hello")); at++)
        lines++;
    ASSERT_GE(lines, 1);
    ASSERT_STR_CONTAINS(text, " lines were dropped\n");
}

/*
 * The descriptor does not wait, and is full now and then: what was not dropped is
 * written in the end, each line once.
 */
KERNEL_TEST(http_access_log_waits_for_room)
{
    static char target[1000] = "/hello?";
    static char text[256 * 1024];
    size_t answered = 0;
    size_t lines = 0;
    size_t size = 0;

    begin(&(struct coil_http_access_log_options){ .max_buffered = 16000 });
    ASSERT_EQ(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
    ASSERT_GE(fcntl(ends[1], F_SETPIPE_SZ, 4096), 4096);
    memset(target + 7, 'a', sizeof target - 8);
    while (coil_http_access_log_dropped(access_log) == 0) {
        ASSERT_STR_EQ(body_in(get(target)), "hello");
        ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
        answered++;
    }
    answered -= coil_http_access_log_dropped(access_log);
    while (lines < answered) {
        ssize_t n = read(ends[0], text + size, 1);

        ASSERT_EQ(n, 1);
        lines += text[size] == '\n';
        size++;
        ASSERT_LT(size, sizeof text);
    }
    text[size] = '\0';
    lines = 0;
    for (const char *at = text; (at = strstr(at, "\"GET /hello?a")); at++)
        lines++;
    ASSERT_EQ(lines, answered);
    ASSERT_STR_EQ(body_in(get("/hello")), "hello");
    ASSERT_STR_CONTAINS(end(), "GET /hello HTTP/1.1");
}

/* The descriptor is broken. */
KERNEL_TEST(http_access_log_survives_a_broken_descriptor)
{
    begin(NULL);
    close(ends[0]);
    ASSERT_STR_EQ(body_in(get("/hello")), "hello");
    while (coil_http_access_log_dropped(access_log) == 0)
        ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    ASSERT_EQ(coil_http_access_log_dropped(access_log), 1);
    close(ends[1]);
    ASSERT_EQ(pipe(ends), 0);
    end();
}
