/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/* poll_simulator.c - the world in memory, straight on the seam */
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "poll_test.h"
#include "backend/simulator.h"

#define SEEDS 200

static struct coil_poll *open_simulator(uint64_t seed)
{
    struct coil_poll *poll;

    ASSERT_OK(coil__simulator_open(&poll, seed));
    ASSERT(poll->ops->simulated);
    return poll;
}

static void run_with_seeds(void (*scenario)(struct coil_poll *))
{
    uint64_t seed;

    for (seed = 0; seed < SEEDS; seed++) {
        struct coil_poll *poll = open_simulator(seed);

        scenario(poll);
        ASSERT_EQ(poll->pending, 0);
        ASSERT_EQ(poll->sockets, 0);
        poll->ops->close(poll);
    }
}

#define DEFINE_SCENARIO(name)                                                  \
    TEST(poll_simulator_##name)                                                \
    {                                                                          \
        run_with_seeds(scenario_##name);                                       \
    }
POLL_SCENARIOS(DEFINE_SCENARIO)

/* ---- the clock ---- */

TEST(poll_simulator_clock_jumps_to_the_deadline)
{
    struct coil_poll *poll = open_simulator(0);

    ASSERT_EQ(poll->ops->now(poll), 0);
    ASSERT_EQ(poll->ops->wait(poll, COIL_SECOND), 0);
    ASSERT_EQ(poll->ops->now(poll), COIL_SECOND);
    ASSERT_EQ(poll->ops->wait(poll, COIL_MILLISECOND), 0);
    ASSERT_EQ(poll->ops->now(poll), COIL_SECOND);
    ASSERT_EQ(poll->ops->wait(poll, COIL_NEVER - 1), 0);
    ASSERT_EQ(poll->ops->now(poll), COIL_NEVER - 1);
    poll->ops->close(poll);
}

static void clock_stands_while_operations_end(struct coil_poll *poll)
{
    struct pair pair = open_pair(poll);
    coil_time start = poll->ops->now(poll);
    struct probe read[2] = { 0 };
    char data[2];

    ASSERT(!probe_read(poll, &read[0], pair.client, &data[0], 1));
    ASSERT(!probe_read(poll, &read[1], pair.server, &data[1], 1));
    send_all(poll, pair.client, "x", 1);
    send_all(poll, pair.server, "y", 1);
    while (!read[0].done || !read[1].done) {
        ASSERT_EQ(poll->ops->now(poll), start);
        ASSERT_EQ(poll->ops->wait(poll, start + COIL_SECOND), 0);
    }
    ASSERT_EQ(poll->ops->now(poll), start);
    poll->ops->wake(poll);
    ASSERT_EQ(poll->ops->wait(poll, start + COIL_SECOND), 0);
    ASSERT_EQ(poll->ops->now(poll), start);
    close_pair(poll, pair);
}

TEST(poll_simulator_clock_stands_while_operations_end)
{
    run_with_seeds(clock_stands_while_operations_end);
}

TEST(poll_simulator_pending_operations_of_nobody_else_are_a_deadlock)
{
    struct coil_poll *poll = open_simulator(0);
    struct pair pair = open_pair(poll);
    struct probe read = { 0 };
    char data[1];

    ASSERT(!probe_read(poll, &read, pair.client, data, 1));
    ASSERT_EQ(poll->ops->wait(poll, COIL_NEVER), -EDEADLK);
    ASSERT_EQ(probe_cancel(poll, &read), -ECANCELED);
    close_pair(poll, pair);
    poll->ops->close(poll);
}

static void *wake_later(void *arg)
{
    struct coil_poll *poll = arg;

    usleep(20000);
    poll->ops->wake(poll);
    return NULL;
}

TEST(poll_simulator_with_holds_waits_for_a_thread)
{
    struct coil_poll *poll = open_simulator(1);
    pthread_t thread;
    int i;

    poll->holds = 1;
    for (i = 0; i < 5; i++) {
        ASSERT_EQ(pthread_create(&thread, NULL, wake_later, poll), 0);
        ASSERT_EQ(poll->ops->wait(poll, COIL_NEVER), 0);
        ASSERT_EQ(poll->ops->now(poll), 0);
        pthread_join(thread, NULL);
    }
    ASSERT_EQ(poll->ops->wait(poll, COIL_SECOND), 0);
    ASSERT_EQ(poll->ops->now(poll), COIL_SECOND);
    poll->ops->close(poll);
}

/* Sockets that were left open go with their world. */
TEST(poll_simulator_leaves_no_memory_behind)
{
    size_t live = coil__alloc_live();
    struct coil_poll *poll = open_simulator(0);
    struct coil_address address;
    struct probe connect = { 0 };
    struct pair pair = open_pair(poll);
    int listener = open_listener(poll, &address);
    int client = poll->ops->socket(poll, AF_INET);

    (void)listener;
    ASSERT_EQ(do_write(poll, pair.client, "x", 1), 1);
    ASSERT(probe_connect(poll, &connect, client, &address));
    ASSERT_EQ(connect.op.result, 0);
    poll->ops->close(poll);
    ASSERT_EQ(coil__alloc_live(), live);
}

/* It sleeps meanwhile, and takes no time of the processor. */
TEST(poll_simulator_sleeps_while_it_waits_for_a_thread)
{
    struct coil_poll *poll = open_simulator(1);
    struct timespec before;
    struct timespec after;
    pthread_t thread;

    poll->holds = 1;
    ASSERT_EQ(pthread_create(&thread, NULL, wake_later, poll), 0);
    ASSERT_EQ(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before), 0);
    ASSERT_EQ(poll->ops->wait(poll, COIL_NEVER), 0);
    ASSERT_EQ(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after), 0);
    pthread_join(thread, NULL);
    ASSERT_LT((after.tv_sec - before.tv_sec) * 1000000000L + after.tv_nsec -
                  before.tv_nsec,
              10 * COIL_MILLISECOND);
    poll->ops->close(poll);
}

