/* SPDX-License-Identifier: MIT */
/*
 * Listening on several addresses at once: on which, at what port, in whose turn,
 * and that no connection is lost.  getaddrinfo() is this file's own, and so is
 * accept4(), which can be made to fail.
 */
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <coil/resolve.h>

#include "loop/operation.h"
#include "stream_test.h"

/* ---- a resolver that does what a test wants ------------------------------- */

static struct addrinfo *make_info(const char *text, struct addrinfo *next)
{
    struct addrinfo *info = calloc(1, sizeof *info);
    struct sockaddr_in in = { .sin_family = AF_INET };
    struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };

    info->ai_addr = calloc(1, sizeof in6);
    info->ai_next = next;
    info->ai_socktype = SOCK_STREAM;
    if (inet_pton(AF_INET, text, &in.sin_addr) == 1) {
        info->ai_family = AF_INET;
        info->ai_addrlen = sizeof in;
        memcpy(info->ai_addr, &in, sizeof in);
    } else {
        ASSERT_EQ(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
        info->ai_family = AF_INET6;
        info->ai_addrlen = sizeof in6;
        memcpy(info->ai_addr, &in6, sizeof in6);
    }
    return info;
}

/* These are nobody's: RFC 5737. */
#define NOBODYS "203.0.113.77"
#define NOBODYS_TOO "198.51.100.77"

int getaddrinfo(const char *name, const char *service,
                const struct addrinfo *hints, struct addrinfo **list)
{
    (void)service;
    *list = NULL;
    if (!name)
        *list = make_info("0.0.0.0", make_info("::", NULL));
    else if (strspn(name, "0123456789abcdef:.") == strlen(name))
        *list = make_info(name, NULL);
    else if (hints->ai_flags & AI_NUMERICHOST)
        return EAI_NONAME;
    else if (strcmp(name, "two.test") == 0)
        *list = make_info("127.0.0.1", make_info("127.0.0.2", NULL));
    else if (strcmp(name, "twice.test") == 0)
        *list = make_info("127.0.0.1", make_info("127.0.0.1", NULL));
    else if (strcmp(name, "thrice.test") == 0)
        *list = make_info("127.0.0.1",
                          make_info("127.0.0.2", make_info("127.0.0.2", NULL)));
    else if (strcmp(name, "partly.test") == 0)
        *list = make_info(NOBODYS, make_info("127.0.0.1", NULL));
    else if (strcmp(name, "nowhere.test") == 0)
        *list = make_info(NOBODYS, make_info(NOBODYS_TOO, NULL));
    else
        return EAI_NONAME;
    return 0;
}

void freeaddrinfo(struct addrinfo *list)
{
    while (list) {
        struct addrinfo *next = list->ai_next;

        free(list->ai_addr);
        free(list);
        list = next;
    }
}

/* ---- an accept4() that fails ---------------------------------------------- */

static int failure;       /* an errno value */
static unsigned failures; /* that are still to come */

/* C libraries declare it in their own ways: only the symbol is the same. */
int fail_accept4(int fd, void *address, socklen_t *length,
                 int flags) __asm__("accept4");

int fail_accept4(int fd, void *address, socklen_t *length, int flags)
{
    /* As the kernel's, which looks at the descriptor first. */
    if (fd >= 0 && failures > 0) {
        failures--;
        errno = failure;
        return -1;
    }
    return (int)syscall(SYS_accept4, fd, address, length, flags);
}

/* ---- who listens ---------------------------------------------------------- */

static size_t sockets(void)
{
    return coil__backend_current()->sockets;
}

static struct coil_listener *listen_at(const char *host, uint16_t port)
{
    struct coil_listener *listener;

    ASSERT_EQ(coil_tcp_listen(&listener, host, port), 0);
    return listener;
}

static uint16_t port_of(const struct coil_listener *listener)
{
    struct coil_address address;

    coil_listener_address(listener, &address);
    return coil_address_port(&address);
}

static struct coil_stream *connect_to(const char *host, uint16_t port)
{
    struct coil_stream *s;

