/* SPDX-License-Identifier: MIT */
/*
 * fairness.c - who waits for how long beside busy peers
 *
 *   fairness server PORT                 answers /ok, /cpu (1 ms of computing) and
 *                                        POST /up, echoes at PORT + 1, streams
 *                                        /endless; at its end it says how late a
 *                                        tick of 10 ms was
 *   fairness flood PORT SECONDS          pipelines GET /ok as fast as it goes
 *   fairness upload PORT SECONDS         sends one body without end
 *   fairness echo PORT SECONDS           sends bytes and takes them back
 *   fairness download PORT SECONDS       reads /endless, and has a ticker beside it
 *   fairness lowrate PORT SECONDS        1000 GET /cpu a second on one connection
 *   fairness probe PORT SECONDS          asks for /ok now and then, on one
 *                                        connection and on new ones
 *
 * scripts/run/bench-fairness runs them against each other.
 */
#include <errno.h>

#include <coil/http_client.h>
#include <coil/http_server.h>
#include <coil/loop.h>
#include <coil/resolve.h>
#include <coil/stream.h>
#include <coil/task.h>
#include <coil/task_group.h>
#include <coil/timeout.h>

#include "bench.h"

enum { SAMPLES_MAX = 100000, BLOCK = 65536, MANY = 64 * 1024 };

static uint16_t port;
static coil_time seconds;

/* ---- samples -------------------------------------------------------------- */

struct samples {
    const char *name;
    size_t count;
    coil_time times[SAMPLES_MAX];
};

static void add_sample(struct samples *s, coil_time time)
{
    if (s->count < SAMPLES_MAX)
        s->times[s->count++] = time;
}

static int compare_times(const void *a, const void *b)
{
    coil_time x = *(const coil_time *)a;
    coil_time y = *(const coil_time *)b;

    return (x > y) - (x < y);
}

static double milliseconds(const struct samples *s, size_t i)
{
    return (double)s->times[i] / (double)COIL_MILLISECOND;
}

static void print_samples(struct samples *s)
{
    size_t n = s->count;

    if (n == 0) {
        printf("%-22s none\n", s->name);
        return;
    }
    qsort(s->times, n, sizeof s->times[0], compare_times);
    printf("%-22s %6zu  p50 %8.2f  p99 %8.2f  max %8.2f ms\n", s->name, n,
           milliseconds(s, n / 2), milliseconds(s, n * 99 / 100),
           milliseconds(s, n - 1));
    fflush(stdout);
}

static struct samples ticks = { .name = "tick of 10 ms, late" };

static int tick(void *unused)
{
    coil_time due = coil_after(10 * COIL_MILLISECOND);
    int rc;

    (void)unused;
    while ((rc = coil_sleep_until(due)) == 0) {
        add_sample(&ticks, coil_now() - due);
        due = coil_after(10 * COIL_MILLISECOND);
    }
    return rc;
}

/* ---- the server ----------------------------------------------------------- */

static int answer(struct coil_http_exchange *x, void *unused)
{
    (void)unused;
    return coil_http_respond(x, 200, "text/plain", "hello world\n", 12);
}

static int compute(struct coil_http_exchange *x, void *unused)
{
    uint64_t end = bench_now() + 1000000;

    while (bench_now() < end)
        continue;
    return answer(x, unused);
}

static int take_body(struct coil_http_exchange *x, void *unused)
{
    static char block[BLOCK];
    ptrdiff_t n;

    while ((n = coil_http_exchange_read(x, block, sizeof block)) > 0)
        continue;
    return n < 0 ? (int)n : answer(x, unused);
}

static int send_without_end(struct coil_http_exchange *x, void *unused)
{
    static const char block[BLOCK];
    int rc = coil_http_begin(x, 200, NULL, COIL_HTTP_CHUNKED);

    (void)unused;
    while (rc == 0)
        rc = coil_http_write(x, block, sizeof block);
    return rc;
}

static int echo(void *arg)
{
    char *block = malloc(BLOCK);
    struct coil_stream *s = arg;
    ptrdiff_t n = block ? 1 : -ENOMEM;

    while (n > 0) {
        n = coil_stream_read(s, block, BLOCK);
        if (n > 0 && coil_stream_write(s, block, (size_t)n) < 0)
            break;
        if (n > 0 && coil_stream_drain(s) < 0)
            break;
    }
    coil_stream_abort(s);
    free(block);
    return 0;
}

