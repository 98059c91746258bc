/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/* TIMEOUT: 60 */
/* WRAPS: syscall */
/*
 * Every suspending function of files, cancelled in each state of its wait.  There
 * is one thread, and somebody else has it.
 */
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <coil/directory.h>
#include <coil/executor.h>
#include <coil/file.h>
#include <coil/file_stream.h>
#include <coil/file_watch.h>
#include <coil/path.h>

#include "cancel_everywhere.h"
#include "file_test.h"

__attribute__((constructor)) static void allow_one_thread(void)
{
    setenv("COIL_MAX_THREADS", "1", 1);
}

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);

/* Nothing of a file is in memory, so that reads wait. */
long __wrap_syscall(long number, ...)
{
    long a[6];
    va_list list;

    va_start(list, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(list, long);
    va_end(list);
    if (number == SYS_preadv2) {
        errno = EAGAIN;
        return -1;
    }
    return __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* ---- the thread ----------------------------------------------------------- */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool is_held, may_go;
static struct coil_executor_call holder;

static int hold(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&mutex);
    is_held = true;
    pthread_cond_broadcast(&changed);
    while (!may_go)
        pthread_cond_wait(&changed, &mutex);
    pthread_mutex_unlock(&mutex);
    return 0;
}

static void hold_thread(void)
{
    is_held = false;
    may_go = false;
    if (simulated)
        return;
    holder = (struct coil_executor_call){ .job = NULL };
    ASSERT_EQ(coil_executor_submit(NULL, &holder, hold, NULL), 0);
    pthread_mutex_lock(&mutex);
    while (!is_held)
        pthread_cond_wait(&changed, &mutex);
    pthread_mutex_unlock(&mutex);
}

static void let_thread_go(void)
{
    pthread_mutex_lock(&mutex);
    may_go = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
}

static void end_thread(void)
{
    if (simulated)
        return;
    let_thread_go();
    ASSERT_EQ(coil_future_await(&holder.future, NULL), 0);
}

/* ---- files ---------------------------------------------------------------- */

static struct coil_file *file;

static void prepare(void)
{
    int fd;

    begin_directory();
    put_file("a", "text");
    fd = open(in_directory("a"), O_RDWR | O_CLOEXEC);
    ASSERT_EQ(coil_file_adopt(&file, fd), 0);
    hold_thread();
}

static void finish(void)
{
    end_thread();
    coil_file_abort(file);
    end_directory();
}

static int open_file(void)
{
    struct coil_file *f = NULL;
    int rc = coil_file_open(&f, in_directory("a"), O_RDONLY, 0);

    coil_file_abort(f);
    return rc;
}

static int make_nameless(void)
{
    struct coil_file *f = NULL;
    int rc = coil_file_temporary(&f, in_directory(""));

    coil_file_abort(f);
    return rc;
}

static int make_named(void)
{
    struct coil_file *f = NULL;
    int rc = coil_file_mkstemp(&f, in_directory("f-XXXXXX"));

    coil_file_abort(f);
    return rc;
}

static int close_file(void)
{
    struct coil_file *f;
    int fd = open(in_directory("a"), O_RDONLY | O_CLOEXEC);

    ASSERT_EQ(coil_file_adopt(&f, fd), 0);
    return coil_file_close(f);
}

static int done(ptrdiff_t n)
{
    return n < 0 ? (int)n : 0;
}

static char bytes[4];

static int read_at(void)
{
    return done(coil_file_pread(file, bytes, 4, 0));
}

static int read_here(void)
{
    return done(coil_file_read(file, bytes, 4));
}

static int read_descriptor(void)
{
    return done(coil_pread(coil_file_fd(file), bytes, 4, 0));
}

static int write_there(void)
{
    return done(coil_file_pwrite(file, "text", 4, 0));
}

static int write_here(void)
{
    return done(coil_file_write(file, "text", 4));
}

static int cut(void)
{
    return coil_file_truncate(file, 4);
}

static int sync_all(void)
{
    return coil_file_sync(file);
}

static int sync_data(void)
{
    return coil_file_datasync(file);
}

static struct stat status;

static int look(void)
{
    return coil_file_stat(file, &status);
}

static int replace(void)
{
    return coil_file_replace(in_directory("r"), "new", 3, 0600);
}

static int open_stream(void)
{
    struct coil_stream *s = NULL;
    int rc = coil_stream_open_file(&s, in_directory("a"), O_RDONLY, 0);

    coil_stream_abort(s);
    return rc;
}

/* ---- locks ---------------------------------------------------------------- */

static struct coil_file *theirs;

static void prepare_locks(void)
{
    int fd;

    prepare();
    fd = open(in_directory("a"), O_RDWR | O_CLOEXEC);
    ASSERT_EQ(coil_file_adopt(&theirs, fd), 0);
    ASSERT_EQ(coil_file_try_lock(theirs, COIL_FILE_EXCLUSIVE, 0, 0), 0);
    ASSERT_EQ(coil_file_try_flock(theirs, COIL_FILE_EXCLUSIVE), 0);
}

static void unlock(void)
{
    ASSERT_EQ(coil_file_unlock(theirs, 0, 0), 0);
    ASSERT_EQ(coil_file_unflock(theirs), 0);
}

static void finish_locks(void)
{
    coil_file_abort(theirs);
    finish();
}

static int lock_part(void)
{
    int rc = coil_file_lock(file, COIL_FILE_EXCLUSIVE, 0, 0);

    return rc < 0 ? rc : coil_file_unlock(file, 0, 0);
}

static int lock_whole(void)
{
    int rc = coil_file_flock(file, COIL_FILE_EXCLUSIVE);

    return rc < 0 ? rc : coil_file_unflock(file);
}

/* ---- paths ---------------------------------------------------------------- */

static void prepare_paths(void)
{
    prepare();
    ASSERT_EQ(symlink("a", in_directory("l")), 0);
}

static int look_at_path(void)
{
    return coil_path_stat(in_directory("a"), &status);
}

static int look_at_link(void)
{
    return coil_path_lstat(in_directory("l"), &status);
}

static int rename_it(void)
{
    return coil_path_rename(in_directory("a"), in_directory("a"));
}

static int link_it(void)
{
    unlink(in_directory("c"));
    return coil_path_link(in_directory("a"), in_directory("c"));
}

static int link_symbolically(void)
{
    unlink(in_directory("c"));
    return coil_path_symlink("a", in_directory("c"));
}

static int remove_link(void)
{
    (void)!symlink("a", in_directory("c"));
    return coil_path_unlink(in_directory("c"));
}

static int change_mode(void)
{
    return coil_path_chmod(in_directory("a"), 0600);
}

static int make_directory(void)
{
    rmdir(in_directory("d"));
    return coil_path_mkdir(in_directory("d"), 0700);
}

static int remove_directory(void)
{
    mkdir(in_directory("d"), 0700);
    return coil_path_rmdir(in_directory("d"));
}

static int read_link(void)
{
    return done(coil_path_readlink(in_directory("l"), bytes, sizeof bytes));
}

static int make_directories(void)
{
    return coil_path_mkdir_all(in_directory("e/f"), 0700);
}

static int make_temporary_directory(void)
{
    return coil_path_mkdtemp(in_directory("t-XXXXXX"));
}

static int remove_all(void)
{
    return coil_path_remove_all(in_directory("e"));
}

/* ---- directories ---------------------------------------------------------- */

static struct coil_directory *directory;

/* It is opened while the thread is free. */
static void prepare_directory(void)
{
    begin_directory();
    put_file("a", "text");
    ASSERT_EQ(coil_directory_open(&directory, in_directory("")), 0);
    file = NULL;
    hold_thread();
}

static void finish_directory(void)
{
    coil_directory_close(directory);
    finish();
}

static int read_directory(void)
{
    struct coil_directory_entry entry;

    return done(coil_directory_read(directory, &entry));
}

static int open_directory(void)
{
    struct coil_directory *d = NULL;
    int rc = coil_directory_open(&d, in_directory(""));

    coil_directory_close(d);
    return rc;
}

static int open_walk(void)
{
    struct coil_directory *d = NULL;
    int rc = coil_directory_walk(&d, in_directory(""));

    coil_directory_close(d);
    return rc;
}

/* ---- changes -------------------------------------------------------------- */

static struct coil_file_watch *watch;

static void prepare_watch(void)
{
    begin_directory();
    ASSERT_EQ(coil_file_watch_open(&watch), 0);
    file = NULL;
    hold_thread();
}

static void prepare_events(void)
{
    begin_directory();
    ASSERT_EQ(coil_file_watch_open(&watch), 0);
    ASSERT_EQ(coil_file_watch_add(watch, in_directory(""), 0), 0);
    file = NULL;
    hold_thread();
}

static void finish_watch(void)
{
    coil_file_watch_close(watch);
    finish();
}

static int add_watch(void)
{
    return coil_file_watch_add(watch, in_directory(""), COIL_FILE_RECURSIVE);
}

static int next_event(void)
{
    struct coil_file_event event;

    return coil_file_watch_next(watch, &event);
}

static void make_event(void)
{
    ASSERT_EQ(symlink("a", in_directory("event")), 0);
}

/* ---- the table ------------------------------------------------------------ */

#define FILE_CASE(function, made)                                              \
    CASE(function, .prepare = prepare_paths, .call = (made),                   \
         .ready = let_thread_go, .finish = finish, .flags = BRIEF)

static const struct everywhere table[] = {
    FILE_CASE(coil_file_open, open_file),
    FILE_CASE(coil_file_temporary, make_nameless),
    FILE_CASE(coil_file_mkstemp, make_named),
    FILE_CASE(coil_file_close, close_file),
    FILE_CASE(coil_file_pread, read_at),
    FILE_CASE(coil_file_pwrite, write_there),
    FILE_CASE(coil_file_read, read_here),
    FILE_CASE(coil_file_write, write_here),
    FILE_CASE(coil_pread, read_descriptor),
    FILE_CASE(coil_file_truncate, cut),
    FILE_CASE(coil_file_sync, sync_all),
    FILE_CASE(coil_file_datasync, sync_data),
    FILE_CASE(coil_file_stat, look),
    FILE_CASE(coil_file_replace, replace),
    FILE_CASE(coil_stream_open_file, open_stream),
    CASE(coil_file_lock, .prepare = prepare_locks, .call = lock_part,
         .ready = unlock, .finish = finish_locks),
    CASE(coil_file_flock, .prepare = prepare_locks, .call = lock_whole,
         .ready = unlock, .finish = finish_locks),
    FILE_CASE(coil_path_stat, look_at_path),
    FILE_CASE(coil_path_lstat, look_at_link),
    FILE_CASE(coil_path_rename, rename_it),
    FILE_CASE(coil_path_link, link_it),
    FILE_CASE(coil_path_symlink, link_symbolically),
    FILE_CASE(coil_path_unlink, remove_link),
    FILE_CASE(coil_path_chmod, change_mode),
    FILE_CASE(coil_path_mkdir, make_directory),
    FILE_CASE(coil_path_rmdir, remove_directory),
    FILE_CASE(coil_path_readlink, read_link),
    FILE_CASE(coil_path_mkdir_all, make_directories),
    FILE_CASE(coil_path_mkdtemp, make_temporary_directory),
    FILE_CASE(coil_path_remove_all, remove_all),
    FILE_CASE(coil_directory_open, open_directory),
    FILE_CASE(coil_directory_walk, open_walk),
    CASE(coil_directory_read, .prepare = prepare_directory,
         .call = read_directory, .ready = let_thread_go,
         .finish = finish_directory, .flags = BRIEF),
    CASE(coil_file_watch_add, .prepare = prepare_watch, .call = add_watch,
         .ready = let_thread_go, .finish = finish_watch, .flags = KERNEL_ONLY),
    CASE(coil_file_watch_next, .prepare = prepare_events, .call = next_event,
         .ready = make_event, .finish = finish_watch, .flags = KERNEL_ONLY),
};

EVERYWHERE_TEST(cancel_everywhere_files_parked, table, cancel_parked)
EVERYWHERE_TEST(cancel_everywhere_files_granted, table, cancel_granted)
EVERYWHERE_TEST(cancel_everywhere_files_on_entry, table, cancel_on_entry)
EVERYWHERE_TEST(cancel_everywhere_files_on_entry_when_ready, table,
                cancel_on_entry_when_ready)
