/* SPDX-License-Identifier: MIT */
/* WRAPS: inotify_init1 inotify_add_watch read open syscall */
/*
 * Changes in files and directories, each told, and what was lost told as well.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <coil/file_watch.h>

#include "file_test.h"

static struct coil_file_watch *watch;

/* ---- faults --------------------------------------------------------------- */

static int init_error, add_error, read_error, open_error;
static bool hides_types; /* of a directory's entries */
static bool overflows;

int __real_inotify_init1(int flags);
int __wrap_inotify_init1(int flags);
int __real_inotify_add_watch(int fd, const char *path, uint32_t mask);
int __wrap_inotify_add_watch(int fd, const char *path, uint32_t mask);
ssize_t __real_read(int fd, void *bytes, size_t size);
ssize_t __wrap_read(int fd, void *bytes, size_t size);

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);

static int fail_with(int error)
{
    errno = error;
    return -1;
}

int __wrap_open(const char *path, int flags, ...)
{
    return open_error ? fail_with(open_error) : __real_open(path, flags, 0);
}

long __wrap_syscall(long number, ...)
{
    uint16_t length;
    long a[6];
    va_list list;
    long n;

    va_start(list, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(list, long);
    va_end(list);
    n = __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    for (long at = 0; number == SYS_getdents64 && hides_types && at < n;
         at += length) {
        char *entry = (char *)a[1] + at;

        memcpy(&length, entry + 16, sizeof length);
        entry[18] = DT_UNKNOWN;
    }
    return n;
}

int __wrap_inotify_init1(int flags)
{
    return init_error ? fail_with(init_error) : __real_inotify_init1(flags);
}

int __wrap_inotify_add_watch(int fd, const char *path, uint32_t mask)
{
    return add_error ? fail_with(add_error)
                     : __real_inotify_add_watch(fd, path, mask);
}

ssize_t __wrap_read(int fd, void *bytes, size_t size)
{
    static const struct inotify_event lost = { .wd = -1,
                                               .mask = IN_Q_OVERFLOW };
    int error = read_error;

    if (overflows) {
        overflows = false;
        memcpy(bytes, &lost, sizeof lost);
        return sizeof lost;
    }
    if (error) {
        read_error = 0;
        return fail_with(error);
    }
    return __real_read(fd, bytes, size);
}

/* ---- events --------------------------------------------------------------- */

static const char *name_of(enum coil_file_event_kind kind)
{
    static const char *const names[] = { "created",    "changed", "written",
                                         "attributes", "removed", "overflow" };

    return names[kind];
}

/* The next event is of that kind, about that name, and of `cookie`. */
static uint32_t expect(const char *kind, const char *name)
{
    struct coil_file_event event = { .path = NULL };

    ASSERT_EQ(coil_file_watch_next(watch, &event), 0);
    ASSERT_STR_EQ(name_of(event.kind), kind);
    ASSERT_STR_EQ(event.path, name[0] ? in_directory(name) : "");
    return event.cookie;
}

static void expect_directory(const char *kind, const char *name)
{
    struct coil_file_event event = { .path = NULL };

    ASSERT_EQ(coil_file_watch_next(watch, &event), 0);
    ASSERT_STR_EQ(name_of(event.kind), kind);
    ASSERT_STR_EQ(event.path, in_directory(name));
    ASSERT(event.is_directory);
}

static int wait_for_event(void *unused)
{
    struct coil_file_event event;

    (void)unused;
    return coil_file_watch_next(watch, &event);
}

static void expect_nothing(void)
{
    struct coil_task *waiter = start_waiting(wait_for_event, NULL);

    settle();
    ASSERT(!coil_task_is_done(waiter));
    ASSERT_EQ(end_by_cancelling(waiter), -ECANCELED);
}

static void watch_directory(unsigned flags)
{
    ASSERT_EQ(coil_file_watch_open(&watch), 0);
    ASSERT_EQ(coil_file_watch_add(watch, in_directory("w"), flags), 0);
}

static void make_directory(const char *name)
{
    ASSERT_EQ(mkdir(in_directory(name), 0777), 0);
}

/* ---- one directory, one file ---------------------------------------------- */

FILE_KERNEL_TEST(file_watch_of_a_directory)
{
    uint32_t cookie;

    make_directory("w");
    make_directory("w/d");
    watch_directory(0);
    expect_nothing();
    put_file("w/a", "text");
    expect("created", "w/a");
    expect("changed", "w/a");
    expect("written", "w/a");
    ASSERT_EQ(chmod(in_directory("w/a"), 0600), 0);
    expect("attributes", "w/a");
    ASSERT_EQ(rename(in_directory("w/a"), in_directory("w/b")), 0);
    cookie = expect("removed", "w/a");
    ASSERT_NE(cookie, 0);
    ASSERT_EQ(expect("created", "w/b"), cookie);
    ASSERT_EQ(unlink(in_directory("w/b")), 0);
    expect("removed", "w/b");
    put_file("w/d/a", "text");
    expect_nothing();
    coil_file_watch_close(watch);
}

FILE_KERNEL_TEST(file_watch_of_a_file)
{
    put_file("w", "");
    watch_directory(COIL_FILE_RECURSIVE);
    put_file("w", "text");
    expect("changed", "w");
    expect("written", "w");
    ASSERT_EQ(unlink(in_directory("w")), 0);
    expect("attributes", "w");
    expect("removed", "w");
    expect_nothing();
    coil_file_watch_close(watch);
}

FILE_KERNEL_TEST(file_watch_wakes_who_waits)
{
    struct coil_task *waiter;

    make_directory("w");
    watch_directory(0);
    waiter = start_waiting(wait_for_event, NULL);
    ASSERT_EQ(wait_for_event(NULL), -EBUSY);
    ASSERT_EQ(coil_file_watch_add(watch, in_directory("w"), 0), -EBUSY);
    put_file("w/a", "");
    ASSERT_EQ(end_of(waiter), 0);
    expect("written", "w/a");
    coil_file_watch_close(watch);
}

/* ---- all below ------------------------------------------------------------ */

FILE_KERNEL_TEST(file_watch_of_all_below)
{
    make_directory("w");
    make_directory("w/d");
    make_directory("w/d/e");
    put_file("w/d/old", "");
    hides_types = true;
    watch_directory(COIL_FILE_RECURSIVE);
    hides_types = false;
    /* Once more, with them. */
    ASSERT_EQ(
        coil_file_watch_add(watch, in_directory("w"), COIL_FILE_RECURSIVE), 0);
    ASSERT_EQ(chmod(in_directory("w"), 0700), 0);
    expect_directory("attributes", "w");
    put_file("w/d/e/a", "");
    expect("created", "w/d/e/a");
    expect("written", "w/d/e/a");
    ASSERT_EQ(unlink(in_directory("w/d/e/a")), 0);
    expect("removed", "w/d/e/a");
    ASSERT_EQ(rmdir(in_directory("w/d/e")), 0);
    expect_directory("removed", "w/d/e");
    expect_nothing();
    coil_file_watch_close(watch);
}

/* What was made in a new directory before it was watched is told. */
FILE_KERNEL_TEST(file_watch_of_directories_that_appear)
{
    make_directory("w");
    make_directory("x");
    make_directory("x/e");
    put_file("x/e/a", "");
    watch_directory(COIL_FILE_RECURSIVE);
    ASSERT_EQ(rename(in_directory("x"), in_directory("w/x")), 0);
    expect_directory("created", "w/x");
    expect_directory("created", "w/x/e");
    expect("created", "w/x/e/a");
    expect_nothing();
    put_file("w/x/e/b", "");
    expect("created", "w/x/e/b");
    expect("written", "w/x/e/b");
    ASSERT_EQ(unlink(in_directory("w/x/e/b")), 0);
    expect("removed", "w/x/e/b");

    /* It is moved, and known by the new name.  Another one is not. */
    make_directory("w/xy");
    expect_directory("created", "w/xy");
    ASSERT_EQ(rename(in_directory("w/x"), in_directory("w/y")), 0);
    expect_directory("removed", "w/x");
    expect_directory("created", "w/y");
    expect_directory("created", "w/y/e");
    expect("created", "w/y/e/a");
    ASSERT_EQ(unlink(in_directory("w/y/e/a")), 0);
    expect("removed", "w/y/e/a");
    put_file("w/xy/a", "");
    expect("created", "w/xy/a");
    expect("written", "w/xy/a");

    /* It is moved away, and not watched any more. */
    ASSERT_EQ(rename(in_directory("w/y"), in_directory("z")), 0);
    expect_directory("removed", "w/y");
    put_file("z/e/c", "");
    expect_nothing();
    coil_file_watch_close(watch);
}

FILE_KERNEL_TEST(file_watch_of_a_directory_that_goes_at_once)
{
    make_directory("w");
    watch_directory(COIL_FILE_RECURSIVE);
    make_directory("w/d");
    ASSERT_EQ(rmdir(in_directory("w/d")), 0);
    expect_directory("created", "w/d");
    expect_directory("removed", "w/d");
    expect_nothing();
    coil_file_watch_close(watch);
}

/* It is told, and no error if it is a file when it is looked at. */
FILE_KERNEL_TEST(file_watch_of_a_directory_that_is_none_any_more)
{
    static const int errors[] = { ENOENT, ENOTDIR, EACCES };

    make_directory("w");
    ASSERT_EQ(coil_file_watch_open(&watch), 0);
    ASSERT_EQ(
        coil_file_watch_add(watch, in_directory("w/"), COIL_FILE_RECURSIVE), 0);
    for (size_t i = 0; i < 3; i++) {
        make_directory("w/d");
        expect_directory("created", "w/d");
        open_error = errors[i];
        if (errors[i] == EACCES)
            ASSERT_EQ(wait_for_event(NULL), -EACCES);
        else
            expect_nothing();
        open_error = 0;
        ASSERT_EQ(rmdir(in_directory("w/d")), 0);
        expect_directory("removed", "w/d");
    }
    open_error = ENOENT;
    ASSERT_EQ(
        coil_file_watch_add(watch, in_directory("w"), COIL_FILE_RECURSIVE),
        -ENOENT);
    open_error = 0;
    coil_file_watch_close(watch);
}

/* Nothing is lost by cancellations while a new directory is looked at. */
FILE_KERNEL_TEST(file_watch_cancelled_at_each_step)
{
    struct coil_file_event event;
    int told = 0;

    make_directory("w");
    watch_directory(COIL_FILE_RECURSIVE);
    make_directory("w/d");
    make_directory("w/d/e");
    put_file("w/d/e/a", "");
    while (told < 3) {
        struct coil_task *waiter = start_waiting(wait_for_event, NULL);
        int rc;

        coil_task_cancel(waiter);
        rc = end_of(waiter);
        ASSERT(rc == 0 || rc == -ECANCELED);
        told += rc == 0;
        if (rc < 0 && told < 3) {
            ASSERT_EQ(coil_file_watch_next(watch, &event), 0);
            ASSERT_EQ(event.kind, COIL_FILE_CREATED);
            told++;
        }
    }
    expect_nothing();
    coil_file_watch_close(watch);
}

/* ---- what goes wrong ------------------------------------------------------ */

FILE_KERNEL_TEST(file_watch_tells_what_was_lost)
{
    make_directory("w");
    watch_directory(0);
    overflows = true;
    expect("overflow", "");
    put_file("w/a", "");
    read_error = EINTR;
    expect("created", "w/a");
    expect("written", "w/a");
    read_error = EIO;
    ASSERT_EQ(wait_for_event(NULL), -EIO);
    expect_nothing();
    coil_file_watch_close(watch);
}

FILE_KERNEL_TEST(file_watch_that_cannot_be)
{
    watch = NULL;
    init_error = EMFILE;
    ASSERT_EQ(coil_file_watch_open(&watch), -EMFILE);
    init_error = 0;
    for (size_t n = 1; n <= 2; n++) {
        coil_test_fail_allocation(n, false);
        ASSERT_EQ(coil_file_watch_open(&watch), -ENOMEM);
        coil_test_fail_allocation(0, false);
    }
    ASSERT_NULL(watch);
    coil_file_watch_close(NULL);
    ASSERT_EQ(coil_file_watch_open(&watch), 0);
    ASSERT_EQ(coil_file_watch_add(watch, in_directory("w"), 0), -ENOENT);
    make_directory("w");
    make_directory("w/d");
    add_error = ENOSPC;
    ASSERT_EQ(coil_file_watch_add(watch, in_directory("w"), 0), -ENOSPC);
    add_error = 0;
    ASSERT_EQ(coil_file_watch_add(watch, in_directory("w"), 0), 0);
    put_file("w/a", "");
    expect("created", "w/a");
    coil_file_watch_close(watch);
}

/* The directory is told, then that it is not watched, and the rest goes on. */
FILE_KERNEL_TEST(file_watch_of_more_than_may_be)
{
    make_directory("w");
    watch_directory(COIL_FILE_RECURSIVE);
    make_directory("w/d");
    put_file("w/a", "");
    add_error = ENOSPC;
    expect_directory("created", "w/d");
    ASSERT_EQ(wait_for_event(NULL), -ENOSPC);
    expect("created", "w/a");
    expect("written", "w/a");
    put_file("w/d/b", "");
    expect_nothing();
    add_error = 0;

    /* The same of one that is found in a new one. */
    make_directory("x");
    make_directory("x/e");
    ASSERT_EQ(rename(in_directory("x"), in_directory("w/x")), 0);
    expect_directory("created", "w/x");
    expect_directory("created", "w/x/e");
    coil_file_watch_close(watch);
}

static int use(void)
{
    int rc = coil_file_watch_add(watch, in_directory("w"), COIL_FILE_RECURSIVE);

    return rc;
}

/* Each allocation fails once, and no event is lost. */
FILE_KERNEL_TEST(file_watch_without_memory)
{
    int rc = -ENOMEM;
    struct coil_file_event event;
    int told;

    make_directory("w");
    make_directory("w/s");
    /* What the loop needs for threads is there. */
    watch_directory(0);
    coil_file_watch_close(watch);
    for (size_t n = 1; rc == -ENOMEM; n++) {
        ASSERT_EQ(coil_file_watch_open(&watch), 0);
        coil_test_fail_allocation(n, false);
        rc = use();
        coil_test_fail_allocation(0, false);
        if (rc == -ENOMEM)
            coil_file_watch_close(watch);
    }
    ASSERT_EQ(rc, 0);
    for (size_t n = 0; n < 40; n++) {
        make_directory("w/d");
        make_directory("w/d/e");
        /* Twice the first: the path of an event has room by then. */
        coil_test_fail_allocation(n > 0 ? n : 1, false);
        for (told = 0; told < 2; told += rc == 0) {
            rc = coil_file_watch_next(watch, &event);
            ASSERT(rc == 0 || rc == -ENOMEM);
        }
        coil_test_fail_allocation(0, false);
        ASSERT_EQ(rmdir(in_directory("w/d/e")), 0);
        ASSERT_EQ(rmdir(in_directory("w/d")), 0);
        expect_directory("removed", "w/d/e");
        expect_directory("removed", "w/d");
    }
    coil_file_watch_close(watch);
}

static int open_on_the_simulator(void *unused)
{
    (void)unused;
    return coil_file_watch_open(&watch);
}

TEST(file_watch_is_not_on_the_simulator)
{
    ASSERT_EQ(coil_file_watch_open(&watch), -ENOTSUP);
    ASSERT_EQ(coil_test_run(open_on_the_simulator, NULL, 0), -ENOTSUP);
}
