/* SPDX-License-Identifier: MIT */
/* stack_test.h - what the programs stack and stack_guard share */
#ifndef COIL_TESTS_STACK_TEST_H
#define COIL_TESTS_STACK_TEST_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <coil/error.h>

#include "base/memory.h"
#include "base/platform.h"
#include "child.h"
#include "context/stack.h"
#include "test.h"

/* What a stack may be short of its size by: tops are staggered. */
enum { STAGGER = 2048, PAGE = 4096 };

static struct coil_stack_pool *pool;

static inline struct coil_stack *acquire(size_t size)
{
    struct coil_stack *stack = NULL;

    ASSERT_EQ(coil__stack_acquire(pool, size, &stack), 0);
    ASSERT_NOT_NULL(stack);
    return stack;
}

static inline void open_pool(void)
{
    pool = coil__stack_pool_new();
    ASSERT_NOT_NULL(pool);
}

/* ---- acquiring and releasing ---------------------------------------------- */

enum { MANY = 3000 };

/* ---- memory --------------------------------------------------------------- */

enum { IDLE = 1500, WARM = 1024, TOUCHED = 8 };

#endif
