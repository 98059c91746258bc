/* SPDX-License-Identifier: MIT */
/*
 * io.c - programs of streams, names and threads: scenario.h
 */
#include <string.h>

#include <coil/resolve.h>
#include <coil/stream.h>
#include <coil/task_group.h>
#include <coil/thread.h>

#include "scenario.h"

/* ---- a server that echoes ---- */

static struct coil_listener *listener;
static struct coil_address server_address;

static int echo(void *arg)
{
    struct coil_stream *s = *(struct coil_stream **)arg;
    char bytes[64];
    ptrdiff_t n;
    int rc;

    for (;;) {
        n = coil_stream_read(s, bytes, sizeof bytes);
        if (n <= 0)
            return 0;
        rc = coil_stream_write(s, bytes, (size_t)n);
        if (rc == 0)
            rc = coil_stream_flush(s);
        if (rc < 0)
            return 0;
    }
}

static void hang_up(void *arg)
{
    coil_stream_abort(*(struct coil_stream **)arg);
}

/* Accept until cancelled, whatever else happens. */
static int serve(void *arg)
{
    const struct coil_task_options options = { .arg_size =
                                                   sizeof(struct coil_stream *),
                                               .arg_destroy = hang_up };
    struct coil_task_group group;
    struct coil_stream *s;
    int rc = coil_task_group_begin(&group);

    (void)arg;
    ASSERT_EQ(rc, 0);
    while (rc != -ECANCELED && rc != -EBADF) {
        rc = coil_listener_accept(listener, &s);
        if (rc == 0 &&
            coil_task_group_create_with(&group, NULL, echo, &s, &options) < 0)
            coil_stream_abort(s);
    }
    return coil_task_group_end(&group, rc);
}

static int begin_listening(void)
{
    int rc = coil_tcp_listen(&listener, "127.0.0.1", 0);

    if (rc == 0)
        coil_listener_address(listener, &server_address);
    return rc;
}

static int begin_server(void)
{
    int rc = begin_listening();

    return rc < 0 ? rc : help(serve, NULL);
}

static void end_listening(void)
{
    coil_listener_close(listener);
    listener = NULL;
}

static int say(struct coil_stream *s, const char *text)
{
    int rc = coil_stream_write(s, text, strlen(text));

    return rc < 0 ? rc : coil_stream_flush(s);
}

static int hear(struct coil_stream *s, const char *text)
{
    char bytes[64];
    int rc = coil_stream_read_exactly(s, bytes, strlen(text), NULL);

    if (rc == 0)
        ASSERT_MEM_EQ(bytes, text, strlen(text));
    return rc;
}

static int converse(void *arg)
{
    struct coil_stream *s;
    int rc = coil_tcp_connect_address(&s, &server_address);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = say(s, "hello");
    if (rc == 0)
        rc = hear(s, "hello");
    if (rc == 0)
        rc = say(s, "again");
    if (rc == 0)
        rc = hear(s, "again");
    coil_stream_abort(s);
    return rc;
}

static void probe_server(void)
{
    ASSERT_EQ(converse(NULL), 0);
}

static int converse_and_close(void *arg)
{
    struct coil_stream *s;
    int rc = coil_tcp_connect_address(&s, &server_address);
    int closed;

    (void)arg;
    if (rc < 0)
        return rc;
    rc = say(s, "hello");
    if (rc == 0)
        rc = coil_stream_shutdown(s);
    if (rc == 0)
        rc = hear(s, "hello");
    if (rc == 0)
        rc = (int)coil_stream_read(s, &closed, 1);
    ASSERT_LE(rc, 0);
    closed = coil_stream_close(s);
    return rc < 0 ? rc : closed;
}

/* Two conversations at a time, limited by a group under a timeout. */
static int converse_in_a_group(void *arg)
{
    struct coil_task_group group;
    struct coil_timeout limit;
    int rc = coil_timeout_begin(&limit, COIL_SECOND);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = coil_task_group_begin(&group);
    ASSERT_EQ(rc, 0);
    for (int i = 0; rc == 0 && i < 3; i++)
        rc = coil_task_group_create(&group, NULL, converse, NULL);
    rc = coil_task_group_end(&group, rc);
    return coil_timeout_end(&limit, rc);
}

