/* SPDX-License-Identifier: MIT */
/*
 * dump_test.c - the output of coil_dump_tasks() and coil_task_print_stack(), as
 * text
 */
#include "dump_test.h"

char text[1 << 20];

static void keep(FILE *file)
{
    size_t size;

    rewind(file);
    size = fread(text, 1, sizeof text - 1, file);
    text[size] = '\0';
    fclose(file);
}

COIL_NOINLINE void take_dump(void)
{
    FILE *file = tmpfile();

    ASSERT_NOT_NULL(file);
    coil_dump_tasks(fileno(file));
    keep(file);
}

COIL_NOINLINE void take_stack(struct coil_task *task)
{
    FILE *file = tmpfile();

    ASSERT_NOT_NULL(file);
    coil_task_print_stack(task, fileno(file));
    keep(file);
}

size_t count_of(const char *part)
{
    size_t count = 0;

    for (const char *p = text; (p = strstr(p, part)); p++)
        count++;
    return count;
}

COIL_NOINLINE int wait_long(struct coil_event *event)
{
    return coil_event_wait(event) + zero;
}

int wait_for_event(void *arg)
{
    return wait_long(arg) + zero;
}

int await(void *arg)
{
    return coil_task_await(arg);
}
