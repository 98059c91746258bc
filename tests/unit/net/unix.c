/* SPDX-License-Identifier: MIT */
/*
 * Unix sockets: names and files, streams, datagrams and connections of messages.
 */
#include <coil/fd.h>
#include <coil/unix.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "datagram_test.h"
#include "unix_test.h"

/* ---- names ---------------------------------------------------------------- */

TEST(unix_names_become_addresses)
{
    struct coil_address address;
    char text[COIL_ADDRESS_STRING];
    char longest[109];

    ASSERT_EQ(coil_unix_address(&address, "/run/x"), 0);
    ASSERT_STR_EQ(coil_address_string(&address, text), "/run/x");
    ASSERT_EQ(coil_unix_address(&address, "@x"), 0);
    ASSERT_EQ(address.length, sizeof(sa_family_t) + 2);
    ASSERT_STR_EQ(coil_address_string(&address, text), "@x");
    ASSERT_EQ(coil_unix_address(&address, ""), -EINVAL);
    memset(longest, 'x', sizeof longest);
    longest[108] = '\0';
    ASSERT_EQ(coil_unix_address(&address, longest), -ENAMETOOLONG);
    ASSERT_EQ(address.length, 0);
    longest[107] = '\0';
    ASSERT_EQ(coil_unix_address(&address, longest), 0);
}

SOCKET_TEST(unix_refuses_bad_names_and_modes)
{
    const struct coil_unix_options mode = { .mode = 010000 };
    struct coil_datagram_socket *d;
    struct coil_listener *l;
    struct coil_stream *s;
    char longest[120];

    memset(longest, 'x', sizeof longest);
    longest[119] = '\0';
    ASSERT_EQ(coil_unix_connect(&s, longest, NULL), -ENAMETOOLONG);
    ASSERT_NULL(s);
    ASSERT_EQ(coil_unix_listen(&l, longest, NULL), -ENAMETOOLONG);
    ASSERT_NULL(l);
    ASSERT_EQ(coil_unix_listen(&l, "x", &mode), -EINVAL);
    ASSERT_NULL(l);
    ASSERT_EQ(coil_unix_datagram_bind(&d, longest, NULL), -ENAMETOOLONG);
    ASSERT_NULL(d);
    ASSERT_EQ(coil_unix_datagram_bind(&d, "x", &mode), -EINVAL);
    ASSERT_NULL(d);
    ASSERT_EQ(coil_unix_seqpacket_connect(&d, ""), -EINVAL);
    ASSERT_NULL(d);
    ASSERT_EQ(coil_unix_datagram_bind(&d, NULL, NULL), 0);
    ASSERT_EQ(coil_unix_datagram_connect(d, ""), -EINVAL);
    coil_datagram_close(d);
}

/* ---- streams -------------------------------------------------------------- */

static struct pair connect_at(const char *name,
                              const struct coil_unix_options *options)
{
    struct coil_listener *l;
    struct pair p;

    ASSERT_EQ(coil_unix_listen(&l, name, options), 0);
    ASSERT_EQ(coil_unix_connect(&p.a, name, options), 0);
    ASSERT_EQ(coil_listener_accept(l, &p.b), 0);
    coil_listener_close(l);
    return p;
}

static void talk(struct pair *p)
{
    char text[8];
    size_t got;

    send_text(p->a, "hello");
    ASSERT_EQ(coil_stream_read_exactly(p->b, text, 5, &got), 0);
    ASSERT_MEM_EQ(text, "hello", 5);
    send_text(p->b, "world");
    ASSERT_EQ(coil_stream_read_exactly(p->a, text, 5, &got), 0);
    ASSERT_MEM_EQ(text, "world", 5);
}

SOCKET_TEST(unix_streams_are_streams)
{
    const char *names[] = { unix_name("stream"), "@coil-test-stream" };
    char own[32];

    snprintf(own, sizeof own, "%s-%d", names[1], (int)getpid());
    names[1] = own;
    for (size_t i = 0; i < 2; i++) {
        struct pair p = connect_at(names[i], NULL);
        struct coil_address address;
        char text[COIL_ADDRESS_STRING];

        talk(&p);
        coil_stream_peer_address(p.a, &address);
        ASSERT_STR_EQ(coil_address_string(&address, text), names[i]);
        coil_stream_peer_address(p.b, &address);
        ASSERT_STR_EQ(coil_address_string(&address, text), "");
        ASSERT_EQ(coil_stream_close(p.a), 0);
        ASSERT_EQ(coil_stream_read(p.b, text, 1), 0);
        coil_stream_abort(p.b);
    }
}

