/* SPDX-License-Identifier: MIT */
/*
 * Every suspending function of messages and of Unix sockets, cancelled in each
 * state of its wait: no message, connection or descriptor is lost.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/un.h>
#include <unistd.h>

#include <coil/listener.h>
#include <coil/stream.h>
#include <coil/udp.h>
#include <coil/unix.h>

#include "cancel_everywhere.h"
#include "unix_test.h"

/* ---- a socket to which nothing was sent ----------------------------------- */

static struct coil_datagram_socket *here;
static struct coil_datagram_socket *there;
static struct coil_address address; /* of `here` */

static void open_both(void)
{
    ASSERT_EQ(coil_udp_bind(&here, "127.0.0.1", 0, NULL), 0);
    coil_datagram_local_address(here, &address);
    ASSERT_EQ(coil_udp_connect_address(&there, &address, NULL), 0);
}

static void close_both(void)
{
    coil_datagram_close(here);
    coil_datagram_close(there);
}

static void send_word(void)
{
    ASSERT_EQ(coil_datagram_send(there, "word", 4), 4);
}

static int check_word(ptrdiff_t n, const char *text)
{
    if (n < 0)
        return (int)n;
    ASSERT_EQ(n, 4);
    ASSERT_MEM_EQ(text, "word", 4);
    return 0;
}

static int receive(void)
{
    char text[8];

    return check_word(coil_datagram_receive(here, text, sizeof text), text);
}

static int receive_from(void)
{
    struct coil_address from;
    char text[8];
    ptrdiff_t n;

    n = coil_datagram_receive_from(here, text, sizeof text, &from);
    return check_word(n, text);
}

static int receive_many(void)
{
    char text[2][8];
    struct coil_datagram d[2] = { { .data = text[0], .size = 8 },
                                  { .data = text[1], .size = 8 } };
    ptrdiff_t n = coil_datagram_receive_many(here, d, 2);

    if (n < 0)
        return (int)n;
    ASSERT_EQ(n, 1);
    return check_word((ptrdiff_t)d[0].length, text[0]);
}

/* ---- a socket that takes no more ------------------------------------------ */

static char much[50000];

static int send_for_ever(void *arg)
{
    (void)arg;
    for (;;) {
        ptrdiff_t n = coil_datagram_send(there, much, sizeof much);

        if (n < 0)
            return (int)n;
    }
}

static void open_full(void)
{
    const char *name = unix_name("full");
    struct coil_task *sender;

    ASSERT_EQ(coil_unix_datagram_bind(&here, name, NULL), 0);
    ASSERT_EQ(coil_unix_datagram_bind(&there, NULL, NULL), 0);
    ASSERT_EQ(coil_unix_datagram_connect(there, name), 0);
    coil_datagram_local_address(here, &address);
    sender = start(send_for_ever, NULL);
    settle();
    ASSERT_EQ(end_by_cancelling(sender), -ECANCELED);
}

static void make_room(void)
{
    ASSERT_EQ(coil_datagram_receive(here, much, sizeof much), sizeof much);
}

static int sent(ptrdiff_t n)
{
    return n < 0 ? (int)n : 0;
}

static int send_one(void)
{
    return sent(coil_datagram_send(there, much, sizeof much));
}

static int send_to(void)
{
    return sent(coil_datagram_send_to(there, much, sizeof much, &address));
}

static int send_many(void)
{
    struct coil_datagram d = { .data = much, .size = sizeof much };

    return sent(coil_datagram_send_many(there, &d, 1));
}

/* ---- making sockets of UDP ------------------------------------------------ */

static int give_up(int rc, struct coil_datagram_socket *socket)
{
    if (rc < 0)
        ASSERT_NULL(socket);
    coil_datagram_close(socket);
    return rc;
}

static int bind_udp(void)
{
    struct coil_datagram_socket *s = NULL;
    int rc = coil_udp_bind(&s, "127.0.0.1", 0, NULL);

    return give_up(rc, s);
}

static int connect_udp(void)
{
    struct coil_datagram_socket *s = NULL;
    int rc = coil_udp_connect(&s, "127.0.0.1", 9, NULL);

    return give_up(rc, s);
}

