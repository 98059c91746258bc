/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/*
 * A run is recorded, and its replay says the same: coil/history.h.
 *
 * The programs below are told things that differ from run to run, so a replay that is told
 * anything else says something else.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <coil.h>
#include <coil/history.h>
#include <coil/threadsafe.h>
#include <coil/udp.h>

#include "actors.h"
#include "folder.h"
#include "test.h"

static char folder[] = "/tmp/coil-history-XXXXXX";
static char path[64];

static void open_folder(void)
{
    ASSERT_NOT_NULL(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/run.hist", folder);
}

static int record(coil_fn fn, enum coil_backend backend)
{
    return coil_run_with(
        fn, NULL,
        &(struct coil_loop_options){ .backend = backend, .history = path });
}

static int replay(coil_fn fn)
{
    return coil_run_with(fn, NULL,
                         &(struct coil_loop_options){ .replay = path });
}

/* A child that `fn` has forked closes the loop, and ends. */
static void end_child(pid_t parent)
{
    if (getpid() != parent)
        _exit(0);
}

/* All that is said when it is recorded is said when it is replayed, three times. */
static void expect_same_on(coil_fn fn, int result, enum coil_backend backend)
{
    pid_t self = getpid();
    char first[sizeof trace];
    int rc;

    open_folder();
    rc = record(fn, backend);
    end_child(self);
    ASSERT_EQ(rc, result);
    ASSERT_GT(strlen(trace), 0);
    strcpy(first, trace);
    for (int i = 0; i < 3; i++) {
        forget();
        rc = replay(fn);
        end_child(self);
        ASSERT_EQ(rc, result);
        SAID(first);
    }
    remove_folder(folder);
}

static void expect_same(coil_fn fn, int result)
{
    expect_same_on(fn, result, COIL_BACKEND_EPOLL);
}

static void say_time(const char *what)
{
    say("%s %lld ", what, (long long)coil_now());
}

/* ---- the clock, chance, and what the program adds ------------------------- */

static int sleep_and_say(void *arg)
{
    ASSERT_EQ(coil_sleep(*(coil_time *)arg), 0);
    say_time("slept");
    return 0;
}

static int tell_time(void *arg)
{
    coil_time durations[3] = { 3 * COIL_MILLISECOND, COIL_MILLISECOND, 0 };
    struct coil_task *tasks[3];
    uint64_t own = (uint64_t)getpid() << 32 | (uint64_t)clock();

    (void)arg;
    ASSERT(coil_history_is_kept());
    for (int i = 0; i < 3; i++)
        tasks[i] = start(sleep_and_say, &durations[i]);
    for (int i = 0; i < 3; i++)
        ASSERT_EQ(end_of(tasks[i]), 0);
    coil_history_remember(&own, sizeof own);
    say("own %llu day %lld ", (unsigned long long)own,
        (long long)coil_time_of_day());
    return 7;
}

TEST(history_keeps_times_and_what_the_program_adds)
{
    expect_same(tell_time, 7);
}

static int remember_nothing(void *arg)
{
    int value = 5;

    (void)arg;
    ASSERT(!coil_history_is_kept());
    coil_history_remember(&value, sizeof value);
    return value;
}

TEST(history_is_not_kept_elsewhere)
{
    int value = 6;

    ASSERT_EQ(coil_run(remember_nothing, NULL), 5);
    ASSERT(!coil_history_is_kept());
    coil_history_remember(&value, sizeof value);
    ASSERT_EQ(value, 6);
}

/* ---- streams -------------------------------------------------------------- */

enum { CLIENTS = 4, ROUNDS = 5 };

static struct coil_listener *listener;
static struct coil_address server;

static int echo(void *arg)
{
    struct coil_stream *stream = arg;
    char bytes[64];
    ptrdiff_t n;

    while ((n = coil_stream_read(stream, bytes, sizeof bytes)) > 0) {
        say("< %.*s ", (int)n, bytes);
        ASSERT_EQ(coil_stream_write(stream, bytes, (size_t)n), 0);
        ASSERT_EQ(coil_stream_drain(stream), 0);
    }
    (void)!coil_stream_close(stream); /* the run may be over */
    return (int)n;
}

static int serve(void *arg)
{
    struct coil_stream *stream;
    char text[COIL_ADDRESS_STRING];
    int rc;

    (void)arg;
    while ((rc = coil_listener_accept(listener, &stream)) == 0) {
        struct coil_address peer;

        coil_stream_peer_address(stream, &peer);
        say("from %s ", coil_address_string(&peer, text));
        launch(echo, stream);
    }
    return rc;
}

