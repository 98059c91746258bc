/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * A file over a stream: all of it, in order and once, by the kernel or by copies,
 * whoever is slow, gone or cancelled meanwhile.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <coil/run.h>
#include <coil/transport.h>

#include "sandbox.h"
#include "stream_test.h"

#define MUCH ((size_t)(simulated ? 300 * 1024 : 12 * 1024 * 1024))

/* A file with the byte of each place, on a disk or in memory. */
static int make_file_in(bool memory, size_t size)
{
    char name[] = "/tmp/coil-send-file-XXXXXX";
    unsigned char *bytes = make_bytes(size);
    int fd = memory ? memfd_create("file", MFD_CLOEXEC) : mkstemp(name);

    ASSERT_EQ(write(fd, bytes, size), (ssize_t)size);
    free(bytes);
    if (!memory)
        unlink(name);
    return fd;
}

static int make_file(size_t size)
{
    return make_file_in(false, size);
}

struct reading {
    struct coil_stream *stream;
    size_t place; /* of the next byte */
    size_t end;   /* SIZE_MAX: until the stream ends */
};

static int read_file(void *arg)
{
    struct reading *r = arg;
    unsigned char buffer[20000];
    ptrdiff_t n = 1;

    while (n > 0 && r->place < r->end) {
        size_t ask = r->end - r->place;

        n = coil_stream_read(r->stream, buffer,
                             ask < sizeof buffer ? ask : sizeof buffer);
        if (n > 0)
            check_bytes(buffer, r->place, (size_t)n);
        r->place += n > 0 ? (size_t)n : 0;
    }
    return n < 0 ? (int)n : 0;
}

struct sending {
    struct coil_stream *stream;
    int fd;
    int64_t size;
    int64_t sent;
};

static int send_file(void *arg)
{
    struct sending *s = arg;

    return coil_stream_send_file(s->stream, s->fd, 0, s->size, &s->sent);
}

/* ---- what is sent ------------------------------------------------------ */

static void send_it_all(bool from_memory)
{
    struct pair p = connected();
    struct reading r = { .stream = p.b, .end = MUCH };
    struct coil_task *reader = start(read_file, &r);
    int fd = make_file_in(from_memory, MUCH);
    int64_t sent;

    ASSERT_EQ(coil_stream_send_file(p.a, fd, 0, (int64_t)MUCH, &sent), 0);
    ASSERT_EQ(sent, MUCH);
    ASSERT_EQ(coil_stream_unsent(p.a), 0);
    ASSERT_EQ(end_of(reader), 0);
    ASSERT_EQ(lseek(fd, 0, SEEK_CUR), MUCH); /* where the test left it */
    close(fd);
    hang_up(&p);
}

STREAM_TEST(stream_send_file_sends_it_all)
{
    send_it_all(false);
    send_it_all(true);
}

STREAM_TEST(stream_send_file_sends_a_part_between_what_is_written)
{
    struct pair p = connected();
    int fd = make_file(1000);
    char bytes[16] = "";
    int64_t sent = -1;

    ASSERT_EQ(coil_stream_write(p.a, "<", 1), 0);
    ASSERT_EQ(coil_stream_send_file(p.a, fd, 990, 4, &sent), 0);
    ASSERT_EQ(sent, 4);
    ASSERT_EQ(coil_stream_write(p.a, "><", 2), 0);
    ASSERT_EQ(coil_stream_send_file(p.a, fd, 5, 0, &sent), 0);
    ASSERT_EQ(sent, 0);
    ASSERT_EQ(coil_stream_write(p.a, "><", 2), 0);
    ASSERT_EQ(coil_stream_send_file(p.a, fd, 994, -1, NULL), 0);
    ASSERT_EQ(coil_stream_write(p.a, ">", 1), 0);
    ASSERT_EQ(coil_stream_read_exactly(p.b, bytes, 16, NULL), 0);
    ASSERT_EQ(bytes[0], '<');
    check_bytes((unsigned char *)bytes + 1, 990, 4);
    ASSERT_MEM_EQ(bytes + 5, "><><", 4);
    check_bytes((unsigned char *)bytes + 9, 994, 6);
    ASSERT_EQ(bytes[15], '>');
    close(fd);
    hang_up(&p);
}

