/* SPDX-License-Identifier: MIT */
/* stack_test.c - what the programs stack and stack_guard share */
#include "stack_test.h"

struct coil_stack_pool *stack_pool;

struct coil_stack *acquire_stack(size_t size)
{
    struct coil_stack *stack = NULL;

    ASSERT_EQ(coil__stack_acquire(stack_pool, size, &stack), 0);
    ASSERT_NOT_NULL(stack);
    return stack;
}

void open_stack_pool(void)
{
    stack_pool = coil__stack_pool_new();
    ASSERT_NOT_NULL(stack_pool);
}