    ASSERT_EQ(coil_tcp_connect(&s, host, port), 0);
    return s;
}

/* It is accepted, and from whom is known. */
static void serves(struct coil_listener *listener, const char *host)
{
    char ours[COIL_ADDRESS_STRING], theirs[COIL_ADDRESS_STRING];
    struct coil_stream *client = connect_to(host, port_of(listener));
    struct coil_stream *server;
    struct coil_address address;

    ASSERT_EQ(coil_listener_accept(listener, &server), 0);
    coil_stream_peer_address(server, &address);
    coil_address_string(&address, theirs);
    coil_stream_local_address(client, &address);
    ASSERT_STR_EQ(coil_address_string(&address, ours), theirs);
    coil_stream_local_address(server, &address);
    ASSERT_STR_CONTAINS(coil_address_string(&address, ours), host);
    coil_stream_abort(server);
    coil_stream_abort(client);
}

/* Whether the kernel lets one listen there; the simulator always does. */
static bool has_address(const char *text)
{
    struct addrinfo *info = make_info(text, NULL);
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool has = fd >= 0 && bind(fd, info->ai_addr, info->ai_addrlen) == 0;

    if (fd >= 0)
        close(fd);
    freeaddrinfo(info);
    return has || simulated;
}

/* ---- on which addresses --------------------------------------------------- */

STREAM_TEST(listen_on_no_host_is_on_all_addresses_of_both_families)
{
    struct coil_listener *listener = listen_at(NULL, 0);
    struct coil_address addresses[3] = { { .length = 0 } };
    size_t n = coil_listener_addresses(listener, addresses, 3);
    struct coil_address first;
    char text[COIL_ADDRESS_STRING], other[COIL_ADDRESS_STRING];

    serves(listener, "127.0.0.1");
    serves(listener, "127.0.0.2");
    if (has_address("::1")) {
        ASSERT_EQ(n, 2);
        ASSERT_EQ(addresses[1].storage.ss_family, AF_INET6);
        ASSERT_EQ(coil_address_port(&addresses[1]), port_of(listener));
        serves(listener, "::1");
    } else {
        /* All addresses of IPv6 may be taken where there is none. */
        ASSERT_LE(n, 2);
        ASSERT_GE(n, 1);
    }
    ASSERT_NE(port_of(listener), 0);
    ASSERT_EQ(addresses[2].length, 0);
    coil_listener_address(listener, &first);
    ASSERT_STR_EQ(coil_address_string(&first, text),
                  coil_address_string(&addresses[0], other));
    /* There may be more than there is room for. */
    ASSERT_EQ(coil_listener_addresses(listener, NULL, 0), n);
    coil_listener_close(listener);
    ASSERT_EQ(sockets(), 0);
}

STREAM_TEST(listen_on_a_name_is_on_all_that_it_resolves_to)
{
    struct coil_listener *listener = listen_at("two.test", 0);

    ASSERT_EQ(coil_listener_addresses(listener, NULL, 0), 2);
    serves(listener, "127.0.0.2");
    serves(listener, "127.0.0.1");
    coil_listener_close(listener);

    listener = listen_at("twice.test", 0);
    ASSERT_EQ(coil_listener_addresses(listener, NULL, 0), 1);
    serves(listener, "127.0.0.1");
    coil_listener_close(listener);

    listener = listen_at("thrice.test", 0);
    ASSERT_EQ(coil_listener_addresses(listener, NULL, 0), 2);
    coil_listener_close(listener);
}

/* IPV6_V6ONLY */
STREAM_TEST(listen_on_ipv6_leaves_the_port_of_ipv4_free)
{
    struct coil_listener *six;
    struct coil_listener *four;
    struct coil_stream *s;

    if (!has_address("::1"))
        SKIP("this machine has no IPv6");
    six = listen_at("::", 0);
    ASSERT_EQ(coil_tcp_connect(&s, "127.0.0.1", port_of(six)), -ECONNREFUSED);
    four = listen_at("0.0.0.0", port_of(six));
    serves(four, "127.0.0.1");
    serves(six, "::1");
    coil_listener_close(four);
    coil_listener_close(six);
}