/* ---- the one who serves is the victim ---- */

static int call_thrice(void *arg)
{
    for (int i = 0; i < 3; i++) {
        struct coil_timeout limit;
        int rc = coil_timeout_begin(&limit, COIL_SECOND);

        ASSERT_EQ(rc, 0);
        rc = coil_timeout_end(&limit, converse(arg));
        if (rc == -ECANCELED)
            return rc;
    }
    return 0;
}

static int serve_for_a_while(void *arg)
{
    struct coil_timeout limit;
    int rc = coil_timeout_begin(&limit, COIL_MINUTE);

    if (rc < 0)
        return rc;
    rc = coil_timeout_end(&limit, serve(arg));
    return rc == -ETIMEDOUT ? 0 : rc;
}

static int begin_callers(void)
{
    int rc = begin_listening();

    return rc < 0 ? rc : help(call_thrice, NULL);
}

/* Somebody else can accept on the same socket. */
static void probe_listener(void)
{
    expect_helpers();
    ASSERT_EQ(help(serve, NULL), 0);
    ASSERT_EQ(converse(NULL), 0);
}

static int accepted;

/* One accept; a connection that was not taken is still there. */
static int accept_one(void *arg)
{
    struct coil_stream *s;
    int rc = coil_listener_accept(listener, &s);

    (void)arg;
    if (rc == 0)
        accepted++;
    if (rc == 0)
        coil_stream_abort(s);
    return rc;
}

static int connect_only(void *arg)
{
    struct coil_stream *s;
    int rc = coil_sleep(COIL_MILLISECOND);

    (void)arg;
    if (rc == 0)
        rc = coil_tcp_connect_address(&s, &server_address);
    if (rc == 0)
        rc = coil_sleep(COIL_SECOND);
    else
        return rc;
    coil_stream_abort(s);
    return rc;
}

static int begin_one_caller(void)
{
    int rc = begin_listening();

    accepted = 0;
    return rc < 0 ? rc : help(connect_only, NULL);
}

static void probe_accept(void)
{
    struct coil_timeout limit;
    int rc;

    ASSERT_EQ(coil_timeout_begin(&limit, COIL_MINUTE), 0);
    rc = accepted == 0 ? accept_one(NULL) : 0;
    rc = coil_timeout_end(&limit, rc);
    if (!is_failing)
        ASSERT_EQ(rc, 0);
    expect_helpers();
}

/* At all addresses: what another socket brings meanwhile is not lost either. */
static int begin_one_caller_of_many(void)
{
    int rc = coil_tcp_listen(&listener, NULL, 0);

    accepted = 0;
    if (rc < 0)
        return rc;
    coil_listener_address(listener, &server_address);
    return help(connect_only, NULL);
}

/* ---- one connection, held by the main task ---- */

static struct coil_stream *near, *far;

static int begin_pair(void)
{
    int rc = begin_listening();

    near = far = NULL;
    if (rc == 0)
        rc = coil_tcp_connect_address(&near, &server_address);
    if (rc == 0)
        rc = coil_listener_accept(listener, &far);
    return rc;
}

static void end_pair(void)
{
    coil_stream_abort(near);
    coil_stream_abort(far);
    end_listening();
}

static size_t sent; /* that the stream has taken */

static int send_slowly(void *arg)
{
    const char *text = "one\ntwo\nthree\n";
    int rc = 0;

    (void)arg;
    for (size_t i = 0; rc == 0 && text[i]; i++) {
        rc = coil_stream_write(near, text + i, 1);
        if (rc == 0)
            sent++;
        if (rc == 0 && i % 3 == 0)
            rc = coil_sleep(COIL_MILLISECOND);
    }
    return rc < 0 ? rc : coil_stream_flush(near);
}

static int begin_slow_pair(void)
{
    int rc = begin_pair();

    return rc < 0 ? rc : help(send_slowly, NULL);
}

