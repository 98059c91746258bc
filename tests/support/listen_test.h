/* SPDX-License-Identifier: MIT */
/* listen_test.h - what the programs listen and listen_refused share */
#ifndef COIL_TESTS_LISTEN_TEST_H
#define COIL_TESTS_LISTEN_TEST_H

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <coil/resolve.h>

#include "loop/operation.h"
#include "stream_test.h"

/* ---- a resolver that does what a test wants ------------------------------- */

static inline struct addrinfo *make_info(const char *text,
                                         struct addrinfo *next)
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

static inline size_t sockets(void)
{
    return coil__backend_current()->sockets;
}

static inline struct coil_listener *listen_at(const char *host, uint16_t port)
{
    struct coil_listener *listener;

    ASSERT_EQ(coil_tcp_listen(&listener, host, port), 0);
    return listener;
}

static inline uint16_t port_of(const struct coil_listener *listener)
{
    struct coil_address address;

    coil_listener_address(listener, &address);
    return coil_address_port(&address);
}

static inline struct coil_stream *connect_to(const char *host, uint16_t port)
{
    struct coil_stream *s;

    ASSERT_EQ(coil_tcp_connect(&s, host, port), 0);
    return s;
}

/* It is accepted, and from whom is known. */
static inline void serves(struct coil_listener *listener, const char *host)
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

/* ---- whose turn it is ----------------------------------------------------- */

struct accepting {
    struct coil_listener *listener;
    struct coil_stream *stream;
    int *served;
    int place;
};

static inline int accept_one(void *arg)
{
    struct accepting *a = arg;
    int rc = coil_listener_accept(a->listener, &a->stream);

    if (rc == 0 && a->served)
        a->place = ++*a->served;
    return rc;
}

/* ---- cancelling and closing ----------------------------------------------- */

static const char *const hosts[] = { "127.0.0.1", "127.0.0.2" };

#endif
