/* SPDX-License-Identifier: MIT */
#include "http/client/idle.h"

#include "base/platform.h"
#include "http/client/origin.h"

/* No server closes an idle connection so soon. */
#define MOMENT (10 * COIL_MILLISECOND)

bool coil__http_idle_seems_alive(const struct coil__http_connection *c)
{
    return c->watch.stream && !coil_stream_is_heard(&c->watch) &&
           coil_now() - c->idle_since < MOMENT;
}

void coil__http_idle_take(struct coil__http_connection *c)
{
    struct coil__http_idle *idle = c->idle;

    if (!c->link)
        coil_stream_unwatch(&c->watch);
    coil__list_remove(&idle->list, &c->in_pool);
    idle->count--;
    coil__list_remove(&c->origin->idle, &c->in_origin);
    c->origin->idle_count--;
    c->idle = NULL;
}

void coil__http_idle_close(struct coil__http_connection *c)
{
    struct coil__http_idle *idle = c->idle;

    coil__http_idle_take(c);
    idle->close(c);
}

/* The connection that has been idle for longest, or NULL. */
static struct coil__http_connection *
oldest_of(const struct coil__http_idle *idle)
{
    struct coil_link *link = idle->list.tail;

    if (!link)
        return NULL;
    return coil__container_of(link, struct coil__http_connection, in_pool);
}

/* The server has closed an idle connection, or said what nobody asked for. */
static void hear(void *connection)
{
    coil__http_idle_close(connection);
}

/* A transport that cannot be watched is asked when the connection is used. */
static void watch(struct coil__http_connection *c)
{
    if (coil_stream_watch(c->stream, &c->watch, hear, c) < 0)
        c->watch.stream = NULL;
}

/*
 * One timer serves the whole pool.  Taking a connection does not touch the
 * timer: when it fires, close_expired() looks which connection is the oldest
 * then.
 */
static void start_timer(struct coil__http_idle *idle, coil_callback_fn expire)
{
    const struct coil__http_connection *oldest = oldest_of(idle);

    if (idle->is_timed || !oldest || idle->limit == COIL_NEVER)
        return;
    idle->is_timed =
        coil_loop_call_later(coil_loop_current(), &idle->timer,
                             oldest->idle_since + idle->limit - coil_now(),
                             expire, idle) == 0;
}

/* The connection that was the oldest when the timer started has expired. */
static void close_expired(void *arg)
{
    struct coil__http_idle *idle = arg;
    struct coil__http_connection *oldest = oldest_of(idle);
    coil_time now = coil_now();

    idle->is_timed = false;
    while (oldest && now - oldest->idle_since >= idle->limit) {
        coil__http_idle_close(oldest);
        oldest = oldest_of(idle);
    }
    start_timer(idle, close_expired);
}

void coil__http_idle_add(struct coil__http_idle *idle,
                         struct coil__http_connection *c)
{
    c->idle = idle;
    c->idle_since = coil_now();
    coil__list_prepend(&idle->list, &c->in_pool);
    idle->count++;
    coil__list_prepend(&c->origin->idle, &c->in_origin);
    c->origin->idle_count++;
    if (!c->link)
        watch(c);
    start_timer(idle, close_expired);
}

void coil__http_idle_close_oldest(struct coil__http_idle *idle)
{
    coil__http_idle_close(oldest_of(idle));
}

void coil__http_idle_close_all(struct coil__http_idle *idle)
{
    while (idle->list.tail)
        coil__http_idle_close_oldest(idle);
    if (idle->is_timed)
        coil_handle_cancel(&idle->timer);
    idle->is_timed = false;
}
