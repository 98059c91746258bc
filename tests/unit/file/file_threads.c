/* SPDX-License-Identifier: MIT */
/* WRAPS: open pread pwrite mkostemp mkdtemp syscall ftruncate fsync close fchmod remove */
/*
 * Calls on files that are cancelled while a thread makes them, or that the
 * kernel interrupts, refuses or cuts short: no descriptor, file or memory is left
 * behind, and none is used that is not the thread's.
 */
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <coil/file.h>
#include <coil/file_stream.h>
#include <coil/loop.h>
#include <coil/path.h>

#include "file_test.h"
#include "gate_test.h"
#include "process.h"

static bool waits;         /* the calls wait at the gate */
static int interruptions;  /* that come first */
static int fails_with;     /* then */
static ssize_t short_size; /* of a write; 0: all */
static int write_error;    /* of a write alone */

/* Returns whether the call is to fail, with errno set. */
static bool pass(void)
{
    if (waits)
        wait_at_gate();
    if (interruptions > 0) {
        interruptions--;
        errno = EINTR;
        return true;
    }
    errno = fails_with;
    return fails_with != 0;
}

static void passed(void)
{
    if (waits)
        count(&ended);
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
ssize_t __real_pread(int fd, void *bytes, size_t size, off_t at);
ssize_t __wrap_pread(int fd, void *bytes, size_t size, off_t at);
ssize_t __real_pwrite(int fd, const void *bytes, size_t size, off_t at);
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t size, off_t at);
int __real_mkostemp(char *path, int flags);
int __wrap_mkostemp(char *path, int flags);
char *__real_mkdtemp(char *path);
char *__wrap_mkdtemp(char *path);
long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
int __real_ftruncate(int fd, off_t size);
int __wrap_ftruncate(int fd, off_t size);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_fchmod(int fd, mode_t mode);
int __wrap_fchmod(int fd, mode_t mode);
int __real_remove(const char *path);
int __wrap_remove(const char *path);
int __real_close(int fd);
int __wrap_close(int fd);

static bool refuses_nameless;
static int open_error; /* of open() alone */

int __wrap_open(const char *path, int flags, ...)
{
    mode_t mode;
    va_list list;
    int fd = -1;

    va_start(list, flags);
    mode = va_arg(list, mode_t);
    va_end(list);
    if ((flags & O_TMPFILE) == O_TMPFILE && refuses_nameless) {
        errno = EOPNOTSUPP;
        return -1;
    }
    if (open_error) {
        errno = open_error;
        return -1;
    }
    if (!pass())
        fd = __real_open(path, flags, mode);
    passed();
    return fd;
}

ssize_t __wrap_pread(int fd, void *bytes, size_t size, off_t at)
{
    ssize_t n = pass() ? -1 : __real_pread(fd, bytes, size, at);

    passed();
    return n;
}

ssize_t __wrap_pwrite(int fd, const void *bytes, size_t size, off_t at)
{
    ssize_t n = -1;

    if (short_size > 0) {
        n = __real_pwrite(fd, bytes, (size_t)short_size, at);
        short_size = 0;
        return n;
    }
    errno = write_error;
    if (!write_error && !pass())
        n = __real_pwrite(fd, bytes, size, at);
    passed();
    return n;
}

int __wrap_mkostemp(char *path, int flags)
{
    int fd = pass() ? -1 : __real_mkostemp(path, flags);

    passed();
    return fd;
}

char *__wrap_mkdtemp(char *path)
{
    char *made = pass() ? NULL : __real_mkdtemp(path);

    passed();
    return made;
}

int __wrap_ftruncate(int fd, off_t size)
{
    return pass() ? -1 : __real_ftruncate(fd, size);
}

static bool dies;      /* the thread, in fsync() */
static int sync_error; /* of fsync() */
static int fine_syncs; /* before that */

int __wrap_fsync(int fd)
{
    if (dies)
        pthread_exit(NULL);
    if (sync_error && fine_syncs-- <= 0) {
        errno = sync_error;
        return -1;
    }
    return __real_fsync(fd);
}

static int mode_error;

int __wrap_fchmod(int fd, mode_t mode)
{
    errno = mode_error;
    return mode_error ? -1 : __real_fchmod(fd, mode);
}

static int remove_error;

int __wrap_remove(const char *path)
{
    errno = remove_error;
    return remove_error ? -1 : __real_remove(path);
}

static int close_error;

int __wrap_close(int fd)
{
    int rc = __real_close(fd);

    if (rc == 0 && close_error) {
        errno = close_error;
        return -1;
    }
    return rc;
}

