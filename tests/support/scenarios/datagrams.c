/* SPDX-License-Identifier: MIT */
/* datagrams.c - programs of messages and of Unix sockets: scenario.h */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <coil/udp.h>
#include <coil/unix.h>

#include "scenarios/net.h"

static const char name[] = "/simulated/socket";

static struct coil_datagram_socket *served;
static struct coil_address where;

/* Answer each message, whatever goes wrong with one. */
static int serve_messages(void *arg)
{
    char text[64];
    int rc = 0;

    (void)arg;
    while (rc != -ECANCELED && rc != -EBADF) {
        struct coil_address from;
        ptrdiff_t n;

        n = coil_datagram_receive_from(served, text, sizeof text, &from);
        if (n > 0)
            n = coil_datagram_send_to(served, text, (size_t)n, &from);
        rc = n < 0 ? (int)n : 0;
    }
    return rc;
}

static void close_served(void)
{
    coil_datagram_close(served);
    served = NULL;
}

/* An answer may be lost: whoever asks does not wait for ever. */
static int ask(struct coil_datagram_socket *s)
{
    struct coil_timeout limit;
    char text[64];
    ptrdiff_t n = coil_timeout_begin(&limit, COIL_MINUTE);

    if (n < 0)
        return (int)n;
    n = coil_datagram_send(s, "hello", 5);
    if (n >= 0)
        n = coil_datagram_receive(s, text, sizeof text);
    if (n == 0 && is_failing)
        n = -EPIPE; /* the server has given up */
    if (n >= 0) {
        ASSERT_EQ(n, 5);
        ASSERT_MEM_EQ(text, "hello", 5);
    }
    return coil_timeout_end(&limit, n < 0 ? (int)n : 0);
}

/* ---- UDP ---- */

static int begin_udp(void)
{
    int rc = coil_udp_bind(&served, "127.0.0.1", 0, NULL);

    if (rc < 0)
        return rc;
    coil_datagram_local_address(served, &where);
    return help(serve_messages, NULL);
}

static int ask_by_udp(void *arg)
{
    struct coil_datagram_socket *s;
    int rc = coil_udp_connect(&s, "127.0.0.1", coil_address_port(&where), NULL);

    (void)arg;
    if (rc < 0) {
        ASSERT_NULL(s);
        return rc;
    }
    rc = ask(s);
    coil_datagram_close(s);
    return rc;
}

static void probe_udp(void)
{
    ASSERT_EQ(ask_by_udp(NULL), 0);
}

enum { MANY = 3 };

static int send_all(struct coil_datagram_socket *s, struct coil_datagram *d)
{
    size_t sent = 0;

    while (sent < MANY) {
        ptrdiff_t n = coil_datagram_send_many(s, d + sent, MANY - sent);

        if (n < 0)
            return (int)n;
        sent += (size_t)n;
    }
    return 0;
}

static int receive_all(struct coil_datagram_socket *s)
{
    char text[MANY][8];
    struct coil_datagram d[MANY];
    size_t count = 0;

    while (count < MANY) {
        ptrdiff_t n;

        for (size_t i = 0; i < MANY; i++)
            d[i] = (struct coil_datagram){ .data = text[i], .size = 8 };
        n = coil_datagram_receive_many(s, d, MANY - count);
        if (n < 0)
            return (int)n;
        ASSERT_EQ(d[0].length, 4);
        count += (size_t)n;
    }
    return 0;
}

static int ask_many(void *arg)
{
    const struct coil_udp_options options = { .packet_info = true };
    struct coil_datagram d[MANY];
    struct coil_datagram_socket *s;
    struct coil_timeout limit;
    int rc = coil_timeout_begin(&limit, COIL_MINUTE);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = coil_udp_connect_address(&s, &where, &options);
    for (size_t i = 0; i < MANY; i++)
        d[i] = (struct coil_datagram){ .data = "many", .size = 4 };
    if (rc == 0)
        rc = send_all(s, d);
    if (rc == 0)
        rc = receive_all(s);
    coil_datagram_close(s);
    return coil_timeout_end(&limit, rc);
}

