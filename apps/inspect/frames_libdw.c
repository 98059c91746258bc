/* SPDX-License-Identifier: MIT */
#include "frames.h"

#if defined(__has_include)
#if __has_include(<elfutils/libdwfl.h>)
#define HAS_LIBDW 1
#endif
#endif

#ifdef HAS_LIBDW

#include <dlfcn.h>
#include <elfutils/libdwfl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The functions of libdw, by the names it has for them. */
#define FUNCTIONS(X)                                                           \
    X(dwfl_begin)                                                              \
    X(dwfl_end)                                                                \
    X(dwfl_linux_proc_report)                                                  \
    X(dwfl_report_end)                                                         \
    X(dwfl_linux_proc_find_elf)                                                \
    X(dwfl_build_id_find_debuginfo)                                            \
    X(dwfl_attach_state)                                                       \
    X(dwfl_getthread_frames)                                                   \
    X(dwfl_thread_state_registers)                                             \
    X(dwfl_thread_state_register_pc)                                           \
    X(dwfl_frame_pc)                                                           \
    X(dwfl_addrmodule)                                                         \
    X(dwfl_getmodules)                                                         \
    X(dwfl_module_addrinfo)                                                    \
    X(dwfl_module_info)                                                        \
    X(dwfl_module_getsrc)                                                      \
    X(dwfl_lineinfo)

#define DECLARE(name) __typeof__(&name) name;
static struct {
    FUNCTIONS(DECLARE)
} dw;
#undef DECLARE

/* To libdw, the task that is looked at is the process's only thread. */
struct frames {
    Dwfl *dwfl;
    Dwfl_Callbacks callbacks;
    const struct target *target;
    const struct frames_start *start;
    uintptr_t *pcs;
    size_t count;
    size_t max;
};

static bool find_function(void *library, const char *name, void *pointer)
{
    void *function = dlsym(library, name);

    memcpy(pointer, &function, sizeof function);
    return function;
}

static bool load(void)
{
    void *library = dlopen("libdw.so.1", RTLD_LAZY | RTLD_LOCAL);

#define FIND(name) &&find_function(library, #name, &dw.name)
    return library FUNCTIONS(FIND);
#undef FIND
}

/* ---- what libdw asks for -------------------------------------------------- */

static pid_t next_thread(Dwfl *dwfl, void *arg, void **thread)
{
    (void)dwfl;
    if (*thread)
        return 0;
    *thread = arg;
    return 1;
}

static bool read_memory(Dwfl *dwfl, Dwarf_Addr address, Dwarf_Word *to,
                        void *arg)
{
    const struct frames *frames = arg;
    const struct frames_start *start = frames->start;
    uintptr_t word;

    (void)dwfl;
    if (address >= start->stack_at && start->stack_size >= sizeof word &&
        address - start->stack_at <= start->stack_size - sizeof word) {
        memcpy(&word, (const char *)start->stack + (address - start->stack_at),
               sizeof word);
        *to = word;
        return true;
    }
    if (!target_read(frames->target, (uintptr_t)address, &word, sizeof word))
        return false;
    *to = word;
    return true;
}

/* x86-64's, with DWARF's numbers: rbp, rsp, rip. */
static bool set_registers(Dwfl_Thread *thread, void *arg)
{
    const struct frames *frames = arg;
    const struct frames_start *start = frames->start;
    const Dwarf_Word pointers[] = { start->fp, start->sp };
    const Dwarf_Word pc = start->pc;

    dw.dwfl_thread_state_register_pc(thread, pc);
    if (start->registers)
        return dw.dwfl_thread_state_registers(thread, 0, 16,
                                              start->registers) &&
               dw.dwfl_thread_state_registers(thread, 16, 1, &pc);
    return dw.dwfl_thread_state_registers(thread, 6, 2, pointers) &&
           dw.dwfl_thread_state_registers(thread, 16, 1, &pc);
}

static const Dwfl_Thread_Callbacks thread_callbacks = {
    .next_thread = next_thread,
    .memory_read = read_memory,
    .set_initial_registers = set_registers,
};

/* ---- opening -------------------------------------------------------------- */

struct frames *frames_open(const struct target *target)
{
    struct frames *frames;

    if (!load())
        return NULL;
    frames = calloc(1, sizeof *frames);
    if (!frames)
        return NULL;
    frames->target = target;
    frames->callbacks.find_elf = dw.dwfl_linux_proc_find_elf;
    /* Not the standard one, which may ask servers. */
    frames->callbacks.find_debuginfo = dw.dwfl_build_id_find_debuginfo;
    frames->dwfl = dw.dwfl_begin(&frames->callbacks);
    if (frames->dwfl &&
        dw.dwfl_linux_proc_report(frames->dwfl, target->pid) == 0 &&
        dw.dwfl_report_end(frames->dwfl, NULL, NULL) == 0 &&
        dw.dwfl_attach_state(frames->dwfl, NULL, target->pid, &thread_callbacks,
                             frames))
        return frames;
    frames_close(frames);
    return NULL;
}

void frames_close(struct frames *frames)
{
    if (!frames)
        return;
    if (frames->dwfl)
        dw.dwfl_end(frames->dwfl);
    free(frames);
}

/* ---- names ---------------------------------------------------------------- */

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static void find_place(Dwfl_Module *module, Dwarf_Addr pc, struct frame *frame)
{
    Dwfl_Line *line = dw.dwfl_module_getsrc(module, pc);
    const char *file = NULL;
    const char *object;
    Dwarf_Addr start = 0;
    int number = 0;

    if (line)
        file = dw.dwfl_lineinfo(line, NULL, &number, NULL, NULL, NULL);
    object =
        dw.dwfl_module_info(module, NULL, &start, NULL, NULL, NULL, NULL, NULL);
    if (file)
        snprintf(frame->place, sizeof frame->place, "%.80s:%d", last_part(file),
                 number);
    else
        snprintf(frame->place, sizeof frame->place, "(%.64s+0x%llx)",
                 object ? last_part(object) : "?",
                 (unsigned long long)(pc - start));
}

