/* SPDX-License-Identifier: MIT */
#include "http/client/exchange.h"

#include <string.h>

#include <coil/error.h>
#include <coil/event.h>
#include <coil/task.h>

#include "base/memory.h"
#include "http/client/branch.h"
#include "http/client/limit.h"
#include "http/client/received.h"
#include "http/client/request_head.h"
#include "http/client/upload.h"

/* How long 100 is waited for. */
#define EXPECT_LIMIT COIL_SECOND

enum {
    SMALL_BODY = 16 * 1024, /* goes out in one piece with the head */
    MAX_INTERIM = 32,       /* 1xx responses in front of the response */
};

/* What is known of a response before its body is read. */
struct answer {
    struct coil__http_block block; /* the head is in it */
    struct coil__http_head head;
    bool has_begun;   /* a byte of the response has come */
    bool is_in_doubt; /* where it ends, or an interim one before it */
};

/* A request and its response under way. */
struct exchange {
    struct coil__http_call *call;
    struct coil__http_connection *c;
    struct answer answer;
    int received; /* 0: the head of the final response has come; or an error */

    /* The request has been sent: the time of the first byte runs. */
    bool is_sent;
    struct coil_timeout *patience; /* of the wait for a head; NULL: no limit */

    /* While a body is sent, a task of its own reads. */
    bool is_sending;
    struct coil_timeout sending; /* is ended by the reader */
    struct coil_event go;        /* the server has said something */
    bool is_refused;             /* … and it was not 100 */
};

/* Whether something of the response has come. */
static bool has_begun(const struct coil__http_connection *c)
{
    return c->link ? coil__http_branch_has_begun(c)
                   : coil__http_has_begun(&c->reader);
}

/* ---- sending ---------------------------------------------------------- */

static void set_sent(struct exchange *x)
{
    x->is_sent = true;
    coil__http_tell_moment(&x->call->watcher, COIL_HTTP_SENT);
    if (x->patience && !has_begun(x->c))
        coil_timeout_reschedule(x->patience,
                                coil_after(x->call->limits.first_byte));
}

/*
 * Whether the body goes out piece by piece, in turn with its reader.  In HTTP/2
 * the server's window may have no room for more.
 */
static bool is_long(const struct exchange *x)
{
    const struct coil__http_call *call = x->call;

    if (!coil__http_has_body(call))
        return false;
    return call->request->source || call->expects ||
           call->request->body_size >
               (x->c->link ? (size_t)SMALL_BODY : COIL__HTTP_SHORT_BODY);
}

/* Write the head, and the body if it is not long. */
static int send_head(struct exchange *x)
{
    struct coil__http_call *call = x->call;
    struct coil__http_connection *c = x->c;
    const struct coil_http_request *request = call->request;
    struct coil__http_writer w = coil__http_write_to(&c->out);
    bool has_body = coil__http_has_body(call) && !is_long(x);
    size_t size = has_body ? request->body_size : 0;
    bool is_small = size <= SMALL_BODY;
    int rc;

    if (c->link)
        return coil__http_branch_send(call, c, size);

    coil__http_put_head(&w, call);
    if (is_small)
        coil__http_put_bytes(&w, request->body, size);
    if (w.rc < 0)
        return w.rc;
    coil__http_note_sent(call);
    rc = coil_stream_write(c->stream, coil__buffer_bytes(&c->out), c->out.size);
    if (rc == 0 && !is_small)
        rc = coil_stream_write(c->stream, request->body, size);
    return rc;
}

/* ---- receiving -------------------------------------------------------- */

/* Whether a response with this status has no body even if it announces one. */
static bool is_bodyless(int status)
{
    return status < 200 || status == 204 || status == 304;
}

/*
 * Whether a response announces a body that its status forbids.  A server that
 * announces the body may also send it, and then the body would be taken for the
 * next response.  A response to HEAD may announce the body of a GET.
 */
static bool is_contradictory(const struct coil__http_head *head)
{
    return is_bodyless(head->status) &&
           (head->is_chunked || head->content_length > 0);
}

/*
 * Read a head: its first byte in time, and each further piece in time.  Returns
 * 1, or an error.
 */
