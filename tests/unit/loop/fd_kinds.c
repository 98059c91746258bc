/* SPDX-License-Identifier: MIT */
/*
 * Descriptors of all kinds that are waited for: docs/descriptors.md says what
 * each means.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <coil/fd.h>
#include <coil/file_watch.h>
#include <coil/guest.h>
#include <coil/process.h>
#include <coil/signal.h>

#include "file_test.h"

#define BOTH (COIL_READABLE | COIL_WRITABLE)

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

static int wait_readable(void *arg)
{
    return coil_wait_fd(*(const int *)arg, COIL_READABLE);
}

static int wait_writable(void *arg)
{
    return coil_wait_fd(*(const int *)arg, COIL_WRITABLE);
}

/* Read a counter: its value, or 0 if it has none. */
static uint64_t take_count(int fd)
{
    uint64_t count;

    if (read(fd, &count, sizeof count) == sizeof count)
        return count;
    ASSERT_EQ(errno, EAGAIN);
    return 0;
}

static void add_count(int fd, uint64_t count)
{
    ASSERT_EQ(write(fd, &count, sizeof count), sizeof count);
}

/* ---- counters ------------------------------------------------------------- */

/* All who wait are woken, and one of them gets the count. */
KERNEL_TEST(fd_of_a_timer_wakes_all_and_one_reads_the_count)
{
    const struct itimerspec soon = { .it_value = { .tv_nsec = 1000000 } };
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    struct coil_task *one = start_waiting(wait_readable, &fd);
    struct coil_task *two = start_waiting(wait_readable, &fd);

    ASSERT_EQ(timerfd_settime(fd, 0, &soon, NULL), 0);
    ASSERT_EQ(end_of(one), COIL_READABLE);
    ASSERT_EQ(end_of(two), COIL_READABLE);
    ASSERT_EQ(take_count(fd), 1);
    ASSERT_EQ(take_count(fd), 0);

    /* It is not readable again before it has expired again. */
    one = start_waiting(wait_readable, &fd);
    settle();
    ASSERT(!coil_task_is_done(one));
    ASSERT_EQ(timerfd_settime(fd, 0, &soon, NULL), 0);
    ASSERT_EQ(end_of(one), COIL_READABLE);
    close(fd);
}

KERNEL_TEST(fd_of_events_counts_in_both_directions)
{
    const uint64_t most = UINT64_MAX - 1;
    int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    struct coil_task *reader, *writer;

    ASSERT_EQ(coil_wait_fd(fd, BOTH), COIL_WRITABLE);
    reader = start_waiting(wait_readable, &fd);
    add_count(fd, 3);
    add_count(fd, 4);
    ASSERT_EQ(end_of(reader), COIL_READABLE);
    ASSERT_EQ(take_count(fd), 7);

    add_count(fd, most);
    ASSERT_EQ(coil_wait_fd(fd, BOTH), COIL_READABLE);
    writer = start_waiting(wait_writable, &fd);
    settle();
    ASSERT(!coil_task_is_done(writer));
    ASSERT_EQ(take_count(fd), most);
    ASSERT_EQ(end_of(writer), COIL_WRITABLE);
    close(fd);
}

/* ---- signals -------------------------------------------------------------- */

static int handler_calls;

static void count_call(void *arg)
{
    (void)arg;
    handler_calls++;
}

static int await_usr2(void *arg)
{
    (void)arg;
    return coil_wait_signal(SIGUSR2);
}

static void expect_signal(int fd, int number)
{
    struct signalfd_siginfo info;

    ASSERT_EQ(coil_wait_fd(fd, COIL_READABLE), COIL_READABLE);
    ASSERT_EQ(read(fd, &info, sizeof info), sizeof info);
    ASSERT_EQ(info.ssi_signo, number);
    ASSERT_EQ(info.ssi_pid, getpid());
}

/*
 * While a signal is blocked its signalfd has it, and coil's handlers have not.
 * Other signals come to coil as ever.
 */
