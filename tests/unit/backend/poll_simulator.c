/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/* poll_simulator.c - the world in memory, straight on the seam */
#include "poll_simulator_test.h"

#define SEEDS 200

static void run_with_seeds(void (*play)(struct coil__backend *backend))
{
    uint64_t seed;

    for (seed = 0; seed < SEEDS; seed++) {
        struct coil__backend *backend = open_simulator(seed);

        play(backend);
        ASSERT_EQ(backend->pending, 0);
        ASSERT_EQ(backend->sockets, 0);
        backend->ops->close(backend);
    }
}

static void play_scenario(const void *subject)
{
    const struct poll_scenario *scenario = subject;

    run_with_seeds(scenario->play);
}

__attribute__((constructor)) static void make_tests(void)
{
    poll_scenario_tests(__FILE__, "poll_simulator", play_scenario);
}

/* ---- the clock ---- */

TEST(poll_simulator_clock_jumps_to_the_deadline)
{
    struct coil__backend *backend = open_simulator(0);

    ASSERT_EQ(backend->ops->now(backend), 0);
    ASSERT_EQ(backend->ops->wait(backend, COIL_SECOND), 0);
    ASSERT_EQ(backend->ops->now(backend), COIL_SECOND);
    ASSERT_EQ(backend->ops->wait(backend, COIL_MILLISECOND), 0);
    ASSERT_EQ(backend->ops->now(backend), COIL_SECOND);
    ASSERT_EQ(backend->ops->wait(backend, COIL_NEVER - 1), 0);
    ASSERT_EQ(backend->ops->now(backend), COIL_NEVER - 1);
    backend->ops->close(backend);
}

static void clock_stands_while_operations_end(struct coil__backend *backend)
{
    struct pair pair = open_pair(backend);
    coil_time start = backend->ops->now(backend);
    struct probe read[2] = { 0 };
    char data[2];

    ASSERT(!probe_read(backend, &read[0], pair.client, &data[0], 1));
    ASSERT(!probe_read(backend, &read[1], pair.server, &data[1], 1));
    send_all(backend, pair.client, "x", 1);
    send_all(backend, pair.server, "y", 1);
    while (!read[0].done || !read[1].done) {
        ASSERT_EQ(backend->ops->now(backend), start);
        ASSERT_EQ(backend->ops->wait(backend, start + COIL_SECOND), 0);
    }
    ASSERT_EQ(backend->ops->now(backend), start);
    backend->ops->wake(backend);
    ASSERT_EQ(backend->ops->wait(backend, start + COIL_SECOND), 0);
    ASSERT_EQ(backend->ops->now(backend), start);
    close_pair(backend, pair);
}

TEST(poll_simulator_clock_stands_while_operations_end)
{
    run_with_seeds(clock_stands_while_operations_end);
}

TEST(poll_simulator_pending_operations_of_nobody_else_are_a_deadlock)
{
    struct coil__backend *backend = open_simulator(0);
    struct pair pair = open_pair(backend);
    struct probe read = { 0 };
    char data[1];

    ASSERT(!probe_read(backend, &read, pair.client, data, 1));
    ASSERT_EQ(backend->ops->wait(backend, COIL_NEVER), -EDEADLK);
    ASSERT_EQ(probe_cancel(backend, &read), -ECANCELED);
    close_pair(backend, pair);
    backend->ops->close(backend);
}

TEST(poll_simulator_with_holds_waits_for_a_thread)
{
    struct coil__backend *backend = open_simulator(1);
    pthread_t thread;
    int i;

    backend->holds = 1;
    for (i = 0; i < 5; i++) {
        ASSERT_EQ(pthread_create(&thread, NULL, wake_later, backend), 0);
        ASSERT_EQ(backend->ops->wait(backend, COIL_NEVER), 0);
        ASSERT_EQ(backend->ops->now(backend), 0);
        pthread_join(thread, NULL);
    }
    ASSERT_EQ(backend->ops->wait(backend, COIL_SECOND), 0);
    ASSERT_EQ(backend->ops->now(backend), COIL_SECOND);
    backend->ops->close(backend);
}

/* Sockets that were left open are freed with the simulator. */
TEST(poll_simulator_leaves_no_memory_behind)
{
    size_t live = coil__alloc_live();
    struct coil__backend *backend = open_simulator(0);
    struct coil_address address;
    struct probe connect = { 0 };
    struct pair pair = open_pair(backend);
    int listener = open_listener(backend, &address);
    int client = backend->ops->socket(backend, AF_INET, SOCK_STREAM);

    (void)listener;
    ASSERT_EQ(do_write(backend, pair.client, "x", 1), 1);
    ASSERT(probe_connect(backend, &connect, client, &address));
    ASSERT_EQ(connect.op.result, 0);
    backend->ops->close(backend);
    ASSERT_EQ(coil__alloc_live(), live);
}

