/* SPDX-License-Identifier: MIT */
/*
 * The flight recorder, and what coil-record dump shows of it.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <coil/event.h>
#include <coil/fd.h>
#include <coil/handle.h>
#include <coil/lock.h>
#include <coil/loop.h>
#include <coil/queue.h>
#include <coil/record.h>
#include <coil/run.h>
#include <coil/sleep.h>
#include <coil/signal.h>
#include <coil/task.h>
#include <coil/threadsafe.h>

#include "names.h"
#include "record_test.h"

static struct coil_lock lock = COIL_LOCK_INIT;

static int make(struct coil_task **out, coil_fn fn, void *arg, const char *name)
{
    const struct coil_task_options options = { .name = name };

    return coil_task_create_with(out, fn, arg, &options);
}

static int rest(void *arg)
{
    (void)arg;
    return coil_sleep(1000 * COIL_SECOND) + zero;
}

static int hold_for_a_while(void *arg)
{
    int rc = coil_lock_acquire(&lock);

    (void)arg;
    if (rc < 0)
        return rc;
    coil_span_begin("holds the lock");
    rc = coil_sleep(5 * COIL_MILLISECOND);
    coil_span_end();
    coil_lock_release(&lock);
    return rc;
}

static int take(void *arg)
{
    int rc = coil_lock_acquire(&lock);

    (void)arg;
    if (rc == 0)
        coil_lock_release(&lock);
    return rc < 0 ? rc : 7;
}

static struct coil_event called = COIL_EVENT_INIT;

static void on_call(void *arg)
{
    (void)arg;
    coil_event_set(&called);
}

static struct coil_handle from_thread;

static void *call_loop(void *loop)
{
    (void)!coil_loop_call_soon_threadsafe(loop, &from_thread, on_call, NULL);
    return NULL;
}

/* ---- each kind of record -------------------------------------------------- */

static int let_a_thread_call(void)
{
    pthread_t thread;
    int rc;

    if (pthread_create(&thread, NULL, call_loop, coil_loop_current()) != 0)
        return -EAGAIN;
    coil_loop_hold(coil_loop_current());
    rc = coil_event_wait(&called);
    coil_loop_release(coil_loop_current());
    pthread_join(thread, NULL);
    return rc;
}

static int do_everything(void *arg)
{
    struct coil_task *holder;
    struct coil_task *taker;
    struct coil_task *sleeper;
    int rc = make(&holder, hold_for_a_while, NULL, "holder");

    (void)arg;
    if (rc == 0)
        rc = make(&taker, take, NULL, "taker");
    if (rc == 0)
        rc = make(&sleeper, rest, NULL, "sleeper");
    if (rc == 0)
        rc = coil_task_await(taker);
    coil_note("half of it is done\x1b[2J");
    coil_task_cancel(sleeper);
    if (coil_task_await(sleeper) != -ECANCELED)
        return -EINVAL;
    if (rc == 7)
        rc = let_a_thread_call();
    coil_task_release(holder);
    coil_task_release(taker);
    coil_task_release(sleeper);
    return rc;
}

TEST(record_has_the_life_of_a_task)
{
    const char *text;

    record_run(do_everything, NULL);
    ASSERT_CHILD_EXITED(&the_child, 0);
    text = record_dump();
    ASSERT_STR_CONTAINS(text, ": closed\n");
    ASSERT_STR_CONTAINS(text, "tests/system/record.c:");
    ASSERT_STR_CONTAINS(text, ") made by Task-1\n");
    ASSERT_STR_CONTAINS(text, ") begins\n");
    ASSERT_STR_CONTAINS(text, ") waits: sleep, 0x");
    ASSERT_STR_CONTAINS(text, ") waits: lock, 0x");
    ASSERT_STR_CONTAINS(text, ", needs holder\n");
    ASSERT_STR_CONTAINS(text, ") woken by holder\n");
    ASSERT_STR_CONTAINS(text, ") ended: 7\n");
    ASSERT_STR_CONTAINS(text, ") cancelled by Task-1\n");
    ASSERT_STR_CONTAINS(text, ") woken by Task-1: cancelled\n");
    ASSERT_STR_CONTAINS(text, ") ended: cancelled\n");
    record_end();
}