/*
 * What was sent, byte for byte: in `text` from `taken` on is what the victim
 * has not consumed.
 */
static size_t taken;

static bool is_lack(int error)
{
    return error == -ENOMEM || error == -ENOBUFS || error == -EMFILE ||
           error == -ENFILE;
}

/*
 * The streams are used on.  For want of something nothing is lost that was
 * taken to be sent; a connection that broke stays so.
 */
static void probe_after_failure(const char *text)
{
    int rc = coil_stream_shutdown(near);
    ptrdiff_t n;
    char byte;

    if (rc < 0) {
        coil_stream_abort(near);
        near = NULL;
    }
    while ((n = coil_stream_read(far, &byte, 1)) > 0)
        ASSERT_EQ(byte, text[taken++]);
    ASSERT_LE(taken, sent);
    if (is_lack(failing_error) && rc == 0) {
        ASSERT_EQ(n, 0);
        ASSERT_EQ(taken, sent);
    }
    ASSERT_EQ(coil_stream_read(far, &byte, 1), n);
}

static void probe_rest(void)
{
    const char *text = "one\ntwo\nthree\n";
    char bytes[64];
    size_t rest = strlen(text) - taken;

    expect_helpers();
    if (is_failing) {
        probe_after_failure(text);
        return;
    }
    ASSERT_EQ(coil_stream_read_exactly(far, bytes, rest, NULL), 0);
    ASSERT_MEM_EQ(bytes, text + taken, rest);
}

static int read_lines(void *arg)
{
    char line[64];
    size_t length;
    int rc = 0;

    (void)arg;
    taken = 0;
    for (int i = 0; rc == 0 && i < 3; i++) {
        rc = coil_stream_read_until(far, "\n", 1, line, sizeof line, &length);
        if (rc == 0)
            taken += length;
    }
    return rc;
}

static int read_exactly(void *arg)
{
    char bytes[14];
    int rc;

    (void)arg;
    taken = 0;
    rc = coil_stream_read_exactly(far, bytes, sizeof bytes, &taken);
    if (rc == -ECANCELED) /* all or nothing, as far as it can be buffered */
        ASSERT_EQ(taken, 0);
    return rc;
}

static int read_pieces(void *arg)
{
    char bytes[4];
    ptrdiff_t n;

    (void)arg;
    for (taken = 0; taken < 14; taken += (size_t)n) {
        n = coil_stream_read(far, bytes, sizeof bytes);
        if (n <= 0)
            return n < 0 ? (int)n : -EPIPE;
    }
    return 0;
}

static int peek_pieces(void *arg)
{
    const void *data;
    ptrdiff_t n;

    (void)arg;
    for (taken = 0; taken < 14; taken++) {
        n = coil_stream_peek(far, &data);
        if (n <= 0)
            return n < 0 ? (int)n : -EPIPE;
        coil_stream_consume(far, 1);
    }
    return 0;
}

static int begin_reading(void)
{
    taken = 0;
    sent = 0;
    return begin_slow_pair();
}

/* A writer whom a slow reader holds back. */
enum { CHUNK = 50000, CHUNKS = 6 };

static size_t written;

static int write_much(void *arg)
{
    static const unsigned char chunk[CHUNK];
    int rc = 0;

    (void)arg;
    for (int i = 0; rc == 0 && i < CHUNKS; i++) {
        rc = coil_stream_write(near, chunk, sizeof chunk);
        if (rc < 0)
            break;
        written += sizeof chunk;
        rc = coil_stream_drain(near);
    }
    return rc < 0 ? rc : coil_stream_flush(near);
}

static int read_slowly(void *arg)
{
    static unsigned char bytes[CHUNK];
    ptrdiff_t n;

    (void)arg;
    do {
        n = coil_sleep(COIL_MILLISECOND);
        if (n == 0)
            n = coil_stream_read(far, bytes, sizeof bytes);
        if (n > 0)
            taken += (size_t)n;
    } while (n > 0);
    return (int)n;
}

static int begin_writing(void)
{
    int rc = begin_pair();

    written = taken = 0;
    return rc < 0 ? rc : help(read_slowly, NULL);
}

