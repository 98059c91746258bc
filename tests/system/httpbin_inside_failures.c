/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/* APP: coil-httpbin */
/* FAULTY: main malloc calloc realloc strdup printf coil_loop_add_signal_handler */
/*
 * coil-httpbin whose calls fail, and its command line.
 */
#include "httpbin_inside_test.h"

#include <coil/http_server.h>

/* ---- failures ------------------------------------------------------------- */

static const char *const requests[] = {
    "GET /get?a=1&a=2&a=3&a=4&a=5&a=6&a=7&a=8&a=9&b=%20 HTTP/1.1\r\n" HOST CLOSE
    "X-A: 1\r\nX-A: 2\r\nOrigin: o\r\n\r\n",
    "PUT /anything HTTP/1.1\r\n" HOST CLOSE
    "Content-Length: 9\r\n\r\n{\"a\":[1]}",
    "POST /post HTTP/1.1\r\n" HOST CLOSE "Content-Length: 2\r\n\r\n\xff\xfe",
    "POST /post HTTP/1.1\r\n" HOST CLOSE
    "Content-Type: application/x-www-form-urlencoded\r\n"
    "Content-Length: 3\r\n\r\na=1",
    "POST /post HTTP/1.1\r\n" HOST CLOSE
    "Content-Type: multipart/form-data; boundary=b\r\n"
    "Content-Length: 119\r\n\r\n"
    "--b\r\nContent-Disposition: form-data; name=k\r\n\r\nv\r\n--b\r\n"
    "Content-Disposition: form-data; name=k; filename=f\r\n\r\n\xff\r\n--b--\r\n",
    "GET /ip HTTP/1.1\r\n" HOST CLOSE "X-Forwarded-For: x\r\n\r\n",
    "GET /user-agent HTTP/1.1\r\n" HOST CLOSE "User-Agent: x\r\n\r\n",
    GET("/"),
    GET("/status/418"),
    GET("/bytes/10?seed=1"),
    GET("/stream/2"),
    GET("/redirect/2"),
    GET("/delay/0"),
    GET("/drip?duration=0"),
    GET("/fault/nested/"),
    GET("/redirect-to?url=/get"),
    "GET /range/26?chunk_size=2 HTTP/1.1\r\n" HOST CLOSE
    "Range: bytes=1-5\r\n\r\n",
    "GET /range/26 HTTP/1.1\r\n" HOST CLOSE "Range: bytes=30-\r\n\r\n",
    GET("/etag/abc"),
    GET("/cache/1"),
    GET("/gzip"),
    "GET /cookies HTTP/1.1\r\n" HOST CLOSE "Cookie: a=b; c=d\r\n\r\n",
    GET("/cookies/set?a=b&c=d"),
    "GET /basic-auth/a/b HTTP/1.1\r\n" HOST CLOSE
    "Authorization: Basic YTpi\r\n\r\n",
    GET("/basic-auth/a/b"),
    GET("/hidden-basic-auth/a/b"),
    "GET /hidden-basic-auth/a/b HTTP/1.1\r\n" HOST CLOSE
    "Authorization: Basic YTpi\r\n\r\n",
    "GET /bearer HTTP/1.1\r\n" HOST CLOSE "Authorization: Bearer x\r\n\r\n",
    GET("/bearer"),
};

enum { KINDS = 3, OWN = 0, LIBRARY = 1, NETWORK = 2 };

static void fail_nth(int kind, size_t n)
{
    allocations = 0;
    failing = kind == OWN ? n : 0;
    coil_test_fail_allocation(kind == LIBRARY ? n : 0, false);
    ASSERT_EQ(coil_test_fail_call(kind == NETWORK ? n : 0, -ECONNRESET), 0);
}

static size_t made(int kind)
{
    return kind == OWN       ? allocations
           : kind == LIBRARY ? coil_test_allocations()
                             : coil_test_calls();
}

static void begin_again(void)
{
    coil_http_server_stop(server, 0);
    (void)!end_of(serving);
    coil_http_server_free(server);
    begin();
}

