/* SPDX-License-Identifier: MIT */
/*
 * stream_test.h - a test over streams, on the simulator and on the kernel
 *
 *     STREAM_TEST(stream_ends_when_the_other_side_closes)
 *     {
 *         struct pair p = connected();
 *         ...
 *         hang_up(&p);
 *     }
 *
 * The body is the main task of one loop after another: the kernel's, then the
 * simulator's with seeds 0 … SEEDS-1, which cut reads and writes short, let them
 * wait and run what is ready in another order; last over streams that are a pair
 * in memory.  Nothing may depend on that.
 */
#ifndef COIL_TESTS_STREAM_TEST_H
#define COIL_TESTS_STREAM_TEST_H

#include <stdio.h>
#include <stdlib.h>

#include <coil/error.h>
#include <coil/loop.h>
#include <coil/stream.h>
#include <coil/stream_pair.h>
#include <coil/task.h>
#include <coil/testing.h>
#include <coil/timeout.h>

#include "actors.h"
#include "test.h"

#ifndef SEEDS
#define SEEDS 40
#endif

static bool simulated;
static bool in_memory; /* simulated as well */
static uint64_t seed;  /* 0 on the kernel */

/* Let everything that can happen without us happen. */
static inline void settle(void)
{
    if (simulated)
        ASSERT_EQ(coil_test_settle(), 0);
    else
        ASSERT_EQ(coil_sleep(2 * COIL_MILLISECOND), 0);
}

/* ---- connections ---- */

struct pair {
    struct coil_stream *a;
    struct coil_stream *b;
};

static inline struct coil_listener *listening(struct coil_address *address)
{
    struct coil_listener *listener;

    ASSERT_EQ(coil_tcp_listen(&listener, "127.0.0.1", 0), 0);
    coil_listener_address(listener, address);
    return listener;
}

static inline struct pair connected(void)
{
    struct coil_listener *listener;
    struct coil_address address;
    struct pair p;

    if (in_memory) {
        struct coil_stream *pair[2];

        ASSERT_EQ(coil_stream_pair(pair), 0);
        return (struct pair){ pair[0], pair[1] };
    }
    listener = listening(&address);
    ASSERT_EQ(coil_tcp_connect_address(&p.a, &address), 0);
    ASSERT_EQ(coil_listener_accept(listener, &p.b), 0);
    coil_listener_close(listener);
    return p;
}

static inline void hang_up(struct pair *p)
{
    coil_stream_abort(p->a);
    coil_stream_abort(p->b);
}

static inline void send_text(struct coil_stream *s, const char *text)
{
    ASSERT_EQ(coil_stream_write(s, text, strlen(text)), 0);
}

/* ---- what is sent: the byte at each place is known ---- */

static inline unsigned char byte_at(size_t place)
{
    return (unsigned char)(place * 31 + (place >> 8) * 7 + (place >> 16));
}

static inline void fill_bytes(unsigned char *bytes, size_t place, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = byte_at(place + i);
}

static inline void check_bytes(const unsigned char *bytes, size_t place,
                               size_t size)
{
    for (size_t i = 0; i < size; i++)
        ASSERT_EQ(bytes[i], byte_at(place + i));
}

/* `size` bytes from the place 0; free() them. */
static inline unsigned char *make_bytes(size_t size)
{
    unsigned char *bytes = calloc(size + 1, 1);

    ASSERT_NOT_NULL(bytes);
    fill_bytes(bytes, 0, size);
    return bytes;
}

/* ---- running ---- */

static inline int run_body(void *arg)
{
    void (**body)(void) = arg;

    (*body)();
    return 0;
}

static inline void say_where(void)
{
    if (simulated)
        fprintf(stderr, "%s, seed %llu\n",
                in_memory ? "in memory" : "on the simulator",
                (unsigned long long)seed);
}

static inline void run_on_kernel(void (*body)(void))
{
    simulated = false;
    ASSERT_EQ(coil_run_with(
                  run_body, &body,
                  &(struct coil_loop_options){ .backend = COIL_BACKEND_EPOLL }),
              0);
}

static inline void run_simulated(void (*body)(void))
{
    simulated = true;
    test_on_failure = say_where;
    for (seed = 0; seed < SEEDS; seed++)
        ASSERT_EQ(coil_test_run(run_body, &body, seed), 0);
    seed = 0;
}

static inline void run_in_memory(void (*body)(void))
{
    in_memory = true;
    run_simulated(body);
    in_memory = false;
}

#define STREAM_TEST(name)                                                      \
    static void stream_body_##name(void);                                      \
    TEST(name)                                                                 \
    {                                                                          \
        run_on_kernel(stream_body_##name);                                     \
        run_simulated(stream_body_##name);                                     \
        run_in_memory(stream_body_##name);                                     \
    }                                                                          \
    static void stream_body_##name(void)

/* Not over a pair in memory: what has addresses, or calls that fail. */
#define SOCKET_TEST(name)                                                      \
    static void stream_body_##name(void);                                      \
    TEST(name)                                                                 \
    {                                                                          \
        run_on_kernel(stream_body_##name);                                     \
        run_simulated(stream_body_##name);                                     \
    }                                                                          \
    static void stream_body_##name(void)

/* On the kernel alone: what the simulator has no notion of. */
#define KERNEL_TEST(name)                                                      \
    static void stream_body_##name(void);                                      \
    TEST(name)                                                                 \
    {                                                                          \
        run_on_kernel(stream_body_##name);                                     \
    }                                                                          \
    static void stream_body_##name(void)

#endif
