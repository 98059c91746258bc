/* SPDX-License-Identifier: MIT */
/*
 * listen_test.h - what the programs listen and listen_refused share
 *
 * What address_info.h needs, and the library's accept4() is this file's own:
 *
 *     WRAPS: getaddrinfo freeaddrinfo accept4
 */
#ifndef COIL_TESTS_LISTEN_TEST_H
#define COIL_TESTS_LISTEN_TEST_H

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <coil/resolve.h>

#include "loop/operation.h"
#include "address_info.h"
#include "stream_test.h"

/* ---- a resolver that does what a test wants ------------------------------- */


/* These addresses belong to nobody: RFC 5737. */
#define NOBODYS "203.0.113.77"

#define NOBODYS_TOO "198.51.100.77"

/* Answers the names of this file, and addresses in numbers. */
int answer_listeners(const char *name, const struct addrinfo *hints,
                     struct addrinfo **list);


/* ---- an accept4() that fails ---------------------------------------------- */

extern int accept_failure;       /* an errno value */
extern unsigned accept_failures; /* that are still to come */

/* ---- who listens ---------------------------------------------------------- */

size_t sockets(void);

struct coil_listener *listen_at(const char *host, uint16_t port);

uint16_t port_of(const struct coil_listener *listener);

struct coil_stream *connect_to(const char *host, uint16_t port);

/* It is accepted, and its peer is known. */
void serves(struct coil_listener *listener, const char *host);

/* ---- whose turn it is ----------------------------------------------------- */

struct accepting {
    struct coil_listener *listener;
    struct coil_stream *stream;
    int *served;
    int place;
};

int accept_one(void *arg);

/* ---- cancelling and closing ----------------------------------------------- */

extern const char *const hosts[2];

#endif
