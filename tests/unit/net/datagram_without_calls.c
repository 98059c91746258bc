/* SPDX-License-Identifier: MIT */
/* WRAPS: recvmsg sendmsg recvmmsg sendmmsg */
/*
 * Messages and Unix sockets where a sandbox, or the file system, refuses a system
 * call: there is an older one, or nothing is left behind.
 */
#include <coil/unix.h>

#include <sys/un.h>

#include "datagram_test.h"
#include "sandbox.h"
#include "unix_test.h"

/* ---- many messages at a time ---------------------------------------------- */

static void pass_some(void)
{
    struct coil_datagram_socket *a, *b;
    struct coil_address address;
    char text[2][8];
    struct coil_datagram out[2] = { { .data = "one", .size = 3 },
                                    { .data = "two", .size = 3 } };
    struct coil_datagram in[2] = { { .data = text[0], .size = 8 },
                                   { .data = text[1], .size = 8 } };

    a = bound_to("127.0.0.1", &address, NULL);
    ASSERT_EQ(coil_udp_connect_address(&b, &address, NULL), 0);
    ASSERT_EQ(coil_datagram_send_many(b, out, 2), 1);
    ASSERT_EQ(coil_datagram_send_many(b, out + 1, 1), 1);
    ASSERT_EQ(coil_datagram_receive_many(a, in, 2), 1);
    ASSERT_MEM_EQ(text[0], "one", 3);
    ASSERT_EQ(coil_datagram_receive_many(a, in, 2), 1);
    ASSERT_MEM_EQ(text[0], "two", 3);
    coil_datagram_close(a);
    coil_datagram_close(b);
}

static void pass_without_calls(void *arg)
{
    const int *error = arg;

    refuse(SYS_recvmmsg, *error);
    refuse(SYS_sendmmsg, *error);
    run_on_kernel(pass_some);
}

TEST(datagram_without_calls_for_many_goes_one_by_one)
{
    static const int errors[] = { ENOSYS, EPERM, EINVAL };

    for (size_t i = 0; i < 3; i++) {
        struct child child;

        sandbox_run(&child, pass_without_calls, (void *)&errors[i]);
        ASSERT_CHILD_EXITED(&child, 0);
    }
}

/* ---- calls that are interrupted ------------------------------------------- */

static int interruptions; /* that are still to come */

ssize_t __real_recvmsg(int fd, struct msghdr *m, int flags);
ssize_t __real_sendmsg(int fd, const struct msghdr *m, int flags);
int __real_recvmmsg(int fd, struct mmsghdr *m, unsigned count, int flags,
                    struct timespec *limit);
int __real_sendmmsg(int fd, struct mmsghdr *m, unsigned count, int flags);

ssize_t __wrap_recvmsg(int fd, struct msghdr *m, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *m, int flags);
int __wrap_recvmmsg(int fd, struct mmsghdr *m, unsigned count, int flags,
                    struct timespec *limit);
int __wrap_sendmmsg(int fd, struct mmsghdr *m, unsigned count, int flags);

static bool is_interrupted(void)
{
    if (interruptions == 0)
        return false;
    interruptions--;
    errno = EINTR;
    return true;
}

ssize_t __wrap_recvmsg(int fd, struct msghdr *m, int flags)
{
    return is_interrupted() ? -1 : __real_recvmsg(fd, m, flags);
}

ssize_t __wrap_sendmsg(int fd, const struct msghdr *m, int flags)
{
    return is_interrupted() ? -1 : __real_sendmsg(fd, m, flags);
}

int __wrap_recvmmsg(int fd, struct mmsghdr *m, unsigned count, int flags,
                    struct timespec *limit)
{
    return is_interrupted() ? -1 : __real_recvmmsg(fd, m, count, flags, limit);
}

int __wrap_sendmmsg(int fd, struct mmsghdr *m, unsigned count, int flags)
{
    return is_interrupted() ? -1 : __real_sendmmsg(fd, m, count, flags);
}

/* Linux does so on Unix sockets: another thread reads from there as well. */
KERNEL_TEST(datagram_without_calls_interrupted_ones_are_made_again)
{
    struct coil_datagram_socket *a;
    struct coil_address address;
    char text[2][8];
    struct coil_datagram out[2] = { { .data = "one", .size = 3 },
                                    { .data = "two", .size = 3 } };
    struct coil_datagram in[2] = { { .data = text[0], .size = 8 },
                                   { .data = text[1], .size = 8 } };

    a = bound_to("127.0.0.1", &address, NULL);
    out[0].peer = address;
    out[1].peer = address;
    for (int times = 1; times < 3; times++) {
        interruptions = times;
        ASSERT_EQ(coil_datagram_send_to(a, "x", 1, &address), 1);
        ASSERT_EQ(interruptions, 0);
        interruptions = times;
        ASSERT_EQ(coil_datagram_receive(a, text[0], 8), 1);
        ASSERT_EQ(interruptions, 0);
        interruptions = times;
        ASSERT_EQ(coil_datagram_send_many(a, out, 2), 2);
        ASSERT_EQ(interruptions, 0);
        interruptions = times;
        ASSERT_EQ(coil_datagram_receive_many(a, in, 2), 2);
        ASSERT_EQ(interruptions, 0);
    }
    coil_datagram_close(a);
}

