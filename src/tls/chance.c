/* SPDX-License-Identifier: MIT */
/*
 * chance.c - random numbers of OpenSSL that a history keeps
 *
 * OpenSSL 3 calls the method outdated, and has no other one for a whole process.  If a
 * later one takes it away, the functions below do not compile, and a history of TLS has to
 * be left out.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "tls/chance.h"

#include <pthread.h>

#include <openssl/rand.h>

#include <coil/history.h>

static int draw(unsigned char *data, int size)
{
    int rc = RAND_OpenSSL()->bytes(data, size);

    if (rc == 1)
        coil_history_remember(data, (size_t)size);
    return rc;
}

static int draw_public(unsigned char *data, int size)
{
    int rc = RAND_OpenSSL()->pseudorand(data, size);

    if (rc == 1)
        coil_history_remember(data, (size_t)size);
    return rc;
}

static int status(void)
{
    return RAND_OpenSSL()->status();
}

static void set_method(void)
{
    static const RAND_METHOD method = {
        .bytes = draw,
        .pseudorand = draw_public,
        .status = status,
    };

    (void)!RAND_set_rand_method(&method);
}

void coil__tls_keep_chance(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    if (coil_history_is_kept())
        pthread_once(&once, set_method);
}
