/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/*
 * HTTP over a Unix socket: the same calls on both sides.
 */
#include <coil/http_access_log.h>
#include <coil/http_client.h>
#include <coil/unix.h>

#include <unistd.h>

#include "http_server_test.h"
#include "unix_test.h"

static const char *path;

/* What the access log would say of the client. */
static int say_peer(struct coil_http_exchange *x, void *arg)
{
    struct coil_address peer;
    char text[COIL_ADDRESS_STRING];

    (void)arg;
    coil_http_exchange_peer(x, &peer);
    coil_address_string(&peer, text);
    return coil_http_respond(x, 200, "text/plain", text, strlen(text));
}

static void serve_unix(void)
{
    struct coil_listener *listener;

    path = unix_name("http");
    ASSERT_EQ(coil_http_server_new(&server, NULL), 0);
    ASSERT_EQ(coil_http_server_route(server, "GET", "/hello", hello, "hello"),
              0);
    ASSERT_EQ(coil_http_server_route(server, "POST", "/echo", echo, NULL), 0);
    ASSERT_EQ(coil_http_server_route(server, "GET", "/peer", say_peer, NULL),
              0);
    ASSERT_EQ(coil_unix_listen(&listener, path, NULL), 0);
    ASSERT_EQ(coil_http_server_listen_on(server, listener), 0);
    serving = start(serve, server);
}

static struct coil_http_client *unix_client(void)
{
    const struct coil_http_client_options options = { .unix_path = path };
    struct coil_http_client *client;

    ASSERT_EQ(coil_http_client_new(&client, &options), 0);
    return client;
}

static void get_hello(struct coil_http_client *client, const char *url)
{
    struct coil_http_response *response;

    ASSERT_EQ(coil_http_get(client, url, &response), 0);
    ASSERT_EQ(response->status, 200);
    ASSERT_STR_EQ(response->body, "hello");
    coil_http_response_free(response);
}

SOCKET_TEST(http_server_unix_answers_whatever_the_host_is)
{
    struct coil_http_client *client;

    serve_unix();
    client = unix_client();
    get_hello(client, "http://localhost/hello");
    get_hello(client, "http://localhost/hello");
    get_hello(client, "http://name.that.is.not.looked.up.invalid/hello");
    ASSERT_EQ(coil_http_client_connections(client), 2);
    coil_http_client_free(client);
    end_server();
    if (!simulated)
        ASSERT(!has_file(path));
}

SOCKET_TEST(http_server_unix_client_has_no_address)
{
    struct coil_http_client *client;
    struct coil_http_response *response;

    serve_unix();
    client = unix_client();
    ASSERT_EQ(coil_http_get(client, "http://h/peer", &response), 0);
    ASSERT_STR_EQ(response->body, "");
    coil_http_response_free(response);
    coil_http_client_free(client);
    end_server();
}

/* The field of the log that says who asked is not empty. */
KERNEL_TEST(http_server_unix_client_is_a_dash_in_the_log)
{
    struct coil_http_access_log *log;
    struct coil_http_client *client;
    char line[256] = "";
    int ends[2];

    ASSERT_EQ(pipe(ends), 0);
    ASSERT_EQ(coil_http_access_log_new(&log, ends[1], NULL), 0);
    serve_unix();
    ASSERT_EQ(coil_http_router_use(coil_http_server_router(server),
                                   coil_http_access_log, log),
              0);
    client = unix_client();
    get_hello(client, "http://h/hello");
    coil_http_client_free(client);
    end_server();
    coil_http_access_log_free(log);
    close(ends[1]);
    ASSERT_GT(read(ends[0], line, sizeof line - 1), 0);
    close(ends[0]);
    ASSERT_MEM_EQ(line, "- - - [", 7);
}

SOCKET_TEST(http_server_unix_nobody_there_is_told)
{
    struct coil_http_client *client;
    struct coil_http_response *response;

    path = unix_name("none");
    client = unix_client();
    ASSERT_EQ(coil_http_get(client, "http://h/", &response), -ENOENT);
    ASSERT_NULL(response);
    coil_http_client_free(client);
}

SOCKET_TEST(http_server_unix_path_excludes_proxies)
{
    const struct coil_http_client_options bad[] = {
        { .unix_path = "/x", .proxy = "http://proxy:1" },
        { .unix_path = "/x", .proxy_from_environment = true },
        { .unix_path = "/x", .public_only = true },
    };
    struct coil_http_client *client;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ASSERT_EQ(coil_http_client_new(&client, &bad[i]), -EINVAL);
}

TEST(http_server_unix_client_lacks_memory)
{
    const struct coil_http_client_options options = { .unix_path = "/x" };
    struct coil_http_client *client;
    int rc = -ENOMEM;

    for (size_t n = 1; rc < 0; n++) {
        ASSERT_LT(n, 20);
        coil_test_fail_allocation(n, false);
        rc = coil_http_client_new(&client, &options);
        coil_test_fail_allocation(0, false);
        if (rc < 0)
            ASSERT_EQ(rc, -ENOMEM);
    }
    coil_http_client_free(client);
}