struct handover {
    struct coil_poll *poll;
    atomic_int given;
};

#define HANDOVERS 20000

static void *give_all(void *arg)
{
    struct handover *h = arg;
    int i;

    for (i = 0; i < HANDOVERS; i++) {
        atomic_fetch_add(&h->given, 1);
        h->poll->ops->wake(h->poll);
    }
    return NULL;
}

TEST(poll_simulator_no_wake_is_lost)
{
    struct handover h = { .poll = open_simulator(0) };
    pthread_t thread;
    int seen;

    h.poll->holds = 1;
    ASSERT_EQ(pthread_create(&thread, NULL, give_all, &h), 0);
    do {
        ASSERT_EQ(h.poll->ops->wait(h.poll, COIL_NEVER), 0);
        seen = atomic_load(&h.given);
    } while (seen < HANDOVERS);
    pthread_join(thread, NULL);
    h.poll->ops->close(h.poll);
}

/* A reader looks up when its peer makes room, and has nothing to read. */
TEST(poll_simulator_what_ends_nothing_is_no_event)
{
    struct coil_poll *poll = open_simulator(0);
    struct pair pair = open_pair(poll);
    struct probe read = { 0 };
    char data[1];
    int i;

    ASSERT(!probe_read(poll, &read, pair.client, data, 1));
    for (i = 0; i < 2; i++) {
        ASSERT_EQ(do_write(poll, pair.client, "x", 1), 1);
        ASSERT_EQ(do_read(poll, pair.server, data, 1), 1);
        if (i == 0)
            ASSERT_EQ(poll->ops->wait(poll, COIL_NEVER), -EDEADLK);
        else
            ASSERT_EQ(poll->ops->wait(poll, COIL_SECOND), 0);
    }
    ASSERT_EQ(poll->ops->now(poll), COIL_SECOND);
    ASSERT(!read.done);
    ASSERT_EQ(probe_cancel(poll, &read), -ECANCELED);
    close_pair(poll, pair);
    poll->ops->close(poll);
}

/* ---- the network ---- */

TEST(poll_simulator_who_was_ready_first_is_first_without_a_seed)
{
    struct coil_poll *poll = open_simulator(0);
    struct pair pair[3];
    struct probe read[3] = { 0 };
    char data[3];
    int i;

    for (i = 0; i < 3; i++) {
        pair[i] = open_pair(poll);
        ASSERT(!probe_read(poll, &read[i], pair[i].server, &data[i], 1));
    }
    for (i = 0; i < 3; i++)
        ASSERT_EQ(do_write(poll, pair[i].client, "x", 1), 1);
    for (i = 0; i < 3; i++)
        ASSERT_EQ(probe_wait(poll, &read[i]), 1);
    ASSERT_LT(read[0].order, read[1].order);
    ASSERT_LT(read[1].order, read[2].order);
    for (i = 0; i < 3; i++)
        close_pair(poll, pair[i]);
    poll->ops->close(poll);
}

