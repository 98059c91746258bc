/* SPDX-License-Identifier: MIT */
/*
 * secure_loaded.c - libcoil-tls is loaded when TLS is first needed
 *
 * src/http/wire/tls_library.h says why.
 */
#include "redis/secure.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

#include <coil/error.h>
#include <coil/sleep.h>
#include <coil/tls.h>

#include "base/dlopen_note.h"

COIL__DLOPEN_NOTE("tls", "rediss", COIL_TLS_FILE);

static __typeof__(&coil_tls_start_client) start_client;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void)
{
    void *library = dlopen(COIL_TLS_FILE, RTLD_LAZY | RTLD_LOCAL);
    void *function = library ? dlsym(library, "coil_tls_start_client") : NULL;

    memcpy(&start_client, &function, sizeof function);
}

int coil__redis_secure_check(void)
{
    (void)pthread_once(&once, load);
    return start_client ? 0 : COIL_ETLS_NO_LIBRARY;
}

int coil__redis_secure(struct coil_stream *stream, const char *host,
                       uint16_t port, struct coil_tls_context *context)
{
    const struct coil_tls_start start = {
        .context = context,
        .port = port,
        .handshake_limit = COIL_NEVER, /* the connect limit counts */
    };
    int rc = coil_checkpoint();

    if (rc == 0)
        rc = coil__redis_secure_check();
    return rc < 0 ? rc : start_client(stream, host, &start);
}
