/* SPDX-License-Identifier: MIT */
/*
 * What OpenSSL keeps for a connection that is idle.
 */
#include <coil/tls.h>

#include <malloc.h>

#include <openssl/crypto.h>

#include "stream_test.h"
#include "tls_test.h"

enum { RECORD = 16 * 1024 };

static size_t live;

static void *allocate(size_t size, const char *file, int line)
{
    void *memory = malloc(size);

    (void)file;
    (void)line;
    if (memory)
        live += malloc_usable_size(memory);
    return memory;
}

static void release(void *memory, const char *file, int line)
{
    (void)file;
    (void)line;
    if (memory)
        live -= malloc_usable_size(memory);
    free(memory);
}

static void *reallocate(void *memory, size_t size, const char *file, int line)
{
    size_t before = memory ? malloc_usable_size(memory) : 0;
    void *moved = realloc(memory, size);

    (void)file;
    (void)line;
    if (moved)
        live += malloc_usable_size(moved) - before;
    return moved;
}

/* Before OpenSSL allocates anything. */
__attribute__((constructor)) static void take_over_memory(void)
{
    ASSERT_EQ(CRYPTO_set_mem_functions(allocate, reallocate, release), 1);
}

static void exchange(struct pair *p)
{
    char text[5];

    send_text(p->a, "hello");
    ASSERT_EQ(coil_stream_read_exactly(p->b, text, 5, NULL), 0);
    send_text(p->b, "hello");
    ASSERT_EQ(coil_stream_read_exactly(p->a, text, 5, NULL), 0);
}

static void do_nothing_more(void *unused)
{
    (void)unused;
}

/* Watch both sides, as idle connections are; what OpenSSL keeps then. */
static size_t kept_by(struct pair *p)
{
    struct coil_stream_watch watches[2];
    size_t kept;

    ASSERT_EQ(coil_stream_watch(p->a, &watches[0], do_nothing_more, NULL), 0);
    ASSERT_EQ(coil_stream_watch(p->b, &watches[1], do_nothing_more, NULL), 0);
    kept = live;
    coil_stream_unwatch(&watches[0]);
    coil_stream_unwatch(&watches[1]);
    return kept;
}

/* Tickets came in front of the first answer, and nothing was sent since. */
TLS_TEST(tls_memory_of_idle_connections_has_no_buffers)
{
    struct pair p = tls_connected(world.client_context);
    size_t after_tickets;

    exchange(&p);
    after_tickets = kept_by(&p);
    exchange(&p);
    ASSERT_LT(after_tickets, kept_by(&p) + RECORD / 2);
    hang_up(&p);
}
