/* SPDX-License-Identifier: MIT */
/*
 * loop_test.h - a test of the loop, on each kind of it
 *
 *     LOOP_TEST(loop_makes_calls_in_order)
 *     {
 *         call_soon(0, "a");
 *         call_soon(1, "b");
 *         run_once();
 *         SAID("a b ");
 *     }
 *
 * The body is run with `loop` on the kernel, on the kernel with every step
 * watched (debug), and on the simulator.  It may close the loop, and says so by
 * setting it to NULL.
 */
#ifndef COIL_TESTS_LOOP_TEST_H
#define COIL_TESTS_LOOP_TEST_H

#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <coil/error.h>
#include <coil/loop.h>
#include <coil/task.h>

#include "actors.h"
#include "test.h"

enum { VARIANTS = 3, KERNEL_VARIANTS = 2 };

extern const struct coil_loop_options variants[VARIANTS];

extern size_t variant;
extern struct coil_loop *loop;
extern struct coil_handle handles[8];

/* ---- calls ---------------------------------------------------------------- */

void say_name(void *arg);
void call_soon(size_t i, const char *name);
void call_later(size_t i, coil_time delay, const char *name);
void call_at(size_t i, coil_time when, const char *name);
void stop_it(void *arg);
void stop_at(coil_time when);

/* ---- running -------------------------------------------------------------- */

void open_loop(size_t i);

/* One turn. */
void run_once(void);

/* The time of the loop's clock; for calls from outside. */
coil_time run_now(void);

/* Make a task of the loop; for calls from outside. The pointer is borrowed. */
struct coil_task *start_on_loop(coil_fn fn);

size_t tasks_of_loop(struct coil_task **tasks, size_t capacity);

/* ---- what goes to stderr -------------------------------------------------- */

void silence_stderr(void);
void restore_stderr(void);
void run_on_each_loop(void (*body)(void));

#define LOOP_TEST(name)                                                        \
    static void loop_body_##name(void);                                        \
    TEST(name)                                                                 \
    {                                                                          \
        run_on_each_loop(loop_body_##name);                                    \
    }                                                                          \
    static void loop_body_##name(void)

#endif