/* All that was accepted for sending arrives. */
static void probe_written(void)
{
    bool lacks = is_failing && is_lack(failing_error);
    int rc;

    if (is_failing && coil_task_is_done(helpers[0])) { /* nobody reads */
        if (lacks) {
            ASSERT_EQ(help(read_slowly, NULL), 0);
        } else {
            coil_stream_abort(far);
            far = NULL;
        }
    }
    rc = coil_stream_shutdown(near);
    if (!is_failing)
        ASSERT_EQ(rc, 0);
    if (rc < 0) {
        coil_stream_abort(near);
        near = NULL;
    }
    expect_helpers();
    if (!is_failing || (lacks && rc == 0))
        ASSERT_EQ(taken, written);
}

/* Close flushes; if that is cancelled, the stream is gone all the same. */
static int write_and_close(void *arg)
{
    static const unsigned char chunk[CHUNK];
    int rc = 0;
    int closed;

    (void)arg;
    for (int i = 0; rc == 0 && i < 3; i++)
        rc = coil_stream_write(near, chunk, sizeof chunk);
    closed = coil_stream_close(near);
    near = NULL;
    return rc < 0 ? rc : closed;
}

static void probe_closed(void)
{
    if (near) /* it never ran */
        ASSERT_EQ(write_and_close(NULL), 0);
    for (int i = 0; i < helper_count; i++)
        (void)!coil_task_await(helpers[i]);
    ASSERT(helpers_are_done());
}

/* A reader who is told of what goes wrong, and takes it. */
static int read_whatever_comes(void *arg)
{
    int rc = read_slowly(arg);

    return rc == -ECANCELED ? rc : 0;
}

static int begin_closing(void)
{
    int rc = begin_pair();

    written = taken = 0;
    return rc < 0 ? rc : help(read_whatever_comes, NULL);
}

/* ---- between two streams ---- */

static struct coil_stream *left, *right; /* of a proxy */

static int pump(struct coil_stream *from, struct coil_stream *to)
{
    char bytes[16];
    ptrdiff_t n;
    int rc = 0;

    while ((n = coil_stream_read(from, bytes, sizeof bytes)) > 0) {
        rc = coil_stream_write(to, bytes, (size_t)n);
        if (rc == 0)
            rc = coil_stream_flush(to);
        if (rc < 0)
            return rc;
    }
    return n < 0 ? (int)n : coil_stream_shutdown(to);
}

static int pump_there(void *arg)
{
    (void)arg;
    return pump(left, right);
}

static int pump_back(void *arg)
{
    (void)arg;
    return pump(right, left);
}

/* Connect the first caller with the server of echoes. */
static struct coil_listener *proxy_listener;
static struct coil_address proxy_address;

static int proxy(void *arg)
{
    struct coil_task_group group;
    int rc;

    (void)arg;
    left = right = NULL;
    rc = coil_listener_accept(proxy_listener, &left);
    if (rc < 0)
        return rc;
    rc = coil_tcp_connect_address(&right, &server_address);
    if (rc < 0)
        goto abort_left;
    rc = coil_task_group_begin(&group);
    ASSERT_EQ(rc, 0);
    rc = coil_task_group_create(&group, NULL, pump_there, NULL);
    if (rc == 0)
        rc = coil_task_group_create(&group, NULL, pump_back, NULL);
    rc = coil_task_group_end(&group, rc);
    coil_stream_abort(right);

abort_left:
    coil_stream_abort(left);
    return rc;
}

static int call_proxy(void *arg)
{
    struct coil_stream *s;
    int rc = coil_tcp_connect_address(&s, &proxy_address);

    (void)arg;
    if (rc < 0)
        return 0;
    rc = say(s, "to and fro");
    if (rc == 0)
        rc = hear(s, "to and fro");
    if (rc == 0)
        rc = coil_stream_shutdown(s);
    while (rc == 0) {
        char c;

        if (coil_stream_read(s, &c, 1) <= 0)
            break;
    }
    coil_stream_abort(s);
    return rc == -ECANCELED ? rc : 0;
}

