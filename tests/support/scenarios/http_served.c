/* SPDX-License-Identifier: MIT */
/*
 * http_served.c - programs of a handler: what the library does for it, file by
 * file and part by part.  scenario.h
 *
 * The first middleware hands the exchange to the victim, which goes on with it.
 * So the victim is struck wherever a handler can be.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include <coil/event.h>
#include <coil/http_compress.h>
#include <coil/http_events.h>
#include <coil/http_files.h>
#include <coil/http_form.h>
#include <coil/http_multipart.h>
#include <coil/http_server.h>
#include <coil/stream.h>

#include "scenario.h"

enum { FILE_SIZE = 70000 };

static struct coil_http_server *server;
static struct coil_http_files *files;
static struct coil_address address;
static char folder[32];

static const char *request; /* of the client */
static struct coil_http_exchange *exchange;
static struct coil_event arrived;
static struct coil_event finished;
static bool is_armed;    /* the next request is the victim's */
static bool is_handling; /* the victim, the exchange */
static int outcome;

/* ---- what handlers do ---- */

static int send_page(struct coil_http_exchange *x, void *arg)
{
    (void)arg;
    return coil_http_respond(x, 200, "text/plain", "page", 4);
}

static int take_form(struct coil_http_exchange *x, void *arg)
{
    const struct coil_http_form *form;
    const struct coil_http_field *field;
    int rc = coil_http_exchange_form(x, &form);

    (void)arg;
    if (rc < 0)
        return rc;
    field = coil_http_form_field(form, "a");
    ASSERT_STR_EQ(field->value, "1 2");
    return coil_http_respond(x, 200, NULL, field->value, field->size);
}

static int take_parts(struct coil_http_exchange *x, void *arg)
{
    struct coil_http_multipart *parts;
    const struct coil_http_body_part *part;
    char text[20];
    int rc = coil_http_exchange_multipart(x, NULL, &parts);

    (void)arg;
    if (rc < 0)
        return rc;
    while ((rc = coil_http_multipart_next(parts, &part)) > 0) {
        ptrdiff_t n = coil_http_multipart_text(parts, text, sizeof text);

        if (n < 0)
            return (int)n;
        ASSERT_STR_EQ(text, "data");
    }
    return rc < 0 ? rc : coil_http_respond(x, 200, NULL, "ok", 2);
}

static int send_events(struct coil_http_exchange *x, void *arg)
{
    const struct coil_http_sent_event event = { .name = "tick",
                                                .data = "a\nb" };
    int rc = coil_http_begin_events(x);

    (void)arg;
    for (int i = 0; rc == 0 && i < 2; i++) {
        rc = coil_http_send_event(x, &event);
        if (rc == 0)
            rc = coil_sleep(COIL_MILLISECOND);
    }
    return rc;
}

static int hint(struct coil_http_exchange *x, void *arg)
{
    static const struct coil_http_header link = { "Link", "</a>" };
    int rc = coil_http_inform(x, 103, &link, 1);

    return rc < 0 ? rc : send_page(x, arg);
}

/* Text that is compressed, in pieces. */
static int send_text(struct coil_http_exchange *x, void *arg)
{
    char text[3000];
    int rc = coil_http_begin(x, 200, "text/plain", 2 * (int64_t)sizeof text);

    (void)arg;
    memset(text, 'x', sizeof text);
    for (int i = 0; rc == 0 && i < 2; i++)
        rc = coil_http_write(x, text, sizeof text);
    return rc;
}

/* ---- the victim ---- */

static int hand_over(struct coil_http_exchange *x, void *arg)
{
    int rc;

    (void)arg;
    if (!is_armed)
        return coil_http_exchange_next(x);
    is_armed = false;
    exchange = x;
    coil_event_set(&arrived);
    rc = coil_event_wait(&finished);
    if (rc == 0)
        return outcome;
    /* The server ends: the victim must not go on with the exchange. */
    exchange = NULL;
    if (is_handling)
        coil_task_cancel(victim);
    while (is_handling && coil_event_wait(&finished) < 0)
        ;
    return rc;
}

static int handle(void *arg)
{
    int rc = coil_event_wait(&arrived);

    (void)arg;
    if (rc == 0 && !exchange)
        rc = -ECONNABORTED;
    is_handling = rc == 0;
    if (is_handling)
        rc = coil_http_exchange_next(exchange);
    is_handling = false;
    outcome = rc;
    coil_event_set(&finished);
    return rc;
}

