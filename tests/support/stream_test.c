/* SPDX-License-Identifier: MIT */
/* stream_test.c - a test over streams, on the simulator and on the kernel */
#include "stream_test.h"

bool in_memory; /* simulated as well */

/* ---- connections ---- */

struct coil_listener *listening(struct coil_address *address)
{
    struct coil_listener *listener;

    ASSERT_EQ(coil_tcp_listen(&listener, "127.0.0.1", 0), 0);
    coil_listener_address(listener, address);
    return listener;
}

struct pair connected(void)
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

void hang_up(struct pair *p)
{
    coil_stream_abort(p->a);
    coil_stream_abort(p->b);
}

void send_text(struct coil_stream *s, const char *text)
{
    ASSERT_EQ(coil_stream_write(s, text, strlen(text)), 0);
}

void expect_line(struct coil_stream *s, const char *line)
{
    char text[64] = "";
    size_t length;

    ASSERT_EQ(
        coil_stream_read_until(s, "\n", 1, text, sizeof text - 1, &length), 0);
    text[length] = '\0';
    ASSERT_STR_EQ(text, line);
}

/* ---- what is sent: the byte at each place is known ---- */

unsigned char byte_at(size_t place)
{
    return (unsigned char)(place * 31 + (place >> 8) * 7 + (place >> 16));
}

void fill_bytes(unsigned char *bytes, size_t place, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = byte_at(place + i);
}

void check_bytes(const unsigned char *bytes, size_t place, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ASSERT_EQ(bytes[i], byte_at(place + i));
}

int read_to_end(void *stream)
{
    unsigned char buffer[10000];
    size_t place = 0;
    ptrdiff_t n;

    while ((n = coil_stream_read(stream, buffer, sizeof buffer)) > 0) {
        check_bytes(buffer, place, (size_t)n);
        place += (size_t)n;
    }
    return n < 0 ? (int)n : (int)place;
}

unsigned char *make_bytes(size_t size)
{
    unsigned char *bytes = calloc(size + 1, 1);

    ASSERT_NOT_NULL(bytes);
    fill_bytes(bytes, 0, size);
    return bytes;
}

/* ---- running ---- */

int run_body(void *arg)
{
    void (**body)(void) = arg;

    (*body)();
    return 0;
}

void say_where(void)
{
    if (simulated)
        fprintf(stderr, "%s, seed %llu\n",
                in_memory ? "in memory" : "on the simulator",
                (unsigned long long)seed);
}

void run_on_kernel(void (*body)(void))
{
    simulated = false;
    ASSERT_EQ(coil_run_with(run_body, &body,
                            &(struct coil_loop_options){
                                .backend = COIL_BACKEND_DEFAULT }),
              0);
}

void run_simulated(void (*body)(void))
{
    simulated = true;
    test_on_failure = say_where;
    test_keep_freed_memory();
    for (seed = 0; seed < SEEDS; seed++)
        ASSERT_EQ(coil_test_run(run_body, &body, seed), 0);
    seed = 0;
}

void run_in_memory(void (*body)(void))
{
    in_memory = true;
    run_simulated(body);
    in_memory = false;
}
