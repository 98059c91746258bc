/* SPDX-License-Identifier: MIT */
/* WRAPS: open lseek syscall */
/*
 * Directories that cannot be opened or read, or whose filesystem says little: the
 * rest is told all the same.
 */
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <coil/directory.h>

#include "file_test.h"

static int open_error;
static int directory_error;
static bool hides_types; /* of a directory's entries */

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
off_t __real_lseek(int fd, off_t offset, int whence);
off_t __wrap_lseek(int fd, off_t offset, int whence);
long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);

int __wrap_open(const char *path, int flags, ...)
{
    errno = open_error;
    return open_error ? -1 : __real_open(path, flags, 0);
}

static int seek_error;

off_t __wrap_lseek(int fd, off_t offset, int whence)
{
    errno = seek_error;
    return seek_error ? -1 : __real_lseek(fd, offset, whence);
}

static long hide_types(char *bytes, long size)
{
    uint16_t length;

    for (long at = 0; at < size; at += length) {
        memcpy(&length, bytes + at + 16, sizeof length);
        bytes[at + 18] = DT_UNKNOWN;
    }
    return size;
}

long __wrap_syscall(long number, ...)
{
    long a[6];
    va_list list;

    va_start(list, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(list, long);
    va_end(list);
    if (number == SYS_getdents64 && directory_error) {
        /* As after a cancellation, the entries have been read. */
        if (directory_error == ECANCELED)
            (void)__real_syscall(number, a[0], a[1], a[2]);
        errno = directory_error;
        return -1;
    }
    if (number == SYS_getdents64 && hides_types)
        return hide_types((char *)a[1],
                          __real_syscall(number, a[0], a[1], a[2]));
    return __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* A walk names the directory that cannot be read, and goes on behind it. */
FILE_TEST(directory_faults_walk_on_behind_an_error)
{
    struct coil_directory_entry entry;
    struct coil_directory *d;
    int count = 0;

    ASSERT_EQ(mkdir(in_directory("d"), 0777), 0);
    ASSERT_EQ(mkdir(in_directory("e"), 0777), 0);
    put_file("d/a", "");
    put_file("e/a", "");
    ASSERT_EQ(coil_directory_walk(&d, in_directory("")), 0);
    ASSERT_EQ(coil_directory_read(d, &entry), 1);
    ASSERT_EQ(coil_directory_read(d, &entry), 1);
    open_error = EACCES;
    ASSERT_EQ(coil_directory_read(d, &entry), -EACCES);
    open_error = 0;
    ASSERT_EQ(entry.type, DT_DIR);
    ASSERT_EQ(entry.depth, 1);
    ASSERT_EQ(access(entry.path, F_OK), 0);
    while (coil_directory_read(d, &entry) > 0)
        count++;
    ASSERT_EQ(count, 1);
    coil_directory_close(d);

    ASSERT_EQ(coil_directory_walk(&d, in_directory("")), 0);
    directory_error = EIO;
    ASSERT_EQ(coil_directory_read(d, &entry), -EIO);
    ASSERT_STR_EQ(entry.path, in_directory(""));
    ASSERT_EQ(coil_directory_read(d, &entry), 0);
    directory_error = 0;
    coil_directory_close(d);
}

/* Where the filesystem does not say what is a directory, that is tried. */
FILE_TEST(directory_faults_walk_without_types)
{
    struct coil_directory_entry entry;
    struct coil_directory *d;
    int count = 0;

    ASSERT_EQ(mkdir(in_directory("d"), 0777), 0);
    ASSERT_EQ(symlink("..", in_directory("d/l")), 0);
    put_file("d/a", "");
    hides_types = true;
    ASSERT_EQ(coil_directory_walk(&d, in_directory("")), 0);
    while (coil_directory_read(d, &entry) > 0) {
        ASSERT_EQ(entry.type, DT_UNKNOWN);
        count++;
    }
    hides_types = false;
    ASSERT_EQ(count, 3);
    coil_directory_close(d);
}

/* What has gone, or is no directory any more, is left out. */
FILE_TEST(directory_faults_walk_past_what_has_gone)
{
    static const int errors[] = { ENOENT, ENOTDIR, ELOOP };
    struct coil_directory_entry entry;
    struct coil_directory *d;

    ASSERT_EQ(mkdir(in_directory("d"), 0777), 0);
    put_file("d/a", "");
    for (size_t i = 0; i < 3; i++) {
        ASSERT_EQ(coil_directory_walk(&d, in_directory("")), 0);
        ASSERT_EQ(coil_directory_read(d, &entry), 1);
        open_error = errors[i];
        ASSERT_EQ(coil_directory_read(d, &entry), 0);
        open_error = 0;
        coil_directory_close(d);
    }
    ASSERT_EQ(coil_directory_walk(&d, in_directory("")), 0);
    directory_error = ENOENT;
    ASSERT_EQ(coil_directory_read(d, &entry), 0);
    directory_error = 0;
    coil_directory_close(d);
}

/* The error, too, is told again if there was no memory to tell it. */
FILE_TEST(directory_faults_walk_tells_an_error_without_memory)
{
    struct coil_directory_entry entry;
    struct coil_directory *d;
    int rc = -ENOMEM;

    ASSERT_EQ(coil_directory_walk(&d, in_directory("")), 0);
    directory_error = EIO;
    for (size_t n = 1; rc == -ENOMEM; n++) {
        coil_test_fail_allocation(n, false);
        rc = coil_directory_read(d, &entry);
        coil_test_fail_allocation(0, false);
    }
    directory_error = 0;
    ASSERT_EQ(rc, -EIO);
    ASSERT_STR_EQ(entry.path, in_directory(""));
    coil_directory_close(d);
}

/* A call that was cancelled while it opened a directory opens it again. */
FILE_TEST(directory_faults_are_cancellations)
{
    struct coil_directory_entry entry;
    struct coil_directory *d;

    ASSERT_EQ(mkdir(in_directory("d"), 0777), 0);
    put_file("d/a", "");
    ASSERT_EQ(coil_directory_walk(&d, in_directory("")), 0);
    ASSERT_EQ(coil_directory_read(d, &entry), 1);
    open_error = ECANCELED;
    ASSERT_EQ(coil_directory_read(d, &entry), -ECANCELED);
    open_error = 0;
    ASSERT_EQ(coil_directory_read(d, &entry), 1);
    ASSERT_STR_EQ(entry.name, "a");
    ASSERT_EQ(coil_directory_read(d, &entry), 0);
    coil_directory_close(d);
}

/* Entries that were read for a call that was cancelled are read again. */
FILE_TEST(directory_faults_read_again)
{
    struct coil_directory_entry entry;
    struct coil_directory *d;

    put_file("a", "");
    for (int fails = 0; fails < 2; fails++) {
        ASSERT_EQ(coil_directory_open(&d, in_directory("")), 0);
        directory_error = ECANCELED;
        ASSERT_EQ(coil_directory_read(d, &entry), -ECANCELED);
        directory_error = 0;
        seek_error = fails ? EIO : 0;
        ASSERT_EQ(coil_directory_read(d, &entry), fails ? -EIO : 1);
        seek_error = 0;
        ASSERT_STR_EQ(entry.name, fails ? "" : "a");
        coil_directory_close(d);
    }
}