TEST(poll_simulator_numbers_are_never_real_descriptors)
{
    struct coil_poll *poll = open_simulator(0);
    int a = poll->ops->socket(poll, AF_INET);
    int b = poll->ops->socket(poll, AF_INET6);

    ASSERT_EQ(a, 1000000);
    ASSERT_EQ(b, 1000001);
    poll->ops->close_socket(poll, a);
    ASSERT_EQ(poll->ops->socket(poll, AF_INET), a);
    poll->ops->close(poll);
}

TEST(poll_simulator_has_no_foreign_descriptors)
{
    struct coil_poll *poll = open_simulator(0);
    struct probe ready = { .op = { .kind = COIL_OP_READY, .events = 1 } };

    ASSERT(probe_begin(poll, &ready));
    ASSERT_EQ(ready.op.result, -ENOTSUP);
    poll->ops->close(poll);
}

static unsigned port_of(const struct coil_address *address)
{
    return ntohs(((const struct sockaddr_in *)&address->storage)->sin_port);
}

TEST(poll_simulator_ports_begin_at_49152)
{
    struct coil_poll *poll = open_simulator(0);
    struct coil_address address;
    int a = open_listener(poll, &address);
    int b;

    ASSERT_EQ(port_of(&address), 49152);
    b = open_listener(poll, &address);
    ASSERT_EQ(port_of(&address), 49153);
    poll->ops->close_socket(poll, a);
    poll->ops->close_socket(poll, b);
    poll->ops->close(poll);
}

TEST(poll_simulator_ports_go_round)
{
    struct coil_poll *poll = open_simulator(0);
    struct coil_address address;
    struct coil_address local;
    int listener = open_listener(poll, &address);
    int i;

    /* Clients' ports go round, past the one that is listened on. */
    for (i = 0; i < 17000; i++) {
        int client = poll->ops->socket(poll, AF_INET);
        struct probe connect = { 0 };
        struct probe accept = { 0 };

        ASSERT(probe_connect(poll, &connect, client, &address));
        ASSERT_EQ(connect.op.result, 0);
        ASSERT_OK(poll->ops->local_address(poll, client, &local));
        ASSERT_GE(ntohs(((struct sockaddr_in *)&local.storage)->sin_port),
                  49152);
        ASSERT(probe_accept(poll, &accept, listener));
        close_pair(poll, (struct pair){ client, (int)accept.op.result });
    }
    poll->ops->close(poll);
}

static struct coil_address any_ipv6(unsigned port)
{
    struct coil_address address = { .length = sizeof(struct sockaddr_in6) };
    struct sockaddr_in6 *in = (struct sockaddr_in6 *)&address.storage;

    in->sin6_family = AF_INET6;
    in->sin6_port = htons((uint16_t)port);
    return address;
}

TEST(poll_simulator_all_addresses_are_those_of_a_family)
{
    struct coil_poll *poll = open_simulator(0);
    struct coil_address address = any_ipv6(8080);
    struct coil_address ipv4 = loopback();
    struct sockaddr_in *in = (struct sockaddr_in *)&ipv4.storage;
    int listener = poll->ops->socket(poll, AF_INET6);
    int listener4 = poll->ops->socket(poll, AF_INET);
    int client = poll->ops->socket(poll, AF_INET);
    int other = poll->ops->socket(poll, AF_INET);
    struct probe connect = { 0 };

    in->sin_port = htons(8080);
    ASSERT_EQ(poll->ops->bind(poll, other, &address), -EINVAL);
    ASSERT_OK(poll->ops->bind(poll, listener, &address));
    ASSERT(probe_connect(poll, &connect, other, &ipv4));
    ASSERT_EQ(connect.op.result, -ECONNREFUSED);
    in->sin_addr.s_addr = htonl(INADDR_ANY);
    ASSERT_OK(poll->ops->bind(poll, listener4, &ipv4));
    in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(poll->ops->bind(poll, other, &ipv4), -EADDRINUSE);
    ASSERT(probe_connect(poll, &connect, client, &ipv4));
    ASSERT_EQ(connect.op.result, 0);
    ASSERT(probe_connect(poll, &connect, other, &address));
    ASSERT_EQ(connect.op.result, -EAFNOSUPPORT);

    /* Connecting to "all addresses" means this machine. */
    in->sin_addr.s_addr = htonl(INADDR_ANY);
    ASSERT(probe_connect(poll, &connect, other, &ipv4));
    ASSERT_EQ(connect.op.result, 0);
    ASSERT_OK(poll->ops->peer_address(poll, other, &ipv4));
    ASSERT_EQ(in->sin_addr.s_addr, htonl(INADDR_LOOPBACK));
    poll->ops->close(poll);
}

