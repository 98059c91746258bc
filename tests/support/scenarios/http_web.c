/* SPDX-License-Identifier: MIT */
/*
 * http_web.c - programs of a client that meets what the web has: compressed
 * bodies, cookies, and servers that ask who it is.  scenario.h
 */
#include <string.h>

#include <coil/http_auth.h>
#include <coil/http_client.h>
#include <coil/http_cookies.h>
#include <coil/http_server.h>

#include "http/wire/coding.h"
#include "http/wire/hash.h"
#include "scenario.h"
#include "scenarios/http_fetch.h"

static struct coil_http_server *server;
static struct coil_http_client *client;
static struct coil_http_cookies *jar;
static struct coil_http_auth *auth;
static char packed_url[64], secret_url[64];

/* ---- the server ---- */

/* "hello" in gzip. */
static const unsigned char packed[] = { 0x1f, 0x8b, 0x08, 0x00, 0x00,
                                        0x00, 0x00, 0x00, 0x02, 0x03,
                                        0xcb, 0x48, 0xcd, 0xc9, 0xc9,
                                        0x07, 0x00, 0x86, 0xa6, 0x10,
                                        0x36, 0x05, 0x00, 0x00, 0x00 };

static int send_packed(struct coil_http_exchange *x, void *arg)
{
    bool is_packed = coil__http_has_coding(COIL__HTTP_GZIP);
    int rc = coil_http_respond_header(x, "Set-Cookie", "seen=1; Path=/");

    (void)arg;
    if (rc == 0 && is_packed)
        rc = coil_http_respond_header(x, "Content-Encoding", "gzip");
    if (rc < 0)
        return rc;
    if (is_packed)
        return coil_http_respond(x, 200, NULL, packed, sizeof packed);
    return coil_http_respond(x, 200, NULL, "hello", 5);
}

static int send_secret(struct coil_http_exchange *x, void *arg)
{
    int rc;

    (void)arg;
    if (coil_http_exchange_header(x, "Authorization"))
        return coil_http_respond(x, 200, NULL, "secret", 6);
    rc = coil_http_respond_header(x, "WWW-Authenticate",
                                  "Digest realm=\"r\", nonce=\"n\", qop=auth, "
                                  "Basic realm=\"r\"");
    return rc < 0 ? rc : coil_http_respond(x, 401, NULL, "", 0);
}

static int serve(void *arg)
{
    (void)arg;
    return coil_http_server_serve(server);
}

static int listen_anew(void)
{
    struct coil_address address;
    unsigned port;
    int rc = coil_http_server_listen(server, "127.0.0.1", 0);

    if (rc < 0)
        return rc;
    ASSERT_EQ(coil_http_server_address(server, &address), 0);
    port = coil_address_port(&address);
    snprintf(packed_url, sizeof packed_url, "http://127.0.0.1:%u/packed", port);
    snprintf(secret_url, sizeof secret_url, "http://127.0.0.1:%u/secret", port);
    return 0;
}

static int make_client(void)
{
    int rc = coil_http_cookies_new(&jar, NULL);

    if (rc == 0)
        rc = coil_http_auth_new(&auth, "u", "p",
                                COIL_HTTP_AUTH_BASIC | COIL_HTTP_AUTH_DIGEST);
    return rc < 0 ? rc
                  : coil_http_client_new(
                        &client,
                        &(struct coil_http_client_options){ .cookies = jar });
}

static int begin_web(void)
{
    int rc;

    server = NULL;
    client = NULL;
    jar = NULL;
    auth = NULL;
    rc = coil_http_server_new(&server, NULL);
    if (rc == 0)
        rc =
            coil_http_server_route(server, "GET", "/packed", send_packed, NULL);
    if (rc == 0)
        rc =
            coil_http_server_route(server, "GET", "/secret", send_secret, NULL);
    if (rc == 0)
        rc = listen_anew();
    if (rc == 0)
        rc = make_client();
    return rc < 0 ? rc : help(serve, NULL);
}

static void end_web(void)
{
    coil_http_client_free(client);
    coil_http_server_free(server);
    coil_http_cookies_free(jar);
    coil_http_auth_free(auth);
}

/* ---- the client ---- */

static int fetch_packed(void *arg)
{
    (void)arg;
    return fetch_body(client, packed_url, "hello");
}

static int stream_packed(void *arg)
{
    (void)arg;
    return stream_size(client, packed_url, 2, 5);
}

static int fetch_secret(void *arg)
{
    struct coil_http_request request = { .url = secret_url };
    struct coil_http_response *r;
    int rc = coil_http_auth_request(auth, client, &request, &r);

    (void)arg;
    return rc < 0 ? rc : end_with_body(r, 200, "secret");
}

/* A server may end with an error that was ordered; it can serve again. */
static void revive_server(void)
{
    ASSERT_EQ(coil_test_settle(), 0);
    if (helper_count > 0 && !coil_task_is_done(helpers[0]))
        return;
    ASSERT(is_failing);
    ASSERT_EQ(listen_anew(), 0);
    ASSERT_EQ(help(serve, NULL), 0);
}

static void probe_web(void)
{
    revive_server();
    ASSERT_EQ(coil_http_client_connections(client),
              coil_http_client_idle(client));
    ASSERT_EQ(stream_packed(NULL), 0);
    ASSERT_EQ(fetch_packed(NULL), 0);
    ASSERT_EQ(fetch_secret(NULL), 0);
    ASSERT_EQ(coil_http_cookies_count(jar), 1);
    ASSERT_EQ(coil_http_client_connections(client),
              coil_http_client_idle(client));
}

const struct scenario scenarios_http_web[] = {
    { "http_get_compressed", begin_web, fetch_packed, probe_web, end_web },
    { "http_stream_compressed", begin_web, stream_packed, probe_web, end_web },
    { "http_get_as_user", begin_web, fetch_secret, probe_web, end_web },
    { NULL },
};
