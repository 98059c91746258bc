/* SPDX-License-Identifier: MIT */
/*
 * test.h - the test runner
 *
 *     #include "test.h"
 *
 *     TEST(lock_hands_over_in_order)
 *     {
 *         ASSERT_OK(coil_run(contend, NULL));
 *         ASSERT_STR_EQ(trace, "abc");
 *     }
 *
 *     PANIC_TEST(lock_wait_outside_a_task, "outside a task")
 *     {
 *         (void)!coil_lock_acquire(&lock);
 *     }
 *
 * A test registers itself; its name is the sentence that is broken when it
 * fails.  A PANIC_TEST passes when its body, in a child process, ends in
 * abort() after it wrote the given text to stderr.
 *
 *     ./test_lock                        every test, each in a forked child
 *     ./test_lock NAME NAME              these tests, each in a forked child
 *     ./test_lock NAME                   this test, in this process (for gdb)
 *     ./test_lock --list                 the names
 *
 * Names work with and without the file's stem: hands_over_in_order will do.  A
 * test fails when an assertion does, when it takes longer than COIL_TEST_TIMEOUT
 * seconds (60; 0 means no limit, for debuggers; time_limit.h has what is counted),
 * when it ends with more or fewer open descriptors than it began with, and when a
 * stack is still in use: a task or a coroutine that was not released.
 *
 * A failed assertion prints and aborts where it stands, on whatever stack that
 * is.  There is no longjmp: unwinding to the main stack would leave the
 * scheduler believing that the failed task still runs.
 *
 * Tests of C++ (.cc) use it as well.
 */
#ifndef COIL_TESTS_TEST_H
#define COIL_TESTS_TEST_H

#ifdef NDEBUG
#error "tests need assert(): build them without NDEBUG"
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The exit status of a skipped test, which ctest knows. */
#define TEST_EXIT_SKIPPED 77

/* A test as the runner sees it; the macros below write it. */
struct test_case {
    const char *name;
    const char *file;
    void (*body)(void);
    void (*body_of)(const void *subject); /* instead, of `subject` */
    const void *subject;
    const char *panic; /* its text before abort(), or NULL */
    bool hidden;       /* runs only when named */
    struct test_case *next;
};

void test_register(struct test_case *test);

#define TEST_DEFINE(test_name, panic_text, is_hidden)                          \
    static void test_body_##test_name(void);                                   \
    __attribute__((constructor)) static void test_register_##test_name(void)   \
    {                                                                          \
        static struct test_case test = {                                       \
            .name = #test_name,                                                \
            .file = __FILE__,                                                  \
            .body = test_body_##test_name,                                     \
            .panic = panic_text,                                               \
            .hidden = is_hidden,                                               \
        };                                                                     \
        test_register(&test);                                                  \
    }                                                                          \
    static void test_body_##test_name(void)

#define TEST(name) TEST_DEFINE(name, NULL, false)
#define PANIC_TEST(name, text) TEST_DEFINE(name, text, false)

/*
 * Neither listed nor run unless named: the runner's own tests that must fail.
 */
#define HIDDEN_TEST(name) TEST_DEFINE(name, NULL, true)
#define HIDDEN_PANIC_TEST(name, text) TEST_DEFINE(name, text, true)

/* A test sets this if it abandons a task, whose stack is then lost. */
extern bool test_leaves_stacks;

/* Called once before a failed test aborts, e.g. to print the tasks. */
extern void (*test_on_failure)(void);

/*
 * A program defines this as true if its tests are about reports of slow steps.
 * In the other programs the limit is an hour: where the machine is busy
 * every step may be slow, and a report opens files, whose numbers may be those
 * of descriptors that a test has just closed.
 */
extern bool test_reports_slow_steps;

/*
 * Let malloc() keep what is freed.  A test that runs many times needs the same
 * memory again, and page faults take long on some virtual machines.
 */
void test_keep_freed_memory(void);

/*
 * In how many of `usual` schedules a test is to be played that is played in
 * several: COIL_TEST_SEEDS, if that is less.
 */
uint64_t test_seeds(uint64_t usual);

/* The runner itself; `main` calls nothing else. */
int test_main(int argc, char **argv);

/* ---- assertions; each evaluates its arguments once ---- */

#define ASSERT(condition)                                                      \
    ((condition) ? (void)0 : FAIL("%s is false", #condition))

/* Whole numbers of any size and sign, booleans and enumerators. */
#define ASSERT_EQ(a, b) TEST_COMPARE(a, TEST_EQ, b)
#define ASSERT_NE(a, b) TEST_COMPARE(a, TEST_NE, b)
#define ASSERT_LT(a, b) TEST_COMPARE(a, TEST_LT, b)
#define ASSERT_LE(a, b) TEST_COMPARE(a, TEST_LE, b)
#define ASSERT_GT(a, b) TEST_COMPARE(a, TEST_GT, b)
#define ASSERT_GE(a, b) TEST_COMPARE(a, TEST_GE, b)

/* Fails if `rc` is an error, which is negative. */
#define ASSERT_OK(rc) test_ok(__FILE__, __LINE__, #rc, (rc))

#define ASSERT_PTR_EQ(a, b)                                                    \
    test_pointers(__FILE__, __LINE__, #a, (a), true, #b, (b))
#define ASSERT_PTR_NE(a, b)                                                    \
    test_pointers(__FILE__, __LINE__, #a, (a), false, #b, (b))
#define ASSERT_NULL(a) ASSERT_PTR_EQ(a, NULL)
#define ASSERT_NOT_NULL(a) ASSERT_PTR_NE(a, NULL)

#define ASSERT_STR_EQ(a, b) test_strings(__FILE__, __LINE__, #a, (a), #b, (b))
#define ASSERT_STR_CONTAINS(text, part)                                        \
    test_contains(__FILE__, __LINE__, #text, (text), (part))
#define ASSERT_MEM_EQ(a, b, size)                                              \
    test_memory(__FILE__, __LINE__, #a, (a), #b, (b), (size))

/* End the test as failed, with a message as printf() writes it. */
#define FAIL(...) test_fail(__FILE__, __LINE__, __VA_ARGS__)

/* End the test as neither passed nor failed. */
#define SKIP(reason) test_skip(__FILE__, __LINE__, reason)

/* ---- what the macros call ---- */

enum test_relation {
    TEST_EQ,
    TEST_NE,
    TEST_LT,
    TEST_LE,
    TEST_GT,
    TEST_GE,
};

#define TEST_COMPARE(a, relation, b)                                           \
    test_compare(__FILE__, __LINE__, #a, (a), relation, #b, (b))

void test_fail(const char *file, int line, const char *format, ...)
    __attribute__((noreturn, format(printf, 3, 4)));
void test_skip(const char *file, int line, const char *reason)
    __attribute__((noreturn));

void test_compare(const char *file, int line, const char *a_text, long long a,
                  enum test_relation relation, const char *b_text, long long b);
void test_ok(const char *file, int line, const char *text, long long rc);
void test_pointers(const char *file, int line, const char *a_text,
                   const void *a, bool equal, const char *b_text,
                   const void *b);
void test_strings(const char *file, int line, const char *a_text, const char *a,
                  const char *b_text, const char *b);
void test_contains(const char *file, int line, const char *text_text,
                   const char *text, const char *part);
void test_memory(const char *file, int line, const char *a_text, const void *a,
                 const char *b_text, const void *b, size_t size);

#ifdef __cplusplus
}
#endif

#endif
