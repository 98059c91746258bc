/* SPDX-License-Identifier: MIT */
/*
 * server.c - an HTTP server that stops gracefully
 *
 *     server [PORT [GRACE]]      on port 8080; 0 is a free one
 *
 * GET / says hello, and POST /count counts the bytes that it is sent.
 *
 * After SIGTERM or SIGINT the server accepts nobody any more, closes idle
 * connections, and ends with the status 0 when the requests in progress are
 * answered, or when GRACE (10) seconds are over.  The next signal cancels these
 * requests at once, and the one after that ends the program.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include <coil.h>
#include <coil/http_server.h>

struct server {
    struct coil_http_server *http;
    struct coil_signal_handler on_term;
    struct coil_signal_handler on_int;
    uint16_t port;
    coil_time grace;
};

/* ---- requests --------------------------------------------------------- */

static int say_hello(struct coil_http_exchange *exchange, void *arg)
{
    (void)arg;
    return coil_http_respond(exchange, 200, "text/plain", "hello\n", 6);
}

static int count_bytes(struct coil_http_exchange *exchange, void *arg)
{
    char buffer[4096];
    char text[32];
    uint64_t count = 0;
    ptrdiff_t n;
    int length;

    (void)arg;
    do {
        n = coil_http_exchange_read(exchange, buffer, sizeof buffer);
        if (n < 0)
            return (int)n;
        count += (uint64_t)n;
    } while (n > 0);
    length = snprintf(text, sizeof text, "%" PRIu64 " bytes\n", count);
    return coil_http_respond(exchange, 200, "text/plain", text, (size_t)length);
}

static int add_routes(struct server *server)
{
    int rc = coil_http_server_route(server->http, "GET", "/", say_hello, NULL);

    if (rc < 0)
        return rc;
    return coil_http_server_route(server->http, "POST", "/count", count_bytes,
                                  NULL);
}

/* ---- signals ---------------------------------------------------------- */

static void leave_signals_to_coil(struct server *server)
{
    struct coil_loop *loop = coil_loop_current();

    coil_loop_remove_signal_handler(loop, &server->on_term);
    coil_loop_remove_signal_handler(loop, &server->on_int);
}

/* The loop calls it between the steps of tasks: it may do what it likes, but
   for waiting. */
static void stop(void *arg)
{
    struct server *server = arg;

    leave_signals_to_coil(server);
    coil_http_server_stop(server->http, server->grace);
}

static int stop_on_signals(struct server *server)
{
    struct coil_loop *loop = coil_loop_current();
    int rc;

    rc = coil_loop_add_signal_handler(loop, &server->on_term, SIGTERM, stop,
                                      server);
    if (rc < 0)
        return rc;
    return coil_loop_add_signal_handler(loop, &server->on_int, SIGINT, stop,
                                        server);
}

/* ---- the server ------------------------------------------------------- */

static int say_where(const struct server *server)
{
    char text[COIL_ADDRESS_STRING];
    struct coil_address address;
    int rc = coil_http_server_address(server->http, &address);

    if (rc < 0)
        return rc;
    printf("listening on http://%s\n", coil_address_string(&address, text));
    return fflush(stdout) == 0 ? 0 : -errno;
}

static int serve(void *arg)
{
    struct server *server = arg;
    int rc;

    rc = coil_http_server_new(&server->http, NULL);
    if (rc < 0)
        return rc;
    rc = add_routes(server);
    if (rc == 0)
        rc = coil_http_server_listen(server->http, "127.0.0.1", server->port);
    /* Before anybody is told that the server is there. */
    if (rc == 0)
        rc = stop_on_signals(server);
    if (rc == 0)
        rc = say_where(server);
    if (rc == 0)
        rc = coil_http_server_serve(server->http);
    leave_signals_to_coil(server);
    coil_http_server_free(server->http);
    return rc;
}

static bool parse(const char *text, unsigned long max, unsigned long *number)
{
    char *end;

    errno = 0;
    *number = strtoul(text, &end, 10);
    return errno == 0 && end != text && !*end && *number <= max;
}

int main(int argc, char **argv)
{
    struct server server = { .http = NULL };
    unsigned long port = 8080;
    unsigned long grace = 10;

    if (argc > 3 || (argc > 1 && !parse(argv[1], UINT16_MAX, &port)) ||
        (argc > 2 && !parse(argv[2], 3600, &grace))) {
        fprintf(stderr, "usage: server [PORT [GRACE]]\n");
        return 2;
    }
    server.port = (uint16_t)port;
    server.grace = (coil_time)grace * COIL_SECOND;
    return coil_run_status(coil_run(serve, &server));
}
