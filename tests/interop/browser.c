/* SPDX-License-Identifier: MIT */
/*
 * browser.c - coil's server, for a page in a browser
 *
 *     browser ROOT [CHAIN KEY [1.1]]
 *
 * With "1.1" it speaks no HTTP/2.  It prints its port, and then what the page
 * reports; that ends it, or SIGTERM.  browser.html is the page.
 *
 *     /files/NAME    a file below ROOT
 *     /echo          this body
 *     /packed/text   a text of 100,000 bytes, compressed
 *     /redirect      to /echo, where a GET gets ""
 *     /cookie        sets one; /cookies says which have come
 *     /steps         "one", and after a request to /step "two"
 *     /stay          has no end; /gone says how often the browser went away
 *     /events        two events, and the next two when it connects again
 *     /ws            sends messages back, see say_back(); /ws-end says how the last
 *                    one ended, and /ws-by by which versions of HTTP they came
 *     /zlib          the version of zlib, "" if there is none
 *     /report        what the page has found
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coil.h>
#include <coil/http_events.h>
#include <coil/http_files.h>
#include <coil/http_server.h>
#include <coil/http_versions.h>
#include <coil/tls.h>
#include <coil/websocket.h>

#include "handlers.h"

enum { TEXT_SIZE = 100000, CUT = 10 };

static struct coil_http_server *server;
static struct coil_http_files *files;
static struct coil_http_server_options options;
static struct coil_event step;
static int gone;
static char last_end[256];
static int opened[2]; /* WebSockets, over HTTP/1.1 and over HTTP/2 */

static int respond_text(struct coil_http_exchange *x, const char *text)
{
    return coil_http_respond(x, 200, "text/plain", text, strlen(text));
}

/* ---- one answer --------------------------------------------------------- */

static int send_text(struct coil_http_exchange *x, void *arg)
{
    static char text[TEXT_SIZE];

    (void)arg;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = "coroutine "[i % 10];
    return coil_http_respond(x, 200, "text/plain", text, sizeof text);
}

static int lead_on(struct coil_http_exchange *x, void *arg)
{
    int rc = coil_http_respond_header(x, "Location", "/echo");

    (void)arg;
    return rc < 0 ? rc : coil_http_respond(x, 303, NULL, "", 0);
}

static int set_cookie(struct coil_http_exchange *x, void *arg)
{
    int rc = coil_http_respond_header(x, "Set-Cookie",
                                      "crumb=1; HttpOnly; SameSite=Strict");

    (void)arg;
    return rc < 0 ? rc : respond_text(x, "");
}

static int tell_cookies(struct coil_http_exchange *x, void *arg)
{
    const char *cookies = coil_http_exchange_header(x, "Cookie");

    (void)arg;
    return respond_text(x, cookies ? cookies : "");
}

static int tell_zlib(struct coil_http_exchange *x, void *arg)
{
    struct coil_http_versions versions;

    (void)arg;
    coil_http_versions(&versions);
    return respond_text(x, versions.zlib);
}

/* ---- answers that take their time --------------------------------------- */

static int go_by_steps(struct coil_http_exchange *x, void *arg)
{
    int rc = coil_http_begin(x, 200, "text/plain", COIL_HTTP_CHUNKED);

    (void)arg;
    if (rc == 0)
        rc = coil_http_write(x, "one", 3);
    if (rc == 0)
        rc = coil_event_wait(&step);
    coil_event_clear(&step);
    return rc < 0 ? rc : coil_http_write(x, "two", 3);
}

static int take_step(struct coil_http_exchange *x, void *arg)
{
    (void)arg;
    coil_event_set(&step);
    return respond_text(x, "");
}

static int stay(struct coil_http_exchange *x, void *arg)
{
    int rc = coil_http_begin(x, 200, "text/plain", COIL_HTTP_CHUNKED);

    (void)arg;
    if (rc == 0)
        rc = coil_http_write(x, "here", 4);
    if (rc == 0)
        rc = coil_http_exchange_cancel_when_gone(x);
    if (rc == 0)
        rc = coil_sleep(60 * COIL_MINUTE);
    gone += rc == -ECANCELED;
    return rc;
}

static int tell_gone(struct coil_http_exchange *x, void *arg)
{
    char text[16];

    (void)arg;
    snprintf(text, sizeof text, "%d", gone);
    return respond_text(x, text);
}

static int send_events(struct coil_http_exchange *x, void *arg)
{
    const char *last = coil_http_exchange_header(x, "Last-Event-ID");
    int number = last ? atoi(last) : 0;
    int rc = coil_http_begin_events(x);

    (void)arg;
    for (int i = 1; rc == 0 && i <= 2; i++) {
        char data[64];
        char id[16];

        snprintf(data, sizeof data, "number\n%d", number + i);
        snprintf(id, sizeof id, "%d", number + i);
        rc = coil_http_send_event(x, &(struct coil_http_sent_event){
                                         .name = "tick",
                                         .data = data,
                                         .id = id,
                                         .retry = 20 * COIL_MILLISECOND });
    }
    return rc;
}

/* ---- WebSockets --------------------------------------------------------- */

static bool begins_with(const struct coil_websocket_message *m,
                        const char *word)
{
    return m->kind == COIL_WEBSOCKET_TEXT &&
           strncmp(m->data, word, strlen(word)) == 0;
}

