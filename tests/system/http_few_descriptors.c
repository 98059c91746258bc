/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 180 */
/*
 * 10,000 URLs, 100 at a time, by a process that may have 32 descriptors.
 *
 * The server is a process of its own, which may have as many as it wants; it
 * answers each request with the path.  The URLs are of many origins in turn, so
 * connections have to make room for others all the time.
 */
#include <fcntl.h>
#include <sys/prctl.h>

#include <coil/connect.h>
#include <coil/http_client.h>
#include <coil/http_server.h>
#include <coil/loop.h>
#include <coil/resolve.h>
#include <coil/task.h>
#include <coil/tls.h>

#include "child.h"
#include "process.h"
#include "tls_ca.h"

enum { URLS = 10000, WIDTH = 100, DESCRIPTORS = 32 };

static struct child server;
static struct coil_tls_context *server_tls;
static unsigned port;

static int say_path(struct coil_http_exchange *exchange, void *unused)
{
    const char *path = coil_http_exchange_path(exchange);

    (void)unused;
    return coil_http_respond(exchange, 200, "text/plain", path, strlen(path));
}

static int serve(void *unused)
{
    const struct coil_http_server_options options = { .tls = server_tls };
    struct coil_http_server *made;
    struct coil_address address;

    (void)unused;
    ASSERT_EQ(coil_http_server_new(&made, &options), 0);
    ASSERT_EQ(coil_http_server_route(made, "GET", "/*n", say_path, NULL), 0);
    ASSERT_EQ(coil_http_server_listen(made, "0.0.0.0", 0), 0);
    ASSERT_EQ(coil_http_server_address(made, &address), 0);
    printf("port %d.\n", coil_address_port(&address));
    fflush(stdout);
    return coil_http_server_serve(made);
}

static void run_server(void *unused)
{
    (void)unused;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    ASSERT_EQ(coil_run(serve, NULL), 0);
}

static void start_server(void)
{
    child_start(&server, run_server, NULL);
    child_await(&server, ".\n");
    ASSERT_EQ(sscanf(server.text, "port %u.", &port), 1);
}

static void stop_server(void)
{
    kill(server.pid, SIGKILL);
    child_end(&server);
}

/* ---- the client ----------------------------------------------------------- */

struct crawl {
    struct coil_http_client *client;
    const char *scheme;
    int origins;
    int next;
    int fetched;
    size_t most; /* connections at a time */
};

static int fetch_next(void *arg)
{
    struct crawl *c = arg;

    while (c->next < URLS) {
        struct coil_http_response *response;
        char url[64], path[16];
        int n = c->next++;

        snprintf(path, sizeof path, "/%d", n);
        snprintf(url, sizeof url, "%s://127.0.0.%d:%u%s", c->scheme,
                 1 + n % c->origins, port, path);
        ASSERT_EQ(coil_http_get(c->client, url, &response), 0);
        ASSERT_EQ(response->status, 200);
        ASSERT_STR_EQ(response->body, path);
        coil_http_response_free(response);
        c->fetched++;
        if (coil_http_client_connections(c->client) > c->most)
            c->most = coil_http_client_connections(c->client);
    }
    return 0;
}

static int crawl_all(void *arg)
{
    struct crawl *c = arg;
    struct coil_task *tasks[WIDTH];
    int before = descriptors();

    for (int i = 0; i < WIDTH; i++)
        ASSERT_EQ(coil_task_create(&tasks[i], fetch_next, c), 0);
    for (int i = 0; i < WIDTH; i++) {
        ASSERT_EQ(coil_task_await(tasks[i]), 0);
        coil_task_release(tasks[i]);
    }
    ASSERT_EQ(c->fetched, URLS);
    ASSERT_GT(c->most, DESCRIPTORS / 2);
    ASSERT_LT(c->most, DESCRIPTORS);
    coil_http_client_free(c->client);
    ASSERT_EQ(descriptors(), before);
    return 0;
}

static int crawl(void *arg)
{
    struct crawl *c = arg;

    ASSERT_EQ(coil_http_client_new(&c->client, NULL), 0);
    return crawl_all(c);
}

static int crawl_securely(void *arg)
{
    const struct coil_tls_client_options tls = { .ca_file =
                                                     tls_path("ca.pem") };
    /* Over HTTP/2 one connection would do for each origin. */
    struct coil_http_client_options options = { .http1_only = true };
    struct crawl *c = arg;

    ASSERT_EQ(coil_tls_context_new_client(&options.tls, &tls), 0);
    ASSERT_EQ(coil_http_client_new(&c->client, &options), 0);
    ASSERT_EQ(crawl_all(c), 0);
    coil_tls_context_free(options.tls);
    return 0;
}

static void set_limit(rlim_t descriptors)
{
    struct rlimit limit;

    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = descriptors;
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

TEST(http_few_descriptors_make_requests_wait)
{
    struct crawl c = { .scheme = "http", .origins = 50 };

    start_server();
    set_limit(DESCRIPTORS);
    ASSERT_EQ(coil_run(crawl, &c), 0);
    stop_server();
}

TEST(http_few_descriptors_make_requests_over_tls_wait)
{
    const struct tls_recipe ca = { .name = "few CA", .is_ca = true };
    struct tls_made issuer = tls_make(&ca);
    const struct tls_recipe recipe = {
        .alternatives = "IP:127.0.0.1,IP:127.0.0.2,IP:127.0.0.3,IP:127.0.0.4,"
                        "IP:127.0.0.5,IP:127.0.0.6,IP:127.0.0.7,IP:127.0.0.8",
        .issuer = &issuer,
    };
    struct tls_made made = tls_make(&recipe);
    struct crawl c = { .scheme = "https", .origins = 8 };
    struct coil_tls_server_options options = { .protocols = NULL };
    const struct tls_made *chain[] = { &issuer };

    tls_make_folder();
    tls_write_chain("ca.pem", chain, 1);
    tls_write_pair("server", &made, &issuer);
    options.certificates[0].chain_file = tls_path("server.pem");
    options.certificates[0].key_file = tls_path("server.key");
    ASSERT_EQ(coil_tls_context_new_server(&server_tls, &options), 0);
    start_server();
    set_limit(DESCRIPTORS);
    ASSERT_EQ(coil_run(crawl_securely, &c), 0);
    stop_server();
    coil_tls_context_free(server_tls);
    server_tls = NULL;
    tls_free_made(&made);
    tls_free_made(&issuer);
    tls_remove_folder();
}
