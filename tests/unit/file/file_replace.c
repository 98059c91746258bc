/* SPDX-License-Identifier: MIT */
/*
 * A file is replaced as a whole, or not at all.
 */
#include <unistd.h>

#include <coil/file.h>

#include "file_test.h"

FILE_TEST(file_replace_makes_and_replaces)
{
    struct stat status;

    ASSERT_EQ(coil_file_replace(in_directory("a"), "one", 3, 0640), 0);
    expect_file("a", "one");
    ASSERT_EQ(stat(in_directory("a"), &status), 0);
    ASSERT_EQ(status.st_mode & 07777, 0640);
    ASSERT_EQ(coil_file_replace(in_directory("a"), "other", 5, 0600), 0);
    expect_file("a", "other");
    ASSERT_EQ(coil_file_replace(in_directory("a"), NULL, 0, 0600), 0);
    expect_file("a", "");
    ASSERT_EQ(count_names(), 1);
}

FILE_TEST(file_replace_that_fails_leaves_nothing)
{
    ASSERT_EQ(coil_file_replace(in_directory("d/a"), "one", 3, 0640), -ENOENT);
    ASSERT_EQ(mkdir(in_directory("d"), 0777), 0);
    ASSERT_EQ(coil_file_replace(in_directory("d"), "one", 3, 0640), -EISDIR);
    ASSERT_EQ(count_names(), 1);
    ASSERT_EQ(coil_file_replace("", "one", SIZE_MAX / 2, 0640), -ENOMEM);
}

/* In the current directory. */
FILE_TEST(file_replace_of_a_bare_name)
{
    char *before = getcwd(NULL, 0);

    ASSERT_EQ(chdir(in_directory("")), 0);
    ASSERT_EQ(coil_file_replace("a", "one", 3, 0640), 0);
    expect_file("a", "one");
    ASSERT_EQ(count_names(), 1);
    ASSERT_EQ(chdir(before), 0);
    free(before);
}