/* The file is shorter than was asked for: that is said, and no error. */
STREAM_TEST(stream_send_file_ends_where_the_file_ends)
{
    struct pair p = connected();
    int fd = make_file(10);
    unsigned char bytes[10];
    int64_t sent;

    ASSERT_EQ(coil_stream_send_file(p.a, fd, 0, 100, &sent), 0);
    ASSERT_EQ(sent, 10);
    ASSERT_EQ(coil_stream_read_exactly(p.b, bytes, 10, NULL), 0);
    check_bytes(bytes, 0, 10);
    ASSERT_EQ(coil_stream_send_file(p.a, fd, 10, 100, &sent), 0);
    ASSERT_EQ(sent, 0);
    ASSERT_EQ(coil_stream_send_file(p.a, fd, 1000, -1, &sent), 0);
    ASSERT_EQ(sent, 0);
    close(fd);
    hang_up(&p);
}

/* The kernel has such a file in no memory, so it is read elsewhere. */
KERNEL_TEST(stream_send_file_of_a_file_that_is_not_at_hand)
{
    struct pair p = connected();
    int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    char bytes[5] = "";
    int64_t sent;

    ASSERT_GE(fd, 0);
    ASSERT_EQ(coil_stream_send_file(p.a, fd, 0, -1, &sent), 0);
    ASSERT_GT(sent, 100);
    ASSERT_EQ(coil_stream_read_exactly(p.b, bytes, 5, NULL), 0);
    ASSERT_MEM_EQ(bytes, "Name:", 5);
    close(fd);
    hang_up(&p);
}

/* ---- what cannot be sent ----------------------------------------------- */

STREAM_TEST(stream_send_file_refuses_what_is_no_file)
{
    struct pair p = connected();
    int ends[2];
    int64_t sent = -1;
    int file = make_file(1);
    int folder = open("/", O_RDONLY | O_CLOEXEC);
    char byte;

    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    ASSERT_EQ(coil_stream_send_file(p.a, ends[0], 0, 1, &sent), -ESPIPE);
    ASSERT_EQ(sent, 0);
    ASSERT_EQ(coil_stream_send_file(p.a, folder, 0, 1, &sent), -EISDIR);
    ASSERT_EQ(coil_stream_send_file(p.a, file, -1, 1, &sent), -EINVAL);
    close(ends[0]);
    close(ends[1]);
    close(folder);
    ASSERT_EQ(coil_stream_send_file(p.a, folder, 0, 1, &sent), -EBADF);
    /* The stream is in order, and used on. */
    ASSERT_EQ(coil_stream_write(p.a, "x", 1), 0);
    ASSERT_EQ(coil_stream_read_exactly(p.b, &byte, 1, NULL), 0);
    ASSERT_EQ(coil_stream_shutdown(p.a), 0);
    ASSERT_EQ(coil_stream_send_file(p.a, file, 0, 1, &sent), -EPIPE);
    close(file);
    hang_up(&p);
}

/* Nobody else writes in between. */
STREAM_TEST(stream_send_file_keeps_others_out)
{
    struct pair p = connected();
    struct sending s = { .stream = p.a, .fd = make_file(MUCH), .size = -1 };
    struct coil_task *sender = start(send_file, &s);
    struct reading r = { .stream = p.b, .end = MUCH };

    ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    ASSERT_EQ(coil_stream_write(p.a, "x", 1), -EBUSY);
    ASSERT_EQ(coil_stream_writev(
                  p.a, &(struct iovec){ .iov_base = "x", .iov_len = 1 }, 1),
              -EBUSY);
    ASSERT_EQ(coil_stream_send_file(p.a, s.fd, 0, 1, NULL), -EBUSY);
    ASSERT_EQ(coil_stream_wrap(p.a, coil_stream_transport(p.a)), -EBUSY);
    if (!in_memory)
        ASSERT_EQ(coil_stream_shutdown(p.a), -EBUSY);
    ASSERT_EQ(read_file(&r), 0);
    ASSERT_EQ(end_of(sender), 0);
    ASSERT_EQ(coil_stream_shutdown(p.a), 0);
    close(s.fd);
    hang_up(&p);
}

/* ---- while it is sent -------------------------------------------------- */