/* It sleeps meanwhile, and uses no processor time. */
TEST(poll_simulator_sleeps_while_it_waits_for_a_thread)
{
    struct coil__backend *backend = open_simulator(1);
    struct timespec before;
    struct timespec after;
    pthread_t thread;

    backend->holds = 1;
    ASSERT_EQ(pthread_create(&thread, NULL, wake_later, backend), 0);
    ASSERT_EQ(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before), 0);
    ASSERT_EQ(backend->ops->wait(backend, COIL_NEVER), 0);
    ASSERT_EQ(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after), 0);
    pthread_join(thread, NULL);
    ASSERT_LT((after.tv_sec - before.tv_sec) * 1000000000L + after.tv_nsec -
                  before.tv_nsec,
              10 * COIL_MILLISECOND);
    backend->ops->close(backend);
}

struct handover {
    struct coil__backend *backend;
    atomic_int given;
};

#define HANDOVERS 20000

static void *give_all(void *arg)
{
    struct handover *h = arg;
    int i;

    for (i = 0; i < HANDOVERS; i++) {
        atomic_fetch_add(&h->given, 1);
        h->backend->ops->wake(h->backend);
    }
    return NULL;
}

TEST(poll_simulator_no_wake_is_lost)
{
    struct handover h = { .backend = open_simulator(0) };
    pthread_t thread;
    int seen;

    h.backend->holds = 1;
    ASSERT_EQ(pthread_create(&thread, NULL, give_all, &h), 0);
    do {
        ASSERT_EQ(h.backend->ops->wait(h.backend, COIL_NEVER), 0);
        seen = atomic_load(&h.given);
    } while (seen < HANDOVERS);
    pthread_join(thread, NULL);
    h.backend->ops->close(h.backend);
}

/* The peer makes room: the reader is asked, and still has nothing to read. */
TEST(poll_simulator_what_ends_nothing_is_no_event)
{
    struct coil__backend *backend = open_simulator(0);
    struct pair pair = open_pair(backend);
    struct probe read = { 0 };
    char data[1];
    int i;

    ASSERT(!probe_read(backend, &read, pair.client, data, 1));
    for (i = 0; i < 2; i++) {
        ASSERT_EQ(do_write(backend, pair.client, "x", 1), 1);
        ASSERT_EQ(do_read(backend, pair.server, data, 1), 1);
        if (i == 0)
            ASSERT_EQ(backend->ops->wait(backend, COIL_NEVER), -EDEADLK);
        else
            ASSERT_EQ(backend->ops->wait(backend, COIL_SECOND), 0);
    }
    ASSERT_EQ(backend->ops->now(backend), COIL_SECOND);
    ASSERT(!read.done);
    ASSERT_EQ(probe_cancel(backend, &read), -ECANCELED);
    close_pair(backend, pair);
    backend->ops->close(backend);
}

/* ---- seeds ---- */

static void note(char *trace, size_t size, struct coil__backend *backend,
                 const struct probe *probe)
{
    size_t length = strlen(trace);

    snprintf(trace + length, size - length, "%u:%td@%llu ", probe->order,
             probe->op.result,
             (unsigned long long)backend->ops->random(backend) % 100);
}

