/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/*
 * poll_uring.c - the ring, straight on the seam
 *
 * Where the kernel has none, or the library was built without, its tests are
 * skipped.
 */
#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <coil/fd.h>

#include "backend/uring.h"
#include "base/memory.h"
#include "poll_test.h"

static int lost_count;

static void count_lost(struct coil__backend *backend, int fd)
{
    (void)backend;
    (void)fd;
    lost_count++;
}

static struct coil__backend *open_uring(void)
{
    struct coil__backend *backend;
    int rc = coil__uring_open(&backend);

    if (rc < 0)
        SKIP(strerror(-rc));
    lost_count = 0;
    backend->lost = count_lost;
    return backend;
}

static void run_scenario(const void *subject)
{
    const struct poll_scenario *scenario = subject;
    struct coil__backend *backend = open_uring();

    scenario->play(backend);
    ASSERT_EQ(backend->pending, 0);
    ASSERT_EQ(backend->sockets, 0);
    ASSERT_EQ(lost_count, 0);
    backend->ops->close(backend);
}

__attribute__((constructor)) static void make_tests(void)
{
    poll_scenario_tests(__FILE__, "poll_uring", run_scenario);
}

/* ---- tools ---------------------------------------------------------------- */

static void open_stream_pair(int fd[2])
{
    ASSERT_EQ(
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fd),
        0);
}

