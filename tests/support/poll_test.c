/* SPDX-License-Identifier: MIT */
/* poll_test.c - single operations of a backend */
#include "poll_test.h"

#include <unistd.h>

#include <string.h>

#include "test_table.h"

unsigned probes_over;

static void over(struct coil_op *op)
{
    struct probe *probe = (struct probe *)op;

    ASSERT(!probe->done);
    probe->done = true;
    probe->order = ++probes_over;
    if (probe->then)
        probe->then(probe);
}

/* ---- one operation ---- */

bool probe_begin(struct coil__backend *backend, struct probe *probe)
{
    size_t pending = backend->pending;

    probe->op.over = over;
    probe->done = backend->ops->begin(backend, &probe->op);
    ASSERT_EQ(backend->pending, pending + !probe->done);
    if (probe->done)
        probe->order = ++probes_over;
    return probe->done;
}

bool probe_read(struct coil__backend *backend, struct probe *probe, int fd,
                void *data, size_t size)
{
    probe->op = (struct coil_op){
        .kind = COIL_OP_READ,
        .fd = fd,
        .data = data,
        .size = size,
    };
    return probe_begin(backend, probe);
}

bool probe_write(struct coil__backend *backend, struct probe *probe, int fd,
                 const void *data, size_t size)
{
    probe->op = (struct coil_op){
        .kind = COIL_OP_WRITE,
        .fd = fd,
        .data = (void *)data,
        .size = size,
    };
    return probe_begin(backend, probe);
}

bool probe_accept(struct coil__backend *backend, struct probe *probe, int fd)
{
    probe->op = (struct coil_op){ .kind = COIL_OP_ACCEPT, .fd = fd };
    return probe_begin(backend, probe);
}

bool probe_connect(struct coil__backend *backend, struct probe *probe, int fd,
                   struct coil_address *address)
{
    probe->op = (struct coil_op){
        .kind = COIL_OP_CONNECT,
        .fd = fd,
        .address = address,
    };
    return probe_begin(backend, probe);
}

ptrdiff_t probe_wait(struct coil__backend *backend, struct probe *probe)
{
    while (!probe->done)
        ASSERT_EQ(backend->ops->wait(backend, COIL_NEVER), 0);
    return probe->op.result;
}

ptrdiff_t probe_cancel(struct coil__backend *backend, struct probe *probe)
{
    backend->ops->cancel(backend, &probe->op);
    return probe_wait(backend, probe);
}

/* The kernel needs a moment to see what the other end did. */
void poll_settle(struct coil__backend *backend)
{
    int i;

    for (i = 0; i < 20; i++) {
        coil_time wait =
            coil__backend_is_simulated(backend) ? 0 : COIL_MILLISECOND;

        ASSERT_EQ(
            backend->ops->wait(backend, backend->ops->now(backend) + wait), 0);
    }
}

/* ---- one after the other ---- */

ptrdiff_t do_read(struct coil__backend *backend, int fd, void *data,
                  size_t size)
{
    struct probe probe = { 0 };

    probe_read(backend, &probe, fd, data, size);
    return probe_wait(backend, &probe);
}

ptrdiff_t do_write(struct coil__backend *backend, int fd, const void *data,
                   size_t size)
{
    struct probe probe = { 0 };

    probe_write(backend, &probe, fd, data, size);
    return probe_wait(backend, &probe);
}

void recv_all(struct coil__backend *backend, int fd, void *data, size_t size)
{
    size_t got = 0;

    while (got < size) {
        ptrdiff_t n = do_read(backend, fd, (char *)data + got, size - got);

        ASSERT_GT(n, 0);
        got += (size_t)n;
    }
}

void send_all(struct coil__backend *backend, int fd, const void *data,
              size_t size)
{
    size_t sent = 0;

    while (sent < size) {
        ptrdiff_t n =
            do_write(backend, fd, (const char *)data + sent, size - sent);

        ASSERT_GT(n, 0);
        sent += (size_t)n;
    }
}

size_t write_until_full(struct coil__backend *backend, int fd,
                        struct probe *probe)
{
    static const char data[4096];
    size_t sent = 0;

    for (;;) {
        int idle = 0;

        probe_write(backend, probe, fd, data, sizeof(data));
        while (!probe->done && idle++ < 3)
            poll_settle(backend);
        if (!probe->done)
            return sent;
        ASSERT_GT(probe->op.result, 0);
        sent += (size_t)probe->op.result;
    }
}

struct coil_address loopback(void)
{
    struct coil_address address = { .length = sizeof(struct sockaddr_in) };
    struct sockaddr_in in = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };

    memcpy(&address.storage, &in, sizeof(in));
    return address;
}

int open_listener(struct coil__backend *backend, struct coil_address *address)
{
    int fd = backend->ops->socket(backend, AF_INET, SOCK_STREAM);

    ASSERT_OK(fd);
    *address = loopback();
    ASSERT_OK(backend->ops->bind(backend, fd, address));
    ASSERT_OK(backend->ops->local_address(backend, fd, address));
    return fd;
}

struct pair open_pair(struct coil__backend *backend)
{
    struct probe connect = { 0 };
    struct probe accept = { 0 };
    struct coil_address address;
    int listener = open_listener(backend, &address);
    struct pair pair = { .client = backend->ops->socket(backend, AF_INET,
                                                        SOCK_STREAM) };

    ASSERT_OK(pair.client);
    probe_connect(backend, &connect, pair.client, &address);
    probe_accept(backend, &accept, listener);
    ASSERT_EQ(probe_wait(backend, &connect), 0);
    pair.server = (int)probe_wait(backend, &accept);
    ASSERT_OK(pair.server);
    backend->ops->close_socket(backend, listener);
    return pair;
}

void close_pair(struct coil__backend *backend, struct pair pair)
{
    backend->ops->close_socket(backend, pair.client);
    backend->ops->close_socket(backend, pair.server);
}

void *wake_later(void *backend)
{
    struct coil__backend *sleeper = backend;

    usleep(20000);
    sleeper->ops->wake(sleeper);
    return NULL;
}

void poll_scenario_tests(const char *file, const char *prefix,
                         void (*play)(const void *scenario))
{
    const struct poll_scenario *s;

    for (s = poll_scenarios; s->name; s++)
        add_test(file, prefix, s->name, play, s);
    for (s = poll_scenarios_end; s->name; s++)
        add_test(file, prefix, s->name, play, s);
}
