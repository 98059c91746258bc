/* SPDX-License-Identifier: MIT */
/* locals.c - a task-local name, and functions that say and set it */
#include "locals.h"

struct coil_local local_name = COIL_LOCAL_INIT("nobody");

const char *get_name(void)
{
    return coil_local_get(&local_name);
}

void set_name(const char *value)
{
    ASSERT_EQ(coil_local_set(&local_name, (void *)(uintptr_t)value), 0);
}

int say_local_name(void *arg)
{
    (void)arg;
    say("%s ", get_name());
    return 0;
}

int take_name(void *arg)
{
    say("%s ", get_name());
    set_name(arg);
    turn();
    say("%s ", get_name());
    return 0;
}

void use_name(void *arg)
{
    say("%s ", get_name());
    if (arg)
        set_name(arg);
}