static int serve_echo(void *arg)
{
    struct coil_task_group group;
    int rc = coil_task_group_begin(&group);

    while (rc == 0) {
        struct coil_stream *s;

        rc = coil_listener_accept(arg, &s);
        if (rc == 0)
            rc = coil_task_group_create(&group, NULL, echo, s);
    }
    return coil_task_group_end(&group, rc);
}

static int serve(void *unused)
{
    static const struct coil_http_server_options options = {
        .max_body_size = (size_t)1 << 50,
    };
    struct coil_http_server *server;
    struct coil_listener *listener;
    struct coil_task_group group;
    int rc;

    (void)unused;
    bench_check(coil_http_server_new(&server, &options));
    bench_check(coil_http_server_route(server, "GET", "/ok", answer, NULL));
    bench_check(coil_http_server_route(server, "GET", "/cpu", compute, NULL));
    bench_check(coil_http_server_route(server, "POST", "/up", take_body, NULL));
    bench_check(coil_http_server_route(server, "GET", "/endless",
                                       send_without_end, NULL));
    bench_check(coil_http_server_listen(server, "127.0.0.1", port));
    bench_check(coil_tcp_listen(&listener, "127.0.0.1", (uint16_t)(port + 1)));
    bench_check(coil_task_group_begin(&group));
    bench_check(coil_task_group_create(&group, NULL, tick, NULL));
    bench_check(coil_task_group_create(&group, NULL, serve_echo, listener));
    rc = coil_http_server_serve(server);
    rc = coil_task_group_end(&group, rc);
    coil_http_server_free(server);
    coil_listener_close(listener);
    print_samples(&ticks);
    return rc;
}

/* ---- clients -------------------------------------------------------------- */

static struct coil_stream *dial(uint16_t to)
{
    struct coil_stream *s;

    bench_check(coil_tcp_connect(&s, "127.0.0.1", to));
    return s;
}

static int discard(void *arg)
{
    char *block = malloc(BLOCK);
    size_t bytes = 0;
    ptrdiff_t n;

    if (!block)
        return -ENOMEM;
    while ((n = coil_stream_read(arg, block, BLOCK)) > 0)
        bytes += (size_t)n;
    free(block);
    printf("%-22s %.0f MB taken back\n", "flood", (double)bytes / 1e6);
    return 0;
}

/* `first`, then `text` over and over, `pause` in between, until the end. */
struct sending {
    struct coil_stream *stream;
    const char *first;
    const char *text;
    size_t size;
    coil_time pause;
};

static int send_again_and_again(void *arg)
{
    const struct sending *s = arg;
    int rc = coil_stream_write(s->stream, s->first, strlen(s->first));

    while (rc == 0) {
        rc = coil_stream_write(s->stream, s->text, s->size);
        if (rc == 0)
            rc = coil_stream_drain(s->stream);
        if (rc == 0 && s->pause > 0)
            rc = coil_sleep(s->pause);
    }
    return rc;
}

static int send_and_discard(const struct sending *sending)
{
    struct coil_task_group group;
    struct coil_timeout limit;
    int rc;

    bench_check(coil_timeout_begin(&limit, seconds));
    bench_check(coil_task_group_begin(&group));
    bench_check(coil_task_group_create(&group, NULL, discard, sending->stream));
    rc = send_again_and_again((void *)(uintptr_t)sending);
    rc = coil_task_group_end(&group, rc);
    rc = coil_timeout_end(&limit, rc);
    coil_stream_abort(sending->stream);
    return rc == -ETIMEDOUT ? 0 : rc;
}

static char text[MANY];

static size_t repeat(const char *line, size_t times)
{
    size_t size = strlen(line);

    for (size_t i = 0; i < times; i++)
        memcpy(text + i * size, line, size);
    return times * size;
}

static int flood(void *unused)
{
    struct sending s = { .stream = dial(port), .first = "", .text = text };

    (void)unused;
    s.size = repeat("GET /ok HTTP/1.1\r\nHost: h\r\n\r\n", 1000);
    return send_and_discard(&s);
}