KERNEL_TEST(listen_leaves_out_what_this_machine_does_not_have)
{
    struct coil_listener *listener;

    if (has_address(NOBODYS) || has_address(NOBODYS_TOO))
        SKIP("this kernel lets one listen on every address");
    listener = listen_at("partly.test", 0);
    ASSERT_EQ(coil_listener_addresses(listener, NULL, 0), 1);
    serves(listener, "127.0.0.1");
    coil_listener_close(listener);
    ASSERT_EQ(coil_tcp_listen(&listener, "nowhere.test", 0), -EADDRNOTAVAIL);
    ASSERT_NULL(listener);
    ASSERT_EQ(coil_tcp_listen(&listener, NOBODYS, 0), -EADDRNOTAVAIL);
    ASSERT_EQ(sockets(), 0);
}

/* Where a family or all of IPv6 is switched off; the calls are the simulator's:
   socket, bind, socket, bind. */
static void leave_one_out(int n, int error)
{
    struct coil_listener *listener;

    ASSERT_EQ(coil_test_fail_call((size_t)n, error), 0);
    listener = listen_at("two.test", 0);
    ASSERT_EQ(coil_listener_addresses(listener, NULL, 0), 1);
    serves(listener, n <= 2 ? "127.0.0.2" : "127.0.0.1");
    coil_listener_close(listener);
    ASSERT_EQ(sockets(), 0);
}

static void leave_the_only_one_out(int n, int error)
{
    struct coil_listener *listener;

    ASSERT_EQ(coil_test_fail_call((size_t)n, error), 0);
    ASSERT_EQ(coil_tcp_listen(&listener, "127.0.0.1", 0), error);
    ASSERT_NULL(listener);
    ASSERT_EQ(sockets(), 0);
}

STREAM_TEST(listen_needs_one_address_that_there_is)
{
    if (!simulated)
        return;
    for (int first = 1; first <= 3; first += 2) {
        leave_one_out(first, -EAFNOSUPPORT);
        leave_one_out(first + 1, -EADDRNOTAVAIL);
    }
    leave_the_only_one_out(1, -EAFNOSUPPORT);
    leave_the_only_one_out(2, -EADDRNOTAVAIL);
}

/* ---- what goes wrong ------------------------------------------------------ */

STREAM_TEST(listen_that_fails_at_one_address_leaves_none_open)
{
    static const int errors[] = { -EMFILE, -ENFILE, -ENOBUFS, -ENOMEM,
                                  -EACCES };
    struct coil_listener *listener;

    if (!simulated)
        return;
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        for (size_t n = 1; n <= 4; n++) {
            ASSERT_EQ(coil_test_fail_call(n, errors[i]), 0);
            ASSERT_EQ(coil_tcp_listen(&listener, "two.test", 0), errors[i]);
            ASSERT_NULL(listener);
            ASSERT_EQ(sockets(), 0);
        }
    listener = listen_at("two.test", 0);
    serves(listener, "127.0.0.2");
    coil_listener_close(listener);
}

STREAM_TEST(listen_at_a_port_that_is_taken_at_one_address_fails)
{
    struct coil_listener *taken = listen_at("127.0.0.2", 0);
    struct coil_listener *listener;

    ASSERT_EQ(coil_tcp_listen(&listener, "two.test", port_of(taken)),
              -EADDRINUSE);
    ASSERT_NULL(listener);
    ASSERT_EQ(sockets(), 1);
    listener = listen_at("127.0.0.1", port_of(taken));
    coil_listener_close(listener);
    serves(taken, "127.0.0.2");
    coil_listener_close(taken);
}

