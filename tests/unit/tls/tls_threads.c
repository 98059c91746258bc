/* SPDX-License-Identifier: MIT */
/*
 * One pair of contexts for the loops of several threads, reloaded meanwhile.
 */
/* LABELS: threads */
#include <coil/tls.h>

#include <pthread.h>

#include <coil/run.h>
#include <coil/stream_pair.h>

#include "stream_test.h"
#include "tls_test.h"

enum { THREADS = 3, TALKS = 20 };


static void talk_once(void)
{
    struct coil_tls_start client = { .context = world.client_context };
    struct coil_tls_start server = { .context = world.server_context };
    struct coil_stream *pair[2];
    struct tls_handshake done;
    char byte;

    ASSERT_EQ(coil_stream_pair(pair), 0);
    done = tls_shake(pair[0], &client, "a.example", pair[1], &server);
    ASSERT_EQ(done.client, 0);
    ASSERT_EQ(done.server, 0);
    ASSERT_EQ(coil_stream_write(pair[1], "x", 1), 0);
    ASSERT_EQ(coil_stream_read(pair[0], &byte, 1), 1);
    coil_stream_abort(pair[0]);
    coil_stream_abort(pair[1]);
}

static int talk(void *arg)
{
    (void)arg;
    for (int i = 0; i < TALKS; i++)
        talk_once();
    return 0;
}

static void *run_loop(void *arg)
{
    ASSERT_EQ(coil_run(talk, arg), 0);
    return NULL;
}

TEST(tls_contexts_are_shared_by_threads)
{
    pthread_t threads[THREADS];

    tls_world_open();
    for (int i = 0; i < THREADS; i++)
        ASSERT_EQ(pthread_create(&threads[i], NULL, run_loop, NULL), 0);
    for (int i = 0; i < TALKS; i++)
        ASSERT_EQ(coil_tls_context_reload(world.server_context), 0);
    for (int i = 0; i < THREADS; i++)
        ASSERT_EQ(pthread_join(threads[i], NULL), 0);
    tls_world_close();
}
