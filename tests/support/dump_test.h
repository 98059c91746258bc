/* SPDX-License-Identifier: MIT */
/*
 * dump_test.h - what coil_dump_tasks() and coil_task_print_stack() say, as text
 *
 *     DUMP_TEST(dump_says_who_waits)
 *     {
 *         struct coil_task *task = start_named(wait_for_event, &event, "a");
 *
 *         turn();
 *         take_dump();
 *         ASSERT_STR_CONTAINS(text, "a, made at ");
 *         end_cancelled(task);
 *         return 0;
 *     }
 *
 * The body is the main task of a run on the simulator.
 */
#ifndef COIL_TESTS_DUMP_TEST_H
#define COIL_TESTS_DUMP_TEST_H

#include <errno.h>
#include <stdio.h>

#include <coil/event.h>
#include <coil/loop.h>
#include <coil/task.h>
#include <coil/testing.h>

#include "base/platform.h"
#include "actors.h"
#include "names.h"
#include "test.h"

extern char text[1 << 20];

/* The dump of the running loop. */
void take_dump(void);

/* The text about one task. Not inlined: it is a frame of its own. */
void take_stack(struct coil_task *task);

size_t count_of(const char *part);

/* Two frames that the dump shows. */
int wait_long(struct coil_event *event);

int wait_for_event(void *arg);
int await(void *arg);

#define DUMP_TEST(test_name)                                                   \
    static int dump_body_##test_name(void *arg);                               \
    TEST(test_name)                                                            \
    {                                                                          \
        ASSERT_EQ(coil_test_run(dump_body_##test_name, NULL, 0), 0);           \
    }                                                                          \
    static int dump_body_##test_name(void *arg)

#endif