/* ---- around it ---- */

static int serve(void *arg)
{
    (void)arg;
    return coil_http_server_serve(server);
}

/* Send the head, two halves of the body, and be slow to read the answer. */
static int send_slowly(struct coil_stream *stream, const char *text)
{
    size_t size = strlen(text);
    size_t head = (size_t)(strstr(text, "\r\n\r\n") + 4 - text);
    const size_t ends[] = { head, head + (size - head) / 2, size };
    size_t sent = 0;
    int rc = 0;

    for (int i = 0; rc == 0 && i < 3; i++) {
        rc = coil_stream_write(stream, text + sent, ends[i] - sent);
        sent = ends[i];
        if (rc == 0)
            rc = coil_sleep(COIL_MILLISECOND);
    }
    return rc;
}

/* Send a request, and read until the server closes.  Returns bytes. */
static ptrdiff_t ask(const char *text, char *answer, size_t size)
{
    struct coil_stream *stream;
    size_t got = 0;
    ptrdiff_t n = coil_tcp_connect_address(&stream, &address);

    if (n < 0)
        return n;
    n = send_slowly(stream, text);
    while (n >= 0) {
        n = coil_stream_read(stream, answer + got, size - 1 - got);
        if (n <= 0)
            break;
        got += (size_t)n;
    }
    answer[got] = '\0';
    coil_stream_abort(stream);
    return n < 0 ? n : (ptrdiff_t)got;
}

static int be_client(void *arg)
{
    static char answer[2 * FILE_SIZE];
    ptrdiff_t n = ask(request, answer, sizeof answer);

    (void)arg;
    return n < 0 ? (int)n : 0;
}

static int listen_anew(void)
{
    int rc = coil_http_server_listen(server, "127.0.0.1", 0);

    return rc < 0 ? rc : coil_http_server_address(server, &address);
}

/* Its date is the same in each run, and so is the length of each answer. */
static void write_file(void)
{
    static const struct timespec times[2] = { { .tv_sec = 784111777 },
                                              { .tv_sec = 784111777 } };
    static char bytes[FILE_SIZE];
    char path[64];
    FILE *file;

    /* What is being written to a disk is read at once now and then only. */
    strcpy(folder, "/dev/shm/coil-served-XXXXXX");
    if (!mkdtemp(folder)) {
        strcpy(folder, "/tmp/coil-served-XXXXXX");
        ASSERT_NOT_NULL(mkdtemp(folder));
    }
    snprintf(path, sizeof path, "%s/file.txt", folder);
    file = fopen(path, "w");
    ASSERT_NOT_NULL(file);
    ASSERT_EQ(fwrite(bytes, 1, sizeof bytes, file), sizeof bytes);
    ASSERT_EQ(fclose(file), 0);
    ASSERT_EQ(utimensat(AT_FDCWD, path, times, 0), 0);
}

static int make_routes(void)
{
    static const struct {
        const char *pattern;
        coil_http_handler_fn handler;
    } all[] = {
        { "/page", send_page },   { "/form", take_form },
        { "/parts", take_parts }, { "/events", send_events },
        { "/hint", hint },        { "/text", send_text },
    };
    struct coil_http_router *root = coil_http_server_router(server);
    int rc = coil_http_router_use(root, hand_over, NULL);

    if (rc == 0)
        rc = coil_http_router_use(root, coil_http_compress, NULL);
    for (size_t i = 0; rc == 0 && i < sizeof all / sizeof all[0]; i++)
        rc = coil_http_router_route(root, NULL, all[i].pattern, all[i].handler,
                                    NULL);
    if (rc == 0)
        rc = coil_http_router_route(root, "GET", "/files/*",
                                    coil_http_files_serve, files);
    return rc;
}

static int begin_asking(const char *text)
{
    int rc;

    server = NULL;
    files = NULL;
    request = text;
    is_armed = true;
    is_handling = false;
    exchange = NULL;
    coil_event_init(&arrived);
    coil_event_init(&finished);
    write_file();
    rc = coil_http_server_new(&server, NULL);
    if (rc == 0)
        rc = coil_http_files_new(&files, folder, NULL);
    if (rc == 0)
        rc = make_routes();
    if (rc == 0)
        rc = listen_anew();
    if (rc == 0)
        rc = help(serve, NULL);
    return rc < 0 ? rc : help(be_client, NULL);
}