static int low_rate(void *unused)
{
    struct sending s = { .stream = dial(port),
                         .first = "",
                         .text = text,
                         .pause = 50 * COIL_MILLISECOND };

    (void)unused;
    s.size = repeat("GET /cpu HTTP/1.1\r\nHost: h\r\n\r\n", 100);
    return send_and_discard(&s);
}

static int upload(void *unused)
{
    struct sending s = { .stream = dial(port),
                         .first = "POST /up HTTP/1.1\r\nHost: h\r\n"
                                  "Content-Length: 900000000000000\r\n\r\n",
                         .text = text,
                         .size = sizeof text };

    (void)unused;
    return send_and_discard(&s);
}

static int flood_echo(void *unused)
{
    struct sending s = { .stream = dial((uint16_t)(port + 1)),
                         .first = "",
                         .text = text,
                         .size = sizeof text };

    (void)unused;
    return send_and_discard(&s);
}

static int read_without_end(void *unused)
{
    static char block[BLOCK];
    struct coil_http_client *client;
    struct coil_http_response *response;
    char url[64];
    ptrdiff_t n;

    (void)unused;
    snprintf(url, sizeof url, "http://127.0.0.1:%u/endless", port);
    bench_check(coil_http_client_new(&client, NULL));
    bench_check(coil_http_open(
        client, &(struct coil_http_request){ .url = url }, &response));
    while ((n = coil_http_read(response, block, sizeof block)) > 0)
        continue;
    coil_http_response_free(response);
    coil_http_client_free(client);
    return (int)n;
}

static int download(void *unused)
{
    struct coil_task_group group;
    struct coil_timeout limit;
    int rc;

    (void)unused;
    bench_check(coil_timeout_begin(&limit, seconds));
    bench_check(coil_task_group_begin(&group));
    bench_check(coil_task_group_create(&group, NULL, read_without_end, NULL));
    rc = tick(NULL);
    rc = coil_task_group_end(&group, rc);
    rc = coil_timeout_end(&limit, rc);
    print_samples(&ticks);
    return rc == -ETIMEDOUT ? 0 : rc;
}

/* ---- the one that is well behaved ----------------------------------------- */

static void ask(struct coil_stream *s)
{
    static const char request[] = "GET /ok HTTP/1.1\r\nHost: h\r\n\r\n";
    const void *data;
    ptrdiff_t n;

    bench_check(coil_stream_write(s, request, sizeof request - 1));
    n = coil_stream_peek(s, &data);
    bench_check(n > 0 ? 0 : -EPIPE);
    coil_stream_consume(s, (size_t)n);
}

static int probe(void *unused)
{
    static struct samples kept = { .name = "one connection" };
    static struct samples fresh = { .name = "new connections" };
    coil_time end = coil_after(seconds);
    struct coil_stream *s = dial(port);

    (void)unused;
    while (coil_now() < end) {
        coil_time began = coil_now();
        struct coil_stream *other;

        ask(s);
        add_sample(&kept, coil_now() - began);
        began = coil_now();
        other = dial(port);
        ask(other);
        coil_stream_abort(other);
        add_sample(&fresh, coil_now() - began);
        bench_check(coil_sleep(4 * COIL_MILLISECOND));
    }
    coil_stream_abort(s);
    print_samples(&kept);
    print_samples(&fresh);
    return 0;
}

/* ---- which ---------------------------------------------------------------- */

static const struct {
    const char *name;
    coil_fn fn;
} roles[] = {
    { "server", serve },    { "flood", flood },       { "upload", upload },
    { "echo", flood_echo }, { "download", download }, { "lowrate", low_rate },
    { "probe", probe },
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 2 && i < sizeof roles / sizeof roles[0]; i++) {
        if (strcmp(argv[1], roles[i].name) != 0)
            continue;
        port = (uint16_t)atoi(argv[2]);
        seconds = (argc > 3 ? atoi(argv[3]) : 5) * COIL_SECOND;
        return coil_run(roles[i].fn, NULL) < 0;
    }
    fprintf(stderr, "usage: fairness ROLE PORT [SECONDS]\n");
    return 2;
}
