/* SPDX-License-Identifier: MIT */
/*
 * The examples of many tasks, end to end: a rate, a pipeline that is drained, the
 * ports of a host, and primes counted by threads.
 */
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <coil/run.h>

#include "process_test.h"
#include "program.h"
#include "test.h"

static struct program program;

static int run(const char *example, const char *first, const char *second,
               const char *third)
{
    const char *argv[] = { program_path(example), first, second, third, NULL };

    return program_run(&program, argv, NULL);
}

static void expect_usage(const char *example, const char *first,
                         const char *second)
{
    ASSERT_EQ(run(example, first, second, NULL), 2);
    ASSERT_STR_CONTAINS(program.err, "usage: ");
    ASSERT_STR_EQ(program.out, "");
}

/* ---- rate ------------------------------------------------------------- */

static void check_rate(const char *per_second, const char *burst,
                       const char *expected)
{
    static const char *const environment[] = { "COIL_BACKEND=simulator", NULL };
    const char *argv[] = { program_path("examples/rate"), per_second, burst,
                           NULL };

    ASSERT_EQ(program_run(&program, argv, environment), 0);
    ASSERT_STR_EQ(program.err, "");
    ASSERT_STR_EQ(program.out, expected);
}

TEST(example_rate_allows_a_burst_and_then_five_a_second)
{
    check_rate(NULL, NULL,
               " 1 begins after 0.0 s\n 2 begins after 0.0 s\n"
               " 3 begins after 0.0 s\n 4 begins after 0.2 s\n"
               " 5 begins after 0.4 s\n 6 begins after 0.6 s\n"
               " 7 begins after 0.8 s\n 8 begins after 1.0 s\n"
               " 9 begins after 1.2 s\n10 begins after 1.4 s\n");
}

TEST(example_rate_takes_another_rate)
{
    check_rate("0.5", "1",
               " 1 begins after 0.0 s\n 2 begins after 2.0 s\n"
               " 3 begins after 4.0 s\n 4 begins after 6.0 s\n"
               " 5 begins after 8.0 s\n 6 begins after 10.0 s\n"
               " 7 begins after 12.0 s\n 8 begins after 14.0 s\n"
               " 9 begins after 16.0 s\n10 begins after 18.0 s\n");
    ASSERT_EQ(run("examples/rate", "0", NULL, NULL), 1);
    ASSERT_STR_EQ(program.err, "rate: Invalid argument\n");
}

/* ---- drain ------------------------------------------------------------ */

/* The squares of 1 to `count`, in any order, are all that was written. */
static void expect_squares(unsigned count)
{
    bool *seen = calloc(count + 1, sizeof *seen);
    char *at = program.out;
    unsigned lines = 0;

    ASSERT_NOT_NULL(seen);
    for (; *at; at++, lines++) {
        unsigned long square = strtoul(at, &at, 10);
        unsigned long root = 0;

        while (root * root < square)
            root++;
        ASSERT_EQ(root * root, square);
        ASSERT_LE(root, count);
        ASSERT(!seen[root]);
        seen[root] = true;
        ASSERT_EQ(*at, '\n');
    }
    ASSERT_EQ(lines, count);
    free(seen);
}

static unsigned count_made(unsigned *written)
{
    unsigned made;

    const char *at = strstr(program.err, "made");

    ASSERT_NOT_NULL(at);
    ASSERT_EQ(sscanf(at, "made %u, written %u\n", &made, written), 2);
    return made;
}

TEST(example_drain_writes_all_that_it_was_to_make)
{
    unsigned written;

    ASSERT_EQ(run("examples/drain", "50", NULL, NULL), 0);
    expect_squares(50);
    ASSERT_EQ(count_made(&written), 50);
    ASSERT_EQ(written, 50);
    ASSERT_EQ(run("examples/drain", "0", NULL, NULL), 0);
    ASSERT_STR_EQ(program.out, "");
    expect_usage("examples/drain", "many", NULL);
}

static void check_that_it_is_drained(int number)
{
    const char *argv[] = { program_path("examples/drain"), NULL };
    unsigned made;
    unsigned written;

    program_start(&program, argv, NULL);
    ASSERT_NOT_NULL(program_await(&program, "\n"));
    ASSERT_OK(kill(program.pid, number));
    ASSERT_EQ(program_wait(&program), 128 + number);
    made = count_made(&written);
    ASSERT_GT(made, 0);
    ASSERT_EQ(written, made);
    expect_squares(made);
}

TEST(example_drain_loses_nothing_at_a_signal)
{
    signal(SIGINT, SIG_DFL); /* the parent of the test may ignore it */
    check_that_it_is_drained(SIGINT);
    check_that_it_is_drained(SIGTERM);
}

TEST(example_drain_says_that_it_cannot_write)
{
    char command[4200];
    const char *argv[] = { "/bin/sh", "-c", command, NULL };

    snprintf(command, sizeof command, "exec '%s' 5 >/dev/full",
             program_path("examples/drain"));
    ASSERT_EQ(program_run(&program, argv, NULL), 1);
    ASSERT_STR_CONTAINS(program.err, "drain: No space left on device\n");
}

static void fill(int fd)
{
    static const char junk[256];

    for (size_t size = sizeof junk; size > 0; size /= 2)
        while (send(fd, junk, size, MSG_DONTWAIT) > 0)
            continue;
}

/*
 * Nobody reads what it writes: it makes no more than the queues and the workers
 * hold, and cannot write them, so a second signal is needed.
 */
