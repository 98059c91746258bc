/* SPDX-License-Identifier: MIT */
/*
 * Files: what is written is there, each at its place, and a file is open as long
 * as somebody uses it.
 */
#include <unistd.h>

#include <coil/file.h>

#include "file_test.h"
#include "process.h"

static struct coil_file *opened(const char *name, int flags)
{
    struct coil_file *f = NULL;

    ASSERT_EQ(coil_file_open(&f, in_directory(name), flags, 0666), 0);
    ASSERT_NOT_NULL(f);
    return f;
}

static void expect_read(struct coil_file *f, const char *text)
{
    char found[64] = "";
    ptrdiff_t n = coil_file_read(f, found, sizeof found - 1);

    ASSERT_EQ(n, strlen(text));
    ASSERT_STR_EQ(found, text);
}

static void write_text(struct coil_file *f, const char *text)
{
    ptrdiff_t n = coil_file_write(f, text, strlen(text));

    ASSERT_EQ(n, strlen(text));
}

FILE_TEST(file_access_writes_and_reads_at_its_position)
{
    struct coil_file *f = opened("a", O_RDWR | O_CREAT);
    char byte;
    ptrdiff_t n;

    write_text(f, "one ");
    write_text(f, "two");
    ASSERT_EQ(coil_file_tell(f), 7);
    expect_file("a", "one two");
    ASSERT_EQ(coil_file_seek(f, 4), 0);
    expect_read(f, "two");
    expect_read(f, "");
    ASSERT_EQ(coil_file_seek(f, -1), -EINVAL);
    ASSERT_EQ(coil_file_seek(f, 0), 0);
    n = coil_file_read(f, &byte, 1);
    ASSERT_EQ(n, 1);
    ASSERT_EQ(coil_file_tell(f), 1);
    n = coil_file_write(f, "", 0);
    ASSERT_EQ(n, 0);
    ASSERT_EQ(coil_file_close(f), 0);
}

FILE_TEST(file_access_reads_and_writes_anywhere)
{
    struct coil_file *f = opened("a", O_RDWR | O_CREAT);
    char found[8] = "";
    ptrdiff_t n;

    n = coil_file_pwrite(f, "345", 3, 3);
    ASSERT_EQ(n, 3);
    n = coil_file_pwrite(f, "012", 3, 0);
    ASSERT_EQ(n, 3);
    n = coil_file_pread(f, found, 4, 1);
    ASSERT_EQ(n, 4);
    ASSERT_STR_EQ(found, "1234");
    n = coil_pread(coil_file_fd(f), found, 8, 4);
    ASSERT_EQ(n, 2);
    ASSERT_MEM_EQ(found, "45", 2);
    n = coil_file_pread(f, found, 8, 6);
    ASSERT_EQ(n, 0);
    n = coil_file_pread(f, found, 8, -1);
    ASSERT_EQ(n, -EINVAL);
    n = coil_file_pwrite(f, found, 8, -1);
    ASSERT_EQ(n, -EINVAL);
    ASSERT_EQ(coil_file_tell(f), 0);
    ASSERT_EQ(coil_file_close(f), 0);
    n = coil_pread(-1, found, 8, 0);
    ASSERT_EQ(n, -EBADF);
}

/* More than is copied for a thread at a time. */
FILE_TEST(file_access_writes_and_reads_much)
{
    enum { MUCH = 600 * 1000 };
    unsigned char *bytes = make_bytes(MUCH);
    struct coil_file *f = opened("a", O_RDWR | O_CREAT);
    static unsigned char found[MUCH];
    size_t got = 0;
    ptrdiff_t n;

    n = coil_file_write(f, bytes, MUCH);
    ASSERT_EQ(n, MUCH);
    while (got < MUCH) {
        n = coil_file_pread(f, found + got, MUCH - got, (int64_t)got);
        ASSERT_GT(n, 0);
        got += (size_t)n;
    }
    check_bytes(found, 0, MUCH);
    ASSERT_EQ(coil_file_close(f), 0);
    free(bytes);
}

FILE_TEST(file_access_that_appends)
{
    struct coil_file *f;

    put_file("a", "one");
    f = opened("a", O_RDWR | O_APPEND);
    write_text(f, " two");
    expect_file("a", "one two");
    expect_read(f, "one two");
    ASSERT_EQ(coil_file_close(f), 0);
}

FILE_TEST(file_access_as_a_whole)
{
    struct coil_file *f = opened("a", O_RDWR | O_CREAT);
    struct stat status;

    write_text(f, "one two");
    ASSERT_EQ(coil_file_truncate(f, 3), 0);
    ASSERT_EQ(coil_file_sync(f), 0);
    ASSERT_EQ(coil_file_datasync(f), 0);
    ASSERT_EQ(coil_file_stat(f, &status), 0);
    ASSERT_EQ(status.st_size, 3);
    ASSERT_EQ(coil_file_truncate(f, -1), -EINVAL);
    ASSERT_EQ(coil_file_close(f), 0);
    expect_file("a", "one");
}

