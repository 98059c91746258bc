/* SPDX-License-Identifier: MIT */
/*
 * A file as a stream: lines, back-pressure, and a full disk.
 */
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <coil/file_stream.h>

#include "file_test.h"
#include "process.h"

static struct coil_stream *opened(const char *name, int flags)
{
    struct coil_stream *s = NULL;

    ASSERT_EQ(coil_stream_open_file(&s, in_directory(name), flags, 0666), 0);
    return s;
}

static void note(void *arg)
{
    ++*(int *)arg;
}

FILE_TEST(file_stream_reads_lines)
{
    struct coil_address address;
    struct coil_stream_watch watch;
    struct coil_stream *s;
    char byte;
    int calls = 0;

    put_file("a", "one\ntwo\nrest");
    s = opened("a", O_RDONLY);
    ASSERT_EQ(coil_stream_wait_readable(s), 0);
    ASSERT(coil_stream_is_stale(s));
    ASSERT_EQ(coil_stream_watch(s, &watch, note, &calls), 0);
    settle();
    ASSERT_EQ(calls, 1);
    expect_line(s, "one\n");
    expect_line(s, "two\n");
    ASSERT_EQ(coil_stream_read_exactly(s, &byte, 1, NULL), 0);
    ASSERT_EQ(byte, 'r');
    coil_stream_peer_address(s, &address);
    ASSERT_EQ(address.length, 0);
    ASSERT_EQ(coil_stream_close(s), 0);
}

static int drain(void *arg)
{
    return coil_stream_drain(arg);
}

FILE_TEST(file_stream_writes_much)
{
    enum { MUCH = 700 * 1000 };
    unsigned char *bytes = make_bytes(MUCH);
    static unsigned char found[MUCH];
    struct coil_stream *s = opened("a", O_WRONLY | O_CREAT);
    struct coil_task *drainer;

    for (size_t i = 0; i < MUCH; i += 50000)
        ASSERT_EQ(coil_stream_write(s, bytes + i, 50000), 0);
    ASSERT_GT(coil_stream_unsent(s), 0);
    drainer = start(drain, s);
    ASSERT_EQ(end_of(drainer), 0);
    ASSERT_EQ(coil_stream_shutdown(s), 0);
    ASSERT_EQ(coil_stream_close(s), 0);

    s = opened("a", O_RDONLY);
    ASSERT_EQ(coil_stream_read_exactly(s, found, MUCH, NULL), 0);
    check_bytes(found, 0, MUCH);
    ASSERT_EQ(coil_stream_read(s, found, MUCH), 0);
    coil_stream_abort(s);
    free(bytes);
}

/* The caller's file and the stream are closed in any order. */
FILE_TEST(file_stream_over_a_file_of_the_callers)
{
    int before = descriptors();
    struct coil_stream *s;
    struct coil_file *f;

    put_file("a", "one\ntwo\n");
    ASSERT_EQ(coil_file_open(&f, in_directory("a"), O_RDWR, 0), 0);
    ASSERT_EQ(coil_file_seek(f, 4), 0);
    ASSERT_EQ(coil_stream_from_file(&s, f), 0);
    ASSERT_EQ(coil_file_close(f), 0);
    expect_line(s, "two\n");
    ASSERT_EQ(coil_stream_write(s, "TWO", 3), 0);
    ASSERT_EQ(coil_stream_close(s), 0);
    expect_file("a", "one\nTWO\n");
    ASSERT_EQ(descriptors(), before);
}

/* As standard output: what comes afterwards does not overwrite it. */
FILE_TEST(file_stream_over_an_adopted_descriptor)
{
    struct coil_stream *s;
    struct coil_file *f;
    int fd, shared;

    put_file("a", "in\n");
    fd = open(in_directory("a"), O_RDWR | O_CLOEXEC);
    shared = dup(fd);
    ASSERT_EQ(coil_file_adopt(&f, fd), 0);
    ASSERT_EQ(coil_stream_from_file(&s, f), 0);
    coil_file_abort(f);
    expect_line(s, "in\n");
    ASSERT_EQ(coil_stream_write(s, "out\n", 4), 0);
    ASSERT_EQ(coil_stream_close(s), 0);
    ASSERT_EQ(write(shared, "next\n", 5), 5);
    close(shared);
    expect_file("a", "in\nout\nnext\n");
}

