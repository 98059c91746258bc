/* SPDX-License-Identifier: MIT */
/* stream.c - programs of two tasks at one stream: scenario.h */
#include "scenarios/net.h"

#include <stdlib.h>
#include <unistd.h>

#include <coil/splice.h>

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

static int await_pieces(void *arg)
{
    char byte;
    int rc;

    (void)arg;
    for (taken = 0; taken < 14;) {
        rc = coil_stream_wait_readable(far);
        if (rc < 0)
            return rc;
        if (coil_stream_read_nowait(far, &byte, 1) == 0) {
            ptrdiff_t n = coil_stream_read(far, &byte, 1);

            if (n <= 0)
                return n < 0 ? (int)n : -EPIPE;
        }
        taken++;
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

enum { FILE_SIZE = 2 * CHUNK };

static int file;

static int send_file(void *arg)
{
    int64_t bytes;
    int rc = coil_stream_send_file(near, file, 0, FILE_SIZE, &bytes);

    (void)arg;
    written += (size_t)bytes;
    return rc;
}

static int begin_writing(void)
{
    int rc = begin_pair();

    written = taken = 0;
    return rc < 0 ? rc : help(read_slowly, NULL);
}

static int begin_sending_file(void)
{
    static const unsigned char chunk[CHUNK];
    char name[] = "/tmp/coil-scenario-XXXXXX";

    file = mkstemp(name);
    ASSERT_GE(file, 0);
    unlink(name);
    for (int size = 0; size < FILE_SIZE; size += CHUNK)
        ASSERT_EQ(write(file, chunk, CHUNK), CHUNK);
    return begin_writing();
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

static void end_sending_file(void)
{
    end_pair();
    close(file);
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

static bool is_spliced;

static int pump(struct coil_stream *from, struct coil_stream *to)
{
    char bytes[16];
    ptrdiff_t n;
    int rc = is_spliced ? coil_splice(to, from, -1, NULL) : 0;

    if (rc < 0)
        return rc;
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
    rc = tell(s, "to and fro");
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

static int begin_splicing(void)
{
    is_spliced = true;
    return begin_proxy();
}

static void end_proxy(void)
{
    is_spliced = false;
    coil_listener_close(proxy_listener);
    end_listening();
}

/* ---- all of them ---- */

const struct scenario scenarios_stream[] = {
    { "read_until", begin_reading, read_lines, probe_rest, end_pair },
    { "read_exactly", begin_reading, read_exactly, probe_rest, end_pair },
    { "read", begin_reading, read_pieces, probe_rest, end_pair },
    { "peek", begin_reading, peek_pieces, probe_rest, end_pair },
    { "wait_readable", begin_reading, await_pieces, probe_rest, end_pair },
    { "write_and_drain", begin_writing, write_much, probe_written, end_pair },
    { "send_file", begin_sending_file, send_file, probe_written,
      end_sending_file },
    { "close", begin_closing, write_and_close, probe_closed, end_pair },
    { "proxy", begin_proxy, proxy, probe_server, end_proxy },
    { "splice", begin_splicing, proxy, probe_server, end_proxy },
    { NULL },
};