static int read_head(struct exchange *x)
{
    const struct coil__http_call *call = x->call;
    const struct coil__http_layout layout = {
        .front = sizeof(struct coil__http_response),
        .back = 1 + strlen(call->text) + 1, /* a NUL, and the URL */
        .back_rest = true,
    };
    coil_time first = x->is_sent ? call->limits.first_byte : COIL_NEVER;
    struct coil__http_limit limit;
    int rc = coil__http_limit_begin_any(&limit, first, call->limits.idle);
    int error = COIL_EHTTP_FIRST_BYTE_TIMEOUT;

    if (rc < 0)
        return rc;
    x->patience = limit.is_on ? &limit.scope : NULL;
    if (x->c->link)
        rc = coil__http_branch_read_head(x->c, &x->answer.block, &layout,
                                         &x->answer.head);
    else
        rc = coil__http_read_head(&x->c->reader, &x->answer.block, &layout,
                                  &x->answer.head, x->patience,
                                  call->limits.idle);
    x->patience = NULL;
    if (has_begun(x->c))
        error = COIL_EHTTP_IDLE_TIMEOUT;
    rc = coil__http_limit_end(&limit, rc, error);
    return rc == 0 ? COIL_EHTTP_TRUNCATED : rc;
}

static void tell_head(const struct exchange *x, enum coil_http_moment moment)
{
    const struct coil__http_head *head = &x->answer.head;

    coil__http_tell(&x->call->watcher,
                    (struct coil_http_event){
                        .moment = moment,
                        .status = head->status,
                        .headers = head->headers,
                        .header_count = head->header_count,
                        .version = coil__http_version_of(head),
                    });
}

/* Read the head of the final response.  Returns 0, or an error. */
static int receive(struct exchange *x)
{
    struct answer *answer = &x->answer;
    struct coil__http_head *head = &answer->head;

    for (int i = 0; i < MAX_INTERIM; i++) {
        int rc = read_head(x);

        answer->has_begun = i > 0 || rc > 0 || has_begun(x->c);
        if (rc < 0)
            return rc;
        if (is_contradictory(head) || head->is_repaired)
            answer->is_in_doubt = true;
        if (head->status >= 200 || head->status == 101) {
            tell_head(x, COIL_HTTP_FIRST_BYTE);
            return 0;
        }
        tell_head(x, COIL_HTTP_INTERIM);
        if (head->status == 100)
            coil_event_set(&x->go);
    }
    return COIL_EHTTP_MALFORMED;
}

/* ---- both at a time ---------------------------------------------------- */

/* The task that reads.  When it ends, there is no use in sending more. */
static int read_answer(void *arg)
{
    struct exchange *x = arg;

    x->received = receive(x);
    x->is_refused = true;
    coil_event_set(&x->go);
    if (x->is_sending)
        coil_timeout_reschedule(&x->sending, coil_now());
    return x->received == -ECANCELED ? -ECANCELED : 0;
}

/* Wait for 100, for a while. */
static int await_go(struct exchange *x)
{
    struct coil_timeout limit;
    int rc = coil_timeout_begin(&limit, EXPECT_LIMIT);

    if (rc < 0)
        return rc;
    rc = coil_event_wait(&x->go);
    rc = coil_timeout_end(&limit, rc);
    return rc == -ETIMEDOUT ? 0 : rc;
}

static int send_rest(struct exchange *x, bool *is_source_error)
{
    int rc = 0;

    if (x->call->expects)
        rc = await_go(x);
    if (rc < 0 || x->is_refused)
        return rc < 0 ? rc : -ETIMEDOUT;
    return coil__http_send_body(x->call, x->c, is_source_error);
}

/*
 * Wait until the reader has ended, at once if `is_over`.  Returns 0; -ECANCELED:
 * this task was cancelled.
 */
static int join(struct coil_task *reader, bool is_over)
{
    int rc = 0;

    if (is_over)
        coil_task_cancel(reader);
    while (!coil_task_is_done(reader)) {
        int ended = coil_task_await(reader);
        bool is_done = coil_task_is_done(reader);

        if (ended == -ECANCELED && !(is_over && is_done))
            rc = -ECANCELED;
        if (!is_done)
            coil_task_cancel(reader);
    }
    coil_task_release(reader);
    return rc;
}