static int talk(void *arg)
{
    struct coil_stream *stream;
    char bytes[64];

    ASSERT_EQ(coil_tcp_connect_address(&stream, &server), 0);
    for (int i = 0; i < ROUNDS; i++) {
        int size = snprintf(bytes, sizeof bytes, "%s%d at %lld",
                            (const char *)arg, i, (long long)coil_now());
        ptrdiff_t n;

        ASSERT_EQ(coil_stream_write(stream, bytes, (size_t)size), 0);
        ASSERT_EQ(coil_stream_drain(stream), 0);
        n = coil_stream_read(stream, bytes, sizeof bytes);
        ASSERT_EQ(n, size);
        say("> %.*s ", (int)n, bytes);
    }
    ASSERT_EQ(coil_stream_close(stream), 0);
    return 0;
}

static int talk_over_tcp(void *arg)
{
    static const char *const names[CLIENTS] = { "a", "b", "c", "d" };
    struct coil_task *tasks[CLIENTS];
    struct coil_task *server_task;
    char text[COIL_ADDRESS_STRING];

    (void)arg;
    ASSERT_EQ(coil_tcp_listen(&listener, "127.0.0.1", 0), 0);
    coil_listener_address(listener, &server);
    say("port %s ", coil_address_string(&server, text));
    server_task = start(serve, NULL);
    for (int i = 0; i < CLIENTS; i++)
        tasks[i] = start(talk, names[i]);
    for (int i = 0; i < CLIENTS; i++)
        ASSERT_EQ(end_of(tasks[i]), 0);
    ASSERT_EQ(end_by_cancelling(server_task), -ECANCELED);
    coil_listener_close(listener);
    return 0;
}

TEST(history_keeps_what_comes_over_connections)
{
    expect_same(talk_over_tcp, 0);
}

TEST(history_is_that_of_a_ring_as_well)
{
    expect_same_on(talk_over_tcp, 0, COIL_BACKEND_URING);
}

/* Nobody listens where the recorded run was connected. */
static int connect_to_nobody(void *arg)
{
    struct coil_stream *stream;
    int rc = coil_tcp_connect(&stream, "127.0.0.1", 1);

    (void)arg;
    say("%s ", coil_strerror(rc));
    return rc;
}

TEST(history_keeps_errors)
{
    expect_same(connect_to_nobody, -ECONNREFUSED);
}

/* ---- datagrams ------------------------------------------------------------ */

static int send_datagrams(void *arg)
{
    struct coil_datagram_socket *one, *two;
    struct coil_address from, to;
    char bytes[32], text[COIL_ADDRESS_STRING];

    (void)arg;
    ASSERT_EQ(coil_udp_bind(&one, "127.0.0.1", 0, NULL), 0);
    ASSERT_EQ(coil_udp_bind(&two, "127.0.0.1", 0, NULL), 0);
    coil_datagram_local_address(two, &to);
    for (int i = 0; i < 3; i++) {
        int size = snprintf(bytes, sizeof bytes, "%lld", (long long)coil_now());
        ptrdiff_t n;

        ASSERT_OK(coil_datagram_send_to(one, bytes, (size_t)size, &to));
        n = coil_datagram_receive_from(two, bytes, sizeof bytes, &from);
        ASSERT_EQ(n, size);
        say("%.*s from %s ", (int)n, bytes, coil_address_string(&from, text));
    }
    coil_datagram_close(one);
    coil_datagram_close(two);
    return 0;
}

TEST(history_keeps_datagrams)
{
    expect_same(send_datagrams, 0);
}

/* ---- threads -------------------------------------------------------------- */

static int work(void *arg)
{
    usleep((unsigned)rand() % 2000);
    return *(int *)arg;
}

static int call(void *arg)
{
    int rc = coil_to_thread(work, arg);

    say_time("called");
    say("%d ", rc);
    return 0;
}

/*
 * The order in which they are over differs from run to run.  A call whose task is
 * cancelled goes on in its thread: what it reads outlives the run.
 */
static int call_threads(void *arg)
{
    static int numbers[8];
    struct coil_task *tasks[8];

    (void)arg;
    srand((unsigned)getpid());
    for (int i = 0; i < 8; i++) {
        numbers[i] = i;
        tasks[i] = start(call, &numbers[i]);
    }
    /* Some are over, some run, and some have not begun. */
    ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    for (int i = 4; i < 8; i++)
        coil_task_cancel(tasks[i]);
    for (int i = 0; i < 8; i++)
        say("end %d ", end_of(tasks[i]));
    return 0;
}

