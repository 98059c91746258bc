/* SPDX-License-Identifier: MIT */
/*
 * Callbacks for descriptors: LOOP-20 of asyncio's behaviour.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <coil/reader.h>
#include <coil/testing.h>

#include "loop_test.h"

static int pair[2];
static struct coil_fd_handler reader, writer, other;

static void open_pair(void)
{
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
                         pair),
              0);
}

static void close_pair(void)
{
    close(pair[0]);
    close(pair[1]);
}

static void send_bytes(const char *text)
{
    ASSERT_EQ(write(pair[1], text, strlen(text)), (ssize_t)strlen(text));
}

static void read_one(void *arg)
{
    char byte;
    ssize_t n = read(pair[0], &byte, 1);

    if (n == 1)
        say("%s%c ", (const char *)arg, byte);
    else
        say("%s%s ", (const char *)arg, n == 0 ? "end" : "nothing");
}

static int add_reader(struct coil_fd_handler *h, const char *name)
{
    return coil_loop_add_reader(loop, h, pair[0], read_one,
                                (void *)(uintptr_t)name);
}

/* Run until there is nothing left to do. */
static void run_some(void)
{
    for (int i = 0; i < 12; i++)
        run_once();
}

#define KERNEL_LOOP_TEST(name)                                                 \
    static void kernel_body_##name(void);                                      \
    TEST(name)                                                                 \
    {                                                                          \
        for (variant = 0; variant < KERNEL_VARIANTS; variant++) {              \
            open_loop(variant);                                                \
            open_pair();                                                       \
            kernel_body_##name();                                              \
            SAID("");                                                          \
            if (loop)                                                          \
                ASSERT_EQ(coil_loop_close(loop, NULL), 0);                     \
            close_pair();                                                      \
        }                                                                      \
    }                                                                          \
    static void kernel_body_##name(void)

KERNEL_LOOP_TEST(reader_is_called_as_long_as_there_is_something)
{
    ASSERT_EQ(add_reader(&reader, ""), 0);
    run_some();
    SAID("");
    send_bytes("abc");
    run_some();
    SAID("a b c ");
    /* No further call comes: it would say "nothing". */
    run_some();
    SAID("");
    send_bytes("d");
    run_some();
    SAID("d ");
    ASSERT(coil_loop_remove_reader(loop, &reader));
    send_bytes("e");
    run_some();
    SAID("");
    ASSERT(!coil_loop_remove_reader(loop, &reader));
}

KERNEL_LOOP_TEST(reader_is_called_at_the_end_of_the_input)
{
    ASSERT_EQ(add_reader(&reader, ""), 0);
    ASSERT_EQ(shutdown(pair[1], SHUT_WR), 0);
    run_once();
    SAID("end ");
    ASSERT(coil_loop_remove_reader(loop, &reader));
}

static void stop_after_three(void *arg)
{
    static int n;

    read_one(arg);
    if (++n % 3 == 0)
        coil_loop_stop(loop);
}

/* A loop with nothing else to do waits for it. */
KERNEL_LOOP_TEST(reader_wakes_a_loop_that_waits)
{
    ASSERT_EQ(coil_loop_add_reader(loop, &reader, pair[0], stop_after_three,
                                   (void *)(uintptr_t) ""),
              0);
    send_bytes("abc");
    ASSERT_EQ(coil_loop_run_forever(loop), 0);
    SAID("a b c ");
    ASSERT(coil_loop_remove_reader(loop, &reader));
}

static void fill(void *arg)
{
    static char zeroes[65536];

    say("%s ", (const char *)arg);
    while (write(pair[0], zeroes, sizeof zeroes) > 0)
        continue;
}

/* LOOP-20: a reader and a writer of one descriptor are removed one by one. */
KERNEL_LOOP_TEST(reader_and_writer_of_one_descriptor_are_independent)
{
    static char bytes[1 << 20];

    ASSERT_EQ(add_reader(&reader, ""), 0);
    ASSERT_EQ(coil_loop_add_writer(loop, &writer, pair[0], fill,
                                   (void *)(uintptr_t) "w"),
              0);
    run_some();
    SAID("w ");
    send_bytes("a");
    run_some();
    SAID("a ");
    while (read(pair[1], bytes, sizeof bytes) > 0)
        continue;
    run_some();
    SAID("w ");
    ASSERT(!coil_loop_remove_writer(loop, &reader));
    ASSERT(!coil_loop_remove_reader(loop, &writer));
    ASSERT(coil_loop_remove_reader(loop, &reader));
    send_bytes("b");
    while (read(pair[1], bytes, sizeof bytes) > 0)
        continue;
    run_some();
    SAID("w ");
    ASSERT(coil_loop_remove_writer(loop, &writer));
}

/* LOOP-20 */
KERNEL_LOOP_TEST(reader_that_is_added_again_is_replaced)
{
    ASSERT_EQ(add_reader(&reader, "1"), 0);
    send_bytes("ab");
    run_once();
    SAID("1a ");
    ASSERT_EQ(add_reader(&reader, "2"), 0);
    run_some();
    SAID("2b ");
    /* The handler becomes a writer. */
    ASSERT_EQ(coil_loop_add_writer(loop, &reader, pair[0], fill,
                                   (void *)(uintptr_t) "w"),
              0);
    send_bytes("c");
    run_some();
    SAID("w ");
    ASSERT(coil_loop_remove_writer(loop, &reader));
}

