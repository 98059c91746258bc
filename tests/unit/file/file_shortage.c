/* SPDX-License-Identifier: MIT */
/* WRAPS: pthread_create */
/*
 * Files without memory, or without a thread: the call fails, nothing has changed,
 * and the same call works afterwards.
 */
#include <pthread.h>
#include <unistd.h>

#include <coil/directory.h>
#include <coil/file.h>
#include <coil/file_stream.h>
#include <coil/path.h>

#include "file_test.h"

static int thread_error;

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*fn)(void *), void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*fn)(void *), void *arg);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*fn)(void *), void *arg)
{
    return thread_error ? thread_error
                        : __real_pthread_create(thread, attributes, fn, arg);
}

/* ---- each allocation fails ------------------------------------------------ */

/* Make the call until no allocation is left to fail; then it succeeds. */
static void sweep(int (*call)(void))
{
    int rc = -ENOMEM;

    for (size_t n = 1; rc == -ENOMEM; n++) {
        coil_test_fail_allocation(n, false);
        rc = call();
        coil_test_fail_allocation(0, false);
        ASSERT_LT(n, 50);
    }
    ASSERT_EQ(rc, 0);
}

static int open_and_close(void)
{
    struct coil_file *f = NULL;
    int rc = coil_file_open(&f, in_directory("a"), O_RDONLY, 0);

    ASSERT_EQ(!f, rc < 0);
    coil_file_abort(f);
    return rc;
}

static int make_nameless(void)
{
    struct coil_file *f = NULL;
    int rc = coil_file_temporary(&f, in_directory(""));

    coil_file_abort(f);
    ASSERT_EQ(count_names(), 1);
    return rc;
}

static int make_named(void)
{
    char *path = in_directory("f-XXXXXX");
    struct coil_file *f = NULL;
    int rc = coil_file_mkstemp(&f, path);

    coil_file_abort(f);
    if (rc == 0)
        ASSERT_EQ(unlink(path), 0);
    ASSERT_EQ(count_names(), 1);
    return rc;
}

static int make_directory(void)
{
    char *path = in_directory("d-XXXXXX");
    int rc = coil_path_mkdtemp(path);

    if (rc == 0)
        ASSERT_EQ(rmdir(path), 0);
    ASSERT_EQ(count_names(), 1);
    return rc;
}

static int adopt(void)
{
    int fd = open(in_directory("a"), O_RDWR | O_CLOEXEC);
    struct coil_file *f = NULL;
    int rc = coil_file_adopt(&f, fd);

    if (rc < 0)
        close(fd);
    coil_file_abort(f);
    return rc;
}

static struct coil_file *file;

static int write_it(void)
{
    ptrdiff_t n = coil_file_pwrite(file, "text", 4, 0);

    return n < 0 ? (int)n : 0;
}

static int read_it(void)
{
    char bytes[4];
    ptrdiff_t n = coil_file_pread(file, bytes, 4, 0);

    return n < 0 ? (int)n : 0;
}

static int cut_it(void)
{
    return coil_file_truncate(file, 4);
}

static int look_at_it(void)
{
    struct stat status;

    return coil_file_stat(file, &status);
}

static int look_at_path(void)
{
    struct stat status;

    return coil_path_stat(in_directory("a"), &status);
}

static int replace_it(void)
{
    int rc = coil_file_replace(in_directory("a"), "text", 4, 0600);

    ASSERT_EQ(count_names(), 1);
    expect_file("a", "text");
    return rc;
}

static int change_it(void)
{
    return coil_path_chmod(in_directory("a"), 0600);
}

static int read_link(void)
{
    char text[8];
    ptrdiff_t n = coil_path_readlink(in_directory("l"), text, sizeof text);

    return n < 0 ? (int)n : 0;
}

static int open_stream(void)
{
    struct coil_stream *s = NULL;
    int rc = coil_stream_open_file(&s, in_directory("a"), O_RDONLY, 0);

    coil_stream_abort(s);
    return rc;
}