TEST(poll_simulator_all_addresses_of_ipv6_lead_to_its_loopback_address)
{
    struct coil_poll *poll = open_simulator(0);
    struct coil_address address = any_ipv6(8080);
    struct sockaddr_in6 *in = (struct sockaddr_in6 *)&address.storage;
    int listener = poll->ops->socket(poll, AF_INET6);
    int client = poll->ops->socket(poll, AF_INET6);
    struct probe connect = { 0 };

    ASSERT_OK(poll->ops->bind(poll, listener, &address));
    ASSERT(probe_connect(poll, &connect, client, &address));
    ASSERT_EQ(connect.op.result, 0);
    ASSERT_OK(poll->ops->peer_address(poll, client, &address));
    ASSERT_EQ(ntohs(in->sin6_port), 8080);
    ASSERT_MEM_EQ(&in->sin6_addr, &in6addr_loopback, sizeof(in6addr_loopback));
    poll->ops->close_socket(poll, client);
    poll->ops->close_socket(poll, listener);
    poll->ops->close(poll);
}

static struct coil_address of_ipv6(int place)
{
    struct coil_address address = any_ipv6(8080);
    struct sockaddr_in6 *in = (struct sockaddr_in6 *)&address.storage;

    in->sin6_addr.s6_addr[place] = 7;
    return address;
}

/* Wherever it is that two addresses differ. */
TEST(poll_simulator_each_address_of_ipv6_is_another)
{
    static const int places[] = { 0, 5, 10, 15 };
    struct coil_poll *poll = open_simulator(0);
    struct coil_address any = any_ipv6(8080);
    int fds[4];
    int other = poll->ops->socket(poll, AF_INET6);

    for (int i = 0; i < 4; i++) {
        struct coil_address address = of_ipv6(places[i]);

        fds[i] = poll->ops->socket(poll, AF_INET6);
        ASSERT_OK(poll->ops->bind(poll, fds[i], &address));
        ASSERT_EQ(poll->ops->bind(poll, other, &address), -EADDRINUSE);
        ASSERT_EQ(poll->ops->bind(poll, other, &any), -EADDRINUSE);
    }
    for (int i = 0; i < 4; i++) {
        struct coil_address address = of_ipv6(places[i]);
        int client = poll->ops->socket(poll, AF_INET6);
        struct probe connect = { 0 };
        struct probe accept = { 0 };

        ASSERT(probe_connect(poll, &connect, client, &address));
        ASSERT_EQ(connect.op.result, 0);
        ASSERT(probe_accept(poll, &accept, fds[i]));
        poll->ops->close_socket(poll, (int)accept.op.result);
        poll->ops->close_socket(poll, client);
        poll->ops->close_socket(poll, fds[i]);
    }
    ASSERT_OK(poll->ops->bind(poll, other, &any));
    poll->ops->close(poll);
}

TEST(poll_simulator_a_short_address_is_none)
{
    struct coil_poll *poll = open_simulator(0);
    struct coil_address address = loopback();
    int fd = poll->ops->socket(poll, AF_INET);
    struct probe connect = { 0 };

    address.length--;
    ASSERT_EQ(poll->ops->bind(poll, fd, &address), -EINVAL);
    ASSERT(probe_connect(poll, &connect, fd, &address));
    ASSERT_EQ(connect.op.result, -EAFNOSUPPORT);
    address.length++;
    ASSERT_OK(poll->ops->bind(poll, fd, &address));
    poll->ops->close(poll);
}