static int begin_proxy(void)
{
    int rc;

    proxy_listener = NULL;
    rc = begin_server();
    if (rc == 0)
        rc = coil_tcp_listen(&proxy_listener, "127.0.0.1", 0);
    if (rc < 0)
        return rc;
    coil_listener_address(proxy_listener, &proxy_address);
    return help(call_proxy, NULL);
}

static void end_proxy(void)
{
    coil_listener_close(proxy_listener);
    end_listening();
}

/* ---- connecting ---- */

/* Nobody listens there. */
static int connect_in_vain(void *arg)
{
    struct coil_stream *s;
    int rc = coil_tcp_connect(&s, "127.0.0.1", 9);

    (void)arg;
    ASSERT_NULL(s);
    return rc == -ECONNREFUSED ? coil_yield() : rc;
}

/* By name, if this machine knows it. */
static int connect_by_name(void *arg)
{
    struct coil_stream *s;
    int rc =
        coil_tcp_connect(&s, "localhost", coil_address_port(&server_address));

    (void)arg;
    if (rc < 0)
        return rc == -ECONNREFUSED ? 0 : rc;
    rc = say(s, "hello");
    if (rc == 0)
        rc = hear(s, "hello");
    coil_stream_abort(s);
    return rc;
}

/* ---- names and threads ---- */

static int resolve(void *arg)
{
    struct coil_address *addresses;
    size_t n;
    int rc = coil_resolve("localhost", 80, &addresses, &n);

    (void)arg;
    if (rc < 0)
        return rc;
    ASSERT_GT(n, 0);
    ASSERT_EQ(coil_address_port(&addresses[0]), 80);
    coil_addresses_free(addresses);
    return 0;
}

static void probe_resolver(void)
{
    expect_helpers();
    ASSERT_EQ(resolve(NULL), 0);
}

static int begin_resolving(void)
{
    return help(resolve, NULL);
}

static int triple(void *arg)
{
    int *number = arg;

    *number *= 3;
    return 5;
}

static int compute(void *arg)
{
    int number = 14;
    int rc = coil_to_thread_copy(triple, &number);

    (void)arg;
    if (rc < 0) {
        ASSERT_EQ(number, 14);
        return rc;
    }
    ASSERT_EQ(rc, 5);
    ASSERT_EQ(number, 42);
    number = 1;
    rc = coil_to_thread(triple, &number);
    return rc < 0 ? rc : 0;
}

static void probe_threads(void)
{
    ASSERT_EQ(compute(NULL), 0);
}

/* ---- all of them ---- */

const struct scenario scenarios_io[] = {
    { "echo", begin_server, converse, probe_server, end_listening },
    { "echo_shut_down_and_close", begin_server, converse_and_close,
      probe_server, end_listening },
    { "echo_in_a_group", begin_server, converse_in_a_group, probe_server,
      end_listening },
    { "accept_loop", begin_callers, serve_for_a_while, probe_listener,
      end_listening },
    { "accept", begin_one_caller, accept_one, probe_accept, end_listening },
    { "accept_everywhere", begin_one_caller_of_many, accept_one, probe_accept,
      end_listening },
    { "read_until", begin_reading, read_lines, probe_rest, end_pair },
    { "read_exactly", begin_reading, read_exactly, probe_rest, end_pair },
    { "read", begin_reading, read_pieces, probe_rest, end_pair },
    { "peek", begin_reading, peek_pieces, probe_rest, end_pair },
    { "write_and_drain", begin_writing, write_much, probe_written, end_pair },
    { "close", begin_closing, write_and_close, probe_closed, end_pair },
    { "proxy", begin_proxy, proxy, probe_server, end_proxy },
    { "connect_refused", begin_server, connect_in_vain, probe_server,
      end_listening },
    { "connect_by_name", begin_server, connect_by_name, probe_server,
      end_listening },
    { "resolve", no_begin, resolve, probe_resolver, no_end },
    { "resolve_beside_another", begin_resolving, resolve, probe_resolver,
      no_end },
    { "to_thread", no_begin, compute, probe_threads, no_end },
    { NULL },
};
