/* SPDX-License-Identifier: MIT */
/*
 * Names of files: as the system calls.
 */
#include <unistd.h>

#include <coil/path.h>

#include "file_test.h"

FILE_TEST(path_of_a_file)
{
    struct stat status;

    put_file("a", "text");
    ASSERT_EQ(coil_path_stat(in_directory("a"), &status), 0);
    ASSERT_EQ(status.st_size, 4);
    ASSERT_EQ(coil_path_chmod(in_directory("a"), 0640), 0);
    ASSERT_EQ(coil_path_stat(in_directory("a"), &status), 0);
    ASSERT_EQ(status.st_mode & 07777, 0640);
    ASSERT_EQ(coil_path_rename(in_directory("a"), in_directory("b")), 0);
    ASSERT_EQ(coil_path_stat(in_directory("a"), &status), -ENOENT);
    ASSERT_EQ(coil_path_link(in_directory("b"), in_directory("c")), 0);
    ASSERT_EQ(coil_path_link(in_directory("b"), in_directory("c")), -EEXIST);
    ASSERT_EQ(coil_path_unlink(in_directory("b")), 0);
    ASSERT_EQ(coil_path_unlink(in_directory("b")), -ENOENT);
    expect_file("c", "text");
}

FILE_TEST(path_of_a_symbolic_link)
{
    struct stat status;
    static char large[100000];
    char target[8];
    ptrdiff_t n;

    put_file("a", "text");
    ASSERT_EQ(coil_path_symlink("a", in_directory("l")), 0);
    ASSERT_EQ(coil_path_lstat(in_directory("l"), &status), 0);
    ASSERT(S_ISLNK(status.st_mode));
    ASSERT_EQ(coil_path_stat(in_directory("l"), &status), 0);
    ASSERT(S_ISREG(status.st_mode));
    n = coil_path_readlink(in_directory("l"), target, sizeof target);
    ASSERT_EQ(n, 1);
    ASSERT_STR_EQ(target, "a");
    n = coil_path_readlink(in_directory("l"), large, sizeof large);
    ASSERT_EQ(n, 1);
    ASSERT_STR_EQ(large, "a");
    n = coil_path_readlink(in_directory("l"), target, 1);
    ASSERT_EQ(n, -ERANGE);
    n = coil_path_readlink(in_directory("a"), target, sizeof target);
    ASSERT_EQ(n, -EINVAL);
}

FILE_TEST(path_of_a_directory)
{
    struct stat status;

    ASSERT_EQ(coil_path_mkdir(in_directory("d"), 0777), 0);
    ASSERT_EQ(coil_path_mkdir(in_directory("d"), 0777), -EEXIST);
    ASSERT_EQ(coil_path_rmdir(in_directory("d")), 0);
    ASSERT_EQ(coil_path_rmdir(in_directory("d")), -ENOENT);

    ASSERT_EQ(coil_path_mkdir_all(in_directory("d/e/f"), 0777), 0);
    ASSERT_EQ(coil_path_mkdir_all(in_directory("d/e/f/"), 0777), 0);
    ASSERT_EQ(coil_path_mkdir_all(in_directory("d//e/g"), 0777), 0);
    ASSERT_EQ(coil_path_stat(in_directory("d/e/f"), &status), 0);
    ASSERT(S_ISDIR(status.st_mode));
    put_file("d/a", "text");
    ASSERT_EQ(coil_path_mkdir_all(in_directory("d/a/f"), 0777), -EEXIST);
    ASSERT_EQ(coil_path_mkdir_all("", 0777), -ENOENT);
}

FILE_TEST(path_of_a_temporary_directory)
{
    char path[4096];
    struct stat status;

    strcpy(path, in_directory("d-XXXXXX"));
    ASSERT_EQ(coil_path_mkdtemp(path), 0);
    ASSERT_EQ(coil_path_stat(path, &status), 0);
    ASSERT(S_ISDIR(status.st_mode));
    strcpy(path, in_directory("d"));
    ASSERT_EQ(coil_path_mkdtemp(path), -EINVAL);
    ASSERT_STR_EQ(path, in_directory("d"));
}

FILE_TEST(path_removed_with_all_in_it)
{
    ASSERT_EQ(coil_path_mkdir_all(in_directory("d/e/f"), 0777), 0);
    put_file("d/e/a", "text");
    put_file("kept", "text");
    ASSERT_EQ(coil_path_symlink("../../kept", in_directory("d/e/l")), 0);
    ASSERT_EQ(coil_path_remove_all(in_directory("d")), 0);
    ASSERT_EQ(count_names(), 1);
    expect_file("kept", "text");
    ASSERT_EQ(coil_path_remove_all(in_directory("d")), 0);
    ASSERT_EQ(coil_path_remove_all(in_directory("kept")), 0);
    put_file("kept", "text");
    ASSERT_EQ(coil_path_remove_all(in_directory("kept/d")), -ENOTDIR);
    ASSERT_EQ(count_names(), 1);
}