SOCKET_TEST(unix_nobody_there_is_told)
{
    const char *name = unix_name("nobody");
    struct coil_listener *l;
    struct coil_stream *s;

    ASSERT_EQ(coil_unix_connect(&s, name, NULL), -ENOENT);
    ASSERT_NULL(s);
    ASSERT_EQ(coil_unix_connect(&s, "@coil-test-nobody", NULL), -ECONNREFUSED);
    ASSERT_NULL(s);
    ASSERT_EQ(coil_unix_seqpacket_listen(&l, name, NULL), 0);
    ASSERT_EQ(coil_unix_connect(&s, name, NULL), -EPROTOTYPE);
    ASSERT_NULL(s);
    coil_listener_close(l);
}

SOCKET_TEST(unix_peer_is_who_connected)
{
    struct pair p = connect_at(unix_name("peer"), NULL);
    struct pair tcp = connected();
    struct coil_unix_peer peer;

    for (int i = 0; i < 2; i++) {
        peer = (struct coil_unix_peer){ .pid = 0 };
        ASSERT_EQ(coil_unix_peer(i ? p.a : p.b, &peer), 0);
        ASSERT_EQ(peer.pid, getpid());
        ASSERT_EQ(peer.uid, getuid());
        ASSERT_EQ(peer.gid, getgid());
    }
    ASSERT_EQ(coil_unix_peer(tcp.a, &peer), -EINVAL);
    hang_up(&p);
    hang_up(&tcp);
}

SOCKET_TEST(unix_peer_of_a_pair_in_memory_is_unknown)
{
    struct coil_unix_peer peer;
    struct coil_stream *pair[2];
    int fd = 0;

    ASSERT_EQ(coil_stream_pair(pair), 0);
    ASSERT_EQ(coil_unix_peer(pair[0], &peer), -EOPNOTSUPP);
    ASSERT_EQ(coil_unix_take_descriptor(pair[0]), -EOPNOTSUPP);
    ASSERT_EQ(coil_unix_send_descriptors(pair[0], &fd, 1, "x", 1), -EOPNOTSUPP);
    coil_stream_abort(pair[0]);
    coil_stream_abort(pair[1]);
}

static int connect_to(void *arg)
{
    struct coil_stream *s;
    int rc = coil_unix_connect(&s, arg, NULL);

    coil_stream_abort(s);
    return rc;
}

/* The kernel says nothing when a queue is full; a connect waits all the same. */
KERNEL_TEST(unix_full_queue_is_waited_for)
{
    const char *name = unix_name("full");
    struct sockaddr_un un = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct coil_task *tasks[4];
    int waiting = 0;

    snprintf(un.sun_path, sizeof un.sun_path, "%s", name);
    ASSERT_EQ(bind(fd, (struct sockaddr *)&un, sizeof un), 0);
    ASSERT_EQ(listen(fd, 0), 0);
    for (int i = 0; i < 4; i++)
        tasks[i] = start(connect_to, (void *)(uintptr_t)name);
    settle();
    for (int i = 0; i < 4; i++)
        waiting += !coil_task_is_done(tasks[i]);
    ASSERT_GE(waiting, 2);
    ASSERT_EQ(end_by_cancelling(tasks[3]), -ECANCELED);
    for (int i = 0; i < 3; i++) {
        int accepted;

        ASSERT_EQ(coil_wait_fd(fd, COIL_READABLE), COIL_READABLE);
        accepted = accept(fd, NULL, NULL);
        ASSERT_GE(accepted, 0);
        close(accepted);
    }
    for (int i = 0; i < 3; i++)
        ASSERT_EQ(end_of(tasks[i]), 0);
    close(fd);
}

/* ---- files ---------------------------------------------------------------- */

static unsigned mode_of(const char *name)
{
    struct stat st;

    ASSERT_EQ(stat(name, &st), 0);
    return st.st_mode & 07777;
}