/* After these a response may be there all the same. */
static bool is_hung_up(int error)
{
    return error == -EPIPE || error == -ECONNRESET || error == -ECONNABORTED;
}

/* Returns 0: all has been sent; -ETIMEDOUT: not all, but the reader has ended. */
static int send_and_receive(struct exchange *x)
{
    const struct coil_task_options options = { .name = "HTTP response" };
    bool is_source_error = false;
    struct coil_task *reader;
    bool is_over;
    int joined;
    int rc = coil_timeout_begin(&x->sending, COIL_NEVER);

    if (rc < 0)
        return x->received = rc;
    x->received = -ECANCELED;
    rc = coil_task_create_with(&reader, read_answer, x, &options);
    if (rc < 0)
        return x->received = coil_timeout_end(&x->sending, rc);
    x->is_sending = true;
    rc = send_rest(x, &is_source_error);
    x->is_sending = false;
    rc = coil_timeout_end(&x->sending, rc);

    if (rc != -ETIMEDOUT)
        set_sent(x);
    is_over =
        rc < 0 && rc != -ETIMEDOUT && (is_source_error || !is_hung_up(rc));
    joined = join(reader, is_over);
    if (is_over)
        x->received = rc;
    if (joined < 0)
        x->received = joined;
    return rc;
}

/* In a coroutine that no task drives, nothing is read before all is sent. */
static int send_then_receive(struct exchange *x)
{
    bool is_source_error = false;
    int rc = coil__http_send_body(x->call, x->c, &is_source_error);

    set_sent(x);
    x->received = is_source_error || rc == -ECANCELED ? rc : receive(x);
    return rc;
}

/* Sets x->received; returns whether all has been sent. */
static bool converse(struct exchange *x)
{
    int sent = send_head(x);

    x->received = sent;
    if (sent == -ENOMEM || (sent < 0 && x->c->link))
        return false;
    if (sent == 0 && is_long(x)) {
        sent = coil_current_task() ? send_and_receive(x) : send_then_receive(x);
        return sent == 0;
    }
    set_sent(x);
    /* A server may answer and close without having read everything. */
    x->received = receive(x);
    if (x->received < 0 && sent < 0 && x->received != -ECANCELED)
        x->received = sent;
    return sent == 0;
}

static bool is_lenient(const struct coil__http_call *call)
{
    return call->client->is_lenient || call->request->lenient;
}

static void begin_body(struct exchange *x)
{
    const struct coil__http_head *head = &x->answer.head;
    bool is_tunnel = x->call->is_extended && head->status == 200;
    bool has_body =
        !x->call->is_head && !is_bodyless(head->status) && !is_tunnel;

    if (x->c->link)
        coil__http_branch_begin_body(x->c, has_body);
    else
        coil__http_begin_body(&x->c->reader, head, has_body);
}

/* Whether the connection can be used again when the body has been read. */
static bool is_reusable(const struct exchange *x)
{
    const struct coil__http_head *head = &x->answer.head;

    return x->c->link || (!x->call->is_close && !head->is_close &&
                          (head->minor > 0 || head->is_keep_alive) &&
                          head->status != 101 && !x->answer.is_in_doubt &&
                          x->c->reader.body != COIL__HTTP_UNTIL_CLOSE);
}

int coil__http_exchange(struct coil__http_call *call,
                        struct coil__http_connection *c,
                        struct coil__http_response **out)
{
    struct exchange x = { .call = call, .c = c };
    const struct coil__http_head *head = &x.answer.head;
    struct coil__http_decoded decoded;
    bool is_all_sent;
    int rc;

    c->reader.kind =
        is_lenient(call) ? COIL__HTTP_LENIENT : COIL__HTTP_RESPONSE;
    is_all_sent = converse(&x);
    call->has_begun = x.answer.has_begun;
    if (x.received < 0) {
        coil__free(x.answer.block.memory);
        return x.received;
    }

    begin_body(&x);
    rc = coil__http_take_head(call, c, head, &decoded);
    if (rc < 0) {
        coil__free(x.answer.block.memory);
        return rc;
    }
    *out = coil__http_response_make(&x.answer.block, head, call, c);
    (*out)->decoded = decoded;
    (*out)->is_reusable = is_all_sent && is_reusable(&x);
    return 0;
}
