/* SPDX-License-Identifier: MIT */
/*
 * The functions of libcoil-http that suspend, outside of a task: what is named
 * is what the program has called, and not what that has waited for.
 */
#include <coil/http_client.h>
#include <coil/http_server.h>

#include "base/platform.h"
#include "child.h"
#include "names.h"
#include "simulated.h"
#include "test.h"

static COIL_NOINLINE int get_outside(struct coil_http_client *client)
{
    struct coil_http_response *response;

    return coil__keep_frame(
        coil_http_get(client, "http://127.0.0.1:1/", &response));
}

static COIL_NOINLINE int listen_outside(struct coil_http_server *server)
{
    return coil__keep_frame(coil_http_server_listen(server, "localhost", 0));
}

static void listen_for_requests(void *arg)
{
    struct coil_http_server *server;

    (void)arg;
    ASSERT_EQ(coil_http_server_new(&server, NULL), 0);
    if (listen_outside(server) == 0)
        _exit(1);
}

static void get(void *arg)
{
    struct coil_http_client *client;

    (void)arg;
    ASSERT_EQ(coil_http_client_new(&client, NULL), 0);
    if (get_outside(client) == 0)
        _exit(1);
}

TEST(http_outside_of_a_task_the_call_is_named)
{
    struct child child;

    if (!knows_callers())
        SKIP("nobody knows here who calls whom");
    child_run(&child, get, NULL);
    ASSERT_CHILD_KILLED(&child, SIGABRT);
    ASSERT_STR_CONTAINS(child.text, "coil: coil_http_get: called outside");
    ASSERT_STR_CONTAINS(child.text, "by get_outside");
    child_run(&child, listen_for_requests, NULL);
    ASSERT_CHILD_KILLED(&child, SIGABRT);
    ASSERT_STR_CONTAINS(child.text,
                        "coil: coil_http_server_listen: called outside");
    ASSERT_STR_CONTAINS(child.text, "by listen_outside");
}

static int get_without_clock(void *client)
{
    struct coil_http_response *response;
    int rc = coil_http_get(client, "http://127.0.0.1:1/", &response);

    ASSERT_NULL(response);
    return rc;
}

/* The limit of a connect needs a clock, and a loop has one. */
TEST(http_outside_of_a_loop_nothing_is_fetched)
{
    struct coil_http_client *client;

    ASSERT_EQ(coil_http_client_new(&client, NULL), 0);
    ASSERT_EQ(run_without_clock(get_without_clock, client), -ENOTSUP);
    ASSERT_EQ(coil_http_client_connections(client), 0);
    coil_http_client_free(client);
}
