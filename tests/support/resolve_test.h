/* SPDX-License-Identifier: MIT */
/*
 * resolve_test.h - what the programs share that ask for names
 *
 * What address_info.h needs:
 *
 *     WRAPS: getaddrinfo freeaddrinfo
 */
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
#include "address_info.h"
#include "gate_test.h"
#include "stream_test.h"

#if defined(COIL_TSAN)
static const bool under_tsan = true;
#else
static const bool under_tsan = false;
#endif

/* ---- a resolver that does what a test wants --------------------------- */

extern atomic_int asked; /* how often for a name */
extern atomic_int answered;
extern atomic_int asked_elsewhere;
extern atomic_int askers; /* how often from another thread than before */

extern int numeric_error; /* for addresses in numbers */

/* Names that begin with "slow" wait at the gate. */
int answer(const char *name, struct addrinfo **list);

/* Counts, and answers as the name says: see answer(). */
int answer_counted(const char *name, const struct addrinfo *hints,
                   struct addrinfo **list);

/*
 * The largest number of threads that ask at one time, so that a test can use
 * all.
 */
enum { NAME_THREADS = 8 };

/* No answer is kept: each test sets what it asks for. */
void reset(void);

/* ---- one after the other ---------------------------------------------- */

int resolve(void *arg);

int resolve_text(const char *host);

#endif