static void put(int fd, const char *text)
{
    ASSERT_EQ(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* The kernel gets what has begun. */
static void look(struct coil__backend *backend)
{
    ASSERT_EQ(backend->ops->wait(backend, 0), 0);
}

static bool probe_ready(struct coil__backend *backend, struct probe *probe,
                        int fd, unsigned events)
{
    probe->op = (struct coil_op){
        .kind = COIL_OP_READY,
        .fd = fd,
        .events = events,
    };
    return probe_begin(backend, probe);
}

static bool probe_peek(struct coil__backend *backend, struct probe *probe,
                       int fd)
{
    probe->op = (struct coil_op){ .kind = COIL_OP_PEEK, .fd = fd };
    return probe_begin(backend, probe);
}

/* ---- cancelled reads ------------------------------------------------------ */

enum { CANARY = 0x5a };

/*
 * A cancelled read is over, its buffer is somebody else's, and bytes come: they
 * do not go there.
 */
TEST(poll_uring_leaves_the_buffer_of_a_cancelled_read_alone)
{
    struct coil__backend *backend = open_uring();
    struct probe read = { 0 };
    char buffer[16];
    char got[2];
    int fd[2];

    open_stream_pair(fd);
    for (int i = 0; i < 100000; i++) {
        ASSERT(!probe_read(backend, &read, fd[0], buffer, sizeof buffer));
        look(backend);
        ASSERT(!read.done);
        ASSERT_EQ(probe_cancel(backend, &read), -ECANCELED);
        memset(buffer, CANARY, sizeof buffer);
        put(fd[1], "x");
        look(backend);
        for (size_t j = 0; j < sizeof buffer; j++)
            ASSERT_EQ(buffer[j], CANARY);
        ASSERT_EQ(recv(fd[0], got, sizeof got, 0), 1);
    }
    ASSERT_EQ(backend->pending, 0);
    close(fd[0]);
    close(fd[1]);
    backend->ops->close(backend);
}

/*
 * Bytes come just before the cancellation: they are the read's, or stay in the
 * socket.
 */
TEST(poll_uring_loses_no_bytes_to_a_cancellation)
{
    struct coil__backend *backend = open_uring();
    struct probe read = { 0 };
    int cancelled = 0;
    char sent[2] = "a";
    char got[4];
    int fd[2];

    open_stream_pair(fd);
    for (int i = 0; i < 20000; i++) {
        ptrdiff_t n;

        sent[0] = (char)('a' + i % 26);
        if (!probe_read(backend, &read, fd[0], got, sizeof got) && i % 2)
            look(backend);
        put(fd[1], sent);
        if (i % 3 == 0 && !read.done)
            look(backend);
        n = read.done ? read.op.result : probe_cancel(backend, &read);
        if (n == -ECANCELED) {
            cancelled++;
            n = recv(fd[0], got, sizeof got, 0);
        }
        ASSERT_EQ(n, 1);
        ASSERT_EQ(got[0], sent[0]);
    }
    ASSERT_GT(cancelled, 0);
    ASSERT_LT(cancelled, 20000);
    close(fd[0]);
    close(fd[1]);
    backend->ops->close(backend);
}

/* The memory of a cancelled operation becomes another one at once. */
TEST(poll_uring_tells_an_operation_from_the_one_before_it_in_its_memory)
{
    struct coil__backend *backend = open_uring();
    struct probe read = { 0 };
    char buffer[4];
    int first[2];
    int second[2];

    open_stream_pair(first);
    open_stream_pair(second);
    for (int i = 0; i < 1000; i++) {
        ASSERT(!probe_read(backend, &read, first[0], buffer, 4));
        look(backend);
        ASSERT_EQ(probe_cancel(backend, &read), -ECANCELED);
        ASSERT(!probe_read(backend, &read, second[0], buffer, 4));
        put(first[1], "old");
        look(backend);
        ASSERT(!read.done);
        put(second[1], "new");
        ASSERT_EQ(probe_wait(backend, &read), 3);
        ASSERT_MEM_EQ(buffer, "new", 3);
        ASSERT_EQ(recv(first[0], buffer, 4, 0), 3);
    }
    close(first[0]);
    close(first[1]);
    close(second[0]);
    close(second[1]);
    backend->ops->close(backend);
}

/*
 * Others end while one is called back: they are told in the next wait, or when
 * they are cancelled, with what came first.
 */
TEST(poll_uring_tells_those_who_end_while_another_is_cancelled)
{
    struct coil__backend *backend = open_uring();
    struct probe read[3] = { 0 };
    char buffer[3][4];
    int fd[3][2];

    for (int i = 0; i < 3; i++) {
        open_stream_pair(fd[i]);
        ASSERT(!probe_read(backend, &read[i], fd[i][0], buffer[i], 4));
    }
    look(backend);
    put(fd[0][1], "one");
    put(fd[2][1], "two");
    ASSERT_EQ(probe_cancel(backend, &read[1]), -ECANCELED);
    ASSERT(!read[0].done);
    ASSERT(!read[2].done);
    ASSERT_EQ(probe_cancel(backend, &read[2]), 3);
    ASSERT_EQ(probe_wait(backend, &read[0]), 3);
    ASSERT_MEM_EQ(buffer[0], "one", 3);
    ASSERT_MEM_EQ(buffer[2], "two", 3);
    for (int i = 0; i < 3; i++) {
        close(fd[i][0]);
        close(fd[i][1]);
    }
    backend->ops->close(backend);
}

/* ---- more than the queue holds -------------------------------------------- */

/* Four times the size of the submission queue. */
enum { MANY = 4 * 256 };

static void allow_descriptors(rlim_t count)
{
    struct rlimit limit;

    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
    if (limit.rlim_max < count)
        SKIP("a process may not open so many descriptors");
    if (limit.rlim_cur < count)
        limit.rlim_cur = count;
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static struct probe many[MANY];
static char bytes[MANY][2];
static int ends[MANY][2];

static void begin_many(struct coil__backend *backend)
{
    for (int i = 0; i < MANY; i++)
        ASSERT(!probe_read(backend, &many[i], ends[i][0], bytes[i], 2));
    ASSERT_EQ(backend->pending, MANY);
}

static void open_many(void)
{
    allow_descriptors(2 * MANY + 100);
    for (int i = 0; i < MANY; i++)
        open_stream_pair(ends[i]);
}

static void close_many(void)
{
    for (int i = 0; i < MANY; i++) {
        close(ends[i][0]);
        close(ends[i][1]);
    }
}

TEST(poll_uring_takes_more_operations_at_once_than_its_queue_holds)
{
    struct coil__backend *backend = open_uring();

    open_many();
    for (int round = 0; round < 3; round++) {
        begin_many(backend);
        if (round > 0) /* else they end within the submission */
            look(backend);
        for (int i = 0; i < MANY; i++)
            put(ends[i][1], "x");
        for (int i = 0; i < MANY; i++)
            ASSERT_EQ(probe_wait(backend, &many[i]), 1);
        ASSERT_EQ(backend->pending, 0);
    }
    close_many();
    backend->ops->close(backend);
}

TEST(poll_uring_takes_more_cancellations_at_once_than_its_queue_holds)
{
    struct coil__backend *backend = open_uring();
    char byte;

    open_many();
    begin_many(backend);
    look(backend);
    for (int i = MANY - 1; i >= 0; i--)
        backend->ops->cancel(backend, &many[i].op);
    for (int i = 0; i < MANY; i++)
        ASSERT_EQ(many[i].op.result, -ECANCELED);
    ASSERT_EQ(backend->pending, 0);
    ASSERT_EQ(backend->ops->wait(backend, COIL_NEVER), -EDEADLK);

    /* Each socket is as it was. */
    begin_many(backend);
    look(backend);
    for (int i = 0; i < MANY; i++)
        put(ends[i][1], "x");
    for (int i = 0; i < MANY; i++)
        ASSERT_EQ(probe_wait(backend, &many[i]), 1);
    ASSERT(recv(ends[0][0], &byte, 1, 0) < 0);
    close_many();
    backend->ops->close(backend);
}

/* ---- closed under an operation -------------------------------------------- */

/* The request would keep the socket open: the other side has to see the end. */
TEST(poll_uring_closes_a_socket_that_the_ring_holds)
{
    struct coil__backend *backend = open_uring();
    struct pair pair = open_pair(backend);
    struct probe read = { 0 };
    struct probe peek = { 0 };
    struct probe end = { 0 };
    char byte;

    ASSERT(!probe_read(backend, &read, pair.client, &byte, 1));
    ASSERT(!probe_read(backend, &end, pair.server, &byte, 1));
    look(backend);
    backend->ops->close_socket(backend, pair.client);
    ASSERT_EQ(read.op.result, -EBADF);
    ASSERT_EQ(probe_wait(backend, &end), 0);
    backend->ops->close_socket(backend, pair.server);

    /* A request for readiness whose operation is over holds it, too. */
    pair = open_pair(backend);
    ASSERT(!probe_peek(backend, &peek, pair.client));
    look(backend);
    ASSERT_EQ(probe_cancel(backend, &peek), -ECANCELED);
    ASSERT(!probe_read(backend, &end, pair.server, &byte, 1));
    backend->ops->close_socket(backend, pair.client);
    ASSERT_EQ(probe_wait(backend, &end), 0);
    backend->ops->close_socket(backend, pair.server);
    ASSERT_EQ(lost_count, 0);
    backend->ops->close(backend);
}

/* Somebody else closes a socket, and a new one gets its number. */
TEST(poll_uring_finds_a_lost_socket_when_its_number_is_used_again)
{
    struct coil__backend *backend = open_uring();
    struct pair pair = open_pair(backend);
    struct probe read = { 0 };
    int number = pair.client;
    int lowest = dup(0); /* open_pair() leaves a gap */
    char byte = CANARY;

    ASSERT_LT(lowest, number);
    ASSERT(!probe_read(backend, &read, number, &byte, 1));
    look(backend);
    close(number);
    ASSERT_EQ(backend->ops->socket(backend, AF_INET, SOCK_STREAM), number);
    ASSERT(!read.done);
    ASSERT_EQ(probe_wait(backend, &read), -EBADF);
    look(backend);
    ASSERT_EQ(lost_count, 1);
    ASSERT_EQ(byte, CANARY);
    close(lowest);
    backend->ops->close_socket(backend, number);
    backend->ops->close_socket(backend, pair.server);
    backend->sockets--; /* the lost one */
    backend->ops->close(backend);
}

/* Somebody waits for a pipe that has got the number of a lost socket. */
TEST(poll_uring_finds_a_lost_socket_when_a_pipe_has_its_number)
{
    struct coil__backend *backend = open_uring();
    struct pair pair = open_pair(backend);
    struct probe read = { 0 };
    struct probe ready = { 0 };
    char byte;
    int fd[2];

    ASSERT(!probe_read(backend, &read, pair.client, &byte, 1));
    look(backend);

    /* It is the same socket: the read goes on. */
    ASSERT(!probe_ready(backend, &ready, pair.client, COIL_READABLE));
    ASSERT_EQ(probe_cancel(backend, &ready), -ECANCELED);
    look(backend);
    look(backend);
    ASSERT(!read.done);
    ASSERT_EQ(lost_count, 0);

    ASSERT_EQ(pipe(fd), 0);
    ASSERT_EQ(dup2(fd[0], pair.client), pair.client);
    ASSERT(!probe_ready(backend, &ready, pair.client, COIL_READABLE));
    ASSERT_EQ(probe_wait(backend, &read), -EBADF);
    ASSERT_EQ(write(fd[1], "x", 1), 1);
    ASSERT_EQ(probe_wait(backend, &ready), COIL_READABLE);
    ASSERT_EQ(lost_count, 1);
    close(fd[0]);
    close(fd[1]);
    close_pair(backend, pair);
    backend->ops->close(backend);
}

TEST(poll_uring_searches_for_lost_sockets)
{
    struct coil__backend *backend = open_uring();
    struct pair pair = open_pair(backend);
    struct probe read = { 0 };
    char byte;

    backend->searches = true;
    ASSERT(!probe_read(backend, &read, pair.client, &byte, 1));
    look(backend);
    ASSERT_EQ(lost_count, 0);
    close(pair.client);
    ASSERT_EQ(probe_wait(backend, &read), -EBADF);
    ASSERT_EQ(lost_count, 1);
    backend->ops->close_socket(backend, pair.server);
    backend->sockets--; /* the lost one */
    backend->ops->close(backend);
}
