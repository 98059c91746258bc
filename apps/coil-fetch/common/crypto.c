/* SPDX-License-Identifier: MIT */
#include "common/crypto.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define SONAME "libcrypto.so.3"

/* For packagers, as in src/http/wire/tls_library_loaded.c. */
#define DEPENDS                                                                \
    "[{\"feature\":\"checksums\",\"description\":\"checksums and archives\","  \
    "\"priority\":\"recommended\",\"soname\":[\"" SONAME "\"]}]"
__attribute__((used, section(".note.dlopen"), aligned(4))) static const struct {
    uint32_t owner_size;
    uint32_t size;
    uint32_t type;
    char owner[4];
    char text[sizeof DEPENDS];
} note = { 4, sizeof DEPENDS, 0x407c0c0a, "FDO", DEPENDS };

static struct crypto functions;
static bool is_loaded;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static bool find(void *library, const char *name, void *pointer)
{
    void *function = dlsym(library, name);

    memcpy(pointer, &function, sizeof function);
    return function;
}

static void load(void)
{
    void *library = dlopen(SONAME, RTLD_LAZY | RTLD_LOCAL);

#define FIND(name) &&find(library, #name, &functions.name)
    is_loaded = library CRYPTO_FUNCTIONS(FIND);
    if (!is_loaded)
        fprintf(stderr, "coil-fetch: no checksums and no archives: %s\n",
                dlerror());
}

const struct crypto *crypto_load(void)
{
    (void)pthread_once(&once, load);
    return is_loaded ? &functions : NULL;
}