KERNEL_TEST(unix_file_is_removed_with_its_listener)
{
    const char *name = unix_name("file");
    struct coil_listener *l;

    ASSERT_EQ(coil_unix_listen(&l, name, NULL), 0);
    ASSERT(has_file(name));
    coil_listener_close(l);
    ASSERT(!has_file(name));
}

KERNEL_TEST(unix_file_of_another_is_not_removed)
{
    const char *name = unix_name("successor");
    struct coil_listener *first, *second;
    struct coil_stream *s;

    ASSERT_EQ(coil_unix_listen(&first, name, NULL), 0);
    ASSERT_EQ(coil_unix_listen(&second, name, NULL), 0);
    coil_listener_close(first);
    ASSERT_EQ(coil_unix_connect(&s, name, NULL), 0);
    coil_stream_abort(s);
    coil_listener_close(second);
    ASSERT(!has_file(name));
    ASSERT_EQ(coil_unix_listen(&first, name, NULL), 0);
    ASSERT_EQ(unlink(name), 0);
    coil_listener_close(first);
}

KERNEL_TEST(unix_file_may_be_kept)
{
    const char *name = unix_name("kept");
    const struct coil_unix_options keep = { .keep_file = true };
    struct coil_listener *l;
    struct coil_stream *s;

    ASSERT_EQ(coil_unix_listen(&l, name, &keep), 0);
    coil_listener_close(l);
    ASSERT(has_file(name));
    ASSERT_EQ(coil_unix_connect(&s, name, NULL), -ECONNREFUSED);
    ASSERT_NULL(s);
}

