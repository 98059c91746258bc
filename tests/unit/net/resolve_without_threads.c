/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/* WRAPS: pthread_create pthread_attr_init getaddrinfo freeaddrinfo */
/*
 * Names of a process that can make no thread, or none with a small stack.
 * getaddrinfo() is this file's own.
 */
#include <coil/thread.h>

#include "resolve_test.h"

const answer_fn answer_names = answer_counted;

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
                          void *(*fn)(void *), void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
                          void *(*fn)(void *), void *arg);

static size_t stack_needed; /* a thread with less is refused */
static bool no_threads;

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
                          void *(*fn)(void *), void *arg)
{
    size_t size = SIZE_MAX;

    if (no_threads)
        return EAGAIN;
    if (attr)
        ASSERT_EQ(pthread_attr_getstacksize(attr, &size), 0);
    if (size < stack_needed)
        return EINVAL;
    return __real_pthread_create(thread, attr, fn, arg);
}

int __real_pthread_attr_init(pthread_attr_t *attr);
int __wrap_pthread_attr_init(pthread_attr_t *attr);

static bool no_attributes;

int __wrap_pthread_attr_init(pthread_attr_t *attr)
{
    return no_attributes ? ENOMEM : __real_pthread_attr_init(attr);
}

static int job(void *arg)
{
    (void)arg;
    return 7;
}

KERNEL_TEST(resolve_without_threads_says_so_and_works_again)
{
    reset();
    no_threads = true;
    ASSERT_EQ(resolve_text("two.test"), -EAGAIN);
    ASSERT_EQ(coil_to_thread(job, NULL), -EAGAIN);
    ASSERT_EQ(resolve_text("127.0.0.1"), 1);
    ASSERT_EQ(resolve_text("localhost"), 2);
    ASSERT_EQ(asked, 0);
    no_threads = false;
    ASSERT_EQ(resolve_text("two.test"), 2);
    ASSERT_EQ(coil_to_thread(job, NULL), 7);
}

/* The program has more variables of a thread than a small stack has room for. */
KERNEL_TEST(resolve_without_threads_of_small_stacks_makes_larger_ones)
{
    pthread_attr_t usual;
    size_t size;

    ASSERT_EQ(pthread_attr_init(&usual), 0);
    ASSERT_EQ(pthread_attr_getstacksize(&usual, &size), 0);
    pthread_attr_destroy(&usual);
    if (size < 1024 * 1024)
        SKIP("this C library has no larger stacks");
    reset();
    stack_needed = 1024 * 1024;
    ASSERT_EQ(resolve_text("two.test"), 2);
    stack_needed = 0;
}

KERNEL_TEST(resolve_without_threads_for_want_of_memory_says_so)
{
    reset();
    no_attributes = true;
    ASSERT_EQ(resolve_text("two.test"), -ENOMEM);
    no_attributes = false;
    ASSERT_EQ(resolve_text("two.test"), 2);
}

/* The thread that there is takes one name after the other. */
KERNEL_TEST(resolve_without_threads_waits_for_those_there_are)
{
    struct coil_task *slow, *other;

    reset();
    slow = start(resolve, "slow.test");
    settle();
    until(&begun, 1);
    no_threads = true;
    other = start(resolve, "two.test");
    settle();
    ASSERT_EQ(asked, 1);
    open_gate(1);
    ASSERT_EQ(end_of(slow), 1);
    ASSERT_EQ(end_of(other), 2);
    no_threads = false;
}
