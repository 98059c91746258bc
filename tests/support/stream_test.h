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
 * simulator's with seeds 0 … SEEDS-1 (40, or as many as COIL_TEST_SEEDS), which
 * cut reads and writes short, let them wait and run what is ready in another order;
 * last over streams that are a pair in memory.  Nothing may depend on that.
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
#include "place.h"
#include "test.h"

#ifndef SEEDS
#define SEEDS test_seeds(40)
#endif

/* Over a pair of streams in memory, on the simulator. */
extern bool in_memory;

/* ---- connections ---- */

struct pair {
    struct coil_stream *a;
    struct coil_stream *b;
};

struct coil_listener *listening(struct coil_address *address);
struct pair connected(void);
void hang_up(struct pair *p);
void send_text(struct coil_stream *s, const char *text);

/* The next line is this, which ends with "\n". */
void expect_line(struct coil_stream *s, const char *line);

/* ---- what is sent: the byte at each place is known ---- */

unsigned char byte_at(size_t place);
void fill_bytes(unsigned char *bytes, size_t place, size_t size);
void check_bytes(const unsigned char *bytes, size_t place, size_t size);

/* A task: read and check all that comes; returns how many bytes. */
int read_to_end(void *stream);

/* `size` bytes from position 0; free() them. */
unsigned char *make_bytes(size_t size);

/* ---- running ---- */

/* A main task: calls the `void (*)(void)` that `arg` points to. */
int run_body(void *arg);

void say_where(void);
void run_on_kernel(void (*body)(void));
void run_simulated(void (*body)(void));
void run_in_memory(void (*body)(void));

#define STREAM_TEST(name)                                                      \
    static void stream_body_##name(void);                                      \
    TEST(name)                                                                 \
    {                                                                          \
        run_on_kernel(stream_body_##name);                                     \
        run_simulated(stream_body_##name);                                     \
        run_in_memory(stream_body_##name);                                     \
    }                                                                          \
    static void stream_body_##name(void)

/* Not over a pair in memory: for addresses, or calls that fail. */
#define SOCKET_TEST(name)                                                      \
    static void stream_body_##name(void);                                      \
    TEST(name)                                                                 \
    {                                                                          \
        run_on_kernel(stream_body_##name);                                     \
        run_simulated(stream_body_##name);                                     \
    }                                                                          \
    static void stream_body_##name(void)

/* On the kernel alone: for what the simulator does not have. */
#define KERNEL_TEST(name)                                                      \
    static void stream_body_##name(void);                                      \
    TEST(name)                                                                 \
    {                                                                          \
        run_on_kernel(stream_body_##name);                                     \
    }                                                                          \
    static void stream_body_##name(void)

#endif