/* A conversation that uses everything that may depend on the seed. */
static void talk(char *trace, size_t size, uint64_t seed)
{
    struct coil__backend *backend = open_simulator(seed);
    struct pair pair = open_pair(backend);
    struct probe read[4] = { 0 };
    struct probe write[4] = { 0 };
    char data[4][64];
    int i;

    trace[0] = '\0';
    probes_over = 0;
    for (i = 0; i < 4; i++) {
        probe_read(backend, &read[i], pair.server, data[i], 64);
        probe_write(backend, &write[i], pair.client, data[i], 64);
        note(trace, size, backend, &write[i]);
    }
    poll_settle(backend);
    for (i = 0; i < 4; i++) {
        if (!read[i].done)
            probe_cancel(backend, &read[i]);
        note(trace, size, backend, &read[i]);
    }
    close_pair(backend, pair);
    backend->ops->close(backend);
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

/*
 * There is data, and a cancellation comes: the seed decides whether the read is
 * cancelled at once, has the data, or is cancelled later.
 */
TEST(poll_simulator_seeds_decide_what_a_cancellation_meets)
{
    unsigned cancelled = 0;
    unsigned won = 0;
    unsigned late = 0;
    uint64_t seed;

    for (seed = 1; seed < SEEDS; seed++) {
        struct coil__backend *backend = open_simulator(seed);
        struct pair pair = open_pair(backend);
        struct probe read = { 0 };
        char data[1];

        ASSERT(!probe_read(backend, &read, pair.server, data, 1));
        send_all(backend, pair.client, "x", 1);
        if (!read.done) {
            backend->ops->cancel(backend, &read.op);
            late += !read.done;
            backend->ops->cancel(backend, &read.op);
            won += probe_wait(backend, &read) == 1;
            cancelled += read.op.result == -ECANCELED;
        }
        close_pair(backend, pair);
        backend->ops->close(backend);
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
        struct coil__backend *backend = open_simulator(seed);
        struct pair pair = open_pair(backend);
        struct probe write = { 0 };

        late += !probe_write(backend, &write, pair.client, "0123456789", 10);
        cut += probe_wait(backend, &write) < 10;
        close_pair(backend, pair);
        backend->ops->close(backend);
    }
    ASSERT_GT(cut, SEEDS / 10);
    ASSERT_GT(late, SEEDS / 10);
}

/* ---- memory ---- */

static int try_to_talk(struct coil__backend *backend)
{
    struct coil_address address = loopback();
    struct probe probe = { 0 };
    int client = backend->ops->socket(backend, AF_INET, SOCK_STREAM);
    int listener = backend->ops->socket(backend, AF_INET, SOCK_STREAM);

    if (client < 0 || listener < 0)
        return client < 0 ? client : listener;
    ASSERT_OK(backend->ops->bind(backend, listener, &address));
    ASSERT_OK(backend->ops->local_address(backend, listener, &address));
    ASSERT(probe_connect(backend, &probe, client, &address));
    if (probe.op.result < 0)
        return (int)probe.op.result;
    ASSERT(probe_accept(backend, &probe, listener));
    if (probe.op.result < 0)
        return (int)probe.op.result;
    ASSERT(probe_write(backend, &probe, client, "x", 1));
    return probe.op.result < 0 ? (int)probe.op.result : 0;
}

TEST(poll_simulator_survives_want_of_memory)
{
    int rc = -ENOMEM;
    size_t n;

    for (n = 1; rc < 0; n++) {
        struct coil__backend *backend;

        coil__alloc_fail_at(n, false);
        rc = coil__simulator_open(&backend, 0);
        if (rc < 0) {
            ASSERT_EQ(rc, -ENOMEM);
            continue;
        }
        rc = try_to_talk(backend);
        ASSERT(rc == 0 || rc == -ENOMEM);
        ASSERT_EQ(backend->pending, 0);
        backend->ops->close(backend);
    }
    coil__alloc_fail_at(0, false);
    ASSERT_GE(n, 6);
}

/* A connection that was made is not lost; it is accepted later. */
TEST(poll_simulator_accepts_later_where_the_table_cannot_grow)
{
    struct coil__backend *backend = open_simulator(0);
    struct coil_address address;
    int listener = open_listener(backend, &address);
    int client = backend->ops->socket(backend, AF_INET, SOCK_STREAM);
    struct probe connect = { 0 };
    struct probe accept = { 0 };
    int more[64];
    size_t count;

    ASSERT(probe_connect(backend, &connect, client, &address));
    ASSERT_EQ(connect.op.result, 0);
    /* Operations for which the table has room need no memory. */
    for (count = 0; count < 14; count++)
        more[count] = backend->ops->socket(backend, AF_INET, SOCK_STREAM);
    ASSERT_EQ(backend->sockets, 16);
    coil__alloc_fail_at(1, true);
    for (int i = 0; i < 3; i++) {
        ASSERT(probe_accept(backend, &accept, listener));
        ASSERT_EQ(accept.op.result, -ENOMEM);
    }
    coil__alloc_fail_at(0, false);
    ASSERT(probe_accept(backend, &accept, listener));
    ASSERT_OK((int)accept.op.result);
    send_all(backend, client, "x", 1);
    for (size_t i = 0; i < count; i++)
        backend->ops->close_socket(backend, more[i]);
    backend->ops->close(backend);
}

TEST(poll_simulator_a_refused_opening_leaves_nothing)
{
    struct rlimit old;
    struct rlimit none;
    struct coil__backend *backend;
    size_t live = coil__alloc_live();

    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &old), 0);
    none = old;
    none.rlim_cur = 0;
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
    ASSERT_EQ(coil__simulator_open(&backend, 0), -EMFILE);
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &old), 0);
    ASSERT_EQ(coil__alloc_live(), live);
    backend = open_simulator(0);
    backend->ops->close(backend);
    ASSERT_EQ(coil__alloc_live(), live);
}