static int join_and_leave(void *arg)
{
    struct coil_address group = where;
    struct coil_datagram_socket *s;
    int rc = coil_yield();

    (void)arg;
    if (rc == 0)
        rc = coil_udp_open(&s, AF_INET, NULL);
    if (rc < 0)
        return rc;
    memcpy((char *)&group.storage + 4, "\xef\1\2\3", 4);
    rc = coil_udp_join(s, &group, 0);
    if (rc == 0)
        rc = coil_udp_leave(s, &group, 0);
    if (rc == 0)
        rc = coil_udp_join(s, &group, 0);
    coil_datagram_close(s);
    return rc;
}

/* ---- Unix sockets ---- */

static int begin_unix_datagrams(void)
{
    int rc = coil_unix_datagram_bind(&served, name, NULL);

    return rc < 0 ? rc : help(serve_messages, NULL);
}

static int ask_by_datagram(void *arg)
{
    struct coil_datagram_socket *s;
    int rc = coil_unix_datagram_bind(&s, "@client", NULL);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = coil_unix_datagram_connect(s, name);
    if (rc == 0)
        rc = ask(s);
    coil_datagram_close(s);
    return rc;
}

static void probe_datagram(void)
{
    ASSERT_EQ(ask_by_datagram(NULL), 0);
}

static int serve_connections(void *arg)
{
    int rc = 0;

    (void)arg;
    while (rc != -ECANCELED && rc != -EBADF) {
        char text[64];
        ptrdiff_t n = 1;

        rc = coil_unix_seqpacket_accept(listener, &served);
        while (rc == 0 && n > 0) {
            n = coil_datagram_receive(served, text, sizeof text);
            if (n > 0)
                n = coil_datagram_send(served, text, (size_t)n);
        }
        if (rc == 0 && n < 0)
            rc = (int)n;
        close_served();
    }
    return rc;
}

static int begin_seqpacket(void)
{
    int rc = coil_unix_seqpacket_listen(&listener, name, NULL);

    served = NULL;
    return rc < 0 ? rc : help(serve_connections, NULL);
}

static int ask_by_seqpacket(void *arg)
{
    struct coil_datagram_socket *s;
    int rc = coil_unix_seqpacket_connect(&s, name);

    (void)arg;
    if (rc < 0) {
        ASSERT_NULL(s);
        return rc;
    }
    rc = ask(s);
    coil_datagram_close(s);
    return rc;
}

static void probe_seqpacket(void)
{
    ASSERT_EQ(ask_by_seqpacket(NULL), 0);
}

/* ---- descriptors ---- */

static int begin_taking(void)
{
    const struct coil_unix_options options = { .descriptors = 4 };

    return coil_unix_listen(&listener, name, &options);
}

/* Send a descriptor to oneself, and take it. */
static int pass(struct coil_stream *from, struct coil_stream *to)
{
    char byte;
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int rc = coil_unix_send_descriptors(from, &fd, 1, "x", 1);

    close(fd);
    if (rc == 0)
        rc = coil_stream_read_exactly(to, &byte, 1, NULL);
    if (rc < 0)
        return rc;
    fd = coil_unix_take_descriptor(to);
    ASSERT_GE(fd, 0);
    close(fd);
    return 0;
}

static int pass_descriptors(void *arg)
{
    struct coil_stream *from = NULL;
    struct coil_stream *to = NULL;
    int rc = coil_unix_connect(&from, name, NULL);

    (void)arg;
    if (rc == 0)
        rc = coil_listener_accept(listener, &to);
    for (int i = 0; rc == 0 && i < 2; i++)
        rc = pass(from, to);
    coil_stream_abort(from);
    coil_stream_abort(to);
    return rc;
}

/* A connection that was not accepted may be left in the queue. */
static void probe_passing(void)
{
    end_listening();
    ASSERT_EQ(begin_taking(), 0);
    ASSERT_EQ(pass_descriptors(NULL), 0);
}

/* ---- all of them ---- */

const struct scenario scenarios_datagrams[] = {
    { "udp", begin_udp, ask_by_udp, probe_udp, close_served },
    { "udp_many", begin_udp, ask_many, probe_udp, close_served },
    { "udp_group", begin_udp, join_and_leave, probe_udp, close_served },
    { "unix_datagram", begin_unix_datagrams, ask_by_datagram, probe_datagram,
      close_served },
    { "unix_seqpacket", begin_seqpacket, ask_by_seqpacket, probe_seqpacket,
      end_listening },
    { "unix_descriptors", begin_taking, pass_descriptors, probe_passing,
      end_listening },
    { NULL },
};