FILE_TEST(file_shortage_of_memory)
{
    put_file("a", "text");
    sweep(open_and_close);
    sweep(make_nameless);
    sweep(make_named);
    sweep(make_directory);
    sweep(adopt);
    sweep(look_at_path);
    sweep(replace_it);
    sweep(change_it);
    sweep(open_stream);
    ASSERT_EQ(coil_file_open(&file, in_directory("a"), O_RDWR, 0), 0);
    sweep(write_it);
    sweep(read_it);
    sweep(cut_it);
    sweep(look_at_it);
    ASSERT_EQ(coil_file_close(file), 0);
    expect_file("a", "text");
    ASSERT_EQ(symlink("a", in_directory("l")), 0);
    sweep(read_link);
}

/* It is closed all the same. */
FILE_TEST(file_shortage_while_it_is_closed)
{
    int fd = open(in_directory("a"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    struct coil_file *f = NULL;

    ASSERT_EQ(coil_file_adopt(&f, fd), 0);
    coil_test_fail_allocation(1, false);
    ASSERT_EQ(coil_file_close(f), -ENOMEM);
    coil_test_fail_allocation(0, false);
    ASSERT_EQ(fcntl(fd, F_GETFD), -1);
}

/* ---- directories: no entry is lost ---------------------------------------- */

/* Whatever fails, the walk goes on, and has each name once. */
static bool walk_failing_at(size_t n)
{
    struct coil_directory_entry entry;
    struct coil_directory *d = NULL;
    unsigned seen = 0;
    bool failed = false;
    int rc;

    coil_test_fail_allocation(n, false);
    rc = coil_directory_walk(&d, in_directory(""));
    if (rc == -ENOMEM) {
        ASSERT_NULL(d);
        coil_test_fail_allocation(0, false);
        return true;
    }
    while ((rc = coil_directory_read(d, &entry)) != 0) {
        ASSERT(rc == 1 || rc == -ENOMEM);
        failed |= rc < 0;
        if (rc == 1) {
            ASSERT_EQ(seen & 1U << (entry.name[0] - 'a'), 0);
            seen |= 1U << (entry.name[0] - 'a');
        }
    }
    coil_test_fail_allocation(0, false);
    coil_directory_close(d);
    ASSERT_EQ(seen, 0x1f);
    return failed;
}

FILE_TEST(file_shortage_loses_no_entry)
{
    size_t n = 1;

    put_file("a", "");
    ASSERT_EQ(mkdir(in_directory("b"), 0700), 0);
    put_file("b/c", "");
    ASSERT_EQ(mkdir(in_directory("b/d"), 0700), 0);
    put_file("b/d/e", "");
    while (walk_failing_at(n))
        n++;
    ASSERT_GT(n, 5);
}

/* ---- a stream ------------------------------------------------------------- */

FILE_TEST(file_shortage_of_a_stream_that_writes)
{
    struct coil_stream *s = NULL;
    int rc = -ENOMEM;

    ASSERT_EQ(
        coil_stream_open_file(&s, in_directory("a"), O_WRONLY | O_CREAT, 0600),
        0);
    for (size_t n = 1; rc == -ENOMEM; n++) {
        coil_test_fail_allocation(n, false);
        rc = coil_stream_write(s, "text", 4);
        coil_test_fail_allocation(0, false);
    }
    ASSERT_EQ(rc, 0);
    ASSERT_EQ(coil_stream_close(s), 0);
    expect_file("a", "text");
}

/* ---- no thread ------------------------------------------------------------ */

FILE_KERNEL_TEST(file_shortage_of_threads)
{
    struct coil_file *f = NULL;
    struct coil_stream *s;
    int fd;

    put_file("a", "text");
    fd = open(in_directory("a"), O_RDWR | O_CLOEXEC);
    ASSERT_EQ(coil_file_adopt(&f, fd), 0);
    ASSERT_EQ(coil_stream_from_file(&s, f), 0);
    thread_error = EAGAIN;
    ASSERT_EQ(coil_file_sync(f), -EAGAIN);
    ASSERT_EQ(open_and_close(), -EAGAIN);
    ASSERT_EQ(make_named(), -EAGAIN);
    ASSERT_EQ(coil_stream_write(s, "new", 3), -ENOMEM);
    expect_file("a", "text");
    thread_error = 0;
    ASSERT_EQ(coil_file_sync(f), 0);
    ASSERT_EQ(coil_stream_write(s, "new", 3), 0);
    ASSERT_EQ(coil_stream_close(s), 0);
    ASSERT_EQ(coil_file_close(f), 0);
    expect_file("a", "newt");
}
