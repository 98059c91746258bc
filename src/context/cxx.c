/* SPDX-License-Identifier: MIT */
/*
 * cxx.c - find the C++ runtime, if the process has one
 *
 * The library itself contains no C++.  A program that is linked with C++ has
 * the functions of the ABI, which are found through weak symbols.  A C program
 * may have loaded C++ with dlopen(): then the loader is asked.
 */
#include "context/cxx.h"

#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/panic.h"
#include "context/personality.h"

typedef struct coil_cxx_globals *(*globals_fn)(void);
typedef void (*terminate_fn)(void);
typedef terminate_fn (*set_terminate_fn)(terminate_fn);

extern struct coil_cxx_globals *weak_globals(void) __asm__("__cxa_get_globals")
    __attribute__((weak));
/* std::set_terminate() */
extern terminate_fn
    weak_set_terminate(terminate_fn) __asm__("_ZSt13set_terminatePFvvE")
        __attribute__((weak));
/* Weak, so that a static program without them links, and without a warning. */
extern void *weak_dlopen(const char *, int) __asm__("dlopen")
    __attribute__((weak));
extern void *weak_dlsym(void *, const char *) __asm__("dlsym")
    __attribute__((weak));

_Thread_local struct coil_cxx_globals *coil__cxx_globals;

struct runtime {
    globals_fn globals;
    set_terminate_fn set_terminate;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct runtime runtime;
/* number of loaded objects at the last look */
static unsigned long long loaded;
static _Atomic(terminate_fn) before;

/* ---- std::terminate() ----------------------------------------------------- */

static void on_terminate(void)
{
    terminate_fn then = atomic_load(&before);

    if (coil__panic_who() && !coil__guard_has_told())
        coil__complain("std::terminate", "it was called");
    if (then)
        then();
    abort();
}

/* ---- finding -------------------------------------------------------------- */

static bool is_runtime(const char *path)
{
    return strstr(path, "libstdc++.so") || strstr(path, "libc++abi.so") ||
           strstr(path, "libc++.so");
}

static void find_function(void *library, const char *name, void *pointer)
{
    void *function = weak_dlsym(library, name);

    if (function)
        memcpy(pointer, &function, sizeof function);
}

/* The handle is kept, so that the runtime cannot be unloaded. */
static void find_in(const char *path)
{
    void *library = weak_dlopen(path, RTLD_LAZY | RTLD_NOLOAD);

    if (!library)
        return;
    find_function(library, "__cxa_get_globals", &runtime.globals);
    find_function(library, "_ZSt13set_terminatePFvvE", &runtime.set_terminate);
}

struct search {
    unsigned long long loaded;
    char path[4096];
};

/* Called under the loader's lock, so this only looks. */
static int look_at(struct dl_phdr_info *info, size_t size, void *arg)
{
    struct search *search = arg;

    (void)size;
    search->loaded = info->dlpi_adds;
    if (info->dlpi_adds == loaded)
        return 1;
    if (!info->dlpi_name || !is_runtime(info->dlpi_name) ||
        strlen(info->dlpi_name) >= sizeof search->path)
        return 0;
    strcpy(search->path, info->dlpi_name);
    return 1;
}

static void find_loaded(void)
{
    struct search search = { .loaded = 0 };

    if (!weak_dlopen || !weak_dlsym)
        return;
    dl_iterate_phdr(look_at, &search);
    loaded = search.loaded;
    if (search.path[0])
        find_in(search.path);
}

static void find(void)
{
    if (weak_globals) {
        runtime.globals = weak_globals;
        runtime.set_terminate = weak_set_terminate;
    } else {
        find_loaded();
    }
    if (runtime.globals && runtime.set_terminate)
        atomic_store(&before, runtime.set_terminate(on_terminate));
}

void coil__cxx_find(void)
{
    globals_fn globals;

    pthread_mutex_lock(&mutex);
    if (!runtime.globals)
        find();
    globals = runtime.globals;
    pthread_mutex_unlock(&mutex);
    if (globals)
        coil__cxx_globals = globals();
}