/* Port 0: the one that the first address got is taken at the second. */
STREAM_TEST(listen_tries_other_ports_until_one_is_free_everywhere)
{
    struct coil_listener *taken[64];
    struct coil_listener *listener;
    uint16_t port;

    if (!simulated)
        return; /* whose ports are numbered in turn */
    listener = listen_at("127.0.0.1", 0);
    port = port_of(listener);
    coil_listener_close(listener);
    for (int i = 0; i < 64; i++)
        taken[i] = listen_at("127.0.0.2", (uint16_t)(port + 1 + i));

    ASSERT_EQ(coil_tcp_listen(&listener, "two.test", 0), -EADDRINUSE);
    ASSERT_EQ(sockets(), 64);
    listener = listen_at("two.test", 0);
    ASSERT_EQ(port_of(listener), port + 65);
    serves(listener, "127.0.0.1");
    serves(listener, "127.0.0.2");
    coil_listener_close(listener);
    for (int i = 0; i < 64; i++)
        coil_listener_close(taken[i]);
}

/* ---- whose turn it is ----------------------------------------------------- */

enum { QUEUED = 8 };

/* With a seed the simulator delivers in its own order. */
STREAM_TEST(listen_lets_the_addresses_take_turns)
{
    struct coil_listener *listener = listen_at("two.test", 0);
    struct coil_stream *clients[2 * QUEUED];
    unsigned second = 0;

    for (int i = 0; i < 2 * QUEUED; i++)
        clients[i] = connect_to(i < QUEUED ? "127.0.0.1" : "127.0.0.2",
                                port_of(listener));
    for (int i = 0; i < 2 * QUEUED; i++) {
        struct coil_address address;
        char text[COIL_ADDRESS_STRING];
        struct coil_stream *s;

        ASSERT_EQ(coil_listener_accept(listener, &s), 0);
        coil_stream_local_address(s, &address);
        coil_address_string(&address, text);
        second += strncmp(text, "127.0.0.2:", 10) == 0;
        if (seed == 0)
            ASSERT_LE(second, (unsigned)(i + 2) / 2);
        if (seed == 0)
            ASSERT_GE(second, (unsigned)(i + 1) / 2);
        coil_stream_abort(s);
    }
    ASSERT_EQ(second, QUEUED);
    for (int i = 0; i < 2 * QUEUED; i++)
        coil_stream_abort(clients[i]);
    coil_listener_close(listener);
}

struct accepting {
    struct coil_listener *listener;
    struct coil_stream *stream;
    int *served;
    int place;
};

static int accept_one(void *arg)
{
    struct accepting *a = arg;
    int rc = coil_listener_accept(a->listener, &a->stream);

    if (rc == 0 && a->served)
        a->place = ++*a->served;
    return rc;
}

/* Whatever comes where: who has waited longest is served first. */
STREAM_TEST(listen_serves_those_who_wait_in_turn)
{
    struct coil_listener *listener = listen_at("two.test", 0);
    struct coil_stream *clients[6];
    struct coil_task *tasks[6];
    struct accepting a[6];
    int served = 0;

    for (int i = 0; i < 6; i++) {
        a[i] = (struct accepting){ .listener = listener, .served = &served };
        tasks[i] = start(accept_one, &a[i]);
    }
    settle();
    for (int i = 0; i < 6; i++)
        clients[i] =
            connect_to(i % 3 ? "127.0.0.2" : "127.0.0.1", port_of(listener));
    for (int i = 0; i < 6; i++) {
        ASSERT_EQ(end_of(tasks[i]), 0);
        if (seed == 0)
            ASSERT_EQ(a[i].place, i + 1);
        coil_stream_abort(a[i].stream);
        coil_stream_abort(clients[i]);
    }
    ASSERT_EQ(served, 6);
    coil_listener_close(listener);
    ASSERT_EQ(sockets(), 0);
}

static int count_steps(void *arg)
{
    int rc = 0;

    while (rc == 0) {
        ++*(int *)arg;
        rc = coil_yield();
    }
    return rc;
}

