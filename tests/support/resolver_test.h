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
extern int times_asked;        /* questions begun */
extern int times_answered;     /* calls that returned */
extern int times_cancelled;    /* because they were cancelled */
extern coil_time source_delay; /* of each answer */
extern coil_time source_ttl;   /* of each answer */
extern int source_failure;     /* instead of an answer */
/* The last question, and its family. */
extern char last_asked[300];

int add(struct coil_lookup *lookup, const char *text);

extern const struct coil_resolver_source scripted;

/* The options of a test that begins. */
void configure(struct coil_resolver_options options);

/* "10.0.0.1 fd00::1", or the error. */
const char *resolved_with(const char *host,
                          const struct coil_getaddrinfo_options *options);

const char *resolved(const char *host);

int resolve_host(void *host);

int code(const char *host);

#endif
