/* SPDX-License-Identifier: MIT */
/*
 * wrapped_memory.h - allocations of the program, which the test may let fail
 *
 * The test has WRAPS: malloc calloc realloc strdup strndup, and includes this once,
 * below a function memory_fails() of its own, which each allocation asks.
 */
#ifndef COIL_TESTS_FETCH_WRAPPED_MEMORY_H
#define COIL_TESTS_FETCH_WRAPPED_MEMORY_H

#include <stddef.h>

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);
char *__real_strndup(const char *text, size_t size);
char *__wrap_strndup(const char *text, size_t size);

void *__wrap_malloc(size_t size)
{
    return memory_fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return memory_fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return memory_fails() ? NULL : __real_realloc(old, size);
}

char *__wrap_strdup(const char *text)
{
    return memory_fails() ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t size)
{
    return memory_fails() ? NULL : __real_strndup(text, size);
}

#endif