KERNEL_TEST(fd_of_signals_has_what_is_blocked)
{
    static struct coil_signal_handler handler;
    struct coil_loop *loop = coil_loop_current();
    struct coil_task *other;
    sigset_t usr1, before;
    int fd;

    handler_calls = 0;
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    ASSERT_EQ(pthread_sigmask(SIG_BLOCK, &usr1, &before), 0);
    fd = signalfd(-1, &usr1, SFD_NONBLOCK | SFD_CLOEXEC);
    ASSERT_EQ(
        coil_loop_add_signal_handler(loop, &handler, SIGUSR1, count_call, NULL),
        0);
    other = start_waiting(await_usr2, NULL);
    for (int i = 0; i < 3; i++) {
        ASSERT_EQ(kill(getpid(), SIGUSR1), 0);
        expect_signal(fd, SIGUSR1);
    }
    ASSERT_EQ(raise(SIGUSR2), 0);
    ASSERT_EQ(end_of(other), SIGUSR2);
    ASSERT_EQ(handler_calls, 0);

    /* What nobody has read is handled as soon as it is not blocked. */
    ASSERT_EQ(kill(getpid(), SIGUSR1), 0);
    ASSERT_EQ(pthread_sigmask(SIG_SETMASK, &before, NULL), 0);
    while (handler_calls == 0)
        ASSERT_EQ(coil_yield(), 0);
    ASSERT_EQ(handler_calls, 1);
    ASSERT(coil_loop_remove_signal_handler(loop, &handler));
    close(fd);
}

/* ---- changes of files ----------------------------------------------------- */

/* Two watches of one directory, coil's and one by hand, do not mix. */
FILE_KERNEL_TEST(fd_of_inotify_beside_a_watch_of_coils)
{
    char bytes[4096] __attribute__((aligned(8)));
    const struct inotify_event *event = (const void *)bytes;
    struct coil_file_watch *watch;
    struct coil_file_event change;
    struct coil_task *waiter;
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    const char *directory = in_directory("");

    ASSERT_GE(inotify_add_watch(fd, directory, IN_CREATE), 0);
    ASSERT_EQ(coil_file_watch_open(&watch), 0);
    ASSERT_EQ(coil_file_watch_add(watch, directory, 0), 0);
    waiter = start_waiting(wait_readable, &fd);
    put_file("new", "text");

    ASSERT_EQ(end_of(waiter), COIL_READABLE);
    ASSERT_GT(read(fd, bytes, sizeof bytes), 0);
    ASSERT_STR_EQ(event->name, "new");
    ASSERT_EQ(coil_file_watch_next(watch, &change), 0);
    ASSERT_EQ(change.kind, COIL_FILE_CREATED);
    coil_file_watch_close(watch);
    close(fd);
}

/* ---- processes ------------------------------------------------------------ */

static int open_pidfd(pid_t pid)
{
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);

    if (fd < 0 && (errno == ENOSYS || errno == EPERM))
        SKIP("this system has no pidfd_open()");
    ASSERT_GE(fd, 0);
    ASSERT_EQ(fcntl(fd, F_SETFD, FD_CLOEXEC), 0);
    return fd;
}

/* A child that coil knows nothing of, beside one of coil's. */
KERNEL_TEST(fd_of_a_process_tells_its_end_to_who_reaps_it)
{
    char *const argv[] = { (char *)"cat", NULL };
    struct coil_process *process;
    struct coil_task *waiter;
    siginfo_t info;
    int gate[2];
    pid_t pid;
    int fd;

    ASSERT_EQ(pipe2(gate, O_CLOEXEC), 0);
    pid = fork();
    if (pid == 0) {
        char byte;

        close(gate[1]);
        _exit(read(gate[0], &byte, 1) == 0 ? 7 : 1);
    }
    close(gate[0]);
    fd = open_pidfd(pid);
    ASSERT_EQ(coil_process_exec(
                  &process, argv,
                  &(struct coil_process_options){ .in = { COIL_STDIO_PIPE } }),
              0);
    waiter = start_waiting(wait_readable, &fd);
    settle();
    ASSERT(!coil_task_is_done(waiter));
    close(gate[1]);
    ASSERT_EQ(end_of(waiter), COIL_READABLE);
    ASSERT_EQ(waitid((idtype_t)P_PIDFD, (id_t)fd, &info, WEXITED), 0);
    ASSERT_EQ(info.si_status, 7);
    close(fd);
    ASSERT_EQ(coil_process_returncode(process), -EAGAIN);
    ASSERT_EQ(coil_process_close_stdin(process), 0);
    ASSERT_EQ(coil_process_wait(process), 0);
    ASSERT_EQ(coil_process_close(process), 0);
}

/* A child of coil's may be watched, and coil reaps it. */
KERNEL_TEST(fd_of_a_process_of_coils_tells_its_end_as_well)
{
    struct coil_process *process;
    struct coil_task *waiter;
    int fd;

    ASSERT_EQ(coil_process_shell(
                  &process, "read line; exit 3",
                  &(struct coil_process_options){ .in = { COIL_STDIO_PIPE } }),
              0);
    fd = open_pidfd(coil_process_pid(process));
    waiter = start_waiting(wait_readable, &fd);
    ASSERT_EQ(coil_process_close_stdin(process), 0);
    ASSERT_EQ(end_of(waiter), COIL_READABLE);
    ASSERT_EQ(coil_process_wait(process), 3);
    ASSERT_EQ(coil_wait_fd(fd, COIL_READABLE), COIL_READABLE);
    ASSERT_EQ(coil_process_close(process), 3);
    close(fd);
}

