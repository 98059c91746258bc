/* SPDX-License-Identifier: MIT */
#include "context/binding.h"

#include <link.h>
#include <stdlib.h>

struct object {
    uintptr_t address; /* what is looked for */
    uintptr_t low;     /* where the object lies, once it is found */
    uintptr_t high;
    bool is_done;
};

static bool lies_in(struct object *object, const struct dl_phdr_info *info)
{
    uintptr_t low = UINTPTR_MAX;
    uintptr_t high = 0;

    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        uintptr_t begin = info->dlpi_addr + segment->p_vaddr;

        if (segment->p_type != PT_LOAD)
            continue;
        low = begin < low ? begin : low;
        if (begin + segment->p_memsz > high)
            high = begin + segment->p_memsz;
    }
    object->low = low;
    object->high = high;
    return object->address >= low && object->address < high;
}

/* Without a table of calls there is nothing to bind. */
static bool is_bound_at_once(const ElfW(Dyn) * entry)
{
    bool has_calls = false;

    for (; entry->d_tag != DT_NULL; entry++) {
        if (entry->d_tag == DT_BIND_NOW ||
            (entry->d_tag == DT_FLAGS && entry->d_un.d_val & DF_BIND_NOW) ||
            (entry->d_tag == DT_FLAGS_1 && entry->d_un.d_val & DF_1_NOW))
            return true;
        if (entry->d_tag == DT_PLTRELSZ && entry->d_un.d_val > 0)
            has_calls = true;
    }
    return !has_calls;
}

static int look(struct dl_phdr_info *info, size_t size, void *arg)
{
    struct object *object = arg;

    (void)size;
    if (!lies_in(object, info))
        return 0;
    object->is_done = true;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        uintptr_t at = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;

        if (info->dlpi_phdr[i].p_type == PT_DYNAMIC)
            object->is_done = is_bound_at_once((const ElfW(Dyn) *)at);
    }
    return 1;
}

/* The user may order it for all objects. */
static bool is_ordered(void)
{
    const char *order = getenv("LD_BIND_NOW");

    return order && *order;
}

bool coil__binding_is_done(uintptr_t address)
{
    /* Most tasks run functions of one object. */
    static _Thread_local struct object last;

    if (address < last.low || address >= last.high) {
        last = (struct object){ .address = address };
        dl_iterate_phdr(look, &last);
        last.is_done = last.is_done || is_ordered();
    }
    return last.is_done;
}
