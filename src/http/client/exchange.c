/* SPDX-License-Identifier: MIT */
#include "http/client/exchange.h"

#include <string.h>

#include <coil/error.h>

#include "base/memory.h"
#include "http/client/limit.h"
#include "http/client/request_head.h"

enum {
    SMALL_BODY = 16 * 1024, /* goes out in one piece with the head */
    MAX_INTERIM = 32,       /* 1xx responses in front of the response */
};

/* ---- sending ---------------------------------------------------------- */

/*
 * Write the request.  The stream keeps what the kernel does not take and sends
 * it in the background, so the response of a server that answers before it has
 * read everything is not missed.
 */
static int send_request(const struct coil__http_call *call,
                        struct coil__http_connection *c)
{
    const struct coil_http_request *request = call->request;
    struct coil__http_writer w = coil__http_write_to(&c->out);
    size_t size = call->has_no_body ? 0 : request->body_size;
    bool is_small = size <= SMALL_BODY;
    int rc;

    coil__http_put_head(&w, call);
    if (is_small)
        coil__http_put_bytes(&w, request->body, size);
    if (w.rc < 0)
        return w.rc;
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

/* What is known of a response before its body is read. */
struct answer {
    struct coil__http_block block; /* the head is in it */
    struct coil__http_head head;
    bool has_begun;        /* a byte of the response has come */
    bool is_contradictory; /* the response, or an interim one before it */
};

/*
 * Read a head: its first byte in time, and each further piece in time.  Returns
 * 1, or an error.
 */
static int read_head(const struct coil__http_call *call,
                     struct coil__http_connection *c, struct answer *answer)
{
    const struct coil__http_layout layout = {
        .front = sizeof(struct coil__http_response),
        .back = 1 + strlen(call->text) + 1, /* a NUL, and the URL */
        .back_rest = true,
    };
    struct coil__http_limit limit;
    int rc = coil__http_limit_begin_any(&limit, call->limits.first_byte,
                                        call->limits.idle);
    int error = COIL_EHTTP_FIRST_BYTE_TIMEOUT;

    if (rc < 0)
        return rc;
    rc = coil__http_read_head(&c->reader, &answer->block, &layout,
                              &answer->head, limit.is_on ? &limit.scope : NULL,
                              call->limits.idle);
    if (coil__http_has_begun(&c->reader))
        error = COIL_EHTTP_IDLE_TIMEOUT;
    rc = coil__http_limit_end(&limit, rc, error);
    return rc == 0 ? COIL_EHTTP_TRUNCATED : rc;
}

/* Read the head of the final response.  Returns 0, or an error. */
static int receive_head(const struct coil__http_call *call,
                        struct coil__http_connection *c, struct answer *answer)
{
    struct coil__http_head *head = &answer->head;

    for (int i = 0; i < MAX_INTERIM; i++) {
        int rc = read_head(call, c, answer);

        answer->has_begun = i > 0 || rc > 0 || coil__http_has_begun(&c->reader);
        if (rc < 0)
            return rc;
        if (is_contradictory(head))
            answer->is_contradictory = true;
        if (head->status >= 200 || head->status == 101)
            return 0;
    }
    return COIL_EHTTP_MALFORMED;
}

int coil__http_exchange(struct coil__http_call *call,
                        struct coil__http_connection *c, bool *has_begun,
                        struct coil__http_response **out)
{
    struct answer answer = { 0 };
    const struct coil__http_head *head = &answer.head;
    int sent = send_request(call, c);
    int rc = sent;

    /* A server may answer and close without having read everything. */
    if (sent != -ENOMEM)
        rc = receive_head(call, c, &answer);
    *has_begun = answer.has_begun;
    if (rc < 0) {
        coil__free(answer.block.memory);
        return sent < 0 ? sent : rc;
    }

    coil__http_begin_body(&c->reader, head,
                          !call->is_head && !is_bodyless(head->status));
    *out = coil__http_response_make(&answer.block, head, call->client, c,
                                    call->limits.idle, call->text);
    (*out)->is_reusable = sent == 0 && !call->is_close && !head->is_close &&
                          (head->minor > 0 || head->is_keep_alive) &&
                          head->status != 101 && !answer.is_contradictory &&
                          c->reader.body != COIL__HTTP_UNTIL_CLOSE;
    return 0;
}
