/* SPDX-License-Identifier: MIT */
#include "redis/client.h"

#include <coil/cancel.h>
#include <coil/error.h>
#include <coil/loop.h>
#include <coil/sleep.h>
#include <coil/stream.h>
#include <coil/task.h>

#include "base/list.h"
#include "base/memory.h"
#include "base/platform.h"
#include "base/shortage.h"
#include "redis/errors.h"

/* What is gathered before it is written; a larger command is not copied. */
enum { PARCEL = 64 * 1024, LARGE = 16 * 1024 };

/* ---- calls ---------------------------------------------------------------- */

static struct coil__redis_call *call_of(struct coil_link *link)
{
    return (struct coil__redis_call *)(void *)link;
}

static void enqueue(struct coil_redis *redis, struct coil__redis_call *call)
{
    call->state = COIL__REDIS_QUEUED;
    call->since = redis->is_up ? 0 : coil_now();
    coil__list_append(&redis->queued, &call->link);
    coil_event_set(redis->is_up ? &redis->to_write : &redis->wanted);
}

/* Take the call out of its queue. */
static void leave(struct coil_redis *redis, struct coil__redis_call *call)
{
    if (call->state == COIL__REDIS_QUEUED)
        coil__list_remove(&redis->queued, &call->link);
    else if (call->state == COIL__REDIS_SENT)
        coil__list_remove(&redis->sent, &call->link);
    call->state = COIL__REDIS_OVER;
}

static void end(struct coil_redis *redis, struct coil__redis_call *call,
                int error)
{
    leave(redis, call);
    call->error = error;
    coil_future_set_result(&call->over, NULL);
}

/* The call cannot be answered: `error` if nothing of it was ever sent. */
static void fail(struct coil_redis *redis, struct coil__redis_call *call,
                 int error)
{
    end(redis, call, call->was_sent ? COIL_EUNKNOWN : error);
}

int coil__redis_call(struct coil_redis *redis, struct coil__redis_call *call)
{
    struct coil_cancel_mark mark;
    int rc = coil_checkpoint();

    if (rc < 0)
        return rc;
    if (!coil_current_task() || coil_loop_current() != redis->loop)
        return -ENOTSUP;
    if (redis->is_closing)
        return -EPIPE;
    coil_cancel_mark(&mark);
    enqueue(redis, call);
    rc = coil_future_await(&call->over, NULL);
    if (rc == 0 || (call->state == COIL__REDIS_OVER && call->error == rc))
        return call->error;
    /* Cancelled; but it may be over by now, or it may be too late. */
    if (call->state == COIL__REDIS_OVER) {
        coil_cancel_put_back(&mark);
        return call->error;
    }
    leave(redis, call);
    if (!call->was_sent)
        return rc;
    coil_cancel_put_back(&mark);
    return COIL_EUNKNOWN;
}

/* ---- replies -------------------------------------------------------------- */

static void take(struct coil__redis_call *call, struct coil_redis_reply *reply)
{
    if (call->array)
        call->array->elements[call->array->count++] = reply;
    else
        call->reply = reply;
    call->taken++;
}

/* Give the next reply to the call that it belongs to. */
static int give(struct coil_redis *redis, struct coil_redis_reply *reply)
{
    struct coil__redis_call *call =
        redis->sent.head ? call_of(redis->sent.head) : NULL;
    uint64_t number = redis->heard++;

    if (number >= redis->asked) {
        coil_redis_reply_free(reply);
        return COIL_EREDIS_MALFORMED;
    }
    if (!call || number < call->first || call == &redis->ping) {
        coil_redis_reply_free(reply);
        if (call == &redis->ping && number >= call->first)
            end(redis, call, 0);
        return 0;
    }
    take(call, reply);
    if (call->taken == call->replies)
        end(redis, call, 0);
    return 0;
}

/* What has come of it is of no use: it will be sent again. */
static void forget_replies(struct coil__redis_call *call)
{
    if (call->array)
        coil__redis_reply_empty(call->array);
    call->taken = 0;
}

/* ---- the writer ----------------------------------------------------------- */

/* The first call that is queued, without those whose tasks are about to leave. */
static struct coil__redis_call *first_queued(struct coil_redis *redis)
{
    while (redis->queued.head) {
        struct coil__redis_call *call = call_of(redis->queued.head);

        if (!coil_future_is_done(&call->over))
            return call;
        fail(redis, call, -ECANCELED);
    }
    return NULL;
}

/* Note that the call is being sent. */
static void note_sent(struct coil_redis *redis, struct coil__redis_call *call)
{
    call->state = COIL__REDIS_SENT;
    call->was_sent = true;
    call->first = redis->asked;
    redis->asked += call->replies;
    coil__list_append(&redis->sent, &call->link);
}

