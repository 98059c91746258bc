/* SPDX-License-Identifier: MIT */
/*
 * http_client.c - what a server may answer
 *
 * The input is all that a server sends on each connection before it ends its
 * side.  Noted is what the client made of it, strictly and then leniently.  Each
 * client asks once: whether it finds out in time that a connection is of no more
 * use is no matter of the bytes.
 */
#include <stdio.h>
#include <stdlib.h>

#include <coil.h>
#include <coil/http_client.h>

#include "fuzz.h"

struct answering {
    struct coil_listener *listener;
    const struct fuzz_input *input;
};

static int read_to_end(struct coil_stream *stream)
{
    char bytes[1024];
    ptrdiff_t n;

    do
        n = coil_stream_read(stream, bytes, sizeof bytes);
    while (n > 0);
    return (int)n;
}

/* The request first: a client need not look at what came before it asked. */
static int answer(void *arg)
{
    struct answering *self = arg;
    struct coil_stream *stream;
    char head[4096];
    size_t length;
    int rc;

    for (;;) {
        rc = coil_listener_accept(self->listener, &stream);
        if (rc < 0)
            return rc;
        rc = coil_stream_read_until(stream, "\r\n\r\n", 4, head, sizeof head,
                                    &length);
        if (rc == 0)
            rc =
                coil_stream_write(stream, self->input->data, self->input->size);
        if (rc == 0)
            rc = coil_stream_shutdown(stream);
        if (rc == 0)
            rc = read_to_end(stream);
        coil_stream_abort(stream);
        if (rc == -ECANCELED)
            return rc;
    }
}

static void note(struct fuzz_trace *trace,
                 const struct coil_http_response *response)
{
    fuzz_note(trace, "status %d\n", response->status);
    for (size_t i = 0; i < response->header_count; i++)
        fuzz_note(trace, "%s: %s\n", response->headers[i].name,
                  response->headers[i].value);
    fuzz_note_bytes(trace, response->body, response->body_size);
}

static int ask(const char *url, bool is_lenient, struct fuzz_trace *trace)
{
    const struct coil_http_client_options options = { .lenient = is_lenient };
    struct coil_http_response *response;
    struct coil_http_client *client;
    int rc = coil_http_client_new(&client, &options);

    if (rc < 0)
        return rc;
    rc = coil_http_get(client, url, &response);
    fuzz_note(trace, "get: %s\n", coil_strerror(rc));
    if (rc == 0) {
        note(trace, response);
        coil_http_response_free(response);
    }
    coil_http_client_free(client);
    return 0;
}

static int run(const struct fuzz_input *input, struct fuzz_trace *trace)
{
    struct answering self = { .input = input };
    struct coil_address address;
    struct coil_task *task;
    char url[64];
    int rc = coil_tcp_listen(&self.listener, "127.0.0.1", 0);

    if (rc < 0)
        return rc;
    coil_listener_address(self.listener, &address);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/",
             (unsigned)coil_address_port(&address));
    rc = coil_task_create(&task, answer, &self);
    if (rc == 0) {
        rc = ask(url, false, trace);
        if (rc == 0)
            rc = ask(url, true, trace);
        coil_task_cancel(task);
        if (coil_task_await(task) != -ECANCELED)
            abort();
        coil_task_release(task);
    }
    coil_listener_close(self.listener);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct fuzz_input input = { data, size };

    if (size <= FUZZ_INPUT_MAX)
        fuzz_compare(&input, run);
    return 0;
}
