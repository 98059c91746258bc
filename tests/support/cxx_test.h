/* SPDX-License-Identifier: MIT */
/*
 * cxx_test.h - what the tests in C++ share
 *
 *     CXX_TEST(task_catches_what_it_threw)     runs in the simulator, once in the
 *     {                                        documented order and then under
 *     }                                        twenty seeds, as the main task
 */
#ifndef COIL_TESTS_CXX_TEST_H
#define COIL_TESTS_CXX_TEST_H

#include <errno.h>
#include <stdio.h>

#include <exception>
#include <stdexcept>
#include <string>

#include <coil.h>
#include <coil/testing.h>

#include "test.h"

static inline coil_task *start(coil_fn fn, const void *arg = nullptr)
{
    coil_task *task;

    ASSERT_EQ(coil_task_create(&task, fn, const_cast<void *>(arg)), 0);
    return task;
}

/* Wait until it has ended; returns its result. */
static inline int end_of(coil_task *task)
{
    int rc = coil_task_await(task);

    coil_task_release(task);
    return rc;
}

static inline void turn()
{
    ASSERT_EQ(coil_yield(), 0);
}

/* Throw and catch, as any code may do. */
static inline void throw_and_catch(const char *text)
{
    try {
        throw std::logic_error(text);
    } catch (const std::logic_error &e) {
        ASSERT_STR_EQ(e.what(), text);
    }
}

/* The text of the exception that is handled now, by `throw;`. */
static inline std::string handled()
{
    try {
        throw;
    } catch (const std::exception &e) {
        return e.what();
    }
}

static inline void nothing_is_handled()
{
    ASSERT(!std::current_exception());
    ASSERT_EQ(std::uncaught_exceptions(), 0);
}

static inline int run_cxx_test(void *arg)
{
    nothing_is_handled();
    (*static_cast<void (**)()>(arg))();
    nothing_is_handled();
    return 0;
}

#define CXX_TEST(name)                                                         \
    static void cxx_body_##name();                                             \
    TEST(name)                                                                 \
    {                                                                          \
        void (*body)() = cxx_body_##name;                                      \
                                                                               \
        for (uint64_t seed = 0; seed <= 20; seed++)                            \
            ASSERT_EQ(coil_test_run(run_cxx_test, &body, seed), 0);            \
    }                                                                          \
    static void cxx_body_##name()

#endif