STREAM_TEST(stream_send_file_is_cancelled_and_goes_on)
{
    struct pair p = connected();
    struct sending s = { .stream = p.a, .fd = make_file(MUCH), .size = -1 };
    struct coil_task *sender = start(send_file, &s);
    struct reading r = { .stream = p.b, .end = MUCH };
    struct coil_task *reader;

    ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    ASSERT_EQ(end_by_cancelling(sender), -ECANCELED);
    ASSERT_LT(s.sent, MUCH);
    reader = start(read_file, &r);
    ASSERT_EQ(coil_stream_send_file(p.a, s.fd, s.sent, -1, NULL), 0);
    ASSERT_EQ(end_of(reader), 0);
    close(s.fd);
    hang_up(&p);
}

STREAM_TEST(stream_send_file_to_one_who_goes_fails)
{
    struct pair p = connected();
    struct sending s = { .stream = p.a, .fd = make_file(MUCH), .size = -1 };
    struct coil_task *sender = start(send_file, &s);
    int rc;

    ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    coil_stream_abort(p.b);
    rc = end_of(sender);
    ASSERT(rc == -EPIPE || rc == -ECONNRESET);
    ASSERT_LT(s.sent, MUCH);
    rc = coil_stream_send_file(p.a, s.fd, 0, -1, NULL);
    ASSERT(rc == -EPIPE || rc == -ECONNRESET);
    rc = coil_stream_write(p.a, "x", 1);
    ASSERT(rc == -EPIPE || rc == -ECONNRESET);
    close(s.fd);
    coil_stream_abort(p.a);
}

STREAM_TEST(stream_send_file_of_a_stream_that_is_closed)
{
    struct pair p = connected();
    struct sending s = { .stream = p.a, .fd = make_file(MUCH), .size = -1 };
    struct coil_task *sender = start(send_file, &s);

    ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    coil_stream_abort(p.a);
    ASSERT_EQ(end_of(sender), -EBADF);
    close(s.fd);
    coil_stream_abort(p.b);
}

/* It has got shorter meanwhile: that is its end. */
STREAM_TEST(stream_send_file_of_a_file_that_shrinks)
{
    struct pair p = connected();
    struct sending s = { .stream = p.a, .fd = make_file(MUCH), .size = -1 };
    struct coil_task *sender = start(send_file, &s);
    struct reading r = { .stream = p.b, .end = SIZE_MAX };

    ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    ASSERT_EQ(ftruncate(s.fd, 0), 0);
    {
        struct coil_task *reader = start(read_file, &r);

        ASSERT_EQ(end_of(sender), 0);
        ASSERT_EQ(coil_stream_shutdown(p.a), 0);
        ASSERT_EQ(end_of(reader), 0);
    }
    ASSERT_EQ(r.place, s.sent);
    ASSERT_LT(s.sent, MUCH);
    close(s.fd);
    hang_up(&p);
}

/* The program has closed it meanwhile, which is a mistake, and an error. */
STREAM_TEST(stream_send_file_of_a_file_that_is_closed)
{
    struct pair p = connected();
    struct sending s = { .stream = p.a, .fd = make_file(MUCH), .size = -1 };
    struct coil_task *sender = start(send_file, &s);
    struct reading r = { .stream = p.b, .end = SIZE_MAX };
    struct coil_task *reader;
    int rc;

    ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    close(s.fd);
    reader = start(read_file, &r);
    rc = end_of(sender);
    /* How much a kernel takes in at once is its own affair. */
    ASSERT(rc == -EBADF || (!simulated && rc == 0));
    ASSERT_EQ((size_t)s.sent < MUCH, rc < 0);
    coil_task_cancel(reader);
    (void)!coil_task_await(reader);
    coil_task_release(reader);
    hang_up(&p);
}

/* Another thread reads while the stream is closed. */
KERNEL_TEST(stream_send_file_is_closed_while_a_thread_reads)
{
    struct pair p = connected();
    struct sending s = { .stream = p.a,
                         .fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC),
                         .size = -1 };
    struct coil_task *sender = start(send_file, &s);

    turn();
    coil_stream_abort(p.a);
    ASSERT_EQ(end_of(sender), -EBADF);
    close(s.fd);
    coil_stream_abort(p.b);
}