/* Fill `out` with the first calls of the queue, which become the parcel. */
static void gather(struct coil_redis *redis, struct coil_list *parcel)
{
    struct coil__redis_call *call;

    while ((call = first_queued(redis))) {
        if (call->size > LARGE || redis->out.size + call->size > PARCEL)
            return;
        if (coil__buffer_append(&redis->out, call->bytes, call->size) < 0) {
            fail(redis, call, -ENOMEM);
            continue;
        }
        coil__list_remove(&redis->queued, &call->link);
        coil__list_append(parcel, &call->link);
    }
}

/* Write some of what is queued.  An error says that the wire is broken. */
static int write_parcel(struct coil_redis *redis)
{
    struct coil_list parcel = COIL_LIST_INIT;
    const void *bytes;
    size_t size;
    int rc;

    gather(redis, &parcel);
    bytes = coil__buffer_bytes(&redis->out);
    size = redis->out.size;
    if (!parcel.head && redis->queued.head) {
        struct coil__redis_call *large =
            call_of(coil__list_take_first(&redis->queued));

        bytes = large->bytes;
        size = large->size;
        coil__list_append(&parcel, &large->link);
    }
    rc = size > 0 ? coil_stream_write(redis->wire.stream, bytes, size) : 0;
    coil__buffer_consume(&redis->out, redis->out.size);
    while (parcel.head) {
        struct coil__redis_call *call = call_of(coil__list_take_first(&parcel));

        if (coil__is_shortage(rc)) {
            call->state = COIL__REDIS_NEW; /* in no queue */
            fail(redis, call, rc);
        } else {
            note_sent(redis, call);
        }
    }
    return coil__is_shortage(rc) ? 0 : rc;
}

/* Let the driver find the wire broken. */
static void break_wire(struct coil_redis *redis, int why)
{
    redis->is_up = false;
    redis->broken = why;
    coil__redis_wire_break(&redis->wire);
}

/* Write all that is queued, as long as the connection lives. */
static int write_queued(struct coil_redis *redis)
{
    uint64_t connection = redis->connections;

    while (redis->is_up && redis->connections == connection &&
           redis->queued.head) {
        int rc = write_parcel(redis);

        if (rc < 0) {
            break_wire(redis, rc);
            return 0;
        }
        rc = coil_stream_drain(redis->wire.stream);
        if (rc == -ECANCELED)
            return rc;
        if (rc < 0 && redis->is_up && redis->connections == connection)
            break_wire(redis, rc);
    }
    return 0;
}

int coil__redis_write(void *arg)
{
    struct coil_redis *redis = arg;
    int rc;

    do {
        rc = coil_event_wait(&redis->to_write);
        coil_event_clear(&redis->to_write);
        if (rc == 0)
            rc = write_queued(redis);
    } while (rc == 0);
    return rc;
}

/* ---- PING ----------------------------------------------------------------- */

static void arm_tick(struct coil_redis *redis);

static bool is_quiet(struct coil_redis *redis)
{
    size_t unsent = coil_stream_unsent(redis->wire.stream);
    bool is_quiet = !redis->wire.has_heard && unsent == redis->unsent;

    redis->wire.has_heard = false;
    redis->unsent = unsent;
    return is_quiet;
}

static void ask(struct coil_redis *redis)
{
    static const char ping[] = "*1\r\n$4\r\nPING\r\n";

    if (redis->ping.state == COIL__REDIS_QUEUED ||
        redis->ping.state == COIL__REDIS_SENT)
        return;
    redis->ping = (struct coil__redis_call){ .bytes = ping,
                                             .size = sizeof ping - 1,
                                             .replies = 1 };
    enqueue(redis, &redis->ping);
}

/* It comes twice in the time after which the server is asked. */
static void look(void *arg)
{
    struct coil_redis *redis = arg;

    if (!redis->is_up)
        return;
    redis->quiet = is_quiet(redis) ? redis->quiet + 1 : 0;
    if (redis->quiet >= 4) {
        break_wire(redis, -ETIMEDOUT);
        return;
    }
    if (redis->quiet >= 2)
        ask(redis);
    arm_tick(redis);
}

static void arm_tick(struct coil_redis *redis)
{
    if (redis->silence != COIL_NEVER)
        coil_loop_call_later(redis->loop, &redis->tick, redis->silence / 2 + 1,
                             look, redis);
}

/* ---- the driver ----------------------------------------------------------- */

