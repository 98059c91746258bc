/* SPDX-License-Identifier: MIT */
/*
 * default_stack.h - threads that cannot be made, since their stacks are too large
 */
#ifndef COIL_TESTS_DEFAULT_STACK_H
#define COIL_TESTS_DEFAULT_STACK_H

#include <pthread.h>
#include <stdbool.h>

/* Whether new threads get such stacks from now on; musl makes them smaller. */
bool make_default(const pthread_attr_t *attributes);

#endif