/* Below all of the simulator's, above all, and closed. */
TEST(poll_simulator_a_number_of_nobody_is_refused)
{
    struct coil_poll *poll = open_simulator(0);
    struct coil_address address = loopback();
    int closed = poll->ops->socket(poll, AF_INET);
    int fds[] = { 0, INT_MAX, closed };
    char data[1];

    poll->ops->close_socket(poll, closed);
    for (int i = 0; i < 3; i++) {
        ASSERT_EQ(poll->ops->bind(poll, fds[i], &address), -EBADF);
        ASSERT_EQ(poll->ops->shutdown(poll, fds[i]), -EBADF);
        ASSERT_EQ(poll->ops->peer_address(poll, fds[i], &address), -EBADF);
        ASSERT_EQ(poll->ops->local_address(poll, fds[i], &address), -EBADF);
        ASSERT_EQ(do_read(poll, fds[i], data, 1), -EBADF);
        ASSERT(poll->ops->is_stale(poll, fds[i]));
        poll->ops->close_socket(poll, fds[i]);
    }
    ASSERT_EQ(poll->sockets, 0);
    ASSERT_EQ(poll->ops->socket(poll, AF_INET), closed);
    poll->ops->close(poll);
}

struct all_of_them {
    struct coil_poll *poll;
    int fds[4];
};

static void close_all(struct probe *probe)
{
    const struct all_of_them *all = probe->arg;

    for (int i = 0; i < 4; i++)
        all->poll->ops->close_socket(all->poll, all->fds[i]);
}

/* Several can go on, and the first closes the others, and itself. */
TEST(poll_simulator_over_may_close_all)
{
    struct coil_poll *poll = open_simulator(0);
    struct pair a = open_pair(poll);
    struct pair b = open_pair(poll);
    struct all_of_them all = { poll,
                               { a.server, b.server, a.client, b.client } };
    struct probe first = { .then = close_all, .arg = &all };
    struct probe second = { 0 };
    char data[2];

    ASSERT(!probe_read(poll, &first, a.client, data, 1));
    ASSERT(!probe_read(poll, &second, b.client, data + 1, 1));
    send_all(poll, a.server, "x", 1);
    send_all(poll, b.server, "y", 1);
    ASSERT_EQ(probe_wait(poll, &first), 1);
    ASSERT(second.done);
    ASSERT_EQ(second.op.result, -EBADF);
    ASSERT_EQ(poll->sockets, 0);
    ASSERT_EQ(poll->ops->wait(poll, COIL_NEVER), -EDEADLK);
    poll->ops->close(poll);
}

/* "All addresses" are where one connects to the loopback address, and no other. */
TEST(poll_simulator_all_addresses_lead_to_the_loopback_address_only)
{
    struct coil_poll *poll = open_simulator(0);
    struct coil_address address = loopback();
    struct sockaddr_in *in = (struct sockaddr_in *)&address.storage;
    int listener = poll->ops->socket(poll, AF_INET);
    int client = poll->ops->socket(poll, AF_INET);
    struct probe connect = { 0 };

    in->sin_port = htons(8080);
    in->sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
    ASSERT_OK(poll->ops->bind(poll, listener, &address));
    in->sin_addr.s_addr = htonl(INADDR_ANY);
    ASSERT(probe_connect(poll, &connect, client, &address));
    ASSERT_EQ(connect.op.result, -ECONNREFUSED);
    in->sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
    ASSERT(probe_connect(poll, &connect, client, &address));
    ASSERT_EQ(connect.op.result, 0);
    poll->ops->close_socket(poll, client);
    poll->ops->close_socket(poll, listener);
    poll->ops->close(poll);
}

TEST(poll_simulator_whole_reads_and_writes_at_once_without_a_seed)
{
    struct coil_poll *poll = open_simulator(0);
    struct pair pair = open_pair(poll);
    static char data[100000];
    struct probe probe = { 0 };

    ASSERT(probe_write(poll, &probe, pair.client, data, sizeof(data)));
    ASSERT_EQ(probe.op.result, 65536);
    ASSERT(!probe_write(poll, &probe, pair.client, data, 1));
    ASSERT_EQ(do_read(poll, pair.server, data, sizeof(data)), 65536);
    ASSERT_EQ(probe_wait(poll, &probe), 1);
    ASSERT(probe_read(poll, &probe, pair.server, data, sizeof(data)));
    ASSERT_EQ(probe.op.result, 1);
    close_pair(poll, pair);
    poll->ops->close(poll);
}

#define CLIENTS 200