/* What is accepted at once is part of the budget: docs/architecture.md. */
STREAM_TEST(listen_accepting_without_a_wait_lets_others_run)
{
    enum { EACH = 120 };
    struct coil_listener *listener = listen_at("two.test", 0);
    struct coil_stream *clients[2 * EACH];
    struct coil_task *other;
    int steps = 0;

    for (int i = 0; i < 2 * EACH; i++)
        clients[i] =
            connect_to(i % 2 ? "127.0.0.1" : "127.0.0.2", port_of(listener));
    other = start(count_steps, &steps);
    for (int i = 0; i < 2 * EACH; i++) {
        struct coil_stream *s;

        ASSERT_EQ(coil_listener_accept(listener, &s), 0);
        coil_stream_abort(s);
    }
    ASSERT_GT(steps, 0);
    ASSERT_EQ(end_by_cancelling(other), -ECANCELED);
    for (int i = 0; i < 2 * EACH; i++)
        coil_stream_abort(clients[i]);
    coil_listener_close(listener);
}

/* ---- cancelling and closing ----------------------------------------------- */

static const char *const hosts[] = { "127.0.0.1", "127.0.0.2" };

/* Before, as, and after a connection comes, at one address or at both. */
STREAM_TEST(listen_cancelled_accept_loses_no_connection)
{
    struct coil_listener *listener = listen_at("two.test", 0);

    for (int i = 0; i < 72; i++) {
        struct accepting a = { .listener = listener };
        struct coil_stream *clients[2];
        struct coil_stream *servers[2];
        struct coil_task *task = start(accept_one, &a);
        int taken = 0;

        for (int n = 0; n < i % 4; n++)
            ASSERT_EQ(coil_yield(), 0);
        clients[0] = connect_to(hosts[i % 2], port_of(listener));
        clients[1] = connect_to(hosts[i / 2 % 2], port_of(listener));
        for (int n = 0; n < i / 4 % 3; n++)
            ASSERT_EQ(coil_yield(), 0);
        (void)coil_task_cancel(task);
        if (end_of(task) == 0)
            servers[taken++] = a.stream;
        else
            ASSERT_NULL(a.stream);
        while (taken < 2)
            ASSERT_EQ(coil_listener_accept(listener, &servers[taken++]), 0);
        for (int n = 0; n < 2; n++) {
            coil_stream_abort(clients[n]);
            coil_stream_abort(servers[n]);
        }
        /* Nothing waits when nobody does: a loop that stands still says so. */
        if (!simulated)
            ASSERT_EQ(coil__backend_current()->pending, 0);
        ASSERT_EQ(sockets(), 2);
    }
    coil_listener_close(listener);
}

/* Two wait, one goes: what comes is the other's. */
STREAM_TEST(listen_cancelled_accept_leaves_it_to_the_other)
{
    struct coil_listener *listener = listen_at("two.test", 0);

    for (int i = 0; i < 8; i++) {
        struct accepting a[2] = { { .listener = listener },
                                  { .listener = listener } };
        struct coil_task *tasks[2] = { start(accept_one, &a[0]),
                                       start(accept_one, &a[1]) };
        struct coil_stream *client;
        int gone = i % 2;

        settle();
        ASSERT_EQ(end_by_cancelling(tasks[gone]), -ECANCELED);
        client = connect_to(hosts[i / 2 % 2], port_of(listener));
        ASSERT_EQ(end_of(tasks[!gone]), 0);
        ASSERT_NULL(a[gone].stream);
        coil_stream_abort(a[!gone].stream);
        coil_stream_abort(client);
    }
    coil_listener_close(listener);
}

/* All cancel at once, and somebody comes in the same moment. */
STREAM_TEST(listen_newcomer_waits_on_when_all_others_are_cancelled)
{
    struct coil_listener *listener = listen_at("two.test", 0);

    for (int i = 0; i < 8; i++) {
        struct accepting a[3] = { { .listener = listener },
                                  { .listener = listener },
                                  { .listener = listener } };
        struct coil_task *tasks[3] = { start(accept_one, &a[0]),
                                       start(accept_one, &a[1]) };
        struct coil_stream *client;

        settle();
        for (int n = 0; n < 2; n++)
            ASSERT(coil_task_cancel(tasks[n]));
        tasks[2] = start(accept_one, &a[2]);
        for (int n = 0; n < 2; n++)
            ASSERT_EQ(end_of(tasks[n]), -ECANCELED);
        client = connect_to(hosts[i % 2], port_of(listener));
        ASSERT_EQ(end_of(tasks[2]), 0);
        coil_stream_abort(a[2].stream);
        coil_stream_abort(client);
    }
    coil_listener_close(listener);
}