TEST(record_has_the_looks_of_the_loop)
{
    const char *text;

    record_run(do_everything, NULL);
    text = record_dump();
    ASSERT_STR_CONTAINS(text, "loop: waits");
    ASSERT_STR_CONTAINS(text, "loop: has looked outside, ");
    ASSERT_STR_CONTAINS(text, "loop: 1 timers due\n");
    ASSERT_STR_CONTAINS(text, ") woken by a timer or callback\n");
    ASSERT_STR_CONTAINS(text, "loop: 1 calls of other threads\n");
    record_end();
}

TEST(record_has_what_the_program_says)
{
    const char *text;

    record_run(do_everything, NULL);
    text = record_dump();
    ASSERT_STR_CONTAINS(text, ") begins the span holds the lock\n");
    ASSERT_STR_CONTAINS(text, ") ends a span\n");
    /* A terminal gets no control characters. */
    ASSERT_STR_CONTAINS(text, " notes: half of it is done\\x1b[2J\n");
    record_end();
}

static int wait_for_data(void *arg)
{
    return coil_wait_fd(*(int *)arg, COIL_READABLE) + zero;
}

static int talk(void *arg)
{
    struct coil_task *task;
    int ends[2];
    int rc;

    (void)arg;
    if (pipe(ends) < 0)
        return -errno;
    rc = coil_task_create(&task, wait_for_data, &ends[0]);
    if (rc == 0)
        rc = coil_sleep(COIL_MILLISECOND);
    if (rc == 0 && write(ends[1], "x", 1) != 1)
        rc = -errno;
    if (rc == 0)
        rc = coil_task_await(task);
    coil_task_release(task);
    close(ends[0]);
    close(ends[1]);
    return rc > 0 ? 0 : -EINVAL;
}

TEST(record_has_the_descriptor_of_io)
{
    const char *text;
    const char *at;

    record_run(talk, NULL);
    ASSERT_CHILD_EXITED(&the_child, 0);
    text = record_dump();
    at = strstr(text, ") waits: descriptor, 0x");
    ASSERT_NOT_NULL(at);
    ASSERT_NOT_NULL(strstr(at, ", descriptor "));
    ASSERT_NOT_NULL(strstr(at, ") woken by I/O\n"));
    record_end();
}

static int wait_for_signal(void *arg)
{
    (void)arg;
    return coil_wait_signal(SIGUSR1) + zero;
}

static int get_signal(void *arg)
{
    struct coil_task *task;
    int rc = coil_task_create(&task, wait_for_signal, NULL);

    (void)arg;
    if (rc == 0)
        rc = coil_sleep(COIL_MILLISECOND);
    raise(SIGUSR1);
    if (rc == 0)
        rc = coil_task_await(task);
    coil_task_release(task);
    return rc == SIGUSR1 ? 0 : -EINVAL;
}

TEST(record_has_signals)
{
    const char *text;

    record_run(get_signal, NULL);
    ASSERT_CHILD_EXITED(&the_child, 0);
    text = record_dump();
    ASSERT_STR_CONTAINS(text, "loop: signals\n");
    ASSERT_STR_CONTAINS(text, ") waits: signal, 0x");
    record_end();
}

/* ---- the end of a process ------------------------------------------------- */

static int be_killed(void *arg)
{
    struct coil_task *task;
    int rc = coil_lock_acquire(&lock);

    (void)arg;
    if (rc == 0)
        rc = make(&task, take, NULL, "waits to the end");
    if (rc == 0)
        rc = coil_sleep(2 * COIL_MILLISECOND);
    coil_note("the last words");
    raise(SIGKILL);
    return rc;
}

TEST(record_of_a_killed_process_is_read_to_its_last_event)
{
    const char *text;
    const char *last;

    record_run(be_killed, NULL);
    ASSERT_CHILD_KILLED(&the_child, SIGKILL);
    text = record_dump();
    ASSERT_STR_CONTAINS(text, ": the process was killed\n");
    last = strstr(text, "Task-1 (coil_loop_run_until_complete()) notes: the "
                        "last words\n");
    ASSERT_NOT_NULL(last);
    ASSERT_STR_EQ(strchr(last, '\n'), "\n");
    ASSERT_STR_CONTAINS(text, ") waits: lock, 0x");
    record_end();
}