/* "cut …" comes back in frames of 10 bytes, after "close" and "hang up" the end. */
static int say_back(struct coil_websocket *ws,
                    const struct coil_websocket_message *m)
{
    size_t at = 0;
    int rc = 0;

    if (begins_with(m, "close"))
        return coil_websocket_close(ws, 4000, "enough");
    if (begins_with(m, "hang up"))
        return -EPIPE;
    if (!begins_with(m, "cut"))
        return coil_websocket_send(ws, m->kind, m->data, m->size);
    for (; rc == 0 && m->size - at > CUT; at += CUT)
        rc = coil_websocket_write(ws, m->kind, m->data + at, CUT, false);
    return rc < 0 ? rc
                  : coil_websocket_write(ws, m->kind, m->data + at,
                                         m->size - at, true);
}

static int talk(struct coil_http_exchange *x, void *arg)
{
    static const char *const subprotocols[] = { "echo" };
    static const struct coil_websocket_options terms = {
        .subprotocols = subprotocols,
        .subprotocol_count = 1,
        .max_message = (size_t)8 << 20,
    };
    struct coil_websocket_message m;
    struct coil_websocket *ws;
    int rc = coil_websocket_accept(&ws, x, &terms);

    (void)arg;
    if (rc < 0)
        return rc;
    /* HTTP/2 has no such header. */
    opened[!coil_http_exchange_header(x, "Upgrade")]++;
    while (rc == 0) {
        rc = coil_websocket_recv(ws, &m);
        if (rc == 0)
            rc = say_back(ws, &m);
    }
    snprintf(last_end, sizeof last_end, "%u %s", coil_websocket_close_code(ws),
             coil_websocket_close_reason(ws));
    coil_websocket_free(ws);
    return rc == -EPIPE ? 0 : rc;
}

static int tell_versions(struct coil_http_exchange *x, void *arg)
{
    char text[64];

    (void)arg;
    snprintf(text, sizeof text, "%s%s", opened[0] > 0 ? "http/1.1" : "",
             opened[1] > 0 ? "h2" : "");
    return respond_text(x, text);
}

static int tell_end(struct coil_http_exchange *x, void *arg)
{
    (void)arg;
    return respond_text(x, last_end);
}

/* ---- the server --------------------------------------------------------- */

static int take_report(struct coil_http_exchange *x, void *arg)
{
    const char *body;
    size_t size;
    int rc = coil_http_exchange_body(x, &body, &size);

    (void)arg;
    if (rc < 0)
        return rc;
    fwrite(body, 1, size, stdout);
    fflush(stdout);
    rc = respond_text(x, "");
    coil_http_server_stop(server, COIL_SECOND);
    return rc;
}

static int add_routes(void)
{
    static const struct {
        const char *method, *pattern;
        coil_http_handler_fn handler;
    } routes[] = {
        { NULL, "/echo", echo_body },       { "POST", "/redirect", lead_on },
        { "GET", "/cookie", set_cookie },   { "GET", "/cookies", tell_cookies },
        { "GET", "/steps", go_by_steps },   { "POST", "/step", take_step },
        { "GET", "/stay", stay },           { "GET", "/gone", tell_gone },
        { "GET", "/events", send_events },  { "GET", "/ws", talk },
        { "GET", "/ws-end", tell_end },     { "GET", "/zlib", tell_zlib },
        { "GET", "/ws-by", tell_versions }, { "POST", "/report", take_report },
    };
    int rc = coil_http_server_route(server, "GET", "/files/*",
                                    coil_http_files_serve, files);

    for (size_t i = 0; rc == 0 && i < sizeof routes / sizeof *routes; i++)
        rc = coil_http_server_route(server, routes[i].method, routes[i].pattern,
                                    routes[i].handler, NULL);
    return rc < 0 ? rc : add_packed(server, "/text", send_text);
}

static int serve(void)
{
    struct coil_address address;
    int rc = add_routes();

    if (rc == 0)
        rc = coil_http_server_listen(server, "127.0.0.1", 0);
    if (rc == 0)
        rc = coil_http_server_address(server, &address);
    if (rc < 0)
        return rc;
    printf("%u\n", (unsigned)coil_address_port(&address));
    fflush(stdout);
    return coil_http_server_serve(server);
}

static int run(void *root)
{
    int rc = coil_http_files_new(&files, root, NULL);

    if (rc < 0)
        return rc;
    coil_event_init(&step);
    rc = coil_http_server_new(&server, &options);
    if (rc == 0) {
        rc = serve();
        coil_http_server_free(server);
    }
    coil_http_files_free(files);
    return rc;
}

int main(int argc, char *argv[])
{
    int rc = 0;

    if (argc != 2 && argc != 4 && argc != 5) {
        fprintf(stderr, "usage: browser ROOT [CHAIN KEY [1.1]]\n");
        return 2;
    }
    options.max_body_size = (size_t)8 << 20;
    options.http1_only = argc == 5;
    if (argc >= 4) {
        struct coil_tls_server_options tls = {
            .certificates = { { argv[2], argv[3] } },
        };

        rc = coil_tls_context_new_server(&options.tls, &tls);
    }
    if (rc == 0)
        rc = coil_run(run, argv[1]);
    coil_tls_context_free(options.tls);
    return coil_run_status(rc);
}