/* More than the backlog connect: the rest waits for room. */
static void a_full_backlog_holds_clients_back(struct coil_poll *poll)
{
    struct coil_address address;
    int listener = open_listener(poll, &address);
    int client[CLIENTS];
    struct probe connect[CLIENTS] = { 0 };
    struct probe accept = { 0 };
    int pending = 0;
    int i;

    for (i = 0; i < CLIENTS; i++) {
        client[i] = poll->ops->socket(poll, AF_INET);
        probe_connect(poll, &connect[i], client[i], &address);
    }
    for (i = 0; i < CLIENTS; i++)
        poll_settle(poll);
    for (i = 0; i < CLIENTS; i++)
        pending += !connect[i].done;
    ASSERT_EQ(pending, CLIENTS - 128);
    for (i = 0; i < CLIENTS - 20; i++) {
        probe_accept(poll, &accept, listener);
        ASSERT_OK(probe_wait(poll, &accept));
        poll->ops->close_socket(poll, (int)accept.op.result);
        poll_settle(poll);
    }
    poll->ops->close_socket(poll, listener);
    for (i = 0; i < CLIENTS; i++) {
        ASSERT_EQ(probe_wait(poll, &connect[i]), 0);
        poll->ops->close_socket(poll, client[i]);
    }
}

TEST(poll_simulator_a_full_backlog_holds_clients_back)
{
    uint64_t seed;

    for (seed = 0; seed < 10; seed++) {
        struct coil_poll *poll = open_simulator(seed);

        a_full_backlog_holds_clients_back(poll);
        poll->ops->close(poll);
    }
}

TEST(poll_simulator_a_listener_that_closes_refuses_who_waits)
{
    struct coil_poll *poll = open_simulator(0);
    struct coil_address address;
    int listener = open_listener(poll, &address);
    struct probe connect[129] = { 0 };
    int i;

    for (i = 0; i < 129; i++) {
        int fd = poll->ops->socket(poll, AF_INET);

        ASSERT_EQ(probe_connect(poll, &connect[i], fd, &address), i < 128);
    }
    poll->ops->close_socket(poll, listener);
    ASSERT_EQ(probe_wait(poll, &connect[128]), -ECONNREFUSED);
    poll->ops->close(poll);
}

/* ---- seeds ---- */

static void note(char *trace, size_t size, struct coil_poll *poll,
                 const struct probe *probe)
{
    size_t length = strlen(trace);

    snprintf(trace + length, size - length, "%u:%td@%llu ", probe->order,
             probe->op.result,
             (unsigned long long)poll->ops->random(poll) % 100);
}

/* A conversation with everything that may depend on the seed. */
static void talk(char *trace, size_t size, uint64_t seed)
{
    struct coil_poll *poll = open_simulator(seed);
    struct pair pair = open_pair(poll);
    struct probe read[4] = { 0 };
    struct probe write[4] = { 0 };
    char data[4][64];
    int i;

    trace[0] = '\0';
    probes_over = 0;
    for (i = 0; i < 4; i++) {
        probe_read(poll, &read[i], pair.server, data[i], 64);
        probe_write(poll, &write[i], pair.client, data[i], 64);
        note(trace, size, poll, &write[i]);
    }
    poll_settle(poll);
    for (i = 0; i < 4; i++) {
        if (!read[i].done)
            probe_cancel(poll, &read[i]);
        note(trace, size, poll, &read[i]);
    }
    close_pair(poll, pair);
    poll->ops->close(poll);
}

TEST(poll_simulator_one_seed_is_one_run)
{
    static char first[4096];
    static char second[4096];
    unsigned different = 0;
    uint64_t seed;

    for (seed = 0; seed < SEEDS; seed++) {
        talk(first, sizeof(first), seed);
        talk(second, sizeof(second), seed);
        ASSERT_STR_EQ(first, second);
        talk(second, sizeof(second), seed + 1);
        different += strcmp(first, second) != 0;
    }
    ASSERT_GT(different, SEEDS * 9 / 10);
}

/* With data there and a cancellation: not, at once; the data; not, later. */
TEST(poll_simulator_seeds_decide_what_a_cancellation_meets)
{
    unsigned cancelled = 0;
    unsigned won = 0;
    unsigned late = 0;
    uint64_t seed;

    for (seed = 1; seed < SEEDS; seed++) {
        struct coil_poll *poll = open_simulator(seed);
        struct pair pair = open_pair(poll);
        struct probe read = { 0 };
        char data[1];

        ASSERT(!probe_read(poll, &read, pair.server, data, 1));
        send_all(poll, pair.client, "x", 1);
        if (!read.done) {
            poll->ops->cancel(poll, &read.op);
            late += !read.done;
            poll->ops->cancel(poll, &read.op);
            won += probe_wait(poll, &read) == 1;
            cancelled += read.op.result == -ECANCELED;
        }
        close_pair(poll, pair);
        poll->ops->close(poll);
    }
    ASSERT_GT(cancelled, 10);
    ASSERT_GT(won, 10);
    ASSERT_GT(late, 10);
}

