/* SPDX-License-Identifier: MIT */
/* resolve_test.h - what the programs resolve and resolve_many share */
#ifndef COIL_TESTS_RESOLVE_TEST_H
#define COIL_TESTS_RESOLVE_TEST_H

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <coil/resolve.h>
#include <coil/resolver.h>

#include "base/platform.h"
#include "gate_test.h"
#include "stream_test.h"

#if defined(COIL_TSAN)
static const bool under_tsan = true;
#else
static const bool under_tsan = false;
#endif

/* ---- a resolver that does what a test wants --------------------------- */

static atomic_int asked; /* how often for a name */
static atomic_int answered;
static pthread_t loop_thread;
static atomic_int asked_elsewhere;

static int
    numeric_error; /* what getaddrinfo() says of any address in numbers */

/* What no socket of TCP can be made for. */
static inline struct addrinfo *make_other(struct addrinfo *next)
{
    struct addrinfo *info = calloc(1, sizeof *info);

    info->ai_addr = calloc(1, sizeof(struct sockaddr));
    info->ai_addrlen = sizeof(struct sockaddr);
    info->ai_addr->sa_family = AF_UNIX;
    info->ai_family = AF_UNIX;
    info->ai_next = next;
    return info;
}

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
    } else if (inet_pton(AF_INET6, text, &in6.sin6_addr) == 1) {
        info->ai_family = AF_INET6;
        info->ai_addrlen = sizeof in6;
        memcpy(info->ai_addr, &in6, sizeof in6);
    } else {
        free(info->ai_addr);
        free(info);
        return next;
    }
    return info;
}

/* "127-0-1-9.test" has the address that it says. */
static inline void answer_with_number(const char *name, struct addrinfo **list)
{
    char text[20];

    snprintf(text, sizeof text, "%.*s", (int)strcspn(name, "."), name);
    for (char *at = text; (at = strchr(at, '-'));)
        *at = '.';
    *list = make_info(text, NULL);
}

/* Names that begin with "slow" wait at the gate. */
static inline int answer(const char *name, struct addrinfo **list)
{
    if (strncmp(name, "slow", 4) == 0) {
        wait_at_gate();
        count(&ended);
    }
    if (strcmp(name, "fine.test") == 0) {
        *list = make_info("127.0.0.1", NULL);
        errno = EMFILE; /* what was not needed after all */
    } else if (strcmp(name, "two.test") == 0)
        *list = make_info("127.0.0.2", make_info("127.0.0.1", NULL));
    else if (strstr(name, "unknown"))
        return EAI_NONAME;
    else if (strcmp(name, "exit.test") == 0)
        pthread_exit(NULL);
    else if (strncmp(name, "short", 5) == 0) {
        errno = ENFILE;
        return name[5] == '1' ? EAI_NONAME : EAI_AGAIN;
    } else if (strcmp(name, "later.test") == 0)
        return EAI_AGAIN;
    else if (strcmp(name, "memory.test") == 0)
        return EAI_MEMORY;
    else if (strcmp(name, "system.test") == 0) {
        errno = ENETDOWN;
        return EAI_SYSTEM;
    } else if (strcmp(name, "nothing.test") == 0) {
        errno = 0;
        return EAI_SYSTEM;
    } else if (strcmp(name, "other.test") == 0)
        *list = make_other(NULL);
    else if (strcmp(name, "mixed.test") == 0)
        *list = make_other(
            make_info("127.0.0.1", make_other(make_info("::1", NULL))));
    else if (strncmp(name, "127-", 4) == 0)
        answer_with_number(name, list);
    else
        *list = make_info("127.0.0.1", NULL);
    return 0;
}

int getaddrinfo(const char *name, const char *service,
                const struct addrinfo *hints, struct addrinfo **list)
{
    int rc;

    (void)service;
    *list = NULL;
    if (numeric_error && (!name || hints->ai_flags & AI_NUMERICHOST))
        return numeric_error;
    if (!name && !(hints->ai_flags & AI_PASSIVE)) {
        *list = make_info("::1", make_info("127.0.0.1", NULL));
        return 0;
    }
    if (!name) {
        *list = make_info("0.0.0.0", make_info("::", NULL));
        return 0;
    }
    if (hints->ai_flags & AI_NUMERICHOST) {
        *list = make_info(name, NULL);
        return *list ? 0 : EAI_NONAME;
    }
    if (!pthread_equal(pthread_self(), loop_thread))
        count(&asked_elsewhere);
    count(&asked);
    rc = answer(name, list);
    count(&answered);
    return rc;
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

/* The most threads that ask at one time, so that a test can use all of them. */
enum { NAME_THREADS = 8 };

/* Nothing is kept: each test says what it asks. */
static inline void reset(void)
{
    const struct coil_resolver_options options = { .no_cache = true,
                                                   .threads_max =
                                                       NAME_THREADS };

    ASSERT_EQ(coil_resolver_configure(&options), 0);
    loop_thread = pthread_self();
    asked = 0;
    asked_elsewhere = 0;
    answered = 0;
    close_gate();
}

/* ---- one after the other ---------------------------------------------- */

static inline int resolve(void *arg)
{
    struct coil_address *addresses;
    size_t count;
    int rc;

    rc = coil_resolve(arg, 80, &addresses, &count);
    if (rc < 0)
        return rc;
    ASSERT_EQ(rc, 0);
    coil_addresses_free(addresses);
    return (int)count;
}

static inline int resolve_text(const char *host)
{
    return resolve((void *)(uintptr_t)host);
}

#endif