static int connect_udp_address(void)
{
    struct coil_datagram_socket *s = NULL;
    int rc = coil_udp_connect_address(&s, &address, NULL);

    return give_up(rc, s);
}

static int connect_unix_datagram(void)
{
    return coil_unix_datagram_connect(there, "@nobody-has-this-name") ==
                   -ECANCELED
               ? -ECANCELED
               : 0;
}

static void open_nameless(void)
{
    here = NULL;
    ASSERT_EQ(coil_unix_datagram_bind(&there, NULL, NULL), 0);
}

/* ---- a Unix socket with a full queue -------------------------------------- */

enum { BACKLOG = 128 }; /* the simulator's */

static struct coil_listener *listener;
static struct coil_datagram_socket *messages[BACKLOG];
static struct coil_stream *streams[BACKLOG];
static const char *name;
static int raw[16];
static size_t raw_count;

static struct sockaddr_un raw_address(void)
{
    struct sockaddr_un un = { .sun_family = AF_UNIX };

    snprintf(un.sun_path, sizeof un.sun_path, "%s", name);
    return un;
}

static void fill_kernel(int type)
{
    struct sockaddr_un un = raw_address();
    int rc = 0;

    raw[0] = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    ASSERT_EQ(bind(raw[0], (struct sockaddr *)&un, sizeof un), 0);
    ASSERT_EQ(listen(raw[0], 0), 0);
    for (raw_count = 1; rc == 0; raw_count++) {
        ASSERT_LT(raw_count, 16);
        raw[raw_count] =
            socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        rc = connect(raw[raw_count], (struct sockaddr *)&un, sizeof un);
    }
}

static void fill_streams(void)
{
    name = unix_name("queue");
    if (!simulated) {
        fill_kernel(SOCK_STREAM);
        return;
    }
    ASSERT_EQ(coil_unix_listen(&listener, name, NULL), 0);
    for (size_t i = 0; i < BACKLOG; i++)
        ASSERT_EQ(coil_unix_connect(&streams[i], name, NULL), 0);
}

static void fill_messages(void)
{
    name = unix_name("queue");
    if (!simulated) {
        fill_kernel(SOCK_SEQPACKET);
        return;
    }
    ASSERT_EQ(coil_unix_seqpacket_listen(&listener, name, NULL), 0);
    for (size_t i = 0; i < BACKLOG; i++)
        ASSERT_EQ(coil_unix_seqpacket_connect(&messages[i], name), 0);
}

static void take_one(void)
{
    struct coil_datagram_socket *s;
    struct coil_stream *stream;
    int fd;

    if (!simulated) {
        fd = accept(raw[0], NULL, NULL);
        ASSERT_GE(fd, 0);
        close(fd);
    } else if (streams[0]) {
        ASSERT_EQ(coil_listener_accept(listener, &stream), 0);
        coil_stream_abort(stream);
    } else {
        ASSERT_EQ(coil_unix_seqpacket_accept(listener, &s), 0);
        coil_datagram_close(s);
    }
}

static void empty(void)
{
    while (raw_count > 0)
        close(raw[--raw_count]);
    for (size_t i = 0; i < BACKLOG; i++) {
        coil_datagram_close(messages[i]);
        coil_stream_abort(streams[i]);
        messages[i] = NULL;
        streams[i] = NULL;
    }
    coil_listener_close(listener);
    listener = NULL;
}

static int connect_stream(void)
{
    struct coil_stream *s = NULL;
    int rc = coil_unix_connect(&s, name, NULL);

    if (rc < 0)
        ASSERT_NULL(s);
    coil_stream_abort(s);
    return rc;
}

static int connect_messages(void)
{
    struct coil_datagram_socket *s = NULL;
    int rc = coil_unix_seqpacket_connect(&s, name);

    return give_up(rc, s);
}

/* ---- accepting ------------------------------------------------------------ */

static void listen_here(void)
{
    name = unix_name("accept");
    ASSERT_EQ(coil_unix_seqpacket_listen(&listener, name, NULL), 0);
}

