/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/*
 * examples/redis.c and redis_async.c, end to end: with a Redis of the test's own on
 * a Unix socket, and with servers that do not do what Redis does.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "program.h"
#include "test.h"

static const char *const examples[] = { "examples/redis",
                                        "examples/redis_async" };
static const char *const names[] = { "redis", "redis_async" };
static struct program redis;
static struct program program;
static char folder[] = "/tmp/coil-redis-XXXXXX";
static struct sockaddr_un where = { .sun_family = AF_UNIX };

static void make_folder(void)
{
    for (int i = 0; i < 2; i++) /* a test that is skipped leaves nothing */
        program_path(examples[i]);
    ASSERT_NOT_NULL(mkdtemp(folder));
    snprintf(where.sun_path, sizeof where.sun_path, "%s/socket", folder);
}

static void remove_folder(void)
{
    unlink(where.sun_path);
    ASSERT_OK(rmdir(folder));
}

static int run(int which)
{
    const char *argv[] = { program_path(examples[which]), where.sun_path,
                           NULL };

    return program_run(&program, argv, NULL);
}

static void expect_error(int which, const char *error)
{
    char line[128];

    ASSERT_EQ(run(which), 1);
    ASSERT_STR_EQ(program.out, "");
    snprintf(line, sizeof line, "%s: %s\n", names[which], error);
    ASSERT_STR_EQ(program.err, line);
}

/* ---- Redis ------------------------------------------------------------ */

static void start_redis(void)
{
    const char *argv[] = { "redis-server",
                           "--port",
                           "0",
                           "--unixsocket",
                           where.sun_path,
                           "--dir",
                           folder,
                           "--save",
                           "",
                           NULL };

    if (system("command -v redis-server >/dev/null") != 0)
        SKIP("redis-server is not installed");
    make_folder();
    program_start(&redis, argv, NULL);
    ASSERT_NOT_NULL(program_await(&redis, "eady to accept connections"));
}

static void stop_redis(void)
{
    ASSERT_EQ(program_stop(&redis), 0);
    remove_folder();
}

static void tell_redis(const char *command, const char *answer)
{
    char text[64] = { 0 };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ASSERT_OK(connect(fd, (struct sockaddr *)&where, sizeof where));
    ASSERT_EQ(write(fd, command, strlen(command)), (ssize_t)strlen(command));
    ASSERT_EQ(recv(fd, text, strlen(answer), MSG_WAITALL),
              (ssize_t)strlen(answer));
    ASSERT_STR_EQ(text, answer);
    close(fd);
}

TEST(example_redis_counts)
{
    start_redis();
    for (int i = 0; i < 2; i++) {
        tell_redis("DEL coil:count\r\n", ":");
        ASSERT_EQ(run(i), 0);
        ASSERT_STR_EQ(program.out, "10 tasks have counted to 10000\n");
        ASSERT_STR_EQ(program.err, "");
        ASSERT_EQ(run(i), 0);
        ASSERT_STR_EQ(program.out, "10 tasks have counted to 20000\n");
        tell_redis("GET coil:count\r\n", "$5\r\n20000\r\n");
    }
    stop_redis();
}

TEST(example_redis_says_what_redis_refuses)
{
    start_redis();
    tell_redis("SET coil:count word\r\n", "+OK\r\n");
    for (int i = 0; i < 2; i++)
        expect_error(i, "ERR value is not an integer or out of range");
    stop_redis();
}

/* ---- what is not Redis ------------------------------------------------ */

TEST(example_redis_says_that_nobody_is_there)
{
    make_folder();
    for (int i = 0; i < 2; i++)
        expect_error(i, "No such file or directory");
    remove_folder();
}

static int listen_in_the_folder(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ASSERT_OK(bind(fd, (struct sockaddr *)&where, sizeof where));
    ASSERT_OK(listen(fd, 16));
    return fd;
}

/* The program has connected, and has asked. */
static int accept_question(int listener)
{
    char byte;
    int fd = accept(listener, NULL, NULL);

    ASSERT_OK(fd);
    ASSERT_EQ(recv(fd, &byte, 1, 0), 1);
    ASSERT_EQ(byte, '*');
    return fd;
}

static void start_example(int which)
{
    const char *argv[] = { program_path(examples[which]), where.sun_path,
                           NULL };

    program_start(&program, argv, NULL);
}

TEST(example_redis_says_that_the_connection_is_closed)
{
    char buffer[8192];

    make_folder();
    for (int i = 0; i < 2; i++) {
        int listener = listen_in_the_folder();
        int fd;

        start_example(i);
        fd = accept_question(listener);
        ASSERT_GT(recv(fd, buffer, sizeof buffer, 0), 0);
        shutdown(fd, SHUT_WR);
        ASSERT_EQ(program_wait(&program), 1);
        ASSERT_STR_EQ(program.out, "");
        ASSERT_STR_CONTAINS(program.err, "Server closed the connection\n");
        close(fd);
        close(listener);
        unlink(where.sun_path);
    }
    remove_folder();
}

TEST(example_redis_ends_quietly_at_a_signal)
{
    make_folder();
    signal(SIGINT, SIG_DFL); /* the parent of the test may ignore it */
    for (int i = 0; i < 2; i++) {
        int listener = listen_in_the_folder();
        int fd;

        start_example(i);
        fd = accept_question(listener);
        ASSERT_OK(kill(program.pid, i ? SIGINT : SIGTERM));
        ASSERT_EQ(program_wait(&program), 128 + (i ? SIGINT : SIGTERM));
        ASSERT_STR_EQ(program.err, "");
        close(fd);
        close(listener);
        unlink(where.sun_path);
    }
    remove_folder();
}
