/* SPDX-License-Identifier: MIT */
/*
 * lines_libdw.c - elfutils' libdw, loaded when the first report needs it
 *
 * A program that never reports anything does not pay for it.  A machine without
 * libdw reports less.
 */
#include "trace/lines.h"

#include <dlfcn.h>
#include <elfutils/libdwfl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"

/* The functions of libdw, by the names it has for them. */
#define FUNCTIONS(X)                                                           \
    X(dwfl_begin)                                                              \
    X(dwfl_end)                                                                \
    X(dwfl_linux_proc_report)                                                  \
    X(dwfl_report_end)                                                         \
    X(dwfl_linux_proc_find_elf)                                                \
    X(dwfl_build_id_find_debuginfo)                                            \
    X(dwfl_addrmodule)                                                         \
    X(dwfl_module_getsrc)                                                      \
    X(dwfl_lineinfo)

#define DECLARE(name) __typeof__(&name) name;
static struct {
    FUNCTIONS(DECLARE)
} dw;
#undef DECLARE

static bool is_loaded;
static pthread_once_t once = PTHREAD_ONCE_INIT;

struct coil_lines {
    Dwfl *dwfl;
    Dwfl_Callbacks callbacks;
    char folder[1024]; /* where the process is, with a slash */
};

static bool find_function(void *library, const char *name, void *pointer)
{
    void *function = dlsym(library, name);

    memcpy(pointer, &function, sizeof function);
    return function;
}

static void load(void)
{
    void *library = dlopen("libdw.so.1", RTLD_LAZY | RTLD_LOCAL);

    if (!library)
        return;
#define FIND(name) &&find_function(library, #name, &dw.name)
    is_loaded = true FUNCTIONS(FIND);
#undef FIND
}

struct coil_lines *coil__lines_open(void)
{
    struct coil_lines *lines;

    pthread_once(&once, load);
    if (!is_loaded)
        return NULL;
    lines = coil__alloc(sizeof *lines);
    if (!lines)
        return NULL;
    lines->callbacks.find_elf = dw.dwfl_linux_proc_find_elf;
    /* Not the standard one, which may ask servers. */
    lines->callbacks.find_debuginfo = dw.dwfl_build_id_find_debuginfo;
    lines->dwfl = dw.dwfl_begin(&lines->callbacks);
    if (!lines->dwfl)
        goto free_lines;
    if (dw.dwfl_linux_proc_report(lines->dwfl, getpid()) != 0 ||
        dw.dwfl_report_end(lines->dwfl, NULL, NULL) != 0)
        goto end_dwfl;
    if (getcwd(lines->folder, sizeof lines->folder - 1))
        strcat(lines->folder, "/");
    return lines;

end_dwfl:
    dw.dwfl_end(lines->dwfl);
free_lines:
    coil__free(lines);
    return NULL;
}

void coil__lines_close(struct coil_lines *lines)
{
    if (!lines)
        return;
    dw.dwfl_end(lines->dwfl);
    coil__free(lines);
}

bool coil__lines_find(struct coil_lines *lines, uintptr_t address,
                      struct coil_line *line)
{
    size_t length;
    Dwfl_Module *module;
    Dwfl_Line *source;

    if (!lines)
        return false;
    module = dw.dwfl_addrmodule(lines->dwfl, address);
    source = module ? dw.dwfl_module_getsrc(module, address) : NULL;
    if (!source)
        return false;
    line->number = 0;
    line->file =
        dw.dwfl_lineinfo(source, NULL, &line->number, NULL, NULL, NULL);
    if (!line->file || line->number <= 0)
        return false;
    length = strlen(lines->folder);
    if (length > 0 && strncmp(line->file, lines->folder, length) == 0)
        line->file += length;
    return true;
}