FILE_TEST(file_stream_end_is_seen_early)
{
    struct coil_stream *s;
    char text[4];

    put_file("a", "abc");
    s = opened("a", O_RDONLY);
    /* Where the filesystem can tell without a wait. */
    (void)coil_stream_has_ended(s);
    ASSERT_EQ(coil_stream_read_exactly(s, text, 3, NULL), 0);
    ASSERT_MEM_EQ(text, "abc", 3);
    ASSERT_EQ(coil_stream_read(s, text, 1), 0);
    ASSERT(coil_stream_has_ended(s));
    coil_stream_abort(s);
}

/* The descriptor stays the caller's, and who shares it goes on behind. */
KERNEL_TEST(file_stream_over_a_standard_descriptor)
{
    int before = descriptors();
    struct coil_stream *in, *out;
    int ends[2];
    int fd;

    begin_directory();
    put_file("a", "in\n");
    fd = open(in_directory("a"), O_RDWR | O_CLOEXEC);
    ASSERT_EQ(coil_stream_standard(&in, fd), 0);
    expect_line(in, "in\n");
    coil_stream_abort(in);
    ASSERT_EQ(write(fd, "next\n", 5), 5);
    close(fd);
    expect_file("a", "in\nnext\n");

    ASSERT_EQ(pipe(ends), 0);
    ASSERT_EQ(coil_stream_standard(&in, ends[0]), 0);
    ASSERT_EQ(coil_stream_standard(&out, ends[1]), 0);
    ASSERT_EQ(coil_stream_write(out, "line\n", 5), 0);
    expect_line(in, "line\n");
    coil_stream_abort(in);
    coil_stream_abort(out);
    close(ends[0]);
    close(ends[1]);
    ASSERT_EQ(descriptors(), before);
    end_directory();
}

static void check_refused(int fd, int error)
{
    struct coil_stream *s = NULL;

    ASSERT_EQ(coil_stream_standard(&s, fd), error);
    ASSERT_NULL(s);
}

KERNEL_TEST(file_stream_over_no_standard_descriptor)
{
    int before = descriptors();
    int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    check_refused(-1, -EBADF);
    check_refused(fd, -EINVAL);
    close(fd);
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    check_refused(fd, -EINVAL);
    close(fd);
    fd = fileno(tmpfile());
    for (size_t n = 1; n <= 3; n++) {
        coil_test_fail_allocation(n, false);
        check_refused(fd, -ENOMEM);
        coil_test_fail_allocation(0, false);
    }
    close(fd);
    ASSERT_EQ(descriptors(), before);
}

/* The error of a full disk is told as such, now and later. */
KERNEL_TEST(file_stream_to_a_full_disk)
{
    struct coil_stream *s = NULL;

    ASSERT_EQ(coil_stream_open_file(&s, "/dev/full", O_WRONLY, 0), 0);
    ASSERT_EQ(coil_stream_write(s, "x", 1), 0);
    ASSERT_EQ(coil_stream_flush(s), -ENOSPC);
    ASSERT_EQ(coil_stream_write(s, "x", 1), -ENOSPC);
    ASSERT_EQ(coil_stream_close(s), -ENOSPC);
}

static int make_without_memory(void *arg)
{
    struct coil_stream *s = NULL;
    struct coil_file *f = arg;

    coil_test_fail_allocation(1, false);
    ASSERT_EQ(coil_stream_from_file(&s, f), -ENOMEM);
    coil_test_fail_allocation(0, false);
    ASSERT_NULL(s);
    return 0;
}

FILE_TEST(file_stream_without_memory)
{
    struct coil_file *f;

    ASSERT_EQ(coil_file_open(&f, in_directory("a"), O_RDWR | O_CREAT, 0600), 0);
    ASSERT_EQ(make_without_memory(f), 0);
    ASSERT_EQ(coil_file_close(f), 0);
}

TEST(file_stream_needs_a_loop)
{
    struct coil_stream *s = NULL;
    struct coil_file *f;
    int fd = memfd_create("file", MFD_CLOEXEC);

    ASSERT_EQ(coil_file_adopt(&f, fd), 0);
    ASSERT_EQ(coil_stream_from_file(&s, f), -ENOTSUP);
    ASSERT_NULL(s);
    coil_file_abort(f);
}