FILE_TEST(file_access_that_cannot_be_opened)
{
    struct coil_file *f = NULL;
    int before = descriptors();

    ASSERT_EQ(coil_file_open(&f, in_directory("a"), O_RDONLY, 0), -ENOENT);
    ASSERT_EQ(coil_file_adopt(&f, -1), -EBADF);
    ASSERT_EQ(coil_file_temporary(&f, in_directory("a")), -ENOENT);
    ASSERT_EQ(coil_file_mkstemp(&f, in_directory("a/XXXXXX")), -ENOENT);
    ASSERT_NULL(f);
    ASSERT_EQ(coil_file_close(NULL), 0);
    coil_file_abort(NULL);
    ASSERT_EQ(descriptors(), before);
}

static void check_errors(struct coil_file *f)
{
    char bytes[4];
    ptrdiff_t n;

    n = coil_file_write(f, "x", 1);
    ASSERT_EQ(n, -EBADF);
    n = coil_file_read(f, bytes, 4);
    ASSERT_EQ(n, 4);
    ASSERT_EQ(coil_file_truncate(f, 0), -EINVAL);
}

FILE_TEST(file_access_that_is_not_for_writing)
{
    struct coil_file *f;

    put_file("a", "text");
    f = opened("a", O_RDONLY);
    check_errors(f);
    ASSERT_EQ(coil_file_close(f), 0);
}

/* ---- temporary ones ------------------------------------------------------- */

FILE_TEST(file_access_temporary_has_no_name)
{
    struct coil_file *f;

    ASSERT_EQ(coil_file_temporary(&f, in_directory("")), 0);
    ASSERT_EQ(count_names(), 0);
    write_text(f, "text");
    ASSERT_EQ(coil_file_seek(f, 0), 0);
    expect_read(f, "text");
    ASSERT_EQ(coil_file_close(f), 0);

    ASSERT_EQ(coil_file_temporary(&f, NULL), 0);
    write_text(f, "text");
    ASSERT_EQ(coil_file_close(f), 0);
}

FILE_TEST(file_access_temporary_where_the_environment_says)
{
    const char *saved = getenv("TMPDIR");
    char *kept = saved ? strdup(saved) : NULL;
    struct coil_file *f = NULL;

    setenv("TMPDIR", in_directory("nowhere"), 1);
    ASSERT_EQ(coil_file_temporary(&f, NULL), -ENOENT);
    setenv("TMPDIR", "", 1);
    ASSERT_EQ(coil_file_temporary(&f, NULL), 0);
    ASSERT_EQ(coil_file_close(f), 0);
    if (kept)
        setenv("TMPDIR", kept, 1);
    else
        unsetenv("TMPDIR");
    free(kept);
}

FILE_TEST(file_access_temporary_with_a_name)
{
    char path[4096];
    struct coil_file *f;

    strcpy(path, in_directory("a-XXXXXX"));
    ASSERT_EQ(coil_file_mkstemp(&f, path), 0);
    ASSERT_NULL(strstr(path, "XXXXXX"));
    ASSERT_EQ(access(path, R_OK | W_OK), 0);
    write_text(f, "text");
    ASSERT_EQ(coil_file_close(f), 0);
    expect_file(strrchr(path, '/') + 1, "text");
}

/* ---- a descriptor from elsewhere ------------------------------------------ */

/* Others that share what is open read and write behind what was done here. */
FILE_TEST(file_access_adopted_has_the_position_of_the_descriptor)
{
    struct coil_file *f;
    char byte;
    int fd;
    int shared;

    put_file("a", "0123456789");
    fd = open(in_directory("a"), O_RDWR | O_CLOEXEC);
    shared = dup(fd);
    ASSERT_EQ(lseek(fd, 2, SEEK_SET), 2);
    ASSERT_EQ(coil_file_adopt(&f, fd), 0);
    ASSERT_EQ(coil_file_tell(f), 2);
    ASSERT_EQ(coil_file_read(f, &byte, 1), 1);
    ASSERT_EQ(byte, '2');
    ASSERT_EQ(read(shared, &byte, 1), 1);
    ASSERT_EQ(byte, '3');
    write_text(f, "fo");
    ASSERT_EQ(write(shared, "s", 1), 1);
    ASSERT_EQ(coil_file_tell(f), 7);
    ASSERT_EQ(coil_file_seek(f, 9), 0);
    expect_read(f, "9");
    ASSERT_EQ(coil_file_close(f), 0);
    ASSERT_EQ(lseek(shared, 0, SEEK_CUR), 10);
    close(shared);
    expect_file("a", "0123fos789");
}
