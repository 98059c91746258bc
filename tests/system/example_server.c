/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/*
 * examples/server.c, end to end: how it serves, and how it stops. A request is
 * in progress while the test keeps a part of its body back, so nothing here
 * depends on speed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "program.h"
#include "test.h"

static struct program server;
static char url[128];

static void start_server(const char *grace)
{
    const char *argv[] = { program_path("examples/server"), "0", grace, NULL };
    const char *at;

    program_start(&server, argv, NULL);
    at = program_await(&server, "\n");
    ASSERT_NOT_NULL(at);
    ASSERT_EQ(sscanf(server.out, "listening on %127s\n", url), 1);
}

static int try_to_connect(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_port = htons((uint16_t)atoi(strrchr(url, ':') + 1));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_OK(fd);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    ASSERT(errno == ECONNREFUSED || errno == ECONNRESET);
    close(fd);
    return -1;
}

static int connect_to_it(void)
{
    int fd = try_to_connect();

    ASSERT_GE(fd, 0);
    return fd;
}

static void say_to(int fd, const char *text)
{
    ASSERT_EQ(send(fd, text, strlen(text), MSG_NOSIGNAL),
              (ssize_t)strlen(text));
}

/* Read until `text` has come, or to the end if that is NULL. */
static char *hear(int fd, const char *text)
{
    static char heard[4096];
    size_t length = 0;
    ssize_t n;

    heard[0] = '\0';
    while (!text || !strstr(heard, text)) {
        n = recv(fd, heard + length, sizeof heard - 1 - length, 0);
        if (n < 0 && errno == ECONNRESET)
            n = 0;
        ASSERT_OK(n);
        if (n == 0)
            break;
        length += (size_t)n;
        heard[length] = '\0';
    }
    return heard;
}

/* A request in progress: its handler waits for the rest of the body. */
static int begin_to_count(void)
{
    int fd = connect_to_it();

    say_to(fd, "POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n"
               "Expect: 100-continue\r\n\r\n");
    /* The server says so when its handler begins to read. */
    ASSERT_STR_CONTAINS(hear(fd, "\r\n\r\n"), "100 Continue");
    say_to(fd, "01234");
    return fd;
}

/* The server has seen the signal by then. */
static void wait_until_it_accepts_nobody(void)
{
    for (int fd; (fd = try_to_connect()) >= 0;) {
        close(fd);
        usleep(2000);
    }
}

static void expect_end(int status)
{
    ASSERT_EQ(program_wait(&server), status);
    ASSERT_STR_EQ(server.err, "");
}

TEST(example_server_serves)
{
    char *response;

    start_server(NULL);
    response = program_ask(url,
                           "GET / HTTP/1.1\r\nHost: x\r\n"
                           "Connection: close\r\n\r\n",
                           NULL);
    ASSERT_STR_CONTAINS(response, "HTTP/1.1 200 OK\r\n");
    ASSERT_STR_CONTAINS(response, "\r\n\r\nhello\n");
    free(response);
    response = program_ask(url,
                           "POST /count HTTP/1.1\r\nHost: x\r\n"
                           "Transfer-Encoding: chunked\r\n"
                           "Connection: close\r\n\r\n"
                           "3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n",
                           NULL);
    ASSERT_STR_CONTAINS(response, "\r\n\r\n7 bytes\n");
    free(response);
    kill(server.pid, SIGTERM);
    expect_end(0);
}

static void check_that_it_answers_what_is_in_progress(int number)
{
    int idle;
    int busy;

    start_server(NULL);
    idle = connect_to_it();
    say_to(idle, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    hear(idle, "hello\n");
    busy = begin_to_count();
    kill(server.pid, number);
    /* It is closed at once. */
    ASSERT_STR_EQ(hear(idle, NULL), "");
    wait_until_it_accepts_nobody();
    say_to(busy, "56789");
    ASSERT_STR_CONTAINS(hear(busy, NULL), "\r\n\r\n10 bytes\n");
    close(idle);
    close(busy);
    expect_end(0);
}

TEST(example_server_answers_what_is_in_progress_before_it_stops)
{
    check_that_it_answers_what_is_in_progress(SIGTERM);
    check_that_it_answers_what_is_in_progress(SIGINT);
}

TEST(example_server_waits_for_its_grace_only)
{
    int busy;

    start_server("1");
    busy = begin_to_count();
    kill(server.pid, SIGTERM);
    ASSERT_STR_CONTAINS(hear(busy, NULL), "503 Service Unavailable");
    close(busy);
    expect_end(0);
}

TEST(example_server_ends_at_once_at_the_second_signal)
{
    int busy;

    start_server("3600");
    busy = begin_to_count();
    kill(server.pid, SIGTERM);
    wait_until_it_accepts_nobody();
    kill(server.pid, SIGTERM);
    ASSERT_STR_CONTAINS(hear(busy, NULL), "503 Service Unavailable");
    close(busy);
    expect_end(128 + SIGTERM);
}

TEST(example_server_says_why_it_cannot_serve)
{
    const char *argv[] = { program_path("examples/server"), NULL, NULL };
    struct program second;

    start_server(NULL);
    argv[1] = strrchr(url, ':') + 1;
    ASSERT_EQ(program_run(&second, argv, NULL), 1);
    ASSERT_STR_EQ(second.out, "");
    ASSERT_STR_EQ(second.err, "server: Address already in use\n");
    kill(server.pid, SIGTERM);
    expect_end(0);
    argv[1] = "70000";
    ASSERT_EQ(program_run(&second, argv, NULL), 2);
    ASSERT_STR_CONTAINS(second.err, "usage: server");
}
