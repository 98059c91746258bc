/* SPDX-License-Identifier: MIT */
/*
 * http_site.c - programs of a server that has files, takes forms and JSON, and
 * sends events and compressed text.  scenario.h
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include <coil/http_client.h>
#include <coil/http_compress.h>
#include <coil/http_events.h>
#include <coil/http_files.h>
#include <coil/http_form.h>
#include <coil/http_server.h>

#include "scenario.h"
#include "scenarios/http_fetch.h"

enum { TEXT_SIZE = 700 };

static struct coil_http_server *server;
static struct coil_http_client *client;
static struct coil_http_files *files;
static char root[64];
static unsigned port;

/* ---- the directory ---- */

/* Its date is the same in each run, and so is the length of each answer. */
static void put(const char *name, const char *text)
{
    static const struct timespec times[2] = { { .tv_sec = 784111777 },
                                              { .tv_sec = 784111777 } };
    char path[128];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", root, name);
    file = fopen(path, "w");
    ASSERT_NOT_NULL(file);
    fputs(text, file);
    fclose(file);
    ASSERT_EQ(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void fill_root(void)
{
    char path[128];

    strcpy(root, "/tmp/coil-site-XXXXXX");
    ASSERT_NOT_NULL(mkdtemp(root));
    put("a", "0123456789");
    snprintf(path, sizeof path, "%s/dir", root);
    ASSERT_EQ(mkdir(path, 0700), 0);
}

static void remove_root(void)
{
    char path[128];

    snprintf(path, sizeof path, "%s/a", root);
    ASSERT_EQ(remove(path), 0);
    snprintf(path, sizeof path, "%s/dir", root);
    ASSERT_EQ(remove(path), 0);
    ASSERT_EQ(remove(root), 0);
}

/* ---- the server ---- */

static int count_fields(struct coil_http_exchange *x, void *arg)
{
    const struct coil_http_form *form;
    size_t count = 0;
    char text[20];
    int rc = coil_http_exchange_form(x, &form);

    (void)arg;
    if (rc < 0)
        return rc;
    while (coil_http_form_at(form, count))
        count++;
    snprintf(text, sizeof text, "%zu", count);
    return coil_http_respond(x, 200, NULL, text, strlen(text));
}

static int return_json(struct coil_http_exchange *x, void *arg)
{
    const char *text;
    size_t size;
    int rc = coil_http_exchange_json(x, &text, &size);

    (void)arg;
    return rc < 0 ? rc : coil_http_respond(x, 200, NULL, text, size);
}

static int send_events(struct coil_http_exchange *x, void *arg)
{
    static char line[6000];
    const struct coil_http_sent_event events[] = {
        { .name = "n", .id = "i", .retry = COIL_SECOND, .data = "a\nb" },
        { 0 },
        { .data = line },
    };
    int rc = coil_http_begin_events(x);

    (void)arg;
    memset(line, 'x', sizeof line - 1);
    for (size_t i = 0; rc == 0 && i < 3; i++)
        rc = coil_http_send_event(x, &events[i]);
    return rc;
}

static int send_text(struct coil_http_exchange *x, void *arg)
{
    char text[TEXT_SIZE];

    (void)arg;
    memset(text, 'a', sizeof text);
    return coil_http_respond(x, 200, "text/plain", text, sizeof text);
}

/* The client is seen to stay. */
static int stay(struct coil_http_exchange *x, void *arg)
{
    int rc = coil_http_exchange_cancel_when_gone(x);

    (void)arg;
    if (rc == 0)
        rc = coil_sleep(COIL_MILLISECOND);
    return rc < 0 ? rc : coil_http_respond(x, 200, NULL, "stayed", 6);
}

static const struct {
    const char *method;
    const char *pattern;
    coil_http_handler_fn handler;
} routes[] = {
    { "POST", "/form", count_fields }, { "POST", "/json", return_json },
    { "GET", "/events", send_events }, { "GET", "/text", send_text },
    { "GET", "/stay", stay },
};

static int serve(void *arg)
{
    (void)arg;
    return coil_http_server_serve(server);
}

static int listen_anew(void)
{
    struct coil_address address;
    int rc = coil_http_server_listen(server, "127.0.0.1", 0);

    if (rc < 0)
        return rc;
    ASSERT_EQ(coil_http_server_address(server, &address), 0);
    port = coil_address_port(&address);
    return 0;
}

static int make_server(void)
{
    static const struct coil_http_files_options options = {
        .precompressed = true, .cache_control = "no-cache"
    };
    int rc = coil_http_server_new(&server, NULL);

    for (size_t i = 0; rc == 0 && i < sizeof routes / sizeof routes[0]; i++)
        rc = coil_http_server_route(server, routes[i].method, routes[i].pattern,
                                    routes[i].handler, NULL);
    if (rc == 0)
        rc = coil_http_files_new(&files, root, &options);
    if (rc == 0)
        rc = coil_http_server_route(server, "GET", "/f/*",
                                    coil_http_files_serve, files);
    if (rc == 0)
        rc = coil_http_router_use(coil_http_server_router(server),
                                  coil_http_compress, NULL);
    return rc < 0 ? rc : listen_anew();
}

static int begin_site(void)
{
    int rc;

    server = NULL;
    client = NULL;
    files = NULL;
    fill_root();
    rc = make_server();
    if (rc == 0)
        rc = coil_http_client_new(&client,
                                  &(struct coil_http_client_options){
                                      .max_redirects = COIL_HTTP_NO_REDIRECTS,
                                  });
    return rc < 0 ? rc : help(serve, NULL);
}

static void end_site(void)
{
    coil_http_client_free(client);
    coil_http_server_free(server);
    coil_http_files_free(files);
    remove_root();
}

/* ---- the client ---- */

/* What is asked for, and the answer; a size if it is not to be compared. */
struct ask {
    const char *method;
    const char *target;
    struct coil_http_header header; /* or none */
    const char *sent;
    int status;
    const char *body;
    size_t size;
};

static int ask(const struct ask *ask)
{
    char url[100];
    struct coil_http_request request = {
        .method = ask->method,
        .url = url,
        .headers = &ask->header,
        .header_count = ask->header.name != NULL,
        .body = ask->sent,
        .body_size = ask->sent ? strlen(ask->sent) : 0,
    };
    struct coil_http_response *r;
    int rc;

    snprintf(url, sizeof url, "http://127.0.0.1:%u%s", port, ask->target);
    rc = coil_http_request(client, &request, &r);
    if (rc < 0)
        return rc;
    return ask->body ? end_with_body(r, ask->status, ask->body)
                     : end_with_size(r, ask->status, ask->size);
}

static int ask_all(const struct ask *asks, size_t count)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = ask(&asks[i]);
    return rc;
}

#define ASK_ALL(asks) ask_all(asks, sizeof(asks) / sizeof((asks)[0]))

static int fetch_files(void *arg)
{
    static const struct ask asks[] = {
        { "GET", "/f/a", { 0 }, NULL, 200, "0123456789", 0 },
        { "GET", "/f/a", { "Range", "bytes=2-3" }, NULL, 206, "23", 0 },
        { "GET", "/f/a", { "Range", "bytes=20-" }, NULL, 416, NULL, 26 },
    };

    (void)arg;
    return ASK_ALL(asks);
}

static int fetch_odd_files(void *arg)
{
    static const struct ask asks[] = {
        { "GET", "/f/a", { "Range", "bytes=0-0,5-6" }, NULL, 206, NULL, 259 },
        { "GET", "/f/dir", { 0 }, NULL, 301, "301 Moved Permanently\n", 0 },
        { "GET", "/f/no", { 0 }, NULL, 404, "404 Not Found\n", 0 },
    };

    (void)arg;
    return ASK_ALL(asks);
}

static int send_forms(void *arg)
{
    static const struct ask asks[] = {
        { "POST",
          "/form",
          { "Content-Type", "application/x-www-form-urlencoded" },
          "a=1&b=2&c&d&e&f&g&h&i",
          200,
          "9",
          0 },
        { "POST",
          "/form",
          { "Content-Type", "multipart/form-data; boundary=x" },
          "--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--x--",
          200,
          "1",
          0 },
        { "POST",
          "/json",
          { "Content-Type", "application/json" },
          "{}",
          200,
          "{}",
          0 },
    };

    (void)arg;
    return ASK_ALL(asks);
}

static int hear_events(void *arg)
{
    static const struct ask asks[] = {
        { "GET", "/events", { 0 }, NULL, 200, NULL, 6054 },
    };

    (void)arg;
    return ASK_ALL(asks);
}

static int fetch_text(void *arg)
{
    static const struct ask asks[] = {
        { "GET", "/text", { 0 }, NULL, 200, NULL, TEXT_SIZE },
        { "HEAD", "/text", { 0 }, NULL, 200, NULL, 0 },
        { "GET", "/stay", { 0 }, NULL, 200, "stayed", 0 },
    };

    (void)arg;
    return ASK_ALL(asks);
}

static int ask_for_methods(void *arg)
{
    static const struct ask asks[] = {
        { "OPTIONS", "/form", { 0 }, NULL, 204, NULL, 0 },
        { "PUT", "/json", { 0 }, NULL, 405, NULL, 23 },
    };

    (void)arg;
    return ASK_ALL(asks);
}

static int probe_a_file(void)
{
    static const struct ask one = { "GET", "/f/a",       { 0 }, NULL,
                                    200,   "0123456789", 0 };

    return ask(&one);
}

static void revive_server(void)
{
    ASSERT_EQ(coil_test_settle(), 0);
    if (helper_count > 0 && !coil_task_is_done(helpers[0]))
        return;
    ASSERT(is_failing);
    ASSERT_EQ(listen_anew(), 0);
    ASSERT_EQ(help(serve, NULL), 0);
}

static void probe_site(void)
{
    revive_server();
    ASSERT_EQ(probe_a_file(), 0);
    ASSERT_EQ(coil_http_client_connections(client),
              coil_http_client_idle(client));
}

const struct scenario scenarios_http_site[] = {
    { "http_files", begin_site, fetch_files, probe_site, end_site },
    { "http_odd_files", begin_site, fetch_odd_files, probe_site, end_site },
    { "http_forms", begin_site, send_forms, probe_site, end_site },
    { "http_events", begin_site, hear_events, probe_site, end_site },
    { "http_text", begin_site, fetch_text, probe_site, end_site },
    { "http_methods", begin_site, ask_for_methods, probe_site, end_site },
    { NULL },
};
