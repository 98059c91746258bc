/* SPDX-License-Identifier: MIT */
/*
 * default_stack.h - threads that cannot be made, since their stacks are too large
 */
#ifndef COIL_TESTS_DEFAULT_STACK_H
#define COIL_TESTS_DEFAULT_STACK_H

#include <pthread.h>
#include <stdbool.h>

/* Whether new threads get such stacks from now on; musl makes them smaller. */
static inline bool make_default(const pthread_attr_t *attributes)
{
    pthread_attr_t now;
    size_t wanted;
    size_t size;

    return pthread_setattr_default_np(attributes) == 0 &&
           pthread_getattr_default_np(&now) == 0 &&
           pthread_attr_getstacksize(attributes, &wanted) == 0 &&
           pthread_attr_getstacksize(&now, &size) == 0 && size >= wanted;
}

#endif