static void come(void)
{
    ASSERT_EQ(coil_unix_seqpacket_connect(&messages[0], name), 0);
}

static int accept_messages(void)
{
    struct coil_datagram_socket *s = NULL;
    int rc = coil_unix_seqpacket_accept(listener, &s);

    return give_up(rc, s);
}

/* ---- sending descriptors -------------------------------------------------- */

static struct coil_stream *a;
static struct coil_stream *b;

enum { MUCH = 4 * 1024 * 1024 };

static void connect_and_write_much(void)
{
    const struct coil_unix_options keep = { .descriptors = 4 };
    char *bytes = calloc(1, MUCH);

    name = unix_name("descriptors");
    ASSERT_EQ(coil_unix_listen(&listener, name, &keep), 0);
    ASSERT_EQ(coil_unix_connect(&a, name, NULL), 0);
    ASSERT_EQ(coil_listener_accept(listener, &b), 0);
    ASSERT_EQ(coil_stream_write(a, bytes, MUCH), 0);
    free(bytes);
    settle();
}

static void read_much(void)
{
    static char bytes[65536];
    size_t left = MUCH;

    while (left > 0) {
        size_t most = left < sizeof bytes ? left : sizeof bytes;
        ptrdiff_t n = coil_stream_read(b, bytes, most);

        ASSERT_GT(n, 0);
        left -= (size_t)n;
    }
}

static int send_descriptor(void)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int rc = coil_unix_send_descriptors(a, &fd, 1, "x", 1);

    close(fd);
    return rc;
}

static void disconnect(void)
{
    coil_stream_abort(a);
    coil_stream_abort(b);
    empty();
}

/* ---- the table ------------------------------------------------------------ */

static const struct everywhere table[] = {
    CASE(coil_datagram_receive, .prepare = open_both, .call = receive,
         .ready = send_word, .finish = close_both),
    CASE(coil_datagram_receive_from, .prepare = open_both, .call = receive_from,
         .ready = send_word, .finish = close_both),
    CASE(coil_datagram_receive_many, .prepare = open_both, .call = receive_many,
         .ready = send_word, .finish = close_both),
    CASE(coil_datagram_send, .prepare = open_full, .call = send_one,
         .ready = make_room, .finish = close_both),
    CASE(coil_datagram_send_to, .prepare = open_full, .call = send_to,
         .ready = make_room, .finish = close_both),
    CASE(coil_datagram_send_many, .prepare = open_full, .call = send_many,
         .ready = make_room, .finish = close_both),

    CASE(coil_udp_bind, .call = bind_udp, .flags = NEVER_WAITS),
    CASE(coil_udp_connect, .call = connect_udp, .flags = NEVER_WAITS),
    CASE(coil_udp_connect_address, .call = connect_udp_address,
         .flags = NEVER_WAITS),

    CASE(coil_unix_connect, .prepare = fill_streams, .call = connect_stream,
         .ready = take_one, .finish = empty),
    CASE(coil_unix_seqpacket_connect, .prepare = fill_messages,
         .call = connect_messages, .ready = take_one, .finish = empty),
    CASE(coil_unix_seqpacket_accept, .prepare = listen_here,
         .call = accept_messages, .ready = come, .finish = empty),
    CASE(coil_unix_datagram_connect, .prepare = open_nameless,
         .call = connect_unix_datagram, .finish = close_both,
         .flags = NEVER_WAITS),
    CASE(coil_unix_send_descriptors, .prepare = connect_and_write_much,
         .call = send_descriptor, .ready = read_much, .finish = disconnect),
};

EVERYWHERE_TEST(cancel_everywhere_datagrams_parked, table, cancel_parked)
EVERYWHERE_TEST(cancel_everywhere_datagrams_granted, table, cancel_granted)
EVERYWHERE_TEST(cancel_everywhere_datagrams_on_entry, table, cancel_on_entry)
EVERYWHERE_TEST(cancel_everywhere_datagrams_on_entry_when_ready, table,
                cancel_on_entry_when_ready)
