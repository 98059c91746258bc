/* SPDX-License-Identifier: MIT */
/*
 * resolver_test.h - a source of names that does what a test wants
 *
 *     script("fast.test", &(struct scripted){ .address = "10.0.0.1" });
 */
#ifndef COIL_TESTS_RESOLVER_TEST_H
#define COIL_TESTS_RESOLVER_TEST_H

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include <coil/resolve.h>
#include <coil/resolver.h>
#include <coil/error.h>
#include <coil/sleep.h>
#include <coil/testing.h>

#include "actors.h"
#include "simulated.h"
#include "test.h"

/* How a name is answered. */
static int asked;          /* questions begun */
static int ended;          /* that have returned */
static int ended_unasked;  /* because they were cancelled */
static coil_time delay;    /* of each answer */
static coil_time ttl = -1; /* of each answer */
static int failure;        /* instead of an answer */
static char last[300];     /* what was asked last, and for which family */

static inline struct coil_address address_of(const char *text)
{
    struct coil_address address = { .length = sizeof(struct sockaddr_in6) };
    struct sockaddr_in in = { .sin_family = AF_INET };
    struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };

    if (inet_pton(AF_INET, text, &in.sin_addr) == 1) {
        address.length = sizeof in;
        memcpy(&address.storage, &in, sizeof in);
    } else {
        ASSERT_EQ(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
        memcpy(&address.storage, &in6, sizeof in6);
    }
    return address;
}

static inline int add(struct coil_lookup *lookup, const char *text)
{
    struct coil_address address = address_of(text);

    return coil_lookup_add(lookup, &address);
}

/*
 * 10.0.0.N and fd00::1, where N is how many questions there were.  "dead…" is
 * never answered, "unknown…" is no name.
 */
static inline int look_up(struct coil_lookup *lookup, void *arg)
{
    char text[30];
    int rc = 0;

    (void)arg;
    asked++;
    snprintf(text, sizeof text, "10.0.%d.%d", asked / 250, asked % 250);
    snprintf(last, sizeof last, "%s/%d", lookup->host, lookup->family);
    lookup->ttl = ttl;
    if (strncmp(lookup->host, "dead", 4) == 0)
        rc = coil_sleep(COIL_NEVER);
    else if (delay > 0)
        rc = coil_sleep(delay);
    if (rc == -ECANCELED)
        ended_unasked++;
    ended++;
    if (rc < 0)
        return rc;
    if (failure)
        return failure;
    if (strncmp(lookup->host, "unknown", 7) == 0)
        return 0;
    rc = add(lookup, text);
    return rc < 0 ? rc : add(lookup, "fd00::1");
}

static const struct coil_resolver_source scripted = { .name = "script",
                                                      .look_up = look_up };

/* The options of a test, which begins. */
static inline void configure(struct coil_resolver_options options)
{
    options.source = &scripted;
    ASSERT_EQ(coil_resolver_configure(&options), 0);
    asked = ended = ended_unasked = failure = 0;
    delay = 0;
    ttl = -1;
}

/* "10.0.0.1 fd00::1", or the error. */
static inline const char *
resolved_with(const char *host, const struct coil_getaddrinfo_options *options)
{
    static char text[1024];
    char one[COIL_ADDRESS_STRING];
    struct coil_address *addresses;
    size_t count;
    int rc = coil_getaddrinfo(host, 80, options, &addresses, &count);

    if (rc < 0) {
        ASSERT_NULL(addresses);
        ASSERT_EQ(count, 0);
        return coil_strerror(rc);
    }
    text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        coil_address_string(&addresses[i], one);
        strcat(strcat(text, i ? " " : ""), one);
    }
    coil_addresses_free(addresses);
    return text;
}

static inline const char *resolved(const char *host)
{
    return resolved_with(host, NULL);
}

static inline int resolve(void *host)
{
    struct coil_address *addresses;
    size_t count;
    int rc = coil_resolve(host, 80, &addresses, &count);

    coil_addresses_free(addresses);
    return rc;
}

static inline int code(const char *host)
{
    return resolve((void *)(uintptr_t)host);
}

#endif
