/* SPDX-License-Identifier: MIT */
/*
 * Descriptors that are sent: they come with their bytes, close-on-exec, and none
 * is ever left open.
 */
#include <coil/unix.h>

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "unix_test.h"

/*
 * How many ends of pipes are open.  Other descriptors may come and go: a report of
 * the watchdog opens files.
 */
static size_t count_pipes(void)
{
    DIR *dir = opendir("/proc/self/fd");
    const struct dirent *entry;
    size_t count = 0;

    ASSERT_NOT_NULL(dir);
    while ((entry = readdir(dir))) {
        char what[16] = "";

        (void)!readlinkat(dirfd(dir), entry->d_name, what, sizeof what - 1);
        count += strncmp(what, "pipe:", 5) == 0;
    }
    closedir(dir);
    return count;
}

/* A pipe with a letter in it: how a descriptor is known again. */
static int pipe_with(char letter)
{
    int fds[2];

    ASSERT_EQ(pipe2(fds, O_CLOEXEC), 0);
    ASSERT_EQ(write(fds[1], &letter, 1), 1);
    close(fds[1]);
    return fds[0];
}

static void check_pipe(int fd, char letter)
{
    char got = 0;

    ASSERT_GE(fd, 0);
    ASSERT_NE(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
    ASSERT_EQ(read(fd, &got, 1), 1);
    ASSERT_EQ(got, letter);
    close(fd);
}

static struct pair streams(size_t descriptors)
{
    const struct coil_unix_options options = { .descriptors = descriptors };
    const char *name = unix_name("fds");
    struct coil_listener *l;
    struct pair p;

    ASSERT_EQ(coil_unix_listen(&l, name, &options), 0);
    ASSERT_EQ(coil_unix_connect(&p.a, name, NULL), 0);
    ASSERT_EQ(coil_listener_accept(l, &p.b), 0);
    coil_listener_close(l);
    return p;
}

static void send_pipe(struct coil_stream *s, char letter, const char *text)
{
    int fd = pipe_with(letter);

    ASSERT_EQ(coil_unix_send_descriptors(s, &fd, 1, text, strlen(text)), 0);
    close(fd);
}

static void expect_text(struct coil_stream *s, const char *text)
{
    char got[64];

    ASSERT_EQ(coil_stream_read_exactly(s, got, strlen(text), NULL), 0);
    ASSERT_MEM_EQ(got, text, strlen(text));
}

SOCKET_TEST(descriptors_come_with_their_bytes)
{
    struct pair p = streams(8);

    send_text(p.a, "before ");
    send_pipe(p.a, 'x', "one ");
    send_text(p.a, "between ");
    send_pipe(p.a, 'y', "two ");
    expect_text(p.b, "before one between two ");
    check_pipe(coil_unix_take_descriptor(p.b), 'x');
    check_pipe(coil_unix_take_descriptor(p.b), 'y');
    ASSERT_EQ(coil_unix_take_descriptor(p.b), -EAGAIN);
    send_pipe(p.a, 'z', "3");
    expect_text(p.b, "3");
    check_pipe(coil_unix_take_descriptor(p.b), 'z');
    ASSERT(!coil_stream_has_ended(p.b));
    hang_up(&p);
}

SOCKET_TEST(descriptors_nobody_takes_are_closed)
{
    size_t before = count_pipes();

    for (int i = 0; i < 3; i++) {
        struct pair p = streams(i == 0 ? 0 : 8);

        send_pipe(p.a, 'x', "one");
        send_pipe(p.a, 'x', "two");
        if (i < 2)
            expect_text(p.b, "onetwo");
        ASSERT_EQ(coil_unix_take_descriptor(p.a), -EOPNOTSUPP);
        hang_up(&p);
    }
    settle();
    ASSERT_EQ(count_pipes(), before);
}

SOCKET_TEST(descriptors_beyond_the_limit_are_closed_and_told)
{
    size_t before = count_pipes();
    struct pair p = streams(2);

    for (int i = 0; i < 4; i++)
        send_pipe(p.a, (char)('a' + i), "x");
    expect_text(p.b, "xxxx");
    check_pipe(coil_unix_take_descriptor(p.b), 'a');
    check_pipe(coil_unix_take_descriptor(p.b), 'b');
    ASSERT_EQ(coil_unix_take_descriptor(p.b), -EMFILE);
    ASSERT_EQ(coil_unix_take_descriptor(p.b), -EAGAIN);
    send_pipe(p.a, 'e', "x");
    expect_text(p.b, "x");
    check_pipe(coil_unix_take_descriptor(p.b), 'e');
    for (int i = 0; i < 4; i++)
        send_pipe(p.a, (char)('a' + i), "x");
    expect_text(p.b, "xxxx");
    hang_up(&p);
    settle();
    ASSERT_EQ(count_pipes(), before);
}

KERNEL_TEST(descriptors_for_which_the_process_has_no_room_are_told)
{
    struct pair p = streams(8);
    struct rlimit limit, few;
    int fds[3] = { pipe_with('x'), pipe_with('y'), pipe_with('z') };
    int free_one = dup(0);
    int filler[64];
    size_t count = 0;

    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
    few = limit;
    few.rlim_cur = (rlim_t)free_one;
    close(free_one);
    ASSERT_EQ(coil_unix_send_descriptors(p.a, fds, 3, "abc", 3), 0);
    for (int i = 0; i < 3; i++)
        close(fds[i]);
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
    while ((filler[count] = dup(0)) >= 0)
        count++;
    expect_text(p.b, "abc");
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
    while (count > 0)
        close(filler[--count]);
    ASSERT_EQ(coil_unix_take_descriptor(p.b), -EMFILE);
    ASSERT_EQ(coil_unix_take_descriptor(p.b), -EAGAIN);
    hang_up(&p);
}

SOCKET_TEST(descriptors_that_cannot_be_sent_are_refused)
{
    struct pair p = streams(8);
    struct pair tcp = connected();
    static int many[254];
    int bad = -1;

    ASSERT_EQ(coil_unix_send_descriptors(p.a, many, 254, "x", 1), -EINVAL);
    ASSERT_EQ(coil_unix_send_descriptors(p.a, many, 0, "x", 1), -EINVAL);
    ASSERT_EQ(coil_unix_send_descriptors(p.a, many, 1, "", 0), -EINVAL);
    ASSERT_LT(coil_unix_send_descriptors(p.a, &bad, 1, "x", 1), 0);
    ASSERT_EQ(coil_stream_shutdown(p.a), 0);
    ASSERT_EQ(coil_unix_send_descriptors(p.a, many, 1, "x", 1), -EPIPE);
    send_text(p.b, "still");
    expect_text(p.a, "still");
    hang_up(&p);
    hang_up(&tcp);
}

/* ---- while the other side does not read ----------------------------------- */

enum { MUCH = 4 * 1024 * 1024 };

struct sending {
    struct coil_stream *stream;
    char *bytes;
    int fd;
};

static int send_it(void *arg)
{
    struct sending *s = arg;

    return coil_unix_send_descriptors(s->stream, &s->fd, 1, s->bytes, 100000);
}

static void read_so_much(struct coil_stream *s, size_t size)
{
    static char bytes[65536];

    while (size > 0) {
        size_t most = size < sizeof bytes ? size : sizeof bytes;
        ptrdiff_t n = coil_stream_read(s, bytes, most);

        ASSERT_GT(n, 0);
        size -= (size_t)n;
    }
}

SOCKET_TEST(descriptors_wait_for_room_and_are_cancelled)
{
    struct pair p = streams(8);
    struct sending sending = { .stream = p.a, .fd = pipe_with('x') };
    struct coil_task *task;
    int fd;

    sending.bytes = calloc(1, MUCH);
    ASSERT_EQ(coil_stream_write(p.a, sending.bytes, MUCH), 0);
    task = start(send_it, &sending);
    settle();
    ASSERT_EQ(coil_stream_write(p.a, "x", 1), -EBUSY);
    ASSERT_EQ(coil_unix_send_descriptors(p.a, &sending.fd, 1, "x", 1), -EBUSY);
    ASSERT_EQ(end_by_cancelling(task), -ECANCELED);

    task = start(send_it, &sending);
    settle();
    read_so_much(p.b, MUCH);
    ASSERT_EQ(end_of(task), 0);
    read_so_much(p.b, 100000);
    fd = coil_unix_take_descriptor(p.b);
    check_pipe(fd, 'x');
    hang_up(&p);
    close(sending.fd);
    free(sending.bytes);
}

SOCKET_TEST(descriptors_of_a_stream_that_is_closed_are_not_sent)
{
    struct pair p = streams(8);
    struct sending sending = { .stream = p.a, .fd = pipe_with('x') };
    struct coil_task *task;

    sending.bytes = calloc(1, MUCH);
    ASSERT_EQ(coil_stream_write(p.a, sending.bytes, MUCH), 0);
    task = start(send_it, &sending);
    settle();
    coil_stream_abort(p.a);
    ASSERT_EQ(end_of(task), -EBADF);
    coil_stream_abort(p.b);
    close(sending.fd);
    free(sending.bytes);
}

/* ---- with messages -------------------------------------------------------- */

SOCKET_TEST(descriptors_come_with_messages)
{
    const char *name = unix_name("message");
    size_t before = count_pipes();
    struct coil_datagram_socket *a, *b;
    int sent[3] = { pipe_with('x'), pipe_with('y'), pipe_with('z') };
    int got[2] = { -1, -1 };
    char text[8];
    struct coil_datagram out[2] = {
        { .data = "plain", .size = 5 },
        { .data = "with", .size = 4, .fds = sent, .fd_count = 3 },
    };
    struct coil_datagram in = {
        .data = text, .size = sizeof text, .fds = got, .fd_count = 2
    };

    ASSERT_EQ(coil_unix_datagram_bind(&a, name, NULL), 0);
    ASSERT_EQ(coil_unix_datagram_bind(&b, NULL, NULL), 0);
    ASSERT_EQ(coil_unix_datagram_connect(b, name), 0);
    ASSERT_EQ(coil_datagram_send_many(b, out, 2), 1);
    ASSERT_EQ(coil_datagram_send_many(b, out + 1, 1), 1);
    for (int i = 0; i < 3; i++)
        close(sent[i]);
    ASSERT_EQ(coil_datagram_receive_many(a, &in, 1), 1);
    ASSERT_EQ(in.length, 5);
    ASSERT_EQ(in.fd_count, 0);
    in.fd_count = 2;
    ASSERT_EQ(coil_datagram_receive_many(a, &in, 1), 1);
    ASSERT_EQ(in.length, 4);
    ASSERT_EQ(in.fd_count, 2);
    ASSERT(in.lost_fds);
    check_pipe(got[0], 'x');
    check_pipe(got[1], 'y');
    coil_datagram_close(a);
    coil_datagram_close(b);
    settle();
    ASSERT_EQ(count_pipes(), before);
}
