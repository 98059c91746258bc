/* SPDX-License-Identifier: MIT */
#include "http/websocket/ending.h"

#include <coil/error.h>
#include <coil/task.h>

#include "http/server/http_exchange.h"

void coil__websocket_wait_begin(struct coil_websocket *ws,
                                struct coil__websocket_wait *wait)
{
    wait->is_on = coil_current_task() &&
                  coil_timeout_begin(&wait->scope, COIL_NEVER) == 0;
    if (wait->is_on)
        coil__list_append(&ws->waits, &wait->link);
}

int coil__websocket_wait_end(struct coil_websocket *ws,
                             struct coil__websocket_wait *wait, int rc)
{
    int ended;

    if (!wait->is_on)
        return rc;
    coil__list_remove(&ws->waits, &wait->link);
    ended = coil_timeout_end(&wait->scope, rc);
    return rc == -ECANCELED && ended == -ETIMEDOUT ? ws->end : ended;
}

int coil__websocket_blame(struct coil_websocket *ws, int rc)
{
    return ws->exchange ? coil__http_exchange_blame(ws->exchange, rc) : rc;
}

void coil__websocket_end(struct coil_websocket *ws, int error)
{
    coil_time now = coil_now();

    if (ws->end)
        return;
    ws->end = coil__websocket_blame(ws, error);
    if (!ws->is_close_received)
        ws->code = COIL_WEBSOCKET_ABNORMAL;
    coil_handle_cancel(&ws->keep.timer);
    for (struct coil_link *link = ws->waits.head; link; link = link->next) {
        struct coil__websocket_wait *wait = (void *)link; /* its first member */

        coil_timeout_reschedule(&wait->scope, now);
    }
    if (ws->out.writer) {
        ws->out.writer = 0;
        coil_lock_release(&ws->out.turn);
    }
}