/* ---- sets of epoll -------------------------------------------------------- */

static int new_set(int member, uint32_t events)
{
    struct epoll_event event = { .events = events, .data.fd = member };
    int set = epoll_create1(EPOLL_CLOEXEC);

    ASSERT_GE(set, 0);
    ASSERT_EQ(epoll_ctl(set, EPOLL_CTL_ADD, member, &event), 0);
    return set;
}

KERNEL_TEST(fd_of_an_epoll_set_is_readable_when_a_member_is_ready)
{
    struct epoll_event event;
    struct coil_task *waiter;
    int member = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    int inner = new_set(member, EPOLLIN);
    int outer = new_set(inner, EPOLLIN);

    waiter = start_waiting(wait_readable, &outer);
    settle();
    ASSERT(!coil_task_is_done(waiter));
    add_count(member, 1);
    ASSERT_EQ(end_of(waiter), COIL_READABLE);
    ASSERT_EQ(epoll_wait(inner, &event, 1, 0), 1);
    ASSERT_EQ(event.data.fd, member);
    ASSERT_EQ(take_count(member), 1);

    waiter = start_waiting(wait_readable, &outer);
    settle();
    ASSERT(!coil_task_is_done(waiter));
    add_count(member, 1);
    ASSERT_EQ(end_of(waiter), COIL_READABLE);
    close(outer);
    close(inner);
    close(member);
}

/* What coil does not wait for, a set does: here, urgent data. */
KERNEL_TEST(fd_of_an_epoll_set_has_other_events_than_coils)
{
    struct epoll_event event;
    struct coil_task *waiter;
    int pair[2];
    int set;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0 ||
        send(pair[1], "!", 1, MSG_OOB) < 0)
        SKIP("this system has no urgent data of Unix sockets");
    set = new_set(pair[0], EPOLLPRI);
    ASSERT_EQ(coil_wait_fd(set, COIL_READABLE), COIL_READABLE);
    ASSERT_EQ(epoll_wait(set, &event, 1, 0), 1);
    ASSERT_EQ(event.events & EPOLLPRI, EPOLLPRI);
    ASSERT_EQ(recv(pair[0], &event, 1, MSG_OOB), 1);
    waiter = start_waiting(wait_readable, &set);
    ASSERT_EQ(send(pair[1], "x", 1, 0), 1);
    settle();
    ASSERT(!coil_task_is_done(waiter));
    ASSERT_EQ(send(pair[1], "!", 1, MSG_OOB), 1);
    ASSERT_EQ(end_of(waiter), COIL_READABLE);
    close(set);
    close(pair[0]);
    close(pair[1]);
}

KERNEL_TEST(fd_of_the_loop_itself_is_refused)
{
    int own = coil_loop_fd(coil_loop_current());
    int set;

    ASSERT_EQ(coil_wait_fd(own, COIL_READABLE), -EINVAL);
    set = new_set(own, EPOLLIN);
    ASSERT_EQ(coil_wait_fd(set, COIL_READABLE), -ELOOP);
    close(set);
}

/* ---- what is always ready, and what never is ------------------------------ */

KERNEL_TEST(fd_of_what_cannot_be_waited_for_is_ready)
{
    static const char *const paths[] = { "/", "/dev/null", "/dev/zero",
                                         "/proc/self/exe" };

    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        int fd = open(paths[i], O_RDONLY | O_CLOEXEC);

        ASSERT_GE(fd, 0);
        ASSERT_EQ(coil_wait_fd(fd, BOTH), BOTH);
        ASSERT_EQ(coil_wait_fd(fd, COIL_READABLE), COIL_READABLE);
        close(fd);
    }
}

KERNEL_TEST(fd_of_a_mere_path_is_refused)
{
    int fd = open("/", O_PATH | O_CLOEXEC);

    ASSERT_GE(fd, 0);
    ASSERT_EQ(coil_wait_fd(fd, COIL_READABLE), -EBADF);
    close(fd);
}

/* ---- pipes, sockets, terminals -------------------------------------------- */