STREAM_TEST(listen_closed_wakes_those_who_accept_and_hangs_up)
{
    for (int i = 0; i < 4; i++) {
        struct coil_listener *listener = listen_at("two.test", 0);
        struct accepting a[2] = { { .listener = listener },
                                  { .listener = listener } };
        struct coil_task *task = start(accept_one, &a[0]);
        struct coil_stream *clients[2];
        char byte;

        settle();
        clients[0] = connect_to(hosts[0], port_of(listener));
        clients[1] = connect_to(hosts[1], port_of(listener));
        ASSERT_EQ(end_of(task), 0);
        if (i % 2 == 0) {
            /* One has been accepted, the other waits, or is kept. */
            coil_listener_close(listener);
        } else {
            struct coil_task *others[2] = { start(accept_one, &a[1]) };
            struct accepting b = { .listener = listener };

            ASSERT_EQ(end_of(others[0]), 0);
            others[1] = start(accept_one, &b);
            settle();
            coil_listener_close(listener);
            ASSERT_EQ(end_of(others[1]), -EBADF);
            ASSERT_NULL(b.stream);
            coil_stream_abort(a[1].stream);
        }
        coil_stream_abort(a[0].stream);
        for (int n = 0; n < 2; n++) {
            ASSERT_LE(coil_stream_read(clients[n], &byte, 1), 0);
            coil_stream_abort(clients[n]);
        }
        ASSERT_EQ(sockets(), 0);
    }
}

static bool is_closed;

/* Success would say that the listener still is there. */
static int accept_from_what_is_open(void *arg)
{
    int rc = accept_one(arg);

    if (is_closed)
        ASSERT_EQ(rc, -EBADF);
    return rc;
}

/* The connection is there, and the task that waited for it has yet to run. */
STREAM_TEST(listen_closed_in_the_last_moment_accepts_nothing)
{
    for (int i = 0; i < 12; i++) {
        struct coil_listener *listener = listen_at("two.test", 0);
        struct accepting a = { .listener = listener };
        struct coil_task *task;
        struct coil_stream *client;
        char byte;

        is_closed = false;
        task = start(accept_from_what_is_open, &a);
        settle();
        client = connect_to(hosts[i % 2], port_of(listener));
        for (int n = 0; n < i / 2; n++)
            ASSERT_EQ(coil_yield(), 0);
        is_closed = true;
        coil_listener_close(listener);
        if (end_of(task) < 0)
            ASSERT_NULL(a.stream);
        coil_stream_abort(a.stream);
        ASSERT_LE(coil_stream_read(client, &byte, 1), 0);
        coil_stream_abort(client);
        ASSERT_EQ(sockets(), 0);
    }
}

/* A program that has closed its standard input. */
KERNEL_TEST(listen_accepts_a_connection_whose_descriptor_is_0)
{
    struct coil_listener *listener = listen_at("127.0.0.1", 0);
    struct coil_stream *client = connect_to("127.0.0.1", port_of(listener));
    struct coil_stream *server;
    int saved = dup(STDIN_FILENO);
    char byte;

    close(STDIN_FILENO);
    ASSERT_EQ(coil_listener_accept(listener, &server), 0);
    send_text(client, "x");
    ASSERT_EQ(coil_stream_read(server, &byte, 1), 1);
    coil_stream_abort(server);
    coil_listener_close(listener);
    /* And a listener, and a connection. */
    listener = listen_at("127.0.0.1", 0);
    coil_stream_abort(client);
    client = connect_to("127.0.0.1", port_of(listener));
    coil_stream_abort(client);
    coil_listener_close(listener);
    client = NULL;
    if (saved >= 0)
        ASSERT_EQ(dup2(saved, STDIN_FILENO), STDIN_FILENO);
    close(saved);
}

