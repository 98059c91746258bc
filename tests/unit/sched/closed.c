/* SPDX-License-Identifier: MIT */
/*
 * Every function of an object that was closed tells so, in debug mode, and stops
 * the program.
 */
#include <errno.h>

#include <coil.h>
#include <coil/testing.h>

#include "base/platform.h"
#include "child.h"
#include "names.h"
#include "test.h"

static struct child child;

/* A function, called with an object after its end. */
struct use {
    const char *function;
    void (*call)(void *object);
};

static const struct coil_loop_options in_debug_mode = { .debug = true };


/* ---- streams ---------------------------------------------------------------- */

/* The results do not matter: nothing returns. */
static void use_read(void *s)
{
    char byte;

    (void)!coil_stream_read(s, &byte, 1);
}

static void use_read_nowait(void *s)
{
    char byte;

    (void)!coil_stream_read_nowait(s, &byte, 1);
}

static void use_wait_readable(void *s)
{
    (void)!coil_stream_wait_readable(s);
}

static void use_watch(void *s)
{
    static struct coil_stream_watch watch;

    (void)!coil_stream_watch(s, &watch, NULL, NULL);
}

static void use_read_exactly(void *s)
{
    char bytes[2];

    (void)!coil_stream_read_exactly(s, bytes, sizeof bytes, NULL);
}

static void use_read_until(void *s)
{
    char line[8];
    size_t length;

    (void)!coil_stream_read_until(s, "\n", 1, line, sizeof line, &length);
}

static void use_peek(void *s)
{
    const void *data;

    (void)!coil_stream_peek(s, &data);
}

static void use_peek_more(void *s)
{
    const void *data;

    (void)!coil_stream_peek_more(s, 1, &data);
}

static void use_consume(void *s)
{
    coil_stream_consume(s, 1);
}

static void use_is_stale(void *s)
{
    (void)!coil_stream_is_stale(s);
}

static void use_has_ended(void *s)
{
    (void)!coil_stream_has_ended(s);
}

static void use_write(void *s)
{
    (void)!coil_stream_write(s, "x", 1);
}

static void use_writev(void *s)
{
    static char x[] = "x";
    const struct iovec piece = { x, 1 };

    (void)!coil_stream_writev(s, &piece, 1);
}

static void use_pass(void *s)
{
    (void)!coil_stream_pass(s, "x", 1);
}

static void use_drain(void *s)
{
    (void)!coil_stream_drain(s);
}

static void use_flush(void *s)
{
    (void)!coil_stream_flush(s);
}

static void use_shutdown(void *s)
{
    (void)!coil_stream_shutdown(s);
}

static void use_send_file(void *s)
{
    (void)!coil_stream_send_file(s, 0, 0, 1, NULL);
}

static void use_unsent(void *s)
{
    (void)!coil_stream_unsent(s);
}

static void use_detach(void *s)
{
    (void)!coil_stream_detach(s);
}

static void use_adopt(void *s)
{
    (void)!coil_stream_adopt(s);
}

static void use_move(void *s)
{
    (void)!coil_stream_move(s, coil_loop_current());
}

static void use_close(void *s)
{
    (void)!coil_stream_close(s);
}

static void use_abort(void *s)
{
    coil_stream_abort(s);
}

static void use_local_address(void *s)
{
    struct coil_address address;

    coil_stream_local_address(s, &address);
}

static void use_peer_address(void *s)
{
    struct coil_address address;

    coil_stream_peer_address(s, &address);
}

static void use_transport(void *s)
{
    (void)!coil_stream_transport(s);
}

static void use_wrap(void *s)
{
    static struct coil_transport layer;

    (void)!coil_stream_wrap(s, &layer);
}

static void use_splice_from(void *s)
{
    struct coil_stream *pair[2];

    ASSERT_EQ(coil_stream_pair(pair), 0);
    (void)!coil_splice(pair[0], s, 1, NULL);
}

static void use_splice_to(void *s)
{
    struct coil_stream *pair[2];

    ASSERT_EQ(coil_stream_pair(pair), 0);
    (void)!coil_splice(s, pair[0], 1, NULL);
}

static void use_unix_peer(void *s)
{
    struct coil_unix_peer peer;

    (void)!coil_unix_peer(s, &peer);
}

static void use_unix_send(void *s)
{
    static const int fds[] = { 0 };

    (void)!coil_unix_send_descriptors(s, fds, 1, "x", 1);
}