TEST(example_drain_ends_by_a_second_signal)
{
    char command[4200];
    const char *argv[] = { "/bin/sh", "-c", command, NULL };
    char line[2];
    unsigned made;
    unsigned written;
    int ends[2];

    signal(SIGINT, SIG_DFL);
    ASSERT_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    snprintf(command, sizeof command, "exec '%s' >&%d",
             program_path("examples/drain"), ends[1]);
    program_start(&program, argv, NULL);
    ASSERT_EQ(recv(ends[0], line, 2, MSG_WAITALL), 2);
    ASSERT_MEM_EQ(line, "1\n", 2);
    fill(ends[1]);
    ASSERT_OK(kill(program.pid, SIGINT));
    ASSERT_NOT_NULL(program_await(&program, "drain: "));
    ASSERT_OK(kill(program.pid, SIGINT));
    ASSERT_EQ(program_wait(&program), 128 + SIGINT);
    made = count_made(&written);
    ASSERT_LE(made, written + 8 + 4 + 8 + 1);
    close(ends[0]);
    close(ends[1]);
}

/* ---- scan ------------------------------------------------------------- */

TEST(example_scan_finds_the_open_port)
{
    char port[8];
    char first[8];
    char line[16];
    unsigned opened;
    unsigned closed;
    unsigned silent;
    unsigned short number;
    int fd = program_bind(&number);

    snprintf(port, sizeof port, "%hu", number);
    ASSERT_EQ(run("examples/scan", "127.0.0.1", port, port), 0);
    ASSERT_STR_EQ(program.out, "");
    ASSERT_STR_EQ(program.err, "0 open, 1 closed, 0 silent\n");
    ASSERT_OK(listen(fd, 8));
    ASSERT_EQ(run("examples/scan", "127.0.0.1", port, port), 0);
    snprintf(line, sizeof line, "%s\n", port);
    ASSERT_STR_EQ(program.out, line);
    ASSERT_STR_EQ(program.err, "1 open, 0 closed, 0 silent\n");
    /* More ports than are tried at a time; others of this machine may listen. */
    snprintf(first, sizeof first, "%hu", (unsigned short)(number - 999));
    ASSERT_EQ(run("examples/scan", "127.0.0.1", first, port), 0);
    ASSERT_STR_CONTAINS(program.out, line);
    ASSERT_EQ(sscanf(program.err, "%u open, %u closed, %u silent\n", &opened,
                     &closed, &silent),
              3);
    ASSERT_EQ(opened + closed + silent, 1000);
    close(fd);
}

TEST(example_scan_says_why_it_cannot)
{
    char expected[128];

    snprintf(expected, sizeof expected, "scan: %s\n", gai_strerror(EAI_NONAME));
    ASSERT_EQ(run("examples/scan", "no..host", "1", "2"), 1);
    ASSERT_STR_CONTAINS(program.err, expected);
    ASSERT_STR_EQ(program.out, "");
    expect_usage("examples/scan", NULL, NULL);
    expect_usage("examples/scan", "127.0.0.1", "65536");
    expect_usage("examples/scan", "127.0.0.1", "1x");
}

/* ---- primes ----------------------------------------------------------- */

TEST(example_primes_counts)
{
    ASSERT_EQ(run("examples/primes", NULL, NULL, NULL), 0);
    ASSERT_STR_EQ(program.out, "78498 primes are below 1000000\n");
    ASSERT_STR_EQ(program.err, "");
    ASSERT_EQ(run("examples/primes", "5", NULL, NULL), 0);
    ASSERT_STR_EQ(program.out, "2 primes are below 5\n");
    ASSERT_EQ(run("examples/primes", "0", NULL, NULL), 0);
    ASSERT_STR_EQ(program.out, "0 primes are below 0\n");
    expect_usage("examples/primes", "few", NULL);
}

static char *const no_watchdog[] = { (char *)"COIL_WATCHDOG=0", NULL };

static const struct coil_process_options on_a_terminal = {
    .env_added = no_watchdog,
    .in = { COIL_STDIO_PTY },
    .out = { COIL_STDIO_PTY },
    .err = { COIL_STDIO_PTY },
};

static int draw_a_bar(void *argv)
{
    struct coil_process_output got;

    need_terminals();
    ASSERT_EQ(coil_process_run(argv, &on_a_terminal, &got), 0);
    ASSERT_STR_CONTAINS(got.out, "\r[####################                    ]"
                                 "  50 %");
    ASSERT_STR_CONTAINS(got.out, "\r[########################################]"
                                 " 100 %\r\n78498 primes");
    coil_process_output_fini(&got);
    return 0;
}

TEST(example_primes_draw_a_bar_on_a_terminal)
{
    const char *argv[] = { program_path("examples/primes"), NULL };

    ASSERT_EQ(coil_run(draw_a_bar, argv), 0);
}

static int press_ctrl_c(void *argv)
{
    struct coil_process *p;
    struct coil_stream *terminal;
    char bar[64];
    size_t size;

    need_terminals();
    ASSERT_EQ(coil_process_exec(&p, argv, &on_a_terminal), 0);
    terminal = coil_process_terminal(p);
    ASSERT_EQ(coil_stream_read_until(terminal, "%", 1, bar, sizeof bar, &size),
              0);
    ASSERT_EQ(coil_stream_write(terminal, "\003", 1), 0);
    ASSERT_EQ(coil_process_wait(p), 128 + SIGINT);
    ASSERT_EQ(coil_process_close(p), 128 + SIGINT);
    return 0;
}

TEST(example_primes_end_by_ctrl_c)
{
    const char *argv[] = { program_path("examples/primes"), "1000000000000",
                           NULL };

    ASSERT_EQ(coil_run(press_ctrl_c, argv), 0);
}
