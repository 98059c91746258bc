/* SPDX-License-Identifier: MIT */
/* local_test.h - what the programs local and local_callbacks share */
#ifndef COIL_TESTS_LOCAL_TEST_H
#define COIL_TESTS_LOCAL_TEST_H

#include <pthread.h>

#include <coil/guest.h>
#include <coil/local.h>
#include <coil/thread.h>

#include "core_test.h"

static struct coil_local name = COIL_LOCAL_INIT("nobody");

static inline const char *get(void)
{
    return coil_local_get(&name);
}

static inline void set(const char *value)
{
    ASSERT_EQ(coil_local_set(&name, (void *)(uintptr_t)value), 0);
}

static inline int say_name(void *arg)
{
    (void)arg;
    say("%s ", get());
    return 0;
}

/* Say the name, take another, say that a turn later. */
static inline int take_name(void *arg)
{
    say("%s ", get());
    set(arg);
    turn();
    say("%s ", get());
    return 0;
}

/* ---- callbacks ---- */

static inline void call(void *arg)
{
    say("%s ", get());
    if (arg)
        set(arg);
}

#endif
