/* SPDX-License-Identifier: MIT */
/*
 * boost.cc - the rows of `make bench-peers` with Boost.Fiber, and by hand with
 * Boost.Context
 *
 *     boost ROW     prints "ROW NANOSECONDS" for each unit; nothing for a row
 *                   that Boost does not have
 *
 * Stacks have 64 KiB and no guard.  Boost.Fiber of Debian keeps its locks
 * between threads, though there is one thread here.
 */
#include <boost/context/fiber.hpp>
#include <boost/fiber/all.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <malloc.h>
#include <string>
#include <vector>

namespace fibers = boost::fibers;

namespace
{

constexpr std::size_t stack_size = 64 * 1024;

double clock_of(clockid_t clock)
{
    timespec t;

    clock_gettime(clock, &t);
    return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

double now()
{
    return clock_of(CLOCK_MONOTONIC);
}

template <typename F> fibers::fiber start(F fn)
{
    return fibers::fiber(fibers::launch::post, std::allocator_arg,
                         fibers::fixedsize_stack(stack_size), fn);
}

/* Run fn in so many fibers, and wait for them. */
template <typename F> void all(int count, F fn)
{
    std::vector<fibers::fiber> made;

    made.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; i++)
        made.push_back(start(fn));
    for (auto &fiber : made)
        fiber.join();
}

double yields(int count)
{
    constexpr int times = 2000000;
    double before = now();

    all(count, [count] {
        for (int i = times / count; i > 0; i--)
            boost::this_fiber::yield();
    });
    return (now() - before) / times;
}

double yield_2()
{
    return yields(2);
}

double yield_1000()
{
    return yields(1000);
}

/* The stacks come from a pool. */
double spawn()
{
    constexpr int times = 300000;
    fibers::pooled_fixedsize_stack pool(stack_size);
    double before = now();

    for (int i = 0; i < times; i++)
        fibers::fiber(fibers::launch::post, std::allocator_arg, pool, [] {
        }).join();
    return (now() - before) / times;
}

struct event {
    fibers::mutex mutex;
    fibers::condition_variable is_set_now;
    bool is_set = false;

    void wait()
    {
        std::unique_lock<fibers::mutex> lock(mutex);

        is_set_now.wait(lock, [this] { return is_set; });
    }

