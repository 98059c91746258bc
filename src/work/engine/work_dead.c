/* SPDX-License-Identifier: MIT */
#include <coil/work.h>

#include "base/memory.h"

void coil_work_dead_free(struct coil_work_dead *dead)
{
    coil__free(dead->id);
    coil__free(dead->group);
    coil__free(dead->reason);
    coil__free(dead->body);
    *dead = (struct coil_work_dead){ .id = NULL };
}