static int fork_inside(void *arg)
{
    pid_t pid = fork();
    int status = 0;

    (void)arg;
    if (pid == 0) {
        coil_note("written by the child");
        (void)!coil_sleep(COIL_MILLISECOND);
        _exit(0);
    }
    coil_note("written by the parent");
    waitpid(pid, &status, 0);
    return status;
}

TEST(record_is_not_written_by_a_child_of_fork)
{
    const char *text;

    record_run(fork_inside, NULL);
    ASSERT_CHILD_EXITED(&the_child, 0);
    ASSERT_EQ(record_count(), 1);
    text = record_dump();
    ASSERT_STR_CONTAINS(text, "written by the parent\n");
    ASSERT_NULL(strstr(text, "written by the child"));
    record_end();
}

/* ---- several loops -------------------------------------------------------- */

static int say(void *arg)
{
    coil_note(arg);
    return coil_sleep(COIL_MILLISECOND);
}

static void run_twice(void *arg)
{
    static char first[] = "first run";
    static char second[] = "second run";

    (void)arg;
    setenv("COIL_RECORD", record_folder(), 1);
    if (coil_run(say, first) < 0 || coil_run(say, second) < 0)
        _exit(1);
}

TEST(record_of_each_run_is_a_file)
{
    const char *text;

    record_folder();
    child_run(&the_child, run_twice, NULL);
    ASSERT_CHILD_EXITED(&the_child, 0);
    ASSERT_EQ(record_count(), 2);
    text = record_dump();
    ASSERT_STR_CONTAINS(text, ", loop 1, ");
    ASSERT_STR_CONTAINS(text, ", loop 2, ");
    ASSERT_STR_CONTAINS(text, "notes: first run\n");
    ASSERT_STR_CONTAINS(text, "notes: second run\n");
    record_end();
}

static void *run_loop(void *arg)
{
    (void)!coil_run(say, arg);
    return NULL;
}

static void run_at_once(void *arg)
{
    static char texts[2][16] = { "one", "other" };
    pthread_t threads[2];

    (void)arg;
    setenv("COIL_RECORD", record_folder(), 1);
    for (int i = 0; i < 2; i++)
        if (pthread_create(&threads[i], NULL, run_loop, texts[i]) != 0)
            _exit(1);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
}

TEST(record_of_loops_in_several_threads)
{
    const char *text;

    record_folder();
    child_run(&the_child, run_at_once, NULL);
    ASSERT_CHILD_EXITED(&the_child, 0);
    ASSERT_EQ(record_count(), 2);
    text = record_dump();
    ASSERT_STR_CONTAINS(text, "notes: one\n");
    ASSERT_STR_CONTAINS(text, "notes: other\n");
    record_end();
}

/* ---- the ring comes round ------------------------------------------------- */

static int turn_round(void *arg)
{
    const struct coil_record_options options = { .size = 256 << 10 };
    struct coil_task *old;
    struct coil_task *task;
    int rc = coil_record_start(arg, &options);

    if (rc == 0)
        rc = make(&old, rest, NULL, "as old as the hills");
    for (int i = 0; i < 5000 && rc == 0; i++) {
        rc = coil_task_create(&task, take, NULL);
        if (rc == 0)
            rc = coil_task_await(task) == 7 ? 0 : -EINVAL;
        coil_task_release(task);
        if (rc == 0 && i % 16 == 0)
            rc = coil_sleep(0);
    }
    coil_note("the newest");
    coil_task_cancel(old);
    (void)!coil_task_await(old);
    coil_task_release(old);
    return rc;
}

static void run_round(void *arg)
{
    exit(coil_run_status(coil_run(turn_round, arg)));
}

