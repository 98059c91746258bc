/* SPDX-License-Identifier: MIT */
/* WRAPS: syscall pread fstat */
/*
 * The file of an upload, read piece by piece as any other source: at once, or in
 * a thread where the kernel would have to wait for a disk.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <coil/http_client.h>

#include "stream_test.h"

enum { SIZE = 50000 };

static int now_error, late_error, look_error;

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
ssize_t __real_pread(int fd, void *bytes, size_t size, off_t at);
ssize_t __wrap_pread(int fd, void *bytes, size_t size, off_t at);
int __real_fstat(int fd, struct stat *st);
int __wrap_fstat(int fd, struct stat *st);

static int fail_with(int error)
{
    errno = error;
    return -1;
}

long __wrap_syscall(long number, ...)
{
    long a[6];
    va_list list;

    va_start(list, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(list, long);
    va_end(list);
    if (number == SYS_preadv2 && now_error)
        return fail_with(now_error);
    return __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

ssize_t __wrap_pread(int fd, void *bytes, size_t size, off_t at)
{
    return late_error ? fail_with(late_error)
                      : __real_pread(fd, bytes, size, at);
}

int __wrap_fstat(int fd, struct stat *st)
{
    return look_error ? fail_with(look_error) : __real_fstat(fd, st);
}

static int make_file(void)
{
    char name[] = "/tmp/coil-source-XXXXXX";
    int fd = mkstemp(name);
    unsigned char *bytes = make_bytes(SIZE);

    ASSERT_GE(fd, 0);
    ASSERT_EQ(unlink(name), 0);
    ASSERT_EQ(write(fd, bytes, SIZE), SIZE);
    free(bytes);
    return fd;
}

static void expect_whole(struct coil_http_source *source, size_t from)
{
    unsigned char piece[7000];
    size_t place = from;
    ptrdiff_t n;

    while ((n = source->read(source->arg, piece, sizeof piece)) > 0) {
        check_bytes(piece, place, (size_t)n);
        place += (size_t)n;
    }
    ASSERT_EQ(n, 0);
    ASSERT_EQ(place, SIZE);
}

KERNEL_TEST(http_source_of_a_file_is_read_wherever_it_is)
{
    static const int errors[] = { 0, EAGAIN, EOPNOTSUPP, EINVAL, ENOSYS };
    struct coil_http_file file;
    char byte;
    int fd = make_file();

    ASSERT_EQ(coil_http_file_init(&file, fd, 1000, COIL_HTTP_TO_THE_END), 0);
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        now_error = errors[i];
        expect_whole(&file.source, 1000);
        ASSERT_EQ(file.source.rewind(file.source.arg), 0);
    }
    late_error = EIO;
    ASSERT_EQ(file.source.read(file.source.arg, &byte, 1), -EIO);
    /* What a thread is told counts. */
    now_error = EBADF;
    ASSERT_EQ(file.source.read(file.source.arg, &byte, 1), -EIO);
    late_error = 0;
    coil_test_fail_allocation(1, false);
    ASSERT_EQ(file.source.read(file.source.arg, &byte, 1), -ENOMEM);
    coil_test_fail_allocation(0, false);
    now_error = 0;
    expect_whole(&file.source, 1000);
    close(fd);
}

TEST(http_source_of_a_file_is_within_it)
{
    struct coil_http_file file;
    int ends[2];
    int fd = make_file();

    ASSERT_EQ(coil_http_file_init(&file, fd, SIZE, 0), 0);
    ASSERT_EQ(coil_http_file_init(&file, fd, SIZE + 1, 0), -EINVAL);
    ASSERT_EQ(coil_http_file_init(&file, fd, -1, 0), -EINVAL);
    ASSERT_EQ(coil_http_file_init(&file, fd, 1, SIZE), -EINVAL);
    ASSERT_EQ(coil_http_file_init(&file, fd, 1, -5), -EINVAL);
    look_error = EIO;
    ASSERT_EQ(coil_http_file_init(&file, fd, 0, 1), -EIO);
    look_error = 0;
    close(fd);
    ASSERT_EQ(pipe(ends), 0);
    ASSERT_EQ(coil_http_file_init(&file, ends[0], 0, 0), -EINVAL);
    close(ends[0]);
    close(ends[1]);
}
