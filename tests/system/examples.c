/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/*
 * The tutorial's programs, end to end: what they print, and what they print
 * when a server fails.
 */
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "program.h"
#include "test.h"

static const char *const simulated[] = { "COIL_BACKEND=simulator", NULL };

/* ---- the programs that do not fetch ----------------------------------- */

static const char lock_output[] = "l1 waiting for the lock\n"
                                  "l2 waiting for the lock\n"
                                  "callback releasing lock\n"
                                  "l1 acquired lock\n"
                                  "l1 released lock\n"
                                  "l2 acquired lock\n"
                                  "l2 released lock\n";

static const char condition_output[] =
    "notifying consumer 1\n"
    "c1: Resource is available to consumer\n"
    "notifying consumer 2\n"
    "c2: Resource is available to consumer\n"
    "Making resource available\n"
    "c1: Resource is available to consumer\n"
    "c2: Resource is available to consumer\n";

static const char event_output[] = "event start state: False\n"
                                   "e1 waiting for event\n"
                                   "e2 waiting for event\n"
                                   "setting event in callback\n"
                                   "e1 triggered\n"
                                   "e2 triggered\n"
                                   "event end state: True\n";

static const char task_output[] = "Hello Bar\n"
                                  "Hello Foo\n";

static const char loop_output[] = "Hello Foo\n"
                                  "Hello Bar\n";

static const char serial_output[] = "1\n"
                                    "2\n"
                                    "3\n";