/* Many could be sent at a time, but the first of these cannot. */
KERNEL_TEST(datagram_without_calls_an_error_is_an_error)
{
    struct coil_datagram out[2] = { { .data = "x", .size = 1 },
                                    { .data = "x", .size = 1 } };
    struct coil_datagram in[2] = { { .data = NULL }, { .data = NULL } };
    struct coil_datagram_socket *a, *b;
    struct coil_address address;

    a = bound_to("127.0.0.1", &address, NULL);
    ASSERT_EQ(coil_datagram_send_many(a, out, 2), -EDESTADDRREQ);
    ASSERT_EQ(coil_udp_connect_address(&b, &address, NULL), 0);
    coil_datagram_close(a);
    ASSERT_EQ(coil_datagram_send(b, "x", 1), 1);
    ASSERT_EQ(coil_datagram_receive_many(b, in, 2), -ECONNREFUSED);
    coil_datagram_close(b);
}

/* ---- files ---------------------------------------------------------------- */

static const char *name;

static void listen_in_vain(void)
{
    const struct coil_unix_options options = { .mode = 0600 };
    struct coil_listener *l;

    ASSERT_EQ(coil_unix_listen(&l, name, &options), -EPERM);
    ASSERT_NULL(l);
    ASSERT(!has_file(name));
}

static void listen_without(void *arg)
{
    refuse(*(const long *)arg, EPERM);
#ifdef SYS_chmod
    if (*(const long *)arg == SYS_chmod)
        refuse(SYS_fchmodat, EPERM);
#endif
    run_on_kernel(listen_in_vain);
}

TEST(datagram_without_calls_no_file_is_left)
{
#ifdef SYS_chmod
    long calls[] = { SYS_listen, SYS_chmod };
#else
    long calls[] = { SYS_listen, SYS_fchmodat };
#endif

    name = unix_name("refused");
    for (size_t i = 0; i < 2; i++) {
        struct child child;

        sandbox_run(&child, listen_without, &calls[i]);
        ASSERT_CHILD_EXITED(&child, 0);
    }
}

static void listen_unseen(void)
{
    struct coil_listener *l;

    ASSERT_EQ(coil_unix_listen(&l, name, NULL), 0);
    coil_listener_close(l);
    ASSERT_EQ(access(name, F_OK), 0);
}

static void listen_without_stat(void *arg)
{
    (void)arg;
#ifdef SYS_newfstatat
    refuse(SYS_newfstatat, EPERM);
#endif
#ifdef SYS_lstat
    refuse(SYS_lstat, EPERM);
#endif
#ifdef SYS_statx
    refuse(SYS_statx, EPERM);
#endif
    run_on_kernel(listen_unseen);
}

/* Whose file it is cannot be known: it stays. */
TEST(datagram_without_calls_unknown_file_stays)
{
    struct child child;

    name = unix_name("unseen");
    sandbox_run(&child, listen_without_stat, NULL);
    ASSERT_CHILD_EXITED(&child, 0);
}

/* ---- what is asked of a socket -------------------------------------------- */

static bool has_names;

static void ask_in_vain(void)
{
    const struct coil_udp_options tell = { .packet_info = true };
    struct coil_address address;
    struct coil_datagram_socket *s;
    struct coil_unix_peer peer;
    struct coil_listener *l;
    struct coil_stream *stream;

    ASSERT_EQ(coil_udp_bind(&s, "127.0.0.1", 0, &tell), -EPERM);
    ASSERT_NULL(s);
    ASSERT_EQ(coil_unix_listen(&l, name, NULL), 0);
    ASSERT_EQ(coil_unix_connect(&stream, name, NULL), 0);
    ASSERT_EQ(coil_unix_peer(stream, &peer), has_names ? -EPERM : -EINVAL);
    coil_stream_abort(stream);
    coil_listener_close(l);
    /* Without getsockname() there is no address, and the file stays. */
    ASSERT_EQ(has_file(name), !has_names);
    ASSERT_EQ(coil_udp_bind(&s, "127.0.0.1", 0, NULL), 0);
    coil_datagram_local_address(s, &address);
    ASSERT_EQ(address.length > 0, has_names);
    coil_datagram_close(s);
}

static void ask_without_calls(void *arg)
{
    has_names = arg;
    refuse(SYS_setsockopt, EPERM);
    refuse(SYS_getsockopt, EPERM);
    if (!has_names)
        refuse(SYS_getsockname, EPERM);
    run_on_kernel(ask_in_vain);
}

TEST(datagram_without_calls_options_are_told)
{
    struct child child;

    for (int i = 0; i < 2; i++) {
        name = unix_name("asked");
        sandbox_run(&child, ask_without_calls, i ? &child : NULL);
        ASSERT_CHILD_EXITED(&child, 0);
    }
}