TEST(poll_simulator_seeds_cut_and_put_off)
{
    unsigned cut = 0;
    unsigned late = 0;
    uint64_t seed;

    for (seed = 1; seed < SEEDS; seed++) {
        struct coil_poll *poll = open_simulator(seed);
        struct pair pair = open_pair(poll);
        struct probe write = { 0 };

        late += !probe_write(poll, &write, pair.client, "0123456789", 10);
        cut += probe_wait(poll, &write) < 10;
        close_pair(poll, pair);
        poll->ops->close(poll);
    }
    ASSERT_GT(cut, SEEDS / 10);
    ASSERT_GT(late, SEEDS / 10);
}

/* ---- memory ---- */

static int try_to_talk(struct coil_poll *poll)
{
    struct coil_address address = loopback();
    struct probe probe = { 0 };
    int client = poll->ops->socket(poll, AF_INET);
    int listener = poll->ops->socket(poll, AF_INET);

    if (client < 0 || listener < 0)
        return client < 0 ? client : listener;
    ASSERT_OK(poll->ops->bind(poll, listener, &address));
    ASSERT_OK(poll->ops->local_address(poll, listener, &address));
    ASSERT(probe_connect(poll, &probe, client, &address));
    if (probe.op.result < 0)
        return (int)probe.op.result;
    ASSERT(probe_accept(poll, &probe, listener));
    if (probe.op.result < 0)
        return (int)probe.op.result;
    ASSERT(probe_write(poll, &probe, client, "x", 1));
    return probe.op.result < 0 ? (int)probe.op.result : 0;
}

TEST(poll_simulator_survives_want_of_memory)
{
    int rc = -ENOMEM;
    size_t n;

    for (n = 1; rc < 0; n++) {
        struct coil_poll *poll;

        coil__alloc_fail_at(n, false);
        rc = coil__simulator_open(&poll, 0);
        if (rc < 0) {
            ASSERT_EQ(rc, -ENOMEM);
            continue;
        }
        rc = try_to_talk(poll);
        ASSERT(rc == 0 || rc == -ENOMEM);
        ASSERT_EQ(poll->pending, 0);
        poll->ops->close(poll);
    }
    coil__alloc_fail_at(0, false);
    ASSERT_GE(n, 6);
}

/* Who has connected is not lost, and accepted later. */
TEST(poll_simulator_accepts_later_where_the_table_cannot_grow)
{
    struct coil_poll *poll = open_simulator(0);
    struct coil_address address;
    int listener = open_listener(poll, &address);
    int client = poll->ops->socket(poll, AF_INET);
    struct probe connect = { 0 };
    struct probe accept = { 0 };
    int more[64];
    size_t count;

    ASSERT(probe_connect(poll, &connect, client, &address));
    ASSERT_EQ(connect.op.result, 0);
    /* Those that still fit need no memory of the table. */
    for (count = 0; count < 14; count++)
        more[count] = poll->ops->socket(poll, AF_INET);
    ASSERT_EQ(poll->sockets, 16);
    coil__alloc_fail_at(1, true);
    for (int i = 0; i < 3; i++) {
        ASSERT(probe_accept(poll, &accept, listener));
        ASSERT_EQ(accept.op.result, -ENOMEM);
    }
    coil__alloc_fail_at(0, false);
    ASSERT(probe_accept(poll, &accept, listener));
    ASSERT_OK((int)accept.op.result);
    send_all(poll, client, "x", 1);
    for (size_t i = 0; i < count; i++)
        poll->ops->close_socket(poll, more[i]);
    poll->ops->close(poll);
}

TEST(poll_simulator_a_refused_opening_leaves_nothing)
{
    struct rlimit old;
    struct rlimit none;
    struct coil_poll *poll;
    size_t live = coil__alloc_live();

    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &old), 0);
    none = old;
    none.rlim_cur = 0;
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
    ASSERT_EQ(coil__simulator_open(&poll, 0), -EMFILE);
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &old), 0);
    ASSERT_EQ(coil__alloc_live(), live);
    poll = open_simulator(0);
    poll->ops->close(poll);
    ASSERT_EQ(coil__alloc_live(), live);
}