/* As asyncio: a file that is a socket is replaced, another one is not. */
KERNEL_TEST(unix_stale_file_is_replaced)
{
    const char *name = unix_name("stale");
    const struct coil_unix_options exclusive = { .exclusive = true };
    struct sockaddr_un un = { .sun_family = AF_UNIX };
    struct coil_listener *l;
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(un.sun_path, sizeof un.sun_path, "%s", name);
    ASSERT_EQ(bind(fd, (struct sockaddr *)&un, sizeof un), 0);
    close(fd);
    ASSERT_EQ(coil_unix_listen(&l, name, &exclusive), -EADDRINUSE);
    ASSERT_NULL(l);
    ASSERT(has_file(name));
    ASSERT_EQ(coil_unix_listen(&l, name, NULL), 0);
    coil_listener_close(l);

    fd = open(name, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    ASSERT_GE(fd, 0);
    close(fd);
    ASSERT_EQ(coil_unix_listen(&l, name, NULL), -EADDRINUSE);
    ASSERT_NULL(l);
    ASSERT(has_file(name));
    ASSERT_EQ(coil_unix_listen(&l, "/nowhere/at/all", NULL), -ENOENT);
    ASSERT_NULL(l);
}

KERNEL_TEST(unix_file_has_the_mode_that_is_asked_for)
{
    const char *name = unix_name("mode");
    const struct coil_unix_options open_to_all = { .mode = 0666 };
    const struct coil_unix_options own = { .mode = 0600 };
    struct coil_datagram_socket *d;
    struct coil_listener *l;

    ASSERT_EQ(coil_unix_listen(&l, name, &open_to_all), 0);
    ASSERT_EQ(mode_of(name), 0666);
    coil_listener_close(l);
    ASSERT_EQ(coil_unix_datagram_bind(&d, name, &own), 0);
    ASSERT_EQ(mode_of(name), 0600);
    coil_datagram_close(d);
    ASSERT(!has_file(name));
}

/* ---- datagrams ------------------------------------------------------------ */

SOCKET_TEST(unix_datagrams_go_there_and_back)
{
    const char *here = unix_name("here");
    const char *there = unix_name("there");
    struct coil_datagram_socket *a, *b, *nameless;
    struct coil_address from;
    char text[16], words[COIL_ADDRESS_STRING];

    ASSERT_EQ(coil_unix_datagram_bind(&a, here, NULL), 0);
    ASSERT_EQ(coil_unix_datagram_bind(&b, there, NULL), 0);
    ASSERT_EQ(coil_unix_datagram_bind(&nameless, NULL, NULL), 0);
    ASSERT_EQ(coil_datagram_send(b, "x", 1), -ENOTCONN);
    ASSERT_EQ(coil_unix_datagram_connect(b, here), 0);
    ASSERT_EQ(coil_datagram_send(b, "ping", 4), 4);
    ASSERT_EQ(coil_datagram_receive_from(a, text, sizeof text, &from), 4);
    ASSERT_STR_EQ(coil_address_string(&from, words), there);
    ASSERT_EQ(coil_datagram_send_to(a, "pong", 4, &from), 4);
    expect_word(b, "pong");
    ASSERT_EQ(coil_unix_datagram_connect(nameless, here), 0);
    ASSERT_EQ(coil_datagram_send(nameless, "who", 3), 3);
    ASSERT_EQ(coil_datagram_receive_from(a, text, sizeof text, &from), 3);
    ASSERT_EQ(from.length, 0);
    coil_datagram_close(a);
    ASSERT_EQ(coil_unix_datagram_connect(nameless, here), -ENOENT);
    coil_datagram_close(b);
    coil_datagram_close(nameless);
}

static int send_much(void *arg)
{
    static char much[50000];

    for (int i = 0; i < 100; i++) {
        ptrdiff_t n = coil_datagram_send(arg, much, sizeof much);

        if (n < 0)
            return (int)n;
    }
    return 0;
}

/* None is lost: the sender waits for room. */
SOCKET_TEST(unix_datagrams_wait_for_room)
{
    const char *name = unix_name("room");
    struct coil_datagram_socket *a, *b;
    struct coil_task *sender;
    static char much[50000];

    ASSERT_EQ(coil_unix_datagram_bind(&a, name, NULL), 0);
    ASSERT_EQ(coil_unix_datagram_bind(&b, NULL, NULL), 0);
    ASSERT_EQ(coil_unix_datagram_connect(b, name), 0);
    sender = start(send_much, b);
    for (int i = 0; i < 100; i++)
        ASSERT_EQ(coil_datagram_receive(a, much, sizeof much), sizeof much);
    ASSERT_EQ(end_of(sender), 0);

    /* The one who waits hears that the other has gone. */
    sender = start(send_much, b);
    settle();
    coil_datagram_close(a);
    ASSERT_LT(end_of(sender), 0);
    coil_datagram_close(b);
}

/* ---- connections of messages ---------------------------------------------- */

SOCKET_TEST(unix_seqpacket_keeps_bounds_and_order)
{
    const char *name = unix_name("seq");
    struct coil_datagram_socket *a, *b;
    struct coil_listener *l;
    struct coil_stream *s;
    char text[4];

    ASSERT_EQ(coil_unix_seqpacket_listen(&l, name, NULL), 0);
    ASSERT_EQ(coil_listener_accept(l, &s), -EOPNOTSUPP);
    ASSERT_NULL(s);
    ASSERT_EQ(coil_unix_seqpacket_connect(&a, name), 0);
    ASSERT_EQ(coil_unix_seqpacket_accept(l, &b), 0);
    coil_listener_close(l);
    ASSERT_EQ(coil_datagram_send(a, "one", 3), 3);
    ASSERT_EQ(coil_datagram_send(a, "three", 5), 5);
    ASSERT_EQ(coil_datagram_send(a, "2", 1), 1);
    expect_word(b, "one");
    ASSERT_EQ(coil_datagram_receive(b, text, 4), -EMSGSIZE);
    expect_word(b, "2");
    ASSERT_EQ(coil_datagram_send(b, "back", 4), 4);
    expect_word(a, "back");
    coil_datagram_close(a);
    ASSERT_EQ(coil_datagram_receive(b, text, sizeof text), 0);
    ASSERT_EQ(coil_datagram_send(b, "x", 1), -EPIPE);
    coil_datagram_close(b);
}

SOCKET_TEST(unix_seqpacket_is_refused_by_a_listener_for_streams)
{
    const char *name = unix_name("notseq");
    struct coil_datagram_socket *s;
    struct coil_listener *l;

    ASSERT_EQ(coil_unix_listen(&l, name, NULL), 0);
    ASSERT_EQ(coil_unix_seqpacket_accept(l, &s), -EOPNOTSUPP);
    ASSERT_NULL(s);
    ASSERT_EQ(coil_unix_seqpacket_connect(&s, name), -EPROTOTYPE);
    ASSERT_NULL(s);
    coil_listener_close(l);
}
