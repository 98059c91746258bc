/* SPDX-License-Identifier: MIT */
/* A handshake of TLS is recorded, and its replay makes the same keys: coil/history.h. */
#include <stdio.h>
#include <stdlib.h>

#include <coil.h>
#include <coil/history.h>
#include <coil/tls.h>

#include "actors.h"
#include "folder.h"
#include "test.h"
#include "tls_test.h"

static char folder[] = "/tmp/coil-history-XXXXXX";
static char path[64];

/* What the server sends in a replay is not what is received there: that was recorded. */
static int answer(void *arg)
{
    struct coil_stream *stream = arg;
    char text[64];
    int size = snprintf(text, sizeof text, "secret %lld of %010d",
                        (long long)coil_time_of_day(), rand());

    ASSERT_EQ(coil_stream_write(stream, text, (size_t)size), 0);
    ASSERT_EQ(coil_stream_drain(stream), 0);
    return 0;
}

static int talk(void *arg)
{
    struct coil_tls_context *client = tls_client_context();
    struct coil_tls_context *server = tls_server_context("server");
    char text[64];

    (void)arg;
    for (int i = 0; i < 2; i++) { /* the second one resumes a session */
        struct pair p;
        struct tls_handshake shaken = tls_meet(&p, "a.example", client, server);
        struct coil_task *task;
        ptrdiff_t n;

        ASSERT_EQ(shaken.client, 0);
        ASSERT_EQ(shaken.server, 0);
        task = start(answer, p.b);
        n = coil_stream_read(p.a, text, sizeof text);
        ASSERT_GT(n, 0);
        say("%.*s ", (int)n, text);
        ASSERT_EQ(end_of(task), 0);
        hang_up(&p);
    }
    coil_tls_context_free(client);
    coil_tls_context_free(server);
    return 0;
}

static int run(const char *history, const char *replay)
{
    return coil_run_with(
        talk, NULL,
        &(struct coil_loop_options){ .backend = COIL_BACKEND_EPOLL,
                                     .history = history,
                                     .replay = replay });
}

TEST(tls_history_has_the_keys)
{
    char first[sizeof trace];

    tls_world_open();
    ASSERT_NOT_NULL(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/run.hist", folder);
    ASSERT_EQ(run(path, NULL), 0);
    ASSERT_STR_CONTAINS(trace, "secret");
    strcpy(first, trace);
    for (int i = 0; i < 3; i++) {
        forget();
        srand((unsigned)i + 5);
        ASSERT_EQ(run(NULL, path), 0);
        ASSERT_STR_CONTAINS(trace, "secret");
        SAID(first);
    }
    remove_folder(folder);
    tls_world_close();
}