KERNEL_LOOP_TEST(reader_is_one_of_several)
{
    ASSERT_EQ(add_reader(&reader, "1"), 0);
    ASSERT_EQ(add_reader(&other, "2"), 0);
    send_bytes("ab");
    run_once();
    run_once();
    SAID("1a 2b ");
    ASSERT(coil_loop_remove_reader(loop, &reader));
    send_bytes("c");
    run_some();
    SAID("2c ");
    ASSERT(coil_loop_remove_reader(loop, &other));
}

/* LOOP-20: a call that was due is not made. */
KERNEL_LOOP_TEST(reader_that_is_removed_is_not_called)
{
    send_bytes("a");
    ASSERT_EQ(add_reader(&reader, ""), 0);
    ASSERT(coil_loop_remove_reader(loop, &reader));
    run_some();
    SAID("");
    ASSERT_EQ(add_reader(&reader, ""), 0);
    run_some();
    SAID("a ");
    send_bytes("b");
    ASSERT(coil_loop_remove_reader(loop, &reader));
    memset(&reader, 0xa5, sizeof reader);
    run_some();
    memset(&reader, 0, sizeof reader);
}

static void remove_both(void *arg)
{
    read_one(arg);
    ASSERT(coil_loop_remove_reader(loop, &reader));
    ASSERT(coil_loop_remove_reader(loop, &other));
    memset(&reader, 0xa5, sizeof reader);
}

KERNEL_LOOP_TEST(reader_may_remove_itself_and_others)
{
    ASSERT_EQ(coil_loop_add_reader(loop, &reader, pair[0], remove_both,
                                   (void *)(uintptr_t) ""),
              0);
    ASSERT_EQ(add_reader(&other, "?"), 0);
    send_bytes("ab");
    run_some();
    SAID("a ");
    memset(&reader, 0, sizeof reader);
}

KERNEL_LOOP_TEST(reader_ends_with_the_loop)
{
    ASSERT_EQ(add_reader(&reader, ""), 0);
    ASSERT_EQ(add_reader(&other, ""), 0);
    send_bytes("a");
    run_once();
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
    open_loop(variant);
    ASSERT(!coil_loop_remove_reader(loop, &reader));
    ASSERT_EQ(add_reader(&reader, ""), 0);
    run_some();
    forget();
    ASSERT(coil_loop_remove_reader(loop, &reader));
}

KERNEL_LOOP_TEST(reader_of_no_descriptor_is_refused)
{
    ASSERT_EQ(coil_loop_add_reader(loop, &reader, -1, read_one, NULL), -EBADF);
    ASSERT_EQ(coil_loop_add_reader(loop, &reader, 9999, read_one, NULL),
              -EBADF);
    ASSERT(!coil_loop_remove_reader(loop, &reader));
    /* The handler's earlier role has ended. */
    ASSERT_EQ(add_reader(&reader, ""), 0);
    ASSERT_EQ(coil_loop_add_writer(loop, &reader, -1, read_one, NULL), -EBADF);
    send_bytes("a");
    run_some();
    SAID("");
}

static void count_call(void *arg)
{
    ++*(int *)arg;
}

KERNEL_LOOP_TEST(reader_of_a_file_is_always_called)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int calls = 0;

    ASSERT_EQ(coil_loop_add_reader(loop, &reader, fd, count_call, &calls), 0);
    run_some();
    ASSERT_GE(calls, 3);
    ASSERT(coil_loop_remove_reader(loop, &reader));
    close(fd);
}

static void note_report(struct coil_loop *l, const struct coil_exception *e,
                        void *arg)
{
    (void)l;
    (void)arg;
    ASSERT_EQ(e->error, -EBADF);
    ASSERT_PTR_EQ(e->object, &reader);
    say("reported ");
}

static void close_it(void *arg)
{
    close(*(int *)arg);
    say("closed ");
}

/* The reader closes the descriptor in its own call, as careless programs do. */
KERNEL_LOOP_TEST(reader_whose_descriptor_is_closed_is_reported)
{
    int fd = dup(pair[0]);

    coil_loop_set_exception_handler(loop, note_report, NULL);
    ASSERT_EQ(coil_loop_add_reader(loop, &reader, fd, close_it, &fd), 0);
    send_bytes("a");
    run_some();
    SAID("closed reported ");
    ASSERT(!coil_loop_remove_reader(loop, &reader));
}

static void add_again(struct coil_loop *l, const struct coil_exception *e,
                      void *arg)
{
    note_report(l, e, arg);
    ASSERT_EQ(add_reader(&reader, ""), 0);
}

/* The callback may use the handler for another descriptor. */
KERNEL_LOOP_TEST(reader_that_was_reported_may_be_added_again)
{
    int fd = dup(pair[0]);

    coil_loop_set_exception_handler(loop, add_again, NULL);
    ASSERT_EQ(coil_loop_add_reader(loop, &reader, fd, close_it, &fd), 0);
    send_bytes("ab");
    run_some();
    SAID("closed reported a b ");
    ASSERT(coil_loop_remove_reader(loop, &reader));
}

TEST(reader_without_memory_is_refused)
{
    open_loop(0);
    open_pair();
    coil_test_fail_allocation(1, true);
    ASSERT_EQ(add_reader(&reader, ""), -ENOMEM);
    coil_test_fail_allocation(0, false);
    ASSERT_EQ(add_reader(&reader, ""), 0);
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
    close_pair();
}

TEST(reader_does_not_exist_on_the_simulator)
{
    open_loop(2);
    ASSERT_EQ(coil_loop_add_reader(loop, &reader, 0, read_one, NULL), -ENOTSUP);
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
}