/* The calls that were sent on a connection that is no more, because of `rc`. */
static void sort_sent(struct coil_redis *redis, int rc)
{
    struct coil__redis_call *first =
        redis->sent.head ? call_of(redis->sent.head) : NULL;

    /* It would be answered in the same way again. */
    if (first && first->first <= redis->heard &&
        (rc == COIL_EREDIS_TOO_LARGE || rc == COIL_EREDIS_MALFORMED))
        end(redis, first, rc);
    while (redis->sent.tail) {
        struct coil__redis_call *call = call_of(redis->sent.tail);

        if (!call->may_repeat || redis->is_closing) {
            fail(redis, call, rc);
            continue;
        }
        coil__list_remove(&redis->sent, &call->link);
        forget_replies(call);
        call->state = COIL__REDIS_QUEUED;
        coil__list_prepend(&redis->queued, &call->link);
    }
}

static void note_time(struct coil_redis *redis)
{
    coil_time now = coil_now();

    for (struct coil_link *l = redis->queued.head; l; l = l->next)
        call_of(l)->since = now;
}

/* A call that was sent waits as long as its task does, to know. */
static bool gives_up(const struct coil_redis *redis,
                     const struct coil__redis_call *call, int rc)
{
    bool is_passing = coil__redis_is_passing(rc);

    if (!is_passing || (call->is_opening && rc != COIL_EREDIS_LOADING))
        return true;
    return !call->was_sent && redis->patience != COIL_NEVER &&
           coil_now() - call->since >= redis->patience;
}

static void refuse_queued(struct coil_redis *redis, int rc)
{
    struct coil_link *next;

    for (struct coil_link *l = redis->queued.head; l; l = next) {
        next = l->next;
        if (gives_up(redis, call_of(l), rc))
            fail(redis, call_of(l), rc);
    }
}

/* The connection is there. */
static void come_up(struct coil_redis *redis)
{
    struct coil_link *next;

    redis->connections++;
    redis->backoff.attempts = 0;
    redis->asked = redis->heard = 0;
    redis->quiet = 0;
    redis->unsent = 0;
    redis->broken = 0;
    redis->is_up = true;
    for (struct coil_link *l = redis->queued.head; l; l = next) {
        next = l->next;
        if (call_of(l)->is_opening)
            end(redis, call_of(l), 0);
    }
    coil_event_set(&redis->to_write);
    arm_tick(redis);
}

/* Read replies until the connection breaks; returns why. */
static int converse(struct coil_redis *redis)
{
    struct coil_redis_reply *reply;
    int rc;

    come_up(redis);
    do {
        rc = coil__redis_wire_receive(&redis->wire, &reply);
        if (rc == 0)
            rc = give(redis, reply);
    } while (rc == 0);
    if (redis->broken)
        rc = redis->broken;
    redis->is_up = false;
    coil_handle_cancel(&redis->tick);
    coil__redis_wire_close(&redis->wire);
    return rc;
}

/* Connect, if that is possible, and go on until the connection is no more. */
static int attempt(struct coil_redis *redis)
{
    int rc = coil__redis_wire_open(&redis->wire, &redis->target);

    if (rc < 0) {
        if (rc != -ECANCELED)
            refuse_queued(redis, rc);
        return rc;
    }
    rc = converse(redis);
    sort_sent(redis, rc);
    note_time(redis);
    return rc;
}

int coil__redis_drive(void *arg)
{
    struct coil_redis *redis = arg;
    int rc = 0;

    while (rc != -ECANCELED && !redis->is_closing) {
        rc = 0;
        if (!redis->queued.head) {
            coil_event_clear(&redis->wanted);
            rc = coil_event_wait(&redis->wanted);
        }
        if (rc == 0 && redis->queued.head)
            rc = attempt(redis);
        if (rc < 0 && rc != -ECANCELED && !redis->is_closing)
            rc = coil_sleep(coil__redis_backoff_next(&redis->backoff));
    }
    coil__redis_stop(redis);
    return 0;
}

/* ---- the end -------------------------------------------------------------- */

void coil__redis_stop(struct coil_redis *redis)
{
    redis->is_closing = true;
    if (redis->is_up)
        break_wire(redis, -EPIPE);
    while (redis->sent.head)
        fail(redis, call_of(redis->sent.head), -EPIPE);
    while (redis->queued.head)
        fail(redis, call_of(redis->queued.head), -EPIPE);
}

void coil__redis_release(struct coil_redis *redis)
{
    if (--redis->references > 0)
        return;
    coil__redis_target_fini(&redis->target);
    coil__buffer_fini(&redis->out);
    coil__free(redis);
}
