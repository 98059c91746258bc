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

/* A stack may be smaller than its size by this: tops are staggered. */
enum { STAGGER = 2048, PAGE = 4096 };

extern struct coil_stack_pool *stack_pool;

struct coil_stack *acquire_stack(size_t size);
void open_stack_pool(void);

/* ---- acquiring and releasing ---------------------------------------------- */

enum { MANY = 3000 };

/* ---- memory --------------------------------------------------------------- */

enum { IDLE = 1500, WARM = 1024, TOUCHED = 8 };

#endif