static void use_unix_take(void *s)
{
    (void)!coil_unix_take_descriptor(s);
}

static const struct use of_stream[] = {
    { "coil_stream_read", use_read },
    { "coil_stream_read_nowait", use_read_nowait },
    { "coil_stream_wait_readable", use_wait_readable },
    { "coil_stream_watch", use_watch },
    { "coil_stream_read_exactly", use_read_exactly },
    { "coil_stream_read_until", use_read_until },
    { "coil_stream_peek", use_peek },
    { "coil_stream_peek_more", use_peek_more },
    { "coil_stream_consume", use_consume },
    { "coil_stream_is_stale", use_is_stale },
    { "coil_stream_has_ended", use_has_ended },
    { "coil_stream_write", use_write },
    { "coil_stream_writev", use_writev },
    { "coil_stream_pass", use_pass },
    { "coil_stream_drain", use_drain },
    { "coil_stream_flush", use_flush },
    { "coil_stream_shutdown", use_shutdown },
    { "coil_stream_send_file", use_send_file },
    { "coil_stream_unsent", use_unsent },
    { "coil_stream_detach", use_detach },
    { "coil_stream_adopt", use_adopt },
    { "coil_stream_move", use_move },
    { "coil_stream_close", use_close },
    { "coil_stream_abort", use_abort },
    { "coil_stream_local_address", use_local_address },
    { "coil_stream_peer_address", use_peer_address },
    { "coil_stream_transport", use_transport },
    { "coil_stream_wrap", use_wrap },
    { "coil_splice", use_splice_from },
    { "coil_splice", use_splice_to },
    { "coil_unix_peer", use_unix_peer },
    { "coil_unix_send_descriptors", use_unix_send },
    { "coil_unix_take_descriptor", use_unix_take },
};

static int use_stream(void *arg)
{
    const struct use *use = arg;
    struct coil_stream *pair[2];

    ASSERT_EQ(coil_stream_pair(pair), 0);
    coil_stream_abort(pair[0]);
    use->call(pair[0]);
    FAIL("%s returned", use->function);
}

/* ---- listeners -------------------------------------------------------------- */

static void use_accept(void *l)
{
    struct coil_stream *s;

    (void)!coil_listener_accept(l, &s);
}

static void use_seqpacket_accept(void *l)
{
    struct coil_datagram_socket *s;

    (void)!coil_unix_seqpacket_accept(l, &s);
}

static void use_address(void *l)
{
    struct coil_address address;

    coil_listener_address(l, &address);
}

static void use_addresses(void *l)
{
    (void)!coil_listener_addresses(l, NULL, 0);
}

static void use_connections(void *l)
{
    (void)!coil_listener_connections(l);
}

static void use_listener_close(void *l)
{
    coil_listener_close(l);
}

static const struct use of_listener[] = {
    { "coil_listener_accept", use_accept },
    { "coil_unix_seqpacket_accept", use_seqpacket_accept },
    { "coil_listener_address", use_address },
    { "coil_listener_addresses", use_addresses },
    { "coil_listener_connections", use_connections },
    { "coil_listener_close", use_listener_close },
};

static int use_listener(void *arg)
{
    const struct use *use = arg;
    struct coil_listener *l;

    ASSERT_EQ(coil_tcp_listen(&l, "127.0.0.1", 0), 0);
    coil_listener_close(l);
    use->call(l);
    FAIL("%s returned", use->function);
}

/* ---- datagrams -------------------------------------------------------------- */

static void use_send(void *s)
{
    (void)!coil_datagram_send(s, "x", 1);
}

static void use_send_to(void *s)
{
    static const struct coil_address nowhere;

    (void)!coil_datagram_send_to(s, "x", 1, &nowhere);
}

static void use_receive(void *s)
{
    char byte;

    (void)!coil_datagram_receive(s, &byte, 1);
}

static void use_receive_from(void *s)
{
    struct coil_address from;
    char byte;

    (void)!coil_datagram_receive_from(s, &byte, 1, &from);
}

static void use_receive_many(void *s)
{
    struct coil_datagram d = { .length = 0 };

    (void)!coil_datagram_receive_many(s, &d, 1);
}

static void use_send_many(void *s)
{
    struct coil_datagram d = { .length = 0 };

    (void)!coil_datagram_send_many(s, &d, 1);
}

