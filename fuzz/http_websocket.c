/* SPDX-License-Identifier: MIT */
/*
 * http_websocket.c - what the other side of a WebSocket may send
 *
 * The first byte says on which side we are, whether messages are compressed and
 * how they are received; the second, the windows.  The rest are frames.  Whatever
 * they are, the same messages and the same end come of them however they are cut,
 * no text is given out that is not UTF-8, and no message is larger than its limit.
 */
#include <stdlib.h>
#include <string.h>

#include <coil.h>
#include <coil/http_client.h>
#include <coil/stream_pair.h>
#include <coil/websocket.h>

#include "fuzz.h"
#include "http/websocket/websocket.h"
#include "http/wire/utf8.h"

#define MUST(condition)                                                        \
    do {                                                                       \
        if (!(condition))                                                      \
            abort();                                                           \
    } while (0)

enum {
    IS_CLIENT = 1,
    IS_DEFLATED = 2,
    IN_PIECES = 4,
    FORGETS = 8,
    LIMIT = 100000, /* of a message */
    ENOUGH = 1 << 20,
};

struct sender {
    struct coil_stream *stream;
    const struct fuzz_input *input;
};

static int send_all(void *arg)
{
    const struct sender *sender = arg;
    int rc = coil_stream_write(sender->stream, sender->input->data + 2,
                               sender->input->size - 2);

    return rc < 0 ? rc : coil_stream_shutdown(sender->stream);
}

static int receive_whole(struct coil_websocket *ws, struct fuzz_trace *trace)
{
    struct coil_websocket_message m;
    int rc;

    while ((rc = coil_websocket_recv(ws, &m)) == 0) {
        struct coil__utf8 utf8 = { 0 };

        MUST(m.size <= LIMIT);
        MUST(m.data[m.size] == '\0');
        if (m.kind == COIL_WEBSOCKET_TEXT)
            MUST(coil__utf8_check(&utf8, m.data, m.size) &&
                 coil__utf8_may_end(&utf8));
        fuzz_note(trace, "%d %zu: ", m.kind, m.size);
        fuzz_note_bytes(trace, m.data, m.size);
    }
    return rc;
}

static int receive_pieces(struct coil_websocket *ws, struct fuzz_trace *trace)
{
    enum coil_websocket_kind kind;
    char piece[777];
    size_t size = 0;
    bool is_end;

    while (size < ENOUGH) {
        ptrdiff_t n =
            coil_websocket_read(ws, piece, sizeof piece, &kind, &is_end);

        if (n < 0)
            return (int)n;
        size += (size_t)n;
        fuzz_note_bytes(trace, piece, (size_t)n);
        if (is_end)
            fuzz_note(trace, "| %d\n", kind);
    }
    return 0;
}

static int receive_all(const struct fuzz_input *input, struct fuzz_trace *trace,
                       struct coil_stream *stream)
{
    unsigned char how = input->data[0];
    const struct coil_websocket_options options = {
        .ping_every = COIL_NEVER,
        .max_message = LIMIT,
        .deflate = { .max_ratio = 50 },
    };
    const struct coil__websocket_terms terms = {
        .is_client = how & IS_CLIENT,
        .is_deflated = how & IS_DEFLATED,
        .deflate = { .server_forgets = how & FORGETS,
                     .client_forgets = how & FORGETS,
                     .server_bits = input->data[1] % 8 + 8,
                     .client_bits = input->data[1] % 8 + 8 },
    };
    struct coil_websocket *ws = coil__websocket_make(stream, &terms, &options);
    int rc;

    MUST(ws);
    rc = how & IN_PIECES ? receive_pieces(ws, trace) : receive_whole(ws, trace);
    fuzz_note(trace, "%d, code %u, reason %s\n", rc,
              coil_websocket_close_code(ws), coil_websocket_close_reason(ws));
    MUST(rc == 0 || coil_websocket_send(ws, COIL_WEBSOCKET_TEXT, "", 0) == rc);
    coil_websocket_free(ws);
    return 0;
}

static int run(const struct fuzz_input *input, struct fuzz_trace *trace)
{
    struct coil_stream *pair[2];
    struct sender sender = { .input = input };
    struct coil_task *task;
    int rc = coil_stream_pair(pair);

    MUST(rc == 0);
    sender.stream = pair[1];
    rc = coil_task_create(&task, send_all, &sender);
    MUST(rc == 0);
    rc = receive_all(input, trace, pair[0]);
    coil_task_cancel(task);
    (void)!coil_task_await(task);
    coil_task_release(task);
    coil_stream_abort(pair[0]);
    coil_stream_abort(pair[1]);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = { data, size };

    if (size > 2 && size <= FUZZ_INPUT_MAX)
        fuzz_compare(&input, run);
    return 0;
}
