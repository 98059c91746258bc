/* SPDX-License-Identifier: MIT */
#include "http/websocket/websocket_recv.h"

#include <coil/error.h>
#include <coil/sleep.h>

#include "http/websocket/inflow.h"

enum {
    STEP = 4096,
    KEPT = 64 * 1024, /* memory that stays for the next message */
};

int coil__websocket_enter(struct coil_websocket *ws)
{
    int rc = coil_checkpoint();

    while (rc == 0 && ws->is_dropping)
        rc = coil_event_wait(&ws->left);
    if (rc == 0 && ws->is_receiving)
        rc = -EBUSY;
    if (rc < 0)
        return rc;
    ws->is_receiving = true;
    coil_event_clear(&ws->left);
    return 0;
}

void coil__websocket_leave(struct coil_websocket *ws)
{
    ws->is_receiving = false;
    coil_event_set(&ws->left);
}

/* The message before this one is not needed any more. */
static void forget(struct coil__websocket_in *in)
{
    if (!in->is_delivered)
        return;
    in->is_delivered = false;
    if (in->text.capacity > KEPT)
        coil__buffer_fini(&in->text);
    coil__buffer_consume(&in->text, in->text.size);
}

static int receive(struct coil_websocket *ws,
                   struct coil_websocket_message *message)
{
    struct coil__websocket_piece piece = { .is_end = false };
    struct coil_buffer *text = &ws->in.text;

    forget(&ws->in);
    do {
        ptrdiff_t n = coil__buffer_reserve(text, STEP);

        if (n == 0)
            n = coil__websocket_take(ws, coil__buffer_end(text),
                                     coil__buffer_room(text) - 1,
                                     ws->max_message, &piece);
        if (n < 0)
            return (int)n;
        coil__buffer_grow(text, (size_t)n);
    } while (!piece.is_end);
    *coil__buffer_end(text) = '\0';
    ws->in.is_delivered = true;
    *message = (struct coil_websocket_message){
        .kind = piece.kind,
        .data = (const char *)coil__buffer_bytes(text),
        .size = text->size,
    };
    return 0;
}

int coil_websocket_recv(struct coil_websocket *ws,
                        struct coil_websocket_message *message)
{
    int rc = coil__websocket_enter(ws);

    if (rc < 0)
        return rc;
    rc = ws->in.is_read && !ws->end ? -EINVAL : receive(ws, message);
    coil__websocket_leave(ws);
    return rc;
}

ptrdiff_t coil_websocket_read(struct coil_websocket *ws, void *buffer,
                              size_t size, enum coil_websocket_kind *kind,
                              bool *is_end)
{
    struct coil__websocket_piece piece = { .is_end = false };
    ptrdiff_t n = coil__websocket_enter(ws);

    if (n < 0)
        return n;
    forget(&ws->in);
    n = size == 0 || (ws->in.text.size > 0 && !ws->end)
            ? -EINVAL
            : coil__websocket_take(ws, buffer, size, SIZE_MAX, &piece);
    if (n >= 0) {
        *kind = piece.kind;
        *is_end = piece.is_end;
        ws->in.is_read = !piece.is_end;
    }
    coil__websocket_leave(ws);
    return n;
}