TEST(history_keeps_when_calls_in_threads_are_over)
{
    expect_same(call_threads, 0);
}

static int greet(void *arg)
{
    say_time(arg);
    return 3;
}

static void *send_greetings(void *loop)
{
    for (int i = 0; i < 5; i++) {
        struct coil_thread_call call;

        ASSERT_EQ(coil_run_threadsafe(loop, &call, greet, "hello"), 0);
        ASSERT_EQ(coil_thread_call_wait(&call, COIL_NEVER), 3);
    }
    return NULL;
}

static int be_called(void *arg)
{
    struct coil_loop *loop = coil_loop_current();
    pthread_t thread;
    struct coil_task *task;

    (void)arg;
    ASSERT_EQ(pthread_create(&thread, NULL, send_greetings, loop), 0);
    for (int i = 0; i < 5; i++) {
        ASSERT_EQ(coil_sleep(100 * COIL_MICROSECOND), 0);
        say_time("slept");
    }
    task = start(greet, "own");
    ASSERT_EQ(end_of(task), 3);
    while (strstr(trace, "hello") == NULL)
        ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    ASSERT_EQ(coil_sleep(20 * COIL_MILLISECOND), 0);
    pthread_join(thread, NULL);
    return 0;
}

TEST(history_keeps_when_other_threads_called)
{
    expect_same(be_called, 0);
}

/* ---- signals -------------------------------------------------------------- */

static bool is_recorded; /* a replay gets no signal */

static int stop_by_signal(void *arg)
{
    int rc;

    (void)arg;
    say_time("before");
    if (is_recorded)
        ASSERT_EQ(raise(SIGTERM), 0);
    rc = coil_sleep(COIL_NEVER);
    say_time("after");
    return rc;
}

static int wait_for_signals(void *arg)
{
    (void)arg;
    for (int i = 0; i < 2; i++) {
        int rc;

        /* It comes while nobody waits, and is ignored; and then it comes. */
        say_time("waits");
        if (is_recorded)
            alarm(1);
        rc = coil_wait_signal(SIGALRM);
        say("%d ", rc);
        ASSERT_EQ(rc, SIGALRM);
        say_time("waited");
    }
    return 0;
}

static void expect_same_without_signal(coil_fn fn, int result)
{
    char first[sizeof trace];

    open_folder();
    is_recorded = true;
    ASSERT_EQ(record(fn, COIL_BACKEND_EPOLL), result);
    is_recorded = false;
    strcpy(first, trace);
    forget();
    ASSERT_EQ(replay(fn), result);
    SAID(first);
    remove_folder(folder);
}

TEST(history_keeps_the_signal_that_ended_a_run)
{
    expect_same_without_signal(stop_by_signal, COIL_ESIGNAL(SIGTERM));
}

TEST(history_keeps_signals_that_are_waited_for)
{
    expect_same_without_signal(wait_for_signals, 0);
}

/* ---- the end -------------------------------------------------------------- */

static bool aborts;
static bool is_last; /* nothing is done after this run, which ends in a panic */

static int break_off(void *arg)
{
    (void)arg;
    if (is_last)
        remove_folder(folder);
    for (int i = 0; i < 100; i++) {
        ASSERT_EQ(coil_sleep(10 * COIL_MICROSECOND), 0);
        if (aborts && i == 50)
            _exit(3);
    }
    return 0;
}

/* The recorded process ends in the middle. */
static void record_broken_off(void)
{
    pid_t child = fork();
    int status;

    ASSERT_GE(child, 0);
    if (child == 0) {
        aborts = true;
        (void)!record(break_off, COIL_BACKEND_EPOLL);
        _exit(0);
    }
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_EQ(WEXITSTATUS(status), 3);
}

PANIC_TEST(history_that_was_broken_off_says_so,
           "COIL_REPLAY: the history ends here")
{
    open_folder();
    record_broken_off();
    is_last = true;
    (void)!replay(break_off);
}

TEST(history_that_was_broken_off_has_all_until_then)
{
    open_folder();
    record_broken_off();
    aborts = true;
    if (fork() == 0)
        _exit(replay(break_off) == 0 ? 1 : 2);
    else {
        int status;

        ASSERT_GT(wait(&status), 0);
        ASSERT_EQ(WEXITSTATUS(status), 3);
    }
    remove_folder(folder);
}

static int do_something_else(void *arg)
{
    struct coil_stream *stream;

    (void)arg;
    remove_folder(folder);
    (void)!coil_tcp_connect(&stream, "127.0.0.1", 1);
    return 0;
}