/* The kernel has a half of it in memory, if the folder is on a disk. */
KERNEL_TEST(stream_send_file_of_a_file_that_is_half_at_hand)
{
    struct pair p = connected();
    struct reading r = { .stream = p.b, .end = 600000 };
    struct coil_task *reader = start(read_file, &r);
    int fd = make_file(600000);
    char byte;

    ASSERT_EQ(fsync(fd), 0);
    ASSERT_EQ(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), 0);
    ASSERT_EQ(posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM), 0);
    ASSERT_EQ(pread(fd, &byte, 1, 0), 1);
    ASSERT_EQ(coil_stream_send_file(p.a, fd, 0, -1, NULL), 0);
    ASSERT_EQ(end_of(reader), 0);
    close(fd);
    hang_up(&p);
}

/* Whichever allocation fails, what was sent is known. */
static int send_without_memory(void *arg)
{
    int file = *(int *)arg;
    int rc = -ENOMEM;

    for (size_t n = 1; rc == -ENOMEM; n++) {
        struct pair p = connected();
        struct coil_stream *s = p.a;
        int64_t sent;

        coil_test_fail_allocation(n, false);
        rc = coil_stream_send_file(s, file, 0, 1000, &sent);
        coil_test_fail_allocation(0, false);
        ASSERT(rc == 0 || rc == -ENOMEM);
        ASSERT_EQ(sent, rc == 0 ? 1000 : 0);
        /* The stream is in order. */
        ASSERT_EQ(coil_stream_send_file(s, file, 0, 1000, NULL), 0);
        hang_up(&p);
    }
    return rc;
}

KERNEL_TEST(stream_send_file_without_memory)
{
    int file = make_file(1000);
    int folder = open("/proc/self/status", O_RDONLY | O_CLOEXEC);

    ASSERT_EQ(send_without_memory(&file), 0);
    ASSERT_EQ(send_without_memory(&folder), 0);
    in_memory = true;
    ASSERT_EQ(send_without_memory(&file), 0);
    in_memory = false;
    close(file);
    close(folder);
}

/* No SIGPIPE, and one of the program's own stays pending. */
KERNEL_TEST(stream_send_file_raises_no_sigpipe)
{
    struct pair p = connected();
    int fd = make_file(MUCH);
    sigset_t set, pending;
    int rc = 0;

    coil_stream_abort(p.b);
    while (rc == 0)
        rc = coil_stream_send_file(p.a, fd, 0, -1, NULL);
    coil_stream_abort(p.a);

    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    ASSERT_EQ(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);
    for (int i = 0; i < 2; i++) {
        p = connected();
        coil_stream_abort(p.b);
        rc = 0;
        while (rc == 0)
            rc = coil_stream_send_file(p.a, fd, 0, -1, NULL);
        coil_stream_abort(p.a);
        ASSERT_EQ(sigpending(&pending), 0);
        ASSERT_EQ(sigismember(&pending, SIGPIPE), i);
        raise(SIGPIPE);
    }
    ASSERT_EQ(sigwait(&set, &rc), 0);
    close(fd);
}

/* ---- where the kernel refuses ------------------------------------------ */

static void send_refused(bool from_memory)
{
    struct pair p = connected();
    struct reading r = { .stream = p.b, .end = 300000 };
    struct coil_task *reader = start(read_file, &r);
    int fd = make_file_in(from_memory, 300000);
    int64_t sent;

    ASSERT_EQ(coil_stream_send_file(p.a, fd, 0, -1, &sent), 0);
    ASSERT_EQ(sent, 300000);
    ASSERT_EQ(end_of(reader), 0);
    close(fd);
    hang_up(&p);
}

static int send_both_refused(void *arg)
{
    (void)arg;
    send_refused(false);
    send_refused(true);
    return 0;
}

struct refusal {
    long call;
    int error;
};

static void send_without(void *arg)
{
    const struct refusal *refusal = arg;

    refuse(refusal->call, refusal->error);
    ASSERT_EQ(coil_run(send_both_refused, NULL), 0);
}

TEST(stream_send_file_copies_where_the_kernel_cannot)
{
    static const struct refusal calls[] = {
        { SYS_sendfile, ENOSYS },    { SYS_sendfile, EINVAL },
        { SYS_sendfile, EOVERFLOW }, { SYS_sendfile, EPERM },
        { SYS_preadv2, ENOSYS },     { 451 /* cachestat */, ENOSYS },
    };
    struct child child;

    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        sandbox_run(&child, send_without, (void *)&calls[i]);
}
