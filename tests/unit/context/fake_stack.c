/* SPDX-License-Identifier: MIT */
/*
 * The fake stacks in which AddressSanitizer keeps the frames of tasks: a task takes
 * over the one of a task that has ended.
 */
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>

#include <coil/loop.h>
#include <coil/task.h>

#include "base/platform.h"
#include "test.h"

#ifdef COIL_ASAN
#include <sanitizer/asan_interface.h>
#else
static void *__asan_get_current_fake_stack(void)
{
    return NULL;
}

static void *__asan_addr_is_in_fake_stack(void *fake_stack, void *addr,
                                          void **beg, void **end)
{
    (void)fake_stack;
    (void)addr;
    *beg = *end = NULL;
    return NULL;
}
#endif

/* The fake stack of a task, in which its locals lie. */
static int find_fake_stack(void *arg)
{
    void *volatile local = NULL;
    void **found = arg;
    void *low;
    void *high;

    *found = __asan_get_current_fake_stack();
    return *found && __asan_addr_is_in_fake_stack(
                         *found, (void *)(uintptr_t)&local, &low, &high);
}

/* Where nothing is mapped the kernel does as it is asked. */
static bool is_mapped(void *page)
{
    void *got = mmap(page, 1, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    ASSERT_PTR_NE(got, MAP_FAILED);
    munmap(got, 1);
    return got != page;
}

static int run_tasks(void *arg)
{
    void **found = arg;
    struct coil_task *task;
    int rc;

    for (int i = 0; i < 2; i++) {
        ASSERT_EQ(coil_task_create(&task, find_fake_stack, &found[i]), 0);
        rc = coil_task_await(task);
        ASSERT_EQ(rc, found[i] != NULL);
        coil_task_release(task);
        if (found[i])
            ASSERT(is_mapped(found[i]));
    }
    return 0;
}

TEST(fake_stack_is_taken_over)
{
    void *found[2];

    ASSERT_EQ(coil_run(run_tasks, found), 0);
    if (!found[0])
        SKIP("no detect_stack_use_after_return");
    ASSERT_PTR_EQ(found[0], found[1]);
}

/* Thousands of frames in each: what is left of a task would fill the fake stack. */
static int run_many_tasks(void *arg)
{
    void **found = arg;
    struct coil_task *task;
    int rc;

    for (int i = 0; i < 20000; i++) {
        ASSERT_EQ(coil_task_create(&task, find_fake_stack, found), 0);
        rc = coil_task_await(task);
        ASSERT_EQ(rc, *found != NULL);
        coil_task_release(task);
    }
    return 0;
}

TEST(fake_stack_keeps_nothing_of_a_task)
{
    void *found;

    ASSERT_EQ(coil_run(run_many_tasks, &found), 0);
    if (!found)
        SKIP("no detect_stack_use_after_return");
}

static void *run_in_thread(void *found)
{
    ASSERT_EQ(coil_run(run_tasks, found), 0);
    return NULL;
}

static size_t mappings(void)
{
    FILE *file = fopen("/proc/self/maps", "re");
    size_t lines = 0;
    int c;

    ASSERT_NOT_NULL(file);
    while ((c = getc(file)) != EOF)
        lines += c == '\n';
    fclose(file);
    return lines;
}

TEST(fake_stack_ends_with_the_thread)
{
    void *found[2];
    size_t before = 0;
    pthread_t thread;

    for (int i = 0; i < 60; i++) {
        if (i == 20)
            before = mappings();
        ASSERT_EQ(pthread_create(&thread, NULL, run_in_thread, found), 0);
        ASSERT_EQ(pthread_join(thread, NULL), 0);
    }
    ASSERT_LT(mappings(), before + 12);
}