static const char *symbol_of(struct frames *frames, Dwarf_Addr address,
                             GElf_Off *inside)
{
    Dwfl_Module *module = dw.dwfl_addrmodule(frames->dwfl, address);
    GElf_Sym sym;

    return module ? dw.dwfl_module_addrinfo(module, address, inside, &sym, NULL,
                                            NULL, NULL)
                  : NULL;
}

/* Which module ends last, of those that end before an address. */
struct below {
    Dwarf_Addr address;
    Dwarf_Addr end;
    Dwfl_Module *module;
};

static int look_below(Dwfl_Module *module, void **userdata, const char *name,
                      Dwarf_Addr start, void *arg)
{
    struct below *below = arg;
    Dwarf_Addr end = 0;

    (void)userdata;
    (void)name;
    (void)start;
    dw.dwfl_module_info(module, NULL, NULL, &end, NULL, NULL, NULL, NULL);
    if (end <= below->address && end >= below->end) {
        below->end = end;
        below->module = module;
    }
    return DWARF_CB_OK;
}

/*
 * A variable that is zero at first lies behind what is mapped of the file, and
 * libdw does not count it to the module.
 */
static const char *zeroed_variable(struct frames *frames, Dwarf_Addr address,
                                   GElf_Off *inside)
{
    struct below below = { .address = address };
    const char *name;
    GElf_Sym sym;

    dw.dwfl_getmodules(frames->dwfl, look_below, &below, 0);
    if (!below.module)
        return NULL;
    name = dw.dwfl_module_addrinfo(below.module, address, inside, &sym, NULL,
                                   NULL, NULL);
    return name && *inside < sym.st_size ? name : NULL;
}

void frames_name(struct frames *frames, uintptr_t address, char *to,
                 size_t size)
{
    GElf_Off inside = 0;
    const char *name = frames ? symbol_of(frames, address, &inside) : NULL;

    if (frames && !name)
        name = zeroed_variable(frames, address, &inside);

    to[0] = '\0';
    if (name && inside)
        snprintf(to, size, "%s+0x%llx", name, (unsigned long long)inside);
    else if (name)
        snprintf(to, size, "%s", name);
}

/* ---- frames --------------------------------------------------------------- */

static int add_frame(Dwfl_Frame *state, void *arg)
{
    struct frames *frames = arg;
    Dwarf_Addr pc;
    bool is_exact;

    if (!dw.dwfl_frame_pc(state, &pc, &is_exact))
        return DWARF_CB_ABORT;
    /* A return address is after the call. */
    if (!is_exact)
        pc--;
    frames->pcs[frames->count++] = (uintptr_t)pc;
    return frames->count == frames->max ? DWARF_CB_ABORT : DWARF_CB_OK;
}

size_t frames_walk(struct frames *frames, const struct frames_start *start,
                   uintptr_t *to, size_t max)
{
    if (!frames || max == 0)
        return 0;
    frames->start = start;
    frames->pcs = to;
    frames->count = 0;
    frames->max = max;
    dw.dwfl_getthread_frames(frames->dwfl, 1, add_frame, frames);
    return frames->count;
}

bool frames_function(struct frames *frames, uintptr_t pc, char *to, size_t size)
{
    const char *name;
    GElf_Off inside;

    if (!frames || !dw.dwfl_addrmodule(frames->dwfl, pc))
        return false;
    name = symbol_of(frames, pc, &inside);
    /* A stripped file has only what it exports. */
    if (name)
        snprintf(to, size, "%s", name);
    else
        snprintf(to, size, "0x%llx", (unsigned long long)pc);
    return true;
}

bool frames_describe(struct frames *frames, uintptr_t pc, struct frame *to)
{
    if (!frames_function(frames, pc, to->name, sizeof to->name))
        return false;
    find_place(dw.dwfl_addrmodule(frames->dwfl, pc), pc, to);
    return true;
}

/* What every wait has innermost says nothing. */
bool frames_is_internal(const char *name)
{
    return strcmp(name, "coil__wait") == 0 ||
           strcmp(name, "coil__wait_until") == 0 ||
           strcmp(name, "coil__operate") == 0;
}

size_t frames_of(struct frames *frames, const struct task *task,
                 struct frame *to, size_t max)
{
    const struct frames_start start = {
        .pc = task->pc,
        .sp = task->sp,
        .fp = task->fp,
    };
    uintptr_t pcs[FRAMES_MAX];
    size_t first = 0;
    size_t found;
    size_t count = 0;

    if (!frames || !task->pc || task->state == STATE_NEW ||
        task->state == STATE_RUNNING)
        return 0;
    found = frames_walk(frames, &start, pcs, FRAMES_MAX);
    for (size_t i = 0; i < found && i < 5; i++) {
        GElf_Off inside;
        const char *name = symbol_of(frames, pcs[i], &inside);

        if (name && frames_is_internal(name))
            first = i + 1;
    }
    for (size_t i = first; i < found && count < max; i++) {
        struct frame *frame = &to[count];

        if (!frames_describe(frames, pcs[i], frame))
            break;
        /* The two that begin every task. */
        if (i + 2 >= found && (strcmp(frame->name, "begin") == 0 ||
                               strcmp(frame->name, "run") == 0))
            break;
        count++;
    }
    return count;
}

#endif
