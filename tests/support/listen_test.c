/* SPDX-License-Identifier: MIT */
/* listen_test.c - what the programs listen and listen_refused share */
#include "listen_test.h"


int __wrap_accept4(int fd, void *address, socklen_t *length, int flags);

/* ---- a resolver that does what a test wants ------------------------------- */


int answer_listeners(const char *name, const struct addrinfo *hints,
                     struct addrinfo **list)
{
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

/* ---- an accept4() that fails ---------------------------------------------- */

int accept_failure;
unsigned accept_failures;

int __wrap_accept4(int fd, void *address, socklen_t *length, int flags)
{
    /* Like the kernel's, which looks at the descriptor first. */
    if (fd >= 0 && accept_failures > 0) {
        accept_failures--;
        errno = accept_failure;
        return -1;
    }
    return (int)syscall(SYS_accept4, fd, address, length, flags);
}

/* ---- who listens ---------------------------------------------------------- */

size_t sockets(void)
{
    return coil__backend_current()->sockets;
}

struct coil_listener *listen_at(const char *host, uint16_t port)
{
    struct coil_listener *listener;

    ASSERT_EQ(coil_tcp_listen(&listener, host, port), 0);
    return listener;
}

uint16_t port_of(const struct coil_listener *listener)
{
    struct coil_address address;

    coil_listener_address(listener, &address);
    return coil_address_port(&address);
}

struct coil_stream *connect_to(const char *host, uint16_t port)
{
    struct coil_stream *s;

    ASSERT_EQ(coil_tcp_connect(&s, host, port), 0);
    return s;
}

void serves(struct coil_listener *listener, const char *host)
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

int accept_one(void *arg)
{
    struct accepting *a = arg;
    int rc = coil_listener_accept(a->listener, &a->stream);

    if (rc == 0 && a->served)
        a->place = ++*a->served;
    return rc;
}

/* ---- cancelling and closing ----------------------------------------------- */

const char *const hosts[2] = { "127.0.0.1", "127.0.0.2" };