/* After that it answers as usual. */
static int fail_each(void *arg)
{
    int kind = *(const int *)arg;
    char *expected;

    begin();
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        size_t before;
        size_t count;

        fail_nth(kind, 0);
        before = made(kind);
        expected = strdup(ask(requests[i]));
        ASSERT_NOT_NULL(expected);
        count = made(kind) - (kind == OWN ? 0 : before);
        for (size_t n = 1; n <= count;
             n += kind != NETWORK || n < 100 ? 1 : 499) {
            const char *answer;

            fail_nth(kind, n);
            answer = try_to_ask(requests[i]);
            /* The response is whole, an error, or cut off. */
            if (strcmp(answer, expected) != 0 && status_in(answer) != 500 &&
                strncmp(answer, expected, strlen(answer)) != 0)
                FAIL("%s when %zu of %d fails: %s", requests[i], n, kind,
                     answer);
            if (kind == OWN)
                ASSERT_NE(strcmp(answer, expected), 0);
            fail_nth(kind, 0);
            /* A failure to accept ends the server. */
            if (kind == NETWORK)
                begin_again();
            ASSERT_STR_EQ(ask(requests[i]), expected);
            ASSERT_EQ(httpbin.inflight, 0);
        }
        free(expected);
    }
    end_server();
    return 0;
}

static void run_failing(int kind)
{
    simulated = true;
    ASSERT_EQ(coil_test_run(fail_each, &kind, 0), 0);
}

TEST(httpbin_inside_each_allocation_fails)
{
    run_failing(OWN);
}

TEST(httpbin_inside_each_allocation_of_the_library_fails)
{
    run_failing(LIBRARY);
}

TEST(httpbin_inside_each_call_of_the_network_fails)
{
    run_failing(NETWORK);
}

static const struct {
    const char *path;
    const char *text; /* of its head */
} heads[] = {
    { "/status/301", "Location: /redirect/1\r\n" },
    { "/redirect/2", "Location: /relative-redirect/1\r\n" },
    { "/redirect-to?url=/", "Location: /\r\n" },
    { "/etag/a", "ETag: \"a\"\r\n" },
    { "/cache", "ETag: " },
    { "/cache/1", "Cache-Control: public, max-age=1\r\n" },
    { "/range/9", "Content-Range: bytes 0-2/9\r\n" },
    { "/range/2", "Content-Range: bytes */2\r\n" },
    { "/cookies/set/a/b", "Set-Cookie: a=b; Path=/\r\n" },
    { "/basic-auth/a/b", "WWW-Authenticate: Basic realm=" },
    { "/bearer", "WWW-Authenticate: Bearer\r\n" },
    { "/digest-auth/auth/a/b", "WWW-Authenticate: Digest " },
    { "/gzip", "Content-Encoding: gzip\r\n" },
};

/* With an origin of `size` letters. */
static void fill_head(size_t i, size_t size)
{
    const char *range = i == 7 ? "5-6" : "0-2";
    char origin[1200];
    char request[2000];
    size_t before = coil_test_allocations();
    size_t count;

    memset(origin, 'o', sizeof origin);
    origin[size] = '\0';
    snprintf(request, sizeof request,
             "GET %s HTTP/1.1\r\n" HOST CLOSE
             "Range: bytes=%s\r\nOrigin: x%s\r\n\r\n",
             heads[i].path, range, origin);
    ASSERT_STR_CONTAINS(ask(request), heads[i].text);
    count = coil_test_allocations() - before;
    for (size_t n = 1; n <= count; n++) {
        const char *answer;

        coil_test_fail_allocation(n, false);
        answer = try_to_ask(request);
        coil_test_fail_allocation(0, false);
        if (*answer && status_in(answer) != 500)
            ASSERT_STR_CONTAINS(answer, heads[i].text);
    }
}

/* The head of a response grows when one more header does not fit. */
static int fill_heads(void *arg)
{
    (void)arg;
    begin();
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        for (size_t size = 0; size < 1200; size += 11)
            fill_head(i, size);
    end_server();
    return 0;
}

