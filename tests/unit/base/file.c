/* SPDX-License-Identifier: MIT */
#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test.h"

enum { SIZE = 100000 };

/* A file of SIZE bytes; remove it. */
static void make_file(char *path)
{
    FILE *file;

    strcpy(path, "/tmp/coil-file-XXXXXX");
    file = fdopen(mkstemp(path), "w");
    ASSERT_NOT_NULL(file);
    for (int i = 0; i < SIZE; i++)
        fputc(i % 251, file);
    fclose(file);
}

TEST(file_is_read_whole_behind_what_there_is)
{
    struct coil_buffer out = { 0 };
    char path[32];

    make_file(path);
    ASSERT_EQ(coil__buffer_append(&out, "x", 1), 0);
    ASSERT_EQ(coil__file_read(path, SIZE + 1, &out), 0);
    ASSERT_EQ(out.size, SIZE + 1);
    for (int i = 0; i < SIZE; i++)
        ASSERT_EQ(coil__buffer_bytes(&out)[i + 1], i % 251);
    coil__buffer_fini(&out);
    unlink(path);
}

TEST(file_that_is_too_large_or_missing_is_an_error)
{
    struct coil_buffer out = { 0 };
    char path[32];

    make_file(path);
    ASSERT_EQ(coil__file_read(path, SIZE - 1, &out), -EFBIG);
    coil__buffer_fini(&out);
    ASSERT_EQ(coil__file_read("/tmp", SIZE, &out), -EISDIR);
    unlink(path);
    ASSERT_EQ(coil__file_read(path, SIZE, &out), -ENOENT);
    coil__buffer_fini(&out);
}

TEST(beginning_of_a_file_is_a_text)
{
    char path[32];
    char text[8] = "before!";

    make_file(path);
    ASSERT_EQ(truncate(path, 0), 0);
    ASSERT(!coil__file_peek(path, text, sizeof text));
    ASSERT_STR_EQ(text, "");
    unlink(path);
    ASSERT(!coil__file_peek(path, text, sizeof text));
    ASSERT(coil__file_peek("/proc/version", text, sizeof text));
    ASSERT_STR_EQ(text, "Linux v");
}
