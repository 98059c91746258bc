/* SPDX-License-Identifier: MIT */
/*
 * The page of metrics over HTTP, and what is counted of requests.
 */
#include <coil/http_metrics.h>
#include <coil/http_server.h>
#include <coil/metrics.h>
#include <coil/testing.h>

#include "http_server_test.h"
#include "prometheus.h"

static struct coil_http_metrics *metrics;

static void begin(const char *label)
{
    ASSERT_EQ(coil_http_metrics_new(&metrics, label), 0);
    serve_defaults();
    ASSERT_EQ(coil_http_router_use(coil_http_server_router(server),
                                   coil_http_metrics_count, metrics),
              0);
    ASSERT_EQ(coil_http_server_route(server, "GET", "/metrics",
                                     coil_http_metrics_page, NULL),
              0);
}

static void end(void)
{
    end_server();
    coil_http_metrics_free(metrics);
}

/* The page, as the server gives it. */
static const char *page(void)
{
    const char *answer = get("/metrics");
    const char *text = body_in(answer);
    const char *bad = prometheus_check(text, strlen(text));

    ASSERT_EQ(status_in(answer), 200);
    ASSERT_STR_CONTAINS(answer, "Content-Type: " COIL_METRICS_TYPE "\r\n");
    if (bad)
        FAIL("%s in\n%s", bad, text);
    return text;
}

static long long value(const char *text, const char *sample)
{
    return (long long)prometheus_value(text, sample);
}

#define REQUESTS(method, status)                                               \
    "http_requests_total{method=\"" method "\",status=\"" status "\"}"

KERNEL_TEST(http_metrics_count_requests_by_method_and_status)
{
    const char *text;

    begin(NULL);
    get("/hello");
    get("/hello");
    ask("POST /echo HTTP/1.1\r\n" HOST CLOSE "Content-Length: 3\r\n\r\nabc");
    ask("HEAD /hello HTTP/1.1\r\n" HOST CLOSE "\r\n");
    ask("BREW /hello HTTP/1.1\r\n" HOST CLOSE "\r\n");
    get("/nowhere");
    get("/fail");
    text = page();
    ASSERT_EQ(value(text, REQUESTS("GET", "2xx")), 2);
    ASSERT_EQ(value(text, REQUESTS("POST", "2xx")), 1);
    ASSERT_EQ(value(text, REQUESTS("HEAD", "2xx")), 1);
    ASSERT_EQ(value(text, REQUESTS("GET", "4xx")), 1);
    ASSERT_EQ(value(text, REQUESTS("GET", "5xx")), 1);
    ASSERT(!strstr(text, "PATCH"));
    ASSERT_EQ(value(text, "http_request_duration_seconds_count"), 7);
    /* The request for the page itself. */
    ASSERT_EQ(value(text, "http_requests_in_flight"), 1);
    /* hello, hello, abc, "404 Not Found\n" and so on. */
    ASSERT_GE(value(text, "http_response_body_bytes_total"), 5 + 5 + 3 + 14);
    ASSERT_EQ(value(text, "coil_tasks_failed_total{loop=\"0\"}"), 0);
    end();
}

/* What no router has seen is counted, too. */
KERNEL_TEST(http_metrics_count_what_is_refused)
{
    const char *text;

    begin(NULL);
    ASSERT_EQ(status_in(ask("nonsense\r\n\r\n")), 400);
    ASSERT_EQ(status_in(ask("GET /hello HTTP/1.1\r\n" CLOSE "\r\n")), 400);
    text = page();
    ASSERT_EQ(value(text, REQUESTS("other", "4xx")) +
                  (prometheus_has(text, REQUESTS("GET", "4xx"))
                       ? value(text, REQUESTS("GET", "4xx"))
                       : 0),
              2);
    ASSERT_EQ(value(text, "http_request_duration_seconds_count"), 0);
    end();
}

static int nest(struct coil_http_exchange *x, void *arg)
{
    return coil_http_metrics_count(x, arg);
}

KERNEL_TEST(http_metrics_count_once_however_often_they_are_asked)
{
    const char *text;

    begin("a\"b");
    ASSERT_EQ(
        coil_http_router_use(coil_http_server_router(server), nest, metrics),
        0);
    get("/hello");
    text = page();
    ASSERT_EQ(value(text, "http_requests_total{method=\"GET\",status=\"2xx\","
                          "server=\"a\\\"b\"}"),
              1);
    ASSERT_EQ(value(text, "http_requests_in_flight{server=\"a\\\"b\"}"), 1);
    end();
}

static int note_page(void *arg, const char *text, size_t size)
{
    const char *bad = prometheus_check(text, size);

    *(bool *)arg = strstr(text, "http_requests_in_flight");
    return bad ? -EINVAL : 0;
}

TEST(http_metrics_are_told_apart_by_their_servers)
{
    struct coil_http_metrics *a;
    struct coil_http_metrics *b;
    struct coil_http_metrics *c = NULL;
    bool is_there;

    ASSERT_EQ(coil_http_metrics_new(&a, "a"), 0);
    ASSERT_EQ(coil_http_metrics_new(&b, NULL), 0);
    ASSERT_EQ(coil_http_metrics_new(&c, "a"), -EEXIST);
    ASSERT_NULL(c);
    ASSERT_EQ(coil_metrics_write(note_page, &is_there), 0);
    ASSERT(is_there);
    coil_http_metrics_free(a);
    ASSERT_EQ(coil_http_metrics_new(&a, "a"), 0);
    coil_http_metrics_free(a);
    coil_http_metrics_free(b);
    coil_http_metrics_free(NULL);
    ASSERT_EQ(coil_metrics_write(note_page, &is_there), 0);
    ASSERT(!is_there);
}

TEST(http_metrics_need_memory)
{
    bool is_there;
    int rc;

    for (size_t n = 1; n <= 2; n++) {
        coil_test_fail_allocation(n, false);
        rc = coil_http_metrics_new(&metrics, "a");
        coil_test_fail_allocation(0, false);
        ASSERT_EQ(rc, -ENOMEM);
    }
    ASSERT_EQ(coil_metrics_write(note_page, &is_there), 0);
    ASSERT(!is_there);
}