/* Returns the time that it took, in seconds. */
static double check_output(const char *name, const char *const *environment,
                           const char *expected)
{
    const char *argv[] = { program_path(name), NULL };
    struct timespec begin;
    struct timespec end;
    struct program program;
    int status;

    clock_gettime(CLOCK_MONOTONIC, &begin);
    status = program_run(&program, argv, environment);
    clock_gettime(CLOCK_MONOTONIC, &end);
    ASSERT_STR_EQ(program.err, "");
    ASSERT_STR_EQ(program.out, expected);
    ASSERT_EQ(status, 0);
    return (double)(end.tv_sec - begin.tv_sec) +
           (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
}

TEST(examples_lock)
{
    check_output("examples/lock", simulated, lock_output);
}

/* It waits 4.3 seconds by the clock; the simulator's clock jumps. */
TEST(examples_condition)
{
    ASSERT_LT(
        (long)check_output("examples/condition", simulated, condition_output),
        4);
}

TEST(examples_event)
{
    check_output("examples/event", simulated, event_output);
}

TEST(examples_task)
{
    check_output("examples/task", simulated, task_output);
}

TEST(examples_loop)
{
    check_output("examples/loop", NULL, loop_output);
}

TEST(examples_serial)
{
    check_output("examples/serial", simulated, serial_output);
}

static const char connections_output[] = "connection 0: 4 words\n"
                                         "connection 1: 4 words\n"
                                         "connection 2: 4 words\n";

TEST(examples_connections)
{
    check_output("examples/connections", NULL, connections_output);
}

/* With a network that loses, doubles and reorders. */
TEST(examples_connections_in_bad_weather)
{
    for (int seed = 1; seed < 8; seed++) {
        const char *argv[] = { program_path("examples/connections"), NULL,
                               NULL };
        struct program program;
        char text[12];

        snprintf(text, sizeof text, "%d", seed);
        argv[1] = text;
        ASSERT_EQ(program_run(&program, argv, NULL), 0);
        ASSERT_STR_EQ(program.out, connections_output);
    }
}

/* A name server of this test: it first says what was not asked. */
static void answer_one_question(int fd)
{
    unsigned char message[512];
    struct sockaddr_in client;
    socklen_t length = sizeof client;
    ssize_t n = recvfrom(fd, message, sizeof message, 0,
                         (struct sockaddr *)&client, &length);
    static const unsigned char record[] = { 0xc0, 12, 0, 1, 0, 1, 0, 0,
                                            0,    60, 0, 4, 9, 8, 7, 6 };

    ASSERT_GT(n, 12);
    message[0] ^= 1;
    message[2] |= 0x80;
    message[7] = 1;
    memcpy(message + n, record, sizeof record);
    n += (ssize_t)sizeof record;
    ASSERT_EQ(
        sendto(fd, message, (size_t)n, 0, (struct sockaddr *)&client, length),
        n);
    message[0] ^= 1;
    ASSERT_EQ(
        sendto(fd, message, (size_t)n, 0, (struct sockaddr *)&client, length),
        n);
}

TEST(examples_dns)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    char port[8];
    const char *argv[] = { program_path("examples/dns"), "www.example.org",
                           "127.0.0.1", port, NULL };
    struct program program;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(bind(fd, (struct sockaddr *)&address, length), 0);
    ASSERT_EQ(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    snprintf(port, sizeof port, "%d", ntohs(address.sin_port));
    program_start(&program, argv, NULL);
    answer_one_question(fd);
    ASSERT_EQ(program_wait(&program), 0);
    ASSERT_STR_EQ(program.out, "9.8.7.6\n");
    close(fd);
}

/* The name server of this test hears the question, and does not answer. */
TEST(examples_dns_ends_by_ctrl_c)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    char question[512];
    char port[8];
    const char *argv[] = { program_path("examples/dns"), "www.example.org",
                           "127.0.0.1", port, NULL };
    struct program program;

    signal(SIGINT, SIG_DFL); /* the parent of the test may ignore it */
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(bind(fd, (struct sockaddr *)&address, length), 0);
    ASSERT_EQ(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    snprintf(port, sizeof port, "%d", ntohs(address.sin_port));
    program_start(&program, argv, NULL);
    ASSERT_GT(recv(fd, question, sizeof question, 0), 0);
    ASSERT_OK(kill(program.pid, SIGINT));
    ASSERT_EQ(program_wait(&program), 128 + SIGINT);
    close(fd);
}

TEST(examples_lock_in_real_time)
{
    check_output("examples/lock", NULL, lock_output);
}

TEST(examples_event_in_real_time)
{
    check_output("examples/event", NULL, event_output);
}

TEST(examples_task_in_real_time)
{
    double seconds = check_output("examples/task", NULL, task_output);

    ASSERT_GE((long)(seconds * 1000), 2000);
}

TEST(examples_serial_in_real_time)
{
    double seconds = check_output("examples/serial", NULL, serial_output);

    ASSERT_GE((long)(seconds * 1000), 1500);
}

/* ---- the programs that fetch ------------------------------------------ */

/* fetch(0) … fetch(11) appear once each, in any order. */
static void check_semaphore(const char *url)
{
    const char *argv[] = { program_path("examples/semaphore"), url, NULL };
    struct program program;
    size_t length = 0;

    ASSERT_EQ(program_run(&program, argv, NULL), 0);
    ASSERT_STR_EQ(program.err, "");
    for (int n = 0; n < 12; n++) {
        char line[64];

        length += (size_t)snprintf(line, sizeof line, "fetch(%d) = %d\n", n, n);
        ASSERT_STR_CONTAINS(program.out, line);
    }
    ASSERT_EQ(strlen(program.out), length);
}

static void check_prioqueue(const char *url)
{
    const char *argv[] = { program_path("examples/prioqueue"), url, NULL };
    bool produced[100] = { false };
    struct program program;
    int previous = -1;
    const char *line;
    int length;
    int n;

    ASSERT_EQ(program_run(&program, argv, NULL), 0);
    ASSERT_STR_EQ(program.err, "");
    line = program.out;
    for (int i = 0; i < 7; i++, line += length) {
        length = 0;
        ASSERT_EQ(sscanf(line, "producing %2d%n", &n, &length), 1);
        ASSERT_EQ(line[length++], '\n');
        ASSERT_GE(n, 0);
        ASSERT(!produced[n]);
        produced[n] = true;
    }
    for (int i = 0; i < 7; i++, line += length) {
        length = 0;
        ASSERT_EQ(sscanf(line, "consuming %2d...%n", &n, &length), 1);
        ASSERT_GT(length, 0);
        ASSERT_EQ(line[length++], '\n');
        ASSERT_GT(n, previous);
        ASSERT(produced[n]);
        previous = n;
    }
    ASSERT_STR_EQ(line, "");
}

static void check_inflight(const char *url, const char *expected)
{
    char *response = program_ask(url,
                                 "GET /inflight HTTP/1.1\r\nHost: x\r\n"
                                 "Connection: close\r\n\r\n",
                                 NULL);

    ASSERT_STR_CONTAINS(response, "HTTP/1.1 200 OK\r\n");
    ASSERT_STR_CONTAINS(response, expected);
    free(response);
}

/* Its own exit status says that nothing leaked, under ASan. */
static void stop_coil_httpbin(struct program *server)
{
    int status = program_stop(server);

    ASSERT_STR_EQ(server->err, "");
    ASSERT_EQ(status, 0);
}

TEST(examples_semaphore_fetches_three_at_a_time)
{
    struct program server;
    const char *url = program_start_coil_httpbin(&server);

    check_inflight(url, "\r\n\r\n{\"inflight\":0}\n");
    check_semaphore(url);
    check_inflight(url, "\r\n\r\n{\"inflight\":3}\n");
    stop_coil_httpbin(&server);
}

TEST(examples_prioqueue_consumes_in_order)
{
    struct program server;
    const char *url = program_start_coil_httpbin(&server);

    check_prioqueue(url);
    check_inflight(url, "\r\n\r\n{\"inflight\":1}\n");
    stop_coil_httpbin(&server);
}

TEST(examples_semaphore_with_another_server)
{
    struct program server;

    check_semaphore(program_start_httpbin(&server));
    program_stop(&server);
}

TEST(examples_prioqueue_with_another_server)
{
    struct program server;

    check_prioqueue(program_start_httpbin(&server));
    program_stop(&server);
}

TEST(examples_server_from_the_environment)
{
    struct program server;
    const char *url = program_start_coil_httpbin(&server);
    const char *argv[] = { program_path("examples/semaphore"), NULL };
    const char *environment[] = { NULL, NULL };
    struct program program;
    char variable[128];

    /* A slash at the end changes nothing. */
    snprintf(variable, sizeof variable, "COIL_HTTPBIN=%s/", url);
    environment[0] = variable;
    ASSERT_EQ(program_run(&program, argv, environment), 0);
    ASSERT_STR_CONTAINS(program.out, "fetch(11) = 11\n");
    stop_coil_httpbin(&server);
}

/* ---- failures --------------------------------------------------------- */

/* Exit status 1, and one line with the URL and the reason. */
static void check_failure(const char *name, const char *base,
                          const char *timeout, const char *reason)
{
    const char *argv[] = { NULL, base, NULL };
    const char *environment[] = { timeout, NULL };
    struct program program;
    char start[512];
    char path[64];

    snprintf(path, sizeof path, "examples/%s", name);
    argv[0] = program_path(path);
    ASSERT_EQ(program_run(&program, argv, environment), 1);

    snprintf(start, sizeof start, "%s: %s/get?a=", name, base);
    if (strncmp(program.err, start, strlen(start)) != 0 ||
        !strstr(program.err, reason))
        FAIL("expected a line \"%s…: %s\", got \"%s\"", start, reason,
             program.err);
    ASSERT_PTR_EQ(strchr(program.err, '\n'),
                  program.err + strlen(program.err) - 1);
}

static void check_both_fail(const char *base, const char *timeout,
                            const char *reason)
{
    check_failure("semaphore", base, timeout, reason);
    check_failure("prioqueue", base, timeout, reason);
}

/* The server fails as /fault/`kind` of coil-httpbin does. */
static void check_fault(const char *kind, const char *reason)
{
    struct program server;
    const char *url = program_start_coil_httpbin(&server);
    char base[128];

    snprintf(base, sizeof base, "%s/fault/%s", url, kind);
    check_both_fail(base, "COIL_TIMEOUT=0.5", reason);
    stop_coil_httpbin(&server);
}

TEST(examples_refused_connection)
{
    unsigned short port;
    int fd = program_bind(&port);
    char base[64];

    snprintf(base, sizeof base, "http://127.0.0.1:%d", port);
    check_both_fail(base, NULL, ": Connection refused\n");
    close(fd);
}

/*
 * The signal comes while it waits for an answer: the status of shells, and no
 * message.
 */
static void check_signal(const char *name, int number)
{
    unsigned short port;
    int listener = program_bind(&port);
    const char *argv[] = { program_path(name), NULL, NULL };
    struct program program;
    char base[64];
    int fd;

    ASSERT_EQ(listen(listener, 8), 0);
    snprintf(base, sizeof base, "http://127.0.0.1:%d", port);
    argv[1] = base;
    program_start(&program, argv, NULL);
    fd = accept(listener, NULL, NULL);
    ASSERT_OK(fd);
    ASSERT_EQ(kill(program.pid, number), 0);
    ASSERT_EQ(program_wait(&program), 128 + number);
    ASSERT_STR_EQ(program.err, "");
    close(fd);
    close(listener);
}

TEST(examples_end_quietly_at_a_signal)
{
    /* The parent of the test may ignore the signal. */
    signal(SIGINT, SIG_DFL);
    check_signal("examples/semaphore", SIGINT);
    check_signal("examples/prioqueue", SIGTERM);
}

TEST(examples_unknown_host)
{
    char expected[128];

    /* An empty label is refused without asking a name server. */
    snprintf(expected, sizeof expected, ": %s\n", gai_strerror(EAI_NONAME));
    check_both_fail("http://no..host", NULL, expected);
}

TEST(examples_timeout)
{
    check_fault("slow", ": no answer within 0.5 s\n");
}

TEST(examples_timeout_in_mid_body)
{
    check_fault("slow-body", ": no answer within 0.5 s\n");
}

TEST(examples_hang_up)
{
    check_fault("hangup", "");
}

TEST(examples_truncated_body)
{
    check_fault("truncate",
                ": the connection was closed in the middle of a message\n");
}

TEST(examples_truncated_chunk)
{
    check_fault("truncate-chunked",
                ": the connection was closed in the middle of a message\n");
}

TEST(examples_malformed_response)
{
    check_fault("malformed", ": malformed HTTP\n");
}

TEST(examples_two_lengths)
{
    check_fault("two-lengths", ": malformed HTTP\n");
}

TEST(examples_status_is_not_200)
{
    check_fault("status", ": the status is 503 ");
}

TEST(examples_body_is_not_json)
{
    check_fault("notjson", ": the body is not JSON: ");
}

TEST(examples_body_is_nested_deeply)
{
    check_fault("nested", ": the body is not JSON: maximum parsing depth");
}

TEST(examples_json_without_args_a)
{
    check_fault("noargs", ": the JSON has no string args.a\n");
}

TEST(examples_json_where_args_a_is_no_string)
{
    check_fault("nostring", ": the JSON has no string args.a\n");
}

TEST(examples_url_that_is_none)
{
    check_both_fail("ftp://127.0.0.1", NULL, ": URL scheme not supported\n");
    check_both_fail("127.0.0.1", NULL, ": bad URL\n");
    check_both_fail("http://127.0.0.1:0", NULL, ": bad URL\n");
}

/* Text in the address cannot become a second line, or a header. */
TEST(examples_url_with_a_line_break)
{
    const char *argv[] = { program_path("examples/semaphore"),
                           "http://127.0.0.1:1/\r\nX: y", NULL };
    struct program program;

    ASSERT_EQ(program_run(&program, argv, NULL), 1);
    ASSERT_STR_CONTAINS(program.err, "semaphore: http://127.0.0.1:1/??X: y/");
    ASSERT_PTR_EQ(strchr(program.err, '\n'),
                  program.err + strlen(program.err) - 1);
}
