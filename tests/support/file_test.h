/* SPDX-License-Identifier: MIT */
/*
 * file_test.h - a test with a directory of its own, on the kernel and on the
 * simulator
 *
 *     FILE_TEST(file_reads_what_is_there)
 *     {
 *         put_file("a", "text");
 *         ASSERT_EQ(coil_file_open(&f, in_directory("a"), O_RDONLY, 0), 0);
 *         ...
 *     }
 */
#ifndef COIL_TESTS_FILE_TEST_H
#define COIL_TESTS_FILE_TEST_H

#include "stream_test.h"

/* Made before and removed after each body. */
void begin_directory(void);
void end_directory(void);

/* The path of `name` there; valid until 8 further calls. */
char *in_directory(const char *name);

/* Without coil: a file has this text; and it must have it. */
void put_file(const char *name, const char *text);
void expect_file(const char *name, const char *text);

/* How many names there are in the directory. */
size_t count_names(void);

#define FILE_TEST(name)                                                        \
    static void file_body_##name(void);                                        \
    SOCKET_TEST(name)                                                          \
    {                                                                          \
        begin_directory();                                                     \
        file_body_##name();                                                    \
        end_directory();                                                       \
    }                                                                          \
    static void file_body_##name(void)

/* On the kernel alone: for what happens in other threads. */
#define FILE_KERNEL_TEST(name)                                                 \
    static void file_body_##name(void);                                        \
    KERNEL_TEST(name)                                                          \
    {                                                                          \
        begin_directory();                                                     \
        file_body_##name();                                                    \
        end_directory();                                                       \
    }                                                                          \
    static void file_body_##name(void)

#endif
