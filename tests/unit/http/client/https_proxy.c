/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/*
 * https through a proxy: TLS is with the origin, of which the proxy learns the
 * name and the port only.
 */
#include <coil/http_client.h>
#include <coil/http_server.h>
#include <coil/tls.h>

#include "http_client_test.h"
#include "tls_test.h"
#include "tunnel.h"

static struct coil_http_server *server;
static struct coil_task *serving;
static char proxy_url[80];
static char heard[2048]; /* what the origin was told */

static int answer(struct coil_http_exchange *x, void *arg)
{
    const struct coil_http_header *headers;
    size_t count;

    (void)arg;
    headers = coil_http_exchange_headers(x, &count);
    heard[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        strcat(heard, headers[i].name);
        strcat(heard, ": ");
        strcat(heard, headers[i].value);
        strcat(heard, "\n");
    }
    return coil_http_respond(x, 200, "text/plain", "ok", 2);
}

static int lead_on(struct coil_http_exchange *x, void *where)
{
    int rc = coil_http_respond_header(x, "Location", where);

    return rc < 0 ? rc : coil_http_respond(x, 302, NULL, "", 0);
}

static int serve(void *arg)
{
    (void)arg;
    return coil_http_server_serve(server);
}

/* A proxy, and the origin a.example behind it. */
static void open_server(int (*prepare)(struct coil_stream *, void *),
                        const char *format)
{
    static char down[] = "http://a.example/";
    struct coil_address address;

    tls_world_open();
    tunnel_count = 0;
    tunnel_refusal = NULL;
    ASSERT_EQ(coil_http_server_new(
                  &server,
                  &(struct coil_http_server_options){
                      .tls = world.server_context, .prepare = prepare }),
              0);
    ASSERT_EQ(coil_http_server_route(server, "GET", "/", answer, NULL), 0);
    ASSERT_EQ(coil_http_server_route(server, "GET", "/down", lead_on, down), 0);
    ASSERT_EQ(coil_http_server_listen(server, "127.0.0.1", 0), 0);
    ASSERT_EQ(coil_http_server_address(server, &address), 0);
    snprintf(proxy_url, sizeof proxy_url, format,
             (unsigned)coil_address_port(&address));
    serving = start(serve, NULL);
}

static void close_server(void)
{
    coil_http_server_stop(server, 0);
    ASSERT_EQ(end_of(serving), 0);
    coil_http_server_free(server);
    tls_world_close();
}

static struct coil_http_client *make_client(void)
{
    struct coil_http_client *client;

    ASSERT_EQ(coil_http_client_new(
                  &client,
                  &(struct coil_http_client_options){
                      .proxy = proxy_url, .tls = world.client_context }),
              0);
    return client;
}

static void expect_ok(struct coil_http_client *client, const char *url)
{
    struct coil_http_response *r = fetch(client, url);

    ASSERT_EQ(r->status, 200);
    ASSERT_STR_EQ(r->body, "ok");
    coil_http_response_free(r);
}

static int error_of(struct coil_http_client *client, const char *url)
{
    int rc = fail_request(client, &(struct coil_http_request){ .url = url });

    ASSERT_EQ(coil_http_client_connections(client),
              coil_http_client_idle(client));
    return rc;
}

/* Twice over one connection; each port is an origin, with a tunnel. */
static void use_tunnels(const char *first, const char *second)
{
    struct coil_http_client *client = make_client();

    for (int i = 0; i < 2; i++) {
        expect_ok(client, "https://a.example/");
        ASSERT_EQ(tunnel_count, 1);
        ASSERT(strncmp(tunnel_heard, first, strlen(first)) == 0);
    }
    expect_ok(client, "https://A.Example:8443/");
    ASSERT_EQ(tunnel_count, 2);
    ASSERT(strncmp(tunnel_heard, second, strlen(second)) == 0);
    ASSERT_EQ(coil_http_client_connections(client), 2);

    /* What the proxy leads to must be who it is said to be. */
    ASSERT_EQ(error_of(client, "https://b.example/"),
              COIL_ETLS_CERTIFICATE_WRONG_HOST);
    ASSERT_EQ(tunnel_count, 3);
    expect_ok(client, "https://a.example/");
    ASSERT_EQ(tunnel_count, 3);
    coil_http_client_free(client);
}

