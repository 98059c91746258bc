/* SPDX-License-Identifier: MIT */
/* tls_library_loaded.c - libcoil-tls is loaded when TLS is first needed */
#include "http/wire/tls_library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/dlopen_note.h"

COIL__DLOPEN_NOTE("tls", "https", COIL_TLS_FILE);

static struct coil__http_tls functions;
static char missing[256];
static _Atomic(enum { UNKNOWN, LOADED, MISSING }) found;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static bool find(void *library, const char *name, void *pointer)
{
    void *function = dlsym(library, name);

    memcpy(pointer, &function, sizeof function);
    return function;
}

static void load(void)
{
    void *library = dlopen(COIL_TLS_FILE, RTLD_LAZY | RTLD_LOCAL);
    const char *why;

#define FIND(name) &&find(library, "coil_tls_" #name, &functions.name)
    if (library COIL__HTTP_TLS_FUNCTIONS(FIND)) {
        atomic_store(&found, LOADED);
        return;
    }
    why = dlerror();
    snprintf(missing, sizeof missing, "%s", why ? why : COIL_TLS_FILE);
    atomic_store(&found, MISSING);
}

const struct coil__http_tls *coil__http_tls(void)
{
    (void)pthread_once(&once, load);
    return coil__http_tls_if_loaded();
}

const struct coil__http_tls *coil__http_tls_if_loaded(void)
{
    return atomic_load_explicit(&found, memory_order_acquire) == LOADED
               ? &functions
               : NULL;
}

const char *coil__http_tls_missing(void)
{
    return atomic_load(&found) == MISSING ? missing : NULL;
}