TEST(record_keeps_the_newest_and_who_lives)
{
    static char folder[64];
    const char *text;
    struct stat about;

    strcpy(folder, record_folder());
    child_run(&the_child, run_round, folder);
    ASSERT_CHILD_EXITED(&the_child, 0);
    ASSERT_EQ(stat(record_path(0), &about), 0);
    ASSERT_EQ(about.st_size, 256 << 10);
    ASSERT_EQ(about.st_mode & 0777, 0600);
    text = record_find("old as|the newest|Task-5 ");
    /* It was made long before the oldest record. */
    ASSERT_STR_CONTAINS(text, "as old as the hills");
    ASSERT_STR_CONTAINS(text, "notes: the newest\n");
    ASSERT_NULL(strstr(text, "Task-5 "));
    record_end();
}

/* ---- when there can be no file -------------------------------------------- */

static int start_in(void *arg)
{
    int rc = coil_record_start(arg, NULL);

    ASSERT_NULL(coil_record_path());
    coil_span_begin("nobody hears");
    coil_note("of this");
    coil_span_end();
    coil_record_stop();
    return rc;
}

static void start_beyond_a_limit(void *arg)
{
    const struct rlimit limit = { 1 << 20, 1 << 20 };

    if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
        _exit(1);
    ASSERT_EQ(coil_run(start_in, arg), -EFBIG);
}

TEST(record_starts_with_an_error_where_there_is_no_room)
{
    static char folder[64];

    strcpy(folder, record_folder());
    child_run(&the_child, start_beyond_a_limit, folder);
    ASSERT_CHILD_EXITED(&the_child, 0);
    ASSERT_EQ(record_count(), 0);
    record_end();
}

TEST(record_starts_with_an_error_without_a_folder)
{
    static char nowhere[] = "/nowhere/at/all";

    ASSERT_EQ(coil_run(start_in, nowhere), -ENOENT);
}

static void run_without_folder(void *arg)
{
    static char text[] = "goes on";

    (void)arg;
    setenv("COIL_RECORD", "/nowhere/at/all", 1);
    exit(coil_run_status(coil_run(say, text)));
}

TEST(record_by_environment_fails_with_a_line_and_the_program_goes_on)
{
    child_run(&the_child, run_without_folder, NULL);
    ASSERT_CHILD_EXITED(&the_child, 0);
    ASSERT_STR_EQ(the_child.text, "coil: COIL_RECORD: no file in "
                                  "/nowhere/at/all: No such file or "
                                  "directory\n");
}

static void run_with_size(void *arg)
{
    static char text[] = "goes on";

    setenv("COIL_RECORD", record_folder(), 1);
    setenv("COIL_RECORD_SIZE", arg, 1);
    exit(coil_run_status(coil_run(say, text)));
}

TEST(record_by_environment_has_the_size_that_is_asked_for)
{
    static char sizes[][8] = { "300K", "1M", "1", "7G", "x", "" };
    struct stat about;

    record_folder();
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        child_run(&the_child, run_with_size, sizes[i]);
        ASSERT_CHILD_EXITED(&the_child, 0);
        if (i >= 2)
            ASSERT_STR_CONTAINS(the_child.text, "COIL_RECORD_SIZE: 256K to ");
    }
    ASSERT_EQ(record_count(), 2);
    ASSERT_EQ(stat(record_path(0), &about), 0);
    ASSERT_EQ(about.st_size, 300 << 10);
    record_end();
}

/* Somebody else has placed a link where the file would be. */
static void run_over_a_link(void *arg)
{
    static char text[] = "goes on";
    char path[128];
    int fd;

    (void)arg;
    setenv("COIL_RECORD", record_folder(), 1);
    snprintf(path, sizeof path, "%s/victim", record_folder());
    fd = open(path, O_CREAT | O_WRONLY, 0600);
    if (fd < 0 || write(fd, "mine", 4) != 4)
        _exit(1);
    close(fd);
    snprintf(path, sizeof path, "%s/coil-%ld-1.rec", record_folder(),
             (long)getpid());
    if (symlink("victim", path) < 0)
        _exit(1);
    exit(coil_run_status(coil_run(say, text)));
}

TEST(record_follows_no_link)
{
    struct stat about;
    char path[128];

    record_folder();
    child_run(&the_child, run_over_a_link, NULL);
    ASSERT_CHILD_EXITED(&the_child, 0);
    snprintf(path, sizeof path, "%s/victim", record_folder());
    ASSERT_EQ(stat(path, &about), 0);
    ASSERT_EQ(about.st_size, 4);
    /* Another name was free. */
    ASSERT_EQ(record_count(), 3);
    record_end();
}