    void set()
    {
        std::unique_lock<fibers::mutex> lock(mutex);

        is_set = true;
        lock.unlock();
        is_set_now.notify_all();
    }
};

double alive()
{
    constexpr int count = 100000;
    std::vector<fibers::fiber> made;
    event parked;
    double before = now();

    made.reserve(count);
    for (int i = 0; i < count; i++)
        made.push_back(start([&parked] { parked.wait(); }));
    boost::this_fiber::yield();
    parked.set();
    for (auto &fiber : made)
        fiber.join();
    return (now() - before) / count;
}

double lock()
{
    constexpr int times = 5000000;
    fibers::mutex mutex;
    double before = now();

    for (int i = 0; i < times; i++) {
        mutex.lock();
        mutex.unlock();
    }
    return (now() - before) / times;
}

double lock_contended()
{
    constexpr int times = 300000;
    fibers::mutex mutex;
    double before = now();

    all(100, [&mutex] {
        for (int i = 0; i < times / 100; i++) {
            mutex.lock();
            boost::this_fiber::yield();
            mutex.unlock();
        }
    });
    return (now() - before) / times;
}

/* A capacity must be a power of two, and two at least. */
double queue_ping_pong()
{
    constexpr int times = 500000;
    fibers::buffered_channel<std::uint64_t> there(2);
    fibers::buffered_channel<std::uint64_t> back(2);
    double before = now();
    fibers::fiber echo = start([&there, &back] {
        for (int i = 0; i < times; i++)
            back.push(there.value_pop());
    });

    for (std::uint64_t i = 0; i < times; i++) {
        there.push(i);
        if (back.value_pop() != i)
            std::abort();
    }
    echo.join();
    return (now() - before) / times;
}

double queue_buffered()
{
    constexpr int times = 2000000;
    fibers::buffered_channel<std::uint64_t> queue(1024);
    double before = now();
    fibers::fiber producer = start([&queue] {
        for (std::uint64_t i = 0; i < times; i++)
            queue.push(i);
    });

    for (std::uint64_t i = 0; i < times; i++) {
        if (queue.value_pop() != i)
            std::abort();
    }
    producer.join();
    return (now() - before) / times;
}

double event_wake()
{
    constexpr int waiters = 10000, rounds = 30;
    fibers::mutex mutex;
    fibers::condition_variable changed;
    int round = 0, woken = 0;
    bool ending = false;
    std::vector<fibers::fiber> made;
    double before, each;

    for (int i = 0; i < waiters; i++)
        made.push_back(start([&] {
            std::unique_lock<fibers::mutex> lock(mutex);

            for (int seen = 0; !ending; seen++) {
                changed.wait(lock, [&] { return round > seen; });
                woken++;
            }
        }));
    boost::this_fiber::yield();
    before = now();
    while (round < rounds) {
        mutex.lock();
        round++;
        mutex.unlock();
        changed.notify_all();
        while (woken < round * waiters)
            boost::this_fiber::yield();
    }
    each = (now() - before) / (double(waiters) * rounds);
    ending = true;
    round++;
    changed.notify_all();
    for (auto &fiber : made)
        fiber.join();
    return each;
}

std::uint64_t random_number()
{
    static std::uint64_t state = 88172645463325252;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

double sleepers()
{
    constexpr int count = 100000;
    double before = clock_of(CLOCK_PROCESS_CPUTIME_ID);

    all(count, [] {
        boost::this_fiber::sleep_for(
            std::chrono::nanoseconds(random_number() % 1000000000));
    });
    return (clock_of(CLOCK_PROCESS_CPUTIME_ID) - before) / count;
}

double memory()
{
    std::ifstream status("/proc/self/status");
    std::string line;
    double sum = 0;

    while (std::getline(status, line)) {
        if (line.compare(0, 6, "VmRSS:") == 0 ||
            line.compare(0, 6, "VmPTE:") == 0)
            sum += std::atof(line.c_str() + 6) * 1024;
    }
    return sum;
}

double task_bytes()
{
    constexpr int count = 100000;
    std::vector<fibers::fiber> made;
    event parked;
    double before = memory();
    double each;

    made.reserve(count);
    for (int i = 0; i < count; i++)
        made.push_back(start([&parked] { parked.wait(); }));
    boost::this_fiber::yield();
    each = (memory() - before) / count;
    parked.set();
    for (auto &fiber : made)
        fiber.join();
    return each;
}

/* By hand: Boost.Context alone. */
double send_yield()
{
    namespace context = boost::context;

    constexpr int times = 10000000;
    bool ending = false;
    context::fiber other([&ending](context::fiber &&caller) {
        while (!ending)
            caller = std::move(caller).resume();
        return std::move(caller);
    });
    double before, each;

    other = std::move(other).resume();
    before = now();
    for (int i = 0; i < times; i++)
        other = std::move(other).resume();
    each = (now() - before) / times;
    ending = true;
    other = std::move(other).resume();
    return each;
}

const struct {
    const char *name;
    double (*fn)();
    bool is_cold;
} rows[] = {
    { "yield_2", yield_2, false },
    { "yield_1000", yield_1000, false },
    { "spawn", spawn, false },
    { "alive_cold", alive, true },
    { "alive_warm", alive, false },
    { "lock", lock, false },
    { "lock_contended", lock_contended, false },
    { "queue_ping_pong", queue_ping_pong, false },
    { "queue_buffered", queue_buffered, false },
    { "event", event_wake, false },
    { "sleepers", sleepers, false },
    { "task_bytes", task_bytes, true },
    { "send_yield", send_yield, false },
};

} // namespace

int main(int argc, char **argv)
{
    if (argc == 2 && std::strcmp(argv[1], "serve") == 0) {
        std::fputs("this peer has no server\n", stderr);
        return 1;
    }
    /* Stacks that are freed are kept for the next. */
    mallopt(M_TRIM_THRESHOLD, -1);
    mallopt(M_MMAP_MAX, 0);
    for (const auto &row : rows) {
        if (argc != 2 || std::strcmp(argv[1], row.name) != 0)
            continue;
        if (!row.is_cold)
            row.fn();
        std::printf("%s %.2f\n", row.name, row.fn());
    }
    return 0;
}
