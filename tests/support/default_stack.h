/* SPDX-License-Identifier: MIT */
/*
 * default_stack.h - threads that cannot be made, because their stacks are too
 * large
 */
#ifndef COIL_TESTS_DEFAULT_STACK_H
#define COIL_TESTS_DEFAULT_STACK_H

#include <pthread.h>
#include <stdbool.h>

/* Whether new threads have such stacks from now on; musl gives smaller ones. */
bool make_default(const pthread_attr_t *attributes);

#endif
