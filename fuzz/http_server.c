/* SPDX-License-Identifier: MIT */
/*
 * http_server.c - what a client may send
 *
 * The input is all that one client sends before it ends its side.  Noted is what
 * the handler saw and what the client got.  Then another client asks for
 * something plain, and must get it.
 */
#include <stdlib.h>
#include <string.h>

#include <coil.h>
#include <coil/http_server.h>

#include "fuzz.h"

static struct fuzz_trace *noted;

static int look(struct coil_http_exchange *x, void *arg)
{
    const char *body;
    size_t size;
    int rc;

    (void)arg;
    fuzz_note(noted, "%s %s ? %s\n", coil_http_exchange_method(x),
              coil_http_exchange_path(x), coil_http_exchange_query(x));
    rc = coil_http_exchange_body(x, &body, &size);
    fuzz_note(noted, "body %d\n", rc);
    if (rc < 0)
        return rc;
    fuzz_note_bytes(noted, body, size);
    return coil_http_respond(x, 200, "text/plain", body, size);
}

static int serve(void *arg)
{
    return coil_http_server_serve(arg);
}

static void ignore(struct coil_loop *loop, const struct coil_exception *e,
                   void *arg)
{
    (void)loop;
    (void)e;
    (void)arg;
}

/* The date is the one thing of a response that depends on when it is sent. */
static void hide_date(char *text, size_t size)
{
    const char *name = "\r\nDate: ";

    for (size_t i = 0; i + 40 < size; i++) {
        if (memcmp(text + i, name, strlen(name)) == 0)
            memset(text + i + strlen(name), '-', 29);
    }
}

/* Send `size` bytes, end, and keep what comes back. */
static int converse(const struct coil_address *address, const void *bytes,
                    size_t size, char *answer, size_t room, size_t *got)
{
    struct coil_stream *stream;
    ptrdiff_t n = 0;
    int rc = coil_tcp_connect_address(&stream, address);

    *got = 0;
    if (rc < 0)
        return rc;
    rc = coil_stream_write(stream, bytes, size);
    /* The server may have closed before it has read all. */
    if (rc == 0)
        rc = coil_stream_shutdown(stream);
    do {
        n = coil_stream_read(stream, answer + *got, room - *got);
        if (n > 0)
            *got += (size_t)n;
    } while (n > 0 && *got < room);
    coil_stream_abort(stream);
    return 0;
}

static int run(const struct fuzz_input *input, struct fuzz_trace *trace)
{
    static const char plain[] =
        "POST /plain HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok";
    static char answer[32 << 10];
    struct coil_http_server *server;
    struct coil_address address;
    struct coil_task *serving;
    size_t got;
    int rc;

    coil_loop_set_exception_handler(coil_loop_current(), ignore, NULL);
    noted = trace;
    rc = coil_http_server_new(&server, NULL);
    if (rc == 0)
        rc = coil_http_server_route(server, NULL, "/*", look, NULL);
    if (rc == 0)
        rc = coil_http_server_listen(server, "127.0.0.1", 0);
    if (rc == 0)
        rc = coil_http_server_address(server, &address);
    if (rc == 0)
        rc = coil_task_create(&serving, serve, server);
    if (rc < 0)
        return rc;
    rc = converse(&address, input->data, input->size, answer, sizeof answer,
                  &got);
    hide_date(answer, got);
    fuzz_note(trace, "\nanswer:\n");
    fuzz_note_bytes(trace, answer, got);
    if (rc == 0)
        rc = converse(&address, plain, sizeof plain - 1, answer, sizeof answer,
                      &got);
    if (got < 12 || memcmp(answer, "HTTP/1.1 200", 12) != 0 ||
        memcmp(answer + got - 2, "ok", 2) != 0)
        abort();
    coil_http_server_stop(server, 0);
    if (coil_task_await(serving) < 0)
        abort();
    coil_task_release(serving);
    coil_http_server_free(server);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct fuzz_input input = { data, size };

    if (size <= FUZZ_INPUT_MAX)
        fuzz_compare(&input, run);
    return 0;
}