static void use_datagram_local(void *s)
{
    struct coil_address address;

    coil_datagram_local_address(s, &address);
}

static void use_datagram_peer(void *s)
{
    struct coil_address address;

    coil_datagram_peer_address(s, &address);
}

static void use_join(void *s)
{
    static const struct coil_address group;

    (void)!coil_udp_join(s, &group, 0);
}

static void use_leave(void *s)
{
    static const struct coil_address group;

    (void)!coil_udp_leave(s, &group, 0);
}

static void use_hops(void *s)
{
    (void)!coil_udp_set_multicast_hops(s, 1);
}

static void use_multicast_loop(void *s)
{
    (void)!coil_udp_set_multicast_loop(s, true);
}

static void use_unix_connect(void *s)
{
    (void)!coil_unix_datagram_connect(s, "@coil");
}

static void use_datagram_close(void *s)
{
    coil_datagram_close(s);
}

static const struct use of_datagrams[] = {
    { "coil_datagram_send", use_send },
    { "coil_datagram_send_to", use_send_to },
    { "coil_datagram_receive", use_receive },
    { "coil_datagram_receive_from", use_receive_from },
    { "coil_datagram_receive_many", use_receive_many },
    { "coil_datagram_send_many", use_send_many },
    { "coil_datagram_local_address", use_datagram_local },
    { "coil_datagram_peer_address", use_datagram_peer },
    { "coil_udp_join", use_join },
    { "coil_udp_leave", use_leave },
    { "coil_udp_set_multicast_hops", use_hops },
    { "coil_udp_set_multicast_loop", use_multicast_loop },
    { "coil_unix_datagram_connect", use_unix_connect },
    { "coil_datagram_close", use_datagram_close },
};

static int use_datagrams(void *arg)
{
    const struct use *use = arg;
    struct coil_datagram_socket *s;

    ASSERT_EQ(coil_udp_bind(&s, "127.0.0.1", 0, NULL), 0);
    coil_datagram_close(s);
    use->call(s);
    FAIL("%s returned", use->function);
}

/* ---- all of them ------------------------------------------------------------ */

struct kind {
    coil_fn use;
    const struct use *uses;
    size_t count;
    const char *message;
    const char *ended_by;
};

static const struct kind streams = { use_stream, of_stream,
                                     sizeof of_stream / sizeof *of_stream,
                                     "a stream is used after it was closed",
                                     "coil_stream_abort()" };

static const struct kind listeners = { use_listener, of_listener,
                                       sizeof of_listener / sizeof *of_listener,
                                       "a listener is used after it was closed",
                                       "coil_listener_close()" };

static const struct kind datagrams = {
    use_datagrams, of_datagrams, sizeof of_datagrams / sizeof *of_datagrams,
    "a datagram socket is used after it was closed", "coil_datagram_close()"
};

/* Which use, of which kind, the child makes. */
static const struct kind *kind;
static size_t at;

static void run_child(void *arg)
{
    (void)arg;
    (void)!coil_run_with(kind->use, (void *)&kind->uses[at], &in_debug_mode);
}

static void check_use(const struct kind *of, size_t i)
{
    char start[128];

    kind = of;
    at = i;
    child_run(&child, run_child, NULL);
    ASSERT_CHILD_KILLED(&child, SIGABRT);
    ASSERT_STR_CONTAINS(child.text, of->message);
    ASSERT_STR_CONTAINS(child.text, "end it once, after its last use");
    if (!knows_callers())
        return;
    snprintf(start, sizeof start, "coil: %s: %s, by ", of->uses[i].function,
             of->message);
    ASSERT_STR_CONTAINS(child.text, start);
    ASSERT_STR_CONTAINS(child.text, of->ended_by);
}

static void check_all(const struct kind *of)
{
    for (size_t i = 0; i < of->count; i++)
        check_use(of, i);
}

TEST(closed_stream_is_told_by_every_function)
{
    check_all(&streams);
}

TEST(closed_listener_is_told_by_every_function)
{
    check_all(&listeners);
}

TEST(closed_datagram_socket_is_told_by_every_function)
{
    check_all(&datagrams);
}

/* ---- what is no mistake ----------------------------------------------------- */

static int read_byte(void *arg)
{
    char byte;

    return (int)coil_stream_read(arg, &byte, 1);
}