/* ---- an accept4() that fails ---------------------------------------------- */

static int reports;
static int reported;

static void note_report(struct coil_loop *loop,
                        const struct coil_exception *exception, void *arg)
{
    (void)loop;
    (void)arg;
    reported = exception->error;
    reports++;
}

static void watch_reports(void)
{
    reports = 0;
    coil_loop_set_exception_handler(coil_loop_current(), note_report, NULL);
}

static const int transient[] = { EPERM,        ECONNABORTED, EPROTO,
                                 ENETDOWN,     ENETUNREACH,  EHOSTDOWN,
                                 EHOSTUNREACH, ENONET,       ENOPROTOOPT,
                                 ETIMEDOUT,    EINTR };

/* A firewall forbids one connection, or the network has lost it. */
KERNEL_TEST(listen_passes_over_connections_that_fail)
{
    struct coil_listener *listener = listen_at("two.test", 0);

    watch_reports();
    for (size_t i = 0; i < sizeof transient / sizeof *transient; i++)
        for (int waits = 0; waits < 2; waits++) {
            struct accepting a = { .listener = listener };
            struct coil_stream *client;
            struct coil_task *task;

            failure = transient[i];
            failures = waits ? 0 : 5;
            task = start(accept_one, &a);
            if (waits)
                settle();
            failures = 5;
            client = connect_to(hosts[i % 2], port_of(listener));
            ASSERT_EQ(end_of(task), 0);
            coil_stream_abort(a.stream);
            coil_stream_abort(client);
        }
    ASSERT_EQ(reports, 0);
    coil_listener_close(listener);
}

/* It does not spin on what never ends, and can be cancelled and closed. */
KERNEL_TEST(listen_pauses_when_all_connections_fail)
{
    struct coil_listener *listener = listen_at("127.0.0.1", 0);

    watch_reports();
    for (int i = 0; i < 2; i++) {
        struct accepting a = { .listener = listener };
        struct coil_task *task;

        failure = EPERM;
        failures = 1000000;
        task = start(accept_one, &a);
        while (reports == i)
            ASSERT_EQ(coil_yield(), 0);
        ASSERT_EQ(reported, -EPERM);
        ASSERT_GT(failures, 1000000 - 100);
        if (i == 0) {
            ASSERT_EQ(end_by_cancelling(task), -ECANCELED);
        } else {
            coil_listener_close(listener);
            ASSERT_EQ(end_of(task), -EBADF);
        }
    }
    failures = 0;
}

/* On the simulator too, where such a failure is ordered. */
STREAM_TEST(listen_goes_on_after_each_failure_of_one_connection)
{
    struct coil_listener *listener;

    if (!simulated)
        return;
    listener = listen_at("two.test", 0);
    watch_reports();
    for (size_t i = 0; i + 1 < sizeof transient / sizeof *transient; i++) {
        struct coil_stream *client =
            connect_to(hosts[i % 2], port_of(listener));
        struct coil_stream *server;

        ASSERT_EQ(coil_test_fail_call(1, -transient[i]), 0);
        ASSERT_EQ(coil_listener_accept(listener, &server), 0);
        ASSERT_EQ(coil_test_fail_call(0, 0), 0);
        coil_stream_abort(server);
        coil_stream_abort(client);
    }
    ASSERT_EQ(reports, 0);
    coil_loop_set_exception_handler(coil_loop_current(), NULL, NULL);
    coil_listener_close(listener);
}

/* What is wrong with the listener itself is the caller's to know. */
STREAM_TEST(listen_tells_other_failures)
{
    struct coil_listener *listener;
    struct coil_stream *s;

    if (!simulated)
        return;
    listener = listen_at("127.0.0.1", 0);
    ASSERT_EQ(coil_test_fail_call(1, -EIO), 0);
    ASSERT_EQ(coil_listener_accept(listener, &s), -EIO);
    ASSERT_NULL(s);
    serves(listener, "127.0.0.1");
    coil_listener_close(listener);
}
