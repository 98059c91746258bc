/* SPDX-License-Identifier: MIT */
/* test_assert.c - how an assertion fails */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

#define LARGEST_ERRNO 4095

void (*test_on_failure)(void);

_Noreturn void test_fail(const char *file, int line, const char *format, ...)
{
    static bool failing;
    va_list args;

    fflush(stdout);
    fprintf(stderr, "%s:%d: ", file, line);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);

    /* The hook itself may assert. */
    if (test_on_failure && !failing) {
        failing = true;
        test_on_failure();
    }
    fflush(NULL);
    abort();
}

_Noreturn void test_skip(const char *file, int line, const char *reason)
{
    fprintf(stderr, "%s:%d: skipped: %s\n", file, line, reason);
    fflush(NULL);
    /* The test did not clean up, so leaks are expected. */
    _Exit(TEST_EXIT_SKIPPED);
}

/*
 * " (Connection refused)" for a number that looks like an error code, otherwise
 * "".
 */
static const char *explain(long long value)
{
    static char text[80];

    if (value >= 0 || value < -LARGEST_ERRNO)
        return "";
    snprintf(text, sizeof(text), " (%s)", strerror((int)-value));
    return text;
}

static bool holds(long long a, enum test_relation relation, long long b)
{
    switch (relation) {
    case TEST_EQ:
        return a == b;
    case TEST_NE:
        return a != b;
    case TEST_LT:
        return a < b;
    case TEST_LE:
        return a <= b;
    case TEST_GT:
        return a > b;
    case TEST_GE:
        return a >= b;
    }
    return false;
}

void test_compare(const char *file, int line, const char *a_text, long long a,
                  enum test_relation relation, const char *b_text, long long b)
{
    static const char *const sign[] = {
        [TEST_EQ] = "==", [TEST_NE] = "!=", [TEST_LT] = "<",
        [TEST_LE] = "<=", [TEST_GT] = ">",  [TEST_GE] = ">=",
    };
    char a_error[80];

    if (holds(a, relation, b))
        return;
    snprintf(a_error, sizeof(a_error), "%s", explain(a));
    test_fail(file, line,
              "%s %s %s does not hold\n"
              "    left:  %lld%s\n"
              "    right: %lld%s",
              a_text, sign[relation], b_text, a, a_error, b, explain(b));
}

void test_ok(const char *file, int line, const char *text, long long rc)
{
    if (rc < 0)
        test_fail(file, line, "%s failed: %lld%s", text, rc, explain(rc));
}

void test_pointers(const char *file, int line, const char *a_text,
                   const void *a, bool equal, const char *b_text, const void *b)
{
    if ((a == b) == equal)
        return;
    test_fail(file, line,
              "%s %s %s does not hold\n"
              "    left:  %p\n"
              "    right: %p",
              a_text, equal ? "==" : "!=", b_text, a, b);
}

void test_strings(const char *file, int line, const char *a_text, const char *a,
                  const char *b_text, const char *b)
{
    if (a == b || (a && b && strcmp(a, b) == 0))
        return;
    test_fail(file, line,
              "%s and %s differ\n"
              "    left:  %s\n"
              "    right: %s",
              a_text, b_text, a ? a : "(null)", b ? b : "(null)");
}

void test_contains(const char *file, int line, const char *text_text,
                   const char *text, const char *part)
{
    if (text && strstr(text, part))
        return;
    test_fail(file, line,
              "%s does not contain \"%s\"\n"
              "    text: %s",
              text_text, part, text ? text : "(null)");
}

void test_memory(const char *file, int line, const char *a_text, const void *a,
                 const char *b_text, const void *b, size_t size)
{
    const unsigned char *left = a;
    const unsigned char *right = b;
    size_t i;

    for (i = 0; i < size; i++)
        if (left[i] != right[i])
            test_fail(file, line,
                      "%s and %s differ at byte %zu of %zu\n"
                      "    left:  0x%02x\n"
                      "    right: 0x%02x",
                      a_text, b_text, i, size, left[i], right[i]);
}