static void end_served(void)
{
    char path[64];

    coil_http_server_free(server);
    coil_http_files_free(files);
    snprintf(path, sizeof path, "%s/file.txt", folder);
    unlink(path);
    rmdir(folder);
}

/* A server may end with an error that was ordered; it can serve again. */
static void revive_server(void)
{
    ASSERT_EQ(coil_test_settle(), 0);
    if (helper_count > 0 && !coil_task_is_done(helpers[0]))
        return;
    ASSERT(is_failing);
    ASSERT_EQ(coil_http_server_connections(server), 0);
    ASSERT_EQ(listen_anew(), 0);
    ASSERT_EQ(help(serve, NULL), 0);
}

/* Whatever came of the request, nothing of it is left, and others are served. */
static void probe_served(void)
{
    static char answer[2 * FILE_SIZE];

    is_armed = false;
    outcome = -ECANCELED;
    coil_event_set(&finished); /* the victim may not have begun */
    if (helper_count > 1) {
        int rc = coil_task_await(helpers[1]);

        if (!is_failing)
            ASSERT(rc == 0 || rc == -ECONNRESET);
    }
    revive_server();
    ASSERT_GT(ask("GET /page HTTP/1.0\r\n\r\n", answer, sizeof answer), 0);
    ASSERT_STR_CONTAINS(answer, " 200 OK\r\n");
    ASSERT_GT(
        ask("GET /files/file.txt HTTP/1.0\r\n\r\n", answer, sizeof answer),
        FILE_SIZE);
    ASSERT_EQ(coil_sleep(3 * COIL_SECOND), 0); /* lingering, too, is over */
    ASSERT_EQ(coil_http_server_connections(server), 0);
    ASSERT_EQ(coil_http_server_buffered(server), 0);
}

#define HOST "Host: h\r\nConnection: close\r\n"

static int begin_file(void)
{
    return begin_asking("GET /files/file.txt HTTP/1.1\r\n" HOST "\r\n");
}

static int begin_ranges(void)
{
    return begin_asking("GET /files/file.txt HTTP/1.1\r\n" HOST
                        "Range: bytes=0-9,100-110000\r\n\r\n");
}

static int begin_missing(void)
{
    return begin_asking("GET /files/none HTTP/1.1\r\n" HOST "\r\n");
}

static int begin_form(void)
{
    return begin_asking("POST /form HTTP/1.1\r\n" HOST
                        "Content-Type: application/x-www-form-urlencoded\r\n"
                        "Expect: 100-continue\r\n"
                        "Content-Length: 9\r\n\r\na=1+2&b=3");
}

#define PART "--b\r\nContent-Disposition: form-data; name=a\r\n\r\ndata\r\n"

static int begin_parts(void)
{
    return begin_asking("POST /parts HTTP/1.1\r\n" HOST
                        "Content-Type: multipart/form-data; boundary=b\r\n"
                        "Transfer-Encoding: chunked\r\n\r\n"
                        "35\r\n" PART "\r\n35\r\n" PART
                        "\r\n7\r\n--b--ab\r\n0\r\n\r\n");
}

static int begin_events(void)
{
    return begin_asking("GET /events HTTP/1.1\r\n" HOST "\r\n");
}

static int begin_hint(void)
{
    return begin_asking("GET /hint HTTP/1.1\r\n" HOST "\r\n");
}

static int begin_text(void)
{
    return begin_asking("GET /text HTTP/1.1\r\n" HOST
                        "Accept-Encoding: gzip\r\n\r\n");
}

const struct scenario scenarios_http_served[] = {
    { "http_handler_file", begin_file, handle, probe_served, end_served },
    { "http_handler_ranges", begin_ranges, handle, probe_served, end_served },
    { "http_handler_missing", begin_missing, handle, probe_served, end_served },
    { "http_handler_form", begin_form, handle, probe_served, end_served },
    { "http_handler_parts", begin_parts, handle, probe_served, end_served },
    { "http_handler_events", begin_events, handle, probe_served, end_served },
    { "http_handler_hint", begin_hint, handle, probe_served, end_served },
    { "http_handler_compressed", begin_text, handle, probe_served, end_served },
    { NULL },
};
