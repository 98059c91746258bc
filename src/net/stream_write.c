/* SPDX-License-Identifier: MIT */
#include "net/stream_write.h"

#include "base/platform.h"
#include "loop/operation.h"
#include "base/shortage.h"
#include "sched/sink.h"
#include "net/stream.h"

static inline size_t unsent(const struct coil_stream *s)
{
    return s->sending.size + s->queued.size + s->passed;
}

void coil__stream_wake_writers(struct coil_stream *s, int outcome)
{
    coil__wake_all(&s->drainers, outcome);
    coil__wake_all(&s->flushers, outcome);
}

size_t coil_stream_unsent(const struct coil_stream *s)
{
    coil__stream_check(s);
    return unsent(s);
}

/*
 * Writing is broken: nothing of what is kept will be sent.  From now on, no
 * error may suggest that another try would help.
 */
static void break_writing(struct coil_stream *s, int error)
{
    s->write_error = coil__is_shortage(error) && !s->transport->keeps_errors
                         ? -EPIPE
                         : error;
    s->is_held_back = false;
    s->passed = 0;
    coil__buffer_fini(&s->sending);
    coil__buffer_fini(&s->queued);
    coil__stream_wake_writers(s, error);
}

/* Account for `result` of a write operation that is over. */
static void account(struct coil_stream *s, ptrdiff_t result)
{
    struct coil_buffer empty;

    if (result <= 0) {
        break_writing(s, result < 0 ? (int)result : -EPIPE);
        return;
    }
    if (s->passed == 0)
        coil__buffer_consume(&s->sending, (size_t)result);
    s->passed = 0;
    if (s->sending.size > 0)
        return;

    /* An idle stream does not keep the memory that a large write needed. */
    if (s->sending.capacity > COIL__HIGH_MARK)
        coil__buffer_fini(&s->sending);
    empty = s->sending;
    s->sending = s->queued;
    s->queued = empty;
}

static void over(struct coil_transport_write *write);

/* Begin to send.  Returns false if the transport keeps the operation. */
static bool begin(struct coil_stream *s, const void *data, size_t size)
{
    s->write = (struct coil_transport_write){
        .over = over,
        .data = data,
        .size = size,
    };
    if (!s->transport->ops->write(s->transport, &s->write)) {
        s->is_sending = true;
        coil__stream_hold(s);
        return false;
    }
    return true;
}

static bool send_now(struct coil_stream *s)
{
    return begin(s, coil__buffer_bytes(&s->sending), s->sending.size);
}

/* Send until all is sent or the transport keeps the operation. */
static void send_kept(struct coil_stream *s)
{
    while (s->sending.size > 0 && send_now(s))
        account(s, s->write.result);
}

/*
 * Send the first of what is kept.  While none of it has been sent, it can be
 * given back to its writer.
 */
static int send_first(struct coil_stream *s)
{
    if (!send_now(s))
        return 0;
    if (coil__is_shortage(s->write.result)) {
        coil__buffer_consume(&s->sending, s->sending.size);
        return (int)s->write.result;
    }
    account(s, s->write.result);
    send_kept(s);
    return s->write_error;
}

static void wake_if_sent(struct coil_stream *s)
{
    size_t left = unsent(s);

    if (left < COIL__LOW_MARK) {
        s->is_held_back = false;
        coil__wake_all(&s->drainers, 0);
    }
    if (left == 0)
        coil__wake_all(&s->flushers, 0);
}

static void over(struct coil_transport_write *write)
{
    struct coil_stream *s =
        coil__container_of(write, struct coil_stream, write);

    s->is_sending = false;
    if (s->is_open) {
        account(s, write->result);
        send_kept(s);
        wake_if_sent(s);
    }
    coil__stream_release(s);
}

int coil__stream_begin_sending(struct coil_stream *s)
{
    coil__stream_check(s);
    if (s->has_file)
        return -EBUSY;
    if (s->is_shut)
        return -EPIPE;
    s->has_file = true;
    coil__stream_hold(s);
    return 0;
}

void coil__stream_end_sending(struct coil_stream *s)
{
    s->has_file = false;
    coil__stream_release(s);
}

static COIL_COLD int refuse_output(const struct coil_stream *s)
{
    coil__stream_check(s);
    return s->is_shut ? -EPIPE : -EBUSY;
}

/* 0, or why nothing can be written. */
static inline int check_output(const struct coil_stream *s)
{
    if (s->write_error < 0)
        return s->write_error;
    if (s->is_shut || s->has_file)
        return coil__keep_frame(refuse_output(s));
    return 0;
}

/* Where what is written is appended. */
static inline struct coil_buffer *output_of(struct coil_stream *s)
{
    return s->is_sending ? &s->queued : &s->sending;
}

static const struct coil_misuse never_drained = {
    .message = "more than 4 MiB wait to be sent, and are kept in memory",
    .cure = "call coil_stream_drain() after each write",
};

/*
 * Debug mode tells once of a writer that goes on although it should wait.  One
 * large write, with a small one behind it, is none.
 */
static void hold_back(struct coil_stream *s)
{
    enum { WRITES = 16, KEPT = 4 << 20 };

    s->writes_too_many = s->is_held_back ? s->writes_too_many + 1 : 0;
    s->is_held_back = true;
    if (s->writes_too_many >= WRITES && !s->has_told && unsent(s) > KEPT) {
        s->has_told = true;
        coil__report_in_debug(&never_drained, s);
    }
}

