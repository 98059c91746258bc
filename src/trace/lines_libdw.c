/* SPDX-License-Identifier: MIT */
/*
 * lines_libdw.c - elfutils' libdw, loaded when the first report needs it
 *
 * A program that never reports anything does not pay for it.  A machine without
 * libdw reports less.  libdw needs more stack than a task has: context/deep.h.
 */
#include "trace/lines.h"

#include <dlfcn.h>
#include <elfutils/libdwfl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "context/deep.h"

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

static void open_lines(void *arg)
{
    struct coil_lines **out = arg;
    struct coil_lines *lines;

    pthread_once(&once, load);
    if (!is_loaded)
        return;
    lines = coil__alloc(sizeof *lines);
    if (!lines)
        return;
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
    *out = lines;
    return;

end_dwfl:
    dw.dwfl_end(lines->dwfl);
free_lines:
    coil__free(lines);
}

struct coil_lines *coil__lines_open(void)
{
    struct coil_lines *lines = NULL;

    (void)coil__deep_call(open_lines, &lines);
    return lines;
}

void coil__lines_close(struct coil_lines *lines)
{
    if (!lines)
        return;
    dw.dwfl_end(lines->dwfl);
    coil__free(lines);
}

struct search {
    struct coil_lines *lines;
    uintptr_t address;
    struct coil_line found; /* no file: nothing is known */
};

static void find_line(void *arg)
{
    struct search *search = arg;
    struct coil_line *line = &search->found;
    Dwfl_Module *module =
        dw.dwfl_addrmodule(search->lines->dwfl, search->address);
    Dwfl_Line *source =
        module ? dw.dwfl_module_getsrc(module, search->address) : NULL;

    if (source)
        line->file =
            dw.dwfl_lineinfo(source, NULL, &line->number, NULL, NULL, NULL);
}

bool coil__lines_find(struct coil_lines *lines, uintptr_t address,
                      struct coil_line *line)
{
    struct search search = { .lines = lines, .address = address };
    size_t length;

    if (!lines || !coil__deep_call(find_line, &search) || !search.found.file ||
        search.found.number <= 0)
        return false;
    *line = search.found;
    length = strlen(lines->folder);
    if (length > 0 && strncmp(line->file, lines->folder, length) == 0)
        line->file += length;
    return true;
}