/* ---- starting and stopping ------------------------------------------------ */

static int start_late(void *arg)
{
    struct coil_task *task;
    int rc = make(&task, rest, NULL, "was there before");

    if (rc == 0)
        rc = coil_sleep(COIL_MILLISECOND);
    if (rc == 0)
        rc = coil_record_start(arg, NULL);
    ASSERT_OK(rc);
    ASSERT_NOT_NULL(coil_record_path());
    ASSERT_EQ(coil_record_start(arg, NULL), -EALREADY);
    if (rc == 0)
        rc = coil_sleep(COIL_MILLISECOND);
    coil_record_stop();
    ASSERT_NULL(coil_record_path());
    coil_note("not recorded");
    if (rc == 0)
        rc = coil_sleep(COIL_MILLISECOND);
    if (rc == 0)
        rc = coil_record_start(arg, NULL);
    coil_task_cancel(task);
    if (coil_task_await(task) != -ECANCELED)
        rc = -EINVAL;
    coil_task_release(task);
    return rc;
}

TEST(record_is_started_and_stopped_while_the_loop_runs)
{
    static char folder[64];
    const char *text;

    strcpy(folder, record_folder());
    ASSERT_OK(coil_run(start_late, folder));
    ASSERT_EQ(record_count(), 2);
    text = record_dump();
    ASSERT_STR_CONTAINS(text, "was there before (");
    ASSERT_STR_CONTAINS(text, ") waits: sleep, 0x0, for ");
    ASSERT_STR_CONTAINS(text, ") woken by Task-1: cancelled\n");
    ASSERT_NULL(strstr(text, "not recorded"));
    record_end();
}

TEST(record_start_has_limits)
{
    const struct coil_record_options small = { .size = 4096 };

    ASSERT_EQ(coil_record_start("/tmp", NULL), -EINVAL);
    ASSERT_EQ(coil_record_start("/tmp", &small), -EINVAL);
    ASSERT_NULL(coil_record_path());
    coil_span_begin("without a loop");
    coil_note("nothing happens");
    coil_span_end();
    coil_record_stop();
}

/* ---- everything ----------------------------------------------------------- */

static struct coil_queue there;
static struct coil_queue back;

static int answer(void *arg)
{
    void *item;
    int rc = 0;

    (void)arg;
    for (int i = 0; i < 20 && rc == 0; i++) {
        rc = coil_queue_get(&there, &item);
        if (rc == 0)
            rc = coil_queue_put(&back, &item);
    }
    return rc;
}

static int play(void *arg)
{
    const struct coil_record_options options = { .all = *(bool *)arg };
    struct coil_task *task;
    void *item = NULL;
    int rc = coil_record_start(record_folder(), &options);

    coil_queue_init(&there, sizeof(void *), 1);
    coil_queue_init(&back, sizeof(void *), 1);
    if (rc == 0)
        rc = coil_task_create(&task, answer, NULL);
    for (int i = 0; i < 20 && rc == 0; i++) {
        rc = coil_queue_put(&there, &item);
        if (rc == 0)
            rc = coil_queue_get(&back, &item);
    }
    if (rc == 0)
        rc = coil_task_await(task);
    coil_task_release(task);
    coil_queue_fini(&there);
    coil_queue_fini(&back);
    return rc;
}

static int count_of(const char *text, const char *part)
{
    int n = 0;

    for (; (text = strstr(text, part)); text++)
        n++;
    return n;
}

TEST(record_has_short_waits_if_it_is_to_have_all)
{
    bool all = false;

    ASSERT_OK(coil_run(play, &all));
    ASSERT_LE(count_of(record_dump(), "waits: queue get"), 12);
    record_end();
    all = true;
    ASSERT_OK(coil_run(play, &all));
    ASSERT_GE(count_of(record_dump(), "waits: queue get"), 38);
    ASSERT_GE(count_of(record_dump(), ") woken by Task-"), 38);
    record_end();
}
