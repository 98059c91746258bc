/* SPDX-License-Identifier: MIT */
/*
 * coil/http_events.h - send events to browsers as they happen
 *
 *     rc = coil_http_begin_events(exchange);
 *     while (rc == 0) {
 *         rc = coil_queue_get(&news, &item);
 *         if (rc == 0)
 *             rc = coil_http_send_event(exchange, &(struct coil_http_sent_event){
 *                                                     .data = item.text });
 *     }
 *
 * The other side is EventSource in a browser.  A handler that waits long for the
 * next event should call coil_http_exchange_cancel_when_gone() first, or send an
 * empty event now and then: otherwise it does not learn that the client has gone.
 * The header Last-Event-ID of the request is the id of the last event that the
 * client has seen before it lost its connection.  (HTML, 9.2: server-sent events.)
 */
#ifndef COIL_HTTP_EVENTS_H
#define COIL_HTTP_EVENTS_H

#include <coil/base.h>
#include <coil/time.h>

#ifdef __cplusplus
extern "C" {
#endif

struct coil_http_exchange;

/* One event.  What is NULL or 0 is not sent; without data nothing happens. */
struct coil_http_sent_event {
    const char *name; /* one line; NULL: "message" */
    const char *data; /* any number of lines */
    const char *id;   /* one line */
    coil_time retry;  /* how long to wait before connecting again */
};

/*
 * Begin a response that consists of events, as coil_http_begin(): status 200,
 * and no cache may keep it.
 */
COIL_API int coil_http_begin_events(struct coil_http_exchange *exchange)
    COIL_SUSPENDS;

/*
 * Send an event.  A zeroed one is a comment, which tells the client, and those in
 * between, that the connection lives.
 *
 * Returns as coil_http_write(); -EINVAL, too, for a name or an id with a line
 * break; -ENOMEM.
 */
COIL_API int coil_http_send_event(struct coil_http_exchange *exchange,
                                  const struct coil_http_sent_event *event)
    COIL_SUSPENDS;

#ifdef __cplusplus
}
#endif

#endif
