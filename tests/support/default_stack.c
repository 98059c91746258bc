/* SPDX-License-Identifier: MIT */
/*
 * default_stack.c - threads that cannot be made, because their stacks are too
 * large
 */
#include "default_stack.h"

bool make_default(const pthread_attr_t *attributes)
{
    pthread_attr_t now;
    size_t wanted;
    size_t size;

    return pthread_setattr_default_np(attributes) == 0 &&
           pthread_getattr_default_np(&now) == 0 &&
           pthread_attr_getstacksize(attributes, &wanted) == 0 &&
           pthread_attr_getstacksize(&now, &size) == 0 && size >= wanted;
}