SOCKET_TEST(https_proxy_connects)
{
    open_server(be_connect_proxy, "http://127.0.0.1:%u");
    use_tunnels("CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n",
                "CONNECT a.example:8443 HTTP/1.1\r\n");
    close_server();
}

SOCKET_TEST(https_proxy_speaks_socks)
{
    open_server(be_socks_proxy, "socks5://127.0.0.1:%u");
    use_tunnels("a.example:443", "a.example:8443");
    close_server();
}

/* Each of the two is told what is for it. */
SOCKET_TEST(https_proxy_and_origin_have_their_own_secrets)
{
    static const struct coil_http_header headers[] = {
        { "Authorization", "for-the-origin" },
        { "Cookie", "for-the-origin=1" },
    };
    struct coil_http_request request = { .url = "https://a.example/",
                                         .headers = headers,
                                         .header_count = 2 };
    struct coil_http_client *client;

    open_server(be_connect_proxy, "http://me:pass@127.0.0.1:%u");
    client = make_client();
    coil_http_response_free(send_request(client, &request));
    ASSERT_STR_CONTAINS(tunnel_heard,
                        "Proxy-Authorization: Basic bWU6cGFzcw==\r\n");
    ASSERT(!strstr(tunnel_heard, "for-the-origin"));
    /* In HTTP/2 names are in lower case. */
    ASSERT(strcasestr(heard, "\nAuthorization: for-the-origin\n"));
    ASSERT(strcasestr(heard, "\nCookie: for-the-origin=1\n"));
    ASSERT(!strcasestr(heard, "Proxy-Authorization"));
    coil_http_client_free(client);
    close_server();
}

/* It says so before TLS, and is asked again the next time. */
SOCKET_TEST(https_proxy_may_refuse)
{
    static const struct {
        const char *text;
        int error;
    } refusals[] = {
        { "HTTP/1.1 407 Who?\r\nContent-Length: 0\r\n\r\n",
          COIL_EHTTP_PROXY_AUTH },
        { "HTTP/1.1 401 No\r\nContent-Length: 3\r\n\r\nno\n",
          COIL_EHTTP_PROXY_AUTH },
        { "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n",
          COIL_EHTTP_PROXY_REFUSED },
        { "HTTP/1.0 502 Bad Gateway\r\n\r\n", COIL_EHTTP_PROXY_REFUSED },
    };
    struct coil_http_client *client;

    open_server(be_connect_proxy, "http://127.0.0.1:%u");
    client = make_client();
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        tunnel_refusal = refusals[i].text;
        ASSERT_EQ(error_of(client, "https://a.example/"), refusals[i].error);
        ASSERT_EQ(coil_http_client_connections(client), 0);
        tunnel_refusal = NULL;
        expect_ok(client, "https://a.example/");
        coil_http_client_close_idle(client);
    }
    coil_http_client_free(client);
    close_server();
}

/* Nothing is asked of the proxy in the clear. */
SOCKET_TEST(https_proxy_is_no_way_down_to_http)
{
    struct coil_http_client *client;

    open_server(be_connect_proxy, "http://127.0.0.1:%u");
    client = make_client();
    ASSERT_EQ(error_of(client, "https://a.example/down"), COIL_EHTTP_DOWNGRADE);
    ASSERT_EQ(tunnel_count, 1);
    expect_ok(client, "https://a.example/");
    ASSERT_EQ(tunnel_count, 1);
    coil_http_client_free(client);
    close_server();
}