PANIC_TEST(history_of_another_program_is_told, "has left its history at byte")
{
    open_folder();
    ASSERT_EQ(record(break_off, COIL_BACKEND_EPOLL), 0);
    (void)!replay(do_something_else);
}

/* ---- files ---------------------------------------------------------------- */

static void put_file(const char *bytes, size_t size)
{
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);

    ASSERT_GE(fd, 0);
    ASSERT_EQ(write(fd, bytes, size), size);
    close(fd);
}

TEST(history_file_is_a_new_one_and_a_sound_one)
{
    static const char other[] = "coilhist\2\0\0\0 another version, and so on";
    struct stat status;

    open_folder();
    ASSERT_EQ(replay(break_off), -ENOENT);
    put_file("short", 5);
    ASSERT_EQ(replay(break_off), -EBADMSG);
    ASSERT_EQ(record(break_off, COIL_BACKEND_EPOLL), -EEXIST);
    put_file("this is no history, and it never was one: it is text", 52);
    ASSERT_EQ(replay(break_off), -EBADMSG);
    put_file(other, sizeof other);
    ASSERT_EQ(replay(break_off), -ENOTSUP);
    ASSERT_EQ(record(break_off, COIL_BACKEND_SIMULATOR), -ENOTSUP);
    ASSERT_EQ(unlink(path), 0);
    ASSERT_EQ(record(break_off, COIL_BACKEND_EPOLL), 0);
    ASSERT_EQ(stat(path, &status), 0);
    ASSERT_EQ(status.st_mode & 0777, 0600);
    ASSERT_LT(status.st_size, 10000);
    ASSERT_EQ(replay(break_off), 0);
    remove_folder(folder);
}

/* What a file may have at most is used up: the program goes on without it. */
static int say_much(void *arg)
{
    static char bytes[1 << 20];

    (void)arg;
    for (int i = 0; i < 4; i++)
        coil_history_remember(bytes, sizeof bytes);
    return break_off(NULL);
}

TEST(history_without_room_leaves_the_program_alone)
{
    struct rlimit limit = { .rlim_cur = 2 << 20, .rlim_max = RLIM_INFINITY };

    open_folder();
    ASSERT_EQ(signal(SIGXFSZ, SIG_IGN) == SIG_ERR, false);
    ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = 2 << 20;
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ASSERT_EQ(record(say_much, COIL_BACKEND_EPOLL), 0);
    limit.rlim_cur = limit.rlim_max;
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
    remove_folder(folder);
}

static int fork_within(void *arg)
{
    int status;
    pid_t child;

    (void)arg;
    ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    say_time("before");
    child = fork();
    ASSERT_GE(child, 0);
    if (child == 0)
        return 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    say_time("after");
    return 0;
}

TEST(history_is_left_to_the_parent_by_a_child)
{
    expect_same(fork_within, 0);
}

/* ---- damage --------------------------------------------------------------- */

enum { DAMAGES = 60 };

static unsigned char *read_file(size_t *size)
{
    int fd = open(path, O_RDONLY);
    struct stat status;
    unsigned char *bytes;

    ASSERT_GE(fd, 0);
    ASSERT_EQ(fstat(fd, &status), 0);
    *size = (size_t)status.st_size;
    bytes = malloc(*size);
    ASSERT_EQ(read(fd, bytes, *size), *size);
    close(fd);
    return bytes;
}

/* A panic is an abort, which is not what a wild pointer ends in. */
static void expect_no_crash(void)
{
    pid_t child = fork();
    int status;

    ASSERT_GE(child, 0);
    if (child == 0) {
        struct rlimit none = { .rlim_cur = 0 };
        int null = open("/dev/null", O_WRONLY);

        (void)!setrlimit(RLIMIT_CORE, &none);
        (void)!dup2(null, STDERR_FILENO);
        alarm(20);
        (void)!replay(send_datagrams);
        _exit(0);
    }
    ASSERT_EQ(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status))
        ASSERT_EQ(WTERMSIG(status), SIGABRT);
}

TEST(history_that_is_damaged_is_no_danger)
{
    unsigned char *bytes;
    size_t size;

    open_folder();
    ASSERT_EQ(record(send_datagrams, COIL_BACKEND_EPOLL), 0);
    bytes = read_file(&size);
    for (size_t i = 0; i < DAMAGES; i++) {
        size_t at = 32 + (i * 7919) % (size - 32);
        unsigned char before = bytes[at];

        bytes[at] = (unsigned char)(i * 37);
        put_file((const char *)bytes, size);
        expect_no_crash();
        bytes[at] = before;
    }
    free(bytes);
    remove_folder(folder);
}
