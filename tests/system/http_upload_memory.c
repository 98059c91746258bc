/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 180 */
/*
 * 500 MB up cost less than 1 MB of memory, also over TLS.  The
 * server, a process of its own, counts the bytes.
 */
#include <sys/prctl.h>

#include <coil/connect.h>
#include <coil/http_client.h>
#include <coil/http_server.h>
#include <coil/resolve.h>
#include <coil/run.h>
#include <coil/tls.h>

#include "child.h"
#include "memory_test.h"
#include "tls_ca.h"

#define SIZE ((int64_t)500 * 1000 * 1000)
#define MOST ((size_t)1000 * 1000)

static struct child server;
static struct coil_tls_context *server_tls;
static struct coil_tls_context *client_tls;
static unsigned port;

/* ---- the server ----------------------------------------------------------- */

static int count_body(struct coil_http_exchange *exchange, void *unused)
{
    static char piece[64 * 1024];
    char text[32];
    long long size = 0;
    ptrdiff_t n;

    (void)unused;
    do {
        n = coil_http_exchange_read(exchange, piece, sizeof piece);
        if (n < 0)
            return (int)n;
        size += n;
    } while (n > 0);
    snprintf(text, sizeof text, "%lld", size);
    return coil_http_respond(exchange, 200, "text/plain", text, strlen(text));
}

static int serve(void *unused)
{
    const struct coil_http_server_options options = { .tls = server_tls };
    struct coil_http_server *made;
    struct coil_address address;

    (void)unused;
    ASSERT_EQ(coil_http_server_new(&made, &options), 0);
    ASSERT_EQ(coil_http_server_route(made, "PUT", "/", count_body, NULL), 0);
    ASSERT_EQ(coil_http_server_listen(made, "127.0.0.1", 0), 0);
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

/* ---- the client ----------------------------------------------------------- */

struct upload {
    int64_t left;
    unsigned reads;
    size_t most; /* resident memory */
};

static void look_at_memory(struct upload *u)
{
    size_t now = resident_memory();

    if (now > u->most)
        u->most = now;
}

static ptrdiff_t read_more(void *arg, void *buffer, size_t size)
{
    struct upload *u = arg;

    if ((int64_t)size > u->left)
        size = (size_t)u->left;
    memset(buffer, 'x', size);
    u->left -= (int64_t)size;
    if (u->reads++ % 64 == 0)
        look_at_memory(u);
    return (ptrdiff_t)size;
}

static void put(struct coil_http_client *client, const char *url, int64_t bytes,
                int64_t size, struct upload *u)
{
    const struct coil_http_source source = { .read = read_more,
                                             .arg = u,
                                             .size = size };
    const struct coil_http_request request = { .method = "PUT",
                                               .url = url,
                                               .source = &source };
    struct coil_http_response *response;
    char text[32];

    *u = (struct upload){ .left = bytes };
    ASSERT_EQ(coil_http_request(client, &request, &response), 0);
    ASSERT_EQ(response->status, 200);
    snprintf(text, sizeof text, "%lld", (long long)bytes);
    ASSERT_STR_EQ(response->body, text);
    coil_http_response_free(response);
}

/* Sized, and in chunks; what a connection needs in any case is there before. */
static int upload(void *unused)
{
    const struct coil_http_client_options options = { .tls = client_tls };
    struct coil_http_client *client;
    struct upload u;
    char url[64];

    (void)unused;
    snprintf(url, sizeof url, "%s://127.0.0.1:%u/",
             client_tls ? "https" : "http", port);
    ASSERT_EQ(coil_http_client_new(&client, &options), 0);
    put(client, url, 1000, 1000, &u);
    for (int i = 0; i < 2; i++) {
        size_t before = resident_memory();

        put(client, url, SIZE, i == 0 ? SIZE : COIL_HTTP_CHUNKED, &u);
        ASSERT_GT(u.reads, 1000);
        ASSERT_LT(u.most, before + MOST);
    }
    coil_http_client_free(client);
    return 0;
}

static void measure(void)
{
#if defined(COIL_ASAN) || defined(COIL_TSAN)
    SKIP("a sanitizer keeps memory that was freed");
#endif
    child_start(&server, run_server, NULL);
    child_await(&server, ".\n");
    ASSERT_EQ(sscanf(server.text, "port %u.", &port), 1);
    ASSERT_EQ(coil_run(upload, NULL), 0);
    kill(server.pid, SIGKILL);
    child_end(&server);
}

TEST(http_upload_memory_is_little)
{
    measure();
}

TEST(http_upload_memory_is_little_over_tls)
{
    const struct tls_recipe ca = { .name = "upload CA", .is_ca = true };
    struct tls_made issuer = tls_make(&ca);
    const struct tls_recipe recipe = { .alternatives = "IP:127.0.0.1",
                                       .issuer = &issuer };
    struct tls_made made = tls_make(&recipe);
    const struct tls_made *chain[] = { &issuer };
    struct coil_tls_server_options options = { .protocols = NULL };
    struct coil_tls_client_options trust = { .ca_file = NULL };

    tls_make_folder();
    tls_write_chain("ca.pem", chain, 1);
    tls_write_pair("server", &made, &issuer);
    options.certificates[0].chain_file = tls_path("server.pem");
    options.certificates[0].key_file = tls_path("server.key");
    trust.ca_file = tls_path("ca.pem");
    ASSERT_EQ(coil_tls_context_new_server(&server_tls, &options), 0);
    ASSERT_EQ(coil_tls_context_new_client(&client_tls, &trust), 0);
    measure();
    coil_tls_context_free(client_tls);
    coil_tls_context_free(server_tls);
    tls_free_made(&made);
    tls_free_made(&issuer);
    tls_remove_folder();
}