/* Something was appended, unless `rc` is an error. */
static inline int send_appended(struct coil_stream *s, int rc)
{
    if (rc == 0 && !s->is_sending)
        rc = send_first(s);
    if (unsent(s) > COIL__HIGH_MARK)
        hold_back(s);
    return rc;
}

int coil_stream_write(struct coil_stream *s, const void *data, size_t size)
{
    int rc = check_output(s);

    if (rc < 0 || size == 0)
        return rc;
    return send_appended(s, coil__buffer_append(output_of(s), data, size));
}

static size_t size_of(const struct iovec *pieces, int count)
{
    size_t size = 0;

    for (int i = 0; i < count; i++)
        size += pieces[i].iov_len;
    return size;
}

/* Append all pieces, or none. */
static int append_pieces(struct coil_buffer *to, const struct iovec *pieces,
                         int count, size_t size)
{
    int rc = coil__buffer_reserve(to, size);

    for (int i = 0; rc == 0 && i < count; i++)
        if (pieces[i].iov_len > 0)
            rc = coil__buffer_append(to, pieces[i].iov_base, pieces[i].iov_len);
    return rc;
}

int coil_stream_writev(struct coil_stream *s, const struct iovec *pieces,
                       int count)
{
    int rc = check_output(s);
    size_t size;

    if (rc < 0)
        return rc;
    if (count < 0)
        return -EINVAL;
    size = size_of(pieces, count);
    if (size == 0)
        return 0;
    return send_appended(s, append_pieces(output_of(s), pieces, count, size));
}

ptrdiff_t coil_stream_pass(struct coil_stream *s, const void *data, size_t size)
{
    int rc = check_output(s);

    if (rc < 0 || s->is_sending || !s->transport->takes_at_once)
        return rc;
    if (!begin(s, data, size)) {
        s->passed = (size_t)s->write.result;
        s->is_held_back = s->passed >= COIL__LOW_MARK;
    } else if (s->write.result <= 0 && !coil__is_shortage(s->write.result)) {
        break_writing(s, s->write.result < 0 ? (int)s->write.result : -EPIPE);
        return s->write_error;
    }
    return s->write.result;
}

/* Wait in `queue` of the stream, which may be closed afterwards. */
static int wait_to_write(struct coil_stream *s, struct coil_list *queue,
                         const struct coil_wait_reason *reason)
{
    struct coil_waiter self = COIL_WAITER(reason, s);
    int rc;

    coil__stream_hold(s);
    rc = coil__wait(queue, &self);
    if (!s->is_open && rc != -ECANCELED)
        rc = -EBADF;
    coil__stream_release(s);
    return rc;
}

/* A stream that was closed by its owner while this task gave way is no mistake. */
static COIL_COLD int refuse_closed(const struct coil_stream *s)
{
    coil__stream_check(s);
    return -EBADF;
}

/* There is nothing to wait for.  Give way if the budget has ended. */
static int need_not_wait(struct coil_stream *s)
{
    int rc;

    coil__burn(COIL__UNITS_BUFFERED);
    coil__stream_hold(s);
    coil__give_way();
    rc = s->is_open ? s->write_error : refuse_closed(s);
    coil__stream_release(s);
    return rc;
}

int coil_stream_drain(struct coil_stream *s)
{
    static const struct coil_wait_reason reason = { .name = "stream drain" };
    int rc = coil__checkpoint();

    if (rc < 0)
        return rc;
    if (s->write_error < 0 || !s->is_held_back)
        return need_not_wait(s);
    return wait_to_write(s, &s->drainers, &reason);
}

int coil_stream_flush(struct coil_stream *s)
{
    static const struct coil_wait_reason reason = { .name = "stream flush" };
    int rc = coil__checkpoint();

    if (rc < 0)
        return rc;
    if (s->write_error < 0 || unsent(s) == 0)
        return need_not_wait(s);
    return wait_to_write(s, &s->flushers, &reason);
}

static void shut_is_over(struct coil_transport_write *write)
{
    struct coil_stream *s =
        coil__container_of(write, struct coil_stream, write);

    s->is_sending = false;
    if (s->is_open && write->result < 0)
        break_writing(s, (int)write->result);
    if (s->is_open)
        coil__wake_all(&s->flushers, 0);
    coil__stream_release(s);
}

int coil__stream_shut(struct coil_stream *s)
{
    static const struct coil_wait_reason reason = { .name = "stream shutdown" };

    if (!s->is_sending) {
        s->write = (struct coil_transport_write){ .over = shut_is_over };
        s->is_shut = true;
        if (s->transport->ops->shutdown(s->transport, &s->write)) {
            s->is_shut = s->write.result == 0;
            return (int)s->write.result;
        }
        s->is_sending = true;
        coil__stream_hold(s);
    }
    return wait_to_write(s, &s->flushers, &reason);
}

int coil_stream_shutdown(struct coil_stream *s)
{
    int rc = coil__checkpoint();

    if (rc < 0)
        return rc;
    coil__stream_check(s);
    /* More may be written between the wake-up and this task's turn. */
    do {
        rc = s->has_file ? -EBUSY : coil_stream_flush(s);
        if (rc < 0)
            return rc;
    } while (unsent(s) > 0 || s->has_file);

    if (s->is_shut && !s->is_sending)
        return s->write_error;
    return coil__stream_shut(s);
}