/* Nothing of a file is in memory. */
static bool is_cold;
long __wrap_syscall(long number, ...)
{
    long a[6];
    va_list list;

    va_start(list, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(list, long);
    va_end(list);
    if (number == SYS_preadv2 && is_cold) {
        errno = EAGAIN;
        return -1;
    }
    return __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static void hold_threads(void)
{
    close_gate();
    waits = true;
}

/* The thread goes on, ends, and the loop hears of it. */
static void let_threads_end(int n)
{
    open_gate(n);
    until(&ended, n);
    waits = false;
    until_posted();
    settle();
}

/* ---- cancelled ------------------------------------------------------------ */

static int open_file(void *arg)
{
    struct coil_file *f = NULL;
    int rc = coil_file_open(&f, arg, O_RDWR | O_CREAT, 0600);

    ASSERT_EQ(!f, rc < 0);
    return rc;
}

static int make_temporary(void *arg)
{
    struct coil_file *f = NULL;

    return coil_file_mkstemp(&f, arg);
}

static int make_directory(void *arg)
{
    return coil_path_mkdtemp(arg);
}

static int make_nameless(void *arg)
{
    struct coil_file *f = NULL;

    return coil_file_temporary(&f, arg);
}

static void cancel_in_thread(coil_fn fn, char *arg)
{
    struct coil_task *task;

    hold_threads();
    task = start_waiting(fn, arg);
    until(&begun, 1);
    ASSERT_EQ(end_by_cancelling(task), -ECANCELED);
    let_threads_end(1);
}

FILE_KERNEL_TEST(file_threads_leave_no_descriptor_and_no_name)
{
    int before;
    char path[4096];

    /* The threads are there. */
    ASSERT_EQ(coil_path_rmdir(in_directory("x")), -ENOENT);
    before = descriptors();
    cancel_in_thread(open_file, in_directory("a"));
    ASSERT_EQ(unlink(in_directory("a")), 0);
    ASSERT_EQ(descriptors(), before);
    cancel_in_thread(make_nameless, in_directory(""));
    ASSERT_EQ(descriptors(), before);
    strcpy(path, in_directory("a-XXXXXX"));
    cancel_in_thread(make_temporary, path);
    ASSERT_EQ(descriptors(), before);
    ASSERT_STR_EQ(path, in_directory("a-XXXXXX"));
    cancel_in_thread(make_directory, path);
    ASSERT_STR_EQ(path, in_directory("a-XXXXXX"));
    ASSERT_EQ(count_names(), 0);
}

static struct coil_file *opened(const char *name)
{
    struct coil_file *f = NULL;

    ASSERT_EQ(coil_file_open(&f, in_directory(name), O_RDWR | O_CREAT, 0600),
              0);
    return f;
}

static int read_into_own_stack(void *arg)
{
    char bytes[4] = "old";
    ptrdiff_t n = coil_file_read(arg, bytes, 3);

    if (n < 0)
        ASSERT_STR_EQ(bytes, "old");
    return (int)n;
}

FILE_KERNEL_TEST(file_threads_read_into_memory_of_their_own)
{
    struct coil_file *f;

    put_file("a", "new");
    f = opened("a");
    is_cold = true;
    cancel_in_thread(read_into_own_stack, (char *)f);
    ASSERT_EQ(coil_file_tell(f), 0);
    ASSERT_EQ(read_into_own_stack(f), 3);
    is_cold = false;
    ASSERT_EQ(coil_file_close(f), 0);
}

static int write_from_own_stack(void *arg)
{
    char bytes[4] = "new";
    ptrdiff_t n = coil_file_write(arg, bytes, 3);

    memset(bytes, 'x', 3);
    return (int)n;
}

/* The file is closed under the thread, and its number given to another one. */
FILE_KERNEL_TEST(file_threads_write_to_the_file_that_was_meant)
{
    struct coil_file *f = opened("a");
    int fd = coil_file_fd(f);
    struct coil_task *task;
    int other;

    hold_threads();
    task = start_waiting(write_from_own_stack, f);
    until(&begun, 1);
    ASSERT_EQ(end_by_cancelling(task), -ECANCELED);
    ASSERT_EQ(coil_file_tell(f), 0);
    coil_file_abort(f);
    other = __real_open(in_directory("b"), O_RDWR | O_CREAT, 0600);
    ASSERT_NE(other, fd);
    let_threads_end(1);
    expect_file("a", "new");
    expect_file("b", "");
    __real_close(other);
}

static int write_some(void *arg)
{
    return (int)coil_file_write(arg, "x", 1);
}

static int write_at(void *arg)
{
    return (int)coil_file_pwrite(arg, "p", 1, 1);
}

static int read_some(void *arg)
{
    char byte;

    return (int)coil_file_read(arg, &byte, 1);
}

FILE_KERNEL_TEST(file_threads_move_a_position_one_at_a_time)
{
    struct coil_file *f = opened("a");
    struct coil_task *writer, *other;

    hold_threads();
    writer = start_waiting(write_some, f);
    other = start_waiting(write_at, f);
    until(&begun, 2);
    ASSERT_EQ(write_some(f), -EBUSY);
    ASSERT_EQ(read_some(f), -EBUSY);
    ASSERT_EQ(coil_file_seek(f, 0), -EBUSY);
    open_gate(2);
    ASSERT_EQ(end_of(other), 1);
    ASSERT_EQ(end_of(writer), 1);
    waits = false;
    ASSERT_EQ(coil_file_tell(f), 1);
    ASSERT_EQ(read_some(f), 1);
    ASSERT_EQ(coil_file_close(f), 0);
}

/* Those who wait when a file is closed go on; it is closed after the last. */
FILE_KERNEL_TEST(file_threads_go_on_when_the_file_is_closed)
{
    int before = descriptors();
    struct coil_file *f = opened("a");
    struct coil_task *writer, *other;

    hold_threads();
    writer = start_waiting(write_some, f);
    other = start_waiting(write_at, f);
    until(&begun, 2);
    ASSERT_EQ(coil_file_close(f), 0);
    open_gate(2);
    ASSERT_EQ(end_of(writer), 1);
    ASSERT_EQ(end_of(other), 1);
    waits = false;
    expect_file("a", "xp");
    ASSERT_EQ(descriptors(), before);
}

static int drain(void *arg)
{
    return coil_stream_drain(arg);
}

FILE_KERNEL_TEST(file_threads_write_on_when_the_stream_is_aborted)
{
    int before = descriptors();
    static char much[100000];
    struct coil_stream *s = NULL;
    struct coil_task *drainer;
    struct stat status;

    ASSERT_EQ(
        coil_stream_open_file(&s, in_directory("a"), O_WRONLY | O_CREAT, 0600),
        0);
    hold_threads();
    ASSERT_EQ(coil_stream_write(s, much, sizeof much), 0);
    drainer = start_waiting(drain, s);
    until(&begun, 1);
    coil_stream_abort(s);
    ASSERT_EQ(end_of(drainer), -EBADF);
    let_threads_end(1);
    ASSERT_EQ(stat(in_directory("a"), &status), 0);
    ASSERT_EQ(status.st_size, sizeof much);
    ASSERT_EQ(descriptors(), before);
}

/* ---- interrupted, cut short, refused -------------------------------------- */

FILE_TEST(file_threads_go_on_after_interruptions)
{
    struct coil_file *f;

    interruptions = 2;
    f = opened("a");
    interruptions = 2;
    ASSERT_EQ(write_from_own_stack(f), 3);
    interruptions = 2;
    ASSERT_EQ(coil_file_truncate(f, 2), 0);
    interruptions = 2;
    is_cold = true;
    ASSERT_EQ(coil_file_seek(f, 0), 0);
    ASSERT_EQ(read_into_own_stack(f), 2);
    is_cold = false;
    ASSERT_EQ(interruptions, 0);
    ASSERT_EQ(coil_file_close(f), 0);
}

/* What was written before the error is told, and then the error. */
FILE_TEST(file_threads_tell_a_short_write)
{
    struct coil_file *f = opened("a");

    short_size = 2;
    ASSERT_EQ(write_from_own_stack(f), 3);
    short_size = 2;
    fails_with = ENOSPC;
    ASSERT_EQ(write_from_own_stack(f), 2);
    ASSERT_EQ(write_from_own_stack(f), -ENOSPC);
    fails_with = 0;
    ASSERT_EQ(coil_file_tell(f), 5);
    expect_file("a", "newne");
    ASSERT_EQ(coil_file_close(f), 0);
}

FILE_TEST(file_threads_tell_the_error_of_close)
{
    int before = descriptors();
    struct coil_file *f = opened("a");

    close_error = EIO;
    ASSERT_EQ(coil_file_close(f), -EIO);
    close_error = 0;
    ASSERT_EQ(descriptors(), before);
}

FILE_TEST(file_threads_make_temporary_files_where_none_is_nameless)
{
    char path[4096];
    struct coil_file *f = NULL;

    refuses_nameless = true;
    ASSERT_EQ(coil_file_temporary(&f, in_directory("")), 0);
    ASSERT_EQ(count_names(), 0);
    ASSERT_EQ(write_from_own_stack(f), 3);
    ASSERT_EQ(coil_file_close(f), 0);
    f = NULL;
    memset(path, 'a', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    ASSERT_EQ(coil_file_temporary(&f, path), -ENAMETOOLONG);
    ASSERT_EQ(coil_file_temporary(&f, in_directory("none")), -ENOENT);
    ASSERT_NULL(f);
    refuses_nameless = false;
}

KERNEL_TEST(file_threads_tell_each_error)
{
    struct coil_file *f = NULL;
    struct stat status;
    int fd = dup(STDERR_FILENO);

    ASSERT_EQ(coil_file_adopt(&f, fd), 0);
    __real_close(fd);
    ASSERT_EQ(coil_file_sync(f), -EBADF);
    ASSERT_EQ(coil_file_datasync(f), -EBADF);
    ASSERT_EQ(coil_file_stat(f, &status), -EBADF);
    ASSERT_EQ(coil_file_try_lock(f, COIL_FILE_SHARED, 0, 0), -EBADF);
    ASSERT_EQ(coil_file_try_flock(f, COIL_FILE_SHARED), -EBADF);
    ASSERT_EQ(coil_file_tell(f), 0);
    coil_file_abort(f);
}

/* Another thread is made for the next call. */
FILE_KERNEL_TEST(file_threads_that_end)
{
    struct coil_file *f = opened("a");

    dies = true;
    ASSERT_EQ(coil_file_sync(f), -EOWNERDEAD);
    dies = false;
    ASSERT_EQ(coil_file_sync(f), 0);
    ASSERT_EQ(write_from_own_stack(f), 3);
    ASSERT_EQ(coil_file_close(f), 0);
}

FILE_TEST(file_threads_without_memory_for_a_read)
{
    struct coil_stream *s = NULL;
    struct coil_file *f;

    put_file("a", "new");
    f = opened("a");
    is_cold = true;
    coil_test_fail_allocation(1, false);
    ASSERT_EQ(read_into_own_stack(f), -ENOMEM);
    coil_test_fail_allocation(0, false);
    ASSERT_EQ(coil_stream_from_file(&s, f), 0);
    ASSERT(!coil_stream_has_ended(s));
    coil_stream_abort(s);
    is_cold = false;
    ASSERT_EQ(read_into_own_stack(f), 3);
    ASSERT_EQ(coil_file_close(f), 0);
}

FILE_TEST(file_threads_remove_what_can_be_removed)
{
    put_file("a", "");
    remove_error = EACCES;
    ASSERT_EQ(coil_path_remove_all(in_directory("a")), -EACCES);
    remove_error = ENOENT;
    ASSERT_EQ(coil_path_remove_all(in_directory("a")), 0);
    remove_error = 0;
    ASSERT_EQ(coil_path_remove_all(in_directory("a")), 0);
    ASSERT_EQ(count_names(), 0);
}

/* ---- replacing ------------------------------------------------------------ */

static int replace(void)
{
    return coil_file_replace(in_directory("a"), "new", 3, 0600);
}

FILE_TEST(file_threads_replace_all_or_nothing)
{
    put_file("a", "old");
    short_size = 1;
    fails_with = ENOSPC;
    ASSERT_EQ(replace(), -ENOSPC);
    fails_with = 0;
    fails_with = EMFILE;
    ASSERT_EQ(replace(), -EMFILE);
    fails_with = 0;
    mode_error = EPERM;
    ASSERT_EQ(replace(), -EPERM);
    mode_error = 0;
    sync_error = EIO;
    fine_syncs = 0;
    ASSERT_EQ(replace(), -EIO);
    close_error = EDQUOT;
    ASSERT_EQ(replace(), -EIO);
    sync_error = 0;
    ASSERT_EQ(replace(), -EDQUOT);
    close_error = 0;
    write_error = ENOSPC;
    ASSERT_EQ(replace(), -ENOSPC);
    write_error = 0;
    expect_file("a", "old");
    ASSERT_EQ(count_names(), 1);

    /* Only the directory is not on the disk; or it cannot be. */
    sync_error = EIO;
    fine_syncs = 1;
    ASSERT_EQ(replace(), -EIO);
    expect_file("a", "new");
    sync_error = EINVAL;
    fine_syncs = 1;
    ASSERT_EQ(replace(), 0);
    sync_error = 0;
    open_error = EACCES;
    ASSERT_EQ(replace(), -EACCES);
    open_error = 0;
    ASSERT_EQ(count_names(), 1);
}
