/* SPDX-License-Identifier: MIT */
/* WRAPS: sendfile pread syscall */
/* TIMEOUT: 60 */
/*
 * A file over a stream when the kernel will not send it, has to wait for a disk,
 * or has no memory: what has been sent is told, and the rest can be sent.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "stream_test.h"

enum { SIZE = 100 * 1000 };

static int interruptions; /* of sendfile() */
static int send_error, read_error, late_error;
static bool is_partly_at_hand;

ssize_t __real_sendfile(int to, int from, off_t *at, size_t size);
ssize_t __wrap_sendfile(int to, int from, off_t *at, size_t size);
ssize_t __real_pread(int fd, void *bytes, size_t size, off_t at);
ssize_t __wrap_pread(int fd, void *bytes, size_t size, off_t at);
long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);

static int fail_with(int error)
{
    errno = error;
    return -1;
}

ssize_t __wrap_sendfile(int to, int from, off_t *at, size_t size)
{
    if (interruptions > 0) {
        interruptions--;
        return fail_with(EINTR);
    }
    return send_error ? fail_with(send_error)
                      : __real_sendfile(to, from, at, size);
}

ssize_t __wrap_pread(int fd, void *bytes, size_t size, off_t at)
{
    return late_error ? fail_with(late_error)
                      : __real_pread(fd, bytes, size, at);
}

long __wrap_syscall(long number, ...)
{
    long a[6];
    va_list list;

    va_start(list, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(list, long);
    va_end(list);
    if (number == SYS_preadv2 && read_error)
        return fail_with(read_error);
    if (number == SYS_preadv2 && is_partly_at_hand && a[3] % 1000 != 0)
        return fail_with(EAGAIN);
    return __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static int make_file(void)
{
    char name[] = "/tmp/coil-send-file-XXXXXX";
    unsigned char *bytes = make_bytes(SIZE);
    int fd = mkstemp(name);

    ASSERT_EQ(write(fd, bytes, SIZE), SIZE);
    free(bytes);
    unlink(name);
    return fd;
}

static int read_all(void *stream)
{
    unsigned char *got = malloc(SIZE);
    int rc = coil_stream_read_exactly(stream, got, SIZE, NULL);

    if (rc == 0)
        check_bytes(got, 0, SIZE);
    free(got);
    return rc;
}

static void expect_whole(int fd)
{
    struct pair p = connected();
    struct coil_task *reader = start(read_all, p.b);
    int64_t sent;

    ASSERT_EQ(coil_stream_send_file(p.a, fd, 0, SIZE, &sent), 0);
    ASSERT_EQ(sent, SIZE);
    ASSERT_EQ(end_of(reader), 0);
    hang_up(&p);
}

STREAM_TEST(stream_send_file_faults_of_the_kernel_are_made_good_by_copies)
{
    static const int errors[] = { EINVAL, ENOSYS, EOVERFLOW, EPERM };
    int fd = make_file();

    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        send_error = errors[i];
        expect_whole(fd);
    }
    send_error = 0;
    interruptions = 3;
    expect_whole(fd);
    interruptions = 0; /* the simulator makes no such call */
    is_partly_at_hand = true;
    expect_whole(fd);
    is_partly_at_hand = false;
    read_error = EAGAIN;
    expect_whole(fd);
    read_error = 0;
    close(fd);
}

/* What was sent until then is told. */
STREAM_TEST(stream_send_file_faults_leave_the_rest_to_be_sent)
{
    int fd = make_file();

    read_error = EAGAIN;
    for (size_t n = 1; n <= 8; n++) {
        struct pair p = connected();
        struct coil_task *reader;
        int64_t sent = 0, more = 0;
        int rc;

        coil_test_fail_allocation(n, false);
        rc = coil_stream_send_file(p.a, fd, 0, 10000, &sent);
        coil_test_fail_allocation(0, false);
        ASSERT(rc == 0 || rc == -ENOMEM || (rc == -EPIPE && simulated));
        reader = start(read_all, p.b);
        rc = coil_stream_send_file(p.a, fd, sent, SIZE - sent, &more);
        if (rc == -EPIPE) {
            /* It was the network of the simulator that had no memory. */
            ASSERT(simulated);
            coil_stream_abort(p.a);
            ASSERT_LT(end_of(reader), 0);
            coil_stream_abort(p.b);
            continue;
        }
        ASSERT_EQ(rc, 0);
        ASSERT_EQ(sent + more, SIZE);
        ASSERT_EQ(end_of(reader), 0);
        hang_up(&p);
    }
    read_error = 0;
    close(fd);
}

STREAM_TEST(stream_send_file_faults_of_the_disk_are_told)
{
    int fd = make_file();
    struct pair p = connected();
    int64_t sent = -1;

    read_error = EAGAIN;
    late_error = EIO;
    ASSERT_EQ(coil_stream_send_file(p.a, fd, 0, SIZE, &sent), -EIO);
    ASSERT_EQ(sent, 0);
    read_error = late_error = 0;
    hang_up(&p);
    expect_whole(fd);
    close(fd);
}
