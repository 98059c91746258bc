/* SPDX-License-Identifier: MIT */
#include "trace/objects.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>

bool coil__object_of(uintptr_t address, struct coil_object *object)
{
    struct dl_find_object found;
    const struct link_map *map;
    bool is_program;

    if (_dl_find_object((void *)address, &found) < 0)
        return false;
    map = found.dlfo_link_map;
    is_program = !map || !map->l_name || !map->l_name[0];
    *object = (struct coil_object){
        .base = map ? map->l_addr : 0,
        .path = is_program ? "/proc/self/exe" : map->l_name,
        .name = is_program ? program_invocation_name : map->l_name,
    };
    return true;
}