TEST(httpbin_inside_heads_need_memory)
{
    simulated = true;
    ASSERT_EQ(coil_test_run(fill_heads, NULL, 0), 0);
}

/* ---- the program ---------------------------------------------------------- */

static struct child child;
static size_t failing_at_start;

struct line {
    const char *a;
    const char *b;
};

static void call_main(void *arg)
{
    const struct line *line = arg;
    static char words[3][64];
    char *argv[] = { words[0], words[1], line->b ? words[2] : NULL, NULL };

    snprintf(words[0], sizeof words[0], "coil-httpbin");
    snprintf(words[1], sizeof words[1], "%s", line->a);
    snprintf(words[2], sizeof words[2], "%s", line->b ? line->b : "");
    coil_test_fail_allocation(failing_at_start, false);
    optind = 0;
    exit(faulty_main(line->b ? 3 : 2, argv));
}

static int status_with(const char *a, const char *b)
{
    child_run(&child, call_main, &(struct line){ a, b });
    return WIFSIGNALED(child.status) ? 128 + WTERMSIG(child.status)
                                     : WEXITSTATUS(child.status);
}

TEST(httpbin_inside_options_are_wrong)
{
    static const char *const numbers[] = {
        "", "x", "1x", "-1", "65536", "99999999999999999999",
    };

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        ASSERT_EQ(status_with("--port", numbers[i]), 2);
        ASSERT_STR_CONTAINS(child.text, " is not a number from 0 to 65535\n");
        ASSERT_EQ(status_with("--latency", numbers[i]), 2);
        ASSERT_STR_CONTAINS(child.text, " is not a number from 0 to 60000\n");
    }
    ASSERT_EQ(status_with("--port=0", "more"), 2);
    ASSERT_STR_CONTAINS(child.text, "\"more\" is no option\n");
    ASSERT_EQ(status_with("--nonsense", NULL), 2);
    ASSERT_STR_CONTAINS(child.text, "Try coil-httpbin --help.\n");
    ASSERT_EQ(status_with("--version", NULL), 0);
    ASSERT_STR_EQ(child.text, "coil-httpbin " COIL_VERSION_STRING "\n");
    ASSERT_EQ(status_with("--help", NULL), 0);
    ASSERT_STR_CONTAINS(child.text, "--latency MS");
    ASSERT_EQ(status_with("--host=no.such.host.invalid", "--port=0"), 1);
    ASSERT_STR_CONTAINS(child.text,
                        "cannot serve on no.such.host.invalid, port 0: ");
}

TEST(httpbin_inside_is_stopped_by_a_signal)
{
    ASSERT_EQ(status_with("--port=0", "--latency=5"), 0);
    ASSERT_STR_CONTAINS(child.text, "listening on http://127.0.0.1:");
    is_early = true;
    ASSERT_EQ(status_with("--port=0", NULL), 128 + SIGTERM);
    ASSERT_NULL(strstr(child.text, "cannot serve"));
}

TEST(httpbin_inside_cannot_handle_signals)
{
    refuses_signals = true;
    ASSERT_EQ(status_with("--port=0", NULL), 1);
    ASSERT_STR_EQ(child.text,
                  "coil-httpbin: cannot serve on 127.0.0.1, port 0: "
                  "Cannot allocate memory\n");
}

TEST(httpbin_inside_starts_without_memory)
{
    int status = 1;

    /* A ring that finds no memory is left out: one success says nothing. */
    for (failing_at_start = 1; failing_at_start < 500; failing_at_start++) {
        int before = status;

        status = status_with("--port=0", NULL);
        if (status == 0 && before == 0)
            break;
        if (status == 0)
            continue;
        ASSERT_EQ(status, 1);
        ASSERT_STR_CONTAINS(child.text, "coil-httpbin: cannot serve on "
                                        "127.0.0.1, port 0: ");
    }
    ASSERT_GT(failing_at_start, 10);
    ASSERT_EQ(status, 0);
}