/* A write says -EPIPE; SIGPIPE would end the test. */
static void expect_broken(int fd)
{
    void (*before)(int) = signal(SIGPIPE, SIG_IGN);

    ASSERT_LT(write(fd, "x", 1), 0);
    ASSERT_EQ(errno, EPIPE);
    signal(SIGPIPE, before);
}

/*
 * The other end is closed: what was written is still read, then comes the end.
 * Who writes is told by the write.
 */
KERNEL_TEST(fd_of_a_pipe_without_its_other_end_is_ready)
{
    struct coil_task *reader, *writer;
    static char much[1 << 16];
    int ends[2];
    char byte;

    ASSERT_EQ(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    reader = start_waiting(wait_readable, &ends[0]);
    ASSERT_EQ(write(ends[1], "x", 1), 1);
    close(ends[1]);
    ASSERT_EQ(end_of(reader), COIL_READABLE);
    ASSERT_EQ(read(ends[0], &byte, 1), 1);
    ASSERT_EQ(coil_wait_fd(ends[0], COIL_READABLE), COIL_READABLE);
    ASSERT_EQ(read(ends[0], &byte, 1), 0);
    close(ends[0]);

    ASSERT_EQ(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    while (write(ends[1], much, sizeof much) > 0)
        continue;
    /* For reading it is never ready, until it is broken. */
    reader = start_waiting(wait_readable, &ends[1]);
    writer = start_waiting(wait_writable, &ends[1]);
    settle();
    ASSERT(!coil_task_is_done(reader) && !coil_task_is_done(writer));
    close(ends[0]);
    ASSERT_EQ(end_of(writer), COIL_WRITABLE);
    ASSERT_EQ(end_of(reader), COIL_READABLE);
    expect_broken(ends[1]);
    close(ends[1]);
}

/* A socket that listens is readable when accept() would not wait. */
KERNEL_TEST(fd_of_a_listener_is_readable_when_somebody_comes)
{
    struct coil_task *waiter;
    struct sockaddr_storage address = { .ss_family = AF_UNIX };
    socklen_t length = sizeof address.ss_family;
    int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int accepted;

    /* The kernel chooses an abstract name. */
    ASSERT_EQ(bind(listening, (struct sockaddr *)&address, length), 0);
    ASSERT_EQ(listen(listening, 1), 0);
    length = sizeof address;
    ASSERT_EQ(getsockname(listening, (struct sockaddr *)&address, &length), 0);
    waiter = start_waiting(wait_readable, &listening);
    ASSERT_EQ(connect(client, (struct sockaddr *)&address, length), 0);
    ASSERT_EQ(end_of(waiter), COIL_READABLE);
    accepted = accept(listening, NULL, NULL);
    ASSERT_GE(accepted, 0);
    close(accepted);
    close(client);
    close(listening);
}

/* loop.sock_connect(), as docs/networking.md has it. */
static int connect_by_hand(int fd, const struct coil_address *to)
{
    int error = 0;
    socklen_t size = sizeof error;

    if (connect(fd, (const struct sockaddr *)&to->storage, to->length) == 0)
        return 0;
    if (errno != EINPROGRESS)
        return -errno;
    ASSERT_EQ(coil_wait_fd(fd, COIL_WRITABLE), COIL_WRITABLE);
    ASSERT_EQ(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size), 0);
    return -error;
}

KERNEL_TEST(fd_of_a_socket_is_writable_when_it_is_connected_or_not)
{
    struct coil_address address;
    struct coil_listener *l = listening(&address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    ASSERT_EQ(connect_by_hand(fd, &address), 0);
    close(fd);
    coil_listener_close(l);
    fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    ASSERT_EQ(connect_by_hand(fd, &address), -ECONNREFUSED);
    close(fd);
}

KERNEL_TEST(fd_of_a_terminal_is_readable_by_lines)
{
    struct coil_task *waiter;
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    int terminal;
    char line[8];

    if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
        SKIP("there are no terminals here");
    terminal = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    ASSERT_GE(terminal, 0);
    waiter = start_waiting(wait_readable, &terminal);
    ASSERT_EQ(write(master, "li", 2), 2);
    settle();
    ASSERT(!coil_task_is_done(waiter));
    ASSERT_EQ(write(master, "ne\n", 3), 3);
    ASSERT_EQ(end_of(waiter), COIL_READABLE);
    ASSERT_EQ(read(terminal, line, sizeof line), 5);

    /* It is hung up when its master is closed. */
    waiter = start_waiting(wait_readable, &terminal);
    close(master);
    ASSERT_EQ(end_of(waiter), COIL_READABLE);
    ASSERT_EQ(read(terminal, line, sizeof line), 0);
    close(terminal);
}
