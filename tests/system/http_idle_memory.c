/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/*
 * What idle connections cost a server, and what is left of those that have gone.
 * The clients are plain sockets of this process, which need no memory here.
 */
#include <malloc.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <coil/http_server.h>
#include <coil/loop.h>
#include <coil/sleep.h>
#include <coil/task.h>

#include "actors.h"
#include "memory_test.h"
#include "test.h"

enum {
    CONNECTIONS = 400, /* two descriptors each: fewer than 1024 */
    WAVES = 3,
    PATIENCE =
        400, /* looks, 50 ms after each other; memory is given back soon */
    LEFT = 3 * 1024 * 1024,
};

static struct coil_http_server *server;
static struct sockaddr_in to = { .sin_family = AF_INET };
static int sockets[CONNECTIONS];

static int answer(struct coil_http_exchange *x, void *arg)
{
    (void)arg;
    return coil_http_respond(x, 200, "text/plain", "hello", 5);
}

static int serve(void *arg)
{
    (void)arg;
    return coil_http_server_serve(server);
}

static void begin(void)
{
    struct coil_address address;

    ASSERT_EQ(coil_http_server_new(&server, NULL), 0);
    ASSERT_EQ(coil_http_server_route(server, "GET", "/", answer, NULL), 0);
    ASSERT_EQ(coil_http_server_listen(server, "127.0.0.1", 0), 0);
    ASSERT_EQ(coil_http_server_address(server, &address), 0);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(coil_address_port(&address));
}

/* Bytes that malloc() has given out; 0: this allocator does not say. */
static size_t heap(void)
{
    return mallinfo2().uordblks;
}

static void wait_for_connections(size_t count)
{
    while (coil_http_server_connections(server) != count)
        ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
}

static void read_answer(int fd)
{
    char bytes[1000];
    ssize_t n;

    while ((n = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT)) < 0)
        ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    ASSERT_GT(n, 0);
}

/* Each makes one request, and stays. */
static void connect_all(void)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

    for (int i = 0; i < CONNECTIONS; i++) {
        sockets[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        ASSERT_OK(sockets[i]);
        ASSERT_OK(connect(sockets[i], (const struct sockaddr *)&to, sizeof to));
        ASSERT_EQ(send(sockets[i], request, sizeof request - 1, 0),
                  (ssize_t)sizeof request - 1);
        if (i % 50 == 49)
            ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    }
    for (int i = 0; i < CONNECTIONS; i++)
        read_answer(sockets[i]);
    wait_for_connections(CONNECTIONS);
}

static void close_all(void)
{
    for (int i = 0; i < CONNECTIONS; i++)
        close(sockets[i]);
    wait_for_connections(0);
}

/* The sessions give up their tasks when they have waited for a while. */
static int measure_idle(void *arg)
{
    struct coil_task *serving;
    const size_t most = (size_t)CONNECTIONS * 4608;
    size_t before;

    (void)arg;
    begin();
    serving = start(serve, NULL);
    connect_all();
    close_all();
    before = heap();
    connect_all();
    for (int i = 0; i < PATIENCE && heap() > before + most; i++)
        ASSERT_EQ(coil_sleep(50 * COIL_MILLISECOND), 0);
    ASSERT_LE(heap(), before + most);
    close_all();
    coil_http_server_stop(server, 0);
    ASSERT_EQ(end_of(serving), 0);
    coil_http_server_free(server);
    return 0;
}

TEST(http_idle_memory_of_a_connection)
{
    if (heap() == 0)
        SKIP("this allocator does not say how much is in use");
    ASSERT_EQ(coil_run(measure_idle, NULL), 0);
}

/* The loop sleeps in the end: nobody connects any more. */
static int measure_waves(void *arg)
{
    struct coil_task *serving;
    size_t heap_before;
    size_t before;

    (void)arg;
    begin();
    serving = start(serve, NULL);
    ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    heap_before = heap();
    before = resident_memory();
    for (int i = 0; i < WAVES; i++) {
        connect_all();
        close_all();
    }
    ASSERT_LT(heap(), heap_before + 200 * 1024);
    for (int i = 0; i < PATIENCE && resident_memory() > before + LEFT; i++)
        ASSERT_EQ(coil_sleep(50 * COIL_MILLISECOND), 0);
    ASSERT_LE(resident_memory(), before + LEFT);
    coil_http_server_stop(server, 0);
    ASSERT_EQ(end_of(serving), 0);
    coil_http_server_free(server);
    return 0;
}

TEST(http_idle_memory_is_given_back_after_waves)
{
    if (heap() == 0)
        SKIP("this allocator does not say how much is in use");
    ASSERT_EQ(coil_run(measure_waves, NULL), 0);
}
