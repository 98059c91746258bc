/* SPDX-License-Identifier: MIT */
#if defined(__has_include)
#if __has_include(<elfutils/libdwfl.h>)
#define HAS_LIBDW 1
#endif
#endif

#include "frames.h"

#ifndef HAS_LIBDW

struct frames *frames_open(const struct target *target)
{
    (void)target;
    return NULL;
}

void frames_close(struct frames *frames)
{
    (void)frames;
}

size_t frames_of(struct frames *frames, const struct task *task,
                 struct frame *to, size_t max)
{
    (void)frames;
    (void)task;
    (void)to;
    (void)max;
    return 0;
}

size_t frames_walk(struct frames *frames, const struct frames_start *start,
                   uintptr_t *to, size_t max)
{
    (void)frames;
    (void)start;
    (void)to;
    (void)max;
    return 0;
}

bool frames_function(struct frames *frames, uintptr_t pc, char *to, size_t size)
{
    (void)frames;
    (void)pc;
    (void)to;
    (void)size;
    return false;
}

bool frames_describe(struct frames *frames, uintptr_t pc, struct frame *to)
{
    (void)frames;
    (void)pc;
    (void)to;
    return false;
}

bool frames_is_internal(const char *name)
{
    (void)name;
    return false;
}

void frames_name(struct frames *frames, uintptr_t address, char *to,
                 size_t size)
{
    (void)frames;
    (void)address;
    (void)size;
    to[0] = '\0';
}

#endif