static int close_under_reader(void *arg)
{
    struct coil_stream *pair[2];
    struct coil_task *reader;

    (void)arg;
    ASSERT_EQ(coil_stream_pair(pair), 0);
    ASSERT_EQ(coil_task_create(&reader, read_byte, pair[0]), 0);
    ASSERT_EQ(coil_yield(), 0);
    coil_stream_abort(pair[0]);
    coil_stream_abort(pair[1]);
    ASSERT_EQ(coil_task_await(reader), -EBADF);
    coil_task_release(reader);
    return 0;
}

TEST(closed_stream_ends_the_read_of_another_task_with_an_error)
{
    ASSERT_EQ(coil_run_with(close_under_reader, NULL, &in_debug_mode), 0);
}

static void use_again_after_reading(void *arg)
{
    struct coil_stream **pair = arg;

    ASSERT_EQ(read_byte(pair[0]), -EBADF);
    use_write(pair[0]);
}

static int read_and_write(void *arg)
{
    use_again_after_reading(arg);
    return 0;
}

static int close_under_writer(void *arg)
{
    static struct coil_stream *pair[2];

    (void)arg;
    ASSERT_EQ(coil_stream_pair(pair), 0);
    ASSERT_EQ(coil_task_create(NULL, read_and_write, pair), 0);
    ASSERT_EQ(coil_yield(), 0);
    coil_stream_abort(pair[0]);
    return coil_sleep(COIL_MILLISECOND);
}

static void run_reader(void *arg)
{
    (void)!coil_run_with(close_under_writer, arg, &in_debug_mode);
}

/* The reader had the last reference: who has closed the stream is not known. */
TEST(closed_stream_that_was_being_read_is_told_at_the_next_call)
{
    child_run(&child, run_reader, NULL);
    ASSERT_CHILD_KILLED(&child, SIGABRT);
    ASSERT_STR_CONTAINS(child.text, "a stream is used after it was closed");
    ASSERT_NULL(strstr(child.text, "() was called"));
}

/* ---- objects of the program's own ------------------------------------------- */

struct thing {
    bool is_closed;
    size_t number;
};

enum { THINGS = 100, KEPT = 64 };

static size_t freed;

/* Things are freed in the order in which they were closed. */
static void free_thing(void *object)
{
    struct thing *thing = object;

    ASSERT_EQ(thing->number, freed);
    freed++;
    free(thing);
}

static void close_thing(struct thing *thing)
{
    thing->is_closed = true;
    if (!coil_closed_keep(thing, free_thing))
        free_thing(thing);
}

static int close_things(void *arg)
{
    size_t kept = *(size_t *)arg;

    freed = 0;
    for (size_t i = 0; i < THINGS; i++) {
        struct thing *thing = calloc(1, sizeof *thing);

        ASSERT_NOT_NULL(thing);
        thing->number = i;
        close_thing(thing);
        ASSERT_EQ(freed, i + 1 > kept ? i + 1 - kept : 0);
    }
    return 0;
}

TEST(closed_things_are_kept_as_long_as_the_page_says)
{
    size_t kept = KEPT;

    /* What is kept in the end is freed with the loop. */
    ASSERT_EQ(coil_run_with(close_things, &kept, &in_debug_mode), 0);
    ASSERT_EQ(freed, THINGS);
    kept = 0;
    ASSERT_EQ(coil_run(close_things, &kept), 0);
    ASSERT_EQ(freed, THINGS);
}

TEST(closed_things_without_a_loop_are_the_callers)
{
    struct thing thing = { .number = 0 };

    ASSERT(!coil_closed_keep(&thing, free_thing));
}

static int fail_to_keep(void *arg)
{
    struct thing thing = { .number = 0 };

    (void)arg;
    coil_test_fail_allocation(1, false);
    ASSERT(!coil_closed_keep(&thing, free_thing));
    coil_test_fail_allocation(0, false);
    return 0;
}

TEST(closed_things_are_the_callers_if_memory_is_lacking)
{
    ASSERT_EQ(coil_run_with(fail_to_keep, NULL, &in_debug_mode), 0);
}

static int stop(void *arg)
{
    struct thing thing = { .is_closed = true };

    (void)arg;
    coil_closed_stop(&thing, "a thing is used after it was closed");
}

PANIC_TEST(closed_thing_stops_the_program,
           "a thing is used after it was closed")
{
    (void)!coil_run(stop, NULL);
}
